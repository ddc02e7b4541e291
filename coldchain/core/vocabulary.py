"""The status vocabulary: one word, one icon, one kind for each state code, the same on screen, in print and in text.

Invariants: a code has exactly one chip; a word means one state. Codes are those of the API, prefixed by their subject
where one code means two things (`business.closed` is not the `closed` of a sweep task). Kinds are the sheet's colours
and edges: go, wait, stop, alarm (officers and labs; holders once it is confirmed), idle, info, booked (dashed: in the
books only), done (filled: done on site).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from coldchain.core.i18n import LazyText, lazy_gettext, lazy_pgettext

KINDS: Final = ("go", "wait", "stop", "alarm", "idle", "info", "booked", "done")


@dataclass(frozen=True, slots=True)
class Chip:
    """How one state is shown: kind (colour and edge), icon of the sprite, word in the reader's language."""

    kind: str
    icon: str
    word: LazyText


CHIPS: Final[dict[str, Chip]] = {
    # evidence life of a batch and the gate
    "declared": Chip("idle", "truck-delivery", lazy_gettext("Declared, not arrived")),
    "draft": Chip("idle", "pencil", lazy_gettext("Draft")),
    "withdrawn": Chip("idle", "arrow-back-up", lazy_gettext("Withdrawn")),
    "held": Chip("wait", "hourglass", lazy_gettext("Awaiting verification")),
    "cleared": Chip("go", "circle-check", lazy_gettext("Clear to circulate")),
    "depleted": Chip("idle", "circle-minus", lazy_gettext("Depleted")),
    "refused_gate": Chip("stop", "octagon-minus", lazy_gettext("Must not leave")),
    # one item of evidence
    "verified": Chip("go", "circle-check", lazy_gettext("Verified")),
    "met": Chip("go", "circle-check", lazy_gettext("Met")),
    "paper.refused": Chip("stop", "circle-x", lazy_gettext("Not accepted")),
    "paper.replaced": Chip("idle", "circle-minus", lazy_gettext("Replaced")),
    "paper.expired": Chip("stop", "clock-x", lazy_gettext("Expired")),
    "entered": Chip("wait", "hourglass", lazy_gettext("Awaiting verification")),
    "rechecking": Chip("wait", "hourglass", lazy_gettext("Being rechecked")),
    "missing": Chip("stop", "circle-x", lazy_gettext("Missing")),
    "not_covered": Chip("stop", "circle-x", lazy_gettext("Not all covered")),
    "not_required": Chip("idle", "circle-minus", lazy_gettext("Not required")),
    # restriction of stock
    "none": Chip("idle", "lock-open", lazy_gettext("No lock")),
    "locked": Chip("booked", "lock", lazy_gettext("Locked in the books")),
    "sealed": Chip("done", "rubber-stamp", lazy_gettext("Sealed")),
    "unsealed": Chip("idle", "lock-open", lazy_gettext("Unsealed")),
    "confirmed_positive": Chip("alarm", "test-pipe", lazy_gettext("Confirmed positive")),
    "recheck_positive": Chip("alarm", "test-pipe", lazy_gettext("Positive on re-check")),
    "preliminary_positive": Chip("alarm", "test-pipe", lazy_gettext("Preliminary positive")),
    "pool_positive": Chip("wait", "hourglass", lazy_gettext("Pool positive, awaits its re-check")),
    "pool_recheck_positive": Chip("wait", "hourglass", lazy_gettext("Pool positive on re-check, awaits confirmation")),
    "pool_recheck": Chip("wait", "hourglass", lazy_gettext("Paused: the pool awaits its re-check")),
    "recalled": Chip("stop", "octagon-minus", lazy_gettext("Recalled")),
    "public.paused": Chip("wait", "alert-triangle", lazy_gettext("Sale paused")),
    # sweep task and its outcomes
    "open": Chip("idle", "circle-dashed", lazy_gettext("Not checked")),
    "reopened": Chip("wait", "hourglass", lazy_gettext("Looked at, more goods came")),
    "found": Chip("stop", "flag-exclamation", lazy_gettext("Found")),
    "none_found": Chip("idle", "circle-minus", lazy_gettext("None found")),
    "closed": Chip("idle", "door-off", lazy_gettext("Shut")),
    "unreachable": Chip("idle", "phone-off", lazy_gettext("Unreachable")),
    "refused": Chip("idle", "hand-stop", lazy_gettext("Inspection refused")),
    # what was done with matching goods
    "taken_off": Chip("stop", "flag-exclamation", lazy_gettext("Taken off sale")),
    "drill.sealed": Chip("info", "speakerphone", lazy_gettext("Sealing practised")),
    "left": Chip("idle", "circle-minus", lazy_gettext("Left in place")),
    # samples and results
    "taken": Chip("idle", "test-pipe-2", lazy_gettext("Sampled")),
    "sent": Chip("wait", "hourglass", lazy_gettext("Result pending")),
    "negative": Chip("go", "circle-check", lazy_gettext("Negative")),
    "positive": Chip("alarm", "test-pipe", lazy_gettext("Positive")),
    "invalid": Chip("idle", "help-circle", lazy_gettext("Invalid, sample again")),
    "result.superseded": Chip("info", "clock-edit", lazy_gettext("Corrected")),
    "result.entered_for_lab": Chip("wait", "hourglass", lazy_gettext("Entered for the laboratory")),
    "result.confirmed": Chip("idle", "circle-check", lazy_gettext("Confirmed by the laboratory")),
    "result.released": Chip("idle", "lock-open", lazy_gettext("Released by decision")),
    "tube.over_pool": Chip("wait", "alert-triangle", lazy_gettext("More samples than a pool should have")),
    # orders to disinfection services
    "order.open": Chip("wait", "hourglass", lazy_gettext("Asked for")),
    "order.done": Chip("go", "circle-check", lazy_gettext("Disinfected")),
    # time
    "late": Chip("info", "clock-edit", lazy_gettext("Entered late")),
    "reported_late": Chip("info", "clock-exclamation", lazy_gettext("Declared late")),
    "timed_out": Chip("stop", "clock-x", lazy_gettext("Out of time")),
    "overdue": Chip("wait", "clock-x", lazy_gettext("Overdue")),
    # what became of goods
    "destroyed": Chip("idle", "flame", lazy_gettext("Destroyed")),
    "returned": Chip("idle", "arrow-back-up", lazy_gettext("Returned abroad")),
    "recovered": Chip("go", "recycle", lazy_gettext("Recovered")),
    "lost": Chip("idle", "circle-minus", lazy_gettext("Lost")),
    "unaccounted": Chip("wait", "help-circle", lazy_gettext("Unaccounted for")),
    "code_mismatch": Chip("wait", "zoom-question", lazy_gettext("Codes differ, to be checked")),
    # businesses
    "licence.valid": Chip("go", "circle-check", lazy_gettext("Licence in force")),
    "licence.expiring": Chip("wait", "hourglass", lazy_gettext("Licence ends soon")),
    "licence.expired": Chip("stop", "clock-x", lazy_gettext("Licence ended")),
    "objection.open": Chip("wait", "hourglass", lazy_gettext("Objection not answered yet")),
    "business.pending": Chip("wait", "hourglass", lazy_gettext("Awaiting approval")),
    "business.active": Chip("go", "circle-check", lazy_gettext("On the register")),
    "business.rejected": Chip("idle", "circle-x", lazy_gettext("Not approved")),
    "business.suspended": Chip("stop", "player-pause", lazy_gettext("Suspended")),
    "measure.in_force": Chip("info", "flag-exclamation", lazy_gettext("In force")),
    "measure.upcoming": Chip("wait", "hourglass", lazy_gettext("Begins later")),
    "measure.ended": Chip("idle", "circle-minus", lazy_gettext("Over")),
    "measure.lifted": Chip("idle", "lock-open", lazy_gettext("Lifted")),
    "measure.void": Chip("idle", "x", lazy_gettext("Entered by mistake")),
    "business.closed": Chip("idle", "circle-minus", lazy_gettext("Struck off")),
    "business.provisional": Chip("info", "user", lazy_gettext("Provisional")),
    # consignments
    "in_transit": Chip("wait", "truck-delivery", lazy_gettext("In transit")),
    "confirmed": Chip("go", "circle-check", lazy_gettext("Receipt confirmed")),
    "disputed": Chip("wait", "zoom-question", lazy_gettext("Disputed")),
    "rejected": Chip("idle", "arrow-back-up", lazy_gettext("Rejected by the receiver")),
    "signed": Chip("go", "circle-check", lazy_gettext("Signed in person")),
    # recalls and sweeps
    "recall.draft": Chip("idle", "pencil", lazy_gettext("Draft")),
    "recall.announced": Chip("stop", "speakerphone", lazy_gettext("In progress")),
    "recall.withdrawn": Chip("idle", "arrow-back-up", lazy_gettext("Withdrawn")),
    "recall.closed": Chip("idle", "circle-check", lazy_gettext("Ended")),
    # requests to other regions
    "assistance.sent": Chip("wait", "hourglass", lazy_gettext("Request sent")),
    "assistance.taken_over": Chip("info", "user", lazy_gettext("Taken over")),
    "assistance.done": Chip("go", "circle-check", lazy_gettext("All looked at")),
    # origin of a sweep task
    "from_books": Chip("idle", "notebook", lazy_gettext("From the books")),
    "blanket": Chip("idle", "list-check", lazy_gettext("Blanket check")),
    "on_foot": Chip("idle", "route", lazy_gettext("Found on foot")),
    # flags and backwards checks
    "flag.open": Chip("wait", "zoom-question", lazy_gettext("To look at")),
    "flag.closed": Chip("idle", "circle-check", lazy_gettext("Looked at")),
    # findings of visits and decisions
    "site_finding.open": Chip("wait", "hourglass", lazy_gettext("To be put right")),
    "site_finding.answered": Chip("info", "clock-edit", lazy_gettext("Reported as put right")),
    "site_finding.rectified": Chip("go", "circle-check", lazy_gettext("Put right")),
    "site_finding.decided": Chip("stop", "flag-exclamation", lazy_gettext("Violation")),
    "site_finding.lifted": Chip("idle", "lock-open", lazy_gettext("Decision lifted")),
    "decision.coming": Chip("info", "calendar", lazy_gettext("Not yet in force")),
    "decision.in_force": Chip("stop", "octagon-minus", lazy_gettext("Holds now")),
    "decision.ended": Chip("idle", "circle-minus", lazy_gettext("Period over")),
    "decision.lifted": Chip("idle", "lock-open", lazy_pgettext("decision", "Lifted")),
    "decision.rectified": Chip("go", "circle-check", lazy_pgettext("decision", "Put right, ended")),
    "decision.reported": Chip("info", "clock-edit", lazy_gettext("Reported as put right")),
    "decision.overdue": Chip("wait", "clock-x", lazy_pgettext("decision", "Not put right in time")),
    "objection.waiting": Chip("wait", "hourglass", lazy_gettext("Objection to be answered")),
    "backcheck.open": Chip("wait", "zoom-question", lazy_gettext("To be explained")),
    # jobs
    "run.queued": Chip("wait", "hourglass", lazy_gettext("Queued")),
    "run.running": Chip("wait", "reload", lazy_gettext("Being made")),
    "run.done": Chip("go", "circle-check", lazy_gettext("Ready")),
    "run.failed": Chip("stop", "circle-x", lazy_gettext("Not made")),
    # spreadsheets
    "sheet.checking": Chip("wait", "hourglass", lazy_gettext("Being looked at")),
    "sheet.checked": Chip("wait", "list-check", lazy_gettext("To be taken in")),
    "sheet.refused": Chip("stop", "circle-x", lazy_gettext("Bad cells")),
    "sheet.taking": Chip("wait", "reload", lazy_gettext("Being taken in")),
    "sheet.done": Chip("go", "circle-check", lazy_gettext("Taken in")),
    "sheet.already": Chip("idle", "circle-minus", lazy_gettext("Taken in before")),
    "sheet.failed": Chip("stop", "circle-x", lazy_gettext("Not taken in")),
}


def status_chip(code: str) -> Chip:
    """Return the chip of a state code (`held`, `locked`, `business.closed`).

    Raises KeyError for a code that the vocabulary doesn't know: an invented word would be a second truth.
    """
    return CHIPS[code]
