"""What an officer does first today: a line for each thing that waits, found in the rows, by the nearest deadline."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import scope
from coldchain.batches import flags
from coldchain.batches import pages_words as words
from coldchain.batches import service as batches
from coldchain.batches.models import Tube
from coldchain.batches.service import tubes
from coldchain.core import clock, pages
from coldchain.core.i18n import current_locale, ngettext
from coldchain.core.i18n import gettext as _
from coldchain.policy import service as policy
from coldchain.recall import assistance_view, drafts, handover, present, report, tasks
from coldchain.recall.figures import CHECKED, Figures
from coldchain.recall.models import Recall, RecallVersion
from coldchain.recall.tasks import TaskView
from coldchain.regions import service as regions
from coldchain.registry.models import Business
from coldchain.registry.service import appeals, businesses_within, letters, licences, stewards, within_reach
from coldchain.trade import backcheck_words
from coldchain.trade.service import backcheck

RUNNING_SHOWN = 5
APPROVED = ("active", "suspended")


@dataclass(frozen=True)
class Job:
    """One line: the code of its chip, where it leads, what and why, by when (None: no deadline), the verb."""

    chip: str
    href: str
    title: str
    reason: str
    verb: str
    due: datetime | None = None

    @property
    def overdue(self) -> bool:
        """Say whether the deadline has passed."""
        return self.due is not None and self.due < clock.now()


@dataclass(frozen=True)
class Running:
    """A running sweep with its figures over all regions, and the tasks that the reader may see, as of now."""

    recall: Recall
    version: RecallVersion
    figures: Figures
    views: list[TaskView]
    pending: int  # sampled pieces of the reader's places whose result is not out

    @property
    def open_views(self) -> list[TaskView]:
        """Return the tasks that nobody has checked."""
        return [view for view in self.views if view.state not in CHECKED]


def running(session: Session, actor: Actor) -> list[Running]:
    """Return the running sweeps that `actor` may read, newest first, with figures and tasks."""
    rows, _following = drafts.listing(session, actor, limit=RUNNING_SHOWN, cursor=None, state="announced")
    return [
        Running(
            row,
            drafts.current_version(session, row),
            report.report(session, actor, row.recall_id).figures,
            tasks.views(session, tasks.seen_tasks(session, actor, row)),
            _pending(session, actor, row),
        )
        for row in rows
    ]


def _pending(session: Session, actor: Actor, recall: Recall) -> int:
    rows = present.samples(session, actor, recall.recall_id, own_only=True)
    return sum(int(row["pieces"]) for row in rows if row["state"] == "sent")


def of_regulator(session: Session, actor: Actor, sweeps: list[Running]) -> list[Job]:
    """Return a regulator's jobs, the nearest deadline first, then those without one."""
    found = [*assistance(session, actor), *(job for sweep in sweeps for job in _of_sweep(sweep))]
    found += _astray(session, actor)
    found += _drafts(session, actor)
    found += _pending_businesses(session, actor)
    found += objections(session, actor)
    found += licences_ending(session, actor)
    found += _letters(session, actor)
    found += papers_to_verify(session, actor)
    found += _tubes(session, actor)
    found += corrections(session, actor)
    found += _flags(session, actor)
    found += _stewards(session, actor)
    found += backchecks(session, actor)
    return by_deadline(found)


def by_deadline(jobs: list[Job]) -> list[Job]:
    """Return jobs, the nearest deadline first, then those without one."""
    return sorted(jobs, key=lambda job: (job.due is None, job.due.timestamp() if job.due else 0))


def _astray(session: Session, actor: Actor) -> list[Job]:
    count = handover.astray(session, actor)
    title = ngettext("%(num)s open thing has an owner whose assignment has ended",
                     "%(num)s open things have an owner whose assignment has ended", count)  # fmt: skip
    return (
        [Job("open", "/handover", title, _("Nobody works on it until it is handed on."), _("Hand on"))] if count else []
    )


def _stewards(session: Session, actor: Actor) -> list[Job]:
    _stores, lacking, _none = stewards.count(session, actor)
    title = ngettext("%(num)s cold store lacks a steward", "%(num)s cold stores lack a steward", lacking)
    reason = _("Each has three: of the area, of the industry's regulator, of the enterprise.")
    return [Job("missing", "/stewards", title, reason, _("Name stewards"))] if lacking else []


