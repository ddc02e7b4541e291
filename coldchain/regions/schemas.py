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


class RegionQuery(PageQuery):
    """Which regions."""

    q = fields.Text(limits.SEARCH_CHARS, doc="part of a name, or the first digits of a code")
    level = fields.OneOf(LEVELS)
    parent_code = fields.Text(6, pattern=REGION)


class RegionPage(Schema):
    """A page of regions, in code order."""

    items = fields.Items(fields.Part(RegionSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class OfficeSchema(Schema):
    """A market supervision office below the district."""

    office_id = fields.Key(required=True)
    region_code = fields.Text(6, required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)


class OfficeQuery(PageQuery):
    """Which offices."""

    region_code = fields.Text(6, pattern=REGION, doc="all within this region")
    q = fields.Text(limits.SEARCH_CHARS, doc="part of the name")


class OfficePage(Schema):
    """A page of offices."""

    items = fields.Items(fields.Part(OfficeSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)
