"""Who holds anything that a description fits, before there is a notice about it: by name as far as the reader may see.

What is selected is what a notice with the same criterion would select (R9), so that the list and the draft made from it
never differ. The books don't know what nobody entered: the sites that hold nothing by the books are counted beside.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import distinct, func, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may, scope
from coldchain.batches import reach
from coldchain.batches.models import Batch
from coldchain.ledger import holds
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Holding
from coldchain.recall import drafts, masses, seen_there
from coldchain.recall import reach as places
from coldchain.recall.matches import READ, Elsewhere
from coldchain.recall.seen_there import SeenThere
from coldchain.registry import service as registry
from coldchain.registry.models import SITE_KINDS, Producer, Product, Site, Zone
from coldchain.registry.service import BusinessBrief, sites_within

SHOWN = 200  # accounts listed by name; sums count all


@dataclass(frozen=True)
class Held:
    """What one owner has of a batch in one place. `site` is where it lies or is bound for, None when not the reader's
    to know; `on_the_road` goods lie in no zone yet; `seen` is what sweeps found of it there.
    """

    batch: Batch
    product: Product
    producer: str
    owner: BusinessBrief
    site: Site | None
    zone_code: str | None
    on_the_road: bool
    quantity_units: int
    locked_units: int
    sealed_units: int
    mass_g: int
    seen: Sequence[SeenThere] = ()


class Kind(NamedTuple):
    """Registered sites of one kind in the reader's areas, and at how many of them the books hold such goods."""

    kind: str
    registered: int
    holding: int


@dataclass(frozen=True)
class Holders:
    """Who holds what now: rows, largest mass first, sums of all that the reader sees, and what lies elsewhere."""

    rows: Sequence[Held]
    accounts: int
    batches: int
    owners: int
    sites: int
    mass_g: int
    locked_mass_g: int
    elsewhere: Elsewhere
    kinds: Sequence[Kind]


def holders(session: Session, actor: Actor, criterion: Mapping[str, Any]) -> Holders:
    """Return who holds what `criterion` selects now, transit included; nothing is changed (R9).

    Sums of what lies elsewhere are for who may draft a notice about it and would read them there. Raises Forbidden,
    Invalid `criterion_empty`, `wrong_order`.
    """
    batch_ids = drafts.matched_batches(session, drafts.understood(criterion))
    there = [holding for holding in ledger.holdings(session, batch_ids) if holding.quantity_units]
    visible = select(col(Holding.holding_id)).where(
        col(Holding.batch_id).in_(batch_ids), reach.visible_holdings(actor, READ)
    )
    seen = set(session.scalars(visible))
    unit_mass = masses.unit_mass_g(session, batch_ids)
    own = sorted(
        (holding for holding in there if holding.holding_id in seen),
        key=lambda each: (-each.quantity_units * unit_mass[each.batch_id], each.holding_id),
    )
    hidden = [holding for holding in there if holding.holding_id not in seen]
    zones = registry.zones(session, {holding.zone_id for holding in own})
    at_sites = {zones[holding.zone_id][1].site_id for holding in own if holding.zone_id}
    batches = {holding.batch_id for holding in own}
    return Holders(
        rows=_rows(session, actor, own[:SHOWN], unit_mass),
        accounts=len(own),
        batches=len(batches),
        owners=len({holding.owner_id for holding in own}),
        sites=len(at_sites),
        mass_g=sum(each.quantity_units * unit_mass[each.batch_id] for each in own),
        locked_mass_g=sum(each.held_units * unit_mass[each.batch_id] for each in own),
        elsewhere=Elsewhere(
            batches=len({holding.batch_id for holding in hidden} - batches),
            holders=len({(each.owner_id, each.zone_id or each.consignment_id) for each in hidden}),
            mass_g=sum(each.quantity_units * unit_mass[each.batch_id] for each in hidden),
        )
        if may_draft(actor)
        else Elsewhere(0, 0, 0),
        kinds=_kinds(session, actor, batch_ids),
    )


def may_draft(actor: Actor) -> bool:
    """Say whether `actor` may write a notice down: an officer of an office alone may not."""
    return may(actor, "recall.draft", Resource.of(regions=[places.first_region(actor) or "000000"]))


def _goods(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, tuple[Batch, Product, Producer]]:
    rows = session.execute(
        select(Batch, Product, Producer)
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .join(Producer, col(Producer.producer_id) == col(Batch.producer_id))
        .where(col(Batch.batch_id).in_(set(batch_ids)))
    )
    return {batch.batch_id: (batch, product, producer) for batch, product, producer in rows}


def _rows(session: Session, actor: Actor, own: Sequence[Holding], unit_mass: Mapping[UUID, int]) -> list[Held]:
    known = _goods(session, (each.batch_id for each in own))
    owners = registry.brief(session, (each.owner_id for each in own))
    zones = registry.zones(session, (each.zone_id for each in own))
    bound = reach.destinations(session, (each.consignment_id for each in own))
    there = registry.sites(session, (each.site_id for each in bound.values()))
    sealed = holds.sealed_units(session, (each.holding_id for each in own))
    found = []
    for each in own:
        batch, product, producer = known[each.batch_id]
        zone, site = zones[each.zone_id] if each.zone_id else (None, None)
        if each.consignment_id in bound:
            site_id = bound[each.consignment_id].site_id
            to = there[site_id] if site_id else None
            site = to if to and places.sees(actor, to.region_code, to.office_id) else None
        found.append(
            Held(
                batch=batch,
                product=product,
                producer=producer.name,
                owner=owners[each.owner_id],
                site=site,
                zone_code=zone.code if zone else None,
                on_the_road=each.account == "transit",
                quantity_units=each.quantity_units,
                locked_units=each.held_units,
                sealed_units=sealed.get(each.holding_id, 0),
                mass_g=each.quantity_units * unit_mass[each.batch_id],
            )
        )
    known_at = seen_there.of_stock(
        session, actor, {(row.site.site_id, row.batch.batch_id) for row in found if row.site}
    )
    return [
        replace(row, seen=known_at.get((row.site.site_id, row.batch.batch_id), ())) if row.site else row
        for row in found
    ]


def _kinds(session: Session, actor: Actor, batch_ids: Sequence[UUID]) -> list[Kind]:
    """Return each kind of site that is registered in the reader's areas; of the rest nobody knows that it has any."""
    with_goods = (
        select(col(Zone.site_id))
        .join(Holding, col(Holding.zone_id) == col(Zone.zone_id))
        .where(col(Holding.batch_id).in_(batch_ids), col(Holding.quantity_units) > 0)
    )
    rows = session.execute(
        select(
            col(Site.kind),
            func.count(),
            func.count(distinct(col(Site.site_id))).filter(col(Site.site_id).in_(with_goods)),
        )
        .where(sites_within(scope(actor, READ)))
        .group_by(col(Site.kind))
    )
    counted = {kind: Kind(kind, registered, holding) for kind, registered, holding in rows}
    return [counted[kind] for kind in SITE_KINDS if kind in counted]
