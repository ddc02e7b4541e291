"""Arrivals declared in advance and entered from paper, their withdrawal and corrections, and drafts of their form.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

APPEND_ONLY = ("intake_line", "arrival_withdrawal", "identity_correction", "arrival_voucher")
CHECKS = (
    ("ck_batch_status", "batch", "status IN ('declared', 'held', 'cleared', 'depleted', 'withdrawn')"),
    ("ck_flag_kind", "flag", "kind IN ('late_under_lock', 'late_unproven', 'mixed_storage', 'count_under_lock', "
     "'count_differs', 'warmer_zone', 'declared_late', 'entered_from_paper', 'number_override')"),
)  # fmt: skip

# What an arrival and a batch are is not rewritten (R11): until declared goods are taken in the row may become what
# came, after that a field changes only to what an appended correction says of it.
KEPT = """
CREATE FUNCTION cc_corrected(arrival uuid, batch uuid, former jsonb, latter jsonb, fields text[]) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT 1 FROM unnest(fields) AS name
        WHERE former -> name IS DISTINCT FROM latter -> name AND NOT EXISTS (
            SELECT 1 FROM identity_correction AS said
            WHERE said.field = name AND said.arrival_id = arrival AND said.batch_id IS NOT DISTINCT FROM batch
              AND said.former_value IS NOT DISTINCT FROM former ->> name AND said.value = latter ->> name))
$$;

CREATE FUNCTION cc_batch_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    former jsonb := to_jsonb(OLD);
    latter jsonb := to_jsonb(NEW);
    identity text[] := ARRAY['product_id', 'batch_no', 'production_date', 'expiry_date'];
    free text[] := ARRAY['status', 'code_made_at'];
BEGIN
    IF former - free = latter - free THEN
        RETURN NEW;
    END IF;
    IF OLD.status = 'declared' THEN
        free := free || ARRAY['zone_id', 'quantity_units', 'piece_count', 'occurred_at'];
    END IF;
    free := free || identity || ARRAY['producer_id', 'search_text'];
    IF former - free IS DISTINCT FROM latter - free
       OR NOT cc_corrected(OLD.arrival_id, OLD.batch_id, former, latter, identity)
       OR (NEW.producer_id IS DISTINCT FROM OLD.producer_id AND NEW.product_id = OLD.product_id) THEN
        RAISE EXCEPTION 'these columns of batch never change' USING ERRCODE = 'CC003';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER frozen ON batch;
CREATE TRIGGER frozen BEFORE UPDATE ON batch FOR EACH ROW EXECUTE FUNCTION cc_batch_kept();

CREATE FUNCTION cc_arrival_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    former jsonb := to_jsonb(OLD);
    latter jsonb := to_jsonb(NEW);
    identity text[] := ARRAY['container_no', 'seal_no', 'customs_declaration_no', 'vehicle_plate'];
    free text[] := ARRAY[]::text[];
BEGIN
    IF OLD.entry_mode = 'declared' AND OLD.arrived_at IS NULL THEN
        free := identity || ARRAY['arrived_at', 'driver_name_id', 'driver_phone_id'];
        identity := ARRAY[]::text[];
    END IF;
    IF former - (free || identity) IS DISTINCT FROM latter - (free || identity)
       OR NOT cc_corrected(OLD.arrival_id, NULL, former, latter, identity) THEN
        RAISE EXCEPTION 'these columns of arrival never change' USING ERRCODE = 'CC003';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen BEFORE UPDATE ON arrival FOR EACH ROW EXECUTE FUNCTION cc_arrival_kept();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON arrival
    FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only();
