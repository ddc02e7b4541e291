"""The guided tour of the demonstration: for each reader a few pages with something to see, found in the rows.

No step knows a name or a number: each asks what the reader may see for something of a kind (a batch that is held, a
sweep that found nothing), and is left out where there is none. The tour has two parts: the case, told with the dates of
its time, and everyday oversight (`tour_oversight.py`), whose dates begin with the day on which the data were loaded.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from sqlmodel import Session, col, func, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import scope
from coldchain.batches.models import Batch, TestResult, Tube
from coldchain.batches.reach import visible_batches
from coldchain.batches.service import disinfection_orders, tubes
from coldchain.core import clock, marks, pages
from coldchain.core.errors import NotFound
from coldchain.core.i18n import gettext as _
from coldchain.home import jobs, tour_oversight
from coldchain.home.tour_parts import Part, Step, Steps, ends, month
from coldchain.inspections.models import Finding, FindingLine
from coldchain.labels.code import LabelCode
from coldchain.labels.models import LabelRun
from coldchain.ledger.models import Holding
from coldchain.registry.models import Business, Product, Site, Zone
from coldchain.registry.service import sites_within

FIRST_EVENING: Final = timedelta(hours=7)  # a past moment of a sweep: what was known so long after the notice
MAKERS: Final = {"importer", "wholesaler", "cold_store"}  # kinds whose tour is that of who brings goods in


Case = Callable[
    [Session, Actor, datetime], Steps
]  # up to when its rows were recorded: what came later is no part of it
Tour = Callable[[Session, Actor], Steps]


def parts(session: Session, actor: Actor) -> list[Part]:
    """Return the parts of the reader's tour that have steps. Raises NotFound where the data are no demonstration."""
    mark = marks.read(session, marks.DEMO_MARK)
    if mark is None:
        raise NotFound
    case, now = _tours_of(session, actor)
    of, loaded = month(mark.get("told_of")), mark.get("loaded_on")
    title = _("The case, told as of %(month)s", month=of) if of else _("The case")
    text = _("Its dates are those of that time: counted from today its goods are long past their date.") if of else ""
    until = ends(mark.get("told_of")) or clock.now()
    found = [Part(title, text, tuple(case(session, actor, until)) if case else ())]
    if now is not None:
        text = (
            _("The dates of this part begin with the day on which the demonstration was loaded: %(day)s.", day=loaded)
            if loaded
            else ""
        )
        found.append(Part(_("Everyday oversight"), text, tuple(now(session, actor))))
    return [part for part in found if part.steps]


def _tours_of(session: Session, actor: Actor) -> tuple[Case | None, Tour | None]:
    """Return what leads the reader through the case, and through what is due now."""
    if actor.role == "merchant" and actor.business_id is not None:
        kinds = set(session.get_one(Business, actor.business_id).kinds)
        if disinfection_orders.SERVICE in kinds:
            return None, tour_oversight.service
        return (_merchant, _merchant_now) if MAKERS & kinds else (_buyer, tour_oversight.buyer)
    tours: dict[str, tuple[Case | None, Tour | None]] = {
        "regulator": (_regulator, tour_oversight.regulator),
        "inspector": (_inspector, tour_oversight.inspector),
        "lab": (_lab, tour_oversight.lab),
        "carrier": (None, tour_oversight.carrier),
        "admin": (None, _admin),
    }
    return tours.get(actor.role, (None, None))


# --- what is looked for ---


def _batch(session: Session, actor: Actor, *conditions: Any) -> Batch | None:
    """Return a batch that the reader may see and that fits, the latest; a business's own, in its own account."""
    statement = select(Batch).where(visible_batches(actor), *conditions)
    if actor.business_id is not None:
        own = select(col(Holding.batch_id)).where(
            col(Holding.owner_id) == actor.business_id, col(Holding.quantity_units) > 0
        )
        statement = statement.where(col(Batch.batch_id).in_(own))
    return session.scalars(statement.order_by(col(Batch.batch_id).desc()).limit(1)).first()


def _imported() -> Any:
    return col(Batch.product_id).in_(select(col(Product.product_id)).where(col(Product.imported).is_(True)))


def _locked() -> Any:
    return col(Batch.batch_id).in_(select(col(Holding.batch_id)).where(col(Holding.held_units) > 0))


def _in_date() -> Any:
    return col(Batch.expiry_date) >= clock.now().astimezone(clock.BEIJING).date()


def _coded() -> Any:
    return col(Batch.batch_id).in_(select(col(LabelRun.batch_id)))


def _told(until: datetime) -> Any:
    return col(Batch.recorded_at) < until


