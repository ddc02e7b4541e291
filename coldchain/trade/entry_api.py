"""Stock entries (出入库单) over HTTP."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import Blueprint, edge
from coldchain.core.problems import said
from coldchain.trade.entry_schemas import (
    CorrectionSchema,
    DestructionSchema,
    EntryMadeSchema,
    EntryQuery,
    GoodsEntrySchema,
    LossSchema,
    OwnerChangeSchema,
    RecoverySchema,
    RelocationSchema,
    ReturnSchema,
    StockEntryPageSchema,
    StockEntrySchema,
    StocktakeSchema,
)
from coldchain.trade.service import entries

blp = Blueprint("entries", __name__, url_prefix="/api/v1", description="Stock entries: what happens to goods in a zone")


def spoken(made: dict[str, Any]) -> dict[str, Any]:
    """Return an entry with its warnings in the reader's language."""
    return made | {
        "warnings": [
            {**warning, "message": said(warning["message"], warning.get("params", {}))} for warning in made["warnings"]
        ]
    }


@blp.route("/sales", methods=["POST"])
@blp.arguments(GoodsEntrySchema)
@edge("stock.record")
@blp.response(201, EntryMadeSchema)
def create_sale(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Record sales, one or a whole day's; 409 `gate_refused`, `locked`, `insufficient_stock`, `seller_not_active`."""
    return spoken(entries.sell(session, actor, **data))


@blp.route("/uses", methods=["POST"])
@blp.arguments(GoodsEntrySchema)
@edge("stock.record")
@blp.response(201, EntryMadeSchema)
def create_use(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Record goods used in a kitchen or plant; 409 `gate_refused`, `locked`, `insufficient_stock`."""
    return spoken(entries.use(session, actor, **data))


@blp.route("/losses", methods=["POST"])
@blp.arguments(LossSchema)
@edge("stock.record")
@blp.response(201, EntryMadeSchema)
def create_loss(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Record lost goods, locked ones too; 409 `insufficient_stock`."""
    return spoken(entries.lose(session, actor, **data))


@blp.route("/relocations", methods=["POST"])
@blp.arguments(RelocationSchema)
@edge("stock.record")
@blp.response(201, EntryMadeSchema)
def create_relocation(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Store goods in another zone; 409 `zone_not_dedicated`, `zone_too_warm`, `locked`, `insufficient_stock`."""
    return spoken(entries.relocate(session, actor, **data))


@blp.route("/owner-changes", methods=["POST"])
@blp.arguments(OwnerChangeSchema)
@edge("stock.record")
@blp.response(201, EntryMadeSchema)
def create_owner_change(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Make goods another's where they lie; 409 `gate_refused`, `locked`, `receiver_not_active`, `seller_not_active`."""
    return spoken(entries.change_owner(session, actor, **data))


@blp.route("/openings", methods=["POST"])
@blp.arguments(GoodsEntrySchema)
@edge("stock.record")
@blp.response(201, EntryMadeSchema)
def create_opening(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Open whole pieces to sell them loose; 422 `not_whole_pieces`, 409 `locked`, `insufficient_stock`."""
    return spoken(entries.open_pieces(session, actor, **data))


@blp.route("/destructions", methods=["POST"])
@blp.arguments(DestructionSchema)
@edge("stock.record")
@blp.response(201, EntryMadeSchema)
def create_destruction(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Record goods rendered harmless; locked ones need receiver, receipt and witness (422 `required`)."""
    return spoken(entries.destroy(session, actor, **data))


@blp.route("/returns", methods=["POST"])
@blp.arguments(ReturnSchema)
@edge("stock.record")
@blp.response(201, EntryMadeSchema)
def create_return(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Record goods given back: to `to.business` by a consignment (`consignment_id`), else out of the books."""
    return spoken(entries.give_back(session, actor, **data))


@blp.route("/recoveries", methods=["POST"])
@blp.arguments(RecoverySchema)
@edge("stock.record")
@blp.response(201, EntryMadeSchema)
def create_recovery(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Record goods that are back, from sold or missing; 409 `zone_not_dedicated`, `insufficient_stock`."""
    return spoken(entries.recover(session, actor, **data))


@blp.route("/stocktakes", methods=["POST"])
@blp.arguments(StocktakeSchema)
@edge("stock.record")
@blp.response(201, EntryMadeSchema)
def create_stocktake(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Record what was counted; 422 `reason_needed` beyond the tolerance. Never refused by a lock."""
    return spoken(entries.count(session, actor, **data))


@blp.route("/stock-entries/<uuid:entry_id>/correct", methods=["POST"])
@blp.arguments(CorrectionSchema)
@edge("stock.correct")
@blp.response(201, EntryMadeSchema)
def correct_entry(session: Session, actor: Actor, data: dict[str, Any], entry_id: UUID) -> dict[str, Any]:
    """Set an entry's right quantities; 409 `not_correctable`, `insufficient_stock`, `locked`, 422 `nothing_changed`."""
    return spoken(entries.correct(session, actor, entry_id, **data))


@blp.route("/stock-entries", methods=["GET"])
@blp.arguments(EntryQuery, location="query")
@edge("stock.read")
@blp.response(200, StockEntryPageSchema)
def list_entries(session: Session, actor: Actor, query: dict[str, Any]) -> dict[str, Any]:
    """List stock entries, newest first."""
    items, following = entries.search(session, actor, **query)
    return {"items": items, "next": following}


@blp.route("/stock-entries/<uuid:entry_id>", methods=["GET"])
@edge("stock.read")
@blp.response(200, StockEntrySchema)
def read_entry(session: Session, actor: Actor, entry_id: UUID) -> dict[str, Any]:
    """Read one stock entry with its lines and corrections."""
    return entries.get(session, actor, entry_id)
