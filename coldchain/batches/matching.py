"""Finding the batches that a notice describes (R9), by what was said of them at first too (R11).

The SQL only narrows and then asks the pure `matches`, so that what is found at the announcement and what is pulled in
when it is registered later never differ.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from coldchain.batches import kin
from coldchain.batches.criterion import Criterion, Identity, day_of, given, ids_of, matches, matches_product
from coldchain.batches.kin import Kin
from coldchain.batches.models import Arrival, Batch
from coldchain.batches.models_arrivals import IdentityCorrection
from coldchain.registry.models import Producer, Product

__all__ = ["Criterion", "Identity", "identities", "identity_of", "matches", "products_matching", "select_matching"]


def identity_of(product: Product, producer: Producer, batch: Batch | None, arrival: Arrival | None) -> Identity:
    """Return what a criterion looks at in a batch (or, without one, in a product alone)."""
    return Identity(
        **kin.of_product(product),
        **kin.of_producer(producer),
        production_date=batch.production_date if batch else None,
        batch_no=batch.batch_no if batch else None,
        container_no=arrival.container_no if arrival else None,
        customs_declaration_no=arrival.customs_declaration_no if arrival else None,
        batch_id=batch.batch_id if batch else None,
    )


IN_THE_BOOKS: ColumnElement[bool] = col(Batch.status) != "withdrawn"
_LOTS: Any = (
    select(Batch, Arrival, Product, Producer)
    .join(Arrival, col(Arrival.arrival_id) == col(Batch.arrival_id))
    .join(Product, col(Product.product_id) == col(Batch.product_id))
    .join(Producer, col(Producer.producer_id) == col(Batch.producer_id))
)


def identities(session: Session, batch_ids: Iterable[UUID]) -> list[Identity]:
    """Return what a notice looks at in batches, with what each said before it was corrected; in id order."""
    wanted = set(batch_ids)
    rows = session.execute(_LOTS.where(col(Batch.batch_id).in_(wanted)).order_by(col(Batch.batch_id))).all()
    said = select(IdentityCorrection).where(col(IdentityCorrection.arrival_id).in_({row[1].arrival_id for row in rows}))
    return _with_former(session, rows, session.exec(said).all() if rows else ())


def select_matching(session: Session, criterion: Criterion) -> list[UUID]:
    """Return the ids of every batch in the books that `criterion` describes, in id order (R9).

    Four statements at most, however many batches; those that were corrected are looked at one by one.
    """
    said = given(criterion)
    if not said:
        return []
    merged = kin.load(session)
    products = {row.product.product_id: row for row in _product_rows(session, said, merged)}
    found: set[UUID] = set()
    if products:
        statement = (
            select(Batch, Arrival)
            .join(Arrival, col(Arrival.arrival_id) == col(Batch.arrival_id))
            .where(*_lot_conditions(said), col(Batch.product_id).in_(products), IN_THE_BOOKS)
        )
        for batch, arrival in session.exec(statement):
            row = products[batch.product_id]
            if matches(said, merged.widened(identity_of(row.product, row.producer, batch, arrival))):
                found.add(batch.batch_id)
    corrected = map(merged.widened, _corrected(session))
    return sorted(found | {each.batch_id for each in corrected if each.batch_id and matches(said, each)})


def _corrected(session: Session) -> list[Identity]:
    """Return what a notice looks at in every batch that was corrected, itself or with its arrival."""
    corrections = session.exec(select(IdentityCorrection)).all()
    if not corrections:
        return []
    whole = {row.arrival_id for row in corrections if row.batch_id is None}
    single = {row.batch_id for row in corrections if row.batch_id is not None}
    named = or_(col(Batch.batch_id).in_(single), col(Batch.arrival_id).in_(whole))
    rows = session.execute(_LOTS.where(named, IN_THE_BOOKS)).all()
    return _with_former(session, rows, corrections)


def _with_former(session: Session, rows: Sequence[Any], corrections: Sequence[IdentityCorrection]) -> list[Identity]:
    """Return an identity of each (batch, arrival, product, producer), with one more for each value that it had."""
    former_ids = [UUID(row.former_value) for row in corrections if row.field == "product_id" and row.former_value]
    former = {
        product.product_id: (product, producer)
        for product, producer in session.execute(
            select(Product, Producer)
            .join(Producer, col(Producer.producer_id) == col(Product.producer_id))
            .where(col(Product.product_id).in_(former_ids))
        )
    } if former_ids else {}  # fmt: skip
    by_subject: dict[UUID, list[IdentityCorrection]] = {}
    for said in corrections:
        by_subject.setdefault(said.batch_id or said.arrival_id, []).append(said)
    found = []
    for batch, arrival, product, producer in rows:
        now = identity_of(product, producer, batch, arrival)
        before = []
        for said in (*by_subject.get(arrival.arrival_id, ()), *by_subject.get(batch.batch_id, ())):
            if said.field == "product_id" and said.former_value:
                before.append(identity_of(*former[UUID(said.former_value)], batch, arrival))
            elif said.field == "production_date" and said.former_value:
                before.append(replace(now, production_date=date.fromisoformat(said.former_value)))
            elif said.field in {"batch_no", "container_no", "customs_declaration_no"}:
                before.append(replace(now, **{said.field: said.former_value}))
        found.append(replace(now, before=tuple(before)))
    return found


@dataclass(frozen=True)
class _ProductRow:
    product: Product
    producer: Producer


def products_matching(session: Session, criterion: Criterion) -> list[Product]:
    """Return the products of the catalogue that the product's part of `criterion` describes, in name order (R9)."""
    said = given(criterion)
    found = [row.product for row in _product_rows(session, said, kin.load(session))] if said else []
    return sorted(found, key=lambda product: (product.name, product.product_id))


