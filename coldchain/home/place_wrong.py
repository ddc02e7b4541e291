"""What is wrong at a place, as far as the asker may see it: one answer for its sign's scan, its page and its venue.

Counted in a constant number of statements for any number of sites: sweep tasks not checked, what officers found,
flags, batches that must not leave, what stops its business, licences that have ended, posts of stewards that nobody
holds, overdue samples (R1, R9, R14, R15, R18).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, case, cast, func, select, union
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import flags, reach
from coldchain.batches.models import Batch, Flag
from coldchain.batches.service import due
from coldchain.batches.service.due import Due
from coldchain.core import limits
from coldchain.home import halts
from coldchain.inspections import site_findings
from coldchain.ledger.models import Holding
from coldchain.recall import reach as places
from coldchain.recall import tasks
from coldchain.recall.figures import CHECKED
from coldchain.recall.models import Recall, SweepTask
from coldchain.recall.tasks import TaskView
from coldchain.registry.models import Product, Site, Zone
from coldchain.registry.service import licences, stewards

ROWS_SHOWN: Final = 20


@dataclass
class Wrong:
    """What is wrong at one site, in counts and in rows; an empty one means that nothing is known to be."""

    business_id: UUID | None = None  # whose site it is
    halt: halts.Halt | None = None  # what stops its business, or this site of it
    licences: list[dict[str, Any]] = field(default_factory=list)  # of its business, their last day over
    tasks: list[tuple[TaskView, Recall]] = field(default_factory=list)
    flags: int = 0
    not_clear: int = 0
    locked: int = 0
    lacking: list[str] = field(default_factory=list)
    people: list[Due] = field(default_factory=list)
    surroundings: list[Due] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)  # of officers' visits, overdue ones first

    @property
    def total(self) -> int:
        """How many things these are."""
        listed = len(self.tasks) + len(self.lacking) + len(self.people) + len(self.surroundings)
        listed += len(self.findings) + len(self.licences) + (self.halt is not None)
        return listed + self.flags + self.not_clear + self.locked


def at(session: Session, actor: Actor, sites: Sequence[Site], zone_id: UUID | None = None) -> dict[UUID, Wrong]:
    """Return what is wrong at each of some sites; of one zone alone, what has to do with it.

    What officers found is of a site: who scans a zone there reads it too.
    """
    found: dict[UUID, Wrong] = defaultdict(Wrong)
    ids = [site.site_id for site in sites]
    if not ids:
        return found
    for site in sites:
        found[site.site_id].business_id = site.business_id
    _goods(session, actor, ids, zone_id, found)
    _flags(session, actor, ids, zone_id, found)
    for each in due.surroundings(session, actor, limit=limits.PAGE_MAX, site_ids=ids):
        if each.overdue and zone_id in {None, each.row.zone_id}:
            found[each.row.site_id].surroundings.append(each)
    for view, recall in _tasks(session, actor, ids):
        found[view.task.site_id or ids[0]].tasks.append((view, recall))
    _findings(session, actor, ids, found)
    for site_id, halt in halts.at_sites(session, sites).items():
        found[site_id].halt = halt
    _licences(session, actor, sites, found)
    if zone_id is None:
        for each in due.people(session, actor, limit=limits.PAGE_MAX, site_ids=ids):
            if each.overdue:
                found[each.row.site_id].people.append(each)
        for site_id, kinds in stewards.lacking(session, sites).items():
            found[site_id].lacking = kinds
    return found


def _lying(actor: Actor, site_ids: Iterable[UUID], zone_id: UUID | None) -> Any:
    """Return the conditions on `Holding` and `Zone` of what lies at some sites and the reader may see."""
    here = col(Zone.site_id).in_(list(site_ids)) & (col(Holding.quantity_units) > 0) & reach.visible_holdings(actor)
    return here if zone_id is None else here & (col(Zone.zone_id) == zone_id)


def _goods(session: Session, actor: Actor, ids: list[UUID], zone_id: UUID | None, found: dict[UUID, Wrong]) -> None:
    """Count the batches that are not clear, and apart from them those of which some is locked."""
    is_locked = func.bool_or(col(Holding.held_units) > 0)
    each = (
        select(col(Zone.site_id).label("site_id"), is_locked.label("locked"), col(Batch.status).label("status"))
        .select_from(Holding)
        .join(Zone, col(Zone.zone_id) == col(Holding.zone_id))
        .join(Batch, col(Batch.batch_id) == col(Holding.batch_id))
        .where(_lying(actor, ids, zone_id))
        .group_by(col(Zone.site_id), col(Batch.batch_id))
        .subquery()
    )
    rows = session.execute(
        select(
            each.c.site_id,
            func.count().filter(each.c.locked),
            func.count().filter(~each.c.locked & (each.c.status != "cleared")),
        ).group_by(each.c.site_id)
    )
    for site_id, locked, not_clear in rows:
        found[site_id].locked, found[site_id].not_clear = locked, not_clear


def _flags(session: Session, actor: Actor, ids: list[UUID], zone_id: UUID | None, found: dict[UUID, Wrong]) -> None:
    """Count open flags about what lies there now, or that name the site or one of its zones themselves."""
    if relation(actor, "flag.read") is None:
        return
    data, is_open = col(Flag.data), col(Flag.closed_at).is_(None) & flags.visible_flags(actor)
    zones = col(Zone.site_id).in_(ids) if zone_id is None else col(Zone.zone_id) == zone_id
    each: Any = select(col(Zone.site_id).label("site_id"), col(Flag.flag_id).label("flag_id")).where(zones, is_open)
    parts = [  # each by an index or one pass over the open flags; an OR of them would try every flag at every zone
        each.join(Holding, col(Holding.zone_id) == col(Zone.zone_id))
        .join(Flag, col(Flag.batch_id) == col(Holding.batch_id))
        .where(col(Holding.quantity_units) > 0),
        each.join(Flag, data["zone_id"].astext == cast(col(Zone.zone_id), Text)),
    ]
    if zone_id is None:
        named: Any = select(col(Site.site_id).label("site_id"), col(Flag.flag_id).label("flag_id"))
        by_site = data["site_id"].astext == cast(col(Site.site_id), Text)
        parts.append(named.join(Flag, by_site).where(col(Site.site_id).in_(ids), is_open))
    about = union(*parts).subquery()
    for site_id, count in session.execute(select(about.c.site_id, func.count()).group_by(about.c.site_id)):
        found[site_id].flags = count


def _tasks(session: Session, actor: Actor, ids: list[UUID]) -> list[tuple[TaskView, Recall]]:
    """Return the tasks of running recalls at some sites that nobody has checked: open, shut, unreachable, refused."""
    if relation(actor, "recall.read") is None:
        return []
    rows = session.execute(
        select(SweepTask, Recall)
        .join(Recall, col(Recall.recall_id) == col(SweepTask.recall_id))
        .where(col(Recall.state) == "announced", col(SweepTask.site_id).in_(ids), places.own_tasks(actor))
        .order_by(col(SweepTask.task_id).desc())
    ).all()
    recalls = {task.task_id: recall for task, recall in rows}
    views = tasks.views(session, [task for task, _recall in rows])
    return [(view, recalls[view.task.task_id]) for view in views if view.state not in CHECKED]


def _findings(session: Session, actor: Actor, ids: list[UUID], found: dict[UUID, Wrong]) -> None:
    """Add what officers found at each site and nobody has put right or decided."""
    if relation(actor, "site_finding.read") is None:
        return
    for each in site_findings.open_at(session, actor, ids):
        found[each["site_id"]].findings.append(each)


def _licences(session: Session, actor: Actor, sites: Sequence[Site], found: dict[UUID, Wrong]) -> None:
    """Add the licences of each site's business that have ended, for officers and for the business itself."""
    told = [site for site in sites if actor.is_officer or site.business_id in actor.business_ids]
    running = licences.running(session, list({site.business_id for site in told}))
    for site in told:
        found[site.site_id].licences = [each for each in running[site.business_id] if each["state"] == "expired"]


@dataclass(frozen=True)
class Goods:
    """A batch of which some lies at a place: its product, status, units and how many of them are locked."""

    batch: Batch
    product: Product
    quantity_units: int
    locked_units: int


def goods(session: Session, actor: Actor, site_id: UUID, zone_id: UUID | None = None) -> list[Goods]:
    """Return the batches at a place that must not leave, locked ones first; at most ROWS_SHOWN."""
    locked = func.sum(col(Holding.held_units))
    rows = session.execute(
        select(Batch, Product, func.sum(col(Holding.quantity_units)), locked)
        .select_from(Holding)
        .join(Zone, col(Zone.zone_id) == col(Holding.zone_id))
        .join(Batch, col(Batch.batch_id) == col(Holding.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(_lying(actor, [site_id], zone_id))
        .group_by(col(Batch.batch_id), col(Product.product_id))
        .having((locked > 0) | (col(Batch.status) != "cleared"))
        .order_by(case((locked > 0, 0), else_=1), col(Batch.batch_id).desc())
        .limit(ROWS_SHOWN)
    )
    return [Goods(batch, product, int(units), int(held)) for batch, product, units, held in rows]


@dataclass
class Tenant:
    """An owner with goods at a site: of how many batches, how much, how much of it locked (grams)."""

    owner_id: UUID
    batches: int = 0
    mass_g: int = 0
    locked_mass_g: int = 0


def tenants(session: Session, actor: Actor, site_id: UUID) -> tuple[list[Tenant], Counter[UUID]]:
    """Return who has goods at a site, as far as the reader may see them, most first; and the grams in each zone."""
    mass = col(Product.unit_mass_g)
    rows = session.execute(
        select(
            col(Holding.owner_id),
            col(Holding.zone_id),
            func.count(func.distinct(col(Holding.batch_id))),
            func.sum(col(Holding.quantity_units) * mass),
            func.sum(col(Holding.held_units) * mass),
        )
        .join(Zone, col(Zone.zone_id) == col(Holding.zone_id))
        .join(Batch, col(Batch.batch_id) == col(Holding.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(_lying(actor, [site_id], None))
        .group_by(col(Holding.owner_id), col(Holding.zone_id))
    )
    found: dict[UUID, Tenant] = {}
    by_zone: Counter[UUID] = Counter()
    for owner_id, zone_id, batches, mass_g, locked_g in rows:
        tenant = found.setdefault(owner_id, Tenant(owner_id))
        tenant.batches += batches
        tenant.mass_g += int(mass_g)
        tenant.locked_mass_g += int(locked_g)
        by_zone[zone_id] += int(mass_g)
    return sorted(found.values(), key=lambda each: -each.mass_g), by_zone
