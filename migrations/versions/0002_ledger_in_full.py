"""The ledger in full: stock entries, answers to consignments, flags, late lines, photographs, origin of split batches.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "consignment_answer", "consignment_answer_line", "stock_entry", "stock_entry_line", "stored_file",
    "recall_late_line",
)  # fmt: skip
FROZEN = {
    "consignment_line": ("confirmed_units", "disputed_units"),
    "flag": ("closed_at", "closed_by", "closed_reason"),
}
KINDS = (
    "intake", "withdrawal", "dispatch", "confirmation", "rejection", "sale", "use", "relocation", "owner_change",
    "opening_of_piece", "transformation", "destruction", "return", "stocktake", "split", "recovery", "correction",
    "loss", "settlement",
)  # fmt: skip
# constraint, table, condition; those that stood before are replaced
CHECKS = (
    ("ck_movement_kind", "movement", "kind IN (" + ", ".join(f"'{kind}'" for kind in KINDS) + ")"),
    ("ck_arrival_entry_mode", "arrival",
     "entry_mode IN ('declared', 'arrived', 'existing_stock', 'paper', 'processed')"),
    ("ck_batch_origin_kind", "batch_origin", "kind IN ('split', 'transformation')"),
    ("ck_batch_origin_range", "batch_origin",
     "(kind = 'split') = (piece_from IS NOT NULL) AND (piece_from IS NULL) = (piece_to IS NULL)"),
    ("ck_consignment_purpose", "consignment", "purpose IN ('delivery', 'return')"),
    ("ck_consignment_line_disputed", "consignment_line", "disputed_units >= 0"),
)  # fmt: skip


def upgrade() -> None:
    """Make the tables, widen the constraints, and freeze what may not change."""
    op.create_table('stored_file',
    sa.Column('file_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.PrimaryKeyConstraint('file_id', name=op.f('pk_stored_file')),
    sa.UniqueConstraint('sha256', name=op.f('uq_stored_file_sha256'))
    )
    op.create_table('stock_entry',
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('entry_no', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('zone_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('region_code', sa.Text(), nullable=False),
    sa.Column('to_owner_id', sa.Uuid(), nullable=True),
    sa.Column('to_zone_id', sa.Uuid(), nullable=True),
    sa.Column('corrects_id', sa.Uuid(), nullable=True),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('detail', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('witness_id', sa.Uuid(), nullable=True),
    sa.Column('file_id', sa.Uuid(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.Column('on_behalf_of', sa.Uuid(), nullable=True),
    sa.CheckConstraint("kind IN ('sale', 'use', 'loss', 'relocation', 'owner_change', 'opening', 'transformation', 'destruction', 'return', 'stocktake', 'split', 'recovery', 'correction')", name=op.f('ck_stock_entry_kind')),
    sa.ForeignKeyConstraint(['corrects_id'], ['stock_entry.entry_id'], name=op.f('fk_stock_entry_corrects_id')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.file_id'], name=op.f('fk_stock_entry_file_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['business.business_id'], name=op.f('fk_stock_entry_owner_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.site_id'], name=op.f('fk_stock_entry_site_id')),
    sa.ForeignKeyConstraint(['to_owner_id'], ['business.business_id'], name=op.f('fk_stock_entry_to_owner_id')),
    sa.ForeignKeyConstraint(['to_zone_id'], ['zone.zone_id'], name=op.f('fk_stock_entry_to_zone_id')),
    sa.ForeignKeyConstraint(['witness_id'], ['personal_value.personal_id'], name=op.f('fk_stock_entry_witness_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zone.zone_id'], name=op.f('fk_stock_entry_zone_id')),
    sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_stock_entry')),
    sa.UniqueConstraint('entry_no', name=op.f('uq_stock_entry_entry_no'))
    )
    op.create_index(op.f('ix_stock_entry_corrects_id'), 'stock_entry', ['corrects_id'], unique=False)
    op.create_index(op.f('ix_stock_entry_owner_id'), 'stock_entry', ['owner_id'], unique=False)
    op.create_index('ix_stock_entry_recorded', 'stock_entry', ['recorded_at', 'entry_id'], unique=False)
    op.create_index(op.f('ix_stock_entry_region_code'), 'stock_entry', ['region_code'], unique=False)
    op.create_index(op.f('ix_stock_entry_site_id'), 'stock_entry', ['site_id'], unique=False)
    op.create_index(op.f('ix_stock_entry_to_owner_id'), 'stock_entry', ['to_owner_id'], unique=False)
    op.create_table('consignment_answer',
    sa.Column('answer_id', sa.Uuid(), nullable=False),
    sa.Column('consignment_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('zone_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.Column('on_behalf_of', sa.Uuid(), nullable=True),
    sa.CheckConstraint("kind IN ('confirmed', 'rejected', 'disputed', 'settled')", name=op.f('ck_consignment_answer_kind')),
    sa.ForeignKeyConstraint(['consignment_id'], ['consignment.consignment_id'], name=op.f('fk_consignment_answer_consignment_id')),
    sa.ForeignKeyConstraint(['zone_id'], ['zone.zone_id'], name=op.f('fk_consignment_answer_zone_id')),
    sa.PrimaryKeyConstraint('answer_id', name=op.f('pk_consignment_answer'))
    )
    op.create_index(op.f('ix_consignment_answer_consignment_id'), 'consignment_answer', ['consignment_id'], unique=False)
    op.create_table('flag',
    sa.Column('flag_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject_kind', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=True),
    sa.Column('business_id', sa.Uuid(), nullable=True),
    sa.Column('region_code', sa.Text(), nullable=False),
    sa.Column('data', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.Uuid(), nullable=True),
    sa.Column('closed_reason', sa.Text(), nullable=True),
    sa.CheckConstraint("kind IN ('late_under_lock', 'late_unproven', 'mixed_storage', 'count_under_lock', 'count_differs', 'warmer_zone')", name=op.f('ck_flag_kind')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_flag_batch_id')),
    sa.ForeignKeyConstraint(['business_id'], ['business.business_id'], name=op.f('fk_flag_business_id')),
    sa.PrimaryKeyConstraint('flag_id', name=op.f('pk_flag'))
    )
    op.create_index(op.f('ix_flag_batch_id'), 'flag', ['batch_id'], unique=False)
    op.create_index(op.f('ix_flag_business_id'), 'flag', ['business_id'], unique=False)
    op.create_index('ix_flag_open', 'flag', ['region_code', 'flag_id'], unique=False, postgresql_where=sa.text('closed_at IS NULL'))
    op.create_index(op.f('ix_flag_subject_id'), 'flag', ['subject_id'], unique=False)
    op.create_table('recall_late_line',
    sa.Column('late_id', sa.Uuid(), nullable=False),
    sa.Column('recall_id', sa.Uuid(), nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('owner_id', sa.Uuid(), nullable=False),
    sa.Column('quantity_units', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('subject_kind', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=False),
    sa.Column('site_id', sa.Uuid(), nullable=False),
    sa.Column('to_business_id', sa.Uuid(), nullable=True),
    sa.Column('to_site_id', sa.Uuid(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_recall_late_line_batch_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['business.business_id'], name=op.f('fk_recall_late_line_owner_id')),
    sa.ForeignKeyConstraint(['recall_id'], ['recall.recall_id'], name=op.f('fk_recall_late_line_recall_id')),
    sa.ForeignKeyConstraint(['site_id'], ['site.site_id'], name=op.f('fk_recall_late_line_site_id')),
    sa.ForeignKeyConstraint(['to_business_id'], ['business.business_id'], name=op.f('fk_recall_late_line_to_business_id')),
    sa.ForeignKeyConstraint(['to_site_id'], ['site.site_id'], name=op.f('fk_recall_late_line_to_site_id')),
    sa.PrimaryKeyConstraint('late_id', name=op.f('pk_recall_late_line'))
    )
    op.create_index(op.f('ix_recall_late_line_batch_id'), 'recall_late_line', ['batch_id'], unique=False)
    op.create_index(op.f('ix_recall_late_line_owner_id'), 'recall_late_line', ['owner_id'], unique=False)
    op.create_index(op.f('ix_recall_late_line_recall_id'), 'recall_late_line', ['recall_id'], unique=False)
    op.create_table('consignment_answer_line',
    sa.Column('answer_id', sa.Uuid(), nullable=False),
    sa.Column('line_no', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('quantity_units', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.CheckConstraint("outcome IN ('delivered', 'surplus', 'returned', 'lost', 'missing', 'disputed')", name=op.f('ck_consignment_answer_line_outcome')),
    sa.CheckConstraint('quantity_units >= 1', name=op.f('ck_consignment_answer_line_quantity')),
    sa.ForeignKeyConstraint(['answer_id'], ['consignment_answer.answer_id'], name=op.f('fk_consignment_answer_line_answer_id')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_consignment_answer_line_batch_id')),
    sa.PrimaryKeyConstraint('answer_id', 'line_no', name=op.f('pk_consignment_answer_line'))
    )
    op.create_table('stock_entry_line',
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('line_no', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('batch_id', sa.Uuid(), nullable=False),
    sa.Column('quantity_units', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('book_units', sa.BigInteger(), autoincrement=False, nullable=True),
    sa.Column('movement_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('verdict', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.CheckConstraint('book_units IS NULL OR book_units >= 0', name=op.f('ck_stock_entry_line_book')),
    sa.CheckConstraint('quantity_units >= 0', name=op.f('ck_stock_entry_line_quantity')),
    sa.ForeignKeyConstraint(['batch_id'], ['batch.batch_id'], name=op.f('fk_stock_entry_line_batch_id')),
    sa.ForeignKeyConstraint(['entry_id'], ['stock_entry.entry_id'], name=op.f('fk_stock_entry_line_entry_id')),
    sa.ForeignKeyConstraint(['movement_id'], ['movement.movement_id'], name=op.f('fk_stock_entry_line_movement_id')),
    sa.PrimaryKeyConstraint('entry_id', 'line_no', name=op.f('pk_stock_entry_line'))
    )
    op.create_index(op.f('ix_stock_entry_line_batch_id'), 'stock_entry_line', ['batch_id'], unique=False)
    op.add_column('batch_origin', sa.Column('kind', sa.Text(), nullable=False))  # no batch was made from another yet
    op.add_column('batch_origin', sa.Column('quantity_units', sa.BigInteger(), autoincrement=False, nullable=False))
    op.add_column('batch_origin', sa.Column('piece_from', sa.BigInteger(), autoincrement=False, nullable=True))
    op.add_column('batch_origin', sa.Column('piece_to', sa.BigInteger(), autoincrement=False, nullable=True))
    op.add_column('consignment', sa.Column('purpose', sa.Text(), nullable=False, server_default='delivery'))
    op.alter_column('consignment', 'purpose', server_default=None)
    op.add_column('consignment', sa.Column('departure_temperature_c', sa.Numeric(precision=6, scale=2), nullable=True))
    op.add_column('consignment', sa.Column('arrival_temperature_c', sa.Numeric(precision=6, scale=2), nullable=True))
    op.add_column('consignment', sa.Column('slip_file_id', sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f('fk_consignment_slip_file_id'), 'consignment', 'stored_file', ['slip_file_id'], ['file_id'])
    op.add_column('consignment_line', sa.Column('disputed_units', sa.BigInteger(), nullable=False, server_default='0'))
    op.alter_column('consignment_line', 'disputed_units', server_default=None)
    op.add_column('movement', sa.Column('entry_id', sa.Uuid(), nullable=True))
    op.create_index('ix_movement_entry', 'movement', ['entry_id'], unique=False, postgresql_where=sa.text('entry_id IS NOT NULL'))
    for name, table, condition in CHECKS:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})")
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
        )
    op.execute("DROP TRIGGER frozen ON consignment_line")
    op.execute(
        "CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON flag "
        "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
    )
    for table, columns in FROZEN.items():
        listed = ", ".join(f"'{column}'" for column in columns)
        op.execute(
            f"CREATE TRIGGER frozen BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION cc_frozen({listed})"
        )
