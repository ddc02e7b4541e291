"""Files of papers, what officers said of them, flags about certificates, codes of other platforms.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APPEND_ONLY = ("evidence", "evidence_check", "platform_code")
FLAG_KINDS = (
    "late_under_lock", "late_unproven", "mixed_storage", "count_under_lock", "count_differs", "warmer_zone",
    "declared_late", "entered_from_paper", "number_override", "certificate_overbooked", "certificate_differs",
)  # fmt: skip


def upgrade() -> None:
    """What was kept so far are photographs of one page; no paper was verified yet, so those columns held nothing."""
    op.add_column("stored_file", sa.Column("pages", sa.BigInteger(), nullable=False, server_default="1"))
    op.alter_column("stored_file", "pages", server_default=None)
    op.execute("DROP TRIGGER frozen ON evidence")
    op.execute("DROP TRIGGER append_only ON evidence")
    op.drop_column("evidence", "verified_at")
    op.drop_column("evidence", "verified_by")
    op.add_column("evidence", sa.Column("file_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_evidence_file_id"), "evidence", "stored_file", ["file_id"], ["file_id"])
    op.drop_index("ix_evidence_supersedes_id", "evidence")
    op.create_index("uq_evidence_supersedes_id", "evidence", ["supersedes_id"], unique=True)
    op.create_table(
        "evidence_check",
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("outcome IN ('verified', 'refused')", name=op.f("ck_evidence_check_outcome")),
        sa.CheckConstraint("(outcome = 'refused') = (reason IS NOT NULL)", name=op.f("ck_evidence_check_reason")),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.evidence_id"], name=op.f("fk_evidence_check_evidence_id")),
        sa.PrimaryKeyConstraint("check_id", name=op.f("pk_evidence_check")),
    )
    op.create_index("ix_evidence_check_evidence_id", "evidence_check", ["evidence_id"])
    op.drop_constraint(op.f("ck_flag_kind"), "flag", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in FLAG_KINDS)
    op.create_check_constraint(op.f("ck_flag_kind"), "flag", f"kind IN ({listed})")
    op.create_table(
        "platform_code",
        sa.Column("code_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("code_key", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("on_behalf_of", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.batch_id"], name=op.f("fk_platform_code_batch_id")),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_platform_code")),
        sa.UniqueConstraint(
            "batch_id", "platform", "code_key", name=op.f("uq_platform_code_batch_id_platform_code_key")
        ),
    )
    op.create_index("ix_platform_code_code_key", "platform_code", ["code_key"])
    op.execute("CREATE INDEX ix_platform_code_grams ON platform_code USING gin (cc_grams(code_key))")
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
        )
