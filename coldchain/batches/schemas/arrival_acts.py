"""What becomes of an arrival, at the door: intake, withdrawal, corrections, photographs."""

from coldchain.batches.schemas.arrivals import DriverSchema
from coldchain.batches.schemas.evidence import OCCURRED
from coldchain.core import fields, identifiers, limits
from coldchain.core.fields import Schema
from coldchain.core.uploads import Upload


class IntakeLineSchema(Schema):
    """What came of one declared batch."""

    batch_id = fields.Key(required=True)
    zone_id = fields.Key(doc="default: as declared")
    quantity_units = fields.Units(0, doc="default: as declared; 0: it did not come")


class IntakeSchema(Schema):
    """Declared goods that came."""

    arrived_at = fields.Moment(doc="default: occurred_at, else now")
    container_no = fields.Text(limits.CODE_CHARS, doc="ISO 6346; default: as declared")
    container_override = fields.Text(limits.TEXT_CHARS, doc="why a number is right although its check digit fails")
    seal_no = fields.Text(limits.NUMBER_CHARS, doc="default: as declared")
    customs_declaration_no = fields.Text(limits.CODE_CHARS, doc="18 digits, the 9th a 1: an import")
    vehicle_plate = fields.Text(limits.CODE_CHARS)
    driver = fields.Part(DriverSchema)
    lines = fields.Items(fields.Part(IntakeLineSchema, required=True), doc="batches not named came as declared")
    occurred_at = fields.Moment(doc=OCCURRED)


class WithdrawalSchema(Schema):
    """Why an arrival is withdrawn."""

    reason = fields.Text(limits.TEXT_CHARS, required=True)
    occurred_at = fields.Moment(doc=OCCURRED)


class IdentityCorrectionLineSchema(Schema):
    """What is right of one batch; what is left out stays."""

    batch_id = fields.Key(required=True)
    product_id = fields.Key(doc="counted in the same unit and pieces as the one that was entered")
    batch_no = fields.Text(limits.NUMBER_CHARS)
    production_date = fields.Day()
    expiry_date = fields.Day()


class IdentityCorrectionRequestSchema(Schema):
    """What is right of an arrival and its batches; what is left out stays."""

    reason = fields.Text(limits.TEXT_CHARS, required=True)
    container_no = fields.Text(limits.CODE_CHARS, doc="ISO 6346")
    container_override = fields.Text(limits.TEXT_CHARS, doc="why a number is right although its check digit fails")
    seal_no = fields.Text(limits.NUMBER_CHARS)
    customs_declaration_no = fields.Identifier(identifiers.check_import_declaration, doc="18 digits")
    vehicle_plate = fields.Text(limits.CODE_CHARS)
    lines = fields.Items(fields.Part(IdentityCorrectionLineSchema, required=True))
    occurred_at = fields.Moment(doc=OCCURRED)


class VoucherUploadSchema(Schema):
    """A photograph of the paper."""

    file = Upload(required=True)
