"""What a movement of a batch is called on its page: every kind of the ledger in a sentence, seen from where one looks.

A movement may be seen from one side only: who gave sees goods go, who took sees them come.
"""

from collections.abc import Mapping
from typing import Any

from coldchain.core.i18n import gettext as _


def told(facts: Mapping[str, Any], quantity: str) -> str:
    """Return a movement in one sentence; `facts`: kind, from_zone_id and to_zone_id as far as the reader sees them."""
    kind, goes, comes = facts["kind"], bool(facts.get("from_zone_id")), bool(facts.get("to_zone_id"))
    if kind in {"transformation", "split", "stocktake", "correction"}:
        return _either_way(kind, quantity, goes=goes, comes=comes)
    sentences = {
        "dispatch": _("Sent: %(quantity)s", quantity=quantity),
        "confirmation": _("Receipt confirmed: %(quantity)s", quantity=quantity),
        "rejection": _("Rejected and sent back: %(quantity)s", quantity=quantity),
        "settlement": _("Dispute settled: %(quantity)s", quantity=quantity),
        "withdrawal": _("Arrival withdrawn: %(quantity)s", quantity=quantity),
        "sale": _("Sold: %(quantity)s", quantity=quantity),
        "use": _("Taken into use: %(quantity)s", quantity=quantity),
        "loss": _("Lost: %(quantity)s", quantity=quantity),
        "relocation": _("Moved: %(quantity)s", quantity=quantity),
        "owner_change": _("Owner changed: %(quantity)s", quantity=quantity),
        "merging": _("Owner merged with its registered business: %(quantity)s", quantity=quantity),
        "opening_of_piece": _("Pieces opened: %(quantity)s", quantity=quantity),
        "destruction": _("Destroyed: %(quantity)s", quantity=quantity),
        "return": _("Given back: %(quantity)s", quantity=quantity),
        "recovery": _("Recovered: %(quantity)s", quantity=quantity),
    }
    return sentences.get(kind, "")


def _either_way(kind: str, quantity: str, *, goes: bool, comes: bool) -> str:
    """Return a movement whose sentence depends on whether goods leave a zone by it, or come into one."""
    if kind == "transformation":
        going = _("Made into other goods: %(quantity)s", quantity=quantity)
        return going if goes else _("Made from other goods: %(quantity)s", quantity=quantity)
    if kind == "split":
        going = _("Split off as a batch of their own: %(quantity)s", quantity=quantity)
        return going if goes else _("Split off from another batch: %(quantity)s", quantity=quantity)
    if kind == "stocktake":
        going = _("Counted less than the books say: %(quantity)s", quantity=quantity)
        return going if goes else _("Counted more than the books say: %(quantity)s", quantity=quantity)
    if goes == comes:
        return _("Corrected: %(quantity)s", quantity=quantity)
    going = _("Corrected, not here any more: %(quantity)s", quantity=quantity)
    return going if goes else _("Corrected, still here: %(quantity)s", quantity=quantity)
