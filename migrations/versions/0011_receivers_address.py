"""The address of a receiver without an account is a person's: kept apart and erasable, as name and phone are.

Revision ID: 0011
Revises: 0010
"""

import secrets
import uuid
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SALT_BYTES = 32


def upgrade() -> None:
    """Move each address under a salt of its own, beside the name that it belongs to."""
    op.add_column("consignment", sa.Column("to_address_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_consignment_to_address_id"), "consignment", "personal_value", ["to_address_id"], ["personal_id"]
    )
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT c.consignment_id, c.to_address, c.recorded_at, p.business_id, p.region_code FROM consignment c "
            "LEFT JOIN personal_value p ON p.personal_id = c.to_name_id WHERE c.to_address <> ''"
        )
    ).all()
    for row in rows:
        salt, personal_id = secrets.token_bytes(SALT_BYTES), uuid.uuid4()
        connection.execute(
            sa.text(
                "INSERT INTO personal_value (personal_id, salt, value, commitment, what, business_id, region_code, "
                "recorded_at) VALUES (:id, :salt, :value, :commitment, 'receiver_address', :business, :region, :at)"
            ),
            {
                "id": personal_id, "salt": salt, "value": row.to_address,
                "commitment": sha256(salt + row.to_address.encode()).hexdigest(), "business": row.business_id,
                "region": row.region_code, "at": row.recorded_at,
            },
        )  # fmt: skip
        connection.execute(
            sa.text("UPDATE consignment SET to_address_id = :id WHERE consignment_id = :consignment"),
            {"id": personal_id, "consignment": row.consignment_id},
        )
    op.drop_column("consignment", "to_address")
