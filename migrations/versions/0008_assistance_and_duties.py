"""How far a recall reaches: requests to other regions; who has which task.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APPEND_ONLY = ("assistance_request", "assistance_event", "duty")


def _key(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=null)


def _moment(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _leads_to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    """Make the tables; nothing that was recorded in them is rewritten."""
    op.create_table(
        "assistance_request",
        _key("request_id"),
        sa.Column("request_no", sa.Text(), nullable=False),
        _key("recall_id"),
        sa.Column("region_code", sa.Text(), nullable=False),
        _key("office_id", null=True),
        sa.Column("sites_due", sa.BigInteger(), nullable=False),
        sa.Column("expected_mass_g", sa.BigInteger(), nullable=False),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        _leads_to("assistance_request", "recall_id", "recall.recall_id"),
        _leads_to("assistance_request", "office_id", "office.office_id"),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_assistance_request")),
        sa.UniqueConstraint("request_no", name=op.f("uq_assistance_request_request_no")),
    )
    op.create_index("ix_assistance_request_region_code", "assistance_request", ["region_code"])
    op.create_index(
        "uq_assistance_request_place", "assistance_request", ["recall_id", "region_code", "office_id"], unique=True,
        postgresql_nulls_not_distinct=True,
    )  # fmt: skip
    op.create_table(
        "assistance_event",
        _key("event_id"),
        _key("request_id"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        _moment("occurred_at"),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        sa.CheckConstraint("kind IN ('taken_over', 'noted')", name=op.f("ck_assistance_event_kind")),
        sa.CheckConstraint("(kind = 'noted') = (note IS NOT NULL)", name=op.f("ck_assistance_event_note")),
        _leads_to("assistance_event", "request_id", "assistance_request.request_id"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_assistance_event")),
    )
    op.create_index("ix_assistance_event_request_id", "assistance_event", ["request_id"])
    op.create_index(
        "uq_assistance_event_taken_over", "assistance_event", ["request_id"], unique=True,
        postgresql_where=sa.text("kind = 'taken_over'"),
    )  # fmt: skip
    op.create_table(
        "duty",
        _key("duty_id"),
        _key("task_id", null=True),
        _key("recall_id", null=True),
        _key("request_id", null=True),
        _key("user_id"),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        sa.CheckConstraint("num_nonnulls(task_id, recall_id, request_id) = 1", name=op.f("ck_duty_one_thing")),
        _leads_to("duty", "task_id", "sweep_task.task_id"),
        _leads_to("duty", "recall_id", "recall.recall_id"),
        _leads_to("duty", "request_id", "assistance_request.request_id"),
        _leads_to("duty", "user_id", "app_user.user_id"),
        sa.PrimaryKeyConstraint("duty_id", name=op.f("pk_duty")),
    )
    for column in ("task_id", "recall_id", "request_id", "user_id"):
        op.create_index(f"ix_duty_{column}", "duty", [column])
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
        )
