"""Table of the catalogue of findings. A row is never changed: a new version is added."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import SQLModel

from coldchain.core.columns import key, moment, whole, words


class FindingKind(SQLModel, table=True):
    """One version of what officers may find (R14): wording, basis, sanction, days to put it right, source."""

    __tablename__ = "finding_kind"
    __table_args__ = (
        UniqueConstraint("code", "version"),
        CheckConstraint("rectify_days BETWEEN 0 AND 366", name="rectify_days"),
    )

    kind_id: UUID = key()
    code: str = words()
    version: int = whole()
    list_code: str = words()  # the list that it stands in, such as shandong_eight
    position: int = whole()
    wording_zh: str = words()
    wording_en: str = words()
    basis_zh: str = words()
    basis_en: str = words()
    sanction_zh: str = words()
    sanction_en: str = words()
    rectify_days: int = whole()
    region_code: str = words()
    reconstruction: bool  # put together from reports, the official wording was not found
    source: str = words()
    recorded_at: datetime = moment()
