"""What requests and answers about producers and products look like."""

from coldchain.core import fields, identifiers, limits, unit_words
from coldchain.core.fields import PageQuery, Schema
from coldchain.registry.models import CATEGORIES, LEDGER_UNITS
from coldchain.registry.schemas import OCCURRED, RegistryWarningSchema


class ProducerRegistrationSchema(Schema):
    """A producer to register or find again."""

    name = fields.Text(limits.NAME_CHARS, required=True)
    country = fields.Identifier(identifiers.check_country, required=True, doc="ISO 3166")
    aliases = fields.Items(fields.Text(limits.NAME_CHARS, required=True), maximum=limits.ALIASES)
    plant_no = fields.Identifier(identifiers.check_plant_no, doc="registration of the plant, such as SIF601")
    licence_no = fields.Identifier(identifiers.check_food_licence, doc="JY or SC and 14 digits")
    occurred_at = fields.Moment(doc=OCCURRED)


class ProducerSchema(Schema):
    """A producer of the catalogue."""

    producer_id = fields.Key(required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)
    country = fields.Text(2, required=True)
    aliases = fields.Items(fields.Text(limits.NAME_CHARS, required=True), required=True)
    plant_no = fields.Text(limits.CODE_CHARS)
    licence_no = fields.Text(limits.CODE_CHARS)
    merged_into = fields.Key(doc="the entry that an officer merged this one into")
    recorded_at = fields.Moment(required=True)
    warnings = fields.Items(fields.Part(RegistryWarningSchema), doc="only where something was registered")


class ProducerQuery(PageQuery):
    """Which producers."""

    q = fields.Text(limits.SEARCH_CHARS, doc="names, aliases, pinyin initials, numbers; all terms must match")
    country = fields.Identifier(identifiers.check_country)
    plant_no = fields.Identifier(identifiers.check_plant_no)
    licence_no = fields.Identifier(identifiers.check_food_licence)


class ProducerPage(Schema):
    """A page of producers."""

    items = fields.Items(fields.Part(ProducerSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class ProductRegistrationSchema(Schema):
    """A product to register or find again."""

    producer_id = fields.Key(required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)
    name_en = fields.Text(limits.NAME_CHARS)
    series = fields.Text(limits.NAME_CHARS)
    category = fields.OneOf(CATEGORIES, required=True)
    origin_country = fields.Identifier(identifiers.check_country, required=True, doc="ISO 3166")
    gtin = fields.Identifier(identifiers.check_gtin)
    hs_code = fields.Identifier(identifiers.check_hs_code)
    ledger_unit = fields.OneOf(LEDGER_UNITS, required=True)
    units_per_piece = fields.Units(required=True, doc="by weight: grams a piece")
    unit_mass_g = fields.Int(1, limits.COUNT_MAX, required=True, doc="net grams a unit; 1 by weight")
    unit_word = fields.OneOf(unit_words.CODES, doc="what the smallest unit is called; none: 盒. No identity field")
    imported = fields.Flag(required=True)
    occurred_at = fields.Moment(doc=OCCURRED)


class ProductSchema(Schema):
    """A product of the catalogue."""

    product_id = fields.Key(required=True)
    producer_id = fields.Key(required=True)
    producer_name = fields.Text(limits.NAME_CHARS, required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)
    name_en = fields.Text(limits.NAME_CHARS)
    series = fields.Text(limits.NAME_CHARS)
    category = fields.OneOf(CATEGORIES, required=True)
    origin_country = fields.Text(2, required=True)
    gtin = fields.Text(limits.CODE_CHARS)
    hs_code = fields.Text(limits.CODE_CHARS)
    ledger_unit = fields.OneOf(LEDGER_UNITS, required=True)
    units_per_piece = fields.Units(required=True)
    unit_mass_g = fields.Int(1, limits.COUNT_MAX, required=True)
    unit_word = fields.OneOf(unit_words.CODES)
    imported = fields.Flag(required=True)
    merged_into = fields.Key(doc="the entry that an officer merged this one into")
    recorded_at = fields.Moment(required=True)


class ProductQuery(PageQuery):
    """Which products."""

    q = fields.Text(limits.SEARCH_CHARS, doc="the product's and its producer's names and numbers; all terms must match")
    producer_id = fields.Key()
    category = fields.OneOf(CATEGORIES)
    gtin = fields.Identifier(identifiers.check_gtin)
    imported = fields.Flag()


class ProductPage(Schema):
    """A page of products."""

    items = fields.Items(fields.Part(ProductSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)
