"""The list of batches that a reader may see, with filters as links and their counts."""

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from flask import render_template, request
from sqlmodel import Session, col, func, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import pages_words as words
from coldchain.batches import reach, schemas, service, states
from coldchain.batches.pages_blueprint import PAGE_ROWS, bp
from coldchain.batches.service import batch_view
from coldchain.core.edge import edge
from coldchain.core.page_forms import Form, load
from coldchain.ledger.models import Holding
from coldchain.registry import service as registry

NARROWING: Final = ("owner", "arrival_id", "product_id")
ASKED: Final = {"cursor", "status", "restriction", *NARROWING}


@bp.get("/batches")
@edge("batch.read")
def list_batches(session: Session, actor: Actor) -> Any:
    """List the batches that the reader may see, newest first."""
    asked = {name: text for name, text in request.args.items() if name in ASKED}
    query = load(schemas.BatchQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    items, following = service.search_batches(session, actor, **query)
    return render_template(
        "batches/list.html",
        items=items,
        following=following,
        query=query,
        narrowed=any(asked.get(name) for name in NARROWING),
        kept=urlencode({name: text for name, text in asked.items() if text and name != "cursor"}),
        counts=counts_by_status(session, actor),
        restricted=counts_by_restriction(session, actor),
        stock=units_seen(session, actor, [item["batch_id"] for item in items]),
        sites=registry.sites(session, [item["site_id"] for item in items]),
        merchant=actor.business_id is not None,
        may_register=relation(actor, "arrival.register") is not None,
        words=words,
    )


def counts_by_status(session: Session, actor: Actor) -> dict[str, int]:
    """Return how many batches the reader sees in each state of their evidence life."""
    seen = select(reach.current_status().label("status")).where(reach.visible_batches(actor)).subquery()
    rows = session.execute(select(seen.c.status, func.count()).group_by(seen.c.status))
    return dict(rows.all())


def counts_by_restriction(session: Session, actor: Actor) -> dict[str, int]:
    """Return how many batches the reader sees under each restriction."""
    ranked = select(batch_view.rank(actor).label("rank")).where(reach.visible_batches(actor)).subquery()
    rows = session.execute(select(ranked.c.rank, func.count()).group_by(ranked.c.rank))
    return {states.RESTRICTIONS[rank]: count for rank, count in rows}


def units_seen(session: Session, actor: Actor, batch_ids: list[UUID]) -> dict[UUID, tuple[int, int]]:
    """Return units on hand and units on the road, of each batch, over the holdings that the reader sees (R10)."""
    units, travels = col(Holding.quantity_units), col(Holding.account) == "transit"
    rows = session.execute(
        select(
            col(Holding.batch_id),
            func.coalesce(func.sum(units).filter(~travels), 0),
            func.coalesce(func.sum(units).filter(travels), 0),
        )
        .where(col(Holding.batch_id).in_(batch_ids), reach.visible_holdings(actor))
        .group_by(col(Holding.batch_id))
    )
    return {batch_id: (int(on_hand), int(on_the_road)) for batch_id, on_hand, on_the_road in rows}