def _of_sweep(sweep: Running) -> list[Job]:
    here = f"/recalls/{sweep.recall.recall_id}"
    waiting = [view for view in sweep.open_views if view.expected]
    found = []
    not_checked = Counter("reopened" if view.reopened else view.state for view in sweep.open_views)
    if waiting and sweep.recall.kind != "drill":  # a drill locks nothing, so nothing waits for a seal
        mass_g = sum(row.mass_g for view in waiting for row in view.awaited)
        found.append(
            Job(
                "locked",
                f"{here}?state=open#tasks",
                ngettext("%(num)s site waits to be sealed, %(mass)s", "%(num)s sites wait to be sealed, %(mass)s",
                         len(waiting), mass=pages.mass(mass_g)),
                sweep.recall.title,
                _("See tasks"),
                sweep.recall.deadline_at,
            )
        )  # fmt: skip
    if not_checked:
        found.append(
            Job(
                "open",
                f"{here}?state=open#tasks",
                ngettext(
                    "%(title)s: %(num)s site not checked",
                    "%(title)s: %(num)s sites not checked",
                    not_checked.total(),
                    title=sweep.recall.title,
                ),
                _reasons(not_checked),
                _("See tasks"),
                sweep.recall.deadline_at,
            )
        )
    if sweep.pending:
        found.append(
            Job(
                "sent",
                f"{here}/sample-results/new",
                ngettext("The result of %(num)s sample is not out", "The results of %(num)s samples are not out",
                         sweep.pending),
                sweep.recall.title,
                _("Record"),
            )
        )  # fmt: skip
    return found


def assistance(session: Session, actor: Actor) -> list[Job]:
    """Return the requests of other regions that nobody here has taken over (协查函)."""
    found = assistance_view.waiting(session, actor)
    names = regions.names(session, {recall.region_code for _request, recall in found}, current_locale())
    return [
        Job(
            "assistance.sent",
            f"/assistance/{request.request_id}",
            _("%(region)s asks for help: %(title)s", region=names[recall.region_code], title=recall.title),
            _("Request %(number)s, sites: %(count)s", number=request.request_no, count=request.sites_due),
            _("Take over"),
            recall.deadline_at,
        )
        for request, recall in found
    ]


def _reasons(counts: Counter[str]) -> str:
    parts = [
        _("shut %(count)s", count=counts["closed"]) if counts["closed"] else "",
        _("unreachable %(count)s", count=counts["unreachable"]) if counts["unreachable"] else "",
        _("inspection refused %(count)s", count=counts["refused"]) if counts["refused"] else "",
        _("not reached %(count)s", count=counts["open"]) if counts["open"] else "",
        _("looked at, more goods came %(count)s", count=counts["reopened"]) if counts["reopened"] else "",
    ]
    return _(", ").join(part for part in parts if part)


def _drafts(session: Session, actor: Actor) -> list[Job]:
    """Return drafts that nobody has announced; the rule book says how soon after the notice that is due (R9)."""
    rows, _following = drafts.listing(session, actor, limit=RUNNING_SHOWN, cursor=None, state="draft")
    hours = int(policy.parameter(session, "lock_within_h", clock.now().date())) if rows else 0
    return [
        Job(
            "recall.draft",
            f"/recalls/{row.recall_id}/announce",
            _("Not announced yet: %(title)s", title=row.title),
            _("a drill, nothing is locked; received %(moment)s", moment=pages.moment(row.received_at))
            if row.kind == "drill"
            else _("received %(moment)s, to be locked within %(hours)s h", moment=pages.moment(row.received_at),
                   hours=hours),
            _("Check"),
            None if row.kind == "drill" else row.received_at + timedelta(hours=hours),
        )
        for row in rows
    ]  # fmt: skip


def _pending_businesses(session: Session, actor: Actor) -> list[Job]:
    here = businesses_within(scope(actor, "business.read"))
    row: Any = session.execute(
        select(func.count(), func.min(col(Business.recorded_at))).where(
            here, col(Business.status) == "pending", col(Business.uscc).is_not(None)
        )
    ).one()
    if not row[0]:
        return []
    return [
        Job(
            "business.pending",
            "/businesses?status=pending",
            ngettext("%(num)s business waits for approval", "%(num)s businesses wait for approval", row[0]),
            _("the first since %(moment)s", moment=pages.moment(row[1])),
            _("Decide"),
        )
    ]


def objections(session: Session, actor: Actor) -> list[Job]:
    """Return a line for each objection that waits for an answer of the reader."""
    return [
        Job(
            "objection.open",
            f"/businesses/{business.business_id}/objections",
            _("%(name)s objects to a decision", name=business.name),
            _("since %(moment)s", moment=pages.moment(appeal.recorded_at)),
            _("Answer"),
        )
        for business, appeal in appeals.waiting(session, actor)
    ]