def _sweep(session: Session, actor: Actor, until: datetime, *, found: bool) -> jobs.Running | None:
    """Return the case's running sweep that found most, or one that has seen every place and found nothing."""
    told = [each for each in jobs.running(session, actor) if each.recall.recorded_at < until]
    running = [sweep for sweep in told if sweep.figures.sites_due]
    if found:
        return max((s for s in running if s.figures.sites_found), key=lambda s: s.figures.sites_found, default=None)
    return next((s for s in running if not s.figures.sites_found and not s.figures.sites_open), None)


def _positive(session: Session, actor: Actor, until: datetime) -> Tube | None:
    told = select(col(TestResult.tube_id)).where(
        col(TestResult.result) == "positive", col(TestResult.recorded_at) < until
    )
    statement = select(Tube).where(tubes.visible(actor), col(Tube.tube_id).in_(told))
    return session.scalars(statement.order_by(col(Tube.tube_id).desc()).limit(1)).first()


def _keeper(session: Session, actor: Actor) -> UUID | None:
    """Return the business in whose site the goods of most owners lie, at least two of them another's."""
    others = func.count(func.distinct(col(Holding.owner_id)))
    statement: Any = (
        select(col(Site.business_id))
        .join(Zone, col(Zone.site_id) == col(Site.site_id))
        .join(Holding, col(Holding.zone_id) == col(Zone.zone_id))
        .where(sites_within(scope(actor, "site.read")), col(Holding.quantity_units) > 0)
        .group_by(col(Site.business_id))
        .having(others > 1)
        .order_by(others.desc(), col(Site.business_id))
    )
    found: UUID | None = session.scalars(statement.limit(1)).first()
    return found


def _sealed(session: Session, views: list[Any]) -> UUID | None:
    """Return the task of a place where something was sealed."""
    by_finding = {view.finding.finding_id: view.task.task_id for view in views if view.finding is not None}
    statement = (
        select(col(FindingLine.finding_id))
        .join(Finding, col(Finding.finding_id) == col(FindingLine.finding_id))
        .where(col(FindingLine.finding_id).in_(list(by_finding)), col(FindingLine.disposition) == "sealed")
        .order_by(col(Finding.occurred_at), col(FindingLine.finding_id))
    )
    finding_id = session.scalars(statement.limit(1)).first()
    return None if finding_id is None else by_finding[finding_id]


# --- the tours ---


def _desk(text: str) -> Step:
    return Step("/", _("Start"), text)


def _held_step(session: Session, actor: Actor, until: datetime) -> Steps:
    held = _batch(session, actor, _told(until), col(Batch.status) == "held", _imported(), ~_locked())
    if held is not None:
        yield Step(
            f"/batches/{held.batch_id}",
            _("A batch that may not leave yet"),
            _("The page answers first: may it be sold? Then what it lacks, each with the one thing to do."),
        )


def _regulator(session: Session, actor: Actor, until: datetime) -> Steps:
    yield _desk(_("What is to be done first, by deadline; beside it the area in figures, counted this moment."))
    keeper = _keeper(session, actor)
    if keeper is not None:
        yield Step(
            f"/businesses/{keeper}",
            _("A store that keeps goods of several owners"),
            _("Its card number, commitment letter, sites and zones; goods are counted by owner and zone."),
        )
    yield from _held_step(session, actor, until)
    yield from _sweep_steps(session, actor, until)
    positive = _positive(session, actor, until)
    if positive is not None:
        yield Step(
            f"/tubes/{positive.tube_id}/positive",
            _("A positive sample followed up"),
            _("What was locked in the same moment and where; the public reads only that its sale is paused."),
        )


def _sweep_steps(session: Session, actor: Actor, until: datetime) -> Steps:
    nothing = _sweep(session, actor, until, found=False)
    if nothing is not None:
        yield Step(
            f"/recalls/{nothing.recall.recall_id}",
            _("A sweep that found nothing"),
            _("%(title)s: %(due)s sites seen, %(mass)s examined, nothing matched. The bulletin says just that.",
              title=nothing.recall.title, due=pages.number(nothing.figures.sites_due),
              mass=pages.mass(nothing.figures.examined_mass_g)),
        )  # fmt: skip
    most = _sweep(session, actor, until, found=True)
    if most is not None:
        evening = most.recall.received_at + FIRST_EVENING
        here = f"/recalls/{most.recall.recall_id}"
        yield Step(
            f"{here}?as_of={quote(pages.form_moment(evening))}",
            _("A sweep as it was known on its first evening"),
            _("Choose another moment and every figure is that moment's. Books and seals are two lines, never added."),
        )
        yield Step(
            here,
            _("The same sweep now"),
            _("Found at %(found)s of %(due)s sites, %(mass)s weighed; what is not checked is listed with its reason.",
              found=pages.number(most.figures.sites_found), due=pages.number(most.figures.sites_due),
              mass=pages.mass(most.figures.matched_mass_g)),
        )  # fmt: skip


