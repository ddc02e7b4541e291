"""Shapes of label runs, at the door."""

from coldchain.core import fields, limits
from coldchain.core.fields import Schema

RUN_STATES = ("queued", "running", "done", "failed")
LEVELS = ("batch", "piece")


class LabelRunOrderSchema(Schema):
    """Either the first and last piece, or level batch for the label of the whole batch (散货牌)."""

    level = fields.OneOf(LEVELS, doc="batch: the label of the whole batch; else leave it out")
    piece_from = fields.Int(1, limits.PIECES_MAX)
    piece_to = fields.Int(1, limits.PIECES_MAX)
    occurred_at = fields.Moment(doc="default now")


class LabelRunQuerySchema(fields.PageQuery):
    """Which runs to list."""

    batch_id = fields.Key()
    state = fields.OneOf(RUN_STATES)


class LabelRunFilesSchema(Schema):
    """Where the files are, once they are made; `png` for a single label."""

    pdf = fields.Text(doc="A4 sheets, 60 × 40 mm, to be printed at 100 %")
    zip = fields.Text(doc="a PNG of each label at 203 dpi")
    png = fields.Text(doc="the one label as a PNG at 203 dpi")


class LabelRunSchema(Schema):
    """A label run."""

    run_id = fields.Key()
    batch_id = fields.Key()
    business_id = fields.Key()
    level = fields.OneOf(LEVELS)
    piece_from = fields.Int()
    piece_to = fields.Int()
    trial = fields.Flag(doc="the labels are marked as not for use")
    state = fields.OneOf(RUN_STATES)
    done = fields.Int()
    total = fields.Int()
    error = fields.Text(doc="code of what went wrong, when state is failed")
    recorded_at = fields.Moment()
    finished_at = fields.Moment()
    files = fields.Part(LabelRunFilesSchema)


class LabelRunPageSchema(Schema):
    """A page of runs."""

    items = fields.Items(fields.Part(LabelRunSchema))
    next = fields.Text(limits.CURSOR_CHARS)
