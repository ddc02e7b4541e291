"""Several arrivals may be begun beside each other.

Revision ID: 0027
Revises: 0022
"""

from alembic import op

revision = "0027"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is kept by now stays: one form of each person and owner."""
    op.drop_constraint(op.f("uq_arrival_draft_user_id_owner_id"), "arrival_draft", type_="unique")
    op.create_index(op.f("ix_arrival_draft_user_id"), "arrival_draft", ["user_id"])
