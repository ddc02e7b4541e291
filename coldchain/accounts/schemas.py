"""What the answers about accounts look like."""

from coldchain.accounts.models import ROLES
from coldchain.core import fields, limits
from coldchain.core.fields import Schema


class OwnBusinessSchema(Schema):
    """The business that you act for."""

    business_id = fields.Key(required=True)
    uscc = fields.Text(limits.CODE_CHARS)
    name = fields.Text(limits.NAME_CHARS, required=True)


class MeSchema(Schema):
    """Who you are to this program."""

    username = fields.Text(limits.NAME_CHARS, required=True)
    display_name = fields.Text(limits.NAME_CHARS, required=True)
    role = fields.OneOf(ROLES, required=True)
    business = fields.Part(OwnBusinessSchema)
    regions = fields.Items(fields.Text(6, required=True), required=True)
