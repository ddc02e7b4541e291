"""Findings and decisions: the catalogue, visits, what was found and answered, officers' decisions and objections.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "finding_kind", "visit", "visit_photo", "site_finding_event", "enforcement_decision", "enforcement_event",
)  # fmt: skip


def _key(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _recorded() -> tuple[sa.Column, sa.Column]:
    return _moment("recorded_at"), _key("recorded_by", null=True)


def _leads_to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def upgrade() -> None:
    """Nothing was there before."""
    _catalogue()
    _decisions()
    _visits()
    _findings()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
        )
    op.execute(
        "CREATE TRIGGER frozen BEFORE UPDATE ON site_finding "
        "FOR EACH ROW EXECUTE FUNCTION cc_frozen('state', 'rectify_by')"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON site_finding "
        "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
    )


def _catalogue() -> None:
    op.create_table(
        "finding_kind",
        _key("kind_id"),
        _text("code"),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("list_code"),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        *(_text(f"{name}_{lang}") for name in ("wording", "basis", "sanction") for lang in ("zh", "en")),
        sa.Column("rectify_days", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("region_code"),
        sa.Column("reconstruction", sa.Boolean(), nullable=False),
        _text("source"),
        _moment("recorded_at"),
        sa.CheckConstraint("rectify_days BETWEEN 0 AND 366", name=op.f("ck_finding_kind_rectify_days")),
        sa.PrimaryKeyConstraint("kind_id", name=op.f("pk_finding_kind")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_finding_kind_code_version")),
    )


def _decisions() -> None:
    op.create_table(
        "enforcement_decision",
        _key("decision_id"),
        _text("number"),
        _key("business_id"),
        _key("site_id", null=True),
        sa.Column("kinds", ARRAY(sa.Text()), nullable=False),
        _text("reason"),
        _text("basis"),
        _moment("starts_at"),
        _moment("ends_at"),
        _text("region_code"),
        _key("office_id", null=True),
        *_recorded(),
        sa.CheckConstraint(
            "cardinality(kinds) > 0 AND kinds <@ ARRAY['order_to_rectify', 'suspension', 'publication']",
            name=op.f("ck_enforcement_decision_kinds"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_enforcement_decision_period")),
        _leads_to("enforcement_decision", "business_id", "business.business_id"),
        _leads_to("enforcement_decision", "site_id", "site.site_id"),
        _leads_to("enforcement_decision", "office_id", "office.office_id"),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_enforcement_decision")),
        sa.UniqueConstraint("region_code", "number", name=op.f("uq_enforcement_decision_region_code_number")),
    )
    _index("enforcement_decision", "business_id", "site_id", "ends_at")
    op.create_table(
        "enforcement_event",
        _key("event_id"),
        _key("decision_id"),
        _text("kind"),
        _text("text"),
        _moment("effective_at", null=True),
        *_recorded(),
        sa.CheckConstraint("kind IN ('objected', 'upheld', 'lifted')", name=op.f("ck_enforcement_event_kind")),
        sa.CheckConstraint(
            "(kind = 'lifted') = (effective_at IS NOT NULL)", name=op.f("ck_enforcement_event_effective_at")
        ),
        _leads_to("enforcement_event", "decision_id", "enforcement_decision.decision_id"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_enforcement_event")),
        sa.UniqueConstraint("decision_id", "kind", name=op.f("uq_enforcement_event_decision_id_kind")),
    )


def _visits() -> None:
    op.create_table(
        "visit",
        _key("visit_id"),
        _key("business_id"),
        _key("site_id", null=True),
        _text("region_code"),
        _key("office_id", null=True),
        _key("flag_id", null=True),
        _text("note", null=True),
        _moment("occurred_at"),
        *_recorded(),
        _leads_to("visit", "business_id", "business.business_id"),
        _leads_to("visit", "site_id", "site.site_id"),
        _leads_to("visit", "office_id", "office.office_id"),
        _leads_to("visit", "flag_id", "flag.flag_id"),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_visit")),
    )
    _index("visit", "business_id", "site_id", "region_code")


def _findings() -> None:
    op.create_table(
        "site_finding",
        _key("finding_id"),
        _key("visit_id"),
        _key("business_id"),
        _key("site_id", null=True),
        _text("region_code"),
        _key("office_id", null=True),
        _key("kind_id", null=True),
        _text("wording", null=True),
        sa.Column("batch_ids", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("rectify_by", sa.Date(), nullable=True),
        _text("state"),
        _moment("occurred_at"),
        *_recorded(),
        sa.CheckConstraint(
            "state IN ('open', 'answered', 'rectified', 'decided')", name=op.f("ck_site_finding_state")
        ),
        sa.CheckConstraint("num_nonnulls(kind_id, wording) = 1", name=op.f("ck_site_finding_wording")),
        _leads_to("site_finding", "visit_id", "visit.visit_id"),
        _leads_to("site_finding", "business_id", "business.business_id"),
        _leads_to("site_finding", "site_id", "site.site_id"),
        _leads_to("site_finding", "office_id", "office.office_id"),
        _leads_to("site_finding", "kind_id", "finding_kind.kind_id"),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_site_finding")),
    )
    _index("site_finding", "visit_id", "business_id", "site_id", "region_code", "state")
    op.create_table(
        "site_finding_event",
        _key("event_id"),
        _key("finding_id"),
        _text("kind"),
        _text("text", null=True),
        sa.Column("rectify_by", sa.Date(), nullable=True),
        _key("decision_id", null=True),
        *_recorded(),
        sa.CheckConstraint(
            "kind IN ('answered', 'returned', 'rectified', 'decided')", name=op.f("ck_site_finding_event_kind")
        ),
        sa.CheckConstraint(
            "(kind = 'decided') = (decision_id IS NOT NULL)", name=op.f("ck_site_finding_event_decision")
        ),
        _leads_to("site_finding_event", "finding_id", "site_finding.finding_id"),
        _leads_to("site_finding_event", "decision_id", "enforcement_decision.decision_id"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_site_finding_event")),
    )
    _index("site_finding_event", "finding_id", "decision_id")
    op.create_table(
        "visit_photo",
        _key("photo_id"),
        _key("visit_id"),
        _key("event_id", null=True),
        _key("file_id"),
        *_recorded(),
        _leads_to("visit_photo", "visit_id", "visit.visit_id"),
        _leads_to("visit_photo", "event_id", "site_finding_event.event_id"),
        _leads_to("visit_photo", "file_id", "stored_file.file_id"),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_visit_photo")),
    )
    _index("visit_photo", "visit_id", "event_id")
