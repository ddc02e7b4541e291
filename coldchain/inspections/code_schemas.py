"""What a resolved code looks like."""

from coldchain.batches.states import RESTRICTIONS
from coldchain.core import fields, limits
from coldchain.core.fields import Schema
from coldchain.ledger.models import CAUSE_KINDS, HOLD_GRADES


class CodeProductSchema(Schema):
    """The product that a code is of."""

    name = fields.Text(limits.NAME_CHARS)
    name_en = fields.Text(limits.NAME_CHARS)
    category = fields.Text(limits.CODE_CHARS)
    origin_country = fields.Text(2)
    specification = fields.Text(limits.NAME_CHARS, doc="what one piece holds")
    producer = fields.Text(limits.NAME_CHARS)


class CodeHoldCauseSchema(Schema):
    """Why goods are held."""

    kind = fields.OneOf(CAUSE_KINDS)
    id = fields.Key()
    version = fields.Int()


class CodeHoldSchema(Schema):
    """A hold on the batch, or on a part of it that the asker sees."""

    cause = fields.Part(CodeHoldCauseSchema)
    grade = fields.OneOf(HOLD_GRADES)
    quantity_units = fields.Units(doc="null: all of it")


class ResolvedCodeSchema(Schema):
    """What a code stands for; `gate`, `restriction` and `holds` are null where the asker may not know them."""

    code = fields.Text(limits.CODE_CHARS)
    level = fields.OneOf(("batch", "piece"))
    serial = fields.Int(0, limits.PIECES_MAX, doc="0: the whole batch, else the piece")
    piece_no = fields.Int(0, limits.PIECES_MAX, doc="the piece's number in the batch that it belongs to now")
    moved = fields.Flag(doc="true: this piece was split off after its label was printed; batch_code is what it is now")
    platform = fields.Text(limits.CODE_CHARS, doc="of another platform's code by which it was found")
    platform_code = fields.Text(limits.FOREIGN_CODE_CHARS)
    printed = fields.Flag(doc="false: no label run made this label")
    batch_id = fields.Key(doc="null when you may not see the batch")
    batch_code = fields.Text(limits.CODE_CHARS)
    product = fields.Part(CodeProductSchema)
    production_date = fields.Day()
    expiry_date = fields.Day()
    gate = fields.Anything(dump_only=True, doc="the verdict for the site where the batch entered the books")
    restriction = fields.OneOf(RESTRICTIONS)
    holds = fields.Items(fields.Part(CodeHoldSchema))
