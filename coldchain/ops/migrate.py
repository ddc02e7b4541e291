"""Runs the migrations as the owner role and gives the service role its rights."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from coldchain.core import db

ROOT = Path(__file__).resolve().parents[2]
LOCK = 0x636F6C64  # one migration at a time, whoever starts it


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, bound to `connection` when given."""
    settings = Config()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    settings.attributes["connection"] = connection
    return settings


def head() -> str:
    """Return the revision that this code expects."""
    found = ScriptDirectory.from_config(config()).get_current_head()
    if found is None:
        raise RuntimeError("no migration found")
    return found


def known() -> set[str]:
    """Return every revision that this code can make."""
    return {found.revision for found in ScriptDirectory.from_config(config()).walk_revisions()}


def current(engine: Engine) -> str | None:
    """Return the revision that the database is at."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(owner_url: str, service_role: str | None = None) -> None:
    """Bring the database at `owner_url` to the newest revision and grant `service_role` its rights."""
    engine = db.connect(owner_url)
    try:
        with engine.begin() as connection:
            upgrade_within(connection, "head")
            if service_role is not None:
                grant(connection, service_role)
    finally:
        engine.dispose()


def upgrade_within(connection: Connection, revision: str) -> None:
    """Bring the database up to `revision` in the caller's transaction; others who migrate wait for its end."""
    wait_for_others(connection)
    command.upgrade(config(connection), revision)


def wait_for_others(connection: Connection) -> None:
    """Let nobody else migrate this database until the end of the caller's transaction, which has no time limit."""
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def grant(connection: Connection, role: str) -> None:
    """Give the service role what it needs: no change or deletion on append-only tables."""
    from coldchain.schema import APPEND_ONLY

    quoted = connection.dialect.identifier_preparer.quote(role)
    statements = [
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {quoted}",
        *(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}" for table in APPEND_ONLY),
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}",
    ]
    for statement in statements:
        connection.execute(text(statement))
