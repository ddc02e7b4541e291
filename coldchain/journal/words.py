"""What facts are called on screen beside their receipts."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p
from coldchain.journal.receipts import Noted

CONSIGNMENT: Final[dict[str, LazyText]] = {
    "consignment.dispatched": _p("fact", "Goods sent"),
    "consignment.confirmed": _l("Receipt confirmed"),
    "consignment.rejected": _p("fact", "Goods sent back"),
    "consignment.disputed": _p("fact", "Lines disputed"),
    "consignment.settled": _p("fact", "Dispute settled"),
    "consignment.slip_kept": _p("fact", "Signed slip kept"),
}
RESULT: Final[dict[str, LazyText]] = {"result.reported": _p("fact", "Result reported")}
PAPER: Final[dict[str, LazyText]] = {
    "evidence.registered": _p("fact", "Paper entered"),
    "evidence.verified": _p("fact", "Paper verified"),
    "evidence.refused": _p("fact", "Paper not accepted"),
}
RECALL: Final[dict[str, LazyText]] = {
    "recall.drafted": _p("fact", "Notice entered"),
    "recall.announced": _p("fact", "Notice announced"),
}
_ALL: Final = CONSIGNMENT | RESULT | PAPER | RECALL


def lines(facts: Iterable[Noted], subjects: Mapping[UUID, str] | None = None) -> list[dict[str, Any]]:
    """Return facts as `journal/_receipts.html` shows them; `subjects` says what each is about where a page has many."""
    names = subjects or {}
    return [
        {
            "entry_id": fact.entry_id,
            "title": str(_ALL.get(fact.kind, fact.kind)),
            "about": names.get(fact.subject_id, ""),
            "recorded_at": fact.recorded_at,
        }
        for fact in facts
    ]
