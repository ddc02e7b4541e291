"""Pages of the journal: what anybody needs to check a receipt, and receipts as files."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, render_template
from sqlmodel import Session

from coldchain.core.edge import PUBLIC, edge, reach
from coldchain.journal import health, identity, receipts

bp = Blueprint("journal_pages", __name__)

TEXT: Final = "text/plain; charset=utf-8"
COMMAND: Final = "python -m coldchain.journal.receipt"
CONSISTENCY: Final = "/api/v1/journal/consistency?first=…&second=…"


@bp.get("/journal")
@edge(PUBLIC)
def show_how(session: Session, _actor: Any) -> Any:
    """Show how a receipt is checked, with which key, and which origins the journal has had."""
    known = identity.read(session)
    return render_template(
        "journal/how.html",
        epochs=known.epochs if known else (),
        last=health.last_checkpoint(session),
        command=COMMAND,
        consistency=CONSISTENCY,
    )


@bp.get("/journal/receipts/<uuid:entry_id>.tlog-proof")
@edge("journal.read")
def download_receipt(session: Session, actor: Any, entry_id: UUID) -> Response:
    """Give the receipt of a fact as a file."""
    index, text = receipts.make(session, reach(actor, "journal.read"), entry_id)
    response = Response(text, content_type=TEXT)
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{index}.tlog-proof"'
    return response
