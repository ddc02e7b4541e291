"""`flask journal verify` finds any difference between the stock and its movements."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text
from sqlmodel import Session

from coldchain.accounts.actor import SYSTEM
from coldchain.core import db
from coldchain.core.ids import new_id
from coldchain.ledger import check, holds
from coldchain.ledger.holds import Cause
from tests.ledger.books import NOW, batch, party, posted, product, sent


@pytest.fixture
def goods(database: Engine) -> UUID:
    """A batch of which some is on the road, committed."""
    with db.transaction() as session:
        seller = party(session)
        made = batch(session, seller, product(session), 100)
        posted(session, [sent(made, seller, 40)[1]])
    return made


@pytest.fixture
def intruder(goods: UUID, owner_url: str) -> Iterator[Connection]:
    """Somebody with the owner's password, whom triggers don't stop."""
    engine = db.connect(owner_url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE posting DISABLE TRIGGER USER"))
        connection.execute(text("ALTER TABLE movement DISABLE TRIGGER USER"))
        connection.execute(text("ALTER TABLE journal_entry DISABLE TRIGGER USER"))
        yield connection
    engine.dispose()


def found(intruder: Connection) -> str | None:
    return check.stock_from_movements(Session(intruder))


def test_honest_books_have_no_difference(intruder: Connection) -> None:
    seen: list[tuple[int, int]] = []
    assert check.stock_from_movements(Session(intruder), lambda done, total: seen.append((done, total))) is None
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    ("tampering", "words"),
    [
        ("UPDATE holding SET quantity_units = quantity_units + 1 WHERE account = 'zone'", "the holding says 61"),
        ("UPDATE holding SET quantity_units = 59 WHERE account = 'zone'", "sum to 60 units"),
        ("DELETE FROM holding WHERE account = 'transit'", "the holding says 0"),
        ("UPDATE posting SET quantity_units = 7 WHERE account = 'opening'", "does not balance"),
        ("DELETE FROM posting WHERE account = 'transit'", "does not balance"),
        ("DELETE FROM posting", "does not balance: 0 postings"),
        ("UPDATE posting SET quantity_units = quantity_units * 2", "the movements sum to"),
        ("UPDATE holding SET held_units = 1 WHERE account = 'zone'", "the active holds demand 0"),
    ],
)
def test_a_changed_row_is_found(intruder: Connection, tampering: str, words: str) -> None:
    intruder.execute(text(tampering))
    difference = found(intruder)
    assert difference is not None
    assert words in difference


def test_a_holding_from_nowhere_is_found(intruder: Connection, goods: UUID) -> None:
    intruder.execute(
        text("""INSERT INTO holding (
                    holding_id, batch_id, account, owner_id, consignment_id, quantity_units, held_units)
                SELECT gen_random_uuid(), batch_id, 'transit', owner_id, :road, 5, 0 FROM batch"""),
        {"road": new_id()},
    )
    assert "the movements sum to 0 units, the holding says 5" in str(found(intruder))


def test_a_lock_taken_off_behind_the_holds_back_is_found(intruder: Connection, goods: UUID) -> None:
    session = Session(intruder)
    holds.place(session, SYSTEM, [goods], Cause("recall", new_id()), "red", NOW)
    assert found(intruder) is None
    intruder.execute(text("UPDATE holding SET held_units = 0 WHERE account = 'transit'"))
    assert "the active holds demand 40" in str(found(intruder))


# the journal beside the books


def untold(intruder: Connection) -> str | None:
    return check.movements_from_journal(Session(intruder))


def test_honest_books_are_told_in_full(intruder: Connection) -> None:
    seen: list[tuple[int, int]] = []
    assert check.movements_from_journal(Session(intruder), lambda done, total: seen.append((done, total))) is None
    assert seen[-1][0] == seen[-1][1]


ERASED = (
    """UPDATE journal_entry SET body = replace(body, '"movements":[', '"nothing":[') WHERE body LIKE '%"dispatch"%'"""
)
GONE = """
    DELETE FROM posting USING movement WHERE posting.movement_id = movement.movement_id AND kind = 'dispatch';
    DELETE FROM movement WHERE kind = 'dispatch'"""
TWICE = """
    INSERT INTO journal_entry (entry_id, kind, subject_id, occurred_at, recorded_at, body, leaf_hash)
    SELECT gen_random_uuid(), kind, subject_id, occurred_at, recorded_at, body, leaf_hash FROM journal_entry"""
OTHER_KIND = """UPDATE journal_entry SET body = replace(body, '"kind":"dispatch"', '"kind":"loss"')"""
OTHER_ID = """UPDATE journal_entry SET body = regexp_replace(body, '"id":"........', '"id":"ffffffff')"""
OTHER_SHAPE = """UPDATE journal_entry SET body = regexp_replace(body, '"entries":\\[', '"entries":[[],')"""


@pytest.mark.parametrize(
    ("tampering", "words"),
    [
        ("UPDATE posting SET quantity_units = quantity_units * 2", "the postings are"),
        ("UPDATE posting SET quantity_units = -quantity_units", "the postings are"),
        ("UPDATE posting SET account = 'found' WHERE account = 'opening'", "the postings are"),
        ("UPDATE posting SET line_no = 3 - line_no + 5", "the postings are"),
        ("DELETE FROM posting", "the postings are []"),
        ("UPDATE movement SET kind = 'loss' WHERE kind = 'dispatch'", "the books say"),
        ("UPDATE movement SET occurred_at = occurred_at + interval '1 microsecond'", "the books say"),
        ("UPDATE movement SET late = true", "the books say"),
        ("UPDATE movement SET corrects_id = movement_id", "the books say"),
        (GONE, "the books have no such movement"),
        (ERASED, "no journal entry tells of it"),
        (TWICE, "is told 2 times"),
        (OTHER_KIND, "the books say"),
        (OTHER_ID, "the books have no such movement|no journal entry"),
        (OTHER_SHAPE, "the postings are"),
    ],
)
def test_books_that_are_not_what_the_journal_tells_are_found(intruder: Connection, tampering: str, words: str) -> None:
    for statement in tampering.split(";"):
        intruder.execute(text(statement))
    difference = untold(intruder)
    assert difference is not None
    assert any(each in difference for each in words.split("|")), difference


def test_goods_posted_past_the_journal_are_found(intruder: Connection, goods: UUID) -> None:
    """Books that balance and stock that fits, and nobody said so."""
    moved = new_id()
    for statement in (
        """INSERT INTO movement (movement_id, batch_id, kind, late, occurred_at, recorded_at)
           VALUES (:id, :batch, 'stocktake', false, :now, :now)""",
        """INSERT INTO posting (posting_id, movement_id, line_no, batch_id, account, owner_id, zone_id, quantity_units)
           SELECT gen_random_uuid(), :id, line_no, :batch, CASE line_no WHEN 1 THEN 'found' ELSE 'zone' END, owner_id,
                  CASE line_no WHEN 2 THEN zone_id END, (line_no - 1.5) * 20
           FROM holding, generate_series(1, 2) AS line_no WHERE account = 'zone'""",
        "UPDATE holding SET quantity_units = quantity_units + 10 WHERE account = 'zone'",
    ):
        intruder.execute(text(statement), {"id": moved, "batch": goods, "now": NOW})
    assert found(intruder) is None
    assert untold(intruder) == f"movement {moved} is in the books, no journal entry tells of it"
