"""Pairs of businesses that may be one, at the door."""

from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.registry.schemas import BusinessSchema
from coldchain.registry.similarity import COMPARED, PAIR_STATES, REASONS


class PairQuery(PageQuery):
    """Which pairs."""

    state = fields.OneOf(
        PAIR_STATES, load_default="open", doc="`set_aside`: of which an officer says that they are two"
    )


class PairChangeSchema(Schema):
    """What of a business is another than when the pair was set aside."""

    business_id = fields.Key(required=True)
    what = fields.OneOf(COMPARED, required=True)


class PairAsideSchema(Schema):
    """That an officer said that two businesses are two."""

    reason = fields.Text(limits.TEXT_CHARS, required=True)
    by = fields.Text(limits.NAME_CHARS, doc="the officer; null when the account is gone")
    recorded_at = fields.Moment(required=True)


class PairSchema(Schema):
    """Two businesses that may be one."""

    one = fields.Part(BusinessSchema, required=True)
    other = fields.Part(BusinessSchema, required=True)
    reasons = fields.Items(fields.OneOf(REASONS, required=True), required=True, doc="what they have in common")
    aside = fields.Part(PairAsideSchema, doc="null: nobody says that they are two")
    changed = fields.Items(
        fields.Part(PairChangeSchema), required=True, doc="since it was set aside; the pair is open again"
    )


class PairCountsSchema(Schema):
    """How many pairs there are."""

    open = fields.Int(maximum=limits.QUANTITY_UNITS_MAX, required=True)
    set_aside = fields.Int(maximum=limits.QUANTITY_UNITS_MAX, required=True)


class PairPage(Schema):
    """A page of pairs, the likeliest first."""

    items = fields.Items(fields.Part(PairSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)
    counts = fields.Part(PairCountsSchema, required=True)
    compared = fields.Int(required=True, doc="businesses that were compared with each other")
    all_compared = fields.Flag(required=True, doc="false: the newest 10,000 of your area were compared, not all")


class TellApartSchema(Schema):
    """Why two businesses that look alike are two."""

    reason = fields.Text(limits.TEXT_CHARS, required=True)
