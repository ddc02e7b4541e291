"""The page that splits a batch: which pieces, what would come of it, then the receipt.

The check is found out by splitting and taking that back, so that it says what each part lacks afterwards.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flask import Response, render_template, request, url_for
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import pages_words as words
from coldchain.batches import reach
from coldchain.batches import service as batches
from coldchain.batches.models import Batch
from coldchain.batches.service import made
from coldchain.core import pages
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal, trial
from coldchain.policy import coverage
from coldchain.policy.coverage import Range
from coldchain.registry import service as registry
from coldchain.registry.words import ZONE_KINDS
from coldchain.trade.making_pages.blueprint import bp
from coldchain.trade.making_schemas import SplitSchema
from coldchain.trade.service import splitting

RECORDS: Final = frozenset({"disinfection_record", "test"})
LABELS: Final[dict[str, LazyText]] = {
    "piece_from": _l("First piece"),
    "piece_to": _l("Last piece"),
    "_place": _l("Where these pieces lie"),
    "reason": _l("Reason"),
    "occurred_at": _l("Time"),
}


@bp.get("/batches/<uuid:batch_id>/split")
@edge("stock.record")
def new_split(session: Session, actor: Actor, batch_id: UUID) -> Any:
    """Ask which pieces; the part that is proven already is suggested."""
    return _form_page(session, actor, batch_id, Form(), {})


@bp.post("/batches/<uuid:batch_id>/split")
@edge("stock.record")
def split_submit(session: Session, actor: Actor, batch_id: UUID) -> Any:
    """Go one step on: back to the form, the check, or the split itself."""
    form = copy(request.form)
    step = (form.poplist("_step") or [""])[-1]
    if step not in {"check", "send"}:
        return _form_page(session, actor, batch_id, form, {})
    try:
        if step == "check":
            return _check_page(session, actor, batch_id, form)
        return once(session, actor.user_id, form, lambda: _split(session, actor, batch_id, form))
    except REFUSALS as error:
        errors, status = refusal(error, LABELS)
        return _form_page(session, actor, batch_id, form, _at_place(errors), status)


def _at_place(errors: Mapping[str, str]) -> dict[str, str]:
    return {"_place" if name in {"zone_id", "owner"} else name: message for name, message in errors.items()}


def _served(session: Session, actor: Actor, batch_id: UUID, form: Form) -> dict[str, Any]:
    """Split as a form says. Raises ValidationError and what the service raises."""
    fields = Form((name, text) for name, text in form.items(multi=True) if not name.startswith("_"))
    zone_id, _sign, owner = form.get("_place", "").partition(" ")
    if zone_id:
        fields["zone_id"] = zone_id
    if owner:
        fields["owner"] = owner
    return splitting.split(session, actor, batch_id, **load(SplitSchema(), fields))


def _split(session: Session, actor: Actor, batch_id: UUID, form: Form) -> str:
    done = _served(session, actor, batch_id, form)
    return url_for("making_pages.made_receipt", entry_id=done["entry_id"])


def _check_page(session: Session, actor: Actor, batch_id: UUID, form: Form) -> str:
    batch = batches.read_batch(session, actor, batch_id)
    before = batches.read_gate(session, actor, batch_id)
    with trial(session):
        done = _served(session, actor, batch_id, form)
        child = batches.read_gate(session, actor, done["batch_id"], zone_id=done["zone_id"])
        rest = batches.read_gate(session, actor, batch_id, zone_id=done["zone_id"])
        left = sum(row["quantity_units"] for row in batches.read_batch(session, actor, batch_id)["stock"])
    zone, site = registry.zones(session, [done["zone_id"]])[done["zone_id"]]
    return render_template(
        "trade/split_check.html",
        batch=batch,
        done=done,
        before=before,
        child=_said(child),
        rest=_said(rest),
        left=left,
        place=f"{site.name} {zone.code} {ZONE_KINDS[zone.kind]}",
        values=form,
        typed=form,
        words=words,
        labels=LABELS,
    )


def _said(verdict: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "clear": verdict["clear"],
        "missing": [words.sentences([words.own_words(item, "message")]) for item in verdict["missing"]],
    }


def _form_page(
    session: Session, actor: Actor, batch_id: UUID, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    batch = batches.read_batch(session, actor, batch_id)
    places = _places(session, actor, batch)
    left = made.pieces_left(session, _row(session, actor, batch_id))
    verdict = batches.read_gate(session, actor, batch_id)
    suggested = proven_part(verdict, left, batch["piece_count"])
    if not form and suggested:
        form = Form({"piece_from": str(suggested[0]), "piece_to": str(suggested[1])})
    page = render_template(
        "trade/split.html",
        batch=batch,
        places=places,
        left=left,
        covers=_covers(verdict),
        suggested=suggested,
        values=form,
        errors=errors,
        labels=LABELS,
        words=words,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


def _row(session: Session, actor: Actor, batch_id: UUID) -> Batch:
    batch = session.exec(select(Batch).where(col(Batch.batch_id) == batch_id, reach.visible_batches(actor))).first()
    if batch is None:
        raise NotFound
    return batch


def _places(session: Session, actor: Actor, batch: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return where goods lie that the reader may split, each with the owner when an officer asks."""
    zones = registry.zones(session, [row["zone_id"] for row in batch["stock"]])
    found = []
    for row in batch["stock"]:
        owner = row["owner"]
        if not row["zone_id"] or actor.business_id not in {None, owner["business_id"]}:
            continue
        zone, site = zones[row["zone_id"]]
        text = f"{site.name} {zone.code} {ZONE_KINDS[zone.kind]}"
        if actor.business_id is None:
            text = f"{text} {owner['name']}"
        quantity = words.quantity(row["quantity_units"], batch["product"])
        found.append((f"{zone.zone_id} {owner['business_id']}", f"{text} {quantity}"))
    return found


def _covers(verdict: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return label and pieces of each required record that doesn't cover all of them."""
    labels = {"disinfection": _("Disinfected"), "test": _("Tested")}
    parts = [(label, verdict["basis"].get(part)) for part, label in labels.items()]
    return [
        (label, pages.piece_ranges(tuple(pair) for pair in found["covered"]) or _("none of them"))
        for label, found in parts
        if found and found["state"] == "not_covered"
    ]


def proven_part(verdict: Mapping[str, Any], left: tuple[Range, ...], piece_count: int) -> Range | None:
    """Return the longest run of pieces that have every record, when records of some pieces are all that is missing."""
    if verdict["clear"] or any(item["kind"] not in RECORDS for item in verdict["missing"]):
        return None
    unproven = [tuple(pair) for item in verdict["missing"] for pair in item["uncovered"]]
    taken = coverage.left(left, piece_count)
    proven = coverage.left([*unproven, *taken], piece_count)
    return max(proven, key=lambda pair: pair[1] - pair[0], default=None)
