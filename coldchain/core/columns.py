"""Column shapes that SQLModel does not choose well by itself: text with CHECK, BIGINT, timestamptz, JSONB."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    ForeignKey,
    Text,
    Uuid,
    any_,
    bindparam,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from coldchain.core.ids import new_id

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def key() -> Any:
    """Primary key: UUIDv7 made in Python."""
    return Field(default_factory=new_id, sa_column=Column(Uuid, primary_key=True))


def ref(target: str | None = None, *, null: bool = False, index: bool = True, primary: bool = False) -> Any:
    """A UUID column, a foreign key when `target` is given."""
    args = [ForeignKey(target)] if target else []
    column = Column(Uuid, *args, nullable=null, index=index and not primary, primary_key=primary)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)


def words(*, null: bool = False, index: bool = False, unique: bool = False, primary: bool = False) -> Any:
    """A text column."""
    column = Column(Text, nullable=null, index=index, unique=unique or None, primary_key=primary)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)


def wordlist() -> Any:
    """A text[] column, never null."""
    return Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False))


def keys() -> Any:
    """A uuid[] column, never null."""
    return Field(default_factory=list, sa_column=Column(ARRAY(Uuid), nullable=False))


def moment(*, null: bool = False, index: bool = False) -> Any:
    """A timestamptz column."""
    column = Column(DateTime(timezone=True), nullable=null, index=index)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)


def whole(*, null: bool = False, primary: bool = False) -> Any:
    """A BIGINT column."""
    column = Column(BigInteger, nullable=null, primary_key=primary, autoincrement=False)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)


def document(*, null: bool = False) -> Any:
    """A JSONB column."""
    column = Column(JSONB(none_as_null=True), nullable=null)
    return Field(default=None, sa_column=column) if null else Field(sa_column=column)


def among(name: str) -> Any:
    """Return the right side of `column == among("ids")`: any of a bound list of ids.

    Unlike a list of values its text never changes with their number, so that a statement is built once, at import, and
    the driver may prepare it: for what every movement asks.
    """
    return any_(bindparam(name, type_=ARRAY(Uuid)))


def in_one_of(key: Any, *selections: Any) -> ColumnElement[bool]:
    """Return the condition that a key is in one of several selections of keys.

    A union, since each part is then read by its own index; an OR of conditions on different tables walks the whole
    table instead (bench/rights.py).
    """
    found: ColumnElement[bool] = key.in_(union(*selections))
    return found


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """CHECK that a text column holds one of `values` (lower snake, never renamed)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)
