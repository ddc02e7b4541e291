"""Disinfection protocols hold in a region and from day to day, as evidence policies do.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add where and when; what was there holds everywhere and always, as it did."""
    op.add_column("disinfection_protocol", sa.Column("region_code", sa.Text(), nullable=True))
    op.add_column("disinfection_protocol", sa.Column("valid_from", sa.Date(), nullable=True))
    op.add_column("disinfection_protocol", sa.Column("valid_to", sa.Date(), nullable=True))
    op.create_index(op.f("ix_disinfection_protocol_region_code"), "disinfection_protocol", ["region_code"])


def downgrade() -> None:
    """Take both away again."""
    op.drop_index(op.f("ix_disinfection_protocol_region_code"), table_name="disinfection_protocol")
    for name in ("valid_to", "valid_from", "region_code"):
        op.drop_column("disinfection_protocol", name)
