"""The tour's second part: what is due, holds or was answered now; the dates of these data begin with the loading."""

from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import scope
from coldchain.batches import service as batches
from coldchain.batches.models import Sample, Tube
from coldchain.batches.service import disinfection_orders, tubes
from coldchain.core.i18n import gettext as _
from coldchain.home.tour_parts import Step, Steps
from coldchain.inspections import enforcement, site_findings
from coldchain.inspections.models_findings import SiteFinding
from coldchain.policy.measures import IMPORT_SUSPENSION, LOCKDOWN
from coldchain.registry.decisions import OBJECTED
from coldchain.registry.models import Business, Site
from coldchain.registry.models_decisions import EnforcementDecision, EnforcementEvent
from coldchain.registry.service import licences, measures, sites_within, stewards
from coldchain.trade import service as trade

OPEN: Final = "open"


# --- what is looked for ---


def _finding(session: Session, actor: Actor, *conditions: Any) -> SiteFinding | None:
    """Return the newest finding that the reader may see and that fits."""
    fitting = select(SiteFinding).where(site_findings.visible_findings(actor), *conditions)
    return session.exec(fitting.order_by(col(SiteFinding.finding_id).desc()).limit(1)).first()


def _finding_step(session: Session, actor: Actor, title: str, text: str, *conditions: Any) -> Steps:
    row = _finding(session, actor, *conditions)
    if row is not None:
        yield Step(f"/findings/{row.finding_id}", title, text)


def _objected(session: Session, actor: Actor) -> UUID | None:
    """Return the newest decision to which the business objected."""
    decision_id: UUID | None = session.scalars(
        select(col(EnforcementDecision.decision_id))
        .join(EnforcementEvent, col(EnforcementEvent.decision_id) == col(EnforcementDecision.decision_id))
        .where(enforcement.visible_decisions(actor), col(EnforcementEvent.kind) == OBJECTED)
        .order_by(col(EnforcementDecision.decision_id).desc())
        .limit(1)
    ).first()
    return decision_id


def _card(session: Session, actor: Actor) -> UUID | None:
    """Return a card holder of the reader's area where something is to be put right."""
    here = select(col(SiteFinding.business_id)).where(
        site_findings.visible_findings(actor), col(SiteFinding.state) == OPEN
    )
    holders = select(col(Business.business_id)).where(
        col(Business.business_id).in_(here), col(Business.card_no).is_not(None)
    )
    business_id: UUID | None = session.scalars(holders.order_by(col(Business.business_id)).limit(1)).first()
    return business_id


def _wrong_at(session: Session, actor: Actor) -> UUID | None:
    """Return a site of the reader's area where something is to be put right."""
    found = (
        select(col(Site.site_id))
        .join(SiteFinding, col(SiteFinding.site_id) == col(Site.site_id))
        .where(sites_within(scope(actor, "site.read")), col(SiteFinding.state) == OPEN)
        .order_by(col(SiteFinding.finding_id).desc())
    )
    site_id: UUID | None = session.scalars(found.limit(1)).first()
    return site_id


def _measure(session: Session, actor: Actor, kind: str) -> UUID | None:
    rows, _following = measures.search(session, actor, kind=kind, in_force=True, limit=1)
    return rows[0]["measure_id"] if rows else None


def _carried(session: Session, actor: Actor, state: str, title: str, text: str) -> Steps:
    rows, _following = trade.search(session, actor, state=state, limit=1)
    if rows:
        yield Step(f"/consignments/{rows[0]['consignment_id']}", title, text)


def _order(session: Session, actor: Actor, state: str, title: str, text: str) -> Steps:
    rows, _following = disinfection_orders.search(session, actor, state=state, limit=1)
    if rows:
        yield Step(f"/disinfection-orders/{rows[0]['order_id']}", title, text)


def _steward_step(session: Session, actor: Actor) -> Steps:
    stores = select(col(Site.site_id)).where(sites_within(scope(actor, "site.read")), col(Site.kind) == "cold_store")
    site_id = session.scalars(stores.order_by(col(Site.site_id)).limit(1)).first()
    if site_id is not None:
        yield Step(
            f"/sites/{site_id}",
            _("A cold store with its three stewards"),
            _("Who holds each post and since when. The sign for the door is printed from here."),
        )


