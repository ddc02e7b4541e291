"""Tubes, samples and results, at the door."""

from coldchain.batches.models import BASES, RESULTS, SAMPLE_SITES, STAGES
from coldchain.batches.schemas.evidence import pieces
from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.policy.facts import TUBE_STATES
from coldchain.registry.schemas import BusinessBriefSchema


class SampleRegistrationSchema(Schema):
    """What went into the tube: exactly one of batch_id, zone_id, vehicle_plate, worker_id, unlisted."""

    batch_id = fields.Key()
    zone_id = fields.Key()
    vehicle_plate = fields.Text(limits.CODE_CHARS)
    worker_id = fields.Key()
    unlisted = fields.Text(limits.NAME_CHARS)
    sample_site = fields.OneOf(SAMPLE_SITES, required=True)
    basis = fields.OneOf(BASES, doc="default: declared_range with pieces, else whole_batch")
    piece_from = pieces()
    piece_to = pieces()


class TubeRegistrationSchema(Schema):
    """A tube to enter."""

    tube_no = fields.Text(limits.CODE_CHARS, required=True, doc="as printed by the lab's kit")
    lab = fields.BusinessRef(required=True)
    sampled_at = fields.Moment(required=True)
    sampled_by = fields.Text(limits.NAME_CHARS)
    samples = fields.Items(
        fields.Part(SampleRegistrationSchema, required=True),
        minimum=1,
        maximum=limits.SAMPLES_PER_TUBE,
        required=True,
    )
    occurred_at = fields.Moment(doc="when it was filled; default sampled_at")


class SampledProductSchema(Schema):
    """What a laboratory sees of a product."""

    product_id = fields.Key(required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)
    name_en = fields.Text(limits.NAME_CHARS)


class SampledBatchSchema(Schema):
    """What a laboratory sees of a batch."""

    batch_id = fields.Key(required=True)
    batch_code = fields.Text(limits.CODE_CHARS, required=True)
    product = fields.Part(SampledProductSchema, required=True)


class SampleSchema(Schema):
    """A sample in a tube."""

    batch = fields.Part(SampledBatchSchema)
    zone_id = fields.Key()
    vehicle_plate = fields.Text(limits.CODE_CHARS)
    unlisted = fields.Text(limits.NAME_CHARS)
    sample_site = fields.OneOf(SAMPLE_SITES, required=True)
    basis = fields.OneOf(BASES, required=True)
    piece_from = pieces()
    piece_to = pieces()


class ResultRegistrationSchema(Schema):
    """A laboratory's result for a tube."""

    stage = fields.OneOf(STAGES, required=True)
    result = fields.OneOf(RESULTS, required=True)
    received_at = fields.Moment(required=True)
    reported_at = fields.Moment(required=True)
    report_no = fields.Text(limits.NUMBER_CHARS, required=True)
    analyst = fields.Text(limits.NAME_CHARS)
    occurred_at = fields.Moment(doc="when the result came to be known; default reported_at")


class ResultSchema(Schema):
    """A result of a tube."""

    result_id = fields.Key(required=True)
    tube_id = fields.Key(required=True)
    stage = fields.OneOf(STAGES, required=True)
    result = fields.OneOf(RESULTS, required=True)
    received_at = fields.Moment(required=True)
    reported_at = fields.Moment(required=True)
    report_no = fields.Text(limits.NUMBER_CHARS, required=True)
    supersedes_id = fields.Key()
    analyst = fields.Text(limits.NAME_CHARS)
    recorded_at = fields.Moment(required=True)
    tube_state = fields.OneOf(TUBE_STATES, doc="what the tube's results come to; only where the result was entered")
    batches = fields.Items(fields.Part(SampledBatchSchema), doc="only where the result was entered")


class TubeSchema(Schema):
    """A tube with its samples and results."""

    tube_id = fields.Key(required=True)
    tube_no = fields.Text(limits.CODE_CHARS, required=True)
    lab = fields.Part(BusinessBriefSchema, required=True)
    region_code = fields.Text(6, required=True)
    sampled_at = fields.Moment(required=True)
    sampled_by = fields.Text(limits.NAME_CHARS)
    recorded_at = fields.Moment(required=True)
    state = fields.OneOf(TUBE_STATES, required=True)
    samples = fields.Items(fields.Part(SampleSchema), required=True)
    results = fields.Items(fields.Part(ResultSchema), required=True)


class TubeQuery(PageQuery):
    """Which tubes."""

    pending = fields.Flag(doc="true: no valid result yet; false: with one")
    tube_no = fields.Text(limits.CODE_CHARS)


class TubePage(Schema):
    """A page of tubes."""

    items = fields.Items(fields.Part(TubeSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)
