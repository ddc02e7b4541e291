"""Who holds a card, for anybody (持卡主体名录): businesses, numbers, states; of places the kinds, no person (R16).

The number of statements depends on nothing that is asked. A card is listed once it was issued; by its exact number, as
it stands on the paper, every card is found, so that a paper that isn't in force says so.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from coldchain.core import clock, paging
from coldchain.core.errors import NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.text_search import contains_all
from coldchain.home import halts
from coldchain.home.card_face import area_name
from coldchain.home.halts import Halt
from coldchain.regions import service as regions
from coldchain.regions.tree import stem
from coldchain.registry.card_no import as_kept
from coldchain.registry.models import Business, Site
from coldchain.registry.service import letters, zones_of_sites

LISTED: Final = ("active", "suspended", "closed")  # a card that was never issued is nobody's
SITES_SHOWN: Final = 100
JUDGED_MAX: Final = 2_000  # cards whom something may stop, on a page that anybody may ask for


def canonical(number: str) -> str:
    """Return a typed card number as it is kept. Raises NotFound `unknown_card`."""
    kept = as_kept(number)
    if kept is None:
        raise NotFound("There is no such card.", code="unknown_card")
    return kept


def search(
    session: Session,
    *,
    q: str | None = None,
    status: str | None = None,
    region_code: str | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of issued cards, newest first, and the next cursor; `q` looks in names, initials and numbers.

    A card that stands but is stopped at present is a suspended one. Raises Invalid `invalid_cursor`.
    """
    statement = select(Business).where(
        col(Business.card_no).is_not(None), col(Business.merged_into_id).is_(None), _in_state(session, status)
    )
    if q is not None:
        typed = as_kept(q)
        found = contains_all(col(Business.search_text), q)
        statement = statement.where(found if typed is None else col(Business.card_no) == typed)
    if region_code is not None:
        statement = statement.where(col(Business.region_code).startswith(stem(region_code)))
    rows, following = paging.page(session, statement, col(Business.business_id), limit, cursor)
    names = regions.names(session, {row.region_code for row in rows}, current_locale())
    stopped = halts.of(session, rows)
    return [_line(row, names[row.region_code], stopped.get(row.business_id)) for row in rows], following


def _line(row: Business, region: str, stopped: Halt | None) -> dict[str, Any]:
    return {
        "card_no": row.card_no,
        "name": row.name,
        "status": "suspended" if stopped and row.status == "active" else row.status,
        "kinds": row.kinds,
        "region_code": row.region_code,
        "region": region,
        "stopped": stopped.public() if stopped else None,
    }


def _in_state(session: Session, status: str | None) -> ColumnElement[bool]:
    if status is None:
        return col(Business.status).in_(LISTED)
    if status == "closed":
        return col(Business.status) == status
    halted = stopped(session) or set()
    if status == "active":
        return (col(Business.status) == status) & col(Business.business_id).not_in(halted)
    return (col(Business.status) == status) | col(Business.business_id).in_(halted)


def counts(session: Session, halted: Collection[UUID] | None) -> dict[str, int]:
    """Return how many issued cards there are in each state; those of `stopped` count as suspended."""
    rows = session.execute(
        select(col(Business.status), func.count())
        .where(
            col(Business.card_no).is_not(None), col(Business.merged_into_id).is_(None), col(Business.status).in_(LISTED)
        )
        .group_by(col(Business.status))
    )
    found = {row[0]: row[1] for row in rows}
    if halted:
        found |= {"active": found["active"] - len(halted), "suspended": found.get("suspended", 0) + len(halted)}
    return found


def stopped(session: Session) -> set[UUID] | None:
    """Return whose cards stand but are stopped at present; None where there are too many to judge (a lock-down)."""
    statement = select(Business).where(
        col(Business.card_no).is_not(None),
        col(Business.merged_into_id).is_(None),
        col(Business.status) == "active",
        halts.suspects(session, clock.now()),
    )
    rows = session.scalars(statement.limit(JUDGED_MAX + 1)).all()
    return set(halts.of(session, rows)) if len(rows) <= JUDGED_MAX else None


def holder(session: Session, number: str) -> Business:
    """Return whose card a number is; of a business that was merged, whom it was merged into.

    Raises NotFound `unknown_card`.
    """
    found = session.scalars(select(Business).where(col(Business.card_no) == canonical(number))).first()
    if found is not None and found.merged_into_id is not None:
        found = session.get(Business, found.merged_into_id)
    if found is None or found.card_no is None:
        raise NotFound("There is no such card.", code="unknown_card")
    return found


def read(session: Session, business: Business) -> dict[str, Any]:
    """Return what anybody may read of a card as of now: ids and names of persons never (R16)."""
    letter = letters.latest(session, business.business_id)
    sites = session.scalars(
        select(Site)
        .where(col(Site.business_id) == business.business_id)
        .order_by(col(Site.recorded_at), col(Site.site_id))
        .limit(SITES_SHOWN)
    ).all()
    zones = zones_of_sites(session, [site.site_id for site in sites])
    as_of: datetime = clock.now()
    stopped = halts.of(session, [business], as_of).get(business.business_id)
    return _line(business, area_name(session, business.region_code, current_locale()), stopped) | {
        "commitment": letter and {"version": letter.version, "signed_on": letter.signed_on},
        "sites": [{"kind": site.kind, "zones": [_zone(zone) for zone in zones[_id(site)]]} for site in sites],
        "as_of": as_of,
    }


def _id(site: Site) -> UUID:
    return site.site_id


def _zone(zone: Any) -> dict[str, str]:
    return {"kind": zone.kind, "temperature_class": zone.temperature_class}