"""


def _key(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=null)


def _moment(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _leads_to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    """Nothing that is there changes; batches and arrivals are kept by their own triggers from now on."""
    _make_intakes()
    _make_corrections()
    _make_vouchers_and_drafts()
    for name, table, condition in CHECKS:
        op.drop_constraint(op.f(name), table, type_="check")
        op.create_check_constraint(op.f(name), table, condition)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
        )
    op.execute(KEPT)


def _make_intakes() -> None:
    op.create_table(
        "intake_line",
        _key("batch_id"),
        _key("arrival_id"),
        sa.Column("declared_units", sa.BigInteger(), autoincrement=False, nullable=False),
        _key("declared_zone_id"),
        sa.Column("received_units", sa.BigInteger(), autoincrement=False, nullable=False),
        _moment("occurred_at"),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        _key("on_behalf_of", null=True),
        sa.CheckConstraint("declared_units >= 1 AND received_units >= 0", name=op.f("ck_intake_line_quantities")),
        _leads_to("intake_line", "batch_id", "batch.batch_id"),
        _leads_to("intake_line", "arrival_id", "arrival.arrival_id"),
        _leads_to("intake_line", "declared_zone_id", "zone.zone_id"),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_intake_line")),
    )
    op.create_index(op.f("ix_intake_line_arrival_id"), "intake_line", ["arrival_id"])
    op.create_table(
        "arrival_withdrawal",
        _key("arrival_id"),
        _text("reason"),
        _moment("occurred_at"),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        _key("on_behalf_of", null=True),
        _leads_to("arrival_withdrawal", "arrival_id", "arrival.arrival_id"),
        sa.PrimaryKeyConstraint("arrival_id", name=op.f("pk_arrival_withdrawal")),
    )


def _make_corrections() -> None:
    table = "identity_correction"
    op.create_table(
        table,
        _key("correction_id"),
        _key("arrival_id"),
        _key("batch_id", null=True),
        _text("field"),
        _text("former_value", null=True),
        _text("value"),
        _text("reason"),
        _key("corrects_id", null=True),
        _moment("occurred_at"),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        _key("on_behalf_of", null=True),
        sa.CheckConstraint(
            "field IN ('container_no', 'seal_no', 'customs_declaration_no', 'vehicle_plate', 'product_id', 'batch_no', "
            "'production_date', 'expiry_date')",
            name=op.f("ck_identity_correction_field"),
        ),
        sa.CheckConstraint(
            "(batch_id IS NULL) = (field IN ('container_no', 'seal_no', 'customs_declaration_no', 'vehicle_plate'))",
            name=op.f("ck_identity_correction_subject"),
        ),
        sa.CheckConstraint("former_value IS DISTINCT FROM value", name=op.f("ck_identity_correction_differs")),
        _leads_to(table, "arrival_id", "arrival.arrival_id"),
        _leads_to(table, "batch_id", "batch.batch_id"),
        _leads_to(table, "corrects_id", "identity_correction.correction_id"),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_identity_correction")),
    )
    for column in ("arrival_id", "batch_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _make_vouchers_and_drafts() -> None:
    op.create_table(
        "arrival_voucher",
        _key("voucher_id"),
        _key("arrival_id"),
        _key("file_id"),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        _leads_to("arrival_voucher", "arrival_id", "arrival.arrival_id"),
        _leads_to("arrival_voucher", "file_id", "stored_file.file_id"),
        sa.PrimaryKeyConstraint("voucher_id", name=op.f("pk_arrival_voucher")),
        sa.UniqueConstraint("arrival_id", "file_id", name=op.f("uq_arrival_voucher_arrival_id_file_id")),
    )
    op.create_table(
        "arrival_draft",
        _key("draft_id"),
        _key("user_id"),
        _key("owner_id"),
        sa.Column("fields", postgresql.JSONB(none_as_null=True), nullable=False),
        _moment("updated_at"),
        _leads_to("arrival_draft", "user_id", "app_user.user_id"),
        _leads_to("arrival_draft", "owner_id", "business.business_id"),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_arrival_draft")),
        sa.UniqueConstraint("user_id", "owner_id", name=op.f("uq_arrival_draft_user_id_owner_id")),
    )
