"""Copies of databases, made while the test before still runs: to make and to drop one is waiting, not work."""

from __future__ import annotations

import uuid
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg


class Clones:
    """Hands out copies of databases, takes them back, and keeps the next copy of each ready."""

    def __init__(self, admin_url: str) -> None:
        self._admin_url = admin_url
        self._hand = ThreadPoolExecutor(1, "clones")
        self._connection: psycopg.Connection | None = None
        self._ready: dict[str, Future[str]] = {}

    def take(self, name: str) -> str:
        """Return the name of a copy of a database that nobody is connected to."""
        ready = self._ready.get(name) or self._hand.submit(self._copy, name)
        taken = ready.result()
        self._ready[name] = self._hand.submit(self._copy, name)
        return taken

    def put_under(self, name: str, taken: str) -> None:
        """Let a copy of `name` stand where the database `taken` stood; who was connected to that is thrown out."""
        copy = self.take(name)
        gone = f"gone_{uuid.uuid4().hex[:12]}"
        self.run(
            f"ALTER DATABASE {taken} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{taken}'",
            f"ALTER DATABASE {taken} RENAME TO {gone}",
            f"ALTER DATABASE {copy} RENAME TO {taken}",
        )
        self.drop(gone)

    def drop(self, name: str) -> None:
        """Drop a database, and who is connected to it, when there is time."""
        self._hand.submit(self._run, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def run(self, *statements: str) -> None:
        """Run statements of the server's administrator now, before what waits for its time."""
        with psycopg.connect(self._admin_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def forget(self, name: str) -> None:
        """Drop a database of which no more copies are wanted, and the one that is ready."""
        ready = self._ready.pop(name, None)
        if ready is not None:
            self.drop(ready.result())
        self.drop(name)

    def close(self) -> None:
        """Do what is still to be done and end."""
        for name in list(self._ready):
            self.drop(self._ready.pop(name).result())
        self._hand.shutdown()
        if self._connection is not None:
            self._connection.close()

    def _copy(self, name: str) -> str:
        made = f"clone_{uuid.uuid4().hex[:12]}"
        self._run(f"CREATE DATABASE {made} TEMPLATE {name} OWNER coldchain_owner STRATEGY file_copy")
        return made

    def _run(self, statement: str) -> None:
        if self._connection is None:
            self._connection = psycopg.connect(self._admin_url, autocommit=True)
        self._connection.execute(statement.encode())