def _people_tube(session: Session, actor: Actor) -> UUID | None:
    of_people = select(col(Sample.tube_id)).where(col(Sample.worker_id).is_not(None))
    statement = select(col(Tube.tube_id)).where(tubes.visible(actor), col(Tube.tube_id).in_(of_people))
    tube_id: UUID | None = session.scalars(statement.order_by(col(Tube.tube_id).desc()).limit(1)).first()
    return tube_id


# --- the tours ---


def _decisions(session: Session, actor: Actor) -> Steps:
    decision_id = _objected(session, actor)
    if decision_id is not None:
        yield Step(
            f"/decisions/{decision_id}",
            _("A decision, and the objection to it"),
            _("Number, reason, from and until when. The business objects once; it goes on holding until answered."),
        )
    yield Step(
        "/published-decisions",
        _("What the public reads of it"),
        _("No sign-in needed. On its last day a decision is taken down by itself."),
    )


def _measures(session: Session, actor: Actor) -> Steps:
    suspended = _measure(session, actor, IMPORT_SUSPENSION)
    if suspended is not None:
        yield Step(
            f"/measures/{suspended}",
            _("A notice that suspends a plant's imports"),
            _("By the day of declaration; what was cleared before stays clear. Each has its source and its dates."),
        )


def regulator(session: Session, actor: Actor) -> Steps:
    """Lead a regulator from what was found to decisions, measures, papers, stewards and a card."""
    yield from _finding_step(
        session, actor, _("A finding that is reported as put right"),
        _("Found at a visit, answered by the business: now an officer looks a second time."),
        col(SiteFinding.state) == "answered",
    )  # fmt: skip
    yield from _decisions(session, actor)
    yield from _measures(session, actor)
    if _measure(session, actor, LOCKDOWN) is not None:
        yield Step(
            "/measures?kind=white_list", _("The white list of a lock-down"),
            _("Who may send although the area is closed, by whom and until when."),
        )  # fmt: skip
    waiting = batches.search_papers(session, actor, limit=1)[0]
    if waiting:
        yield Step(
            "/evidence",
            _("Papers to verify"),
            _("Those verified and those not accepted, with the reason, stand beside."),
        )
    stores, lacking, _none = stewards.count(session, actor)
    if stores and not lacking:
        yield from _steward_step(session, actor)
    if lacking:
        yield Step(
            "/stewards",
            _("A cold store that lacks a steward"),
            _("Three posts at each store; the sign hangs at the door."),
        )
    if licences.due(session, actor)[0]:
        yield Step(
            "/businesses?licence_expiring=true", _("Licences that end soon"),
            _("One has ended already, one ends soon."),
        )  # fmt: skip
    holder = _card(session, actor)
    if holder is not None:
        yield Step(
            f"/businesses/{holder}/card", _("The card on the wall"),
            _("One page a business, made from the books this moment: stock, last checks, what is open."),
        )  # fmt: skip


def inspector(session: Session, actor: Actor) -> Steps:
    """Lead an inspector to a visit, what was found, what is overdue and who is due for sampling."""
    site_id = _wrong_at(session, actor)
    if site_id is not None:
        yield Step(
            f"/sites/{site_id}", _("What is wrong at a place"),
            _("The same that you see when you scan its sign: open findings, goods that may not leave, who is due."),
        )  # fmt: skip
        yield Step(
            f"/visits/new?site_id={site_id}", _("Record a visit"),
            _("Tick what you found, or say it in your own words. Nothing found is worth recording too."),
        )  # fmt: skip
    yield from _finding_step(
        session, actor, _("A finding past its day"), _("Nobody has reported it as put right: go and look again."),
        site_findings.overdue(),
    )  # fmt: skip
    yield from _finding_step(
        session, actor, _("A finding that was closed"), _("Found, answered, looked at a second time: all of it stays."),
        col(SiteFinding.state) == "rectified",
    )  # fmt: skip
    yield Step("/sampling-due", _("Who is due for sampling"), _("People at work and surroundings, overdue first."))


