"""What a positive tube holds that is no goods: a person, a zone, a vehicle, something else; and what comes next (R15).

Nothing is locked by it: what becomes of goods that a person handled or that lie in a zone is an officer's decision. The
page helps to find them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import pages_words as words
from coldchain.batches import reach
from coldchain.batches.models import Batch
from coldchain.core.i18n import gettext as _
from coldchain.ledger.models import Holding
from coldchain.registry import service as registry
from coldchain.registry.models import Product, Site, Worker, Zone
from coldchain.registry.service import workers
from coldchain.registry.service.places import visible_sites
from coldchain.registry.words import ZONE_KINDS

GOODS_SHOWN = 50


@dataclass
class Subject:
    """One person, zone, vehicle or thing of a tube: what kind, its name, where, the next steps, goods to look at."""

    kind: str
    title: str
    where: str
    steps: list[str]
    links: list[tuple[str, str]] = field(default_factory=list)
    goods: list[dict[str, Any]] | None = None  # None: not asked; a zone's goods as far as the reader sees them


def of(session: Session, actor: Actor, tube: Mapping[str, Any]) -> list[Subject]:
    """Return what a tube holds samples of that are not goods, each once; constant statements."""
    samples = [sample for sample in tube["samples"] if sample["batch"] is None]
    if not samples:
        return []
    zone_ids = list(dict.fromkeys(sample["zone_id"] for sample in samples if sample["zone_id"]))
    worker_ids = list(dict.fromkeys(sample["worker"]["worker_id"] for sample in samples if sample["worker"]))
    found = [*_people(session, actor, samples, worker_ids), *_zones(session, actor, zone_ids)]
    for plate in dict.fromkeys(sample["vehicle_plate"] for sample in samples if sample["vehicle_plate"]):
        steps = [
            _("Disinfect the vehicle and have it sampled again."),
            _("Find out which goods it carried; whether they are sampled or sealed is for an officer to decide."),
        ]
        found.append(Subject("vehicle", plate, "", steps))
    for name in dict.fromkeys(sample["unlisted"] for sample in samples if sample["unlisted"]):
        steps = [_("Disinfect it and have it sampled again."), _("Decide about the goods that it touched.")]
        found.append(Subject("other", name, "", steps))
    return found


def _people(session: Session, actor: Actor, samples: list[dict[str, Any]], worker_ids: list[UUID]) -> list[Subject]:
    """Return the people: whose they are and where only for whoever may know them."""
    if not worker_ids:
        return []
    seen = []
    if relation(actor, "worker.read") is not None:
        statement = select(Worker).where(col(Worker.worker_id).in_(worker_ids), workers.visible(actor))
        seen = list(session.scalars(statement))
    known = {row.worker_id: row for row in seen}
    sites = registry.sites(session, (row.site_id for row in seen))
    owners = registry.brief(session, (row.business_id for row in seen))
    named = {sample["worker"]["worker_id"]: words.sample_name(sample) for sample in samples if sample["worker"]}
    found = []
    for worker_id in worker_ids:
        row = known.get(worker_id)
        site = sites.get(row.site_id) if row and row.site_id else None
        where = [owners[row.business_id].name if row else "", site.name if site else ""]
        subject = Subject(
            "worker", named[worker_id], _(", ").join(part for part in where if part),
            [
                _("The person goes off work at once and touches no goods."),
                _("Tell the disease-control centre; a medical institution takes the person over."),
                _("Which goods the person handled is for an officer to find out; lock or seal only what is decided."),
            ],
        )  # fmt: skip
        if row is not None:
            _link(actor, subject, "tube.register", f"/tubes/new?worker={worker_id}", _("Sample the person again"))
            about = f"site_id={row.site_id}" if row.site_id else f"business={row.business_id}"
            _link(actor, subject, "visit.record", f"/visits/new?{about}", _("Record a visit there"))
            _link(actor, subject, "batch.read", f"/businesses/{row.business_id}", _("See the business"))
        found.append(subject)
    return found


def _zones(session: Session, actor: Actor, zone_ids: list[UUID]) -> list[Subject]:
    """Return the zones with the goods in them, as far as the officer's area goes."""
    if not zone_ids:
        return []
    rows = session.execute(
        select(Zone, Site).join(Site, col(Site.site_id) == col(Zone.site_id))
        .where(col(Zone.zone_id).in_(zone_ids), visible_sites(actor))
    ).all()  # fmt: skip
    owners = registry.brief(session, (site.business_id for _zone, site in rows))
    goods = _goods(session, actor, zone_ids)
    found = []
    for zone, site in rows:
        where = [str(ZONE_KINDS[zone.kind]), owners[site.business_id].name]
        subject = Subject(
            "zone", f"{site.name} {zone.code}", _(", ").join(where),
            [
                _("Disinfect the zone and have it sampled again."),
                _("Look at the goods that lie in it: whether they are sampled or sealed is for an officer to decide."),
            ],
            goods=goods.get(zone.zone_id, []),
        )  # fmt: skip
        _link(actor, subject, "tube.register", f"/tubes/new?zone={zone.zone_id}", _("Sample the zone again"))
        _link(actor, subject, "visit.record", f"/visits/new?site_id={site.site_id}", _("Record a visit there"))
        found.append(subject)
    hidden = len(zone_ids) - len(rows)
    if hidden:
        found.append(Subject("zone", _("A zone outside your area"), "", [_("Its officers see it.")]))
    return found


def _goods(session: Session, actor: Actor, zone_ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return what lies in zones now, by zone."""
    rows = session.execute(
        select(Holding, Batch, Product)
        .join(Batch, col(Batch.batch_id) == col(Holding.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(
            col(Holding.zone_id).in_(zone_ids), col(Holding.quantity_units) > 0, reach.visible_holdings(actor),
            reach.visible_batches(actor),
        )
        .order_by(col(Batch.batch_id))
        .limit(GOODS_SHOWN)
    ).all()  # fmt: skip
    owners = registry.brief(session, (holding.owner_id for holding, *_rest in rows))
    may_sample = relation(actor, "tube.register") is not None
    found: dict[UUID, list[dict[str, Any]]] = {}
    for holding, batch, product in rows:
        found.setdefault(holding.zone_id, []).append(
            {
                "batch": batch,
                "name": words.product_name(product),
                "owner": owners[holding.owner_id].name,
                "quantity": words.quantity(holding.quantity_units, product),
                "sample": f"/tubes/new?batch={batch.batch_code}" if may_sample else "",
            }
        )
    return found


def _link(actor: Actor, subject: Subject, action: str, href: str, text: str) -> None:
    if relation(actor, action) is not None:
        subject.links.append((href, text))
