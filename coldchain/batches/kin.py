"""Catalogue entries that officers merged: a notice on one of them describes the goods of all of them (R9).

A merger changes no batch: each keeps the product and the producer that it was entered with. What a notice looks at in a
batch is therefore widened by what it would look at had the batch been entered with another entry of the same group.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from coldchain.batches.criterion import Identity
from coldchain.core import limits
from coldchain.registry.models import Producer, Product


def of_producer(producer: Producer) -> dict[str, Any]:
    """Return what a notice looks at in a producer."""
    return {
        "producer_ids": frozenset(key for key in (producer.producer_id, producer.merged_into_id) if key),
        "plant_nos": tuple(number for number in (producer.plant_no, producer.licence_no) if number),
    }


def of_product(product: Product) -> dict[str, Any]:
    """Return what a notice looks at in a product, without its producer."""
    return {
        "product_id": product.product_id,
        "product_names": tuple(name for name in (product.name, product.name_en) if name),
        "origin_country": product.origin_country,
        "imported": product.imported,
        "series": product.series,
        "gtin": product.gtin,
    }


@dataclass(frozen=True)
class Kin:
    """The groups of merged entries: each entry leads to all of its group; who was never merged is in none."""

    producers: Mapping[UUID, Sequence[Producer]] = field(default_factory=dict)
    products: Mapping[UUID, Sequence[tuple[Product, Producer]]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Say whether anything was ever merged."""
        return bool(self.producers or self.products)

    def widened(self, identity: Identity) -> Identity:
        """Return an identity with one more for each entry that it might have been entered with."""
        if not self:
            return identity
        more: list[Identity] = []
        for known in (identity, *identity.before):
            more += self._others(replace(known, before=()))
        unlike = [each for number, each in enumerate(more) if each not in more[:number] and each != identity]
        return replace(identity, before=(*identity.before, *unlike[: limits.KIN]))

    def _others(self, known: Identity) -> Iterable[Identity]:
        found = [known]
        found += [
            replace(known, **of_product(product), **of_producer(producer))
            for product, producer in self.products.get(known.product_id, ())
        ]
        for each in found:
            yield each
            group = next((self.producers[i] for i in sorted(each.producer_ids) if i in self.producers), ())
            yield from (replace(each, **of_producer(producer)) for producer in group)


def load(session: Session) -> Kin:
    """Return the groups of merged entries, in two statements."""
    root = aliased(Producer)
    merged = select(Producer).where(
        or_(
            col(Producer.merged_into_id).is_not(None),
            col(Producer.producer_id).in_(select(root.merged_into_id).where(col(root.merged_into_id).is_not(None))),
        )
    )
    producers = _grouped(session.exec(merged.order_by(col(Producer.producer_id))).all(), "producer_id")
    other = aliased(Product)
    pairs = session.exec(
        select(Product, Producer)
        .join(Producer, col(Producer.producer_id) == col(Product.producer_id))
        .where(
            or_(
                col(Product.merged_into_id).is_not(None),
                col(Product.product_id).in_(select(other.merged_into_id).where(col(other.merged_into_id).is_not(None))),
            )
        )
        .order_by(col(Product.product_id))
    ).all()
    makers = {product.product_id: producer for product, producer in pairs}
    products = _grouped([product for product, _producer in pairs], "product_id")
    return Kin(
        producers,
        {key: [(each, makers[each.product_id]) for each in group] for key, group in products.items()},
    )


def _grouped(rows: Sequence[Any], key: str) -> dict[UUID, list[Any]]:
    """Return by each id the whole group that it belongs to; mergers always lead to the entry that stands."""
    by_root: dict[UUID, list[Any]] = {}
    for row in rows:
        by_root.setdefault(row.merged_into_id or getattr(row, key), []).append(row)
    return {getattr(row, key): group for group in by_root.values() for row in group}
