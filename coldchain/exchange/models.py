"""Table of spreadsheets that were handed in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from coldchain.core.columns import document, key, moment, one_of, ref, whole, words

KINDS = ("arrivals", "businesses", "workers")
STATES = ("checking", "checked", "refused", "taking", "done", "already", "failed")


class SheetImport(SQLModel, table=True):
    """A spreadsheet: handed in, looked at, taken in once; its content is let go when nothing waits for it any more.

    `digest` is of what its rows say, so that the same table in another file is the same; `outcome` is what came of it.
    """

    __tablename__ = "sheet_import"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("state", STATES),
        CheckConstraint("state NOT IN ('checking', 'checked', 'taking') OR content IS NOT NULL", name="content"),
        CheckConstraint("(state = 'already') = (same_as_id IS NOT NULL)", name="same"),
        Index(
            "uq_sheet_import_taken", "kind", "business_id", "digest", unique=True, postgresql_nulls_not_distinct=True,
            postgresql_where=text("state IN ('taking', 'done')"),
        ),
        Index("ix_sheet_import_mine", "recorded_by", "recorded_at"),
    )  # fmt: skip

    import_id: UUID = key()
    kind: str = words()
    business_id: UUID | None = ref("business.business_id", null=True, index=False)
    state: str = words()
    digest: str | None = words(null=True)
    content: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    done: int = whole()
    total: int = whole()
    outcome: dict[str, Any] | None = document(null=True)
    error: str | None = words(null=True)
    same_as_id: UUID | None = ref("sheet_import.import_id", null=True, index=False)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    finished_at: datetime | None = moment(null=True)
