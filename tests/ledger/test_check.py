"""`flask journal verify` finds any difference between the stock and its movements."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text
from sqlmodel import Session

from coldchain.accounts.actor import SYSTEM
from coldchain.core import db
from coldchain.core.ids import new_id
from coldchain.ledger import check, holds, service
from coldchain.ledger.holds import Cause
from tests.ledger.books import NOW, batch, party, product, sent


@pytest.fixture
def goods(database: Engine) -> UUID:
    """A batch of which some is on the road, committed."""
    with db.transaction() as session:
        seller = party(session)
        made = batch(session, seller, product(session), 100)
        service.post(session, SYSTEM, [sent(made, seller, 40)[1]])
    return made


@pytest.fixture
def intruder(goods: UUID, owner_url: str) -> Iterator[Connection]:
    """Somebody with the owner's password, whom triggers don't stop."""
    engine = db.connect(owner_url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE posting DISABLE TRIGGER USER"))
        connection.execute(text("ALTER TABLE movement DISABLE TRIGGER USER"))
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
