"""Photographs of what officers see in a sweep.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing was there before."""
    op.create_table(
        "finding_photo",
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.finding_id"], name=op.f("fk_finding_photo_finding_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.file_id"], name=op.f("fk_finding_photo_file_id")),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_finding_photo")),
        sa.UniqueConstraint("finding_id", "file_id", name=op.f("uq_finding_photo_finding_id_file_id")),
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON finding_photo "
        "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
    )
