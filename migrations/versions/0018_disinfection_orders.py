"""Disinfections that a service was asked for, and its certificates.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

APPEND_ONLY = ("disinfection_order", "disinfection_order_end", "ordered_disinfection")
REFERENCES = {
    "arrival_id": "arrival.arrival_id", "batch_id": "batch.batch_id", "customer_id": "business.business_id",
    "service_id": "business.business_id", "site_id": "site.site_id",
}  # fmt: skip


def upgrade() -> None:
    """Three tables that are only added to."""
    op.create_table(
        "disinfection_order",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("arrival_id", sa.Uuid(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("on_behalf_of", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(arrival_id IS NULL) <> (batch_id IS NULL)", name=op.f("ck_disinfection_order_target")
        ),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_disinfection_order_{column}"))
            for column, target in REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_disinfection_order")),
    )
    for column in (*REFERENCES, "region_code"):
        op.create_index(op.f(f"ix_disinfection_order_{column}"), "disinfection_order", [column])
    op.create_table(
        "disinfection_order_end",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["disinfection_order.order_id"], name=op.f("fk_disinfection_order_end_order_id")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_disinfection_order_end")),
    )
    op.create_table(
        "ordered_disinfection",
        sa.Column("disinfection_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["disinfection_id"], ["disinfection.disinfection_id"], name=op.f("fk_ordered_disinfection_disinfection_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["disinfection_order.order_id"], name=op.f("fk_ordered_disinfection_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["business.business_id"], name=op.f("fk_ordered_disinfection_service_id")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.evidence_id"], name=op.f("fk_ordered_disinfection_evidence_id")
        ),
        sa.PrimaryKeyConstraint("disinfection_id", name=op.f("pk_ordered_disinfection")),
    )
    op.create_index(op.f("ix_ordered_disinfection_order_id"), "ordered_disinfection", ["order_id"])
    op.create_index("uq_ordered_disinfection_evidence_id", "ordered_disinfection", ["evidence_id"], unique=True)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
        )
