"""Shapes of splits and transformations, at the door."""

from coldchain.batches.models import BATCH_STATES
from coldchain.core import fields, limits
from coldchain.core.fields import Schema
from coldchain.trade.entry_schemas import EntryLineQuantitySchema, EntryMadeSchema
from coldchain.trade.yields import PROCESSES


class SplitSchema(Schema):
    """Which pieces become a batch of their own."""

    piece_from = fields.Int(1, limits.PIECES_MAX, required=True)
    piece_to = fields.Int(1, limits.PIECES_MAX, required=True)
    zone_id = fields.Key(doc="where these pieces lie; default the only zone with goods of the owner")
    owner = fields.BusinessRef(doc="whose goods; default the asker's own business, else that of the site")
    occurred_at = fields.Moment(doc="when it happened; default now; gate and locks are judged as of now")
    reason = fields.Text(limits.TEXT_CHARS)


class SplitMadeSchema(EntryMadeSchema):
    """The entry of a split, and the batch that it made."""

    batch_id = fields.Key(metadata={"description": "the new batch"})
    batch_code = fields.Text()
    parent_id = fields.Key()
    piece_count = fields.Int()
    quantity_units = fields.Units()
    status = fields.OneOf(BATCH_STATES)


class OutputSchema(Schema):
    """Goods of one product that come out."""

    product_id = fields.Key(required=True)
    batch_no = fields.Text(limits.NUMBER_CHARS)
    production_date = fields.Day(required=True)
    expiry_date = fields.Day()
    quantity_units = fields.Units(required=True)
    zone_id = fields.Key(doc="of the same site; default where the goods went in")


class TransformationSchema(Schema):
    """Goods that go in, goods that come out, and what was lost on the way."""

    zone_id = fields.Key(required=True)
    owner = fields.BusinessRef(doc="whose goods; default the asker's own business, else that of the site")
    process = fields.OneOf(PROCESSES, required=True)
    occurred_at = fields.Moment(doc="when it happened; default now; gate and locks are judged as of now")
    lines = fields.Items(
        fields.Part(EntryLineQuantitySchema, required=True), minimum=1, maximum=limits.MADE_FROM, required=True
    )
    outputs = fields.Items(
        fields.Part(OutputSchema, required=True), minimum=1, maximum=limits.MADE_BATCHES, required=True
    )
    loss_g = fields.MassG(doc="grams lost: trimmings, drip, water; default 0")
    added_g = fields.MassG(doc="grams of other ingredients, when goods are cooked or mixed; default 0")
    reason = fields.Text(limits.TEXT_CHARS)


class MadeBatchSchema(Schema):
    """A batch that was made."""

    batch_id = fields.Key()
    batch_code = fields.Text()
    product = fields.Text()
    quantity_units = fields.Units()
    piece_count = fields.Int()
    mass_g = fields.MassG()
    zone_id = fields.Key()
    status = fields.OneOf(BATCH_STATES)


class TransformationMadeSchema(EntryMadeSchema):
    """The entry of a transformation, and the batches that it made."""

    outputs = fields.Items(fields.Part(MadeBatchSchema))
