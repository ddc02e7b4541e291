"""Use in a kitchen (领用): one press for each piece or unit that is taken, and one to take it back."""

import hashlib
import re
from typing import Any, Final
from uuid import UUID

from flask import Response, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import pages_goods
from coldchain.batches import pages_words as goods_words
from coldchain.core.edge import edge
from coldchain.core.errors import DomainError, NotFound
from coldchain.core.page_forms import ONCE, REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.trade import entry_schemas as schemas
from coldchain.trade.entry_pages import act as forms
from coldchain.trade.entry_pages import rows
from coldchain.trade.entry_pages.act import Desk
from coldchain.trade.entry_pages.blueprint import bp
from coldchain.trade.entry_pages.kinds import ACTS, LABELS
from coldchain.trade.entry_pages.rows import Typed
from coldchain.trade.service import entries

USE: Final = ACTS["use"]
_PRESSED: Final = re.compile(r"([0-9a-f-]{36})-(piece|unit)")


@bp.get("/uses")
@edge("stock.record")
def kitchen(session: Session, actor: Actor) -> Any:
    """Show what lies in a kitchen's zone, with a button for one piece and one for one unit of each batch."""
    asked = request.args
    form: Form = Form({name: asked[name] for name in ("zone_id", "owner") if asked.get(name)})
    return _page(session, actor, forms.desk(session, actor, USE, form), done=asked.get("done", ""))


@bp.post("/uses")
@edge("stock.record")
def use_one(session: Session, actor: Actor) -> Any:
    """Enter one piece or unit of one batch as used; the same button of the same page pressed twice is one use."""
    form = copy(request.form)
    pressed = _PRESSED.fullmatch((form.poplist("_use") or [""])[-1])
    if pressed is None:
        raise NotFound
    desk = forms.desk(session, actor, USE, form)
    row = next((each for each in desk.listed if str(each.batch.batch_id) == pressed[1]), None)
    form[ONCE] = hashlib.sha256(f"{form.get(ONCE, '')} {pressed[0]}".encode()).hexdigest()
    units = row.product.units_per_piece if row and pressed[2] == "piece" else 1
    fields: Form = Form({"zone_id": form.get("zone_id", ""), "lines-0-batch_id": pressed[1]})
    fields["lines-0-quantity_units"] = str(units)
    if actor.business_id is None:
        fields["owner"] = form.get("owner", "")

    def act() -> str:
        made = entries.use(session, actor, **load(schemas.GoodsEntrySchema(), fields))
        owner = {"owner": made["owner"].business_id} if actor.business_id is None else {}
        return url_for("entry_pages.kitchen", zone_id=made["zone_id"], done=made["entry_id"], **owner)

    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        errors, desk.status = refusal(error, LABELS)
        lines = Typed(fields, tuple(pages_goods.uuids([pressed[1]])))
        if isinstance(error, DomainError) and any(name in error.extra for name in forms.REFUSED_LINES):
            desk.refused = forms.refused_lines(desk, lines, error)
        else:
            desk.errors = rows.at_rows(errors, lines, desk.listed, form)
        return _page(session, actor, desk)


def _page(session: Session, actor: Actor, desk: Desk, done: str = "") -> Response:
    last = _last(session, actor, done)
    page = render_template(
        "trade/entry_kitchen.html",
        desk=desk,
        act=USE,
        last=last,
        products=rows.products_of(session, last["lines"]) if last else {},
        errors=desk.errors,
        refused=desk.refused,
        once=new_once(),
        undo_once=new_once(),
        may_undo=relation(actor, "stock.correct") is not None,
        words=goods_words,
    )
    return Response(page, desk.status)


def _last(session: Session, actor: Actor, done: str) -> dict[str, Any] | None:
    """Return the entry that was just made, if it is one that the reader may see and nobody has corrected it."""
    for entry_id in pages_goods.uuids([done]):
        try:
            entry = entries.get(session, actor, UUID(str(entry_id)))
        except NotFound:
            return None
        return entry if entry["kind"] == "use" and not entry["corrected"] else None
    return None
