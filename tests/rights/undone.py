"""An engine whose commits are savepoints of one transaction, so that whole requests can be taken back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool


class Undone:
    """One connection; `undo()` takes back everything since the last time; `statements` counts what was run."""

    def __init__(self, url: str) -> None:
        self.statements: list[str] = []
        self.engine = create_engine(
            url.replace("postgresql://", "postgresql+psycopg://"),
            poolclass=StaticPool,
            hide_parameters=True,
            pool_reset_on_return=None,
            connect_args={"options": "-c timezone=UTC -c lock_timeout=5000 -c statement_timeout=20000"},
        )
        with self.engine.connect() as connection:  # the dialect learns about the server before its habits change
            self._raw: Any = connection.connection.dbapi_connection
        dialect: Any = self.engine.dialect
        dialect.do_begin = lambda raw: raw.execute("SAVEPOINT request")
        dialect.do_commit = lambda raw: raw.execute("RELEASE SAVEPOINT request")
        dialect.do_rollback = self._back
        dialect.set_isolation_level = lambda raw, level: None
        dialect.reset_isolation_level = lambda raw: None
        event.listen(self.engine, "before_cursor_execute", self._seen)

    @staticmethod
    def _back(raw: Any) -> None:
        raw.execute("ROLLBACK TO SAVEPOINT request")
        raw.execute("RELEASE SAVEPOINT request")

    def _seen(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.statements.append(statement)

    def undo(self) -> None:
        """Take back everything."""
        self._raw.rollback()
        self.statements.clear()

    def dispose(self) -> None:
        """Close the connection."""
        self._raw.rollback()
        self._raw.close()