def _inspector(session: Session, actor: Actor, until: datetime) -> Steps:
    yield _desk(_("The sites to look at next, and what you recorded last."))
    sweep = _sweep(session, actor, until, found=True)
    if sweep is not None:
        here = f"/recalls/{sweep.recall.recall_id}"
        yield Step(f"{here}/route", _("The route of a sweep"), _("The places by office, with address and what is due."))
        waiting = next(iter(sweep.open_views), None)
        if waiting is not None:
            yield Step(
                f"/sweep-tasks/{waiting.task.task_id}",
                _("A place that is not checked yet"),
                _("What the books say lies there, who to ring, what was tried. From here you record what you see."),
            )
        sealed = _sealed(session, sweep.views)
        if sealed is not None:
            yield Step(
                f"/sweep-tasks/{sealed}",
                _("A place where goods were sealed"),
                _("Each visit with what was sealed, seal numbers and samples; the latest finding counts."),
            )
    coded = _batch(session, actor, _told(until), _coded(), _imported())
    if coded is not None:
        yield Step(
            f"/scan?code={coded.batch_code}",
            _("A label that is scanned"),
            _("Type or scan a code: the goods, whose they are, what is locked, what to do here."),
        )
    yield from _held_step(session, actor, until)


def _merchant(session: Session, actor: Actor, until: datetime) -> Steps:
    yield _desk(_("Locks first, then deliveries, then what your batches lack; beside it your stock by state."))
    yield from _held_step(session, actor, until)
    locked = _batch(session, actor, _told(until), _locked())
    if locked is not None:
        yield Step(
            f"/batches/{locked.batch_id}#holds",
            _("A batch that is locked"),
            _("Who locked what, why, since when, and what ends the lock. Everything else of yours goes on."),
        )


def _merchant_now(session: Session, actor: Actor) -> Steps:
    clear = _batch(session, actor, col(Batch.status) == "cleared", _coded(), _in_date())
    if clear is not None:
        yield Step(
            f"/C/{LabelCode(clear.batch_code, 'batch', 0).text}",
            _("What your customer sees"),
            _("The page behind the label of a batch that may be sold: no phones, no drivers, no buyers."),
        )
    yield from tour_oversight.merchant(session, actor)


def _buyer(session: Session, actor: Actor, until: datetime) -> Steps:
    yield _desk(_("Deliveries that wait for your answer stand first."))
    mine = _batch(session, actor, _told(until), _imported(), col(Batch.status) == "cleared", ~_locked())
    if mine is not None:
        yield Step(
            f"/batches/{mine.batch_id}",
            _("A batch of yours with its papers"),
            _("The papers came with the goods: show them to whoever asks at your shop."),
        )


def _lab(session: Session, actor: Actor, until: datetime) -> Steps:
    yield _desk(_("Tubes without a result first, newest first."))
    yield Step(
        "/tubes/work",
        _("Results one after the other"),
        _("A row a tube; or take the list as a spreadsheet and hand it in filled."),
    )
    waiting = tubes.search(session, actor, pending=True, limit=1)[0]
    if waiting:
        yield Step(
            f"/tubes/{waiting[0]['tube_id']}",
            _("A tube that waits for its result"),
            _("What went into it and from where. The result belongs to the tube, so to all of its batches."),
        )
    positive = _positive(session, actor, until)
    if positive is not None:
        yield Step(
            f"/tubes/{positive.tube_id}",
            _("A preliminary positive"),
            _("Its batches were locked at once. A re-check on the same tube decides for all of them."),
        )
    yield Step("/tubes/new", _("Register a tube"), _("The number printed on the kit, what was sampled, when, by whom."))


def _admin(session: Session, actor: Actor) -> Steps:
    yield _desk(_("Accounts by role, and whether every part of the program is well."))
    yield Step("/accounts", _("Accounts"), _("Made, stopped and given back here; nobody shares one."))
    yield Step("/regions", _("Regions and offices"), _("Which office looks after which area, and since when."))
    yield Step("/audit", _("Audit log"), _("Who signed in, who was refused what, who read personal data."))
    yield Step("/journal", _("The journal"), _("How anybody checks that a fact stands there unchanged."))
    yield from tour_oversight.admin(session, actor)
