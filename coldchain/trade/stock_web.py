"""The page of the stock: what lies where now, or what lay where at a past moment, as known then and as known now."""

from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may
from coldchain.batches import pages_words as goods_words
from coldchain.core import clock, pages
from coldchain.core.edge import edge
from coldchain.core.fields import Moment
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, load, refusal
from coldchain.ledger import holds
from coldchain.registry import service as registry
from coldchain.registry.service.reach import at
from coldchain.trade import service
from coldchain.trade.entry_pages import offered
from coldchain.trade.entry_pages.offered import Lies, Offered
from coldchain.trade.past_schemas import StockAtQuery
from coldchain.trade.service import kept, past

bp = Blueprint("stock_pages", __name__)

PAGE_ROWS: Final = 20
NARROWING: Final = ("site_id", "zone_id", "batch_id", "business")
VIEWS: Final = ("then", "now")  # which figure of the past comes first: known then, or known now
LABELS: Final = {"as_of": _l("As of another moment")}


@bp.get("/stock")
@edge("stock.read")
def list_stock(session: Session, actor: Actor) -> Any:
    """List what lies where, goods on the road included; with `as_of` what lay where then, and is known of it now."""
    only_kept = request.args.get("kept") == "yes" and actor.business_id is not None and not request.args.get("as_of")
    asked = {name: text for name, text in request.args.items() if name in {"cursor", *NARROWING} and text}
    query = load(StockAtQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    del query["as_of"], query["known_at"]
    typed = request.args.get("as_of", "").strip()
    then, errors, status = None, dict[str, str](), 200
    if typed:
        try:
            then = past.compare(session, actor, as_of=_moment(typed), **query)
        except REFUSALS as error:
            errors, status = refusal(error, LABELS)
    items, following = (
        (then.items, then.following) if then else service.stock(session, actor, only_kept=only_kept, **query)
    )
    sites, _more = registry.search_sites(
        session, actor, business=str(actor.business_id) if actor.business_id else None, limit=PAGE_ROWS
    )
    page = render_template(
        "trade/stock.html",
        items=items,
        following=following,
        query=query,
        then=then,
        view=request.args.get("view") if request.args.get("view") in VIEWS else VIEWS[0],
        as_of=clock.now(),
        typed=pages.form_moment(then.as_of) if then else typed,
        errors=errors,
        address=_address,
        kept_for=kept.by_owner(session, actor),
        only_kept=only_kept,
        narrowed={name: asked[name] for name in NARROWING if name in asked} | ({"kept": "yes"} if only_kept else {}),
        sealed={} if then else holds.sealed_units(session, [item["holding_id"] for item in items]),
        products=registry.products(session, [item["product"]["product_id"] for item in items]),
        sites=sites if actor.business_id else [],
        own=actor.business_id,
        acts=_acts(session, actor, items) if then is None else [],
        words=goods_words,
    )
    return Response(page, status)


def _acts(session: Session, actor: Actor, items: list[dict[str, Any]]) -> list[Offered | None]:
    """Return for each row the likeliest entry that the reader may make about it, None for none."""
    zones = registry.zones(session, [item["zone_id"] for item in items])
    products = registry.products(session, [item["product"]["product_id"] for item in items])
    found: list[Offered | None] = []
    for item in items:
        here = zones.get(item["zone_id"])
        owner_id = item["owner"].business_id
        if here is None or not may(actor, "stock.record", at(here[1], owner_id)):
            found.append(None)
            continue
        lies = Lies(
            item["batch_id"], products[item["product"]["product_id"]], here[0], item["quantity_units"],
            item["locked_units"], item["status"] == "cleared",
        )  # fmt: skip
        found.append(offered.about(lies, None if actor.business_id else owner_id)[0])
    return found


def _moment(typed: str) -> Any:
    """Return the moment that a form or an address names. Raises ValidationError at `as_of`."""
    field = Moment()
    given = field.from_form(typed)
    return load(StockAtQuery(), Form({"as_of": field.from_query(given)}))["as_of"]


def _address(narrowed: dict[str, str], **more: str | None) -> str:
    """Return the address of this page with what narrows it and more; None leaves out."""
    asked = {name: text for name, text in {**narrowed, **more}.items() if text}
    return "/stock" + (f"?{urlencode(asked)}" if asked else "")
