"""Rights: carriers, owners and clerks of a business, the sites of a clerk, lent officers.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Whoever acts for a business so far is its owner."""
    op.add_column("app_user", sa.Column("position", sa.Text(), nullable=True))
    op.add_column("app_user", sa.Column("is_waiting", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("app_user", "is_waiting", server_default=None)
    op.execute("UPDATE app_user SET position = 'owner' WHERE business_id IS NOT NULL")
    op.drop_constraint("ck_app_user_role", "app_user")
    op.drop_constraint("ck_app_user_business", "app_user")
    for name, condition in (
        ("role", "role IN ('admin', 'regulator', 'inspector', 'merchant', 'lab', 'carrier')"),
        ("position", "position IN ('owner', 'clerk')"),
        ("business", "(role IN ('merchant', 'lab', 'carrier')) = (business_id IS NOT NULL)"),
        ("acting", "(business_id IS NULL) = (position IS NULL)"),
    ):
        op.create_check_constraint(op.f(f"ck_app_user_{name}"), "app_user", condition)
    op.create_table(
        "user_site",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.user_id"], name=op.f("fk_user_site_user_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.site_id"], name=op.f("fk_user_site_site_id")),
        sa.PrimaryKeyConstraint("user_id", "site_id", name=op.f("pk_user_site")),
    )
    op.add_column("assignment", sa.Column("kind", sa.Text(), nullable=False, server_default="standing"))
    op.alter_column("assignment", "kind", server_default=None)
    op.add_column("assignment", sa.Column("recorded_by", sa.Uuid(), nullable=True))
    op.create_check_constraint(op.f("ck_assignment_kind"), "assignment", "kind IN ('standing', 'support')")
    op.create_check_constraint(op.f("ck_assignment_span"), "assignment", "valid_to > valid_from")
