"""The page of a positive (R8): what is positive, what its tube locked and where it lies, what comes next.

For officers: who holds the goods is not the laboratory's. Nothing is decided here but the release, which is a fact of
its own with a reason.
"""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, flash, render_template, request, url_for
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import pages_words as words
from coldchain.batches import reach, schemas, service
from coldchain.batches.models import Batch, TestResult
from coldchain.batches.service import positives
from coldchain.core import clock, db
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.home import batch_events, positive_subjects, public_badge, public_facts
from coldchain.home.blueprint import bp
from coldchain.labels.code import LabelCode
from coldchain.ledger import holds
from coldchain.ledger.models import Hold, Holding
from coldchain.registry import service as registry
from coldchain.registry.models import Product

RELEASE_LABELS: Final[dict[str, LazyText]] = {
    "reason": _l("Why it is released"),
    "document_no": _l("Number of the decision"),
}
WAYS_OUT: Final = (  # what a lock never refuses (R8)
    ("/destructions/new", _l("Destroy")),
    ("/returns/new", _l("Return")),
)
SHOWN: Final = 50


@bp.get("/tubes/<uuid:tube_id>/positive")
@edge("tube.read")
def show_positive(session: Session, actor: Actor, tube_id: UUID) -> Any:
    """Show what a positive tube locked, where it lies, and what comes next; not to its laboratory."""
    if actor.business_id is not None:
        raise NotFound
    return _page(session, actor, service.read_tube(session, actor, tube_id), Form(), {})


@bp.post("/tubes/<uuid:tube_id>/release")
@edge("result.release")
def release_positive(session: Session, actor: Actor, tube_id: UUID) -> Any:
    """Record the decision that the positive locks nothing any more."""
    tube = service.read_tube(session, actor, tube_id)
    form = copy(request.form)

    def act() -> str:
        service.release_tube(session, actor, tube_id, **load(schemas.ReleaseSchema(), form))
        flash(_("Released. What else locks these goods stays; the tube counts as invalid, not as negative."), "success")
        return url_for("home.show_positive", tube_id=tube_id)

    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        return _page(session, actor, tube, form, *refusal(error, RELEASE_LABELS))


def _page(
    session: Session, actor: Actor, tube: dict[str, Any], form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    if not any(row["result"] == "positive" for row in tube["results"]):
        raise NotFound
    tube_id = tube["tube_id"]
    held = _held_by(session, tube_id)
    sampled = positives.sampled_in(session, [tube_id])
    made = service.descendants(session, sampled) - sampled
    batches = _rows(session, actor, sampled | made)
    page = render_template(
        "home/positive.html",
        tube=tube,
        goods=[row | {"made": row["batch"].batch_id in made, "here": row["batch"].batch_id in held} for row in batches],
        hidden=len(sampled | made) - len(batches),
        pool=len(sampled) > 1,
        of_goods=bool(sampled),
        subjects=positive_subjects.of(session, actor, tube),
        stages=words.STAGES,
        words=words,
        values=form,
        errors=errors,
        labels=RELEASE_LABELS,
        may_release=relation(actor, "result.release") is not None,
        may_enter=relation(actor, "result.register") is not None,
        may_record=relation(actor, "stock.record") is not None,
        now=clock.now(),
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


def _held_by(session: Session, tube_id: UUID) -> set[UUID]:
    """Return the batches that results of this tube hold now."""
    results = select(col(TestResult.result_id)).where(col(TestResult.tube_id) == tube_id)
    statement = select(col(Hold.batch_id)).where(
        col(Hold.cause_kind) == "result", col(Hold.cause_id).in_(results), col(Hold.ended_at).is_(None)
    )
    return set(session.scalars(statement))


def _rows(session: Session, actor: Actor, batch_ids: Iterable[UUID]) -> list[dict[str, Any]]:
    """Return the batches that the officer sees, each with its locks, where it lies, and what the public reads."""
    ids = list(batch_ids)
    found = session.exec(
        select(Batch, Product)
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(Batch.batch_id).in_(ids), reach.visible_batches(actor))
        .order_by(col(Batch.batch_id))
    ).all()
    ids = [batch.batch_id for batch, _product in found]
    active, lies = holds.active(session, ids), _lies(session, actor, ids)
    shown = []
    with db.autocommit() as connection:  # what the public reads is what is committed
        for batch, product in found[:SHOWN]:
            facts = public_facts.read(connection, LabelCode(batch.batch_code, "batch", 0))
            shown.append(
                {
                    "batch": batch,
                    "name": words.product_name(product),
                    "holds": batch_events.holds(session, actor, [_as_dict(h) for h in active.get(batch.batch_id, [])]),
                    "lies": [
                        each | {"quantity": words.quantity(each["units"], product)}
                        for each in lies.get(batch.batch_id, [])
                    ],
                    "public": public_badge.decide(facts) if facts is not None else None,
                    "recover": f"/recoveries/new?batch_id={batch.batch_id}&owner={batch.owner_id}",
                }
            )
    return shown


def _as_dict(hold: Hold) -> dict[str, Any]:
    cause = {"kind": hold.cause_kind, "id": hold.cause_id}
    return {
        "cause": cause, "grade": hold.grade, "occurred_at": hold.occurred_at, "quantity_units": hold.quantity_units,
    }  # fmt: skip


def _lies(session: Session, actor: Actor, batch_ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return where the goods lie that the officer sees: place (empty: on the road), owner, units, ways out (R8)."""
    rows = session.exec(
        select(Holding)
        .where(col(Holding.batch_id).in_(batch_ids), col(Holding.quantity_units) > 0, reach.visible_holdings(actor))
        .order_by(col(Holding.holding_id))
    ).all()
    zones = registry.zones(session, (row.zone_id for row in rows if row.zone_id))
    owners = registry.brief(session, (row.owner_id for row in rows))
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        zone = zones.get(row.zone_id) if row.zone_id else None
        query = urlencode({"zone_id": row.zone_id, "batch_id": row.batch_id, "owner": row.owner_id})
        found.setdefault(row.batch_id, []).append(
            {
                "place": f"{zone[1].name} {zone[0].code}" if zone else "",
                "owner": owners[row.owner_id].name,
                "units": row.quantity_units,
                "ways": [(f"{path}?{query}", label) for path, label in WAYS_OUT] if zone else [],
            }
        )
    return found
