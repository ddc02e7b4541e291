"""Tables of the registry."""

import secrets
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, Index, Numeric, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from coldchain.core import unit_words
from coldchain.core.columns import key, moment, one_of, ref, whole, wordlist, words
from coldchain.core.sign_code import RANDOM_BITS, Level, new_sign_code

BUSINESS_KINDS = (
    "importer", "producer", "wholesaler", "supermarket", "shop", "caterer", "ecommerce", "cold_store", "carrier", "lab",
    "disinfection_service", "market_operator",
)  # fmt: skip
BUSINESS_STATES = ("pending", "active", "rejected", "suspended", "closed")
VENUE_KINDS = ("park", "market", "mall")
SITE_KINDS = ("cold_store", "stall", "shop", "supermarket", "kitchen", "plant", "first_store")
ZONE_KINDS = ("import_dedicated", "general", "sale_counter", "quarantine", "processing")
TEMPERATURE_CLASSES = ("chilled", "frozen", "ultra")
CATEGORIES = ("meat", "poultry", "aquatic", "dairy", "ice", "produce", "other")
LEDGER_UNITS = ("unit", "gram")


def sign_code(level: Level) -> Any:
    """The code of a place's sign: drawn with the row, never changed."""
    draw: Callable[[], str] = lambda: new_sign_code(level, secrets.randbits(RANDOM_BITS))  # noqa: E731
    return Field(default_factory=draw, sa_column=Column(Text, nullable=False, unique=True, default=draw))


def degrees() -> Any:
    """Degrees of latitude or longitude (WGS 84) to the sixth place, a tenth of a metre."""
    return Field(default=None, sa_column=Column(Numeric(9, 6), nullable=True))


def on_earth() -> CheckConstraint:
    """CHECK that a place has both coordinates or none."""
    words = "(latitude IS NULL) = (longitude IS NULL) AND abs(latitude) <= 90 AND abs(longitude) <= 180"
    return CheckConstraint(words, name="coordinates")


class Business(SQLModel, table=True):
    """A legal operator (经营主体); provisional while it has no USCC."""

    __tablename__ = "business"
    __table_args__ = (
        one_of("status", BUSINESS_STATES),
        CheckConstraint("(uscc IS NULL) <> (temporary_no IS NULL) OR merged_into_id IS NOT NULL", name="identity"),
        CheckConstraint("handles_imported = (card_no IS NOT NULL)", name="card"),
        Index("ix_business_grams", text("cc_grams(search_text)"), postgresql_using="gin"),
    )

    business_id: UUID = key()
    uscc: str | None = words(null=True, unique=True)
    temporary_no: str | None = words(null=True, unique=True)
    name: str = words()
    search_text: str = words()
    kinds: list[str] = wordlist()
    handles_imported: bool
    card_no: str | None = words(null=True, unique=True)
    region_code: str = words(index=True)
    office_id: UUID | None = ref("office.office_id", null=True)
    legal_representative_id: UUID | None = ref("personal_value.personal_id", null=True, index=False)
    phone_id: UUID | None = ref("personal_value.personal_id", null=True, index=False)
    address: str | None = words(null=True)
    licence_no: str | None = words(null=True)
    status: str = words(index=True)
    status_reason: str | None = words(null=True)
    uscc_override: str | None = words(null=True)  # why its code stands although the check character fails
    photo_id: UUID | None = ref("stored_file.file_id", null=True, index=False)  # what an officer found on site
    merged_into_id: UUID | None = ref("business.business_id", null=True)
    occurred_at: datetime = moment()
    applied_at: datetime | None = moment(null=True)  # since when an application waits; sent again: since then
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class CommitmentText(SQLModel, table=True):
    """A version of the commitment letter's text (承诺书)."""

    __tablename__ = "commitment_text"

    version: str = words(primary=True)
    text_zh: str = words()
    text_en: str = words()
    text_hash: str = words()
    valid_from: date = Field(sa_column=Column(Date, nullable=False))
    recorded_at: datetime = moment()


class CommitmentLetter(SQLModel, table=True):
    """A business's signed commitment letter."""

    __tablename__ = "commitment_letter"

    letter_id: UUID = key()
    business_id: UUID = ref("business.business_id")
    version: str = words()
    text_hash: str = words()
    signed_by_id: UUID = ref("personal_value.personal_id", index=False)
    signed_on: date = Field(sa_column=Column(Date, nullable=False))
    file_id: UUID | None = ref("stored_file.file_id", null=True, index=False)  # the signed paper
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
    on_behalf_of: UUID | None = ref(null=True, index=False)