def licences_ending(session: Session, actor: Actor) -> list[Job]:
    """Return the line of the licences that end soon or have ended; none when there is nothing."""
    count, first = licences.due(session, actor)
    if not count or first is None:
        return []
    own, over = actor.business_id is not None, first < licences.today()
    if own:
        title = _("A licence of your business has ended") if over else _("A licence of your business ends soon")
    elif over:
        title = ngettext("%(num)s business with a licence that has ended or ends soon",
                         "%(num)s businesses with a licence that has ended or ends soon", count)  # fmt: skip
    else:
        title = ngettext("%(num)s business with a licence that ends soon",
                         "%(num)s businesses with a licence that ends soon", count)  # fmt: skip
    href = f"/businesses/{actor.business_id}/particulars" if own else "/businesses?licence_expiring=true"
    when = (
        _("the first ended on %(day)s", day=pages.day(first))
        if over
        else _("the first ends on %(day)s", day=pages.day(first))
    )
    return [Job("overdue" if over else "licence.expiring", href, title, when, _("View"))]


def _letters(session: Session, actor: Actor) -> list[Job]:
    """Return how many approved businesses have not signed the commitment letter of today."""
    count = sum(letters.count_lacking(session, actor, APPROVED).values())
    if not count:
        return []
    title = ngettext("%(num)s approved business has not signed the commitment letter of today",
                     "%(num)s approved businesses have not signed the commitment letter of today", count)  # fmt: skip
    return [Job("missing", "/letters", title, "", _("See which"))]


def papers_to_verify(session: Session, actor: Actor) -> list[Job]:
    """Return the line of the papers that wait for an officer's word; none when there is nothing."""
    counts = batches.count_papers(session, actor, regions.today())
    if not counts["waiting"]:
        return []
    reason = _("the first since %(moment)s", moment=pages.moment(counts["since"]))
    if counts["first_end"] is not None and not counts["overdue"]:
        reason = _(", ").join([reason, _("the first ends on %(day)s", day=pages.day(counts["first_end"]))])
    return [
        Job(
            "entered",
            "/evidence",
            ngettext("%(num)s paper to verify", "%(num)s papers to verify", counts["waiting"]),
            reason,
            _("Verify"),
        )
    ]


def corrections(session: Session, actor: Actor) -> list[Job]:
    """Return a line for each result that was corrected lately and had held something that the reader sees (R8, R17).

    Whoever was told of a lock by the goods on the desk is told of its correction there.
    """
    merchant = actor.business_id is not None
    return [
        Job(
            "result.superseded",
            f"/batches/{each.batches[0].batch_id}#holds" if merchant else f"/tubes/{each.tube_id}",
            ngettext(
                "Corrected: the result of tube %(number)s, which had locked %(num)s batch",
                "Corrected: the result of tube %(number)s, which had locked %(num)s batches",
                len(each.batches), number=each.tube_no,
            ),
            _("Corrected %(moment)s. Exactly the locks of that result ended; look whether others remain.",
              moment=pages.moment(each.corrected_at)),
            _("View"),
        )
        for each in batches.told_again(session, actor)
    ]  # fmt: skip


def _tubes(session: Session, actor: Actor) -> list[Job]:
    here = within_reach(scope(actor, "tube.read"), col(Tube.lab_id), col(Tube.region_code))
    row: Any = session.execute(
        select(func.count(), func.min(col(Tube.sampled_at))).where(here, ~tubes.answered())
    ).one()
    if not row[0]:
        return []
    return [
        Job(
            "sent",
            "/tubes",
            ngettext("%(num)s tube has no result yet", "%(num)s tubes have no result yet", row[0]),
            _("the first was sampled %(moment)s", moment=pages.moment(row[1])),
            _("View"),
        )
    ]


def _flags(session: Session, actor: Actor) -> list[Job]:
    counts = flags.count_by_kind(session, actor)
    if not counts:
        return []
    return [
        Job(
            "flag.open",
            "/flags",
            ngettext("%(num)s flag to look at", "%(num)s flags to look at", sum(counts.values())),
            _(", ").join(f"{words.FLAG_KINDS[kind]} {count}" for kind, count in sorted(counts.items())),
            _("View"),
        )
    ]


def backchecks(session: Session, actor: Actor) -> list[Job]:
    """Return the line of what the books don't explain, for whoever may read it; none when there is nothing."""
    counts = backcheck.count_by_kind(session, actor)
    if not counts:
        return []
    return [
        Job(
            "backcheck.open",
            "/backchecks",
            ngettext(
                "%(num)s thing that the books don't explain",
                "%(num)s things that the books don't explain",
                sum(counts.values()),
            ),
            _(", ").join(f"{backcheck_words.KINDS[kind]} {count}" for kind, count in counts.items()),
            _("View"),
        )
    ]


def open_by_office(sweeps: list[Running]) -> dict[UUID | None, tuple[int, int]]:
    """Return for each office how many tasks are not checked, how many of those have goods to seal (a drill none)."""
    found: dict[UUID | None, tuple[int, int]] = {}
    for sweep in sweeps:
        for view in sweep.open_views:
            not_checked, to_seal = found.get(view.task.office_id, (0, 0))
            seals = bool(view.expected) and sweep.recall.kind != "drill"
            found[view.task.office_id] = (not_checked + 1, to_seal + seals)
    return found
