"""What a closed consignment's page says when not all of it reached the receiver: what came, and where the rest is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from coldchain.batches import pages_words as goods_words
from coldchain.core.i18n import gettext as _
from coldchain.trade import states
from coldchain.trade.pages_words import OUTCOMES

CLOSED: Final = frozenset({states.CONFIRMED, states.SIGNED, states.REJECTED})
ELSEWHERE: Final = (states.RETURNED, states.LOST, states.MISSING)


@dataclass(frozen=True)
class Became:
    """The verdict of a consignment of which a part did not come; `kind` is that of the sheet."""

    kind: str
    title: str
    text: str


def of(consignment: Mapping[str, Any], products: Mapping[Any, Any]) -> Became | None:
    """Return what became of a consignment that is closed and did not reach its receiver whole, None for any other."""
    lines = consignment["lines"]
    elsewhere = {line["batch_id"]: _elsewhere(consignment, line) for line in lines}
    if consignment["state"] not in CLOSED or not any(elsewhere.values()) or any(line["open_units"] for line in lines):
        return None
    if consignment["state"] == states.REJECTED and not any(
        set(parts) - {states.RETURNED} for parts in elsewhere.values()
    ):
        return None  # all of it is back, which the page says with the reason
    came = {line["batch_id"]: line["quantity_units"] - sum(elsewhere[line["batch_id"]].values()) for line in lines}
    said = [(_("Received"), came)] if any(came.values()) else []
    said += [
        (str(OUTCOMES[outcome]), {batch_id: parts.get(outcome, 0) for batch_id, parts in elsewhere.items()})
        for outcome in ELSEWHERE
    ]
    told = [
        _("%(outcome)s: %(goods)s.", outcome=word, goods=_goods(units, lines, products))
        for word, units in said
        if any(units.values())
    ]
    open_end = any(states.MISSING in parts for parts in elsewhere.values())
    title = _("Received in part") if any(came.values()) else _("None of it was received")
    return Became("wait" if open_end else "idle", title, goods_words.sentences(told))


def _elsewhere(consignment: Mapping[str, Any], line: Mapping[str, Any]) -> dict[str, int]:
    """Return the units of a line by what became of them instead; what came beyond what was sent was never short."""
    if (line["confirmed_units"] or 0) >= line["quantity_units"]:
        return {}
    found: dict[str, int] = {}
    for answer in consignment["answers"]:
        for said in answer["lines"]:
            if said["batch_id"] == line["batch_id"] and said["outcome"] in ELSEWHERE:
                found[said["outcome"]] = found.get(said["outcome"], 0) + said["quantity_units"]
    return found


def _goods(units: Mapping[Any, int], lines: Any, products: Mapping[Any, Any]) -> str:
    """Return quantities in pieces and loose units, with the product's name where there are several lines."""
    said = []
    for line in lines:
        if units.get(line["batch_id"]):
            product = products[line["product"]["product_id"]]
            quantity = goods_words.quantity(units[line["batch_id"]], product)
            said.append(quantity if len(lines) == 1 else f"{goods_words.product_name(product)} {quantity}")
    return _(", ").join(said)
