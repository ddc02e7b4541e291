"""The list of consignments, one of them, and the way to it from the code on its delivery note."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation, scope
from coldchain.core.edge import PUBLIC, edge
from coldchain.core.errors import Forbidden, NotFound
from coldchain.core.page_forms import Form, load
from coldchain.journal import receipts
from coldchain.journal import words as journal_words
from coldchain.trade import numbers, schemas, service
from coldchain.trade import pages_words as words
from coldchain.trade.models import CONSIGNMENT_STATES, Consignment
from coldchain.trade.web.blueprint import PAGE_ROWS, bp
from coldchain.trade.web.shown import shown

FILTERS = {"cursor", "direction", "state", "unanswered"}


@bp.get("/consignments")
@edge("trade.read")
def list_consignments(session: Session, actor: Actor) -> Any:
    """List the consignments that the reader may see, newest first; `unanswered`: those that wait too long."""
    asked = {name: text for name, text in request.args.items() if name in FILTERS}
    query = load(schemas.ConsignmentQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    items, following = service.search(session, actor, **query)
    return render_template(
        "trade/consignments.html",
        items=items,
        following=following,
        query=query,
        counts=service.count_by_state(session, actor, query["direction"]),
        unanswered=service.count_unanswered(session, actor, query["direction"]),
        states=CONSIGNMENT_STATES,
        directions=words.DIRECTIONS,
        own=actor.business_id,
        carries=actor.business_id is not None and relation(actor, "trade.answer") is None,
        may_dispatch=relation(actor, "trade.dispatch") is not None and actor.business_id is not None,
    )


@bp.get("/consignments/<uuid:consignment_id>")
@edge("trade.read")
def show_consignment(session: Session, actor: Actor, consignment_id: UUID) -> Any:
    """Show one consignment with its state, its goods, and what may be answered."""
    context = shown(session, actor, consignment_id)
    facts = receipts.of_subject(session, scope(actor, "journal.read"), consignment_id, journal_words.CONSIGNMENT)
    return render_template("trade/consignment.html", receipts=journal_words.lines(facts), **context)


@bp.get("/D/<number>")
@edge(PUBLIC)
def find_by_number(session: Session, actor: Actor | None, number: str) -> Any:
    """Go from the code on a delivery note to its consignment, by way of signing in where nobody is."""
    here = f"/D/{quote(number, safe='')}"
    if actor is None:
        return redirect(f"/sign-in?next={quote(here, safe='')}", 303)
    if relation(actor, "trade.read") is None:
        raise Forbidden("Your role may not do this.")
    consignment_id = session.scalar(
        select(col(Consignment.consignment_id)).where(
            col(Consignment.consignment_no) == numbers.read_consignment_no(number)
        )
    )
    if consignment_id is None:
        raise NotFound  # in the same words as one that is not the reader's to see
    service.get(session, actor, consignment_id)
    return redirect(url_for("trade_pages.show_consignment", consignment_id=consignment_id), 303)
