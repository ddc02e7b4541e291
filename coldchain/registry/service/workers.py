"""The people of a business who are tested on a schedule (从业人员, R15): post, name kept apart, from when to when."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize, scope
from coldchain.accounts.visible import kind
from coldchain.core import clock
from coldchain.core.claims import claimed_day
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.registry.models import Business, Site, Worker
from coldchain.registry.service import lookups
from coldchain.registry.service.reach import at, on_behalf_of, within_reach


def register(
    session: Session,
    actor: Actor,
    *,
    name: str,
    post: str,
    started_on: date,
    business: str | None = None,
    site_id: UUID | None = None,
) -> dict[str, Any]:
    """Enter somebody who works for a business (default: the actor's own), at one of its sites where that is known.

    Raises NotFound, Invalid (`required`, `unknown_site`, `in_future`), Conflict `wrong_state` for a closed business.
    """
    owner = lookups.named_or_own(session, actor, business)
    site = _site_of(session, owner, site_id) if site_id else None
    authorize(actor, "worker.register", resource(owner.business_id, site, owner.region_code))
    claimed_day(started_on, "/started_on")
    if owner.status in {"closed", "rejected"}:
        raise Conflict("A closed or rejected business gets no new people.", code="wrong_state")
    region_code = site.region_code if site else owner.region_code
    person = personal.keep(session, name, "worker", business_id=owner.business_id, region_code=region_code)
    if person is None:
        raise Invalid.of("/name", "required", "This is needed.")
    row = Worker(
        business_id=owner.business_id,
        site_id=site_id,
        post=post,
        name_id=person.personal_id,
        region_code=region_code,
        started_on=started_on,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    journal.append(
        session,
        actor,
        kind="worker.registered",
        subject_id=row.worker_id,
        occurred_at=clock.now(),
        data={
            "post": post, "name": person.commitment, "site_id": site_id, "started_on": started_on.isoformat(),
            "on_behalf_of": on_behalf_of(actor, owner.business_id),
        },
        business_id=owner.business_id,
        region_code=region_code,
    )  # fmt: skip
    return describe(session, [row])[0]


def _site_of(session: Session, owner: Business, site_id: UUID) -> Site:
    site = session.get(Site, site_id)
    if site is None or site.business_id != owner.business_id:
        raise Invalid.of("/site_id", "unknown_site", "This business has no such site.")
    return site


def resource(business_id: UUID, site: Site | None, region_code: str) -> Resource:
    """Return what rights about a worker are asked of: whose it is, and where it works as far as that is known."""
    return at(site, business_id) if site else Resource.of(business_id, regions=[region_code])


def end(session: Session, actor: Actor, worker_id: UUID, *, ended_on: date) -> dict[str, Any]:
    """Note that somebody doesn't work there any more. Raises NotFound, Invalid, Conflict `wrong_state` when noted."""
    row = session.scalars(select(Worker).where(col(Worker.worker_id) == worker_id, visible(actor))).first()
    if row is None:
        raise NotFound
    site = session.get(Site, row.site_id) if row.site_id else None
    authorize(actor, "worker.register", resource(row.business_id, site, row.region_code))
    session.refresh(row, with_for_update=True)
    if row.ended_on is not None:
        raise Conflict("This was noted already.", code="wrong_state")
    claimed_day(ended_on, "/ended_on")
    if ended_on < row.started_on:
        raise Invalid.of("/ended_on", "wrong_order", "The last day comes before the first.")
    row.ended_on = ended_on
    session.add(row)
    session.flush()
    journal.append(
        session,
        actor,
        kind="worker.ended",
        subject_id=worker_id,
        occurred_at=clock.now(),
        data={"ended_on": ended_on.isoformat(), "on_behalf_of": on_behalf_of(actor, row.business_id)},
        business_id=row.business_id,
        region_code=row.region_code,
    )
    return describe(session, [row])[0]


@kind("worker")
def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `Worker` of what `actor` may see: its own business's people, those of its areas."""
    return within_reach(
        scope(actor, "worker.read"), col(Worker.business_id), col(Worker.region_code), site_id=col(Worker.site_id)
    )


def describe(session: Session, rows: Sequence[Worker]) -> list[dict[str, Any]]:
    """Return workers with their names, businesses and sites, in a constant number of statements."""
    names = personal.reveal(session, [row.name_id for row in rows])
    businesses = lookups.brief(session, (row.business_id for row in rows))
    sites = lookups.sites(session, (row.site_id for row in rows if row.site_id))
    return [
        {
            "worker_id": row.worker_id,
            "business": businesses[row.business_id],
            "site_id": row.site_id,
            "site_name": sites[row.site_id].name if row.site_id else None,
            "post": row.post,
            "name": names.get(row.name_id),
            "started_on": row.started_on,
            "ended_on": row.ended_on,
            "recorded_at": row.recorded_at,
        }
        for row in rows
    ]
