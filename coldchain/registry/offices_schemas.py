"""What is asked and answered about offices and their grids."""

from coldchain.core import fields, limits
from coldchain.core.fields import Schema
from coldchain.core.phones import check_phone
from coldchain.regions.schemas import REGION, GridSchema, OfficeSchema


class NewOfficeSchema(Schema):
    """An office to add."""

    region_code = fields.Text(6, pattern=REGION, required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)
    address = fields.Text(limits.ADDRESS_CHARS)
    phone = fields.Identifier(check_phone, doc="of the office, not of a person")


class OfficeChangeSchema(Schema):
    """What changes; what is left out stays."""

    name = fields.Text(limits.NAME_CHARS)
    address = fields.Text(limits.ADDRESS_CHARS)
    phone = fields.Identifier(check_phone)


class EndSchema(Schema):
    """When it ended; today if nothing is said."""

    ended_on = fields.Day()


class NewGridSchema(Schema):
    """A grid to add."""

    code = fields.Text(limits.CODE_CHARS, required=True, doc="unique within the office")
    name = fields.Text(limits.NAME_CHARS, required=True)


class GridChangeSchema(Schema):
    """A new name."""

    name = fields.Text(limits.NAME_CHARS, required=True)


class OfficeWithGridsSchema(OfficeSchema):
    """An office with all its grids, those that ended too."""

    grids = fields.Items(fields.Part(GridSchema), required=True)
