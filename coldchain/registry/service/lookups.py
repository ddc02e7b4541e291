"""What other rooms ask the registry: who, where, what. No rights here: the asking use case has checked its own."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.core.columns import among
from coldchain.core.errors import Invalid, NotFound
from coldchain.journal import personal
from coldchain.registry.models import Business, Producer, ProducerAlias, Product, Site, Zone

# Built once: these are asked at every movement of goods.
_BY_NUMBER: Final = select(Business).where(
    or_(col(Business.uscc) == bindparam("number"), col(Business.temporary_no) == bindparam("number"))
)
_BY_ID: Final = select(Business).where(col(Business.business_id) == bindparam("business_id"))
_Said = aliased(Business)
_BRIEF: Any = (
    select(col(_Said.business_id).label("said_id"), col(Business.business_id), col(Business.uscc), col(Business.name))
    .join(Business, col(Business.business_id) == func.coalesce(col(_Said.merged_into_id), col(_Said.business_id)))
    .where(col(_Said.business_id) == among("ids"))
)
_IDS: Final = select(col(Business.business_id)).where(
    or_(col(Business.business_id) == bindparam("business_id"), col(Business.merged_into_id) == bindparam("business_id"))
)
_SITE_OF_ZONE: Final = (
    select(Zone, Site).join(Site, col(Site.site_id) == col(Zone.site_id)).where(col(Zone.zone_id) == among("ids"))
)
_SITES: Final = select(Site).where(col(Site.site_id) == among("ids"))
_SITES_OF: Final = select(Site).where(col(Site.business_id) == bindparam("business_id")).limit(2)

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BLANKS = re.compile(r"[\s\-]+")


@dataclass(frozen=True)
class BusinessBrief:
    """How a business stands in other rooms' answers."""

    business_id: UUID
    uscc: str | None
    name: str


@dataclass(frozen=True)
class Contact:
    """How to reach a business; personal, for those who may see it."""

    legal_representative: str | None
    phone: str | None


