"""Several arrivals may be begun beside each other; officers are told of more that stands out in an arrival.

Revision ID: 0025
Revises: 0024
"""

from alembic import op

revision = "0025"
down_revision = "0024"
FLAG_KINDS = (
    "late_under_lock", "late_unproven", "mixed_storage", "count_under_lock", "count_differs", "warmer_zone",
    "declared_late", "entered_from_paper", "number_override", "certificate_overbooked", "certificate_differs",
    "not_declared", "container_missing", "seal_missing", "existing_after_grace",
)  # fmt: skip

branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is kept by now stays: one form of each person and owner."""
    op.drop_constraint(op.f("uq_arrival_draft_user_id_owner_id"), "arrival_draft", type_="unique")
    op.create_index(op.f("ix_arrival_draft_user_id"), "arrival_draft", ["user_id"])
    op.drop_constraint(op.f("ck_flag_kind"), "flag", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in FLAG_KINDS)
    op.create_check_constraint(op.f("ck_flag_kind"), "flag", f"kind IN ({listed})")