def merchant(session: Session, actor: Actor) -> Steps:
    """Lead a merchant to what is to be put right, an order of disinfection, a load on the road, card and licence."""
    yield from _finding_step(
        session, actor, _("Something to put right"),
        _("What was found, on what basis, until when. Put it right, then report it with a photograph."),
        col(SiteFinding.state) == OPEN,
    )  # fmt: skip
    yield from _order(
        session, actor, "done", _("An order of disinfection that is done"),
        _("The service entered what it did and issued its certificate: you type nothing."),
    )  # fmt: skip
    yield from _carried(
        session, actor, "confirmed", _("A hand-over"),
        _("What you sent, what the receiver answered, and the receipt that proves it stands in the journal."),
    )  # fmt: skip
    yield Step("/stock", _("Your stock by place"), _("Also in other people's stores, and as of any past moment."))
    yield Step(
        "/arrivals/new",
        _("Register an arrival"),
        _("Papers, disinfection and tubes once a delivery, a line for each batch. What you type is kept."),
    )
    yield Step(
        f"/businesses/{actor.business_id}/card", _("Your card"), _("Print it on A5 or A4 and hang it at the counter.")
    )
    if licences.due(session, actor)[0]:
        yield Step(
            f"/businesses/{actor.business_id}/particulars", _("Your licence ends soon"),
            _("Enter the new one with its last day, and whom to reach."),
        )  # fmt: skip
    yield from _measures(session, actor)


def buyer(session: Session, actor: Actor) -> Steps:
    """Lead a shop to what it answered, a decision with its own objection, and its card."""
    yield from _carried(
        session, actor, "in_transit", _("A delivery on its way to you"),
        _("Count it and confirm, or say what differs: the sender then agrees or explains."),
    )  # fmt: skip
    yield from _carried(
        session, actor, "confirmed", _("A delivery that you confirmed"),
        _("From whom, what, when: your record of the purchase."),
    )  # fmt: skip
    yield Step("/sales/new", _("Sold today"), _("At closing time: how much of each batch is gone. One page."))
    yield from _finding_step(
        session, actor, _("A finding that you answered"),
        _("Once it was given back with a reason, then answered again. An officer looks at it a second time."),
        col(SiteFinding.state) == "answered",
    )  # fmt: skip
    yield from _decisions(session, actor)
    yield Step(
        f"/businesses/{actor.business_id}/card", _("Your card"), _("Print it on A5 or A4 and hang it at the counter.")
    )


def lab(session: Session, actor: Actor) -> Steps:
    """Lead a laboratory to a tube of people."""
    tube_id = _people_tube(session, actor)
    if tube_id is not None:
        yield Step(
            f"/tubes/{tube_id}", _("A tube of people at work"),
            _("Who was sampled and where. The result says from when each is due again."),
        )  # fmt: skip


def carrier(session: Session, actor: Actor) -> Steps:
    """Lead a carrier to what it has on the road, what it delivered, what was found at its vehicle."""
    yield Step("/", _("Start"), _("What you carry now, from where to where."))
    yield from _carried(
        session, actor, "in_transit", _("A load on the road"),
        _("The delivery note is here: show it at any checkpoint."),
    )  # fmt: skip
    yield from _carried(
        session, actor, "confirmed", _("A load that was delivered"),
        _("What the receiver counted and confirmed, and when."),
    )  # fmt: skip
    yield from _finding_step(
        session, actor, _("Something to put right"),
        _("What was found, on what basis, until when. Put it right, then report it with a photograph."),
        col(SiteFinding.state) == OPEN,
    )  # fmt: skip
    yield Step("/consignments", _("Everything you carried"), _("Each with its delivery note."))


def service(session: Session, actor: Actor) -> Steps:
    """Lead a disinfection service to an order that waits, and one that is done with its certificate."""
    yield Step("/", _("Start"), _("The orders that wait for you stand first."))
    yield from _order(
        session, actor, OPEN, _("An order that waits"),
        _("Where, what goods, what the customer asks. Done: enter it here."),
    )  # fmt: skip
    yield from _order(
        session, actor, "done", _("An order that is done"),
        _("What was entered and the certificate that the program drew from it, as a PDF with a code."),
    )  # fmt: skip
    yield Step("/disinfection-orders", _("All orders"), _("Open, done and withdrawn, newest first."))


def admin(session: Session, actor: Actor) -> Steps:
    """Lead an administrator to the rule book and to measures of authorities."""
    yield Step(
        "/rules",
        _("The rule book"),
        _("Each rule with its source and dates; a new version shows first what it changes."),
    )
    yield from _measures(session, actor)
