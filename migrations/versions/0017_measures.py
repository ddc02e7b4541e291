"""Measures of authorities: imports suspended by plant, lock-downs, the white list, circuit breakers; who adds rules.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def _key(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=null)


def _whole(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=null)


def _leads_to(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_measure_version_{column}"))


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_measure_version_{name}"))


def upgrade() -> None:
    """Make the table of measures; rows of the rule book so far were shipped, nobody entered them."""
    for table in ("evidence_policy", "disinfection_protocol", "policy_parameter"):
        op.add_column(table, _key("recorded_by", null=True))
    op.create_table(
        "measure_version",
        _key("row_id"),
        _key("measure_id"),
        _whole("version"),
        _text("kind"),
        _text("region_code"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        _key("producer_id", null=True),
        _key("business_id", null=True),
        _key("site_id", null=True),
        _whole("positive_no", null=True),
        _text("document_no", null=True),
        _text("source"),
        _text("reason", null=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        _key("recorded_by", null=True),
        _check("kind", "kind IN ('import_suspension', 'lockdown', 'white_list', 'circuit_breaker')"),
        _check("dates", "ends_on IS NULL OR ends_on >= starts_on"),
        _check("producer", "(kind = 'import_suspension') = (producer_id IS NOT NULL)"),
        _check("business", "(kind IN ('white_list', 'circuit_breaker')) = (business_id IS NOT NULL)"),
        _check("site", "site_id IS NULL OR kind = 'circuit_breaker'"),
        _check("reason", "kind <> 'circuit_breaker' OR reason IS NOT NULL"),
        _leads_to("producer_id", "producer.producer_id"),
        _leads_to("business_id", "business.business_id"),
        _leads_to("site_id", "site.site_id"),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_measure_version")),
        sa.UniqueConstraint("measure_id", "version", name=op.f("uq_measure_version_measure_id_version")),
    )
    for column in ("kind", "region_code", "producer_id", "business_id"):
        op.create_index(op.f(f"ix_measure_version_{column}"), "measure_version", [column])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON measure_version "
        "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
    )
