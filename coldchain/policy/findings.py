"""The catalogue of findings (问题清单, R14): loaded from its data file, read newest version first."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from coldchain.core import clock
from coldchain.core.ids import new_id
from coldchain.policy.models_findings import FindingKind

_FILE: Final = Path(__file__).parent / "data" / "findings.toml"


def shipped() -> list[dict[str, Any]]:
    """Return the rows of the data file."""
    rows: list[dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["finding"]
    return rows


def load(session: Session) -> int:
    """Add the shipped rows that are not there yet and return how many were added; a second run adds none."""
    now = clock.now()
    added = 0
    for row in shipped():
        statement = insert(FindingKind).values(**row, kind_id=new_id(), recorded_at=now)
        statement = statement.on_conflict_do_nothing(index_elements=["code", "version"])
        added += session.execute(statement.returning(col(FindingKind.code))).fetchone() is not None
    session.flush()
    return added


def catalogue(session: Session, region_code: str | None = None) -> list[FindingKind]:
    """Return the newest version of every row by list and place; lists that hold in `region_code` come first."""
    newest = {row.code: row for row in session.exec(select(FindingKind).order_by(col(FindingKind.version)))}

    def place(row: FindingKind) -> tuple[bool, str, int]:
        holds = region_code is not None and region_code.startswith(row.region_code.rstrip("0"))
        return (not holds, row.list_code, row.position)

    return sorted(newest.values(), key=place)


def by_id(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, FindingKind]:
    """Return rows, of whatever version, by their ids in one statement."""
    wanted = {kind_id for kind_id in ids if kind_id}
    if not wanted:
        return {}
    rows = session.exec(select(FindingKind).where(col(FindingKind.kind_id).in_(wanted)))
    return {row.kind_id: row for row in rows}
