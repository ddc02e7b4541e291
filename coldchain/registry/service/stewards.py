"""The stewards of cold stores (库长): three posts at each, of the area, of the industry's regulator, of the enterprise.

A term is never rewritten: who follows ends the term before. Names and phones are personal values; the names hang at the
door with the duties, a phone only when its owner let it be published.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import OWNER, authorize, relation
from coldchain.core import clock, paging
from coldchain.core.claims import claimed_day
from coldchain.core.errors import Conflict, Forbidden, Invalid, NotFound
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.policy import service as policy
from coldchain.registry.models import Site
from coldchain.registry.models_stewards import STEWARD_KINDS, STEWARDED, Steward
from coldchain.registry.service import lookups, places
from coldchain.registry.service.reach import at, of_the_register, on_behalf_of

OWN_KIND = "enterprise"  # the one whom the business itself names


@dataclass(frozen=True)
class StewardShown:
    """A steward as a card, a sign or a page names one; None where a value was erased or may not be shown."""

    steward_id: UUID
    site_id: UUID
    kind: str
    name: str | None
    phone: str | None
    publish_phone: bool
    started_on: date
    ended_on: date | None


def appoint(
    session: Session,
    actor: Actor,
    site_id: UUID,
    *,
    kind: str,
    name: str,
    started_on: date,
    phone: str | None = None,
    publish_phone: bool = False,
) -> StewardShown:
    """Enter who has a post at a store from a day on; the term of who had it ends with that day.

    A business names its own steward, officers all three. Raises NotFound, Forbidden `not_yours_to_name`; Invalid
    `not_a_cold_store`, `in_future`, `required`, `wrong_order` for a day before the former one began.
    """
    site = session.get(Site, site_id, with_for_update=True, populate_existing=True)  # one change of a store at a time
    if site is None:
        raise NotFound
    authorize(actor, "steward.appoint", at(site, site.business_id))
    _check_kind(actor, kind)
    if site.kind not in STEWARDED:
        raise Invalid.of("/site_id", "not_a_cold_store", "Only a cold store has stewards.")
    claimed_day(started_on, "/started_on")
    if publish_phone and phone is None:
        raise Invalid.of("/phone", "required", "This is needed.")
    former = session.scalars(_running([site_id]).where(col(Steward.kind) == kind)).first()
    if former is not None:
        _end(session, actor, former, site, started_on, pointer="/started_on")
    owner_id, region_code = site.business_id, site.region_code
    kept = personal.keep(session, name, "steward", business_id=owner_id, region_code=region_code)
    if kept is None:
        raise Invalid.of("/name", "required", "This is needed.")
    reached = personal.keep(session, phone, "steward_phone", business_id=owner_id, region_code=region_code)
    row = Steward(
        site_id=site_id, kind=kind, name_id=kept.personal_id, phone_id=reached.personal_id if reached else None,
        publish_phone=publish_phone, started_on=started_on, recorded_at=clock.now(), recorded_by=actor.user_id,
        on_behalf_of=on_behalf_of(actor, site.business_id),
    )  # fmt: skip
    session.add(row)
    session.flush()
    journal.append(
        session,
        actor,
        kind="steward.appointed",
        subject_id=row.steward_id,
        occurred_at=clock.now(),
        data={
            "site_id": site_id, "post": kind, "name": kept.commitment, "phone": reached.commitment if reached else None,
            "publish_phone": publish_phone, "started_on": started_on.isoformat(), "on_behalf_of": row.on_behalf_of,
        },
        business_id=site.business_id,
        region_code=site.region_code,
    )  # fmt: skip
    return StewardShown(row.steward_id, site_id, kind, name, phone, publish_phone, started_on, None)


def _check_kind(actor: Actor, kind: str) -> None:
    if kind != OWN_KIND and relation(actor, "steward.appoint") == OWNER:
        raise Forbidden("A business names its own steward; officers name the other two.", code="not_yours_to_name")


def end(session: Session, actor: Actor, steward_id: UUID, *, ended_on: date) -> StewardShown:
    """End a term without a successor. Raises NotFound, Forbidden, Invalid, Conflict `wrong_state` when it has ended."""
    row, site = _of(session, actor, steward_id)
    authorize(actor, "steward.appoint", at(site, site.business_id))
    _check_kind(actor, row.kind)
    session.refresh(row, with_for_update=True)
    if row.ended_on is not None:
        raise Conflict("This was noted already.", code="wrong_state")
    claimed_day(ended_on, "/ended_on")
    _end(session, actor, row, site, ended_on)
    return _shown(session, [row])[0]


def _of(session: Session, actor: Actor, steward_id: UUID) -> tuple[Steward, Site]:
    found = session.execute(
        select(Steward, Site)
        .join(Site, col(Site.site_id) == col(Steward.site_id))
        .where(col(Steward.steward_id) == steward_id, places.visible_sites(actor))
    ).first()
    if found is None:
        raise NotFound
    return found[0], found[1]


def read(session: Session, actor: Actor, steward_id: UUID) -> tuple[StewardShown, Site]:
    """Return a term and its store. Raises NotFound."""
    row, site = _of(session, actor, steward_id)
    return _shown(session, [row])[0], site


def _end(
    session: Session, actor: Actor, row: Steward, site: Site, ended_on: date, *, pointer: str = "/ended_on"
) -> None:
    if ended_on < row.started_on:
        raise Invalid.of(pointer, "wrong_order", "The last day comes before the first.")
    row.ended_on, row.end_recorded_at, row.end_recorded_by = ended_on, clock.now(), actor.user_id
    session.add(row)
    session.flush()
    journal.append(
        session,
        actor,
        kind="steward.ended",
        subject_id=row.steward_id,
        occurred_at=clock.now(),
        data={"ended_on": ended_on.isoformat(), "on_behalf_of": on_behalf_of(actor, site.business_id)},
        business_id=site.business_id,
        region_code=site.region_code,
    )


def _running(site_ids: Iterable[UUID]) -> Any:
    return select(Steward).where(col(Steward.site_id).in_(set(site_ids)), col(Steward.ended_on).is_(None))


def stewards_of(session: Session, site_ids: Iterable[UUID], *, public: bool = False) -> dict[UUID, list[StewardShown]]:
    """Return who has a post at each site now, in the order of the posts; the caller has checked who may see it.

    `public`: what hangs at the door, so that reading it is nobody's reading of personal data: names, and phones that
    may be published.
    """
    wanted = set(site_ids)
    found: dict[UUID, list[StewardShown]] = {site_id: [] for site_id in wanted}
    rows = session.scalars(_running(wanted)).all() if wanted else []
    for shown in _shown(session, rows, public=public):
        found[shown.site_id].append(shown)
    for listed in found.values():
        listed.sort(key=lambda shown: STEWARD_KINDS.index(shown.kind))
    return found


def of_site(session: Session, actor: Actor, site_id: UUID) -> list[StewardShown]:
    """Return everybody who has or had a post at a site, the last who began first. Raises NotFound."""
    site = lookups.site(session, site_id)
    authorize(actor, "site.read", at(site, site.business_id))
    statement = select(Steward).where(col(Steward.site_id) == site_id)
    ordered = statement.order_by(col(Steward.started_on).desc(), col(Steward.steward_id).desc())
    return _shown(session, session.scalars(ordered).all())


def _shown(session: Session, rows: Iterable[Steward], *, public: bool = False) -> list[StewardShown]:
    listed = list(rows)
    phones = {row.steward_id: row.phone_id for row in listed if row.publish_phone or not public}
    values = personal.reveal(session, [*(row.name_id for row in listed), *phones.values()], published=public)
    return [
        StewardShown(
            row.steward_id, row.site_id, row.kind, values.get(row.name_id),
            values.get(phone) if (phone := phones.get(row.steward_id)) else None,
            row.publish_phone, row.started_on, row.ended_on,
        )
        for row in listed
    ]  # fmt: skip


def _posts() -> Any:
    """Return how many posts of a site are held, as a scalar subquery on `Site`."""
    held = select(func.count()).where(col(Steward.site_id) == col(Site.site_id), col(Steward.ended_on).is_(None))
    return held.correlate(Site).scalar_subquery()


def incomplete() -> ColumnElement[bool]:
    """Return the condition on `Site` that it is a cold store without all three stewards."""
    lacks: ColumnElement[bool] = _posts() < len(STEWARD_KINDS)
    return col(Site.kind).in_(STEWARDED) & lacks


def lacking(session: Session, sites: Iterable[Site]) -> dict[UUID, list[str]]:
    """Return which posts nobody holds at each of some sites, none for what is no cold store; in one statement."""
    stores = [site.site_id for site in sites if site.kind in STEWARDED]
    held: dict[UUID, set[str]] = {site_id: set() for site_id in stores}
    for row in session.execute(_running(stores).with_only_columns(col(Steward.site_id), col(Steward.kind))):
        held[row.site_id].add(row.kind)
    return {site_id: [kind for kind in STEWARD_KINDS if kind not in kinds] for site_id, kinds in held.items()}


def search_lacking(
    session: Session, actor: Actor, *, none_at_all: bool = False, limit: int, cursor: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of the cold stores without all three stewards (or with none at all) that `actor` may see.

    None of a business that was refused or struck off. Each as sites are described, with `lacking`. Raises Forbidden.
    """
    statement = select(Site).where(places.visible_sites(actor), of_the_register(), incomplete())
    if none_at_all:
        statement = statement.where(_posts() == 0)
    rows, following = paging.page(session, statement, col(Site.site_id), limit, cursor)
    missing = lacking(session, rows)
    described = places.describe_sites(session, rows)
    return [site | {"lacking": missing[site["site_id"]]} for site in described], following


def count(session: Session, actor: Actor) -> tuple[int, int, int]:
    """Return how many cold stores of the register `actor` sees, how many lack a steward, how many have none at all."""
    whole = or_(*(col(Site.kind) == kind for kind in STEWARDED))
    row = session.execute(
        select(func.count(), func.count().filter(incomplete()), func.count().filter(_posts() == 0)).where(
            places.visible_sites(actor), of_the_register(), whole
        )
    ).one()
    return row[0], row[1], row[2]


def duties(session: Session, on: date) -> dict[str, dict[str, str]]:
    """Return what each kind of steward answers for, by kind and language; data of the rule book."""
    found: dict[str, dict[str, str]] = policy.parameter(session, "steward_duties", on)
    return found
