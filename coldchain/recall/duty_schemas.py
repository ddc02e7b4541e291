"""Shapes of tasks given to officers, requests to other regions and hand-overs, at the door."""

from coldchain.core import fields, limits
from coldchain.core.fields import Schema
from coldchain.recall.schemas import PlaceFiguresSchema


class AssignSchema(Schema):
    """Who gets a task."""

    username = fields.Text(limits.NAME_CHARS, required=True)


class AssignOfficeSchema(Schema):
    """Who gets the open tasks of an office; nobody: they stay as they are."""

    region_code = fields.Text(6, pattern="[0-9]{6}", required=True)
    office_id = fields.Key()
    username = fields.Text(limits.NAME_CHARS)


class AssignOfficesSchema(Schema):
    """Who gets the open tasks of some offices."""

    rows = fields.Items(fields.Part(AssignOfficeSchema))


class TakeOverSchema(Schema):
    """Nothing is needed to take a request over."""

    occurred_at = fields.Moment()


class AssistanceNoteSchema(Schema):
    """What the asking side adds to a request."""

    note = fields.Text(limits.TEXT_CHARS, required=True, multiline=True)


class AssistanceNoteShownSchema(Schema):
    """A note of the asking side."""

    recorded_at = fields.Moment()
    note = fields.Text()


class AssistanceSchema(Schema):
    """A request to another region or an office of it. `sites_due` and `expected_mass_g` as of when it was sent."""

    request_id = fields.Key()
    request_no = fields.Text()
    recall_id = fields.Key()
    title = fields.Text()
    from_region_code = fields.Text()
    region_code = fields.Text()
    office = fields.Anything()
    state = fields.OneOf(("sent", "taken_over", "done"))
    sites_due = fields.Int()
    expected_mass_g = fields.MassG()
    sent_at = fields.Moment()
    taken_over_at = fields.Moment()
    taken_over_by = fields.Text()
    officer = fields.Anything(metadata={"description": "who has it now: {username, display_name}, or null"})
    now = fields.Part(PlaceFiguresSchema)
    notes = fields.Items(fields.Part(AssistanceNoteShownSchema))


class AssistancePageSchema(Schema):
    """The requests of a recall."""

    items = fields.Items(fields.Part(AssistanceSchema))
    next = fields.Text()


class HandoverRowSchema(Schema):
    """One thing and who gets it."""

    what = fields.Text(limits.NAME_CHARS, required=True)
    to = fields.Text(limits.NAME_CHARS)


class HandoverSchema(Schema):
    """All that an officer has, and who gets it."""

    officer = fields.Text(limits.NAME_CHARS, required=True)
    to_all = fields.Text(limits.NAME_CHARS)
    rows = fields.Items(fields.Part(HandoverRowSchema), maximum=limits.HANDED_OVER)
    end = fields.Flag()
    give = fields.Flag()


class HandoverQuerySchema(Schema):
    """Whose things are handed on."""

    officer = fields.Text(limits.NAME_CHARS)
