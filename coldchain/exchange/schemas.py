"""Spreadsheets, at the door."""

from coldchain.core import fields, limits
from coldchain.core.fields import Schema
from coldchain.core.uploads import Upload
from coldchain.exchange.models import KINDS, STATES


class SheetSchema(Schema):
    """A spreadsheet: XLSX, or CSV in UTF-8 or GB18030."""

    file = Upload(required=True)


class SheetQuery(Schema):
    """Whose rows they are."""

    business = fields.BusinessRef(doc="USCC or business_id; default the own business")


class SheetBadCellSchema(Schema):
    """A cell that can't be taken."""

    row = fields.Int(1, limits.COUNT_MAX, required=True, doc="as the file counts its rows, from 1")
    letter = fields.Text(3, doc="the column's letter; null when there is no such column")
    head = fields.Text(limits.NAME_CHARS, required=True, doc="the column's head as the file has it")
    value = fields.Text(limits.TEXT_CHARS, doc="what stands there, at most 200 characters")
    code = fields.Text(limits.CODE_CHARS, required=True)
    message = fields.Text(limits.TEXT_CHARS, required=True, doc="what would be right")


class SheetUnitSchema(Schema):
    """What some rows of a spreadsheet become, or would become."""

    row = fields.Int(1, limits.COUNT_MAX, required=True, doc="the first of its rows")
    rows = fields.Int(1, limits.COUNT_MAX, required=True)
    mass_g = fields.MassG(doc="of a delivery")
    arrival_id = fields.Key(doc="once it was taken in")
    business_id = fields.Key(doc="once it was taken in")
    worker_id = fields.Key(doc="once it was taken in")


class SheetTakenSchema(Schema):
    """When a table was taken in, by this hand-in or a former one."""

    at = fields.Moment(required=True)
    by = fields.Text(limits.NAME_CHARS, doc="null where you may not know")


class SheetImportSchema(Schema):
    """A spreadsheet that was handed in."""

    import_id = fields.Key(required=True)
    kind = fields.OneOf(KINDS, required=True)
    business_id = fields.Key()
    state = fields.OneOf(
        STATES,
        required=True,
        doc="checking → checked or refused (bad cells) or already (the same table was taken in before); "
        "taking → done; failed",
    )
    rows_done = fields.Int(required=True)
    rows = fields.Int(required=True)
    mass_g = fields.MassG()
    units = fields.Items(
        fields.Part(SheetUnitSchema), required=True, doc="what its rows come to: the first 200 of units_count"
    )
    units_count = fields.Int()
    unread = fields.Items(
        fields.Text(limits.NAME_CHARS), required=True, doc="heads and further worksheets that are not read"
    )
    left_out = fields.Items(fields.Int(1, limits.COUNT_MAX), required=True, doc="rows of sums and examples")
    errors = fields.Items(fields.Part(SheetBadCellSchema), required=True, maximum=limits.IMPORT_BAD_CELLS)
    errors_count = fields.Int(required=True)
    error = fields.Text(limits.CODE_CHARS, doc="why it failed as a whole")
    taken_in = fields.Part(SheetTakenSchema)
    recorded_at = fields.Moment(required=True)
    finished_at = fields.Moment()
