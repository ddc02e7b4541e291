"""Writes a document under a number that nobody has: random and tried again, so that no counter makes others wait."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import Session, SQLModel

from coldchain.trade import numbers

Row = TypeVar("Row", bound=SQLModel)


def insert_numbered(
    session: Session, row: Row, column: str, draw: Callable[[datetime, int], str], moment: datetime
) -> Row:
    """Insert `row` with a number of `draw` in `column`, drawn again while it is taken; return the row, in the session.

    `moment`: the day that the number names.
    """
    taken = getattr(type(row), column)
    for _ in range(numbers.TRIES):
        setattr(row, column, draw(moment, secrets.randbits(64)))
        statement = insert(type(row)).on_conflict_do_nothing(index_elements=[column]).returning(taken)
        if session.execute(statement, row.model_dump()).first() is not None:
            make_transient_to_detached(row)  # it stands in the database as it stands here
            session.add(row)
            return row
    raise RuntimeError(f"no free number was found for {type(row).__name__}")
