"""The database: one engine per process, and the transaction that the edge opens and nobody else commits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlmodel import Session

_state: dict[str, Engine] = {}

LOCK_TIMEOUT_MS = 10_000
STATEMENT_TIMEOUT_MS = 60_000
CONNECT_TIMEOUT_S = 5
SILENCE_MS = 30_000  # a server behind a broken line is given up
STATEMENTS_KEPT = 5_000  # compiled; the pages of one room alone need 700, SQLAlchemy keeps 500 and would compile anew


def connect(url: str, **options: Any) -> Engine:
    """Return a new engine for `url` (psycopg 3) with our time-outs and the UTC time zone."""
    if url.startswith(("postgresql://", "postgres://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    settings = f"-c timezone=UTC -c lock_timeout={LOCK_TIMEOUT_MS} -c statement_timeout={STATEMENT_TIMEOUT_MS}"
    line = {"connect_timeout": CONNECT_TIMEOUT_S, "tcp_user_timeout": SILENCE_MS, "keepalives_idle": SILENCE_MS // 1000}
    return create_engine(
        url,
        connect_args={"options": settings, **line},
        pool_pre_ping=True,
        query_cache_size=STATEMENTS_KEPT,
        hide_parameters=True,  # what people typed belongs into no log
        **options,
    )


def configure(url: str, **options: Any) -> Engine:
    """Make `url` this process's database and return its engine; a former one is disposed of."""
    former = _state.pop("engine", None)
    if former is not None:
        former.dispose()
    _state["engine"] = connect(url, **options)
    return _state["engine"]


def engine() -> Engine:
    """Return this process's engine. Raises RuntimeError before `configure`."""
    if "engine" not in _state:
        raise RuntimeError("the database is not configured")
    return _state["engine"]


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a session that commits at the end of the block and rolls back on any error."""
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def autocommit() -> Iterator[Any]:
    """Yield a Core connection in AUTOCOMMIT for hot reads: no transaction round trips, no ORM."""
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection
