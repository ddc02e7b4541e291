"""Table of label runs; files lie under VAR_DIR."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import SQLModel

from coldchain.core.columns import key, moment, one_of, ref, whole, words


class LabelRun(SQLModel, table=True):
    """One making of labels: the batch label, or the pieces from–to."""

    __tablename__ = "label_run"
    __table_args__ = (
        one_of("level", ("batch", "piece")),
        one_of("state", ("queued", "running", "done", "failed")),
        CheckConstraint(
            "(level = 'batch' AND piece_from IS NULL AND piece_to IS NULL) OR "
            "(level = 'piece' AND piece_from >= 1 AND piece_to >= piece_from)",
            name="range",
        ),
    )

    run_id: UUID = key()
    batch_id: UUID = ref("batch.batch_id")
    business_id: UUID = ref("business.business_id")  # whose labels these are: who made them, or was acted for
    level: str = words()
    piece_from: int | None = whole(null=True)
    piece_to: int | None = whole(null=True)
    trial: bool = False
    state: str = words()
    done: int = whole()
    total: int = whole()
    error: str | None = words(null=True)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    finished_at: datetime | None = moment(null=True)
