"""The first schema: final shapes of identity, accounts and postings, holds, journal, and what keeps them append-only."""

from alembic import op
import sqlalchemy as sa
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


FUNCTIONS = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Single characters and bigrams of normalised text: Chinese words of two characters are found by an index.
CREATE FUNCTION cc_grams(t text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT gram), '{}') FROM (
        SELECT substr(t, i, n) AS gram FROM generate_series(1, length(t)) AS i, (VALUES (1), (2)) AS sizes(n)
        WHERE i + n - 1 <= length(t)
    ) AS grams
$$;

CREATE FUNCTION cc_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'CC001';
END $$;

-- Every movement of a statement must balance, per batch (R10).
CREATE FUNCTION cc_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM posting WHERE movement_id IN (SELECT movement_id FROM fresh)
        GROUP BY movement_id HAVING sum(quantity_units) <> 0 OR count(DISTINCT batch_id) <> 1
    ) THEN
        RAISE EXCEPTION 'postings do not balance' USING ERRCODE = 'CC002';
    END IF;
    RETURN NULL;
END $$;

-- A row whose listed columns may change once; everything else is frozen.
CREATE FUNCTION cc_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    allowed text[] := TG_ARGV;
BEGIN
    IF (to_jsonb(OLD) - allowed) IS DISTINCT FROM (to_jsonb(NEW) - allowed) THEN
        RAISE EXCEPTION 'these columns of % never change', TG_TABLE_NAME USING ERRCODE = 'CC003';
    END IF;
    RETURN NEW;
END $$;
"""

GRAMS = ("batch", "business", "producer", "product", "recall")

APPEND_ONLY = (
    "journal_entry", "journal_leaf", "journal_node", "journal_checkpoint", "movement", "posting", "recall_version",
    "finding", "finding_line", "task_expected", "sample_event", "disinfection", "sample", "test_result", "batch_origin",
    "commitment_letter", "commitment_text", "audit_event", "evidence_policy", "disinfection_protocol",
    "policy_parameter",
)

FROZEN = {
    "batch": ("status", "code_made_at"),
    "hold": ("ended_at", "ended_reason", "ended_by"),
    "evidence": ("verified_at", "verified_by"),
    "tube": (),
    "consignment_line": ("confirmed_units",),
    "watch_criterion": ("ended_at",),
    "personal_value": ("salt", "value", "erased_at", "erased_reason"),
}


def queue_schema() -> str:
    """procrastinate's schema without its NOTIFY triggers: notifying commits serialise, the worker polls instead."""
    schema = SchemaManager.get_schema()
    names = ("procrastinate_jobs_notify_queue_job_inserted_v1", "procrastinate_jobs_notify_queue_job_aborted_v1")
    return schema + "".join(f"\nDROP TRIGGER {name} ON procrastinate_jobs;" for name in names)


