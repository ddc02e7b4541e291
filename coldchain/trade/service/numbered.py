"""Writes a document under a number that nobody has: random and tried again, so that no counter makes others wait."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, SQLModel

from coldchain.trade import numbers

Row = TypeVar("Row", bound=SQLModel)


def insert_numbered(
    session: Session, row: Row, row_id: UUID, column: str, draw: Callable[[datetime, int], str], moment: datetime
) -> Row:
    """Insert `row` with a number of `draw` in `column`, drawn again while it is taken; return the row in the session.

    `row_id`: its key; `moment`: the day that the number names.
    """
    number = getattr(type(row), column)
    for _ in range(numbers.TRIES):
        values = row.model_dump() | {column: draw(moment, secrets.randbits(64))}
        statement = insert(type(row)).values(values).on_conflict_do_nothing(index_elements=[column])
        if session.execute(statement.returning(number)).first() is not None:
            return session.get_one(type(row), row_id)
    raise RuntimeError(f"no free number was found for {type(row).__name__}")
