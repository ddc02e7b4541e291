"""Commitment letters may have their signed paper; a version of the text says from when it is asked for.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The only version shipped so far is in force from 2021-01-01 on."""
    op.add_column(
        "commitment_text", sa.Column("valid_from", sa.Date(), nullable=False, server_default=sa.text("'2021-01-01'"))
    )
    op.alter_column("commitment_text", "valid_from", server_default=None)
    op.add_column("commitment_letter", sa.Column("file_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_commitment_letter_file_id"), "commitment_letter", "stored_file", ["file_id"], ["file_id"]
    )
