"""Merging producers and products that were entered twice: by officers, for good, with their history.

An entry that was merged keeps its row, its names and its goods; it leads to the one that stands (`merged_into_id`,
always one step). Notices on either describe the goods of both: the room of batches sees to that and to running ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize
from coldchain.core import clock, limits
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.registry import similarity
from coldchain.registry.identity import comparable
from coldchain.registry.models import Producer, Product
from coldchain.registry.service import producer_catalogue, product_catalogue

RIGHT: Final = "catalogue.merge"
Entry = TypeVar("Entry", Producer, Product)
Hook = Callable[[Session, Actor], None]

before_merger: list[Hook] = []  # called before the rows are locked: whoever watches for goods takes its lock
after_merger: list[Hook] = []  # called after two entries became one: what running notices describe now


@dataclass(frozen=True)
class Alike:
    """Two entries of the catalogue that may be one, and how alike their names are."""

    one: Any
    other: Any
    likeness: float


def merge_producers(
    session: Session, actor: Actor, producer_id: UUID, *, into: UUID, reason: str | None = None
) -> dict[str, Any]:
    """Merge a producer into another: it is found by either's names, notices on either describe the goods of both.

    Raises NotFound, Forbidden, Invalid `unknown_producer`, `same_entry`, Conflict `merged_already` (extra `into`).
    """
    authorize(actor, RIGHT, Resource())
    for hook in before_merger:
        hook(session, actor)
    old, target = _locked(session, Producer, col(Producer.producer_id), producer_id, into, "unknown_producer")
    _refuse(old.merged_into_id, old.producer_id == target.producer_id)
    names = [old.name, *producer_catalogue.known_names(session, old.producer_id)]
    old.merged_into_id = target.producer_id
    session.add(old)
    session.flush()
    session.execute(
        update(Producer)
        .where(col(Producer.merged_into_id) == old.producer_id)
        .values(merged_into_id=target.producer_id)
        .execution_options(synchronize_session=False)
    )
    producer_catalogue.keep_names(session, actor, target, names)
    _tell(session, actor, "producer", old.producer_id, target.producer_id, reason)
    for hook in after_merger:
        hook(session, actor)
    return producer_catalogue.describe(session, [target])[0]


def merge_products(
    session: Session, actor: Actor, product_id: UUID, *, into: UUID, reason: str | None = None
) -> dict[str, Any]:
    """Merge a product into another that is the same but for the writing of its names.

    Raises NotFound, Forbidden, Invalid `unknown_product`, `same_entry`, Conflict `merged_already`, `not_the_same`
    (extra `differs`) when anything but names differs: numbers never do harmlessly.
    """
    authorize(actor, RIGHT, Resource())
    for hook in before_merger:
        hook(session, actor)
    old, target = _locked(session, Product, col(Product.product_id), product_id, into, "unknown_product")
    _refuse(old.merged_into_id, old.product_id == target.product_id)
    differs = differing(session, old, target)
    if differs:
        raise Conflict(
            "These are two products: they differ in more than the writing of their names.",
            code="not_the_same",
            extra={"differs": differs},
        )
    old.merged_into_id = target.product_id
    session.add(old)
    session.flush()
    session.execute(
        update(Product)
        .where(col(Product.merged_into_id) == old.product_id)
        .values(merged_into_id=target.product_id)
        .execution_options(synchronize_session=False)
    )
    _tell(session, actor, "product", old.product_id, target.product_id, reason)
    for hook in after_merger:
        hook(session, actor)
    return product_catalogue.describe(session, [target])[0]


SAME: Final = ("category", "origin_country", "hs_code", "ledger_unit", "units_per_piece", "unit_mass_g", "imported")


def differing(session: Session, one: Product, other: Product) -> list[str]:
    """Return in which fields two products differ beside the writing of their names."""
    found = [name for name in SAME if getattr(one, name) != getattr(other, name)]
    if one.gtin and other.gtin and one.gtin.zfill(14) != other.gtin.zfill(14):
        found.append("gtin")
    if standing(session, one.producer_id) != standing(session, other.producer_id):
        found.append("producer_id")
    return found


def standing(session: Session, producer_id: UUID) -> UUID:
    """Return the producer that an entry leads to: itself, or the one that it was merged into."""
    row = session.get_one(Producer, producer_id)
    return row.merged_into_id or row.producer_id


def _refuse(merged_into: UUID | None, same: bool) -> None:
    if merged_into is not None:
        raise Conflict("This entry was merged already.", code="merged_already", extra={"into": str(merged_into)})
    if same:
        raise Invalid.of("/into", "same_entry", "This is the same entry.")


def _locked(session: Session, table: type[Entry], key: Any, one: UUID, into: UUID, unknown: str) -> tuple[Entry, Entry]:
    """Lock both entries in one order; `into` may name an entry that was merged, and is the one that it leads to."""
    named = session.get(table, into)
    if named is None:
        raise Invalid.of("/into", unknown, "There is no such entry.")
    target = named.merged_into_id or into
    rows = session.scalars(
        select(table).where(key.in_((one, target))).order_by(key).with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()  # fmt: skip
    found = {getattr(row, key.key): row for row in rows}
    if one not in found:
        raise NotFound
    if found[target].merged_into_id is not None:
        raise Conflict("This entry was merged already.", code="merged_already")
    return found[one], found[target]


def _tell(session: Session, actor: Actor, what: str, old_id: UUID, target_id: UUID, reason: str | None) -> None:
    kept = personal.keep(session, reason, "reason")
    why = {"reason_id": kept and kept.personal_id, "reason": kept and kept.commitment}
    now = clock.now()
    journal.append_many(session, actor, [
        journal.Fact(f"{what}.merged", old_id, now, {"into": target_id, **why}),
        journal.Fact(f"{what}.took_over", target_id, now, {"from": old_id, **why}),
    ])  # fmt: skip


def alike_producers(session: Session, actor: Actor) -> list[Alike]:
    """Return the pairs of producers of one country that may be one, the most alike first, at most PAIRS_SHOWN."""
    authorize(actor, RIGHT, Resource())
    rows = session.scalars(
        select(Producer)
        .where(col(Producer.merged_into_id).is_(None))
        .order_by(col(Producer.producer_id).desc())
        .limit(limits.CATALOGUE_COMPARED)
    ).all()
    return _alike(rows, "producer_id", lambda one, other: one.country == other.country)


def alike_products(session: Session, actor: Actor) -> list[Alike]:
    """Return the pairs of products that are the same but for the writing of their names, at most PAIRS_SHOWN."""
    authorize(actor, RIGHT, Resource())
    rows = session.scalars(
        select(Product)
        .where(col(Product.merged_into_id).is_(None))
        .order_by(col(Product.product_id).desc())
        .limit(limits.CATALOGUE_COMPARED)
    ).all()
    makers = {row.producer_id for row in rows}
    roots = {
        producer.producer_id: producer.merged_into_id or producer.producer_id
        for producer in session.scalars(select(Producer).where(col(Producer.producer_id).in_(makers)))
    }

    def same(one: Product, other: Product) -> bool:
        if roots[one.producer_id] != roots[other.producer_id]:
            return False
        gtins = {row.gtin.zfill(14) for row in (one, other) if row.gtin}
        return len(gtins) < 2 and all(getattr(one, name) == getattr(other, name) for name in SAME)

    return _alike(rows, "product_id", same)


def _alike(rows: Sequence[Any], key: str, same: Callable[[Any, Any], bool]) -> list[Alike]:
    by_id = {getattr(row, key): row for row in rows}
    signs = {row_id: similarity.signs(comparable(row.name)) for row_id, row in by_id.items()}
    found = [
        Alike(by_id[one], by_id[other], much)
        for one, other, much in similarity.alike(signs)
        if same(by_id[one], by_id[other])
    ]
    return found[: limits.PAIRS_SHOWN]


def count_products(session: Session, producer_id: UUID) -> int:
    """Return how many products of the catalogue are of a producer."""
    return session.scalar(select(func.count()).where(col(Product.producer_id) == producer_id)) or 0
