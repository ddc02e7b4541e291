"""What a transaction has locked it doesn't ask for again; what it lost, it does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event
from sqlmodel import Session

from coldchain.ledger.locks import lock_batches
from tests.ledger.books import batch, party, product


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements that lock batches."""
    said: list[str] = []

    def listen(_c: Any, _cu: Any, statement: str, *_: Any) -> None:
        if "FOR SHARE" in statement or "FOR UPDATE" in statement:
            said.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    yield said
    event.remove(engine, "before_cursor_execute", listen)


def test_locked_once_is_locked_until_the_end(database: Engine) -> None:
    with Session(database) as session, session.begin():
        seller, of = party(session), product(session)
        first, second = batch(session, seller, of), batch(session, seller, of)
    with Session(database) as session, counted(database) as said:
        with session.begin():
            assert lock_batches(session, [first], exclusive=False) == [first]
            lock_batches(session, [first], exclusive=False)
            assert len(said) == 1
            lock_batches(session, [first, second], exclusive=False)  # the second is new
            assert len(said) == 2
        with session.begin():  # another transaction has nothing
            lock_batches(session, [first], exclusive=True)
            lock_batches(session, [first], exclusive=False)  # who may write may read
            assert len(said) == 3
            lock_batches(session, [second], exclusive=False)
            lock_batches(session, [second], exclusive=True)  # shared isn't exclusive
            assert len(said) == 5


def test_what_a_savepoint_locked_goes_with_it(database: Engine) -> None:
    with Session(database) as session, session.begin():
        goods = batch(session, party(session), product(session))
    with Session(database) as session, counted(database) as said, session.begin():
        session.connection()
        with session.begin_nested() as savepoint:
            lock_batches(session, [goods], exclusive=True)
            savepoint.rollback()
        lock_batches(session, [goods], exclusive=True)
        assert len(said) == 2