def _product_rows(session: Session, said: Criterion, merged: Kin) -> list[_ProductRow]:
    """Return the products that fit, by themselves or by an entry that they were merged with."""
    found = [_ProductRow(*pair) for pair in session.exec(_products(said))]
    if merged:
        known = {row.product.product_id for row in found}
        pairs = session.exec(
            select(Product, Producer)
            .join(Producer, col(Producer.producer_id) == col(Product.producer_id))
            .where(or_(col(Producer.producer_id).in_(merged.producers), col(Product.product_id).in_(merged.products)))
        )
        found += [_ProductRow(*pair) for pair in pairs if pair[0].product_id not in known]
    return [row for row in found if _fits(said, merged.widened(identity_of(row.product, row.producer, None, None)))]


def _fits(said: Criterion, identity: Identity) -> bool:
    return any(matches_product(said, each) for each in (identity, *identity.before))


def _products(said: Criterion) -> Any:
    conditions: list[ColumnElement[bool]] = []
    if "producer_ids" in said:
        ids = ids_of(said["producer_ids"])
        conditions.append(or_(col(Producer.producer_id).in_(ids), col(Producer.merged_into_id).in_(ids)))
    if "product_ids" in said:
        conditions.append(col(Product.product_id).in_(ids_of(said["product_ids"])))
    if "origin_countries" in said:
        conditions.append(col(Product.origin_country).in_(said["origin_countries"]))
    if "imported" in said:
        conditions.append(col(Product.imported).is_(said["imported"]))
    if "series" in said:
        conditions.append(col(Product.series).is_not(None))
    if "gtins" in said:
        conditions.append(col(Product.gtin).is_not(None))
    return (
        select(Product, Producer)
        .join(Producer, col(Producer.producer_id) == col(Product.producer_id))
        .where(*conditions)
    )


def _lot_conditions(said: Criterion) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    earliest, latest = day_of(said.get("production_date_from")), day_of(said.get("production_date_to"))
    if earliest is not None:
        conditions.append(col(Batch.production_date) >= earliest)
    if latest is not None:
        conditions.append(col(Batch.production_date) <= latest)
    if "container_nos" in said:
        conditions.append(col(Arrival.container_no).is_not(None))
    if "customs_declaration_nos" in said:
        conditions.append(col(Arrival.customs_declaration_no).is_not(None))
    return conditions
