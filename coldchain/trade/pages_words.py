"""What this room's codes are called on screen, in the reader's language."""

from typing import Final

from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_pgettext as _p

HANDOVERS: Final[dict[str, LazyText]] = {
    "await_confirmation": _p("handover", "The receiver confirms in the program"),
    "signed_in_person": _p("handover", "Signed for in person"),
}
DIRECTIONS: Final[dict[str, LazyText]] = {
    "": _p("direction", "All"),
    "out": _p("direction", "Sent"),
    "in": _p("direction", "Received"),
}
