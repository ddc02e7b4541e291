"""Arrivals, at the door."""

from coldchain.batches.models import BATCH_STATES, ENTRY_MODES, MADE_MODES
from coldchain.batches.models_arrivals import ARRIVAL_FIELDS, BATCH_FIELDS
from coldchain.batches.schemas.evidence import OCCURRED, DisinfectionSchema, EvidenceSchema
from coldchain.core import fields, limits, unit_words
from coldchain.core.fields import PageQuery, Schema
from coldchain.core.phones import check_phone
from coldchain.registry.models import CATEGORIES, LEDGER_UNITS
from coldchain.registry.schemas import BusinessBriefSchema

ARRIVAL_STATES = ("declared", "arrived", "withdrawn")
ARRIVAL_FLAGS = (
    "suspected_mixed_storage", "container_missing", "seal_missing", "from_paper", "voucher_missing", "declared_late",
    "quantity_differs", "declaration_number_differs",
)  # fmt: skip


class SupplierSchema(Schema):
    """Who sold the goods: a business of the register, or a name."""

    business = fields.BusinessRef()
    name = fields.Text(limits.NAME_CHARS)


class DriverSchema(Schema):
    """Who drove."""

    name = fields.Text(limits.NAME_CHARS)
    phone = fields.Identifier(check_phone)


class ArrivalLineSchema(Schema):
    """One product of one production batch."""

    product_id = fields.Key(required=True)
    zone_id = fields.Key(required=True, doc="a zone of the arrival's site")
    batch_no = fields.Text(limits.NUMBER_CHARS, doc="production batch number, if the pack has one")
    production_date = fields.Day(required=True)
    expiry_date = fields.Day(required=True)
    quantity_units = fields.Units(required=True, doc="in the product's ledger unit")


class ArrivalRegistrationSchema(Schema):
    """An arrival to enter."""

    site_id = fields.Key(required=True)
    owner = fields.BusinessRef(doc="default: your own business")
    entry_mode = fields.OneOf(ENTRY_MODES, required=True)
    arrived_at = fields.Moment(
        doc="default: occurred_at, else now; existing stock and paper: any past time; not of declared goods"
    )
    expected_at = fields.Moment(doc="needed for declared goods: when they come")
    supplier = fields.Part(SupplierSchema)
    container_no = fields.Text(limits.CODE_CHARS, doc="ISO 6346")
    container_override = fields.Text(limits.TEXT_CHARS, doc="why a number is right although its check digit fails")
    seal_no = fields.Text(limits.NUMBER_CHARS)
    customs_declaration_no = fields.Text(limits.CODE_CHARS, doc="18 digits, the 9th a 1: an import")
    vehicle_plate = fields.Text(limits.CODE_CHARS)
    driver = fields.Part(DriverSchema)
    lines = fields.Items(fields.Part(ArrivalLineSchema, required=True), minimum=1, required=True)
    occurred_at = fields.Moment(doc=OCCURRED)


class BatchProductSchema(Schema):
    """A product as batches show it."""

    product_id = fields.Key(required=True)
    producer_id = fields.Key()
    name = fields.Text(limits.NAME_CHARS, required=True)
    name_en = fields.Text(limits.NAME_CHARS)
    series = fields.Text(limits.NAME_CHARS)
    category = fields.OneOf(CATEGORIES)
    origin_country = fields.Text(3)
    gtin = fields.Text(limits.CODE_CHARS)
    ledger_unit = fields.OneOf(LEDGER_UNITS)
    units_per_piece = fields.Int()
    unit_mass_g = fields.Int()
    unit_word = fields.OneOf(unit_words.CODES)
    imported = fields.Flag()


class ArrivalBatchSchema(Schema):
    """A batch as its arrival shows it."""

    batch_id = fields.Key(required=True)
    batch_code = fields.Text(limits.CODE_CHARS, required=True)
    piece_count = fields.Int(required=True)
    status = fields.OneOf(BATCH_STATES, required=True)
    line_no = fields.Int(required=True)
    product = fields.Part(BatchProductSchema, required=True)
    zone_id = fields.Key(required=True)
    batch_no = fields.Text(limits.NUMBER_CHARS)
    production_date = fields.Day(required=True)
    expiry_date = fields.Day()
    quantity_units = fields.Units(required=True)
    declared_units = fields.Units(doc="what had been declared of it, once it was taken in")


class ArrivalSupplierSchema(Schema):
    """Who sold the goods."""

    business = fields.Part(BusinessBriefSchema)
    name = fields.Text(limits.NAME_CHARS)


class IdentityCorrectionSchema(Schema):
    """One field that was corrected: of a batch, or of the arrival itself (`batch_id` null)."""

    correction_id = fields.Key(required=True)
    batch_id = fields.Key()
    field = fields.OneOf(ARRIVAL_FIELDS + BATCH_FIELDS, required=True)
    former_value = fields.Text(limits.NUMBER_CHARS)
    value = fields.Text(limits.NUMBER_CHARS, required=True)
    reason = fields.Text(limits.TEXT_CHARS, required=True)
    corrects_id = fields.Key(doc="the correction of the same field that this one corrects in turn")
    occurred_at = fields.Moment(required=True)
    recorded_at = fields.Moment(required=True)


class VoucherSchema(Schema):
    """A photograph of the paper that an arrival was entered from."""

    voucher_id = fields.Key(required=True)
    recorded_at = fields.Moment(required=True)


class ArrivalSchema(Schema):
    """An arrival with its batches."""

    arrival_id = fields.Key(required=True)
    arrival_no = fields.Text(limits.CODE_CHARS, required=True)
    owner = fields.Part(BusinessBriefSchema, required=True)
    site_id = fields.Key(required=True)
    entry_mode = fields.OneOf(ENTRY_MODES + MADE_MODES, required=True)
    state = fields.OneOf(ARRIVAL_STATES, required=True)
    arrived_at = fields.Moment()
    expected_at = fields.Moment()
    supplier = fields.Part(ArrivalSupplierSchema)
    container_no = fields.Text(limits.CODE_CHARS)
    seal_no = fields.Text(limits.NUMBER_CHARS)
    customs_declaration_no = fields.Text(limits.CODE_CHARS)
    vehicle_plate = fields.Text(limits.CODE_CHARS)
    flags = fields.Items(fields.OneOf(ARRIVAL_FLAGS), required=True)
    withdrawn_at = fields.Moment()
    withdrawn_reason = fields.Text(limits.TEXT_CHARS)
    recorded_at = fields.Moment(required=True)
    on_behalf_of = fields.Key()
    batches = fields.Items(fields.Part(ArrivalBatchSchema), required=True)
    driver = fields.Part(DriverSchema, doc="only in the answer about one arrival")
    evidence = fields.Items(fields.Part(EvidenceSchema), doc="only in the answer about one arrival")
    disinfections = fields.Items(fields.Part(DisinfectionSchema), doc="only in the answer about one arrival")
    corrections = fields.Items(fields.Part(IdentityCorrectionSchema), doc="only in the answer about one arrival")
    vouchers = fields.Items(fields.Part(VoucherSchema), doc="only in the answer about one arrival")


class ArrivalQuery(PageQuery):
    """Which arrivals."""

    site_id = fields.Key()
    owner = fields.BusinessRef()
    entry_mode = fields.OneOf(ENTRY_MODES + MADE_MODES)


class ArrivalPage(Schema):
    """A page of arrivals."""

    items = fields.Items(fields.Part(ArrivalSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)
