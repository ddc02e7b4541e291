"""Goods as pages about a sweep name them: what the books expect at a place, and what was seen there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.models import User
from coldchain.batches.models import Batch
from coldchain.core import pages
from coldchain.inspections import finding_photos
from coldchain.inspections import service as inspections
from coldchain.inspections.models import Finding, FindingLine
from coldchain.recall.models import SampleEvent, TaskExpected
from coldchain.registry import service as registry
from coldchain.registry.models import Product


@dataclass(frozen=True)
class Expected:
    """Stock that the books say lies at a place."""

    row: TaskExpected
    batch: Batch
    product: Product
    owner: str

    @property
    def quantity(self) -> str:
        """Return the quantity in pieces and loose units."""
        return quantity(self.product, self.row.quantity_units)


@dataclass(frozen=True)
class Line:
    """One kind of goods of a finding; `product` None: it is in no list."""

    line: FindingLine
    name: str
    product: Product | None
    batch: Batch | None
    owner: str

    @property
    def examined(self) -> str:
        """Return what was examined, in pieces and loose units."""
        return quantity(self.product, self.line.examined_units)

    @property
    def matched(self) -> str:
        """Return what matches, in pieces and loose units."""
        return quantity(self.product, self.line.matched_units)


@dataclass(frozen=True)
class Seen:
    """A finding with its goods, samples and photographs, and who recorded it."""

    finding: Finding
    lines: list[Line]
    samples: list[SampleEvent]
    officer: str
    photos: Sequence[UUID]


def quantity(product: Product | None, units: int) -> str:
    """Return a quantity as people read it; goods in no list are counted in pieces."""
    if product is None:
        return pages.pieces(units, 1, "unit")
    return pages.pieces(units, product.units_per_piece, product.ledger_unit, product.unit_word)


def batches(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, tuple[Batch, Product]]:
    """Return batches with their products, in one statement; None and unknown ids are left out."""
    wanted = {i for i in ids if i}
    if not wanted:
        return {}
    rows = session.execute(
        select(Batch, Product)
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(Batch.batch_id).in_(wanted))
    )
    return {batch.batch_id: (batch, product) for batch, product in rows}


def expected(session: Session, rows: Sequence[TaskExpected]) -> list[Expected]:
    """Return expected stock with its product and owner named."""
    known = batches(session, (row.batch_id for row in rows))
    owners = registry.brief(session, (row.owner_id for row in rows))
    return [Expected(row, *known[row.batch_id], owners[row.owner_id].name) for row in rows]


def lines(session: Session, rows: Sequence[FindingLine]) -> list[Line]:
    """Return the lines of findings with their goods named."""
    known = batches(session, (row.batch_id for row in rows))
    products = registry.products(session, (row.product_id for row in rows))
    owners = registry.brief(session, (row.owner_id for row in rows))
    found = []
    for row in rows:
        batch, product = known[row.batch_id] if row.batch_id else (None, None)
        product = product or (products[row.product_id] if row.product_id else None)
        name = product.name if product else str((row.unlisted or {}).get("name", ""))
        found.append(Line(row, name, product, batch, owners[row.owner_id].name if row.owner_id else ""))
    return found


def findings(session: Session, task_id: UUID) -> list[Seen]:
    """Return a task's findings, newest first, each with its goods, its samples and who recorded it."""
    recorded = inspections.of_task(session, task_id)
    named = {line.line.line_id: line for line in lines(session, [line for _f, rows in recorded for line in rows])}
    photos = finding_photos.of_findings(session, (finding.finding_id for finding, _rows in recorded))
    officers = _names(session, {finding.recorded_by for finding, _rows in recorded})
    samples = session.scalars(
        select(SampleEvent)
        .where(col(SampleEvent.task_id) == task_id, col(SampleEvent.finding_id).is_not(None))
        .order_by(col(SampleEvent.event_id))
    ).all()
    return [
        Seen(
            finding,
            [named[row.line_id] for row in rows],
            [sample for sample in samples if sample.finding_id == finding.finding_id],
            officers.get(finding.recorded_by, ""),
            photos.get(finding.finding_id, ()),
        )
        for finding, rows in recorded
    ]


def _names(session: Session, ids: set[UUID | None]) -> dict[UUID | None, str]:
    wanted: set[Any] = {i for i in ids if i}
    rows = session.execute(select(col(User.user_id), col(User.display_name)).where(col(User.user_id).in_(wanted)))
    return {row.user_id: row.display_name for row in rows}
