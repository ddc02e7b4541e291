"""A folder for the journal's files, and a superuser who can change what nobody may."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from coldchain.core import db
from coldchain.core.embedded_postgres import Endpoint

if TYPE_CHECKING:
    from tests.journal.restorable import Restorable

Forger = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def var_dir(tmp_path: Path) -> Path:
    """VAR_DIR of a fresh program."""
    return tmp_path / "var"


def forger_of(engine: Engine, postgres: Endpoint) -> Forger:
    """Return a way to open a session that no trigger and no foreign key hinders; it rolls back unless committed."""

    @contextmanager
    def open_session() -> Iterator[Session]:
        admin = db.connect(postgres.admin_url.replace("/coldchain?", f"/{engine.url.database}?"))
        try:
            with Session(admin) as session:
                session.execute(text("SET LOCAL session_replication_role = replica"))
                yield session
                session.rollback()
        finally:
            admin.dispose()

    return open_session


@pytest.fixture
def forger(database: Engine, postgres: Endpoint) -> Forger:
    """A forger of the test's own database."""
    return forger_of(database, postgres)


@pytest.fixture
def books(postgres: Endpoint, template: str, var_dir: Path) -> Iterator["Restorable"]:
    """A journal whose database can be copied and put back."""
    from tests.journal.restorable import Restorable

    made = Restorable(postgres, template, var_dir)
    yield made
    made.close()
