"""Tubes in full: pools and places, results that supersede, entries for a laboratory, releases, workers.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

APPEND_ONLY = ("result_confirmation", "result_release")


def _key(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=null)


def _moment(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _leads_to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    """Results so far supersede nothing and were all reported by laboratories themselves."""
    op.add_column("tube", sa.Column("place", sa.Text(), nullable=True))
    op.add_column("tube", sa.Column("pool_limit", sa.BigInteger(), autoincrement=False, nullable=True))
    _results()
    op.create_table(
        "worker",
        _key("worker_id"),
        _key("business_id"),
        _key("site_id", null=True),
        sa.Column("post", sa.Text(), nullable=False),
        _key("name_id"),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        sa.CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name=op.f("ck_worker_dates")),
        _leads_to("worker", "business_id", "business.business_id"),
        _leads_to("worker", "site_id", "site.site_id"),
        _leads_to("worker", "name_id", "personal_value.personal_id"),
        sa.PrimaryKeyConstraint("worker_id", name=op.f("pk_worker")),
    )
    op.create_index(op.f("ix_worker_business_id"), "worker", ["business_id"])
    op.create_index(op.f("ix_worker_name_id"), "worker", ["name_id"])
    op.execute("CREATE TRIGGER frozen BEFORE UPDATE ON worker FOR EACH ROW EXECUTE FUNCTION cc_frozen('ended_on')")
    op.execute(
        "CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON worker "
        "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
    )
    op.create_foreign_key(op.f("fk_sample_worker_id"), "sample", "worker", ["worker_id"], ["worker_id"])
    op.create_index("ix_sample_vehicle_plate", "sample", ["vehicle_plate"])


def _results() -> None:
    op.drop_index("ix_test_result_supersedes_id", "test_result")
    op.create_index("uq_test_result_supersedes_id", "test_result", ["supersedes_id"], unique=True)
    op.add_column("test_result", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("test_result", sa.Column("entered_for_lab", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("test_result", "entered_for_lab", server_default=None)
    op.add_column("test_result", _key("photo_id", null=True))
    op.create_foreign_key(op.f("fk_test_result_photo_id"), "test_result", "stored_file", ["photo_id"], ["file_id"])
    op.create_check_constraint(op.f("ck_test_result_photo"), "test_result", "entered_for_lab = (photo_id IS NOT NULL)")
    op.create_check_constraint(
        op.f("ck_test_result_reason"), "test_result", "supersedes_id IS NULL OR reason IS NOT NULL"
    )
    op.create_table(
        "result_confirmation",
        _key("result_id"),
        _moment("occurred_at"),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        _leads_to("result_confirmation", "result_id", "test_result.result_id"),
        sa.PrimaryKeyConstraint("result_id", name=op.f("pk_result_confirmation")),
    )
    op.create_table(
        "result_release",
        _key("result_id"),
        _key("tube_id"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=True),
        _moment("occurred_at"),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        _leads_to("result_release", "result_id", "test_result.result_id"),
        _leads_to("result_release", "tube_id", "tube.tube_id"),
        sa.PrimaryKeyConstraint("result_id", name=op.f("pk_result_release")),
    )
    op.create_index(op.f("ix_result_release_tube_id"), "result_release", ["tube_id"])
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
        )
