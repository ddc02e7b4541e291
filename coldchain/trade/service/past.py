"""What lay where at a past moment, as it was known then and as it is known now.

Two times decide. `as_of`: what had happened by then (a movement's claimed time; of a correction, the time of what it
corrects, so that a correction changes the past that it is about; never later than when it was recorded, whatever a
device's clock said). `known_at`: what the books had recorded by then. Asked with both at one moment this answers what
the stock answered at that moment; asked with `known_at` now, late facts and corrections are in.

A lock is an act of the books: it holds from when it was recorded until it was ended, and nothing before.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.core import clock, paging
from coldchain.core.errors import Invalid
from coldchain.ledger.models import Hold, Holding, Movement, Posting
from coldchain.trade.service.stock import Lying, accounts, describe

Corrected = aliased(Movement)


class Then(NamedTuple):
    """Stock of a past moment: the rows, the next cursor, and the two times that they are true for."""

    items: list[dict[str, Any]]
    following: str | None
    as_of: datetime
    known_at: datetime


def stock_at(
    session: Session,
    actor: Actor,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    limit: int,
    cursor: str | None = None,
    **filters: Any,
) -> Then:
    """Return a page of what lay where at `as_of` (default now) by the facts recorded until `known_at` (default now).

    Rows and filters are those of `stock`, newest account first, empty ones left out; `status` is null, since a batch's
    evidence life is known for the present only. Units are negative where claimed times contradict each other (goods
    left a zone before they came there). Raises Invalid `in_future`, NotFound for an unknown business.
    """
    now = clock.now()
    moment, known = _past(as_of, now, "/as_of"), _past(known_at, now, "/known_at")
    statement = _sums(accounts(session, actor, **filters), moment, known, now)
    rows, following = _page(session, statement, limit, cursor, differing=False)
    described = describe(session, (_lying(row, row.known_units) for row in rows))
    items = [item | {"status": None} for item in described]
    return Then(items, following, moment, known)


def compare(
    session: Session, actor: Actor, *, as_of: datetime, limit: int, cursor: str | None = None, **filters: Any
) -> Then:
    """Return a page of what lay where at `as_of`, each row with what was known then and what is known now.

    A row is that of `stock_at` for `known_at` = `as_of`, and has `now_units`, `now_mass_g`, `now_locked_units` and
    `learnt_at`: when the last fact about this account and time was recorded after it, else None. An account is left out
    that was empty by both. Raises as `stock_at`.
    """
    now = clock.now()
    moment = _past(as_of, now, "/as_of")
    statement = _sums(accounts(session, actor, **filters), moment, moment, now)
    rows, following = _page(session, statement, limit, cursor, differing=True)
    described = describe(session, [*(_lying(row, row.known_units) for row in rows),
                                   *(_lying(row, row.now_units) for row in rows)])  # fmt: skip
    items = [
        item
        | {
            "status": None,
            "now_units": later["quantity_units"],
            "now_mass_g": later["mass_g"],
            "now_locked_units": later["locked_units"],
            "learnt_at": row.learnt_at if row.known_units != row.now_units else None,
        }
        for item, later, row in zip(described[: len(rows)], described[len(rows) :], rows, strict=True)
    ]
    return Then(items, following, moment, now)


def _past(moment: datetime | None, now: datetime, pointer: str) -> datetime:
    if moment is None:
        return now
    if moment > now:
        raise Invalid.of(pointer, "in_future", "This time has not come yet.")
    return moment


def _sums(visible: Select[Any], as_of: datetime, known_at: datetime, now: datetime) -> Select[Any]:
    """Return the accounts of `visible` with what their postings and holds come to, all in one statement."""
    happened_at = func.least(
        func.coalesce(col(Corrected.occurred_at), col(Movement.occurred_at)), col(Movement.recorded_at)
    )
    units, recorded_at = col(Posting.quantity_units), col(Movement.recorded_at)
    known = recorded_at <= known_at
    moved = (
        select(
            func.coalesce(func.sum(units).filter(known), 0).label("known_units"),
            func.coalesce(func.sum(units), 0).label("now_units"),
            func.max(recorded_at).filter(~known).label("learnt_at"),
        )
        .join(Movement, col(Movement.movement_id) == col(Posting.movement_id))
        .outerjoin(Corrected, col(Corrected.movement_id) == col(Movement.corrects_id))
        .where(
            col(Posting.batch_id) == col(Holding.batch_id),
            col(Posting.account) == col(Holding.account),
            col(Posting.owner_id) == col(Holding.owner_id),
            col(Posting.zone_id).is_not_distinct_from(col(Holding.zone_id)),
            col(Posting.consignment_id).is_not_distinct_from(col(Holding.consignment_id)),
            recorded_at <= now,
            happened_at <= as_of,
        )
        .correlate(Holding)
        .lateral("moved")
    )
    ended_at = col(Hold.ended_at)
    held = (
        select(
            func.coalesce(func.bool_or(col(Hold.quantity_units).is_(None)), False).label("wholly_held"),
            func.coalesce(func.sum(col(Hold.quantity_units)), 0).label("held_apart"),
        )
        .where(
            col(Hold.batch_id) == col(Holding.batch_id),
            or_(col(Hold.holding_id).is_(None), col(Hold.holding_id) == col(Holding.holding_id)),
            col(Hold.recorded_at) <= min(as_of, known_at),
            or_(ended_at.is_(None), ended_at > min(as_of, known_at)),
        )
        .correlate(Holding)
        .lateral("held")
    )
    return (
        visible.join(moved, true())
        .join(held, true())
        .add_columns(moved.c.known_units, moved.c.now_units, moved.c.learnt_at, held.c.wholly_held, held.c.held_apart)
    )


def _page(
    session: Session, statement: Select[Any], limit: int, cursor: str | None, *, differing: bool
) -> tuple[list[Any], str | None]:
    """Return the rows of a page that have units, with `differing` also those that have some only as known now."""
    moved = statement.selected_columns
    some = moved.known_units != 0
    statement = statement.where(or_(some, moved.now_units != 0) if differing else some)
    if cursor is not None:
        statement = statement.where(col(Holding.holding_id) < paging.decode(cursor))
    rows = session.execute(statement.order_by(col(Holding.holding_id).desc()).limit(limit + 1)).all()
    if len(rows) <= limit:
        return list(rows), None
    return list(rows[:limit]), paging.encode(rows[limit - 1].Holding.holding_id)


def _lying(row: Any, units: Any) -> Lying:
    """Return what lay in a row's account; locked was all of it, or the parts held apart as far as there were any."""
    there = int(units)
    return Lying(row.Holding, there, max(0, there if row.wholly_held else min(there, int(row.held_apart))))
