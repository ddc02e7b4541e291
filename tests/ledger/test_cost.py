"""What a movement costs does not grow: the same statements for one line and for hundreds, and by index alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlmodel import Session

from coldchain.accounts.actor import SYSTEM
from coldchain.core import db
from coldchain.core.ids import new_id
from coldchain.ledger import holds, postings, service
from coldchain.ledger.holds import Cause
from coldchain.ledger.postings import Draft
from tests.ledger.books import NOW, Party, batch, party, product, sent

BATCHES = 10_000
LINES = 300
TABLES = {"batch", "holding", "hold", "movement", "posting"}
# As many batches as a province's market has, each with an intake, its stock, and a hold that has ended.
SEED = (
    """INSERT INTO batch SELECT (jsonb_populate_record(batch, jsonb_build_object(
           'batch_id', gen_random_uuid(), 'batch_code', 'TEST' || number, 'line_no', number + 1))).*
       FROM batch, generate_series(1, :batches) AS number""",
    """INSERT INTO movement (movement_id, batch_id, kind, late, occurred_at, recorded_at)
       SELECT gen_random_uuid(), batch_id, 'intake', false, :now, :now FROM batch
       WHERE NOT EXISTS (SELECT 1 FROM movement WHERE movement.batch_id = batch.batch_id)""",
    """INSERT INTO posting (posting_id, movement_id, line_no, batch_id, account, owner_id, zone_id, quantity_units)
       SELECT gen_random_uuid(), movement_id, side, batch_id, CASE side WHEN 1 THEN 'opening' ELSE 'zone' END, :owner,
              CASE side WHEN 2 THEN CAST(:zone AS uuid) END, 100 * (2 * side - 3)
       FROM movement, generate_series(1, 2) AS side
       WHERE NOT EXISTS (SELECT 1 FROM posting WHERE posting.movement_id = movement.movement_id)""",
    """INSERT INTO holding (holding_id, batch_id, account, owner_id, zone_id, quantity_units, held_units)
       SELECT gen_random_uuid(), batch_id, 'zone', :owner, :zone, 100, 0 FROM batch
       WHERE NOT EXISTS (SELECT 1 FROM holding WHERE holding.batch_id = batch.batch_id)""",
    """INSERT INTO hold (hold_id, batch_id, holding_id, quantity_units, grade, cause_kind, cause_id, cause_version,
                         occurred_at, recorded_at, ended_at, ended_reason)
       SELECT gen_random_uuid(), batch_id, holding_id, 5, 'sealed', 'inspection', gen_random_uuid(), 1, :now, :now,
              :now, 'gone'
       FROM holding""",
)


@contextmanager
def watched(connection: Connection, see: Callable[[Any, str, Any], None]) -> Iterator[None]:
    """Let `see(cursor's connection, statement, parameters)` look at each statement before it runs."""

    def look(of: Connection, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        see(of.connection.dbapi_connection, statement, parameters)

    event.listen(connection, "before_cursor_execute", look)
    yield
    event.remove(connection, "before_cursor_execute", look)


@pytest.fixture
def full(database: Engine, owner_url: str) -> tuple[Party, list[UUID]]:
    """A seller with many batches, statistics up to date; returns the ones to move."""
    with db.transaction() as session:
        seller = party(session, 2)
        batch(session, seller, product(session), 100)
        given = {"batches": BATCHES, "now": NOW, "owner": seller.business_id, "zone": seller.zone_id}
        for statement in SEED:
            session.execute(text(statement), {name: given[name] for name in given if f":{name}" in statement})
        chosen = session.execute(text("SELECT batch_id FROM batch ORDER BY batch_id LIMIT 2000")).scalars().all()
    engine = db.connect(owner_url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in TABLES:
            connection.execute(text(f"VACUUM (ANALYZE) {table}"))
    engine.dispose()
    return seller, list(chosen)


def sealed(session: Session, batch_ids: list[UUID]) -> None:
    """Hold 20 units of each batch apart."""
    parts = {holding.holding_id: 20 for holding in service.holdings(session, batch_ids)}
    holds.place_parts(session, SYSTEM, parts, Cause("inspection", new_id()), "sealed", NOW)


def to_quarantine(seller: Party, batch_id: UUID) -> Draft:
    """A movement that takes held units along."""
    entries = postings.relocate(seller.business_id, seller.zones[0], seller.zones[1], 30)
    return Draft("relocation", batch_id, entries, NOW, takes_held="first")


def drafts_of(session: Session, seller: Party, goods: list[UUID], apart: bool) -> list[Draft]:
    """Return a movement of each batch; `apart`: one that takes units along that were held apart just now."""
    if apart:
        sealed(session, goods)
    return [to_quarantine(seller, one) if apart else sent(one, seller, 30)[1] for one in goods]


def statements(seller: Party, goods: list[UUID], apart: bool) -> int:
    """Return in how many statements these batches are moved."""
    said: list[str] = []
    with db.transaction() as session:
        drafts = drafts_of(session, seller, goods, apart)
        with watched(session.connection(), lambda _connection, statement, _given: said.append(statement)):
            service.post(session, SYSTEM, drafts)
    return len(said)


def read_through(seller: Party, goods: list[UUID], apart: bool) -> list[tuple[str, str]]:
    """Move goods, place and end a hold; return the tables that were read from end to end, with the statement."""
    read: list[tuple[str, str]] = []

    def scans(plan: dict[str, Any]) -> list[str]:
        here = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
        return here + [table for inner in plan.get("Plans", []) for table in scans(inner)]

    def explain(connection: Any, statement: str, parameters: Any) -> None:
        if not statement.startswith("SET"):
            with connection.cursor() as cursor:
                plan = cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters).fetchone()[0][0]["Plan"]
            read.extend((table, statement) for table in scans(plan) if table in TABLES)

    with db.transaction() as session, watched(session.connection(), explain):
        if len(goods) > 1:  # so many of so few rows are rightly read by going through them all: is there another way?
            session.execute(text("SET LOCAL enable_seqscan = off"))
        service.post(session, SYSTEM, drafts_of(session, seller, goods, apart))
        cause = Cause("recall", new_id())
        holds.place(session, SYSTEM, goods, cause, "red", NOW)
        holds.end(session, SYSTEM, cause, "解除")
    return read


def test_many_lines_cost_what_one_costs_and_no_table_is_read_from_end_to_end(full: tuple[Party, list[UUID]]) -> None:
    seller, goods = full
    fresh = iter(goods)
    one, many = lambda: list(islice(fresh, 1)), lambda: list(islice(fresh, LINES))
    assert statements(seller, one(), apart=False) == statements(seller, many(), apart=False) <= 8
    assert statements(seller, one(), apart=True) == statements(seller, many(), apart=True) <= 13
    for apart in (False, True):
        assert read_through(seller, one(), apart) == []
        assert read_through(seller, many(), apart) == []