def upgrade() -> None:
    op.execute(FUNCTIONS)
    op.create_table('audit_event',
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('detail', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_audit_event'))
    )
    op.create_index(op.f('ix_audit_event_at'), 'audit_event', ['at'], unique=False)
    op.create_index(op.f('ix_audit_event_kind'), 'audit_event', ['kind'], unique=False)
    op.create_index(op.f('ix_audit_event_user_id'), 'audit_event', ['user_id'], unique=False)
    op.create_table('commitment_text',
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('text_zh', sa.Text(), nullable=False),
    sa.Column('text_en', sa.Text(), nullable=False),
    sa.Column('text_hash', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_commitment_text'))
    )
    op.create_table('disinfection_protocol',
    sa.Column('protocol_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('agent', sa.Text(), nullable=False),
    sa.Column('ambient_from_c', sa.Numeric(precision=6, scale=2), nullable=True),
    sa.Column('ambient_to_c', sa.Numeric(precision=6, scale=2), nullable=True),
    sa.Column('concentration_min_mg_per_l', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('contact_min', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('volume_from_ml_per_m2', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('volume_to_ml_per_m2', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('additives', sa.Text(), nullable=True),
    sa.Column('name_zh', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('protocol_id', name=op.f('pk_disinfection_protocol')),
    sa.UniqueConstraint('code', 'version', name=op.f('uq_disinfection_protocol_code_version'))
    )
    op.create_index(op.f('ix_disinfection_protocol_agent'), 'disinfection_protocol', ['agent'], unique=False)
    op.create_table('evidence_policy',
    sa.Column('policy_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name_zh', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('region_code', sa.Text(), nullable=True),
    sa.Column('imported', sa.Boolean(), nullable=False),
    sa.Column('categories', postgresql.ARRAY(sa.Text()), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('evidence', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('disinfection', sa.Text(), nullable=False),
    sa.Column('testing', sa.Text(), nullable=False),
    sa.Column('code_required', sa.Boolean(), nullable=False),
    sa.Column('supplier_required', sa.Boolean(), nullable=False),
    sa.Column('requires_verified', sa.Boolean(), nullable=False),
    sa.Column('grace_until', sa.Date(), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("disinfection IN ('every_piece', 'none')", name=op.f('ck_evidence_policy_disinfection')),
    sa.CheckConstraint("testing IN ('per_batch', 'per_piece', 'none')", name=op.f('ck_evidence_policy_testing')),
    sa.PrimaryKeyConstraint('policy_id', name=op.f('pk_evidence_policy')),
    sa.UniqueConstraint('code', 'version', name=op.f('uq_evidence_policy_code_version'))
    )
    op.create_index(op.f('ix_evidence_policy_region_code'), 'evidence_policy', ['region_code'], unique=False)
    op.create_table('idempotency_record',
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('principal', sa.Text(), nullable=False),
    sa.Column('route', sa.Text(), nullable=False),
    sa.Column('content_hash', sa.Text(), nullable=False),
    sa.Column('status', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('headers', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('scope', name=op.f('pk_idempotency_record'))
    )
    op.create_index(op.f('ix_idempotency_record_recorded_at'), 'idempotency_record', ['recorded_at'], unique=False)
    op.create_table('journal_checkpoint',
    sa.Column('size', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('origin', sa.Text(), nullable=False),
    sa.Column('root', sa.LargeBinary(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('size', name=op.f('pk_journal_checkpoint'))
    )
    op.create_table('journal_entry',
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('business_id', sa.Uuid(), nullable=True),
    sa.Column('region_code', sa.Text(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('leaf_hash', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_journal_entry'))
    )
    op.create_index(op.f('ix_journal_entry_business_id'), 'journal_entry', ['business_id'], unique=False)
    op.create_index(op.f('ix_journal_entry_kind'), 'journal_entry', ['kind'], unique=False)
    op.create_index(op.f('ix_journal_entry_recorded_at'), 'journal_entry', ['recorded_at'], unique=False)
    op.create_index(op.f('ix_journal_entry_subject_id'), 'journal_entry', ['subject_id'], unique=False)
    op.create_table('journal_node',
    sa.Column('level', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('index', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint('level BETWEEN 1 AND 62', name=op.f('ck_journal_node_level')),
    sa.PrimaryKeyConstraint('level', 'index', name=op.f('pk_journal_node'))
    )
    op.create_table('office',
    sa.Column('office_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('office_id', name=op.f('pk_office')),
    sa.UniqueConstraint('region_code', 'name', name=op.f('uq_office_region_code_name'))
    )
    op.create_index(op.f('ix_office_region_code'), 'office', ['region_code'], unique=False)
    op.create_table('personal_value',
    sa.Column('personal_id', sa.Uuid(), nullable=False),
    sa.Column('salt', sa.LargeBinary(), nullable=True),
    sa.Column('value', sa.Text(), nullable=True),
    sa.Column('commitment', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('erased_reason', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('personal_id', name=op.f('pk_personal_value'))
    )
    op.create_table('policy_parameter',
    sa.Column('parameter_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('parameter_id', name=op.f('pk_policy_parameter'))
    )
    op.create_index(op.f('ix_policy_parameter_name'), 'policy_parameter', ['name'], unique=False)
    op.create_table('recall',
    sa.Column('recall_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('region_code', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deadline_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('announced_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('search_text', sa.Text(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("kind IN ('outbreak_sweep', 'assistance', 'food_recall', 'drill')", name=op.f('ck_recall_kind')),
    sa.CheckConstraint("state IN ('draft', 'announced', 'withdrawn', 'closed')", name=op.f('ck_recall_state')),
    sa.PrimaryKeyConstraint('recall_id', name=op.f('pk_recall'))
    )
    op.create_index(op.f('ix_recall_region_code'), 'recall', ['region_code'], unique=False)
    op.create_index(op.f('ix_recall_state'), 'recall', ['state'], unique=False)
    op.create_table('region',
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name_zh', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('parent_code', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_region'))
    )
    op.create_index(op.f('ix_region_parent_code'), 'region', ['parent_code'], unique=False)
    op.create_table('sign_in_failure',
    sa.Column('failure_id', sa.Uuid(), nullable=False),
    sa.Column('username', sa.Text(), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('failure_id', name=op.f('pk_sign_in_failure'))
    )
    op.create_index(op.f('ix_sign_in_failure_address'), 'sign_in_failure', ['address'], unique=False)
    op.create_index(op.f('ix_sign_in_failure_at'), 'sign_in_failure', ['at'], unique=False)
    op.create_index(op.f('ix_sign_in_failure_username'), 'sign_in_failure', ['username'], unique=False)
    op.create_table('system_mark',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('value', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_system_mark'))
    )
    op.create_table('watch_criterion',
    sa.Column('watch_id', sa.Uuid(), nullable=False),
    sa.Column('cause_id', sa.Uuid(), nullable=False),
    sa.Column('cause_version', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('criterion', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('watch_id', name=op.f('pk_watch_criterion')),
    sa.UniqueConstraint('cause_id', 'cause_version', name=op.f('uq_watch_criterion_cause_id_cause_version'))
    )
    op.create_table('business',
    sa.Column('business_id', sa.Uuid(), nullable=False),
    sa.Column('uscc', sa.Text(), nullable=True),
    sa.Column('temporary_no', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('search_text', sa.Text(), nullable=False),
    sa.Column('kinds', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('handles_imported', sa.Boolean(), nullable=False),
    sa.Column('card_no', sa.Text(), nullable=True),
    sa.Column('region_code', sa.Text(), nullable=False),
    sa.Column('office_id', sa.Uuid(), nullable=True),
    sa.Column('legal_representative_id', sa.Uuid(), nullable=True),
    sa.Column('phone_id', sa.Uuid(), nullable=True),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('licence_no', sa.Text(), nullable=True),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('status_reason', sa.Text(), nullable=True),
    sa.Column('merged_into_id', sa.Uuid(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("status IN ('pending', 'active', 'rejected', 'suspended', 'closed')", name=op.f('ck_business_status')),
    sa.CheckConstraint('(uscc IS NULL) <> (temporary_no IS NULL) OR merged_into_id IS NOT NULL', name=op.f('ck_business_identity')),
    sa.CheckConstraint('handles_imported = (card_no IS NOT NULL)', name=op.f('ck_business_card')),
    sa.ForeignKeyConstraint(['legal_representative_id'], ['personal_value.personal_id'], name=op.f('fk_business_legal_representative_id')),
    sa.ForeignKeyConstraint(['merged_into_id'], ['business.business_id'], name=op.f('fk_business_merged_into_id')),
    sa.ForeignKeyConstraint(['office_id'], ['office.office_id'], name=op.f('fk_business_office_id')),
    sa.ForeignKeyConstraint(['phone_id'], ['personal_value.personal_id'], name=op.f('fk_business_phone_id')),
    sa.PrimaryKeyConstraint('business_id', name=op.f('pk_business')),
    sa.UniqueConstraint('card_no', name=op.f('uq_business_card_no')),
    sa.UniqueConstraint('temporary_no', name=op.f('uq_business_temporary_no')),
    sa.UniqueConstraint('uscc', name=op.f('uq_business_uscc'))
    )
    op.create_index(op.f('ix_business_merged_into_id'), 'business', ['merged_into_id'], unique=False)
    op.create_index(op.f('ix_business_office_id'), 'business', ['office_id'], unique=False)
    op.create_index(op.f('ix_business_region_code'), 'business', ['region_code'], unique=False)
    op.create_index(op.f('ix_business_status'), 'business', ['status'], unique=False)
    op.create_table('journal_leaf',
    sa.Column('index', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('leaf_hash', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['journal_entry.entry_id'], name=op.f('fk_journal_leaf_entry_id')),
    sa.PrimaryKeyConstraint('index', name=op.f('pk_journal_leaf')),
    sa.UniqueConstraint('entry_id', name=op.f('uq_journal_leaf_entry_id'))
    )
    op.create_table('journal_pending',
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['journal_entry.entry_id'], name=op.f('fk_journal_pending_entry_id')),
    sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_journal_pending'))
    )
    op.create_table('recall_version',
    sa.Column('recall_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('notice_no', sa.Text(), nullable=False),
    sa.Column('issuer', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('criterion', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('blanket', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['recall_id'], ['recall.recall_id'], name=op.f('fk_recall_version_recall_id')),
    sa.PrimaryKeyConstraint('recall_id', 'version', name=op.f('pk_recall_version'))
    )
    op.create_table('venue',
    sa.Column('venue_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('region_code', sa.Text(), nullable=False),
    sa.Column('office_id', sa.Uuid(), nullable=True),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("kind IN ('park', 'market', 'mall')", name=op.f('ck_venue_kind')),
    sa.ForeignKeyConstraint(['office_id'], ['office.office_id'], name=op.f('fk_venue_office_id')),
    sa.PrimaryKeyConstraint('venue_id', name=op.f('pk_venue'))
    )
    op.create_index(op.f('ix_venue_office_id'), 'venue', ['office_id'], unique=False)
    op.create_index(op.f('ix_venue_region_code'), 'venue', ['region_code'], unique=False)
    op.create_table('app_user',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('username', sa.Text(), nullable=False),
    sa.Column('display_name', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('business_id', sa.Uuid(), nullable=True),
    sa.Column('password_hash', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(role IN ('merchant', 'lab')) = (business_id IS NOT NULL)", name=op.f('ck_app_user_business')),
    sa.CheckConstraint("role IN ('admin', 'regulator', 'inspector', 'merchant', 'lab')", name=op.f('ck_app_user_role')),
    sa.ForeignKeyConstraint(['business_id'], ['business.business_id'], name=op.f('fk_app_user_business_id')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_app_user')),
    sa.UniqueConstraint('username', name=op.f('uq_app_user_username'))
    )
    op.create_index(op.f('ix_app_user_business_id'), 'app_user', ['business_id'], unique=False)
    op.create_table('commitment_letter',
    sa.Column('letter_id', sa.Uuid(), nullable=False),
    sa.Column('business_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('text_hash', sa.Text(), nullable=False),
    sa.Column('signed_by_id', sa.Uuid(), nullable=False),
    sa.Column('signed_on', sa.Date(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.Column('on_behalf_of', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['business_id'], ['business.business_id'], name=op.f('fk_commitment_letter_business_id')),
    sa.ForeignKeyConstraint(['signed_by_id'], ['personal_value.personal_id'], name=op.f('fk_commitment_letter_signed_by_id')),
    sa.PrimaryKeyConstraint('letter_id', name=op.f('pk_commitment_letter'))
    )
    op.create_index(op.f('ix_commitment_letter_business_id'), 'commitment_letter', ['business_id'], unique=False)
    op.create_table('producer',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_key', sa.Text(), nullable=False),
    sa.Column('search_text', sa.Text(), nullable=False),
    sa.Column('country', sa.Text(), nullable=False),
    sa.Column('plant_no', sa.Text(), nullable=True),
    sa.Column('licence_no', sa.Text(), nullable=True),
    sa.Column('registered_for', sa.Uuid(), nullable=True),
    sa.Column('merged_into_id', sa.Uuid(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['merged_into_id'], ['producer.producer_id'], name=op.f('fk_producer_merged_into_id')),
    sa.ForeignKeyConstraint(['registered_for'], ['business.business_id'], name=op.f('fk_producer_registered_for')),
    sa.PrimaryKeyConstraint('producer_id', name=op.f('pk_producer'))
    )
    op.create_index(op.f('ix_producer_merged_into_id'), 'producer', ['merged_into_id'], unique=False)
    op.create_index(op.f('ix_producer_registered_for'), 'producer', ['registered_for'], unique=False)
    op.create_index('uq_producer_licence', 'producer', ['licence_no'], unique=True, postgresql_where=sa.text('plant_no IS NULL AND licence_no IS NOT NULL'))
    op.create_index('uq_producer_name', 'producer', ['country', 'name_key', 'registered_for'], unique=True, postgresql_where=sa.text('plant_no IS NULL AND licence_no IS NULL'), postgresql_nulls_not_distinct=True)
    op.create_index('uq_producer_plant', 'producer', ['country', 'plant_no'], unique=True, postgresql_where=sa.text('plant_no IS NOT NULL'))
    op.create_table('site',
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('business_id', sa.Uuid(), nullable=False),
    sa.Column('venue_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('region_code', sa.Text(), nullable=False),
    sa.Column('office_id', sa.Uuid(), nullable=True),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("kind IN ('cold_store', 'stall', 'shop', 'supermarket', 'kitchen', 'plant', 'first_store')", name=op.f('ck_site_kind')),
    sa.ForeignKeyConstraint(['business_id'], ['business.business_id'], name=op.f('fk_site_business_id')),
    sa.ForeignKeyConstraint(['office_id'], ['office.office_id'], name=op.f('fk_site_office_id')),
    sa.ForeignKeyConstraint(['venue_id'], ['venue.venue_id'], name=op.f('fk_site_venue_id')),
    sa.PrimaryKeyConstraint('site_id', name=op.f('pk_site'))
    )
    op.create_index('ix_site_area', 'site', ['region_code', 'kind'], unique=False)
    op.create_index(op.f('ix_site_business_id'), 'site', ['business_id'], unique=False)
    op.create_index(op.f('ix_site_office_id'), 'site', ['office_id'], unique=False)
    op.create_index(op.f('ix_site_venue_id'), 'site', ['venue_id'], unique=False)
    op.create_table('tube',
    sa.Column('tube_id', sa.Uuid(), nullable=False),
    sa.Column('tube_no', sa.Text(), nullable=False),
    sa.Column('lab_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(), nullable=False),
    sa.Column('sampled_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sampled_by_id', sa.Uuid(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['lab_id'], ['business.business_id'], name=op.f('fk_tube_lab_id')),
    sa.ForeignKeyConstraint(['sampled_by_id'], ['personal_value.personal_id'], name=op.f('fk_tube_sampled_by_id')),
    sa.PrimaryKeyConstraint('tube_id', name=op.f('pk_tube')),
    sa.UniqueConstraint('lab_id', 'tube_no', name=op.f('uq_tube_lab_id_tube_no'))
    )
    op.create_table('api_token',
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('label', sa.Text(), nullable=True),
    sa.Column('scopes', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.user_id'], name=op.f('fk_api_token_user_id')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_api_token'))
    )
    op.create_index(op.f('ix_api_token_user_id'), 'api_token', ['user_id'], unique=False)
    op.create_table('arrival',
    sa.Column('arrival_id', sa.Uuid(), nullable=False),
    sa.Column('arrival_no', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('entry_mode', sa.Text(), nullable=False),
    sa.Column('expected_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('arrived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('supplier_id', sa.Uuid(), nullable=True),
    sa.Column('supplier_name', sa.Text(), nullable=True),
    sa.Column('container_no', sa.Text(), nullable=True),
    sa.Column('seal_no', sa.Text(), nullable=True),
    sa.Column('customs_declaration_no', sa.Text(), nullable=True),
    sa.Column('vehicle_plate', sa.Text(), nullable=True),
    sa.Column('driver_name_id', sa.Uuid(), nullable=True),
    sa.Column('driver_phone_id', sa.Uuid(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.Column('on_behalf_of', sa.Uuid(), nullable=True),
    sa.CheckConstraint("entry_mode IN ('declared', 'arrived', 'existing_stock', 'paper')", name=op.f('ck_arrival_entry_mode')),
    sa.ForeignKeyConstraint(['driver_name_id'], ['personal_value.personal_id'], name=op.f('fk_arrival_driver_name_id')),
    sa.ForeignKeyConstraint(['driver_phone_id'], ['personal_value.personal_id'], name=op.f('fk_arrival_driver_phone_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['business.business_id'], name=op.f('fk_arrival_owner_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.site_id'], name=op.f('fk_arrival_site_id')),
    sa.ForeignKeyConstraint(['supplier_id'], ['business.business_id'], name=op.f('fk_arrival_supplier_id')),
    sa.PrimaryKeyConstraint('arrival_id', name=op.f('pk_arrival')),
    sa.UniqueConstraint('arrival_no', name=op.f('uq_arrival_arrival_no'))
    )
    op.create_index(op.f('ix_arrival_container_no'), 'arrival', ['container_no'], unique=False)
    op.create_index(op.f('ix_arrival_customs_declaration_no'), 'arrival', ['customs_declaration_no'], unique=False)
    op.create_index(op.f('ix_arrival_owner_id'), 'arrival', ['owner_id'], unique=False)
    op.create_index(op.f('ix_arrival_site_id'), 'arrival', ['site_id'], unique=False)
    op.create_index(op.f('ix_arrival_supplier_id'), 'arrival', ['supplier_id'], unique=False)
    op.create_table('assignment',
    sa.Column('assignment_id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(), nullable=False),
    sa.Column('office_id', sa.Uuid(), nullable=True),
    sa.Column('valid_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('valid_to', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['office_id'], ['office.office_id'], name=op.f('fk_assignment_office_id')),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.user_id'], name=op.f('fk_assignment_user_id')),
    sa.PrimaryKeyConstraint('assignment_id', name=op.f('pk_assignment'))
    )
    op.create_index(op.f('ix_assignment_user_id'), 'assignment', ['user_id'], unique=False)
    op.create_table('producer_alias',
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('alias_key', sa.Text(), nullable=False),
    sa.Column('alias', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['producer_id'], ['producer.producer_id'], name=op.f('fk_producer_alias_producer_id')),
    sa.PrimaryKeyConstraint('producer_id', 'alias_key', name=op.f('pk_producer_alias'))
    )
    op.create_table('product',
    sa.Column('product_id', sa.Uuid(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('identity_hash', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=True),
    sa.Column('series', sa.Text(), nullable=True),
    sa.Column('category', sa.Text(), nullable=False),
    sa.Column('origin_country', sa.Text(), nullable=False),
    sa.Column('gtin', sa.Text(), nullable=True),
    sa.Column('hs_code', sa.Text(), nullable=True),
    sa.Column('ledger_unit', sa.Text(), nullable=False),
    sa.Column('units_per_piece', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('unit_mass_g', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('imported', sa.Boolean(), nullable=False),
    sa.Column('search_text', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("category IN ('meat', 'poultry', 'aquatic', 'dairy', 'ice', 'produce', 'other')", name=op.f('ck_product_category')),
    sa.CheckConstraint("ledger_unit <> 'gram' OR unit_mass_g = 1", name=op.f('ck_product_gram')),
    sa.CheckConstraint("ledger_unit IN ('unit', 'gram')", name=op.f('ck_product_ledger_unit')),
    sa.CheckConstraint('units_per_piece >= 1 AND unit_mass_g >= 1', name=op.f('ck_product_sizes')),
    sa.ForeignKeyConstraint(['producer_id'], ['producer.producer_id'], name=op.f('fk_product_producer_id')),
    sa.PrimaryKeyConstraint('product_id', name=op.f('pk_product')),
    sa.UniqueConstraint('identity_hash', name=op.f('uq_product_identity_hash'))
    )
    op.create_index(op.f('ix_product_gtin'), 'product', ['gtin'], unique=False)
    op.create_index(op.f('ix_product_producer_id'), 'product', ['producer_id'], unique=False)
    op.create_table('sign_in_link',
    sa.Column('link_hash', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.user_id'], name=op.f('fk_sign_in_link_user_id')),
    sa.PrimaryKeyConstraint('link_hash', name=op.f('pk_sign_in_link'))
    )
    op.create_index(op.f('ix_sign_in_link_user_id'), 'sign_in_link', ['user_id'], unique=False)
    op.create_table('test_result',
    sa.Column('result_id', sa.Uuid(), nullable=False),
    sa.Column('tube_id', sa.Uuid(), nullable=False),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('result', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('report_no', sa.Text(), nullable=False),
    sa.Column('analyst_id', sa.Uuid(), nullable=True),
    sa.Column('supersedes_id', sa.Uuid(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("result IN ('negative', 'positive', 'invalid')", name=op.f('ck_test_result_result')),
    sa.CheckConstraint("stage IN ('preliminary', 'recheck', 'confirmation')", name=op.f('ck_test_result_stage')),
    sa.ForeignKeyConstraint(['analyst_id'], ['personal_value.personal_id'], name=op.f('fk_test_result_analyst_id')),
    sa.ForeignKeyConstraint(['supersedes_id'], ['test_result.result_id'], name=op.f('fk_test_result_supersedes_id')),
    sa.ForeignKeyConstraint(['tube_id'], ['tube.tube_id'], name=op.f('fk_test_result_tube_id')),
    sa.PrimaryKeyConstraint('result_id', name=op.f('pk_test_result'))
    )
    op.create_index(op.f('ix_test_result_supersedes_id'), 'test_result', ['supersedes_id'], unique=False)
    op.create_index(op.f('ix_test_result_tube_id'), 'test_result', ['tube_id'], unique=False)
    op.create_table('user_session',
    sa.Column('session_hash', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('user_agent', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.user_id'], name=op.f('fk_user_session_user_id')),
    sa.PrimaryKeyConstraint('session_hash', name=op.f('pk_user_session'))
    )
    op.create_index(op.f('ix_user_session_user_id'), 'user_session', ['user_id'], unique=False)
    op.create_table('zone',
    sa.Column('zone_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('temperature_class', sa.Text(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("kind IN ('import_dedicated', 'general', 'sale_counter', 'quarantine', 'processing')", name=op.f('ck_zone_kind')),
    sa.CheckConstraint("temperature_class IN ('chilled', 'frozen', 'ultra')", name=op.f('ck_zone_temperature_class')),
    sa.ForeignKeyConstraint(['site_id'], ['site.site_id'], name=op.f('fk_zone_site_id')),
    sa.PrimaryKeyConstraint('zone_id', name=op.f('pk_zone')),
    sa.UniqueConstraint('site_id', 'code', name=op.f('uq_zone_site_id_code'))
    )
    op.create_table('batch',
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('batch_code', sa.Text(), nullable=False),
    sa.Column('arrival_id', sa.Uuid(), nullable=False),
    sa.Column('line_no', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('product_id', sa.Uuid(), nullable=False),
    sa.Column('producer_id', sa.Uuid(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('zone_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(), nullable=False),
    sa.Column('batch_no', sa.Text(), nullable=True),
    sa.Column('production_date', sa.Date(), nullable=False),
    sa.Column('expiry_date', sa.Date(), nullable=True),
    sa.Column('quantity_units', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('piece_count', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('code_made_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('search_text', sa.Text(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("status IN ('declared', 'held', 'cleared', 'depleted')", name=op.f('ck_batch_status')),
    sa.CheckConstraint('expiry_date IS NULL OR expiry_date >= production_date', name=op.f('ck_batch_dates')),
    sa.CheckConstraint('quantity_units >= 1 AND piece_count >= 1', name=op.f('ck_batch_quantity')),
    sa.ForeignKeyConstraint(['arrival_id'], ['arrival.arrival_id'], name=op.f('fk_batch_arrival_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['business.business_id'], name=op.f('fk_batch_owner_id')),
    sa.ForeignKeyConstraint(['producer_id'], ['producer.producer_id'], name=op.f('fk_batch_producer_id')),
    sa.ForeignKeyConstraint(['product_id'], ['product.product_id'], name=op.f('fk_batch_product_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.site_id'], name=op.f('fk_batch_site_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zone.zone_id'], name=op.f('fk_batch_zone_id')),
    sa.PrimaryKeyConstraint('batch_id', name=op.f('pk_batch')),
    sa.UniqueConstraint('arrival_id', 'line_no', name=op.f('uq_batch_arrival_id_line_no')),
    sa.UniqueConstraint('batch_code', name=op.f('uq_batch_batch_code'))
    )
    op.create_index(op.f('ix_batch_batch_no'), 'batch', ['batch_no'], unique=False)
    op.create_index(op.f('ix_batch_owner_id'), 'batch', ['owner_id'], unique=False)
    op.create_index(op.f('ix_batch_producer_id'), 'batch', ['producer_id'], unique=False)
    op.create_index(op.f('ix_batch_product_id'), 'batch', ['product_id'], unique=False)
    op.create_index(op.f('ix_batch_production_date'), 'batch', ['production_date'], unique=False)
    op.create_index('ix_batch_recorded', 'batch', ['recorded_at', 'batch_id'], unique=False)
    op.create_index(op.f('ix_batch_region_code'), 'batch', ['region_code'], unique=False)
    op.create_index(op.f('ix_batch_site_id'), 'batch', ['site_id'], unique=False)
    op.create_index(op.f('ix_batch_status'), 'batch', ['status'], unique=False)
    op.create_table('consignment',
    sa.Column('consignment_id', sa.Uuid(), nullable=False),
    sa.Column('consignment_no', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('from_zone_id', sa.Uuid(), nullable=False),
    sa.Column('from_site_id', sa.Uuid(), nullable=False),
    sa.Column('to_business_id', sa.Uuid(), nullable=True),
    sa.Column('to_name_id', sa.Uuid(), nullable=True),
    sa.Column('to_phone_id', sa.Uuid(), nullable=True),
    sa.Column('to_address', sa.Text(), nullable=True),
    sa.Column('to_site_id', sa.Uuid(), nullable=True),
    sa.Column('handover', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('vehicle_plate', sa.Text(), nullable=True),
    sa.Column('driver_name_id', sa.Uuid(), nullable=True),
    sa.Column('driver_phone_id', sa.Uuid(), nullable=True),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.Column('on_behalf_of', sa.Uuid(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_by', sa.Uuid(), nullable=True),
    sa.Column('answer_reason', sa.Text(), nullable=True),
    sa.Column('to_zone_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint("handover IN ('await_confirmation', 'signed_in_person')", name=op.f('ck_consignment_handover')),
    sa.CheckConstraint("state IN ('in_transit', 'confirmed', 'disputed', 'rejected', 'signed')", name=op.f('ck_consignment_state')),
    sa.CheckConstraint('(to_business_id IS NULL) = (to_name_id IS NOT NULL)', name=op.f('ck_consignment_receiver')),
    sa.ForeignKeyConstraint(['driver_name_id'], ['personal_value.personal_id'], name=op.f('fk_consignment_driver_name_id')),
    sa.ForeignKeyConstraint(['driver_phone_id'], ['personal_value.personal_id'], name=op.f('fk_consignment_driver_phone_id')),
    sa.ForeignKeyConstraint(['from_site_id'], ['site.site_id'], name=op.f('fk_consignment_from_site_id')),
    sa.ForeignKeyConstraint(['from_zone_id'], ['zone.zone_id'], name=op.f('fk_consignment_from_zone_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['business.business_id'], name=op.f('fk_consignment_owner_id')),
    sa.ForeignKeyConstraint(['to_business_id'], ['business.business_id'], name=op.f('fk_consignment_to_business_id')),
    sa.ForeignKeyConstraint(['to_name_id'], ['personal_value.personal_id'], name=op.f('fk_consignment_to_name_id')),
    sa.ForeignKeyConstraint(['to_phone_id'], ['personal_value.personal_id'], name=op.f('fk_consignment_to_phone_id')),
    sa.ForeignKeyConstraint(['to_site_id'], ['site.site_id'], name=op.f('fk_consignment_to_site_id')),
    sa.ForeignKeyConstraint(['to_zone_id'], ['zone.zone_id'], name=op.f('fk_consignment_to_zone_id')),
    sa.PrimaryKeyConstraint('consignment_id', name=op.f('pk_consignment')),
    sa.UniqueConstraint('consignment_no', name=op.f('uq_consignment_consignment_no'))
    )
    op.create_index(op.f('ix_consignment_from_site_id'), 'consignment', ['from_site_id'], unique=False)
    op.create_index(op.f('ix_consignment_owner_id'), 'consignment', ['owner_id'], unique=False)
    op.create_index(op.f('ix_consignment_recorded_at'), 'consignment', ['recorded_at'], unique=False)
    op.create_index(op.f('ix_consignment_state'), 'consignment', ['state'], unique=False)
    op.create_index(op.f('ix_consignment_to_business_id'), 'consignment', ['to_business_id'], unique=False)
    op.create_index(op.f('ix_consignment_to_site_id'), 'consignment', ['to_site_id'], unique=False)
    op.create_table('batch_origin',
    sa.Column('child_id', sa.Uuid(), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['child_id'], ['batch.batch_id'], name=op.f('fk_batch_origin_child_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['batch.batch_id'], name=op.f('fk_batch_origin_parent_id')),
    sa.PrimaryKeyConstraint('child_id', 'parent_id', name=op.f('pk_batch_origin'))
    )
    op.create_index('ix_batch_origin_parent', 'batch_origin', ['parent_id'], unique=False)
    op.create_table('consignment_line',
    sa.Column('consignment_id', sa.Uuid(), nullable=False),
    sa.Column('line_no', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('quantity_units', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('confirmed_units', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('verdict', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.CheckConstraint('confirmed_units IS NULL OR confirmed_units >= 0', name=op.f('ck_consignment_line_confirmed')),
    sa.CheckConstraint('quantity_units >= 1', name=op.f('ck_consignment_line_quantity')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_consignment_line_batch_id')),
    sa.ForeignKeyConstraint(['consignment_id'], ['consignment.consignment_id'], name=op.f('fk_consignment_line_consignment_id')),
    sa.PrimaryKeyConstraint('consignment_id', 'line_no', name=op.f('pk_consignment_line')),
    sa.UniqueConstraint('consignment_id', 'batch_id', name=op.f('uq_consignment_line_consignment_id_batch_id'))
    )
    op.create_index(op.f('ix_consignment_line_batch_id'), 'consignment_line', ['batch_id'], unique=False)
    op.create_table('disinfection',
    sa.Column('disinfection_id', sa.Uuid(), nullable=False),
    sa.Column('arrival_id', sa.Uuid(), nullable=True),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('performed_by', sa.Text(), nullable=False),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('object', sa.Text(), nullable=False),
    sa.Column('agent', sa.Text(), nullable=False),
    sa.Column('additives', sa.Text(), nullable=True),
    sa.Column('concentration_mg_per_l', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('contact_min', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('volume_ml_per_m2', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('ambient_temperature_c', sa.Numeric(precision=6, scale=2), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('piece_from', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('piece_to', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('protocol_id', sa.Uuid(), nullable=True),
    sa.Column('protocol_state', sa.Text(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.Column('on_behalf_of', sa.Uuid(), nullable=True),
    sa.CheckConstraint("(basis = 'whole_batch' AND piece_from IS NULL AND piece_to IS NULL) OR\n    (basis <> 'whole_batch' AND piece_from >= 1 AND piece_to >= piece_from)", name=op.f('ck_disinfection_range')),
    sa.CheckConstraint("basis IN ('scanned', 'declared_range', 'whole_batch')", name=op.f('ck_disinfection_basis')),
    sa.CheckConstraint("protocol_state IN ('met', 'not_met', 'no_protocol')", name=op.f('ck_disinfection_protocol_state')),
    sa.CheckConstraint('(arrival_id IS NULL) <> (batch_id IS NULL)', name=op.f('ck_disinfection_target')),
    sa.ForeignKeyConstraint(['arrival_id'], ['arrival.arrival_id'], name=op.f('fk_disinfection_arrival_id')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_disinfection_batch_id')),
    sa.ForeignKeyConstraint(['protocol_id'], ['disinfection_protocol.protocol_id'], name=op.f('fk_disinfection_protocol_id')),
    sa.PrimaryKeyConstraint('disinfection_id', name=op.f('pk_disinfection'))
    )
    op.create_index(op.f('ix_disinfection_arrival_id'), 'disinfection', ['arrival_id'], unique=False)
    op.create_index(op.f('ix_disinfection_batch_id'), 'disinfection', ['batch_id'], unique=False)
    op.create_table('evidence',
    sa.Column('evidence_id', sa.Uuid(), nullable=False),
    sa.Column('arrival_id', sa.Uuid(), nullable=True),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('issuer', sa.Text(), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('quantity_units', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('supersedes_id', sa.Uuid(), nullable=True),
    sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('verified_by', sa.Uuid(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.Column('on_behalf_of', sa.Uuid(), nullable=True),
    sa.CheckConstraint('(arrival_id IS NULL) <> (batch_id IS NULL)', name=op.f('ck_evidence_target')),
    sa.ForeignKeyConstraint(['arrival_id'], ['arrival.arrival_id'], name=op.f('fk_evidence_arrival_id')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_evidence_batch_id')),
    sa.ForeignKeyConstraint(['supersedes_id'], ['evidence.evidence_id'], name=op.f('fk_evidence_supersedes_id')),
    sa.PrimaryKeyConstraint('evidence_id', name=op.f('pk_evidence'))
    )
    op.create_index(op.f('ix_evidence_arrival_id'), 'evidence', ['arrival_id'], unique=False)
    op.create_index(op.f('ix_evidence_batch_id'), 'evidence', ['batch_id'], unique=False)
    op.create_index(op.f('ix_evidence_number'), 'evidence', ['number'], unique=False)
    op.create_index(op.f('ix_evidence_supersedes_id'), 'evidence', ['supersedes_id'], unique=False)
    op.create_table('holding',
    sa.Column('holding_id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('zone_id', sa.Uuid(), nullable=True),
    sa.Column('consignment_id', sa.Uuid(), nullable=True),
    sa.Column('quantity_units', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('held_units', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.CheckConstraint("\n    (account = 'zone' AND zone_id IS NOT NULL AND consignment_id IS NULL) OR\n    (account = 'transit' AND zone_id IS NULL AND consignment_id IS NOT NULL) OR\n    (account = 'processing' AND zone_id IS NOT NULL AND consignment_id IS NULL)", name=op.f('ck_holding_place')),
    sa.CheckConstraint("account IN ('zone', 'transit', 'processing')", name=op.f('ck_holding_account')),
    sa.CheckConstraint('held_units BETWEEN 0 AND quantity_units', name=op.f('ck_holding_held')),
    sa.CheckConstraint('quantity_units >= 0', name=op.f('ck_holding_quantity')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_holding_batch_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['business.business_id'], name=op.f('fk_holding_owner_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zone.zone_id'], name=op.f('fk_holding_zone_id')),
    sa.PrimaryKeyConstraint('holding_id', name=op.f('pk_holding'))
    )
    op.create_index(op.f('ix_holding_consignment_id'), 'holding', ['consignment_id'], unique=False)
    op.create_index(op.f('ix_holding_owner_id'), 'holding', ['owner_id'], unique=False)
    op.create_index(op.f('ix_holding_zone_id'), 'holding', ['zone_id'], unique=False)
    op.create_index('uq_holding_account', 'holding', ['batch_id', 'account', 'owner_id', 'zone_id', 'consignment_id'], unique=True, postgresql_nulls_not_distinct=True)
    op.create_table('label_run',
    sa.Column('run_id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('business_id', sa.Uuid(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('piece_from', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('piece_to', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('trial', sa.Boolean(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('done', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('total', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(level = 'batch' AND piece_from IS NULL AND piece_to IS NULL) OR (level = 'piece' AND piece_from >= 1 AND piece_to >= piece_from)", name=op.f('ck_label_run_range')),
    sa.CheckConstraint("level IN ('batch', 'piece')", name=op.f('ck_label_run_level')),
    sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name=op.f('ck_label_run_state')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_label_run_batch_id')),
    sa.ForeignKeyConstraint(['business_id'], ['business.business_id'], name=op.f('fk_label_run_business_id')),
    sa.PrimaryKeyConstraint('run_id', name=op.f('pk_label_run'))
    )
    op.create_index(op.f('ix_label_run_batch_id'), 'label_run', ['batch_id'], unique=False)
    op.create_index(op.f('ix_label_run_business_id'), 'label_run', ['business_id'], unique=False)
    op.create_table('movement',
    sa.Column('movement_id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('arrival_id', sa.Uuid(), nullable=True),
    sa.Column('consignment_id', sa.Uuid(), nullable=True),
    sa.Column('corrects_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.Column('on_behalf_of', sa.Uuid(), nullable=True),
    sa.CheckConstraint("kind IN ('intake', 'withdrawal', 'dispatch', 'confirmation', 'rejection', 'sale', 'use', 'relocation', 'owner_change', 'opening_of_piece', 'transformation', 'destruction', 'return', 'stocktake', 'split', 'recovery', 'correction')", name=op.f('ck_movement_kind')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_movement_batch_id')),
    sa.ForeignKeyConstraint(['corrects_id'], ['movement.movement_id'], name=op.f('fk_movement_corrects_id')),
    sa.PrimaryKeyConstraint('movement_id', name=op.f('pk_movement'))
    )
    op.create_index(op.f('ix_movement_arrival_id'), 'movement', ['arrival_id'], unique=False)
    op.create_index('ix_movement_batch_time', 'movement', ['batch_id', 'occurred_at'], unique=False)
    op.create_index(op.f('ix_movement_consignment_id'), 'movement', ['consignment_id'], unique=False)
    op.create_index(op.f('ix_movement_corrects_id'), 'movement', ['corrects_id'], unique=False)
    op.create_table('sample',
    sa.Column('sample_id', sa.Uuid(), nullable=False),
    sa.Column('tube_id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('zone_id', sa.Uuid(), nullable=True),
    sa.Column('vehicle_plate', sa.Text(), nullable=True),
    sa.Column('worker_id', sa.Uuid(), nullable=True),
    sa.Column('unlisted', sa.Text(), nullable=True),
    sa.Column('sample_site', sa.Text(), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('piece_from', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('piece_to', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.CheckConstraint("(basis = 'whole_batch' AND piece_from IS NULL AND piece_to IS NULL) OR\n    (basis <> 'whole_batch' AND piece_from >= 1 AND piece_to >= piece_from)", name=op.f('ck_sample_range')),
    sa.CheckConstraint("basis IN ('scanned', 'declared_range', 'whole_batch')", name=op.f('ck_sample_basis')),
    sa.CheckConstraint("sample_site IN ('outer_pack', 'inner_pack', 'surface', 'environment', 'personnel')", name=op.f('ck_sample_sample_site')),
    sa.CheckConstraint('num_nonnulls(batch_id, zone_id, vehicle_plate, worker_id, unlisted) = 1', name=op.f('ck_sample_subject')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_sample_batch_id')),
    sa.ForeignKeyConstraint(['tube_id'], ['tube.tube_id'], name=op.f('fk_sample_tube_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zone.zone_id'], name=op.f('fk_sample_zone_id')),
    sa.PrimaryKeyConstraint('sample_id', name=op.f('pk_sample'))
    )
    op.create_index(op.f('ix_sample_batch_id'), 'sample', ['batch_id'], unique=False)
    op.create_index(op.f('ix_sample_tube_id'), 'sample', ['tube_id'], unique=False)
    op.create_index(op.f('ix_sample_worker_id'), 'sample', ['worker_id'], unique=False)
    op.create_index(op.f('ix_sample_zone_id'), 'sample', ['zone_id'], unique=False)
    op.create_table('sweep_task',
    sa.Column('task_id', sa.Uuid(), nullable=False),
    sa.Column('recall_id', sa.Uuid(), nullable=False),
    sa.Column('origin', sa.Text(), nullable=False),
    sa.Column('business_id', sa.Uuid(), nullable=True),
    sa.Column('site_id', sa.Uuid(), nullable=True),
    sa.Column('consignment_id', sa.Uuid(), nullable=True),
    sa.Column('place_name', sa.Text(), nullable=True),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('region_code', sa.Text(), nullable=False),
    sa.Column('office_id', sa.Uuid(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("origin IN ('from_books', 'blanket', 'on_foot')", name=op.f('ck_sweep_task_origin')),
    sa.ForeignKeyConstraint(['business_id'], ['business.business_id'], name=op.f('fk_sweep_task_business_id')),
    sa.ForeignKeyConstraint(['consignment_id'], ['consignment.consignment_id'], name=op.f('fk_sweep_task_consignment_id')),
    sa.ForeignKeyConstraint(['office_id'], ['office.office_id'], name=op.f('fk_sweep_task_office_id')),
    sa.ForeignKeyConstraint(['recall_id'], ['recall.recall_id'], name=op.f('fk_sweep_task_recall_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.site_id'], name=op.f('fk_sweep_task_site_id')),
    sa.PrimaryKeyConstraint('task_id', name=op.f('pk_sweep_task'))
    )
    op.create_index(op.f('ix_sweep_task_business_id'), 'sweep_task', ['business_id'], unique=False)
    op.create_index(op.f('ix_sweep_task_consignment_id'), 'sweep_task', ['consignment_id'], unique=False)
    op.create_index(op.f('ix_sweep_task_office_id'), 'sweep_task', ['office_id'], unique=False)
    op.create_index('ix_sweep_task_recall', 'sweep_task', ['recall_id', 'task_id'], unique=False)
    op.create_index(op.f('ix_sweep_task_site_id'), 'sweep_task', ['site_id'], unique=False)
    op.create_index('uq_sweep_task_site', 'sweep_task', ['recall_id', 'site_id'], unique=True, postgresql_where=sa.text('site_id IS NOT NULL'))
    op.create_table('watch_match',
    sa.Column('cause_id', sa.Uuid(), nullable=False),
    sa.Column('cause_version', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_watch_match_batch_id')),
    sa.PrimaryKeyConstraint('cause_id', 'cause_version', 'batch_id', name=op.f('pk_watch_match'))
    )
    op.create_table('finding',
    sa.Column('finding_id', sa.Uuid(), nullable=False),
    sa.Column('task_id', sa.Uuid(), nullable=True),
    sa.Column('site_id', sa.Uuid(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('people_controlled', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('disinfected', sa.Boolean(), nullable=True),
    sa.Column('second_officer_id', sa.Uuid(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("outcome IN ('found', 'none_found', 'closed', 'unreachable', 'refused')", name=op.f('ck_finding_outcome')),
    sa.CheckConstraint('people_controlled >= 0', name=op.f('ck_finding_people')),
    sa.ForeignKeyConstraint(['second_officer_id'], ['personal_value.personal_id'], name=op.f('fk_finding_second_officer_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.site_id'], name=op.f('fk_finding_site_id')),
    sa.ForeignKeyConstraint(['task_id'], ['sweep_task.task_id'], name=op.f('fk_finding_task_id')),
    sa.PrimaryKeyConstraint('finding_id', name=op.f('pk_finding'))
    )
    op.create_index(op.f('ix_finding_recorded_at'), 'finding', ['recorded_at'], unique=False)
    op.create_index(op.f('ix_finding_site_id'), 'finding', ['site_id'], unique=False)
    op.create_index(op.f('ix_finding_task_id'), 'finding', ['task_id'], unique=False)
    op.create_table('hold',
    sa.Column('hold_id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('holding_id', sa.Uuid(), nullable=True),
    sa.Column('quantity_units', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('grade', sa.Text(), nullable=False),
    sa.Column('cause_kind', sa.Text(), nullable=False),
    sa.Column('cause_id', sa.Uuid(), nullable=False),
    sa.Column('cause_version', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_reason', sa.Text(), nullable=True),
    sa.Column('ended_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("cause_kind IN ('recall', 'result', 'inspection')", name=op.f('ck_hold_cause_kind')),
    sa.CheckConstraint("grade IN ('amber', 'red', 'sealed', 'confirmed')", name=op.f('ck_hold_grade')),
    sa.CheckConstraint('quantity_units IS NULL OR (quantity_units > 0 AND holding_id IS NOT NULL)', name=op.f('ck_hold_part')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_hold_batch_id')),
    sa.ForeignKeyConstraint(['holding_id'], ['holding.holding_id'], name=op.f('fk_hold_holding_id')),
    sa.PrimaryKeyConstraint('hold_id', name=op.f('pk_hold'))
    )
    op.create_index('ix_hold_active', 'hold', ['batch_id'], unique=False, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('ix_hold_cause', 'hold', ['cause_kind', 'cause_id', 'cause_version'], unique=False)
    op.create_index(op.f('ix_hold_holding_id'), 'hold', ['holding_id'], unique=False)
    op.create_table('posting',
    sa.Column('posting_id', sa.Uuid(), nullable=False),
    sa.Column('movement_id', sa.Uuid(), nullable=False),
    sa.Column('line_no', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('zone_id', sa.Uuid(), nullable=True),
    sa.Column('consignment_id', sa.Uuid(), nullable=True),
    sa.Column('quantity_units', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.CheckConstraint("account IN ('zone', 'transit', 'processing', 'opening', 'found', 'sold', 'used', 'transformed', 'destroyed', 'lost', 'missing', 'returned')", name=op.f('ck_posting_account')),
    sa.CheckConstraint("account NOT IN ('zone', 'transit', 'processing') OR \n    (account = 'zone' AND zone_id IS NOT NULL AND consignment_id IS NULL) OR\n    (account = 'transit' AND zone_id IS NULL AND consignment_id IS NOT NULL) OR\n    (account = 'processing' AND zone_id IS NOT NULL AND consignment_id IS NULL)", name=op.f('ck_posting_place')),
    sa.CheckConstraint('quantity_units <> 0', name=op.f('ck_posting_quantity')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_posting_batch_id')),
    sa.ForeignKeyConstraint(['movement_id'], ['movement.movement_id'], name=op.f('fk_posting_movement_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['business.business_id'], name=op.f('fk_posting_owner_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zone.zone_id'], name=op.f('fk_posting_zone_id')),
    sa.PrimaryKeyConstraint('posting_id', name=op.f('pk_posting')),
    sa.UniqueConstraint('movement_id', 'line_no', name=op.f('uq_posting_movement_id_line_no'))
    )
    op.create_index('ix_posting_batch', 'posting', ['batch_id', 'account', 'owner_id'], unique=False)
    op.create_index(op.f('ix_posting_consignment_id'), 'posting', ['consignment_id'], unique=False)
    op.create_index(op.f('ix_posting_owner_id'), 'posting', ['owner_id'], unique=False)
    op.create_index(op.f('ix_posting_zone_id'), 'posting', ['zone_id'], unique=False)
    op.create_table('task_expected',
    sa.Column('expected_id', sa.Uuid(), nullable=False),
    sa.Column('task_id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('zone_id', sa.Uuid(), nullable=True),
    sa.Column('consignment_id', sa.Uuid(), nullable=True),
    sa.Column('quantity_units', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('mass_g', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('quantity_units >= 0', name=op.f('ck_task_expected_quantity')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_task_expected_batch_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['business.business_id'], name=op.f('fk_task_expected_owner_id')),
    sa.ForeignKeyConstraint(['task_id'], ['sweep_task.task_id'], name=op.f('fk_task_expected_task_id')),
    sa.PrimaryKeyConstraint('expected_id', name=op.f('pk_task_expected'))
    )
    op.create_index(op.f('ix_task_expected_batch_id'), 'task_expected', ['batch_id'], unique=False)
    op.create_index(op.f('ix_task_expected_task_id'), 'task_expected', ['task_id'], unique=False)
    op.create_table('finding_line',
    sa.Column('line_id', sa.Uuid(), nullable=False),
    sa.Column('finding_id', sa.Uuid(), nullable=False),
    sa.Column('line_no', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('product_id', sa.Uuid(), nullable=True),
    sa.Column('unlisted', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('zone_id', sa.Uuid(), nullable=True),
    sa.Column('examined_units', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('matched_units', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('mass_g', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('disposition', sa.Text(), nullable=False),
    sa.Column('seal_no', sa.Text(), nullable=True),
    sa.CheckConstraint("disposition IN ('sealed', 'taken_off', 'left')", name=op.f('ck_finding_line_disposition')),
    sa.CheckConstraint('examined_units >= 0 AND matched_units BETWEEN 0 AND examined_units', name=op.f('ck_finding_line_units')),
    sa.CheckConstraint('mass_g IS NULL OR mass_g >= 0', name=op.f('ck_finding_line_mass')),
    sa.CheckConstraint('num_nonnulls(batch_id, product_id, unlisted) = 1', name=op.f('ck_finding_line_subject')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_finding_line_batch_id')),
    sa.ForeignKeyConstraint(['finding_id'], ['finding.finding_id'], name=op.f('fk_finding_line_finding_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['business.business_id'], name=op.f('fk_finding_line_owner_id')),
    sa.ForeignKeyConstraint(['product_id'], ['product.product_id'], name=op.f('fk_finding_line_product_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zone.zone_id'], name=op.f('fk_finding_line_zone_id')),
    sa.PrimaryKeyConstraint('line_id', name=op.f('pk_finding_line')),
    sa.UniqueConstraint('finding_id', 'line_no', name=op.f('uq_finding_line_finding_id_line_no'))
    )
    op.create_index(op.f('ix_finding_line_batch_id'), 'finding_line', ['batch_id'], unique=False)
    op.create_index(op.f('ix_finding_line_owner_id'), 'finding_line', ['owner_id'], unique=False)
    op.create_index(op.f('ix_finding_line_product_id'), 'finding_line', ['product_id'], unique=False)
    op.create_index(op.f('ix_finding_line_zone_id'), 'finding_line', ['zone_id'], unique=False)
    op.create_table('sample_event',
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('recall_id', sa.Uuid(), nullable=False),
    sa.Column('task_id', sa.Uuid(), nullable=True),
    sa.Column('finding_id', sa.Uuid(), nullable=True),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('round', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('pieces', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('from_state', sa.Text(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.CheckConstraint("state IN ('taken', 'sent', 'negative', 'positive')", name=op.f('ck_sample_event_state')),
    sa.CheckConstraint("pieces > 0 OR (pieces < 0 AND state = 'taken')", name=op.f('ck_sample_event_pieces')),
    sa.ForeignKeyConstraint(['finding_id'], ['finding.finding_id'], name=op.f('fk_sample_event_finding_id')),
    sa.ForeignKeyConstraint(['recall_id'], ['recall.recall_id'], name=op.f('fk_sample_event_recall_id')),
    sa.ForeignKeyConstraint(['task_id'], ['sweep_task.task_id'], name=op.f('fk_sample_event_task_id')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_sample_event'))
    )
    op.create_index('ix_sample_event_recall', 'sample_event', ['recall_id', 'recorded_at'], unique=False)
    op.create_index(op.f('ix_sample_event_task_id'), 'sample_event', ['task_id'], unique=False)
    for table in GRAMS:
        op.execute(f"CREATE INDEX ix_{table}_grams ON {table} USING gin (cc_grams(search_text))")
    op.execute(
        "CREATE TRIGGER balanced AFTER INSERT ON posting REFERENCING NEW TABLE AS fresh "
        "FOR EACH STATEMENT EXECUTE FUNCTION cc_balanced()"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
        )
    for table, columns in FROZEN.items():
        listed = ", ".join(f"'{column}'" for column in columns)
        op.execute(
            f"CREATE TRIGGER frozen BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION cc_frozen({listed})"
        )
        op.execute(
            f"CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
        )
    cursor = op.get_bind().connection.cursor()  # the driver's own cursor: the text holds many statements and percents
    cursor.execute(queue_schema())
    cursor.close()
