"""The audit log in full with its purge, whose record a personal value stands in, regions over time, grids.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# The floor below which no figure of the rule book leads: 网络安全法 第二十一条, logs are kept six months at least.
# The row trigger holds it against the owner too; the function asks the rule book, which may only demand more.
AUDIT = """
CREATE FUNCTION cc_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('coldchain.purging', true) = 'audit_event' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'CC001';
END $$;

CREATE FUNCTION cc_audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.at > now() - interval '183 days' THEN
        RAISE EXCEPTION 'audit_event is append-only: this line is too young' USING ERRCODE = 'CC001';
    END IF;
    RETURN OLD;
END $$;

CREATE FUNCTION cc_purge_audit(before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    years integer;
    removed bigint;
BEGIN
    SELECT (value #>> '{}')::integer INTO years FROM public.policy_parameter
    WHERE name = 'audit_kept_years' AND valid_from <= current_date
    ORDER BY valid_from DESC, recorded_at DESC, parameter_id DESC LIMIT 1;
    IF before > now() - greatest(make_interval(years => coalesce(years, 2)), interval '183 days') THEN
        RAISE EXCEPTION 'audit_event is append-only: lines are kept % years', coalesce(years, 2)
            USING ERRCODE = 'CC001';
    END IF;
    PERFORM set_config('coldchain.purging', 'audit_event', true);
    DELETE FROM public.audit_event WHERE at < before;
    GET DIAGNOSTICS removed = ROW_COUNT;
    PERFORM set_config('coldchain.purging', '', true);
    RETURN removed;
END $$;
REVOKE ALL ON FUNCTION cc_purge_audit(timestamptz) FROM PUBLIC;

DROP TRIGGER append_only ON audit_event;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION cc_audit_append_only();
CREATE TRIGGER kept BEFORE DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION cc_audit_kept();
"""

# What each value that was kept before is, whose record it stands in and where.
KNOWN = """
UPDATE personal_value p SET what = k.what, business_id = k.business_id, region_code = k.region_code
FROM (
    SELECT legal_representative_id, 'legal_representative', business_id, region_code FROM business
    UNION ALL SELECT phone_id, 'phone', business_id, region_code FROM business
    UNION ALL SELECT l.signed_by_id, 'signer', b.business_id, b.region_code
        FROM commitment_letter l JOIN business b USING (business_id)
    UNION ALL SELECT a.driver_name_id, 'driver_name', a.owner_id, s.region_code FROM arrival a JOIN site s USING (site_id)
    UNION ALL SELECT a.driver_phone_id, 'driver_phone', a.owner_id, s.region_code
        FROM arrival a JOIN site s USING (site_id)
    UNION ALL SELECT sampled_by_id, 'sampled_by', lab_id, region_code FROM tube
    UNION ALL SELECT r.analyst_id, 'analyst', t.lab_id, t.region_code FROM test_result r JOIN tube t USING (tube_id)
    UNION ALL SELECT c.to_name_id, 'receiver_name', c.owner_id, s.region_code
        FROM consignment c JOIN site s ON s.site_id = c.from_site_id
    UNION ALL SELECT c.to_phone_id, 'receiver_phone', c.owner_id, s.region_code
        FROM consignment c JOIN site s ON s.site_id = c.from_site_id
    UNION ALL SELECT c.driver_name_id, 'driver_name', c.owner_id, s.region_code
        FROM consignment c JOIN site s ON s.site_id = c.from_site_id
    UNION ALL SELECT c.driver_phone_id, 'driver_phone', c.owner_id, s.region_code
        FROM consignment c JOIN site s ON s.site_id = c.from_site_id
    UNION ALL SELECT witness_id, 'witness', owner_id, region_code FROM stock_entry
    UNION ALL SELECT f.second_officer_id, 'officer', NULL, s.region_code FROM finding f LEFT JOIN site s USING (site_id)
) AS k (personal_id, what, business_id, region_code)
WHERE p.personal_id = k.personal_id
"""


def upgrade() -> None:
    """Add columns with what is known of the rows that are there."""
    op.add_column("audit_event", sa.Column("action", sa.Text(), nullable=True))
    op.add_column("audit_event", sa.Column("subject_kind", sa.Text(), nullable=True))
    op.add_column(
        "audit_event", sa.Column("subjects", postgresql.ARRAY(sa.Uuid()), nullable=False, server_default="{}")
    )
    op.alter_column("audit_event", "subjects", server_default=None)
    op.add_column("audit_event", sa.Column("address", sa.Text(), nullable=True))
    op.add_column("audit_event", sa.Column("request_id", sa.Text(), nullable=True))
    op.create_index("ix_audit_event_subjects", "audit_event", ["subjects"], postgresql_using="gin")
    op.create_index("ix_audit_event_request_id", "audit_event", ["request_id"])
    op.execute(AUDIT)
    op.execute("DELETE FROM idempotency_record WHERE body <> ''")  # kept answers in plain, with names and phones
    _personal_values()
    _regions()


def _personal_values() -> None:
    op.add_column("personal_value", sa.Column("what", sa.Text(), nullable=False, server_default="other"))
    op.alter_column("personal_value", "what", server_default=None)
    op.add_column("personal_value", sa.Column("business_id", sa.Uuid(), nullable=True))
    op.add_column("personal_value", sa.Column("region_code", sa.Text(), nullable=True))
    op.add_column("personal_value", sa.Column("purge_on", sa.Date(), nullable=True))
    op.execute("ALTER TABLE personal_value DISABLE TRIGGER USER")
    op.execute(KNOWN)
    op.execute("ALTER TABLE personal_value ENABLE TRIGGER USER")
    op.create_index("ix_personal_value_value", "personal_value", ["value"], postgresql_using="hash")


def _regions() -> None:
    op.add_column("region", sa.Column("valid_from", sa.Date(), nullable=True))
    op.add_column("region", sa.Column("valid_to", sa.Date(), nullable=True))
    op.add_column("region", sa.Column("successor_code", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_region_span"), "region", "valid_to >= valid_from")
    op.add_column("office", sa.Column("address", sa.Text(), nullable=True))
    op.add_column("office", sa.Column("phone", sa.Text(), nullable=True))
    op.add_column("office", sa.Column("ended_on", sa.Date(), nullable=True))
    op.create_table(
        "grid",
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["office_id"], ["office.office_id"], name=op.f("fk_grid_office_id")),
        sa.PrimaryKeyConstraint("grid_id", name=op.f("pk_grid")),
        sa.UniqueConstraint("office_id", "code", name=op.f("uq_grid_office_id_code")),
    )
    op.add_column("site", sa.Column("grid_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_site_grid_id"), "site", "grid", ["grid_id"], ["grid_id"])
    op.create_index("ix_site_grid_id", "site", ["grid_id"])
