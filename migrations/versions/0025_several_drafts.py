"""Several arrivals may be begun beside each other.

Revision ID: 0025
Revises: 0024
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is kept by now stays: one form of each person and owner."""
    op.drop_constraint(op.f("uq_arrival_draft_user_id_owner_id"), "arrival_draft", type_="unique")
    op.create_index(op.f("ix_arrival_draft_user_id"), "arrival_draft", ["user_id"])
