"""Officers are told of what happened while a business was stopped and was entered afterwards.

Revision ID: 0028
Revises: 0027
"""

from alembic import op

revision = "0028"
down_revision = "0027"
FLAG_KINDS = (
    "late_under_lock", "late_unproven", "mixed_storage", "count_under_lock", "count_differs", "warmer_zone",
    "declared_late", "entered_from_paper", "number_override", "certificate_overbooked", "certificate_differs",
    "not_declared", "container_missing", "seal_missing", "existing_after_grace", "declaration_number_differs",
    "late_while_stopped",
)  # fmt: skip

branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a flag be of this kind too; what was entered before has none."""
    op.drop_constraint(op.f("ck_flag_kind"), "flag", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in FLAG_KINDS)
    op.create_check_constraint(op.f("ck_flag_kind"), "flag", f"kind IN ({listed})")
