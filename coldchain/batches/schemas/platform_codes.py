"""Codes of other platforms, at the door."""

from coldchain.core import fields, limits
from coldchain.core.fields import Schema
from coldchain.policy import vocabulary

PLATFORMS = tuple(vocabulary.platforms())


class PlatformSchema(Schema):
    """Another traceability platform."""

    platform = fields.OneOf(PLATFORMS, required=True)
    name_zh = fields.Text(limits.NAME_CHARS, required=True)
    name_en = fields.Text(limits.NAME_CHARS, required=True)


class PlatformCodeSchema(PlatformSchema):
    """The code of another platform that stands on a batch's cases."""

    code = fields.Text(limits.FOREIGN_CODE_CHARS, required=True)
    batch_id = fields.Key(required=True, doc="this batch, or the one that it was split off")
    recorded_at = fields.Moment(required=True)


class PlatformCodeRecordSchema(Schema):
    """A code of another platform to keep."""

    platform = fields.OneOf(PLATFORMS, required=True)
    code = fields.Text(limits.FOREIGN_CODE_CHARS, required=True, doc="as it is printed, or the text in its QR")
