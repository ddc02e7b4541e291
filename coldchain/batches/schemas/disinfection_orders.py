"""Orders to disinfection services and what came of them, at the door."""

from coldchain.batches.models_disinfection import ORDER_STATES
from coldchain.batches.schemas.evidence import DisinfectionRegistrationSchema, DisinfectionSchema
from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.registry.schemas import BusinessBriefSchema


class DisinfectionOrderRegistrationSchema(Schema):
    """Which service is asked to treat these goods."""

    service = fields.BusinessRef(required=True, doc="an active disinfection service of the register")
    note = fields.Text(limits.TEXT_CHARS, doc="for the service: when, where exactly, whom to ask for")


class OrderedTreatmentSchema(DisinfectionRegistrationSchema):
    """What the service did; that it did it needn't be said."""

    class Meta:
        exclude = ("performed_by",)

    certificate = fields.Flag(load_default=True, allow_none=False, doc="issue the certificate in the same act")
    certificate_no = fields.Text(limits.NUMBER_CHARS, doc="default: numbered by the program")
    valid_to = fields.Day(doc="last day of the certificate")


class DisinfectionCertificateSchema(Schema):
    """The certificate of a treatment: a paper of the goods."""

    evidence_id = fields.Key(required=True)
    number = fields.Text(limits.NUMBER_CHARS, required=True)


class OrderedDisinfectionSchema(DisinfectionSchema):
    """A disinfection record that the service entered itself, with its certificate."""

    certificate = fields.Part(
        DisinfectionCertificateSchema, doc="null: not asked for, or the treatment meets no protocol"
    )


class OrderedSiteSchema(Schema):
    """Where the goods are to be treated."""

    site_id = fields.Key(required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)
    address = fields.Text(limits.TEXT_CHARS)
    region_code = fields.Text(limits.CODE_CHARS, required=True)


class OrderedGoodsSchema(Schema):
    """What is to be treated; a service reads no more of it."""

    batch_id = fields.Key(required=True)
    batch_code = fields.Text(limits.CODE_CHARS, required=True)
    product = fields.Text(limits.NAME_CHARS, required=True)
    product_en = fields.Text(limits.NAME_CHARS)
    batch_no = fields.Text(limits.NUMBER_CHARS)
    production_date = fields.Day(required=True)
    quantity_units = fields.Units(required=True)
    piece_count = fields.Int(required=True)


class DisinfectionOrderSchema(Schema):
    """A disinfection service is asked to treat an arrival or a batch."""

    order_id = fields.Key(required=True)
    state = fields.OneOf(ORDER_STATES, required=True)
    customer = fields.Part(BusinessBriefSchema, required=True)
    service = fields.Part(BusinessBriefSchema, required=True)
    site = fields.Part(OrderedSiteSchema, required=True)
    arrival_id = fields.Key()
    arrival_no = fields.Text(limits.NUMBER_CHARS)
    batch_id = fields.Key()
    goods = fields.Items(fields.Part(OrderedGoodsSchema), required=True)
    note = fields.Text(limits.TEXT_CHARS)
    recorded_at = fields.Moment(required=True)
    withdrawn_at = fields.Moment()
    disinfections = fields.Items(fields.Part(OrderedDisinfectionSchema), required=True)
    on_behalf_of = fields.Key()


class DisinfectionOrderQuery(PageQuery):
    """Which orders."""

    state = fields.OneOf(ORDER_STATES)
    arrival_id = fields.Key()
    batch_id = fields.Key()


class DisinfectionOrderPage(Schema):
    """A page of orders."""

    items = fields.Items(fields.Part(DisinfectionOrderSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)