class Venue(SQLModel, table=True):
    """A park, market or mall that holds many sites."""

    __tablename__ = "venue"
    __table_args__ = (one_of("kind", VENUE_KINDS), on_earth())

    venue_id: UUID = key()
    sign_code: str = sign_code("venue")
    name: str = words()
    kind: str = words()
    region_code: str = words(index=True)
    office_id: UUID | None = ref("office.office_id", null=True)
    address: str | None = words(null=True)
    latitude: Decimal | None = degrees()
    longitude: Decimal | None = degrees()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class Site(SQLModel, table=True):
    """One place of one business; a sweep counts sites (家)."""

    __tablename__ = "site"
    __table_args__ = (one_of("kind", SITE_KINDS), Index("ix_site_area", "region_code", "kind"), on_earth())

    site_id: UUID = key()
    sign_code: str = sign_code("site")
    business_id: UUID = ref("business.business_id")
    venue_id: UUID | None = ref("venue.venue_id", null=True)
    name: str = words()
    kind: str = words()
    region_code: str = words()
    office_id: UUID | None = ref("office.office_id", null=True)
    grid_id: UUID | None = ref("grid.grid_id", null=True)
    address: str | None = words(null=True)
    latitude: Decimal | None = degrees()
    longitude: Decimal | None = degrees()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class Zone(SQLModel, table=True):
    """Part of a site; an account of the ledger is (owner, zone)."""

    __tablename__ = "zone"
    __table_args__ = (
        one_of("kind", ZONE_KINDS),
        one_of("temperature_class", TEMPERATURE_CLASSES),
        UniqueConstraint("site_id", "code"),
    )

    zone_id: UUID = key()
    sign_code: str = sign_code("zone")
    site_id: UUID = ref("site.site_id", index=False)
    code: str = words()
    kind: str = words()
    temperature_class: str = words()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class Worker(SQLModel, table=True):
    """Somebody who works for a business (从业人员), tested on a schedule (R15); the name is a personal value."""

    __tablename__ = "worker"
    __table_args__ = (CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name="dates"),)

    worker_id: UUID = key()
    business_id: UUID = ref("business.business_id")
    site_id: UUID | None = ref("site.site_id", null=True, index=False)
    post: str = words()
    name_id: UUID = ref("personal_value.personal_id")
    region_code: str = words()
    started_on: date = Field(sa_column=Column(Date, nullable=False))
    ended_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class Producer(SQLModel, table=True):
    """A producer (生产企业) of the catalogue; never matched by a typed name alone."""

    __tablename__ = "producer"
    __table_args__ = (
        Index(
            "uq_producer_plant", "country", "plant_no", unique=True, postgresql_where=text("plant_no IS NOT NULL")
        ),
        Index(
            "uq_producer_licence", "licence_no", unique=True,
            postgresql_where=text("plant_no IS NULL AND licence_no IS NOT NULL"),
        ),
        Index(
            "uq_producer_name", "country", "name_key", "registered_for", unique=True,
            postgresql_where=text("plant_no IS NULL AND licence_no IS NULL"), postgresql_nulls_not_distinct=True,
        ),
        Index("ix_producer_grams", text("cc_grams(search_text)"), postgresql_using="gin"),
    )  # fmt: skip

    producer_id: UUID = key()
    name: str = words()
    name_key: str = words()
    search_text: str = words()
    country: str = words()
    plant_no: str | None = words(null=True)
    licence_no: str | None = words(null=True)
    registered_for: UUID | None = ref("business.business_id", null=True)
    merged_into_id: UUID | None = ref("producer.producer_id", null=True)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class ProducerAlias(SQLModel, table=True):
    """Another name under the same number."""

    __tablename__ = "producer_alias"

    producer_id: UUID = ref("producer.producer_id", primary=True)
    alias_key: str = words(primary=True)
    alias: str = words()
    recorded_at: datetime = moment()


class Product(SQLModel, table=True):
    """A product (产品) of a producer; equal identity fields are the same product."""

    __tablename__ = "product"
    __table_args__ = (
        one_of("category", CATEGORIES),
        one_of("ledger_unit", LEDGER_UNITS),
        one_of("unit_word", unit_words.CODES),
        CheckConstraint("units_per_piece >= 1 AND unit_mass_g >= 1", name="sizes"),
        CheckConstraint("ledger_unit <> 'gram' OR unit_mass_g = 1", name="gram"),
        Index("ix_product_grams", text("cc_grams(search_text)"), postgresql_using="gin"),
    )

    product_id: UUID = key()
    producer_id: UUID = ref("producer.producer_id")
    identity_hash: str = words(unique=True)
    name: str = words()
    name_en: str | None = words(null=True)
    series: str | None = words(null=True)
    category: str = words()
    origin_country: str = words()
    gtin: str | None = words(null=True, index=True)
    hs_code: str | None = words(null=True)
    ledger_unit: str = words()
    units_per_piece: int = whole()
    unit_mass_g: int = whole()
    unit_word: str | None = words(null=True)  # what the smallest unit is called; no identity field
    imported: bool
    search_text: str = words()
    merged_into_id: UUID | None = ref("product.product_id", null=True)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
