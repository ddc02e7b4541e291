"""What a criterion selects before anything is announced: batches that the reader may open, the rest in sums (R9)."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.batches import reach
from coldchain.batches.models import Batch
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Holding
from coldchain.recall import drafts, masses
from coldchain.registry import service as registry

READ = "recall.read"
Holder = tuple[UUID, UUID | None]


@dataclass(frozen=True)
class Match:
    """A batch that a criterion selects, and how much of it is where the reader sees it (units, grams)."""

    batch: Batch
    product_name: str
    producer_name: str
    quantity_units: int
    mass_g: int
    holders: int
    in_transit_units: int


@dataclass(frozen=True)
class Elsewhere:
    """What lies outside the reader's areas, in sums: batches that it sees none of, holders, grams."""

    batches: int
    holders: int
    mass_g: int


@dataclass(frozen=True)
class Matches:
    """What a criterion selects now. `batches` and `mass_total_g` count everything, `rows` is what the reader sees."""

    rows: list[Match]
    elsewhere: Elsewhere
    batches: int
    mass_total_g: int


def matches(session: Session, actor: Actor, recall_id: UUID) -> Matches:
    """Return what the criterion selects now, whoever holds it; nothing is changed."""
    recall = drafts.get(session, actor, recall_id)
    batch_ids = drafts.matched_batches(session, drafts.current_version(session, recall).criterion)
    visible = select(Batch).where(col(Batch.batch_id).in_(batch_ids), reach.visible_batches(actor, READ))
    batches = {batch.batch_id: batch for batch in session.scalars(visible)}
    seen = set(
        session.scalars(
            select(col(Holding.holding_id)).where(
                col(Holding.batch_id).in_(batch_ids), reach.visible_holdings(actor, READ)
            )
        )
    )
    there = [holding for holding in ledger.holdings(session, batch_ids) if holding.quantity_units]
    unit_mass = masses.unit_mass_g(session, batch_ids)
    hidden = [holding for holding in there if holding.holding_id not in seen]
    return Matches(
        rows=_rows(session, batches, [holding for holding in there if holding.holding_id in seen], unit_mass),
        elsewhere=Elsewhere(
            batches=len(batch_ids) - len(batches),
            holders=len({_holder(holding) for holding in hidden}),
            mass_g=sum(holding.quantity_units * unit_mass[holding.batch_id] for holding in hidden),
        ),
        batches=len(batch_ids),
        mass_total_g=sum(holding.quantity_units * unit_mass[holding.batch_id] for holding in there),
    )


def _holder(holding: Holding) -> Holder:
    return holding.owner_id, holding.zone_id or holding.consignment_id


def _rows(
    session: Session, batches: dict[UUID, Batch], there: list[Holding], unit_mass: dict[UUID, int]
) -> list[Match]:
    products = registry.products(session, {b.product_id for b in batches.values()})
    producers = registry.producers(session, {b.producer_id for b in batches.values()})
    units: dict[UUID, int] = dict.fromkeys(batches, 0)
    transit: dict[UUID, int] = dict.fromkeys(batches, 0)
    holders: dict[UUID, set[Holder]] = {batch_id: set() for batch_id in batches}
    for holding in there:
        if holding.batch_id not in batches:
            continue
        units[holding.batch_id] += holding.quantity_units
        holders[holding.batch_id].add(_holder(holding))
        if holding.account == "transit":
            transit[holding.batch_id] += holding.quantity_units
    return [
        Match(
            batch=batch,
            product_name=products[batch.product_id].name,
            producer_name=producers[batch.producer_id].name,
            quantity_units=units[batch_id],
            mass_g=units[batch_id] * unit_mass[batch_id],
            holders=len(holders[batch_id]),
            in_transit_units=transit[batch_id],
        )
        for batch_id, batch in sorted(batches.items())
    ]
