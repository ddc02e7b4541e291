"""The database that the migrations make is the one that the models describe, and history can't be rewritten in it."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from coldchain.core import db
from coldchain.ops import migrate
from coldchain.schema import APPEND_ONLY, metadata


def test_one_head() -> None:
    """Two heads would mean two histories."""
    assert len(ScriptDirectory.from_config(migrate.config()).get_heads()) == 1


def test_models_and_migrations_agree(database: Engine) -> None:
    """Nothing is left for a migration to do."""

    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
        return not (name and (name.startswith("procrastinate") or name == "alembic_version"
                              or (kind == "index" and name.endswith("_grams"))))  # fmt: skip

    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_upgrading_twice_changes_nothing(owner_url: str) -> None:
    """A second start runs the same migrations again."""
    migrate.upgrade(owner_url, "coldchain")
    engine = db.connect(owner_url)
    assert migrate.current(engine) == migrate.head()
    engine.dispose()


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_append_only_even_for_the_owner(owner_url: str, table: str) -> None:
    """UPDATE, DELETE and TRUNCATE are refused by a trigger, whoever asks."""
    engine = db.connect(owner_url)
    with engine.connect() as connection:
        named = text("SELECT column_name FROM information_schema.columns WHERE table_name = :t LIMIT 1")
        column = connection.scalar(named, {"t": table})
        connection.rollback()
        for statement in (
            f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"
        ):  # fmt: skip
            with pytest.raises(DBAPIError, match="append-only"), connection.begin():
                connection.execute(text(statement))
    engine.dispose()


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_the_service_role_has_no_right_to_rewrite(database: Engine, table: str) -> None:
    """The role that serves requests may not even try."""
    with database.connect() as connection:
        for right in ("UPDATE", "DELETE", "TRUNCATE"):
            assert not connection.scalar(text("SELECT has_table_privilege(:t, :r)"), {"t": table, "r": right})
        assert connection.scalar(text("SELECT has_table_privilege(:t, 'INSERT')"), {"t": table})


def test_chinese_is_found_by_its_index(database: Engine) -> None:
    """The locale must let pg_trgm and our bigrams see Chinese characters."""
    with database.connect() as connection:
        assert connection.scalar(text("SELECT cc_grams('分割鸡') @> ARRAY['割鸡']"))
        assert connection.scalar(text("SELECT similarity('分割鸡腿肉', '分割鸡腿') > 0.3"))
