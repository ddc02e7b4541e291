"""Shapes of backwards checks, at the door."""

from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.trade.schemas import TradePartySchema, TradeProductSchema

BACKCHECK_KINDS = (
    "stock_without_source", "purchase_without_consignment", "sales_above_purchases", "unanswered_consignment",
    "expired_at_counter", "count_variance",
)  # fmt: skip
ACTS = ("add_receipt", "enter_consignment", "answer", "settle", "take_off", "recover")


class BackcheckQuery(PageQuery):
    """Filters of the backwards checks."""

    kind = fields.OneOf(BACKCHECK_KINDS)
    business = fields.BusinessRef(doc="whose books")
    site_id = fields.Key()


class SolveSchema(Schema):
    """Where a row is solved, or read by who may not solve it."""

    act = fields.OneOf(ACTS)
    href = fields.Text(doc="a page of this program")
    text_zh = fields.Text()
    text_en = fields.Text()


class BackcheckSchema(Schema):
    """A fact of the books that lacks another one; no violation."""

    kind = fields.OneOf(BACKCHECK_KINDS)
    business = fields.Part(TradePartySchema, doc="whose books")
    counterpart = fields.Part(TradePartySchema, doc="the supplier that was named, sender or receiver")
    site_id = fields.Key()
    site_name = fields.Text()
    zone_id = fields.Key()
    zone_code = fields.Text()
    arrival_id = fields.Key()
    consignment_id = fields.Key()
    batch_id = fields.Key(doc="null where batches differ")
    batch_code = fields.Text()
    product = fields.Part(TradeProductSchema)
    quantity_units = fields.Units(doc="null where batches differ")
    mass_g = fields.MassG()
    since = fields.Moment()
    as_of = fields.Moment()
    message_zh = fields.Text()
    message_en = fields.Text()
    solve = fields.Part(SolveSchema)


class BackcheckPageSchema(Schema):
    """A page of backwards checks."""

    items = fields.Items(fields.Part(BackcheckSchema))
    next = fields.Text(limits.CURSOR_CHARS)
    as_of = fields.Moment()
