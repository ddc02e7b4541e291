"""Transformation: goods are cut, repacked, cooked or mixed; several batches go in, new ones come out (加工).

Locks follow to what is made (R8): what is held can't go in, and who locks a batch later finds all that was made of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlmodel import Session, col, func, select

from coldchain.accounts.actor import Actor
from coldchain.batches import watch
from coldchain.batches.models import Batch
from coldchain.batches.service import made
from coldchain.batches.service.arrival_lines import Line
from coldchain.core.errors import FieldError, Invalid
from coldchain.core.i18n import N_
from coldchain.trade.service import lateness, making
from coldchain.trade.service.entries import core, reading, storing
from coldchain.trade.service.entries.core import Document
from coldchain.trade.yields import ADDING, KEEPS_SHELF_LIFE, MassBalance

TRANSFORMATION: Final = "transformation"
TOLERANCE: Final = "made_mass_tolerance_permille"
OLDER: Final = N_("What it is made of was produced on {day} or later: it can't be older than that.")
EXPIRES_LATER: Final = N_("What was made expires later than what it was made of: cutting and packing don't add days.")


def transform(
    session: Session,
    actor: Actor,
    *,
    process: str,
    outputs: Sequence[Mapping[str, Any]],
    loss_g: int | None = None,
    added_g: int | None = None,
    **given: Any,
) -> dict[str, Any]:
    """Make new batches of units of others; `given` as in `core.begin`; return the entry, its outputs and warnings.

    `outputs`: product_id, batch_no?, production_date, expiry_date?, quantity_units, zone_id? (of the same site).
    `loss_g`: grams declared lost; `added_g`: of other ingredients, when cooked or mixed. Judged as of now. Raises as
    `core.begin`, Invalid `mass_differs`, `not_added`, `older_than_source` and the lines' codes, Conflict
    `gate_refused`, `locked`, `zone_not_dedicated`, `insufficient_stock` (R1, R4, R8, R10).
    """
    document = core.begin(session, actor, TRANSFORMATION, **given)
    lines = made.check_outputs(session, making.making(document), outputs)
    _require_younger(session, document, lines)
    balance = _balanced(session, document, lines, process, loss_g or 0, added_g or 0)
    watch.lock_shared(session)
    passage = lateness.judge(session, document.leaving(happened=False, gated=True))
    children = made.process(session, actor, making.making(document), document.units, lines)
    shown = making.outputs([(child, line.product) for child, line in zip(children, lines, strict=True)])
    masses = {name: getattr(balance, name) for name in ("input_g", "added_g", "output_g", "loss_g", "difference_g")}
    document = replace(document, detail={"process": process, **masses, "outputs": shown})
    entry = core.write(
        session, actor, document, making.lines_in(document, TRANSFORMATION, passage),
        making.drafts_out(document, TRANSFORMATION, children),
    )  # fmt: skip
    status = made.settle(session, actor, children)
    return reading.made(session, actor, entry, _warnings(session, document, process, children)) | {
        "outputs": [
            made_here | {"batch_id": child.batch_id, "zone_id": child.zone_id, "status": status[child.batch_id]}
            for made_here, child in zip(shown, children, strict=True)
        ]
    }


def _require_younger(session: Session, document: Document, lines: Sequence[Line]) -> None:
    """Raise Invalid `older_than_source`: nothing is older than the oldest of what it was made of."""
    of = select(func.min(col(Batch.production_date))).where(col(Batch.batch_id).in_(document.units))
    earliest = session.exec(of).one()
    errors = [
        FieldError(f"/outputs/{index}/production_date", "older_than_source", OLDER, {"day": earliest.isoformat()})
        for index, line in enumerate(lines)
        if line.production_date < earliest
    ]
    if errors:
        raise Invalid(errors=errors)


def _balanced(
    session: Session, document: Document, lines: Sequence[Line], process: str, loss_g: int, added_g: int
) -> MassBalance:
    """Return what went in and came out. Raises Invalid `not_added`, `mass_differs` (extra: the figures) (R10)."""
    if added_g and process not in ADDING:
        raise Invalid.of("/added_g", "not_added", "Nothing is added when goods are cut or repacked.")
    products = storing.products_of(session, document.units)
    balance = MassBalance(
        input_g=sum(units * products[batch_id].unit_mass_g for batch_id, units in document.units.items()),
        added_g=added_g,
        output_g=sum(line.quantity_units * line.product.unit_mass_g for line in lines),
        loss_g=loss_g,
        tolerance_permille=int(document.figures[TOLERANCE]),
    )
    if not balance.fits:
        raise _differs(balance)
    return balance


def _differs(balance: MassBalance) -> Invalid:
    figures = {
        "input_g": balance.input_g,
        "added_g": balance.added_g,
        "output_g": balance.output_g,
        "loss_g": balance.loss_g,
        "difference_g": balance.difference_g,
        "allowed_g": balance.allowed_g,
    }
    if balance.difference_g < 0:
        message = (
            "More comes out than goes in: {input_g} g and {added_g} g added, but {output_g} g and {loss_g} g lost."
        )
    else:
        message = (
            "{difference_g} g are unaccounted for, at most {allowed_g} g may be: {input_g} g and {added_g} g added go "
            "in, {output_g} g come out, {loss_g} g are lost."
        )
    errors = [FieldError("/loss_g", "mass_differs", message, figures)]
    return Invalid(message, code="mass_differs", errors=errors, extra={"masses": figures}, **figures)


def _warnings(session: Session, document: Document, process: str, children: Sequence[Batch]) -> list[dict[str, str]]:
    """Return what to look at: goods that keep longer for having been cut or repacked."""
    if process not in KEEPS_SHELF_LIFE:
        return []
    expiry = session.scalars(
        select(col(Batch.expiry_date)).where(
            col(Batch.batch_id).in_(document.units), col(Batch.expiry_date).is_not(None)
        )
    )
    earliest = min((day for day in expiry if day is not None), default=None)
    later = [child for child in children if earliest and (child.expiry_date is None or child.expiry_date > earliest)]
    return [{"code": "expires_later", "message": EXPIRES_LATER}] if later else []
