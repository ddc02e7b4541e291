"""What every act on an arrival that is in the books begins with: who may, and that nobody else acts on it meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize
from coldchain.batches.models import MADE_MODES, Arrival, Batch
from coldchain.batches.models_arrivals import ArrivalWithdrawal
from coldchain.batches.origins import came_with_arrival
from coldchain.batches.service import arrival_view
from coldchain.core.errors import Conflict
from coldchain.core.i18n import N_
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Producer, Product, Site
from coldchain.registry.service.reach import at, on_behalf_of

WITHDRAWN = N_("This arrival was withdrawn.")


@dataclass(frozen=True)
class Grasp:
    """An arrival whose row is locked, with whose and where it is and its own lines."""

    arrival: Arrival
    owner: Business
    site: Site
    batches: Sequence[Batch]
    on_behalf_of: UUID | None

    @property
    def batch_ids(self) -> list[UUID]:
        """Return the ids of its batches in line order."""
        return [batch.batch_id for batch in self.batches]


def grasp(session: Session, actor: Actor, arrival_id: UUID, action: str) -> Grasp:
    """Lock the row of an arrival for an act and return what belongs to it.

    Raises NotFound, Forbidden; Conflict `made_here` for goods that were processed, `arrival_withdrawn`. Before watch
    criteria and batch rows, as a consignment's row is (decision 0007).
    """
    found = arrival_view.find(session, actor, arrival_id)
    site = registry.site(session, found.site_id)
    authorize(actor, action, at(site, found.owner_id))
    arrival = session.exec(
        select(Arrival)
        .where(col(Arrival.arrival_id) == arrival_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if arrival.entry_mode in MADE_MODES:
        raise Conflict("These goods were made here; correct the entry that made them.", code="made_here")
    if session.get(ArrivalWithdrawal, arrival_id) is not None:
        raise Conflict(WITHDRAWN, code="arrival_withdrawn")
    lines = select(Batch).where(col(Batch.arrival_id) == arrival_id, came_with_arrival()).order_by(col(Batch.line_no))
    batches = session.exec(lines.execution_options(populate_existing=True)).all()
    owner = registry.find_business(session, arrival.owner_id)
    return Grasp(arrival, owner, site, batches, on_behalf_of(actor, arrival.owner_id))


@dataclass(frozen=True)
class Catalogue:
    """The products of some batches with their producers and the producers' other names."""

    products: dict[UUID, Product]
    producers: dict[UUID, Producer]
    aliases: dict[UUID, Sequence[str]]


def catalogue(session: Session, product_ids: Sequence[UUID]) -> Catalogue:
    """Return products with producers and aliases, in three statements."""
    products = registry.products(session, product_ids)
    producer_ids = {product.producer_id for product in products.values()}
    return Catalogue(products, registry.producers(session, producer_ids), registry.aliases(session, producer_ids))
