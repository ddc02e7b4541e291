"""What this room's codes are called on screen, in the reader's language."""

from typing import Final

from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_pgettext as _p

HANDOVERS: Final[dict[str, LazyText]] = {
    "await_confirmation": _p("handover", "The receiver confirms in the program"),
    "signed_in_person": _p("handover", "Signed for in person"),
}
ENTRY_KINDS: Final[dict[str, LazyText]] = {
    "sale": _p("entry kind", "Sale"),
    "use": _p("entry kind", "Use"),
    "loss": _p("entry kind", "Loss"),
    "relocation": _p("entry kind", "Relocation"),
    "owner_change": _p("entry kind", "Change of owner"),
    "opening": _p("entry kind", "Opening of pieces"),
    "transformation": _p("entry kind", "Processing"),
    "destruction": _p("entry kind", "Destruction"),
    "return": _p("entry kind", "Return"),
    "stocktake": _p("entry kind", "Stocktake"),
    "split": _p("entry kind", "Split of a batch"),
    "recovery": _p("entry kind", "Recovery"),
    "correction": _p("entry kind", "Correction"),
}
METHODS: Final[dict[str, LazyText]] = {
    "incineration": _p("destruction method", "Incineration"),
    "rendering": _p("destruction method", "Rendering"),
    "burial": _p("destruction method", "Deep burial"),
    "other": _p("destruction method", "Another way"),
}
RECOVERED_FROM: Final[dict[str, LazyText]] = {
    "sold": _p("recovered from", "Sold"),
    "missing": _p("recovered from", "Unaccounted for"),
}
SHORTAGES: Final[dict[str, LazyText]] = {
    "missing": _p("shortage", "Unaccounted for: nobody knows where it is"),
    "lost": _p("shortage", "Lost: spoiled, broken, glaze or thaw"),
}
DIRECTIONS: Final[dict[str, LazyText]] = {
    "": _p("direction", "All"),
    "out": _p("direction", "Sent"),
    "in": _p("direction", "Received"),
}
ANSWER_KINDS: Final[dict[str, LazyText]] = {
    "confirmed": _p("answer", "Receipt confirmed"),
    "rejected": _p("answer", "Rejected"),
    "disputed": _p("answer", "Disputed"),
    "settled": _p("answer", "Settled"),
}
OUTCOMES: Final[dict[str, LazyText]] = {
    "delivered": _p("outcome", "Delivered"),
    "surplus": _p("outcome", "More than was sent"),
    "returned": _p("outcome", "Sent back"),
    "lost": _p("outcome", "Lost on the way"),
    "missing": _p("outcome", "Unaccounted for"),
    "disputed": _p("outcome", "In dispute"),
}
