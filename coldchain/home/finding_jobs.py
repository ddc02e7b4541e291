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
from coldchain.registry.decisions import LIFTED, OBJECTED, ORDER, SUSPENSION, UPHELD
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
    return [*found, *_second_looks(session, actor), *_orders_overdue(session, actor), *_objections(session, actor)]


def _second_looks(session: Session, actor: Actor) -> list[Job]:
    """Return a line for each decision that is reported as put right, the oldest first; of many one that counts them."""
    if relation(actor, "enforcement.review") is None:
        return []
    waiting = select(EnforcementDecision).where(enforcement.visible_decisions(actor), decisions.stage_is("waiting"))
    rows = session.exec(waiting.order_by(col(EnforcementDecision.decision_id)).limit(SHOWN + 1)).all()
    if len(rows) > SHOWN:
        count = session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
        title = ngettext(
            "%(num)s decision is reported as put right", "%(num)s decisions are reported as put right", count
        )
        return [Job("decision.reported", "/decisions?putting_right=waiting", title, "", _("Look at it again"))]
    return [
        Job(
            "decision.reported",
            f"/decisions/{each['decision_id']}#review",
            _("Decision %(number)s: %(business)s reports it as put right", number=each["number"],
              business=each["business"].name),
            _("since %(moment)s", moment=pages.moment(each["events"][-1]["recorded_at"])),
            _("Look at it again"),
        )
        for each in enforcement.describe(session, rows)
    ]  # fmt: skip


def _orders_overdue(session: Session, actor: Actor) -> list[Job]:
    """Return a line of what was ordered, is past its day, and nobody says that it is put right."""
    late: Any = session.execute(
        select(func.count(), func.min(col(EnforcementDecision.ends_at))).where(
            enforcement.visible_decisions(actor), decisions.overdue(clock.now())
        )
    ).one()
    if not late[0]:
        return []
    title = ngettext("%(num)s order was not put right in time", "%(num)s orders were not put right in time", late[0])
    reason = _("the first was to be put right by %(day)s", day=pages.moment(late[1]))
    href = "/decisions?putting_right=overdue"
    return [Job("decision.overdue", href, title, reason, _("Look at it again"), late[1])]


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
        late, _more = enforcement.search(session, actor, putting_right="overdue", limit=SHOWN)
        rows, _more = enforcement.search(session, actor, in_force=True, limit=SHOWN)
        found += [_decided(actor, each) for each in enforcement.describe(session, [*late, *rows])]
    if relation(actor, "site_finding.read") is not None:
        rows_open, _more = site_findings.search(session, actor, state="open", limit=SHOWN)
        found += [_to_put_right(each) for each in site_findings.describe(session, rows_open)]
    return found


def _decided(actor: Actor, each: dict[str, Any]) -> Job:
    """Return the line of a decision for the business: what is ordered, by when, and what it does next."""
    kinds = _(", ").join(str(findings_words.DECISION_KINDS[kind]) for kind in each["kinds"])
    title = _("Decision %(number)s: %(kinds)s", number=each["number"], kinds=kinds)
    href, until = f"/decisions/{each['decision_id']}", pages.moment(each["ends_at"])
    if each["putting_right"] == "waiting":
        reason = _("reported as put right; an officer looks at it again, until then it holds")
        return Job("decision.reported", href, title, reason, _("Read what to do"))
    verb = _("Read what to do")
    if relation(actor, "enforcement.report") is not None:
        href, verb = f"{href}#report", _("Put right and report")
    if each["overdue"]:
        reason = _("was to be put right by %(moment)s", moment=until)
        return Job("decision.overdue", href, title, reason, verb, each["ends_at"])
    ordered = not {ORDER, SUSPENSION}.isdisjoint(each["kinds"])
    reason = _("to be put right by %(day)s", day=until) if ordered else _("until %(moment)s", moment=until)
    return Job("decision.in_force", href, title, reason, verb)


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
