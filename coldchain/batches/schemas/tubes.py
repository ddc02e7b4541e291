"""Tubes, samples and results, at the door."""

from coldchain.batches.models import BASES, RESULTS, SAMPLE_SITES, STAGES
from coldchain.batches.schemas.evidence import pieces
from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.core.uploads import Upload
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
    place = fields.Text(limits.NAME_CHARS, doc="where the samples were taken")
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


class SampledWorkerSchema(Schema):
    """Whom a sample is of; the name for those only who may know it."""

    worker_id = fields.Key(required=True)
    post = fields.Text(limits.NAME_CHARS, required=True)
    name = fields.Text(limits.NAME_CHARS)


class SampleSchema(Schema):
    """A sample in a tube."""

    batch = fields.Part(SampledBatchSchema)
    zone_id = fields.Key()
    zone_code = fields.Text(limits.CODE_CHARS)
    vehicle_plate = fields.Text(limits.CODE_CHARS)
    worker = fields.Part(SampledWorkerSchema)
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
    supersedes_id = fields.Key(doc="the result of this tube that it corrects; then with a reason")
    reason = fields.Text(limits.TEXT_CHARS, doc="why it takes the place of another")


class ResultUploadSchema(ResultRegistrationSchema):
    """A laboratory's result that an officer enters for it, with the report's photograph."""

    photo = Upload(doc="the report's photograph: JPEG, PNG or WebP by its content")


class ResultMoveSchema(Schema):
    """The tube that a result belongs to, by id or by number, and why it is moved there."""

    to_tube_id = fields.Key()
    to_tube_no = fields.Text(limits.CODE_CHARS)
    reason = fields.Text(limits.TEXT_CHARS, required=True)
    occurred_at = fields.Moment()


class ReleaseSchema(Schema):
    """The decision that a positive locks nothing any more."""

    reason = fields.Text(limits.TEXT_CHARS, required=True)
    document_no = fields.Text(limits.NUMBER_CHARS, doc="the number of the decision")
    occurred_at = fields.Moment()


class ResultFileSchema(Schema):
    """A spreadsheet of results: XLSX, or CSV in UTF-8 or GB18030."""

    file = Upload(required=True)


class ResultFileQuery(Schema):
    """Whether to try only."""

    dry_run = fields.Flag(doc="true: say what would come of it, enter nothing")


class BadCellSchema(Schema):
    """A cell that can't be taken."""

    row = fields.Int(1, limits.COUNT_MAX, required=True, doc="as the file counts its rows, from 1")
    column = fields.Text(limits.NAME_CHARS, required=True, doc="the column's head")
    value = fields.Text(limits.TEXT_CHARS, doc="what stands there")
    code = fields.Text(limits.CODE_CHARS, required=True)
    message = fields.Text(limits.TEXT_CHARS, required=True, doc="what would be right")


class ResultFileOutcomeSchema(Schema):
    """What came of a file, or would come of it."""

    rows = fields.Int(0, limits.COUNT_MAX, required=True)
    made = fields.Int(0, limits.COUNT_MAX, required=True)
    already = fields.Int(0, limits.COUNT_MAX, required=True, doc="rows that said what was entered before")
    positives = fields.Int(0, limits.COUNT_MAX, required=True)
    errors = fields.Items(fields.Part(BadCellSchema), required=True)


class MovedToSchema(Schema):
    """The tube that a result was moved to."""

    tube_id = fields.Key(required=True)
    tube_no = fields.Text(limits.CODE_CHARS, required=True)


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
    reason = fields.Text(limits.TEXT_CHARS, doc="why it supersedes")
    superseded_by = fields.Key()
    superseded_at = fields.Moment()
    superseded_reason = fields.Text(limits.TEXT_CHARS)
    moved_to = fields.Part(MovedToSchema, doc="the tube of what superseded it, when it is another")
    entered_for_lab = fields.Flag(doc="an officer entered it from the report's photograph")
    confirmed_at = fields.Moment(doc="when the laboratory confirmed what was entered for it")
    released_at = fields.Moment(doc="when an officer decided that this positive locks nothing any more")
    release_reason = fields.Text(limits.TEXT_CHARS)
    former_tube_state = fields.OneOf(TUBE_STATES, doc="only where the result was moved: the tube that it left")
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
    place = fields.Text(limits.NAME_CHARS)
    pool_limit = fields.Int(1, limits.COUNT_MAX, doc="how many samples one tube may pool, by the rule book then")
    over_pool_limit = fields.Flag(required=True, doc="there are more samples in it")
    sampled_at = fields.Moment(required=True)
    sampled_by = fields.Text(limits.NAME_CHARS)
    recorded_at = fields.Moment(required=True)
    state = fields.OneOf(TUBE_STATES, required=True)
    samples = fields.Items(fields.Part(SampleSchema), required=True)
    results = fields.Items(fields.Part(ResultSchema), required=True)


class TubeQuery(PageQuery):
    """Which tubes."""

    pending = fields.Flag(doc="true: no valid result yet; false: with one")
    to_confirm = fields.Flag(doc="true: with a result that an officer entered and the laboratory hasn't confirmed")
    tube_no = fields.Text(limits.CODE_CHARS)


class TubePage(Schema):
    """A page of tubes."""

    items = fields.Items(fields.Part(TubeSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)
