"""The receipt after batches were made: their codes, and what has to happen before they may leave."""

from typing import Any
from uuid import UUID

from flask import render_template
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import gettext as _
from coldchain.trade.entry_pages import listing
from coldchain.trade.making_pages.blueprint import bp


@bp.get("/stock-entries/<uuid:entry_id>/made")
@edge("stock.read")
def made_receipt(session: Session, actor: Actor, entry_id: UUID) -> Any:
    """Show what an entry just made, with the codes of the new batches and what comes next."""
    page = listing.shown(session, actor, entry_id)
    if not page["made"]:
        raise NotFound
    return render_template("trade/made_receipt.html", steps=_next(page["entry"], page["made"]), **page)


def _next(entry: dict[str, Any], made: list[dict[str, Any]]) -> list[str]:
    if entry["kind"] == "split":
        first = _("Labels that are on these pieces already go on: whoever scans one reads the new batch.")
    else:
        first = _("Print the labels of what was made and put them on the goods: no code, no sale.")
    if all(each["batch"].status == "cleared" for each in made):
        return [first, _("It may leave as soon as it is ready: send it, or sell it.")]
    return [first, _("It may not leave yet. Its page says what is missing.")]
