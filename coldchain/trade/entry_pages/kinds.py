"""What each kind of entry has of its own: address, schema, service, words, fields, which zones come first."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from coldchain.core.fields import Schema
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.trade import entry_schemas as schemas
from coldchain.trade import pages_words as words
from coldchain.trade.service import entries

ON_SALE: Final = ("sale_counter", "general", "import_dedicated", "processing", "quarantine")
IN_WORK: Final = ("processing", "general", "import_dedicated", "sale_counter", "quarantine")


@dataclass(frozen=True)
class Act:
    """One kind of entry as a page.

    `checked`: always with a check page before it is entered; other kinds show it only when somebody would be told.
    `told_late`: what already happened is accepted when gate or lock would refuse it now, and the refusal says how.
    """

    kind: str
    path: str
    schema: type[Schema]
    serve: Callable[..., dict[str, Any]]
    title: LazyText
    lead: LazyText
    when: LazyText
    enter: LazyText
    fields: tuple[str, ...] = ()
    zone_kinds: tuple[str, ...] = IN_WORK
    checked: bool = False
    told_late: bool = False

    @property
    def pieces_only(self) -> bool:
        """Say whether only whole pieces are asked for."""
        return self.kind == "opening"

    @property
    def by_code(self) -> bool:
        """Say whether goods are named by their code, beside those that lie there by the books."""
        return self.kind in {"stocktake", "recovery"}


_HAPPENED: Final = _l("Happened at")
ACTS: Final[dict[str, Act]] = {
    act.kind: act
    for act in (
        Act(
            "sale", "/sales/new", schemas.GoodsEntrySchema, entries.sell, _l("Sold today"),
            _l("Type what was sold and leave the rest empty: whole pieces, loose units, or both."),
            _l("Sold until"), _l("Enter the sales"), zone_kinds=ON_SALE, checked=True, told_late=True,
        ),
        Act(
            "use", "/uses/new", schemas.GoodsEntrySchema, entries.use, words.ENTRY_KINDS["use"],
            _l("Type what was taken into the kitchen or the plant and leave the rest empty."),
            _l("Used until"), _l("Enter the use"), told_late=True,
        ),
        Act(
            "loss", "/losses/new", schemas.LossSchema, entries.lose, words.ENTRY_KINDS["loss"],
            _l("Spoiled, broken or gone. Locked goods too: the books have to say what is there."),
            _HAPPENED, _l("Enter the loss"), fields=("reason",), zone_kinds=ON_SALE,
        ),
        Act(
            "relocation", "/relocations/new", schemas.RelocationSchema, entries.relocate,
            words.ENTRY_KINDS["relocation"],
            _l("Into another zone, here or in another store. Locked goods go into a quarantine zone only."),
            _HAPPENED, _l("Move the goods"), fields=("to_zone_id",),
        ),
        Act(
            "owner_change", "/owner-changes/new", schemas.OwnerChangeSchema, entries.change_owner,
            words.ENTRY_KINDS["owner_change"],
            _l("The goods stay where they lie and become another's."),
            _HAPPENED, _l("Change the owner"), fields=("to_owner",), checked=True,
        ),
        Act(
            "opening", "/openings/new", schemas.GoodsEntrySchema, entries.open_pieces, words.ENTRY_KINDS["opening"],
            _l("Whole pieces that are sold loose from now on. The counter then shows the batch's code."),
            _HAPPENED, _l("Open the pieces"), zone_kinds=ON_SALE,
        ),
        Act(
            "destruction", "/destructions/new", schemas.DestructionSchema, entries.destroy,
            words.ENTRY_KINDS["destruction"],
            _l("Goods that were rendered harmless. Of locked goods say who took them, the receipt, and who was there."),
            _HAPPENED, _l("Enter as destroyed"),
            fields=("method", "receiver", "receipt_no", "witness", "reason"), checked=True,
        ),
        Act(
            "return", "/returns/new", schemas.ReturnSchema, entries.give_back, words.ENTRY_KINDS["return"],
            _l("Back to whom the goods came from. Locked goods may go back too, and their lock goes with them."),
            _HAPPENED, _l("Send the goods back"), fields=("to", "receipt_no", "reason"), checked=True,
        ),
        Act(
            "recovery", "/recoveries/new", schemas.RecoverySchema, entries.recover, words.ENTRY_KINDS["recovery"],
            _l("Goods that are back: sold ones that were fetched, unaccounted ones that turned up."),
            _HAPPENED, _l("Enter as recovered"), fields=("from", "reason"), zone_kinds=("quarantine", *ON_SALE),
        ),
        Act(
            "stocktake", "/stocktakes/new", schemas.StocktakeSchema, entries.count, words.ENTRY_KINDS["stocktake"],
            _l("Type what you counted, 0 when there is none. A row that is left empty was not counted."),
            _l("Counted at"), _l("Enter the count"), zone_kinds=ON_SALE, checked=True,
        ),
    )
}  # fmt: skip

LABELS: Final[dict[str, LazyText]] = {
    "zone_id": _l("Zone"),
    "to_zone_id": _l("Into which zone"),
    "to_owner": _l("New owner"),
    "_receiver": _l("New owner"),
    "to": _l("Receiver"),
    "to-business": _l("Receiver"),
    "to-name": _l("Receiver's name"),
    "to-country": _l("Country"),
    "reason": _l("Reason"),
    "method": _l("Method"),
    "receiver": _l("Who took them"),
    "receipt_no": _l("Receipt number"),
    "witness": _l("Witness"),
    "from": _l("What the books called them"),
    "occurred_at": _l("Time"),
    "_code": _l("Batch code"),
}
