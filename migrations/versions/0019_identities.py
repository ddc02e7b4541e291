"""Who a business is: provisional identities that are merged, licences, contacts, objections; products that are merged.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KINDS = (
    "intake", "withdrawal", "dispatch", "confirmation", "rejection", "sale", "use", "relocation", "owner_change",
    "opening_of_piece", "transformation", "destruction", "return", "stocktake", "split", "recovery", "correction",
    "loss", "settlement", "merging",
)  # fmt: skip
APPEND_ONLY = ("business_merger", "business_appeal", "business_appeal_answer")
FROZEN = {"business_licence": ("business_id", "ended_at", "ended_by"), "business_contact": ("business_id", "ended_at", "ended_by")}

# What stands under an identity when it is merged is carried over; what is written at that moment has to wait for the
# merger (the foreign key locks the business's row) and is then refused, to be tried again under the business that stands.
STANDING = {
    "posting": ("owner_id",),
    "arrival": ("owner_id",),
    "consignment": ("owner_id", "to_business_id"),
    "stock_entry": ("owner_id",),
    "site": ("business_id",),
    "worker": ("business_id",),
    "sweep_task": ("business_id",),
}
FUNCTION = """
CREATE FUNCTION cc_standing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    merged boolean;
    named text;
BEGIN
    FOREACH named IN ARRAY TG_ARGV LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM fresh JOIN business ON business.business_id = fresh.%I
                        WHERE business.merged_into_id IS NOT NULL)', named) INTO merged;
        IF merged THEN
            RAISE EXCEPTION 'this business was merged into another' USING ERRCODE = '40001';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
"""


def _key(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=null)


def _words(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _leads_to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    """Nobody is merged yet; the licence numbers that businesses gave stay where they are, without a last day."""
    op.execute("ALTER TABLE movement DROP CONSTRAINT ck_movement_kind")
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    op.execute(f"ALTER TABLE movement ADD CONSTRAINT ck_movement_kind CHECK (kind IN ({kinds}))")
    op.add_column("business", _words("uscc_override", null=True))
    op.add_column("business", _key("photo_id", null=True))
    op.create_foreign_key(op.f("fk_business_photo_id"), "business", "stored_file", ["photo_id"], ["file_id"])
    op.add_column("product", _key("merged_into_id", null=True))
    op.create_foreign_key(op.f("fk_product_merged_into_id"), "product", "product", ["merged_into_id"], ["product_id"])
    op.create_index(op.f("ix_product_merged_into_id"), "product", ["merged_into_id"])
    _tables()
    op.execute("DROP TRIGGER frozen ON worker")
    op.execute(
        "CREATE TRIGGER frozen BEFORE UPDATE ON worker "
        "FOR EACH ROW EXECUTE FUNCTION cc_frozen('ended_on', 'business_id')"
    )
    cursor = op.get_bind().connection.cursor()  # the driver's own cursor: the text holds percents
    cursor.execute(FUNCTION)
    cursor.close()
    for table, columns in STANDING.items():
        listed = ", ".join(f"'{column}'" for column in columns)
        op.execute(
            f"CREATE TRIGGER standing AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh "
            f"FOR EACH STATEMENT EXECUTE FUNCTION cc_standing({listed})"
        )


def _tables() -> None:
    op.create_table(
        "business_merger",
        _key("from_id"),
        _key("into_id"),
        sa.Column("moved", sa.dialects.postgresql.JSONB(), nullable=False),
        _moment("occurred_at"),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        sa.CheckConstraint("from_id <> into_id", name=op.f("ck_business_merger_two")),
        _leads_to("business_merger", "from_id", "business.business_id"),
        _leads_to("business_merger", "into_id", "business.business_id"),
        sa.PrimaryKeyConstraint("from_id", name=op.f("pk_business_merger")),
    )
    op.create_index(op.f("ix_business_merger_into_id"), "business_merger", ["into_id"])
    op.create_table(
        "business_licence",
        _key("licence_id"),
        _key("business_id"),
        _words("kind"),
        _words("number"),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=False),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        _moment("ended_at", null=True),
        _key("ended_by", null=True),
        sa.CheckConstraint("kind IN ('JY', 'SC')", name=op.f("ck_business_licence_kind")),
        sa.CheckConstraint("valid_from IS NULL OR valid_from <= valid_to", name=op.f("ck_business_licence_dates")),
        _leads_to("business_licence", "business_id", "business.business_id"),
        sa.PrimaryKeyConstraint("licence_id", name=op.f("pk_business_licence")),
    )
    op.create_index(op.f("ix_business_licence_business_id"), "business_licence", ["business_id"])
    op.create_index("ix_business_licence_running", "business_licence", ["valid_to"], postgresql_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "business_contact",
        _key("contact_id"),
        _key("business_id"),
        _words("post"),
        _key("name_id"),
        _key("phone_id"),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        _moment("ended_at", null=True),
        _key("ended_by", null=True),
        _leads_to("business_contact", "business_id", "business.business_id"),
        _leads_to("business_contact", "name_id", "personal_value.personal_id"),
        _leads_to("business_contact", "phone_id", "personal_value.personal_id"),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_business_contact")),
    )
    op.create_index(op.f("ix_business_contact_business_id"), "business_contact", ["business_id"])
    op.create_table(
        "business_appeal",
        _key("appeal_id"),
        _key("business_id"),
        _key("decision_id"),
        _words("decision"),
        _words("objection"),
        _moment("occurred_at"),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        _key("on_behalf_of", null=True),
        _leads_to("business_appeal", "business_id", "business.business_id"),
        sa.PrimaryKeyConstraint("appeal_id", name=op.f("pk_business_appeal")),
    )
    op.create_index(op.f("ix_business_appeal_business_id"), "business_appeal", ["business_id"])
    op.create_index(op.f("ix_business_appeal_decision_id"), "business_appeal", ["decision_id"], unique=True)
    op.create_table(
        "business_appeal_answer",
        _key("appeal_id"),
        _words("outcome"),
        _words("answer"),
        _moment("occurred_at"),
        _moment("recorded_at"),
        _key("recorded_by", null=True),
        sa.CheckConstraint("outcome IN ('stands', 'taken_back')", name=op.f("ck_business_appeal_answer_outcome")),
        _leads_to("business_appeal_answer", "appeal_id", "business_appeal.appeal_id"),
        sa.PrimaryKeyConstraint("appeal_id", name=op.f("pk_business_appeal_answer")),
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
