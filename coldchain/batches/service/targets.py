"""What a paper or a treatment is entered for: an arrival with all its batches, or one batch."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, func, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize
from coldchain.batches import reach
from coldchain.batches.models import Arrival, Batch
from coldchain.batches.origins import came_with_arrival
from coldchain.core import clock
from coldchain.core.errors import Conflict, FieldError, Invalid, NotFound
from coldchain.core.i18n import N_
from coldchain.ledger.models import Holding
from coldchain.registry.models import Site, Zone
from coldchain.registry.service.reach import at, place

TOO_EARLY: Final = N_(
    "These goods were produced on {day} only. Correct this time, or the production date if that is wrong."
)


@dataclass(frozen=True)
class Target:
    """An arrival (`batch_id` None) or a batch, the batches that a fact about it touches, and whose goods they are."""

    arrival_id: UUID | None
    batch_id: UUID | None
    batches: tuple[tuple[UUID, int], ...]  # (batch_id, piece_count), in line order
    owner_id: UUID
    region_code: str

    @property
    def subject_id(self) -> UUID:
        """Return the id that the fact is about."""
        found = self.batch_id or self.arrival_id
        if found is None:
            raise AssertionError("a target is an arrival or a batch")
        return found

    @property
    def batch_ids(self) -> list[UUID]:
        """Return the ids of the batches that a fact touches."""
        return [batch_id for batch_id, _ in self.batches]


def find(
    session: Session, actor: Actor, action: str, *, arrival_id: UUID | None = None, batch_id: UUID | None = None
) -> Target:
    """Return the arrival or the batch that `actor` may enter facts for: the owner, who holds some of it, an officer.

    Raises NotFound, Forbidden.
    """
    if batch_id is not None:
        return _batch(session, actor, action, batch_id)
    if arrival_id is None:
        raise ValueError("name an arrival or a batch")
    found = session.exec(
        select(Arrival, Site)
        .join(Site, col(Site.site_id) == col(Arrival.site_id))
        .where(col(Arrival.arrival_id) == arrival_id, reach.visible_arrivals(actor))
    ).first()
    if found is None:
        raise NotFound
    arrival, site = found
    authorize(actor, action, at(site, arrival.owner_id))
    return _arrival(session, arrival)


def named(session: Session, *, arrival_id: UUID | None = None, batch_id: UUID | None = None) -> Target:
    """Return an arrival or a batch that a row of the books names; whoever acts on it has its right from elsewhere."""
    if batch_id is None:
        return _arrival(session, session.get_one(Arrival, arrival_id))
    batch = session.get_one(Batch, batch_id)
    return Target(None, batch_id, ((batch_id, batch.piece_count),), batch.owner_id, batch.region_code)


def _arrival(session: Session, arrival: Arrival) -> Target:
    batches = session.exec(
        select(Batch.batch_id, Batch.piece_count, Batch.region_code)
        .where(col(Batch.arrival_id) == arrival.arrival_id, came_with_arrival())
        .order_by(col(Batch.line_no))
    ).all()
    listed = tuple((batch_id, count) for batch_id, count, _ in batches)
    return Target(arrival.arrival_id, None, listed, arrival.owner_id, batches[0][2])


def _batch(session: Session, actor: Actor, action: str, batch_id: UUID) -> Target:
    batch = session.exec(select(Batch).where(col(Batch.batch_id) == batch_id, reach.visible_batches(actor))).first()
    if batch is None:
        raise NotFound
    holders = session.exec(
        select(Holding.owner_id, Site)
        .outerjoin(Zone, col(Zone.zone_id) == col(Holding.zone_id))
        .outerjoin(Site, col(Site.site_id) == col(Zone.site_id))
        .where(col(Holding.batch_id) == batch_id, col(Holding.quantity_units) > 0)
    ).all()
    entered = session.get(Site, batch.site_id)
    sites = [site for site in (entered, *(site for _, site in holders)) if site is not None]
    resource = Resource.of(
        batch.owner_id,
        *(owner_id for owner_id, _ in holders),
        places=map(place, sites),
        site_ids=(site.site_id for site in sites),
    )
    authorize(actor, action, resource)
    return Target(None, batch_id, ((batch_id, batch.piece_count),), batch.owner_id, batch.region_code)


def require_entered(session: Session, target: Target, *, arrived: bool = False) -> None:
    """Raise Conflict `arrival_withdrawn` when the books hold nothing of a target any more; `arrived`: `not_arrived`.

    One line of a delivery that did not come is no hindrance for the others.
    """
    statement = select(Batch.status).where(col(Batch.batch_id).in_(target.batch_ids))
    states = set(session.exec(statement))
    if states <= {"withdrawn"}:
        raise Conflict("This arrival was withdrawn.", code="arrival_withdrawn")
    if arrived and "declared" in states:
        raise Conflict("These goods have not come yet: take them in first.", code="not_arrived")


def before_production(made_on: date, moment: datetime, pointer: str) -> list[FieldError]:
    """Return, at `pointer`, what is wrong with a moment before the day (in Beijing) on which goods were produced."""
    if moment.astimezone(clock.BEIJING).date() >= made_on:
        return []
    return [FieldError(pointer, "before_production", TOO_EARLY, {"day": made_on.isoformat()})]


def first_made(session: Session, target: Target) -> date:
    """Return when the first of a target's batches was produced; what is older than another doesn't cover that one."""
    made: date = session.execute(
        select(func.min(col(Batch.production_date))).where(col(Batch.batch_id).in_(target.batch_ids))
    ).scalar_one()
    return made


def alone(session: Session, batch_id: UUID) -> None:
    """Let of two facts about one batch that are entered at once the second see the first."""
    session.execute(select(Batch.batch_id).where(col(Batch.batch_id) == batch_id).with_for_update(key_share=True))


def checked_range(
    pointer: str, basis: str | None, piece_from: int | None, piece_to: int | None, piece_count: int | None
) -> tuple[str, int | None, int | None]:
    """Return basis and pieces as a record keeps them (R5); without a basis it follows from the pieces.

    `piece_count` None: the record is not about pieces of one batch, so only `whole_batch` fits. Raises Invalid:
    `range_not_allowed`, `required`, `wrong_order`, `beyond_pieces`.
    """
    given = piece_from is not None or piece_to is not None
    basis = basis or ("declared_range" if given else "whole_batch")
    if basis == "whole_batch":
        if given:
            raise _wrong(f"{pointer}/piece_from", "range_not_allowed", "A record of the whole batch names no pieces.")
        return basis, None, None
    if piece_count is None:
        raise _wrong(
            f"{pointer}/basis", "range_needs_batch", "Pieces are numbered within a batch: enter this for one batch."
        )
    missing = [name for name, value in (("piece_from", piece_from), ("piece_to", piece_to)) if value is None]
    if missing or piece_from is None or piece_to is None:
        raise Invalid(errors=[FieldError(f"{pointer}/{name}", "required", "This is needed.") for name in missing])
    if piece_to < piece_from:
        raise _wrong(f"{pointer}/piece_to", "wrong_order", "The last piece comes before the first.")
    if piece_to > piece_count:
        raise _wrong(f"{pointer}/piece_to", "beyond_pieces", "This batch has pieces 1 to {count}.", count=piece_count)
    return basis, piece_from, piece_to


def _wrong(pointer: str, code: str, message: str, **params: Any) -> Invalid:
    return Invalid.of(pointer, code, message, **params)
