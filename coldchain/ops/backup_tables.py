"""Tables out of one snapshot and back into an empty database, by COPY: rows only, never statements of somebody's file.

The shape of the database is always made by this program's migrations. While rows are loaded, foreign keys and our own
triggers are away (the order of tables and circles don't matter then, and no trigger writes rows of its own); they come
back, checked by the database over all rows, before anything is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql

from coldchain.ops.backup_archive import BackupError, TablePart

REVISION_TABLE: Final = "alembic_version"
# Ordinary tables of ours, those of the queue too, not those that belong to an extension.
_RELATIONS: Final[LiteralString] = """
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind::text = ANY (%s)
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname
"""
_COLUMNS: Final[LiteralString] = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = ('public.' || quote_ident(%s))::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    ORDER BY attnum
"""
_FOREIGN_KEYS: Final[LiteralString] = """
    SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.contype = 'f' AND k.conparentid = 0 AND k.connamespace = 'public'::regnamespace ORDER BY 1, 2
"""
_TRIGGERS: Final[LiteralString] = """
    SELECT c.relname, t.tgname, t.tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace AND t.tgenabled <> 'D' ORDER BY 1, 2
"""
_ENABLE: Final[dict[str, LiteralString]] = {
    "O": "ALTER TABLE {} ENABLE TRIGGER {}",
    "A": "ALTER TABLE {} ENABLE ALWAYS TRIGGER {}",
    "R": "ALTER TABLE {} ENABLE REPLICA TRIGGER {}",
}
_NOT_EMPTY: Final[LiteralString] = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind::text = ANY ('{r,p,v,m,S,f}')
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname LIMIT 1
"""
# What a plain role may see of others: their database, and whether a role is behind it (the server's own have none).
_OTHERS: Final[LiteralString] = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
"""

Cursor = psycopg.Cursor[Any]


def begin_snapshot(connection: psycopg.Connection[Any]) -> None:
    """Begin a transaction that sees one moment of the database, however long it takes."""
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    connection.execute("SET LOCAL statement_timeout = 0")
    connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


def revision(cursor: Cursor) -> str:
    """Return the revision of the migrations that the database is at. Raises BackupError `database_not_ready`."""
    cursor.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL")
    if not _value(cursor):
        raise BackupError("database_not_ready", "the database was never migrated; there is nothing to back up")
    cursor.execute("SELECT version_num FROM public.alembic_version")
    return str(_value(cursor))


def names(cursor: Cursor) -> list[str]:
    """Return the tables whose rows a backup holds."""
    cursor.execute(_RELATIONS, (["r"],))
    return [name for (name,) in cursor.fetchall() if name != REVISION_TABLE]


def columns(cursor: Cursor, table: str) -> tuple[str, ...]:
    """Return the columns of a table in their order, computed ones left out."""
    cursor.execute(_COLUMNS, (table,))
    return tuple(name for (name,) in cursor.fetchall())


def lock(cursor: Cursor, tables: Iterable[str]) -> None:
    """Keep tables from being dropped or changed in shape while they are read; nobody who reads or writes waits."""
    listed = sql.SQL(", ").join(_named(table) for table in tables)
    cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(listed))


def rows(cursor: Cursor, table: str, of: Iterable[str]) -> Iterator[bytes]:
    """Yield a table's rows in COPY's text form, in blocks as they come; `cursor.rowcount` says how many there were."""
    with cursor.copy(sql.SQL("COPY {} ({}) TO STDOUT").format(_named(table), _listed(of))) as copy:
        for block in copy:
            yield bytes(block)


def sequences(cursor: Cursor) -> dict[str, tuple[int, bool]]:
    """Return each sequence's last value and whether it was given out; they never go back, so later is fine."""
    cursor.execute(_RELATIONS, (["S"],))
    found = {}
    for (name,) in cursor.fetchall():
        cursor.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(_named(name)))
        last, given = cursor.fetchone() or (1, False)
        found[name] = (int(last), bool(given))
    return found


def must_be_empty_and_alone(cursor: Cursor) -> None:
    """Raise BackupError `database_not_empty` or `database_in_use` unless nobody else is here and nothing stands."""
    cursor.execute(_NOT_EMPTY)
    found = cursor.fetchone()
    if found is not None:
        raise BackupError("database_not_empty", f"there is a table {found[0]!r}; restore into an empty database")
    cursor.execute(_OTHERS)
    if others := _value(cursor):
        raise BackupError("database_in_use", f"{others} other connections; stop web and worker first")


def load(cursor: Cursor, tables: dict[str, TablePart], blocks: Callable[[str], Iterator[bytes]]) -> None:
    """Fill a freshly migrated database: what the migrations wrote gives way to the rows of the backup.

    `blocks(table)` yields the bytes. Raises BackupError `shape_differs`, `damaged`; the transaction is lost then.
    """
    there = names(cursor)
    if sorted(there) != sorted(tables):
        odd = ", ".join(sorted(set(there) ^ set(tables)))
        raise BackupError("shape_differs", f"its tables are not those of its revision: {odd}")
    keys = _all(cursor, _FOREIGN_KEYS)
    triggers = _all(cursor, _TRIGGERS)
    for table, key, _ in keys:
        cursor.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(_named(table), sql.Identifier(key)))
    for table, trigger, _ in triggers:
        cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER {}").format(_named(table), sql.Identifier(trigger)))
    cursor.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(_named(table) for table in there)))
    for table, part in tables.items():
        _fill(cursor, table, part, blocks(table))
    for table, trigger, enabled in triggers:
        cursor.execute(sql.SQL(_ENABLE[enabled]).format(_named(table), sql.Identifier(trigger)))
    for table, key, definition in keys:
        statement = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} ").format(_named(table), sql.Identifier(key))
        cursor.execute(statement + sql.SQL(definition))


def _fill(cursor: Cursor, table: str, part: TablePart, blocks: Iterator[bytes]) -> None:
    if sorted(columns(cursor, table)) != sorted(part.columns):
        raise BackupError("shape_differs", f"the columns of its table {table!r} are not those of its revision")
    with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(_named(table), _listed(part.columns))) as copy:
        for block in blocks:
            copy.write(block)
    if cursor.rowcount != part.rows:
        raise BackupError("damaged", f"{table!r} has {cursor.rowcount} rows, the list says {part.rows}")


def set_sequences(cursor: Cursor, values: dict[str, tuple[int, bool]]) -> None:
    """Let sequences go on where they were. Raises BackupError `shape_differs`."""
    there = {name for (name,) in _all(cursor, _RELATIONS, (["S"],))}
    if there != set(values):
        odd = ", ".join(sorted(there ^ set(values)))
        raise BackupError("shape_differs", f"its sequences are not those of its revision: {odd}")
    for name, (last, given) in values.items():
        cursor.execute("SELECT setval(('public.' || quote_ident(%s))::regclass, %s, %s)", (name, last, given))


def _all(cursor: Cursor, statement: LiteralString, values: tuple[Any, ...] = ()) -> list[Any]:
    cursor.execute(statement, values or None)
    return cursor.fetchall()


def _value(cursor: Cursor) -> Any:
    row = cursor.fetchone()
    return None if row is None else row[0]


def _named(table: str) -> sql.Identifier:
    return sql.Identifier("public", table)


def _listed(of: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for column in of)
