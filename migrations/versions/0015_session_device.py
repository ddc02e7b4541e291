"""Page sessions know the device with a PIN that they were opened on.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of sessions so far nobody knows the device: those of people with one end, so that none outlives its device."""
    op.add_column("user_session", sa.Column("device_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_user_session_device_id"), "user_session", "device", ["device_id"], ["device_id"])
    op.create_index(op.f("ix_user_session_device_id"), "user_session", ["device_id"])
    op.execute(
        "UPDATE user_session SET revoked_at = now()"
        " WHERE revoked_at IS NULL AND user_id IN (SELECT user_id FROM device)"
    )
