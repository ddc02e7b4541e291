"""What requests and answers about corrected places and stewards look like."""

from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.core.phones import check_phone
from coldchain.registry.models import VENUE_KINDS
from coldchain.registry.models_stewards import STEWARD_KINDS
from coldchain.registry.schemas import SiteSchema


class VenueCorrectionSchema(Schema):
    """What a venue is called and where it is; what is left out is not known any more."""

    name = fields.Text(limits.NAME_CHARS, required=True)
    kind = fields.OneOf(VENUE_KINDS, required=True)
    office = fields.Text(limits.NAME_CHARS, doc="name or office_id of a supervision office of its region")
    address = fields.Text(limits.ADDRESS_CHARS, required=True)
    latitude = fields.Number(-90, 90, places=6, doc="degrees, WGS 84; with longitude or not at all")
    longitude = fields.Number(-180, 180, places=6)


class SiteCorrectionSchema(Schema):
    """What a site is called and where it is; what is left out is not known any more."""

    name = fields.Text(limits.NAME_CHARS, required=True)
    venue_id = fields.Key()
    office = fields.Text(limits.NAME_CHARS, doc="name or office_id; default the venue's office")
    grid = fields.Text(limits.CODE_CHARS, doc="number of a grid of that office")
    address = fields.Text(limits.ADDRESS_CHARS, required=True)
    latitude = fields.Number(-90, 90, places=6, doc="degrees, WGS 84; with longitude or not at all")
    longitude = fields.Number(-180, 180, places=6)


class StewardAppointmentSchema(Schema):
    """Who has a post at a cold store from a day on."""

    kind = fields.OneOf(STEWARD_KINDS, required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)
    phone = fields.Identifier(check_phone)
    publish_phone = fields.Flag(doc="the phone may stand on the public sign; default false")
    started_on = fields.Day(required=True)


class StewardEndSchema(Schema):
    """The last day in the post."""

    ended_on = fields.Day(required=True)


class StewardSchema(Schema):
    """Somebody who has or had a post at a cold store; name and phone are null once they were erased."""

    steward_id = fields.Key(required=True)
    site_id = fields.Key(required=True)
    kind = fields.OneOf(STEWARD_KINDS, required=True)
    name = fields.Text(limits.NAME_CHARS)
    phone = fields.Text(limits.PHONE_CHARS)
    publish_phone = fields.Flag(required=True)
    started_on = fields.Day(required=True)
    ended_on = fields.Day()


class StewardPage(Schema):
    """All who have or had a post at a site."""

    items = fields.Items(fields.Part(StewardSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class LackingQuery(PageQuery):
    """Which cold stores."""

    none_at_all = fields.Flag(doc="true: only those without any steward")


class LackingSiteSchema(SiteSchema):
    """A cold store and the posts that nobody holds there."""

    lacking = fields.Items(fields.OneOf(STEWARD_KINDS, required=True), required=True)


class LackingPage(Schema):
    """A page of cold stores that lack a steward."""

    items = fields.Items(fields.Part(LackingSiteSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)
