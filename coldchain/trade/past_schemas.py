"""Shapes of the stock, now and as of a past moment, at the door."""

from coldchain.core import fields, limits
from coldchain.trade.schemas import StockItemSchema, StockPageSchema, StockQuery


class StockAtQuery(StockQuery):
    """Filters of the stock, and the moment that is asked for."""

    as_of = fields.Moment(doc="what lay where then, by what had happened; default now")
    known_at = fields.Moment(doc="only facts that were recorded by then; default now")


class StockAtItemSchema(StockItemSchema):
    """Goods of one owner and batch in one zone or on the road; of a past moment `status` is null."""

    quantity_units = fields.Units(
        -limits.QUANTITY_UNITS_MAX, doc="of a past moment negative where claimed times contradict each other"
    )
    mass_g = fields.MassG(-limits.MASS_G_MAX)


class StockAtPageSchema(StockPageSchema):
    """A page of stock and the moments that it is true for."""

    items = fields.Items(fields.Part(StockAtItemSchema))
    as_of = fields.Moment()
    known_at = fields.Moment()
