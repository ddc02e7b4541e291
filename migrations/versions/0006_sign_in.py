"""Sign-in: second step, recovery codes, sessions and keys that can be named, known devices, parked forms.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _moment(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["app_user.user_id"], name=op.f(f"fk_{table}_user_id"))


def upgrade() -> None:
    """Sessions that run were proven when they were opened; links made so far are for a first password."""
    _name_what_is_there()
    op.create_table(
        "user_totp",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        _moment("confirmed_at", null=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("pending", sa.Text(), nullable=True),
        _user("user_totp"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_totp")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _moment("created_at"),
        _moment("used_at", null=True),
        _user("recovery_code"),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"])
    op.create_table(
        "known_device",
        sa.Column("device_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _moment("expires_at"),
        _user("known_device"),
        sa.PrimaryKeyConstraint("device_hash", "user_id", name=op.f("pk_known_device")),
    )
    op.create_index(op.f("ix_known_device_expires_at"), "known_device", ["expires_at"])
    op.create_table(
        "parked_form",
        sa.Column("parked_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("had_files", sa.Boolean(), nullable=False),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("shown_at", null=True),
        sa.CheckConstraint("reason IN ('ended', 'again')", name=op.f("ck_parked_form_reason")),
        _user("parked_form"),
        sa.PrimaryKeyConstraint("parked_hash", name=op.f("pk_parked_form")),
    )
    op.create_index(op.f("ix_parked_form_user_id"), "parked_form", ["user_id"])
    op.create_index(op.f("ix_parked_form_expires_at"), "parked_form", ["expires_at"])


def _name_what_is_there() -> None:
    for table, column in (("user_session", "session_id"), ("api_token", "key_id")):
        default = sa.text("gen_random_uuid()")
        op.add_column(table, sa.Column(column, sa.Uuid(), nullable=False, server_default=default))
        op.alter_column(table, column, server_default=None)
        op.create_unique_constraint(op.f(f"uq_{table}_{column}"), table, [column])
    op.add_column("user_session", sa.Column("is_half", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("user_session", "is_half", server_default=None)
    op.add_column("user_session", _moment("authenticated_at", null=True))
    op.execute("UPDATE user_session SET authenticated_at = created_at")
    op.alter_column("user_session", "authenticated_at", nullable=False)
    op.add_column("user_session", sa.Column("address", sa.Text(), nullable=True))
    op.create_index(op.f("ix_user_session_expires_at"), "user_session", ["expires_at"])
    op.add_column("sign_in_link", sa.Column("kind", sa.Text(), nullable=False, server_default="first"))
    op.alter_column("sign_in_link", "kind", server_default=None)
    op.create_check_constraint(op.f("ck_sign_in_link_kind"), "sign_in_link", "kind IN ('first', 'reset')")
    op.add_column("sign_in_link", sa.Column("created_by", sa.Uuid(), nullable=True))
    op.add_column("sign_in_failure", sa.Column("device_hash", sa.Text(), nullable=True))
