"""What the answers about regions and offices look like."""

from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema

LEVELS = ("nation", "province", "prefecture", "county")
REGION = r"[0-9]{6}"


class RegionSchema(Schema):
    """A region of GB/T 2260."""

    code = fields.Text(6, required=True)
    name_zh = fields.Text(limits.NAME_CHARS, required=True)
    name_en = fields.Text(limits.NAME_CHARS, required=True)
    level = fields.OneOf(LEVELS, required=True)
    parent_code = fields.Text(6)
    valid_from = fields.Day(doc="first day; null: not known to have begun")
    valid_to = fields.Day(doc="last day; null: stands")
    successor_code = fields.Text(6, doc="what stands in the place of one that ended")


class RegionQuery(PageQuery):
    """Which regions."""

    q = fields.Text(limits.SEARCH_CHARS, doc="part of a name, or the first digits of a code")
    level = fields.OneOf(LEVELS)
    parent_code = fields.Text(6, pattern=REGION)
    on = fields.Day(doc="those that stand on this day; default today")
    former = fields.Flag(doc="true: those that ended before the day")


class RegionPage(Schema):
    """A page of regions, in code order."""

    items = fields.Items(fields.Part(RegionSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class GridSchema(Schema):
    """A grid: the part of an office's area that one person looks after."""

    grid_id = fields.Key(required=True)
    office_id = fields.Key(required=True)
    code = fields.Text(limits.CODE_CHARS, required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)
    ended_on = fields.Day()


class OfficeSchema(Schema):
    """A market supervision office below the district."""

    office_id = fields.Key(required=True)
    region_code = fields.Text(6, required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)
    address = fields.Text(limits.ADDRESS_CHARS)
    phone = fields.Text(limits.PHONE_CHARS)
    ended_on = fields.Day()


class OfficeQuery(PageQuery):
    """Which offices."""

    region_code = fields.Text(6, pattern=REGION, doc="all within this region")
    q = fields.Text(limits.SEARCH_CHARS, doc="part of the name")
    former = fields.Flag(doc="true: those that ended")


class OfficePage(Schema):
    """A page of offices."""

    items = fields.Items(fields.Part(OfficeSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)
