"""An owner's standing consent: who keeps its goods may send them on.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; what was agreed is not rewritten, only ended."""
    op.create_table(
        "standing_consent",
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("custodian_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("on_behalf_of", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("owner_id <> custodian_id", name=op.f("ck_standing_consent_two")),
        sa.ForeignKeyConstraint(["owner_id"], ["business.business_id"], name=op.f("fk_standing_consent_owner_id")),
        sa.ForeignKeyConstraint(
            ["custodian_id"], ["business.business_id"], name=op.f("fk_standing_consent_custodian_id")
        ),
        sa.PrimaryKeyConstraint("consent_id", name=op.f("pk_standing_consent")),
    )
    op.create_index("ix_standing_consent_custodian_id", "standing_consent", ["custodian_id"])
    op.create_index(
        "uq_standing_consent_running", "standing_consent", ["owner_id", "custodian_id"], unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )  # fmt: skip
    op.execute(
        "CREATE TRIGGER frozen BEFORE UPDATE ON standing_consent "
        "FOR EACH ROW EXECUTE FUNCTION cc_frozen('ended_at', 'ended_by')"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON standing_consent "
        "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
    )
