"""Every place has the code of its sign and may have coordinates; cold stores have stewards.

Revision ID: 0021
Revises: 0020
"""

import secrets

import sqlalchemy as sa
from alembic import op

from coldchain.core.sign_code import RANDOM_BITS, new_sign_code

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Places that are there get a code each, drawn like those to come; a trigger keeps every code as it is."""
    op.execute(
        """
        CREATE FUNCTION cc_sign_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the sign of % keeps its code', TG_TABLE_NAME USING ERRCODE = 'CC003';
        END $$
        """
    )
    for level in ("venue", "site", "zone"):
        op.add_column(level, sa.Column("sign_code", sa.Text(), nullable=True))
        _draw(level)
        op.alter_column(level, "sign_code", nullable=False)
        op.create_unique_constraint(op.f(f"uq_{level}_sign_code"), level, ["sign_code"])
        op.execute(
            f"CREATE TRIGGER sign_stays BEFORE UPDATE OF sign_code ON {level} FOR EACH ROW "
            "WHEN (OLD.sign_code IS DISTINCT FROM NEW.sign_code) EXECUTE FUNCTION cc_sign_stays()"
        )
    for level in ("venue", "site"):
        for name in ("latitude", "longitude"):
            op.add_column(level, sa.Column(name, sa.Numeric(9, 6), nullable=True))
        op.create_check_constraint(
            op.f(f"ck_{level}_coordinates"), level,
            "(latitude IS NULL) = (longitude IS NULL) AND abs(latitude) <= 90 AND abs(longitude) <= 180",
        )  # fmt: skip
    _stewards()


def _draw(level: str) -> None:
    places = sa.table(level, sa.column(f"{level}_id", sa.Uuid()), sa.column("sign_code", sa.Text()))
    own = places.c[f"{level}_id"]
    for place_id in op.get_bind().scalars(sa.select(own)).all():
        code = new_sign_code(level, secrets.randbits(RANDOM_BITS))  # type: ignore[arg-type]
        op.execute(places.update().where(own == place_id).values(sign_code=code))


def _stewards() -> None:
    op.create_table(
        "steward",
        sa.Column("steward_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name_id", sa.Uuid(), nullable=False),
        sa.Column("phone_id", sa.Uuid(), nullable=True),
        sa.Column("publish_phone", sa.Boolean(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("on_behalf_of", sa.Uuid(), nullable=True),
        sa.Column("end_recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_recorded_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('territorial', 'industry', 'enterprise')", name=op.f("ck_steward_kind")),
        sa.CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name=op.f("ck_steward_dates")),
        sa.CheckConstraint("NOT publish_phone OR phone_id IS NOT NULL", name=op.f("ck_steward_published")),
        sa.ForeignKeyConstraint(["site_id"], ["site.site_id"], name=op.f("fk_steward_site_id")),
        sa.ForeignKeyConstraint(["name_id"], ["personal_value.personal_id"], name=op.f("fk_steward_name_id")),
        sa.ForeignKeyConstraint(["phone_id"], ["personal_value.personal_id"], name=op.f("fk_steward_phone_id")),
        sa.PrimaryKeyConstraint("steward_id", name=op.f("pk_steward")),
    )
    for column in ("site_id", "name_id", "phone_id"):
        op.create_index(op.f(f"ix_steward_{column}"), "steward", [column])
    op.create_index(
        "uq_steward_running", "steward", ["site_id", "kind"], unique=True, postgresql_where=sa.text("ended_on IS NULL")
    )
    op.execute(
        "CREATE TRIGGER frozen BEFORE UPDATE ON steward "
        "FOR EACH ROW EXECUTE FUNCTION cc_frozen('ended_on', 'end_recorded_at', 'end_recorded_by')"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON steward "
        "FOR EACH STATEMENT EXECUTE FUNCTION cc_append_only()"
    )
