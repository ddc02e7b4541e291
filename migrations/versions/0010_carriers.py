"""The registered carrier of a consignment; entries found by the zone that goods were moved into.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Consignments so far name no carrier."""
    op.add_column("consignment", sa.Column("carrier_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_consignment_carrier_id"), "consignment", "business", ["carrier_id"], ["business_id"])
    op.create_index(op.f("ix_consignment_carrier_id"), "consignment", ["carrier_id"])
    op.create_index(op.f("ix_stock_entry_to_zone_id"), "stock_entry", ["to_zone_id"])
