"""Shapes of findings, at the door."""

from coldchain.core import fields, limits
from coldchain.core.fields import Schema
from coldchain.inspections.models import DISPOSITIONS, OUTCOMES


class UnlistedSchema(Schema):
    """Goods that no catalogue knows: what is printed on the pack."""

    name = fields.Text(limits.NAME_CHARS, required=True)
    producer = fields.Text(limits.NAME_CHARS)
    production_date = fields.Day()
    batch_no = fields.Text(limits.NUMBER_CHARS)


class FindingLineSchema(Schema):
    """One kind of goods; exactly one of batch_id, product_id, unlisted. `mass_g` null: not weighed."""

    batch_id = fields.Key()
    product_id = fields.Key()
    unlisted = fields.Part(UnlistedSchema)
    owner = fields.BusinessRef()
    zone_id = fields.Key()
    examined_units = fields.Units(0, required=True)
    matched_units = fields.Units(0, required=True)
    mass_g = fields.MassG(doc="mass of what was examined; null: not weighed")
    disposition = fields.OneOf(DISPOSITIONS, required=True)
    seal_no = fields.Text(limits.NUMBER_CHARS)


class TakenSamplesSchema(Schema):
    """Pieces sampled at a place in a round; a later finding of the task that names the same replaces the count."""

    place = fields.Text(limits.NAME_CHARS, required=True)
    round = fields.Int(1, 100, required=True)
    pieces = fields.Int(1, limits.COUNT_MAX, required=True)


class FindingSchema(Schema):
    """What was seen at a task's place."""

    outcome = fields.OneOf(OUTCOMES, required=True)
    captured_at = fields.Moment(doc="when it was seen; default now")
    occurred_at = fields.Moment(doc="the same as captured_at")
    lines = fields.Items(fields.Part(FindingLineSchema, required=True))
    samples = fields.Items(fields.Part(TakenSamplesSchema, required=True))
    people_controlled = fields.Int(0, 10_000)
    disinfected = fields.Flag()
    second_officer = fields.Text(limits.NAME_CHARS)
    note = fields.Text(limits.TEXT_CHARS, multiline=True)


class FindingLineAnswerSchema(Schema):
    """A line as it was recorded."""

    batch_id = fields.Key()
    product_id = fields.Key()
    unlisted = fields.Anything()
    owner = fields.Anything()
    zone_id = fields.Key()
    examined_units = fields.Units(0)
    matched_units = fields.Units(0)
    mass_g = fields.MassG()
    disposition = fields.OneOf(DISPOSITIONS)
    seal_no = fields.Text(limits.NUMBER_CHARS)


class FindingAnswerSchema(Schema):
    """A finding as it was recorded."""

    finding_id = fields.Key()
    task_id = fields.Key()
    site_id = fields.Key()
    outcome = fields.OneOf(OUTCOMES)
    captured_at = fields.Moment(attribute="occurred_at")
    recorded_at = fields.Moment()
    drill = fields.Flag(doc="recorded in a drill: `sealed` was practised, no seal was put on")
    people_controlled = fields.Int()
    disinfected = fields.Flag()
    note = fields.Text()
    lines = fields.Items(fields.Part(FindingLineAnswerSchema))