def plain_number(text: str) -> str:
    """Return a typed number as the books keep it: narrow capitals without blanks and dashes."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).upper()


def find_business(session: Session, ref: str | UUID) -> Business:
    """Return the business that a USCC, a `business_id` or a temporary number names. Raises NotFound.

    A provisional identity that was merged into a business names that business.
    """
    named = named_business(session, ref)
    return named if named.merged_into_id is None else session.get_one(Business, named.merged_into_id)


def ids_of(session: Session, business_id: UUID) -> set[UUID]:
    """Return every id that records of a business may bear: its own, and those that were merged into it."""
    return {business_id, *session.scalars(_IDS, {"business_id": business_id})}


def named_business(session: Session, ref: str | UUID) -> Business:
    """Return the row that a number or an id names, also one that was merged into another. Raises NotFound."""
    if isinstance(ref, str) and not _UUID.fullmatch(ref.strip()):
        number = plain_number(ref)
        if not number.isprintable():  # no number of ours, and a NUL can't even be asked for
            raise NotFound("There is no such business.")
        business = session.scalars(_BY_NUMBER, {"number": number}).first()
    else:
        business = session.scalars(_BY_ID, {"business_id": UUID(str(ref).strip())}).first()
    if business is None:
        raise NotFound("There is no such business.")
    return business


def named_or_own(session: Session, actor: Actor, ref: str | None) -> Business:
    """Return the business that a record is for: the named one, else the actor's own.

    Raises NotFound; Invalid at `/business` when an officer names none.
    """
    named = ref if ref is not None else actor.business_id
    if named is None:
        raise Invalid.of("/business", "required", "This is needed.")
    return find_business(session, named)


def brief(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, BusinessBrief]:
    """Return `{business_id, uscc, name}` of each business, in one statement; None and unknown ids are left out.

    What stands under an identity that was merged is shown as the business that it was merged into.
    """
    wanted = {i for i in ids if i}
    if not wanted:
        return {}
    rows = session.execute(_BRIEF, {"ids": sorted(wanted)})
    return {row.said_id: BusinessBrief(row.business_id, row.uscc, row.name) for row in rows}


def contacts(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, Contact]:
    """Return how to reach each business, in two statements; the caller has checked who may see it (R16)."""
    wanted = {i for i in ids if i}
    if not wanted:
        return {}
    same = col(Business.business_id) == func.coalesce(col(_Said.merged_into_id), col(_Said.business_id))
    rows = session.execute(
        select(
            col(_Said.business_id).label("said_id"), col(Business.legal_representative_id), col(Business.phone_id)
        )
        .join(Business, same)
        .where(col(_Said.business_id).in_(wanted))
    ).all()  # fmt: skip
    known = personal.reveal(session, [i for row in rows for i in (row.legal_representative_id, row.phone_id)])
    return {row.said_id: Contact(known.get(row.legal_representative_id), known.get(row.phone_id)) for row in rows}


def trading_state(business: Business) -> str:
    """Return how others may deal with a business (R12): `registered`, `unregistered`, `suspended` or `closed`.

    Pending, rejected and provisional businesses are `unregistered`: nobody has approved them.
    """
    if business.status in {"suspended", "closed"}:
        return business.status
    return "registered" if business.status == "active" and business.uscc is not None else "unregistered"


def site(session: Session, site_id: UUID) -> Site:
    """Return a site. Raises NotFound."""
    found = session.get(Site, site_id)
    if found is None:
        raise NotFound
    return found


def site_of_zone(session: Session, zone_id: UUID) -> tuple[Zone, Site]:
    """Return a zone and the site it is part of. Raises NotFound."""
    row = session.execute(_SITE_OF_ZONE, {"ids": [zone_id]}).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


def sites(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, Site]:
    """Return the sites of some ids, in one statement; None and unknown ids are left out."""
    wanted = {i for i in ids if i}
    found = session.scalars(_SITES, {"ids": sorted(wanted)}) if wanted else ()
    return {s.site_id: s for s in found}


def zones(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, tuple[Zone, Site]]:
    """Return zones, each with its site, in one statement; None and unknown ids are left out."""
    wanted = {i for i in ids if i}
    if not wanted:
        return {}
    rows = session.execute(_SITE_OF_ZONE, {"ids": sorted(wanted)})
    return {zone.zone_id: (zone, at) for zone, at in rows}


def zones_of_sites(session: Session, site_ids: Iterable[UUID]) -> dict[UUID, list[Zone]]:
    """Return the zones of each site by code, in one statement."""
    wanted = set(site_ids)
    found: dict[UUID, list[Zone]] = {i: [] for i in wanted}
    if wanted:
        for zone in session.scalars(select(Zone).where(col(Zone.site_id).in_(wanted)).order_by(col(Zone.code))):
            found[zone.site_id].append(zone)
    return found


def only_site(session: Session, business_id: UUID) -> Site | None:
    """Return the one site of a business, None when it has none or several."""
    found = session.scalars(_SITES_OF, {"business_id": business_id}).all()
    return found[0] if len(found) == 1 else None


def sites_of(session: Session, business_id: UUID) -> list[Site]:
    """Return the sites of a business by name."""
    statement = select(Site).where(col(Site.business_id) == business_id).order_by(col(Site.name), col(Site.site_id))
    return list(session.scalars(statement))


def products(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, Product]:
    """Return the products of some ids, in one statement; None and unknown ids are left out."""
    wanted = {i for i in ids if i}
    found = session.scalars(select(Product).where(col(Product.product_id).in_(wanted))) if wanted else ()
    return {p.product_id: p for p in found}


def producers(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, Producer]:
    """Return the producers of some ids, in one statement; None and unknown ids are left out."""
    wanted = {i for i in ids if i}
    found = session.scalars(select(Producer).where(col(Producer.producer_id).in_(wanted))) if wanted else ()
    return {p.producer_id: p for p in found}


def aliases(session: Session, producer_ids: Iterable[UUID | None]) -> dict[UUID, Sequence[str]]:
    """Return the other names of each producer, in one statement."""
    wanted = {i for i in producer_ids if i}
    found: dict[UUID, list[str]] = {i: [] for i in wanted}
    if wanted:
        rows = session.scalars(
            select(ProducerAlias)
            .where(col(ProducerAlias.producer_id).in_(wanted))
            .order_by(col(ProducerAlias.recorded_at), col(ProducerAlias.alias_key))
        )
        for row in rows:
            found[row.producer_id].append(row.alias)
    return dict(found)
