"""Flags (标记), at the door."""

from coldchain.batches.models import FLAG_KINDS
from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.registry.schemas import BusinessBriefSchema

FLAG_STATES = ("open", "closed")


class FlagQuery(PageQuery):
    """Which flags."""

    state = fields.OneOf(FLAG_STATES, load_default="open", allow_none=False)
    kind = fields.OneOf(FLAG_KINDS)
    batch_id = fields.Key()


class FlagSchema(Schema):
    """A fact that an officer should look at; no violation."""

    flag_id = fields.Key(required=True)
    kind = fields.OneOf(FLAG_KINDS, required=True)
    state = fields.OneOf(FLAG_STATES, required=True)
    subject_kind = fields.Text(limits.CODE_CHARS, required=True)
    subject_id = fields.Key(required=True)
    batch_id = fields.Key()
    batch_code = fields.Text(limits.CODE_CHARS)
    business = fields.Part(BusinessBriefSchema)
    region_code = fields.Text(6, required=True)
    data = fields.Anything(dump_only=True, metadata={"description": "quantities and ids that this kind has"})
    occurred_at = fields.Moment(required=True)
    recorded_at = fields.Moment(required=True)
    closed_at = fields.Moment()
    closed_reason = fields.Text(limits.TEXT_CHARS)


class FlagPage(Schema):
    """A page of flags."""

    items = fields.Items(fields.Part(FlagSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class CloseFlagSchema(Schema):
    """What was found out, or done, about a flag."""

    reason = fields.Text(limits.TEXT_CHARS, required=True)
