"""How people come in: invitations, sign-in slips and devices, self-registration.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _moment(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _user(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["app_user.user_id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    """Add the tables; applications that wait do so since they were recorded."""
    op.add_column("business", _moment("applied_at", null=True))
    op.execute("UPDATE business SET applied_at = recorded_at WHERE status = 'pending'")
    _invitations()
    op.create_table(
        "sign_in_slip",
        sa.Column("slip_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("printed_by", sa.Uuid(), nullable=True),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("used_at", null=True),
        _user("sign_in_slip", "user_id"),
        _user("sign_in_slip", "printed_by"),
        sa.PrimaryKeyConstraint("slip_hash", name=op.f("pk_sign_in_slip")),
    )
    op.create_index(op.f("ix_sign_in_slip_user_id"), "sign_in_slip", ["user_id"])
    op.create_table(
        "device",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("device_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("wrong_pins", sa.BigInteger(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=True),
        _moment("created_at"),
        _moment("last_used_at", null=True),
        _moment("ended_at", null=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.CheckConstraint("wrong_pins >= 0", name=op.f("ck_device_wrong_pins")),
        _user("device", "user_id"),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device")),
        sa.UniqueConstraint("device_hash", name=op.f("uq_device_device_hash")),
    )
    op.create_index(op.f("ix_device_user_id"), "device", ["user_id"])
    op.create_table(
        "registration_attempt",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        _moment("at"),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_registration_attempt")),
    )
    op.create_index(op.f("ix_registration_attempt_address"), "registration_attempt", ["address"])
    op.create_index(op.f("ix_registration_attempt_at"), "registration_attempt", ["at"])


def _invitations() -> None:
    op.create_table(
        "invitation",
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("link_hash", sa.Text(), nullable=False),
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("used_at", null=True),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        _moment("revoked_at", null=True),
        sa.CheckConstraint("role IN ('merchant', 'lab', 'carrier')", name=op.f("ck_invitation_role")),
        sa.CheckConstraint("position IN ('owner', 'clerk')", name=op.f("ck_invitation_position")),
        sa.ForeignKeyConstraint(["business_id"], ["business.business_id"], name=op.f("fk_invitation_business_id")),
        _user("invitation", "created_by"),
        _user("invitation", "used_by"),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_invitation_link_hash")),
    )
    op.create_index(op.f("ix_invitation_business_id"), "invitation", ["business_id"])
    op.create_index(op.f("ix_invitation_created_by"), "invitation", ["created_by"])
    op.create_table(
        "invitation_site",
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.invitation_id"], name=op.f("fk_invitation_site_invitation_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.site_id"], name=op.f("fk_invitation_site_site_id")),
        sa.PrimaryKeyConstraint("invitation_id", "site_id", name=op.f("pk_invitation_site")),
    )
