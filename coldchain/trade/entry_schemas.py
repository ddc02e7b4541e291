"""Shapes of stock entries (出入库单), at the door."""

from coldchain.batches.models import FLAG_KINDS
from coldchain.core import fields, identifiers, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.trade.models import ENTRY_KINDS
from coldchain.trade.schemas import TradePartySchema, TradeProductSchema

RECOVERED_FROM = ("sold", "missing")
SHORTAGES = ("lost", "missing")
DESTRUCTION_METHODS = ("incineration", "rendering", "burial", "other")


class EntryLineQuantitySchema(Schema):
    """Units of one batch."""

    batch_id = fields.Key(required=True)
    quantity_units = fields.Units(required=True)


class GoodsEntrySchema(Schema):
    """Goods of one owner in one zone: up to 500 batches, each named once."""

    zone_id = fields.Key(required=True)
    owner = fields.BusinessRef(doc="whose goods; default the asker's own business, else that of the site")
    occurred_at = fields.Moment(doc="when it happened; default now")
    lines = fields.Items(fields.Part(EntryLineQuantitySchema, required=True), minimum=1, required=True)
    reason = fields.Text(limits.TEXT_CHARS)


class LossSchema(GoodsEntrySchema):
    """Goods that are spoiled, broken, stolen or gone."""

    reason = fields.Text(limits.TEXT_CHARS, required=True)


class RelocationSchema(GoodsEntrySchema):
    """Goods that go into another zone, here or in another store, and stay the owner's."""

    to_zone_id = fields.Key(required=True)


class OwnerChangeSchema(GoodsEntrySchema):
    """Goods that become another's where they lie."""

    to_owner = fields.BusinessRef(required=True)


class DestructionSchema(GoodsEntrySchema):
    """Goods rendered harmless (无害化处理)."""

    method = fields.OneOf(DESTRUCTION_METHODS)
    receiver = fields.Text(limits.NAME_CHARS, doc="who took them to be destroyed; needed for goods that are locked")
    receipt_no = fields.Text(limits.NUMBER_CHARS, doc="of the receiver's receipt; needed for goods that are locked")
    witness = fields.Text(limits.NAME_CHARS, doc="who was there; needed for goods that are locked")


class ReturnReceiverSchema(Schema):
    """Who takes goods back: a registered business (by a consignment), or a name out of the register or abroad."""

    business = fields.BusinessRef()
    name = fields.Text(limits.NAME_CHARS)
    country = fields.Identifier(identifiers.check_country, doc="ISO 3166 alpha-2 when they go abroad (退运)")


class ReturnSchema(GoodsEntrySchema):
    """Goods that go back to whom they came from and out of the books."""

    to = fields.Part(ReturnReceiverSchema, doc="needed for goods that are locked")
    receipt_no = fields.Text(limits.NUMBER_CHARS, doc="of the paper that shows it; needed for goods that are locked")


class RecoverySchema(GoodsEntrySchema):
    """Goods that are back in a zone: sold ones that were fetched, missing ones that were found."""

    from_account = fields.OneOf(RECOVERED_FROM, required=True, data_key="from")


class StocktakeLineSchema(Schema):
    """What was counted of one batch; nothing there is 0."""

    batch_id = fields.Key(required=True)
    quantity_units = fields.Units(0, required=True, doc="what was counted")
    reason = fields.Text(limits.TEXT_CHARS, doc="needed beyond the tolerance; default the entry's reason")
    shortage = fields.OneOf(SHORTAGES, doc="what a shortage beyond the tolerance is; default missing")


class StocktakeSchema(GoodsEntrySchema):
    """What was counted in a zone; batches that are not named were not counted."""

    lines = fields.Items(fields.Part(StocktakeLineSchema, required=True), minimum=1, required=True)


class CorrectionLineSchema(Schema):
    """The right quantity of one batch; 0 takes the line back."""

    batch_id = fields.Key(required=True)
    quantity_units = fields.Units(0, required=True)


class CorrectionSchema(Schema):
    """The right quantities of an entry; batches that are not named stay as they are."""

    reason = fields.Text(limits.TEXT_CHARS, required=True)
    lines = fields.Items(fields.Part(CorrectionLineSchema, required=True), minimum=1, required=True)


class EntryLineSchema(Schema):
    """One batch of an entry: what was entered, and what is right after all corrections."""

    batch_id = fields.Key()
    batch_code = fields.Text()
    batch_no = fields.Text()
    production_date = fields.Day()
    product = fields.Part(TradeProductSchema)
    quantity_units = fields.Units(0, metadata={"description": "as entered; of a count what was counted"})
    current_units = fields.Units(0, metadata={"description": "after the last correction"})
    book_units = fields.Units(0, metadata={"description": "what the books said before a count or a correction"})
    mass_g = fields.MassG(metadata={"description": "of current_units"})
    movement_id = fields.Key()
    reason = fields.Text()
    verdict = fields.Anything(dump_only=True)


class EntryHeadSchema(Schema):
    """A stock entry without its lines."""

    entry_id = fields.Key()
    entry_no = fields.Text()
    kind = fields.OneOf(ENTRY_KINDS)
    late = fields.Flag()
    owner = fields.Part(TradePartySchema)
    zone_id = fields.Key()
    zone_code = fields.Text()
    site_id = fields.Key()
    site_name = fields.Text()
    to_owner = fields.Part(TradePartySchema)
    to_zone_id = fields.Key()
    to_zone_code = fields.Text()
    to_site_name = fields.Text()
    corrects_id = fields.Key()
    corrected = fields.Flag(metadata={"description": "a correction names this entry"})
    reason = fields.Text()
    occurred_at = fields.Moment()
    recorded_at = fields.Moment()
    on_behalf_of = fields.Key()
    mass_g = fields.MassG()


class EntryCorrectionSchema(Schema):
    """A correction that names this entry."""

    entry_id = fields.Key()
    entry_no = fields.Text()
    reason = fields.Text()
    recorded_at = fields.Moment()


class StockEntrySchema(EntryHeadSchema):
    """A stock entry with its lines."""

    detail = fields.Anything(dump_only=True, metadata={"description": "what only this kind has"})
    witness = fields.Text()
    lines = fields.Items(fields.Part(EntryLineSchema))
    corrections = fields.Items(fields.Part(EntryCorrectionSchema))
    flags = fields.Items(fields.OneOf(FLAG_KINDS))


class EntryWarningSchema(Schema):
    """Something to look at, or to do next, that didn't stop the entry."""

    code = fields.Text()
    message = fields.Text()


class EntryMadeSchema(StockEntrySchema):
    """A stock entry that was just made; a return to a registered business is a consignment and has no `entry_id`."""

    consignment_id = fields.Key()
    consignment_no = fields.Text()
    warnings = fields.Items(fields.Part(EntryWarningSchema))


class EntryQuery(PageQuery):
    """Filters of the list of stock entries."""

    kind = fields.OneOf(ENTRY_KINDS)
    batch_id = fields.Key()
    site_id = fields.Key(doc="where goods left, lie, or were moved to")
    business = fields.BusinessRef(doc="whose goods they are or became")


class EntrySummarySchema(EntryHeadSchema):
    """A stock entry in a list."""

    line_count = fields.Int()
    products = fields.Items(fields.Text(), metadata={"description": "the first names of its products"})


class StockEntryPageSchema(Schema):
    """A page of stock entries."""

    items = fields.Items(fields.Part(EntrySummarySchema))
    next = fields.Text(limits.CURSOR_CHARS)
