"""The page of backwards checks: what the books don't explain, with the link to where it is solved."""

from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import pages_words as goods_words
from coldchain.core.edge import edge
from coldchain.core.page_forms import Form, load
from coldchain.trade import backcheck_words as words
from coldchain.trade.backcheck_schemas import BackcheckQuery
from coldchain.trade.service import backcheck

bp = Blueprint("backcheck_pages", __name__)

PAGE_ROWS: Final = 20
NARROWING: Final = ("business", "site_id")


@bp.get("/backchecks")
@edge("backcheck.read")
def list_backchecks(session: Session, actor: Actor) -> Any:
    """List what the books of the reader, or of the reader's area, don't explain."""
    asked = {name: text for name, text in request.args.items() if name in {"cursor", "kind", *NARROWING} and text}
    query = load(BackcheckQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    items, following, as_of = backcheck.search(session, actor, **query)
    narrowed = {name: asked[name] for name in NARROWING if name in asked}

    def address(**more: str | None) -> str:
        kept = {name: text for name, text in (*narrowed.items(), *more.items()) if text}
        return "/backchecks" + (f"?{urlencode(kept)}" if kept else "")

    return render_template(
        "trade/backchecks.html",
        items=[(item, *words.place_to_solve(actor, item)) for item in items],
        following=following,
        as_of=as_of,
        query=query,
        counts=backcheck.count_by_kind(session, actor, business=query["business"], site_id=query["site_id"]),
        narrowed=narrowed,
        address=address,
        own=actor.business_id,
        words=words,
        goods=goods_words,
    )
