"""Label runs: ordering them, reading them, and what stands on the labels of one.

Invariants: a run is for one batch, of the batch label or of at most LABELS_PER_RUN pieces within the batch; it belongs
to one business. The batch counts as coded from the moment at which its first run is recorded (R2): the code is settled
then, the files follow by a job that may run twice and always makes the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, true
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import scope
from coldchain.accounts.visible import kind
from coldchain.batches import reach
from coldchain.batches import service as batches
from coldchain.batches.models import Arrival, Batch
from coldchain.batches.service import targets
from coldchain.core import clock, jobs, limits, paging
from coldchain.core.countries import country_name
from coldchain.core.errors import FieldError, Forbidden, Invalid, NotFound
from coldchain.journal import service as journal
from coldchain.labels import qr
from coldchain.labels.code import LabelCode, address, qr_text
from coldchain.labels.face import LabelFace
from coldchain.labels.models import LabelRun
from coldchain.labels.render import unprintable
from coldchain.labels.specification import specification
from coldchain.policy import coverage
from coldchain.policy.coverage import Range
from coldchain.registry import service as registry
from coldchain.registry.models import Product

TASK: Final = "labels.run"
FAILED: Final = "failed"


@dataclass(frozen=True)
class Printing:
    """What the deployment prints: its public address, and whether labels for it are for trial only."""

    public_url: str
    trial: bool


@dataclass(frozen=True)
class RunView:
    """A run with its batch and product."""

    run: LabelRun
    batch: Batch
    product: Product


@dataclass(frozen=True)
class Printed:
    """What was made for a batch: the batch label, and ranges of pieces; failed runs made nothing."""

    batch_label: bool
    pieces: tuple[Range, ...]

    def covers(self, code: LabelCode) -> bool:
        """Say whether this label was made; the batch code itself stands on every label of the batch."""
        if code.level == "batch":
            return self.batch_label or bool(self.pieces)
        return any(first <= code.serial <= last for first, last in self.pieces)


def order(
    session: Session,
    actor: Actor,
    batch_id: UUID,
    *,
    printing: Printing,
    level: str | None = None,
    piece_from: int | None = None,
    piece_to: int | None = None,
    occurred_at: datetime | None = None,
) -> LabelRun:
    """Record a run for pieces `piece_from`–`piece_to` or for the batch label, and queue its making (R2, R13).

    From now on the batch counts as coded. Raises NotFound, Forbidden; Invalid `one_of`, `wrong_order`, `beyond_pieces`,
    `too_many_labels`, `in_future`; Conflict `not_arrived`, `arrival_withdrawn`; AddressTooLong.
    """
    target = targets.find(session, actor, "label.make", batch_id=batch_id)
    targets.require_entered(session, target, arrived=True)  # how many pieces there are is known when they are there
    level = _checked(level, piece_from, piece_to, target.batches[0][1])
    now = clock.now()
    if occurred_at is not None and (occurred_at - now).total_seconds() > limits.CLOCK_SKEW_S:
        raise Invalid.of("/occurred_at", "in_future", "This time has not come yet.")
    batch_code = session.scalar(select(col(Batch.batch_code)).where(col(Batch.batch_id) == batch_id))
    last = LabelCode(str(batch_code), "piece" if piece_to else "batch", piece_to or 0)
    qr.encode(qr_text(address(printing.public_url, last)))
    run = LabelRun(
        batch_id=batch_id,
        business_id=actor.business_id or target.owner_id,
        level=level,
        piece_from=piece_from,
        piece_to=piece_to,
        trial=printing.trial,
        state="queued",
        done=0,
        total=1 if piece_from is None or piece_to is None else piece_to - piece_from + 1,
        recorded_at=now,
        recorded_by=actor.user_id,
    )
    session.add(run)
    session.flush()
    batches.note_code_made(session, [batch_id], now)
    journal.append(
        session,
        actor,
        kind="label_run.ordered",
        subject_id=run.run_id,
        occurred_at=occurred_at or now,
        business_id=run.business_id,
        region_code=target.region_code,
        data={
            "batch_id": batch_id,
            "level": level,
            "piece_from": piece_from,
            "piece_to": piece_to,
            "trial": printing.trial,
            "on_behalf_of": run.business_id if actor.business_id is None else None,
        },
    )
    jobs.enqueue(session, TASK, run_id=run.run_id)
    return run


def _checked(level: str | None, piece_from: int | None, piece_to: int | None, piece_count: int) -> str:
    """Return the level of a run whose pieces lie within the batch; exactly one of level batch and a range is given."""
    given = [value for value in (piece_from, piece_to) if value is not None]
    if level == "batch" and not given:
        return level
    if level == "batch" or not given:
        raise Invalid.of(
            "/level", "one_of", "Give either the first and last piece, or level batch for the label of the whole batch."
        )
    if piece_from is None or piece_to is None:
        name = "piece_from" if piece_from is None else "piece_to"
        raise Invalid(errors=[FieldError(f"/{name}", "required", "This is needed.")])
    if piece_to < piece_from:
        raise Invalid.of("/piece_to", "wrong_order", "The last piece comes before the first.")
    if piece_to > piece_count:
        raise Invalid.of("/piece_to", "beyond_pieces", "This batch has pieces 1 to {count}.", count=piece_count)
    if piece_to - piece_from + 1 > limits.LABELS_PER_RUN:
        raise Invalid(
            "A run makes at most {limit} labels; these are {count}. Make the rest in another run.",
            code="too_many_labels",
            errors=[
                FieldError(
                    "/piece_to",
                    "too_many_labels",
                    "A run makes at most {limit} labels; these are {count}. Make the rest in another run.",
                    {"limit": limits.LABELS_PER_RUN, "count": piece_to - piece_from + 1},
                )
            ],
            limit=limits.LABELS_PER_RUN,
            count=piece_to - piece_from + 1,
        )
    return "piece"


@kind("label_run")
def visible_runs(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on a run joined with its batch: the business's own runs, an officer's region's."""
    reached = scope(actor, "label.read")
    if reached.everything:
        return true()
    if reached.business_id is not None:
        own = col(LabelRun.business_id) == reached.business_id
        return own if reached.site_ids is None else own & reach.visible_batches(actor, "label.read")
    return reach.visible_batches(actor, "label.read")


