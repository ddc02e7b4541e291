"""Finding batches: each term in its own numbers, a code of another platform, a name of product, producer or owner."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, union
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import reach, states
from coldchain.batches.models import Batch, PlatformCode
from coldchain.batches.service.batch_view import rank, summaries
from coldchain.core import clock, paging
from coldchain.core.text_search import contains
from coldchain.ledger.models import Holding
from coldchain.registry.models import Business, Producer, Product

Days = tuple[date | None, date | None]


def _has_term(actor: Actor, term: str) -> ColumnElement[bool]:
    """Return the condition that one term is found; each way to it has an index of its own.

    What a batch's own text holds was true when it was entered; the other ways follow names that came later, and the
    owners of stock that the reader sees.
    """
    batch_id = col(Batch.batch_id)
    products = select(col(Product.product_id)).where(contains(col(Product.search_text), term))
    producers = select(col(Producer.producer_id)).where(contains(col(Producer.search_text), term))
    owners = select(col(Business.business_id)).where(contains(col(Business.search_text), term))
    owned = select(col(Holding.batch_id)).where(
        col(Holding.owner_id).in_(owners), col(Holding.quantity_units) > 0, reach.visible_holdings(actor)
    )
    ways: Any = union(
        select(batch_id).where(contains(col(Batch.search_text), term)),
        select(batch_id).where(col(Batch.product_id).in_(products)),
        select(batch_id).where(col(Batch.producer_id).in_(producers)),
        select(batch_id).where(col(Batch.owner_id).in_(owners)),
        owned,
        select(col(PlatformCode.batch_id)).where(contains(col(PlatformCode.code_key), term)),
    )
    return batch_id.in_(ways)


def _between(column: Any, days: Days) -> list[ColumnElement[bool]]:
    first, last = days
    return [*([column >= first] if first else []), *([column <= last] if last else [])]


def _beijing(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.BEIJING)


def conditions(
    actor: Actor,
    *,
    terms: tuple[str, ...],
    region_code: str | None,
    status: str | None,
    restriction: str | None,
    production: Days,
    arrived: Days,
) -> list[ColumnElement[bool]]:
    """Return the conditions on `Batch` of a search within what `actor` may see."""
    found = [reach.visible_batches(actor), *(_has_term(actor, term) for term in terms)]
    if region_code is not None:
        found.append(reach.batches_in_area(region_code))
    if status is not None:
        found.append(reach.current_status() == status)
    if restriction is not None:
        found.append(rank(actor) == states.RESTRICTIONS.index(restriction))
    found += _between(col(Batch.production_date), production)
    first, last = arrived
    if first is not None:
        found.append(col(Batch.occurred_at) >= _beijing(first))
    if last is not None:
        found.append(col(Batch.occurred_at) < _beijing(last + timedelta(days=1)))
    return found


def find(
    session: Session, actor: Actor, *, limit: int, cursor: str | None = None, **asked: Any
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of batches that a search finds, newest first, and the next cursor; see `conditions`."""
    statement = select(Batch).where(*conditions(actor, **asked))
    rows, following = paging.page(session, statement, col(Batch.batch_id), limit, cursor)
    return summaries(session, actor, rows), following
