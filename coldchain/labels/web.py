"""Pages of labels: what is being made, the form for a batch, and one run with its files."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Blueprint, Response, redirect, render_template, request
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import forms, limits, problems
from coldchain.core.edge import edge
from coldchain.core.errors import DomainError, Invalid
from coldchain.core.i18n import gettext as _
from coldchain.core.pages import errors_by_field
from coldchain.labels import present, service
from coldchain.labels.code import LabelCode
from coldchain.labels.schemas import LabelRunOrderSchema, LabelRunQuerySchema
from coldchain.labels.specification import specification

bp = Blueprint("labels", __name__)

RUNS_PER_PAGE = 20


@bp.get("/labels")
@edge("label.read")
def list_runs(session: Session, actor: Actor) -> Any:
    """List the runs that the reader may see, newest first."""
    asked = {name: value for name, value in request.args.items() if name in {"cursor", "batch_id", "state"}}
    query = LabelRunQuerySchema().load(forms.nested(LabelRunQuerySchema(), asked.items()))
    query["limit"] = RUNS_PER_PAGE
    runs, cursor = service.listing(session, actor, **query)
    return render_template(
        "labels/runs.html",
        views=service.views(session, runs),
        addresses={run.run_id: present.addresses(run) for run in runs},
        batch_id=query["batch_id"],
        cursor=cursor,
        first=query["cursor"] is None,
    )


@bp.get("/labels/<uuid:run_id>")
@edge("label.read")
def show_run(session: Session, actor: Actor, run_id: UUID) -> Any:
    """Show how far a run is, its files, and what to mind when printing them."""
    return _run_page(session, actor, run_id, "labels/run.html")


@bp.get("/labels/<uuid:run_id>/progress")
@edge("label.read")
def show_progress(session: Session, actor: Actor, run_id: UUID) -> Any:
    """Show only the part of the run's page that changes while the labels are being made."""
    return _run_page(session, actor, run_id, "labels/_progress.html")


def _run_page(session: Session, actor: Actor, run_id: UUID, template: str) -> str:
    run = service.get(session, actor, run_id)
    view = service.views(session, [run])[0]
    return render_template(
        template,
        run=run,
        batch=view.batch,
        product=view.product,
        code=_example(view),
        files=present.addresses(run),
        unprintable=service.unprintable_in(session, view.batch, present.printing()),
        may_make=service.may_make(session, actor, view.batch),
    )


def _example(view: service.RunView) -> str:
    """Return the code of a run's first label."""
    return LabelCode(view.batch.batch_code, "piece" if view.run.piece_from else "batch", view.run.piece_from or 0).text


@bp.get("/batches/<uuid:batch_id>/labels")
@edge("label.make")
def order_form(session: Session, actor: Actor, batch_id: UUID) -> Any:
    """Show the form in which labels of a batch are ordered."""
    asked = {"level": "batch"} if request.args.get("level") == "batch" else {}
    return _form(session, actor, batch_id, asked, {})


@bp.post("/batches/<uuid:batch_id>/labels")
@edge("label.make")
def order(session: Session, actor: Actor, batch_id: UUID) -> Any:
    """Order the labels and go to the run's page; what is wrong is said beside its field, and nothing is made."""
    schema = LabelRunOrderSchema()
    typed = {name: value for name, value in request.form.items() if name not in {"csrf_token"}}
    kept = {name: value for name, value in typed.items() if typed.get("level") != "batch" or name == "level"}
    if kept.get("level") == "piece":
        del kept["level"]
    try:
        with session.begin_nested():
            data = schema.load(forms.nested(schema, kept.items()))
            run = service.order(session, actor, batch_id, printing=present.printing(), **data)
    except (ma.ValidationError, Invalid) as error:
        refused = problems.as_domain_error(error)
        return Response(_form(session, actor, batch_id, typed, _errors(refused)), 422)
    return redirect(f"/labels/{run.run_id}", 303)


def _errors(refused: DomainError) -> dict[str, str]:
    if not refused.errors:
        return {"": problems.said(refused.message, refused.params)}
    named = errors_by_field(refused.errors)
    return {"piece_from" if name == "level" else name: message for name, message in named.items()}


def _form(session: Session, actor: Actor, batch_id: UUID, typed: dict[str, str], errors: dict[str, str]) -> str:
    batch, product = service.printable(session, actor, batch_id)
    made = service.printed(session, batch_id)
    first = next((end + 1 for start, end in made.pieces if start == 1), 1)
    first = first if first <= batch.piece_count else 1
    values = {
        "level": "piece",
        "piece_from": str(first),
        "piece_to": str(min(batch.piece_count, first + limits.LABELS_PER_RUN - 1)),
    } | typed
    return render_template(
        "labels/order.html",
        batch=batch,
        product=product,
        specification=specification(product.unit_mass_g, product.units_per_piece, product.ledger_unit),
        made=made,
        values=values,
        errors=errors,
        levels=[
            {"value": "piece", "text": _("A label for each piece"), "icon": "tag"},
            {"value": "batch", "text": _("The batch label for loose goods"), "icon": "qrcode"},
        ],
        most=limits.LABELS_PER_RUN,
        trial=present.printing().trial,
        unprintable=service.unprintable_in(session, batch, present.printing()),
    )
