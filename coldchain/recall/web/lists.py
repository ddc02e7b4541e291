"""The list of recalls."""

from typing import Any

from flask import render_template, request
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.core.edge import edge
from coldchain.core.page_forms import load
from coldchain.recall import drafts, schemas, words
from coldchain.recall.models import RECALL_STATES
from coldchain.recall.web.blueprint import PAGE_ROWS, bp


@bp.get("/recalls")
@edge("recall.read")
def list_recalls(session: Session, actor: Actor) -> Any:
    """Show the recalls that the reader may read, newest first."""
    query = load(schemas.RecallQuerySchema(), request.args) | {"limit": PAGE_ROWS}
    rows, following = drafts.listing(session, actor, **query)
    return render_template(
        "recall/list.html",
        rows=[(row, drafts.current_version(session, row)) for row in rows],
        following=following,
        state=query["state"],
        states=RECALL_STATES,
        kinds=words.RECALL_KINDS,
        may_draft=relation(actor, "recall.draft") is not None,
    )
