"""Shapes of consignments and stock, at the door."""

from coldchain.batches.models import BATCH_STATES
from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.core.phones import check_phone
from coldchain.core.uploads import Upload
from coldchain.trade.models import ANSWER_KINDS, ANSWER_OUTCOMES, CONSIGNMENT_STATES, HANDOVERS, PURPOSES
from coldchain.trade.states import SETTLEMENTS


class ConsignmentLineQuantitySchema(Schema):
    """Units of one batch."""

    batch_id = fields.Key(required=True)
    quantity_units = fields.Units(required=True)


class ReceiverSchema(Schema):
    """Either a registered business (USCC or business_id), or a name and a phone."""

    business = fields.BusinessRef()
    name = fields.Text(limits.NAME_CHARS)
    phone = fields.Identifier(check_phone)
    address = fields.Text(limits.ADDRESS_CHARS)


class ConsignmentDriverSchema(Schema):
    """Who drives."""

    name = fields.Text(limits.NAME_CHARS)
    phone = fields.Identifier(check_phone)


class DispatchSchema(Schema):
    """Goods that leave a zone."""

    from_zone_id = fields.Key(required=True)
    owner = fields.BusinessRef(doc="whose goods; default the asker's own business, else that of the site")
    to = fields.Part(ReceiverSchema, required=True)
    to_site_id = fields.Key(doc="a site of the receiver; default its only one")
    handover = fields.OneOf(HANDOVERS, required=True)
    carrier = fields.BusinessRef(doc="the registered carrier; its people then see this consignment")
    vehicle_plate = fields.Text(limits.CODE_CHARS)
    driver = fields.Part(ConsignmentDriverSchema)
    departure_temperature_c = fields.Number(-100, 100, doc="out of the class of the zone: a warning, no refusal")
    occurred_at = fields.Moment()
    lines = fields.Items(fields.Part(ConsignmentLineQuantitySchema, required=True), minimum=1, required=True)


class CountedLineSchema(Schema):
    """Units of one batch that came; 0: none of it."""

    batch_id = fields.Key(required=True)
    quantity_units = fields.Units(0, required=True)


class ConfirmSchema(Schema):
    """What came, and into which zone; another quantity than what waits for an answer needs a reason."""

    zone_id = fields.Key(required=True)
    reason = fields.Text(limits.TEXT_CHARS, doc="why less or more came: that part is then in dispute")
    arrival_temperature_c = fields.Number(-100, 100, doc="out of the class of the zone: a warning, no refusal")
    occurred_at = fields.Moment()
    lines = fields.Items(fields.Part(CountedLineSchema, required=True), minimum=1, required=True)


class DisputeSchema(Schema):
    """Units that are not as they should be, and why; the rest can still be confirmed."""

    lines = fields.Items(fields.Part(ConsignmentLineQuantitySchema, required=True), minimum=1, required=True)
    reason = fields.Text(limits.TEXT_CHARS, required=True)
    occurred_at = fields.Moment()


class SettlementLineSchema(Schema):
    """Disputed units of one batch and what became of them."""

    batch_id = fields.Key(required=True)
    outcome = fields.OneOf(SETTLEMENTS, required=True)
    quantity_units = fields.Units(required=True)


class SettleSchema(Schema):
    """What became of disputed units; `zone_id`: where those that came after all lie."""

    lines = fields.Items(fields.Part(SettlementLineSchema, required=True), minimum=1, required=True)
    reason = fields.Text(limits.TEXT_CHARS, required=True)
    zone_id = fields.Key(doc="a zone of the receiver's, for units that were delivered")
    occurred_at = fields.Moment()


class SlipSchema(Schema):
    """The photograph of a signed slip: JPEG, PNG or WebP."""

    file = Upload(required=True)


class RejectConsignmentSchema(Schema):
    """Why goods go back."""

    reason = fields.Text(limits.TEXT_CHARS, required=True)
    occurred_at = fields.Moment()


class TradePartySchema(Schema):
    """A business in an answer."""

    business_id = fields.Key()
    uscc = fields.Text()
    name = fields.Text()


class TradeProductSchema(Schema):
    """A product in an answer."""

    product_id = fields.Key()
    name = fields.Text()
    imported = fields.Flag()


class ReceiverAnswerSchema(Schema):
    """To whom goods go."""

    business = fields.Part(TradePartySchema)
    name = fields.Text()
    phone = fields.Text()
    address = fields.Text()


class ConsignmentLineSchema(Schema):
    """One batch of a consignment and the verdict that let it leave."""

    batch_id = fields.Key()
    batch_code = fields.Text()
    batch_no = fields.Text()
    production_date = fields.Day()
    product = fields.Part(TradeProductSchema)
    quantity_units = fields.Units()
    confirmed_units = fields.Units(0)
    disputed_units = fields.Units(0)
    open_units = fields.Units(0, doc="on the road, nobody has said anything about them")
    mass_g = fields.MassG()
    verdict = fields.Anything(dump_only=True)


