"""What findings and decisions ask of whoever opens the desk: officers look again, businesses put right and report."""

from typing import Any, Final

from sqlmodel import Session, col, func, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.core import clock, pages
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import ngettext
from coldchain.home.jobs import Job
from coldchain.inspections import enforcement, findings_words, site_findings
from coldchain.inspections.models_findings import SiteFinding
from coldchain.registry.decisions import LIFTED, OBJECTED, UPHELD
from coldchain.registry.models_decisions import EnforcementDecision, EnforcementEvent
from coldchain.registry.service import decisions

SHOWN: Final = 3


def of_officer(session: Session, actor: Actor) -> list[Job]:
    """Return the lines of what is past its day, of what is reported as put right, and of objections to be answered."""
    seen = site_findings.visible_findings(actor)
    found = []
    late: Any = session.execute(
        select(func.count(), func.min(col(SiteFinding.rectify_by))).where(seen, site_findings.overdue())
    ).one()
    if late[0]:
        title = ngettext("%(num)s finding is past its day", "%(num)s findings are past their day", late[0])
        reason = _("the first was to be put right by %(day)s", day=pages.day(late[1]))
        due = site_findings.due_moment(late[1])
        found.append(Job("overdue", "/findings?state=overdue", title, reason, _("Look at it again"), due))
    answered = col(SiteFinding.state) == "answered"
    waiting = session.scalar(select(func.count()).select_from(SiteFinding).where(seen, answered))
    if waiting:
        title = ngettext(
            "%(num)s finding is reported as put right", "%(num)s findings are reported as put right", waiting
        )
        chip = "site_finding.answered"
        found.append(Job(chip, "/findings?state=answered", title, "", _("Look at it again")))
    return [*found, *_objections(session, actor)]


def _objections(session: Session, actor: Actor) -> list[Job]:
    """Return a line for each objection that nobody has answered, the oldest first."""
    if relation(actor, "enforcement.decide") is None:
        return []
    answered = select(col(EnforcementEvent.decision_id)).where(col(EnforcementEvent.kind).in_((UPHELD, LIFTED)))
    rows = session.exec(
        select(EnforcementDecision, EnforcementEvent)
        .join(EnforcementEvent, col(EnforcementEvent.decision_id) == col(EnforcementDecision.decision_id))
        .where(
            enforcement.visible_decisions(actor),
            col(EnforcementEvent.kind) == OBJECTED,
            col(EnforcementDecision.decision_id).not_in(answered),
        )
        .order_by(col(EnforcementEvent.recorded_at))
        .limit(SHOWN)
    ).all()
    return [
        Job(
            "objection.waiting",
            f"/decisions/{row.decision_id}#answer",
            _("Objection to decision %(number)s", number=row.number),
            _("since %(moment)s", moment=pages.moment(event.recorded_at)),
            _("Answer"),
        )
        for row, event in rows
    ]


def of_business(session: Session, actor: Actor) -> list[Job]:
    """Return the lines of decisions that hold and of what is to be put right, for whoever acts for a business."""
    found = []
    if relation(actor, "enforcement.read") is not None:
        rows, _more = enforcement.search(session, actor, in_force=True, limit=SHOWN)
        for each in enforcement.describe(session, rows):
            kinds = _(", ").join(str(findings_words.DECISION_KINDS[kind]) for kind in each["kinds"])
            title = _("Decision %(number)s: %(kinds)s", number=each["number"], kinds=kinds)
            reason = _("until %(moment)s", moment=pages.moment(each["ends_at"]))
            href = f"/decisions/{each['decision_id']}"
            found.append(Job("decision.in_force", href, title, reason, _("Read what to do")))
    if relation(actor, "site_finding.read") is not None:
        rows_open, _more = site_findings.search(session, actor, state="open", limit=SHOWN)
        found += [_to_put_right(each) for each in site_findings.describe(session, rows_open)]
    return found


def _to_put_right(each: dict[str, Any]) -> Job:
    day = each["rectify_by"]
    by = _("to be put right by %(day)s", day=pages.day(day)) if day else ""
    return Job(
        "overdue" if each["overdue"] else "site_finding.open",
        f"/findings/{each['finding_id']}",
        findings_words.own_words(each, "wording"),
        _(", ").join(text for text in (each["site_name"], by) if text),
        _("Read and report"),
        site_findings.due_moment(day) if day else None,
    )


def suspension(session: Session, actor: Actor) -> dict[str, Any] | None:
    """Return the decision that stops the reader's whole business from sending now, None: none does."""
    held = decisions.suspensions(session, actor.business_id, clock.now()) if actor.business_id else ()
    row = next((each for each in held if each.site_id is None), None)
    return enforcement.describe(session, [row])[0] if row else None
