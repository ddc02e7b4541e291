"""Officers are told of a declaration number that differs; products may say what their smallest unit is called.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
FLAG_KINDS = (
    "late_under_lock", "late_unproven", "mixed_storage", "count_under_lock", "count_differs", "warmer_zone",
    "declared_late", "entered_from_paper", "number_override", "certificate_overbooked", "certificate_differs",
    "not_declared", "container_missing", "seal_missing", "existing_after_grace", "declaration_number_differs",
)  # fmt: skip
UNIT_WORDS = ("box", "bag", "pack", "bottle", "can", "stick", "block", "item")

branch_labels = None
depends_on = None


def upgrade() -> None:
    """Numbers that differ by now are shown on their pages; the flag comes with the next fact of either."""
    op.drop_constraint(op.f("ck_flag_kind"), "flag", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in FLAG_KINDS)
    op.create_check_constraint(op.f("ck_flag_kind"), "flag", f"kind IN ({listed})")
    op.add_column("product", sa.Column("unit_word", sa.Text(), nullable=True))
    listed = ", ".join(f"'{word}'" for word in UNIT_WORDS)
    op.create_check_constraint(op.f("ck_product_unit_word"), "product", f"unit_word IN ({listed})")
