"""Spreadsheets that are handed in, looked at and taken in once.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "sheet_import",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("business_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("outcome", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("same_as_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('arrivals', 'businesses', 'workers')", name=op.f("ck_sheet_import_kind")),
        sa.CheckConstraint(
            "state IN ('checking', 'checked', 'refused', 'taking', 'done', 'already', 'failed')",
            name=op.f("ck_sheet_import_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('checking', 'checked', 'taking') OR content IS NOT NULL",
            name=op.f("ck_sheet_import_content"),
        ),
        sa.CheckConstraint("(state = 'already') = (same_as_id IS NOT NULL)", name=op.f("ck_sheet_import_same")),
        sa.ForeignKeyConstraint(["business_id"], ["business.business_id"], name=op.f("fk_sheet_import_business_id")),
        sa.ForeignKeyConstraint(["same_as_id"], ["sheet_import.import_id"], name=op.f("fk_sheet_import_same_as_id")),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_sheet_import")),
    )
    op.create_index(
        "uq_sheet_import_taken", "sheet_import", ["kind", "business_id", "digest"], unique=True,
        postgresql_nulls_not_distinct=True, postgresql_where=sa.text("state IN ('taking', 'done')"),
    )  # fmt: skip
    op.create_index("ix_sheet_import_mine", "sheet_import", ["recorded_by", "recorded_at"])
