"""Pages of sampling tubes: the list and one tube with its samples and results."""

from typing import Any
from uuid import UUID

from flask import render_template, request
from sqlmodel import Session, col, func, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation, scope
from coldchain.batches import pages_words as words
from coldchain.batches import schemas, service
from coldchain.batches.models import Tube
from coldchain.batches.pages_blueprint import PAGE_ROWS, bp
from coldchain.batches.service import open_positives, tubes
from coldchain.core.edge import edge
from coldchain.core.page_forms import Form, load
from coldchain.journal import receipts
from coldchain.journal import words as journal_words


@bp.get("/tubes")
@edge("tube.read")
def list_tubes(session: Session, actor: Actor) -> Any:
    """List the tubes that the reader may see, those without a result first to hand."""
    asked = {name: text for name, text in request.args.items() if name in {"cursor", "pending", "to_confirm"}}
    query = load(schemas.TubeQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    positive = request.args.get("positive") == "true"
    found = open_positives.positive(session, actor)
    where = col(Tube.tube_id).in_(found) if positive else None
    items, following = service.search_tubes(session, actor, **query, where=where)
    seen = select(func.count()).select_from(Tube).where(tubes.visible(actor))
    return render_template(
        "batches/tubes.html",
        items=items,
        following=following,
        pending=query["pending"],
        to_confirm=query["to_confirm"],
        positive=positive,
        counts={
            "": session.scalar(seen),
            "true": session.scalar(seen.where(~tubes.answered())),
            "to_confirm": session.scalar(seen.where(tubes.unconfirmed())),
            "positive": len(found),
        },
        may_register=relation(actor, "tube.register") is not None,
        may_report=relation(actor, "result.register") is not None,
        may_file=relation(actor, "result.file") is not None,
        words=words,
    )


@bp.get("/tubes/<uuid:tube_id>")
@edge("tube.read")
def show_tube(session: Session, actor: Actor, tube_id: UUID) -> Any:
    """Show one tube with its samples and results."""
    tube = service.read_tube(session, actor, tube_id)
    numbers = {result["result_id"]: result["report_no"] for result in tube["results"]}
    told = receipts.of_subject(session, scope(actor, "journal.read"), numbers, journal_words.RESULT)
    return render_template(
        "batches/tube.html",
        tube=tube,
        may_report=relation(actor, "result.register") is not None,
        may_move=relation(actor, "result.move") is not None,
        may_confirm=relation(actor, "result.confirm") is not None,
        is_officer=actor.is_officer,
        receipts=journal_words.lines(told, numbers),
        **tube_words(actor),
    )


def tube_words(actor: Actor) -> dict[str, Any]:
    """Return what the pages about one tube call things."""
    return {
        "words": words,
        "may_read_batch": relation(actor, "batch.read") is not None,
        "stages": words.STAGES,
        "results": words.RESULTS,
        "sample_sites": words.SAMPLE_SITES,
    }
