"""What kinds of recall and their parts are called on screen, in the reader's language."""

from typing import Final

from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_pgettext as _p

RECALL_KINDS: Final[dict[str, LazyText]] = {
    "outbreak_sweep": _p("recall kind", "Outbreak sweep"),
    "assistance": _p("recall kind", "Assistance request"),
    "food_recall": _p("recall kind", "Food recall"),
    "drill": _p("recall kind", "Drill"),
}
KIND_HINTS: Final[dict[str, LazyText]] = {
    "outbreak_sweep": _p("recall kind", "A notice names goods linked to an outbreak"),
    "assistance": _p("recall kind", "Another region asks to trace goods"),
    "food_recall": _p("recall kind", "Unsafe food is to be taken back"),
    "drill": _p("recall kind", "For practice: tasks are made, nothing is locked"),
}


def done(disposition: str, drill: bool) -> str:
    """Return the vocabulary's code for what was done with goods: in a drill no seal is put on, sealing is practised."""
    return "drill.sealed" if drill and disposition == "sealed" else disposition
