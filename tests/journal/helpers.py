"""Facts to write and ways to look at what was written."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text
from sqlmodel import Session

from coldchain.core.ids import new_id
from coldchain.journal import files, service

NOON = datetime(2021, 1, 19, 4, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Clerk:
    """Somebody who writes."""

    user_id: UUID | None = None


def fact(number: int = 0, **changes: Any) -> service.Fact:
    """Return a fact unlike any other."""
    values: dict[str, Any] = {
        "kind": "arrival.registered",
        "subject_id": new_id(),
        "occurred_at": NOON,
        "data": {"quantity_units": number, "batch": new_id()},
        "business_id": new_id() if number % 2 else None,
        "region_code": "230203" if number % 3 else None,
    }
    return service.Fact(**values | changes)


def write(engine: Engine, count: int, actor: Clerk | None = None) -> list[UUID]:
    """Append `count` facts in one committed transaction."""
    with Session(engine) as session, session.begin():
        return service.append_many(session, actor or Clerk(new_id()), [fact(number) for number in range(count)])


def put_outside(var_dir: Path, note: str) -> None:
    """Put another note in place of the last checkpoint, whatever is there."""
    files.keep_checkpoint(var_dir, note, instead_of=files.last_checkpoint(var_dir))


def rows(engine: Engine, statement: str, **values: Any) -> list[Any]:
    """Return what a SELECT answers."""
    with engine.connect() as connection:
        return list(connection.execute(text(statement), values))


def leaves(engine: Engine) -> list[tuple[int, UUID, bytes]]:
    """Return all leaves in order."""
    found = rows(engine, "SELECT index, entry_id, leaf_hash FROM journal_leaf ORDER BY index")
    return [(row[0], row[1], bytes(row[2])) for row in found]


def nodes(engine: Engine) -> dict[tuple[int, int], bytes]:
    """Return all stored interior nodes."""
    return {(row[0], row[1]): bytes(row[2]) for row in rows(engine, "SELECT level, index, hash FROM journal_node")}


def leaked(engine: Engine) -> list[tuple[str, UUID]]:
    """Return (kind, personal id) of every kept name or phone that stands in an entry's body; there must be none."""
    found = rows(
        engine,
        "SELECT e.kind, p.personal_id FROM personal_value p JOIN journal_entry e ON position(p.value IN e.body) > 0",
    )
    return [(row[0], row[1]) for row in found]