def _runs(actor: Actor) -> Select[Any]:
    return select(LabelRun).join(Batch, col(Batch.batch_id) == col(LabelRun.batch_id)).where(visible_runs(actor))


def get(session: Session, actor: Actor, run_id: UUID) -> LabelRun:
    """Return a run that the actor may see. Raises NotFound, Forbidden."""
    run: LabelRun | None = session.scalars(
        _runs(actor).where(col(LabelRun.run_id) == run_id).execution_options(populate_existing=True)
    ).first()
    if run is None:
        raise NotFound
    return run


def listing(
    session: Session,
    actor: Actor,
    *,
    limit: int,
    cursor: str | None = None,
    batch_id: UUID | None = None,
    state: str | None = None,
) -> tuple[list[LabelRun], str | None]:
    """Return a page of the runs that the actor may see, newest first, and the next cursor."""
    statement = _runs(actor)
    if batch_id is not None:
        statement = statement.where(col(LabelRun.batch_id) == batch_id)
    if state is not None:
        statement = statement.where(col(LabelRun.state) == state)
    return paging.page(session, statement, col(LabelRun.run_id), limit, cursor)


def views(session: Session, runs: Sequence[LabelRun]) -> list[RunView]:
    """Return runs with their batches and products, in two statements."""
    ids = {run.batch_id for run in runs}
    found = {b.batch_id: b for b in session.scalars(select(Batch).where(col(Batch.batch_id).in_(ids)))} if ids else {}
    products = registry.products(session, [batch.product_id for batch in found.values()])
    return [RunView(run, found[run.batch_id], products[found[run.batch_id].product_id]) for run in runs]


def printed(session: Session, batch_id: UUID) -> Printed:
    """Return what was made for a batch so far, whoever made it."""
    rows = session.execute(
        select(col(LabelRun.level), col(LabelRun.piece_from), col(LabelRun.piece_to)).where(
            col(LabelRun.batch_id) == batch_id, col(LabelRun.state) != FAILED
        )
    ).all()
    ranges = [(first, last) for level, first, last in rows if level == "piece"]
    return Printed(any(row.level == "batch" for row in rows), coverage.merge(ranges))


def printable(session: Session, actor: Actor, batch_id: UUID) -> tuple[Batch, Product]:
    """Return a batch for which the actor may make labels, with its product. Raises NotFound, Forbidden."""
    targets.find(session, actor, "label.make", batch_id=batch_id)
    batch = session.get_one(Batch, batch_id)
    return batch, registry.products(session, [batch.product_id])[batch.product_id]


def may_make(session: Session, actor: Actor, batch: Batch) -> bool:
    """Say whether the actor could order labels of a batch that it sees."""
    try:
        targets.find(session, actor, "label.make", batch_id=batch.batch_id)
    except (NotFound, Forbidden):
        return False
    return True


def unprintable_in(session: Session, batch: Batch, printing: Printing) -> tuple[str, ...]:
    """Return the characters that would stand as 〓 on a batch's labels."""
    return unprintable(_batch_face(session, batch, printing))


def faces(session: Session, run: LabelRun, public_url: str) -> list[LabelFace]:
    """Return what stands on each label of a run, in order, in the words of the books now."""
    batch = session.get_one(Batch, run.batch_id)
    whole = _batch_face(session, batch, Printing(public_url, run.trial))
    if run.piece_from is None or run.piece_to is None:
        return [whole]
    codes = [LabelCode(batch.batch_code, "piece", number) for number in range(run.piece_from, run.piece_to + 1)]
    return [
        replace(
            whole,
            piece_no=code.serial,
            piece_count=batch.piece_count,
            code=code.text,
            address=address(public_url, code),
        )
        for code in codes
    ]


def _batch_face(session: Session, batch: Batch, printing: Printing) -> LabelFace:
    product = registry.products(session, [batch.product_id])[batch.product_id]
    code = LabelCode(batch.batch_code, "batch", 0)
    station_id = session.get_one(Arrival, batch.arrival_id).owner_id
    return LabelFace(
        name=product.name,
        specification=specification(product.unit_mass_g, product.units_per_piece, product.ledger_unit),
        origin=country_name(product.origin_country, "zh_CN"),
        production_date=batch.production_date,
        expiry_date=batch.expiry_date,
        piece_no=None,
        piece_count=None,
        code=code.text,
        address=address(printing.public_url, code),
        first_station=registry.brief(session, [station_id])[station_id].name,
        trial=printing.trial,
    )