class ConsignmentHeadSchema(Schema):
    """A consignment without its lines."""

    consignment_id = fields.Key()
    consignment_no = fields.Text()
    purpose = fields.OneOf(PURPOSES)
    state = fields.OneOf(CONSIGNMENT_STATES)
    handover = fields.OneOf(HANDOVERS)
    owner = fields.Part(TradePartySchema)
    from_site_id = fields.Key()
    from_site_name = fields.Text()
    from_zone_id = fields.Key()
    to = fields.Part(ReceiverAnswerSchema)
    to_site_id = fields.Key()
    to_site_name = fields.Text()
    to_zone_id = fields.Key()
    carrier = fields.Part(TradePartySchema)
    vehicle_plate = fields.Text()
    departure_temperature_c = fields.Number(-100, 100)
    arrival_temperature_c = fields.Number(-100, 100)
    late = fields.Flag()
    occurred_at = fields.Moment()
    recorded_at = fields.Moment()
    on_behalf_of = fields.Key()
    answered_at = fields.Moment()
    answer_reason = fields.Text()
    waiting_h = fields.Int(0, metadata={"description": "hours that it waits for an answer; null: it doesn't"})
    unanswered = fields.Flag(metadata={"description": "it waits longer than the rule book allows"})
    slip_file_id = fields.Key(metadata={"description": "the photograph of the signed slip, at …/slip"})
    mass_g = fields.MassG()


class AnswerLineSchema(Schema):
    """Units of one batch and what an answer says of them."""

    batch_id = fields.Key()
    outcome = fields.OneOf(ANSWER_OUTCOMES)
    quantity_units = fields.Units()


class ConsignmentAnswerSchema(Schema):
    """One thing that receiver, sender or an officer said about a consignment."""

    answer_id = fields.Key()
    kind = fields.OneOf(ANSWER_KINDS)
    zone_id = fields.Key()
    reason = fields.Text()
    occurred_at = fields.Moment()
    recorded_at = fields.Moment()
    on_behalf_of = fields.Key()
    lines = fields.Items(fields.Part(AnswerLineSchema))


class ConsignmentSchema(ConsignmentHeadSchema):
    """A consignment as its two parties and their officers see it."""

    driver = fields.Part(ConsignmentDriverSchema)
    lines = fields.Items(fields.Part(ConsignmentLineSchema))
    answers = fields.Items(fields.Part(ConsignmentAnswerSchema))


class DispatchWarningSchema(Schema):
    """Something to look at that didn't stop the dispatch or the receipt."""

    code = fields.Text()
    message = fields.Text()


class DispatchedSchema(ConsignmentSchema):
    """A consignment that was just made or confirmed."""

    warnings = fields.Items(fields.Part(DispatchWarningSchema))


class ConsignmentQuery(PageQuery):
    """Filters of the list of consignments."""

    direction = fields.OneOf(("in", "out"), doc="seen from `business`, else from the asker's own business or regions")
    state = fields.OneOf(CONSIGNMENT_STATES)
    business = fields.BusinessRef()
    unanswered = fields.Flag(doc="true: no answer for longer than the rule book allows")
    waiting_h = fields.Int(0, 100_000, doc="waits for an answer for at least so many hours")


class ConsignmentSummarySchema(ConsignmentHeadSchema):
    """A consignment in a list."""

    line_count = fields.Int()
    products = fields.Items(fields.Text(), metadata={"description": "the first names of its products"})


class ConsignmentPageSchema(Schema):
    """A page of consignments."""

    items = fields.Items(fields.Part(ConsignmentSummarySchema))
    next = fields.Text(limits.CURSOR_CHARS)


class StockQuery(PageQuery):
    """Filters of the stock."""

    business = fields.BusinessRef(doc="whose goods")
    site_id = fields.Key(doc="where goods lie or are bound for")
    zone_id = fields.Key()
    batch_id = fields.Key()


class StockItemSchema(Schema):
    """Goods of one owner and batch in one zone, or on the road (`zone_id` null, `consignment_id` given)."""

    owner = fields.Part(TradePartySchema)
    site_id = fields.Key()
    site_name = fields.Text()
    zone_id = fields.Key()
    zone_code = fields.Text()
    consignment_id = fields.Key()
    batch_id = fields.Key()
    batch_code = fields.Text()
    batch_no = fields.Text()
    production_date = fields.Day()
    expiry_date = fields.Day()
    status = fields.OneOf(BATCH_STATES)
    product = fields.Part(TradeProductSchema)
    quantity_units = fields.Units()
    locked_units = fields.Units(0)
    mass_g = fields.MassG()


class StockPageSchema(Schema):
    """A page of stock."""

    items = fields.Items(fields.Part(StockItemSchema))
    next = fields.Text(limits.CURSOR_CHARS)
