"""What counts found or missed, by batch and owner: the backwards checks ask for these few postings among very many.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the postings on `found` and `missing`."""
    op.create_index(
        "ix_posting_varied", "posting", ["batch_id", "owner_id"],
        postgresql_where=sa.text("account IN ('found', 'missing')"),
    )  # fmt: skip
