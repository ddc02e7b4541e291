"""People of the sign-in's tests, and an ear for statements and for argon2."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import argon2
import pytest
from sqlalchemy import event, select
from sqlmodel import Session, col

from coldchain.accounts import passwords, service
from coldchain.accounts.models import AuditEvent, User
from coldchain.core import sealed

PASSWORD = "a long enough password"


@pytest.fixture(autouse=True)
def sealing() -> None:
    """A key of the process, as create_app gives one."""
    sealed.configure("the secret key of a test, long enough to be one")


@pytest.fixture
def make_user(session: Session) -> Callable[..., User]:
    """Make a person with a password in the session that is rolled back."""
    hashed = passwords.hash_password(PASSWORD)

    def make(username: str, role: str = "admin", **more: Any) -> User:
        if role in {"regulator", "inspector"}:
            more.setdefault("region_code", "230203")
        user = service.create_user(session, username=username, role=role, **more)
        user.password_hash = hashed
        session.flush()
        return user

    return make


@contextmanager
def heard(session: Session) -> Iterator[list[str]]:
    """Collect the text of every statement that goes to the database inside the block."""
    said: list[str] = []

    def listen(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(" ".join(statement.split()))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(connection, "before_cursor_execute", listen)


@pytest.fixture
def argon_runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The memory and time cost of every hash that argon2 verifies."""
    runs: list[tuple[int, int]] = []
    real = argon2.PasswordHasher.verify

    def spied(self: argon2.PasswordHasher, stored: str, password: str) -> Any:
        cost = argon2.extract_parameters(stored)
        runs.append((cost.memory_cost, cost.time_cost))
        return real(self, stored, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", spied)
    return runs


def audited(session: Session) -> list[str]:
    """The kinds of the audit log's lines, in order."""
    session.flush()
    return list(session.scalars(select(col(AuditEvent.kind)).order_by(col(AuditEvent.event_id))))
