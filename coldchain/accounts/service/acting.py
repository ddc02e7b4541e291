"""The businesses that accounts act for.

The register stands above this room: an account's foreign keys lead to these few columns and no further.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, Uuid, column, or_, select, table
from sqlmodel import Session

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.models import ROLE_OF_KIND, ROLE_OF_TRADERS
from coldchain.accounts.rights import Resource
from coldchain.core.errors import Conflict, Invalid, NotFound

_BUSINESS: Final = table(
    "business", column("business_id", Uuid), column("uscc", Text), column("temporary_no", Text), column("name", Text),
    column("region_code", Text), column("office_id", Uuid), column("kinds", ARRAY(Text)), column("status", Text),
)  # fmt: skip
_SITE: Final = table("site", column("site_id", Uuid), column("business_id", Uuid), column("name", Text))
NOT_APPROVED: Final = ("pending", "rejected")


@dataclass(frozen=True)
class Business:
    """A business as far as accounts know it."""

    business_id: UUID
    uscc: str | None
    name: str
    region_code: str
    office_id: UUID | None
    kinds: tuple[str, ...]
    status: str

    @property
    def resource(self) -> Resource:
        """Return what rights about its people are asked of."""
        return Resource.of(self.business_id, places=[Area(self.region_code, self.office_id)])

    @property
    def role(self) -> str:
        """Return the role in which people act for it."""
        return ROLE_OF_KIND.get(self.kinds[0], ROLE_OF_TRADERS) if len(self.kinds) == 1 else ROLE_OF_TRADERS

    @property
    def is_waiting(self) -> bool:
        """Say whether nobody has approved it."""
        return self.status in NOT_APPROVED


def _business(row: Any) -> Business:
    return Business(
        row.business_id, row.uscc or row.temporary_no, row.name, row.region_code, row.office_id, tuple(row.kinds),
        row.status,
    )  # fmt: skip


def businesses(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, Business]:
    """Return the businesses of some ids, in one statement; None and unknown ids are left out."""
    wanted = {i for i in ids if i}
    if not wanted:
        return {}
    rows = session.execute(select(_BUSINESS).where(_BUSINESS.c.business_id.in_(wanted)))
    return {row.business_id: _business(row) for row in rows}


def with_business(session: Session, statement: Select[Any], business_id: Any) -> tuple[Any, Business] | None:
    """Return the row that `statement` selects and the business of its column `business_id`, None without both.

    One statement, whoever asks and whatever is found: what somebody may not see takes as long as what is not there.
    """
    row = session.execute(
        statement.add_columns(*_BUSINESS.c).join(_BUSINESS, _BUSINESS.c.business_id == business_id)
    ).first()
    return (row[0], _business(row)) if row else None


def find(session: Session, ref: str | UUID) -> Business:
    """Return the business that a USCC, a temporary number or a `business_id` names. Raises NotFound."""
    number = str(ref).strip().upper()
    condition: ColumnElement[bool] = or_(_BUSINESS.c.uscc == number, _BUSINESS.c.temporary_no == number)
    with suppress(ValueError):
        condition = _BUSINESS.c.business_id == UUID(number)
    row = session.execute(select(_BUSINESS).where(condition)).first()
    if row is None:
        raise NotFound("There is no such business.")
    return _business(row)


def code_of_name(session: Session, name: str) -> str | None:
    """Return the code (or id) of the one business of this name, or with this part in its name; None for several."""
    typed = name.strip()
    if not typed:
        return None
    for condition in (_BUSINESS.c.name == typed, _BUSINESS.c.name.icontains(typed, autoescape=True)):
        found = session.execute(select(_BUSINESS).where(condition).limit(2)).all()
        if len(found) == 1:
            return str(found[0].uscc or found[0].business_id)
    return None


def own_or_named(session: Session, actor: Actor, ref: str | None) -> Business:
    """Return the named business, else the one that `actor` acts for. Raises Invalid when neither is there, NotFound."""
    if ref is not None:
        return find(session, ref)
    if actor.business_id is None:
        raise Invalid.of("/business", "required", "This is needed.")
    return find(session, actor.business_id)


def sites_of(session: Session, business_id: UUID) -> list[tuple[UUID, str]]:
    """Return id and name of each site of a business, by name."""
    statement = select(_SITE).where(_SITE.c.business_id == business_id).order_by(_SITE.c.name, _SITE.c.site_id)
    return [(row.site_id, row.name) for row in session.execute(statement)]


def checked_sites(session: Session, business: Business, position: str, site_ids: Sequence[UUID]) -> list[UUID]:
    """Return the sites that somebody is to be limited to, each once.

    Raises Invalid: `owner_without_limit` for an owner, `unknown_site` for a site of somebody else.
    """
    wanted = list(dict.fromkeys(site_ids))
    if wanted and position != "clerk":
        raise Invalid.of("/site_ids", "owner_without_limit", "An owner acts at every site of the business.")
    own = {site_id for site_id, _name in sites_of(session, business.business_id)} if wanted else set()
    for index, site_id in enumerate(wanted):
        if site_id not in own:
            raise Invalid.of(f"/site_ids/{index}", "unknown_site", "The business has no such site.")
    return wanted


def refuse_closed(business: Business) -> None:
    """Raise Conflict `wrong_state` for a business that was struck off."""
    if business.status == "closed":
        raise Conflict("This business is closed.", code="wrong_state", extra={"state": business.status})
