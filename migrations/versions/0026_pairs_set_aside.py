"""Officers set pairs of businesses aside; businesses report that decisions are put right, officers look again.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing was there before."""
    _pairs()
    _putting_right()


def _pairs() -> None:
    op.create_table(
        "business_pair_event",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("one_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("compared", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('set_aside', 'taken_back')", name=op.f("ck_business_pair_event_kind")),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_business_pair_event_two")),
        sa.CheckConstraint(
            "(kind = 'set_aside') = (reason IS NOT NULL)", name=op.f("ck_business_pair_event_reason")
        ),
        sa.ForeignKeyConstraint(["one_id"], ["business.business_id"], name=op.f("fk_business_pair_event_one_id")),
        sa.ForeignKeyConstraint(["other_id"], ["business.business_id"], name=op.f("fk_business_pair_event_other_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_business_pair_event")),
    )
    op.create_index("ix_business_pair_event_pair", "business_pair_event", ["one_id", "other_id"])
    _append_only("business_pair_event")


def _putting_right() -> None:
    op.drop_constraint(op.f("ck_enforcement_event_kind"), "enforcement_event", type_="check")
    kinds = ", ".join(f"'{kind}'" for kind in ("objected", "upheld", "lifted", "reported", "returned", "rectified"))
    op.create_check_constraint(op.f("ck_enforcement_event_kind"), "enforcement_event", f"kind IN ({kinds})")
    op.drop_constraint(op.f("ck_enforcement_event_effective_at"), "enforcement_event", type_="check")
    op.create_check_constraint(
        op.f("ck_enforcement_event_effective_at"),
        "enforcement_event",
        "(kind IN ('lifted', 'rectified')) = (effective_at IS NOT NULL)",
    )
    op.alter_column("enforcement_event", "text", nullable=True)
    op.create_check_constraint(
        op.f("ck_enforcement_event_text"), "enforcement_event", "kind = 'rectified' OR text IS NOT NULL"
    )
    op.drop_constraint(op.f("uq_enforcement_event_decision_id_kind"), "enforcement_event", type_="unique")
    op.create_index(
        "uq_enforcement_event_once",
        "enforcement_event",
        ["decision_id", "kind"],
        unique=True,
        postgresql_where=sa.text("kind IN ('objected', 'upheld', 'lifted', 'rectified')"),
    )
    op.create_index("ix_enforcement_event_decision_id", "enforcement_event", ["decision_id"])
    op.create_table(
        "enforcement_photo",
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["enforcement_event.event_id"], name=op.f("fk_enforcement_photo_event_id")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.file_id"], name=op.f("fk_enforcement_photo_file_id")),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_enforcement_photo")),
        sa.UniqueConstraint("event_id", "file_id", name=op.f("uq_enforcement_photo_event_id_file_id")),
    )
    _append_only("enforcement_photo")


def _append_only(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
    )
