"""Shapes of visits, findings and decisions, at the door."""

from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.core.uploads import Upload
from coldchain.inspections.models_findings import FINDING_EVENTS, FINDING_STATES, REVIEWS, SHOWN_STATES
from coldchain.registry import decisions
from coldchain.registry.schemas import BusinessBriefSchema

ANSWERS = (decisions.UPHELD, decisions.LIFTED)


class FindingKindSchema(Schema):
    """The newest version of a row of the catalogue (R14)."""

    code = fields.Text(limits.NAME_CHARS)
    version = fields.Int()
    list_code = fields.Text(limits.NAME_CHARS, doc="the list that it stands in")
    position = fields.Int()
    wording_zh = fields.Text(limits.TEXT_CHARS)
    wording_en = fields.Text(limits.TEXT_CHARS)
    basis_zh = fields.Text(limits.TEXT_CHARS)
    basis_en = fields.Text(limits.TEXT_CHARS)
    sanction_zh = fields.Text(limits.TEXT_CHARS)
    sanction_en = fields.Text(limits.TEXT_CHARS)
    rectify_days = fields.Int()
    region_code = fields.Text(6)
    reconstruction = fields.Flag(doc="true: put together from reports, the official wording was not found")
    source = fields.Text(limits.TEXT_CHARS)


class FindingKindsSchema(Schema):
    """The catalogue of findings."""

    items = fields.Items(fields.Part(FindingKindSchema), required=True)


class VisitFindingSchema(Schema):
    """One thing that was found: of the catalogue, or in free words."""

    kind = fields.Text(limits.NAME_CHARS, doc="code of a row of the catalogue; else `wording`")
    wording = fields.Text(limits.TEXT_CHARS, multiline=True)
    batch_ids = fields.Items(fields.Key(required=True), maximum=limits.BATCHES_PER_FINDING)
    rectify_by = fields.Day(doc="default: the catalogue's days after the visit")


class VisitSchema(Schema):
    """A visit to a site, or to a business; no findings: nothing was found."""

    site_id = fields.Key()
    business = fields.BusinessRef(doc="default: the site's; else whose goods were looked at there")
    flag_id = fields.Key(doc="the flag that was followed up")
    note = fields.Text(limits.TEXT_CHARS, multiline=True)
    occurred_at = fields.Moment(doc="default now")
    findings = fields.Items(
        fields.Part(VisitFindingSchema, required=True),
        maximum=limits.FINDINGS_PER_VISIT,
        load_default=list,
        allow_none=False,
    )


class FoundBatchSchema(Schema):
    """A batch that a finding names."""

    batch_id = fields.Key(required=True)
    batch_code = fields.Text(limits.CODE_CHARS, required=True)


class SiteFindingSchema(Schema):
    """What was found on a visit; a violation only once an officer has decided (`state` decided)."""

    finding_id = fields.Key(required=True)
    visit_id = fields.Key(required=True)
    business = fields.Part(BusinessBriefSchema)
    site_id = fields.Key()
    site_name = fields.Text(limits.NAME_CHARS)
    region_code = fields.Text(6)
    kind = fields.Text(limits.NAME_CHARS)
    wording = fields.Text(limits.TEXT_CHARS, required=True)
    wording_en = fields.Text(limits.TEXT_CHARS)
    basis = fields.Text(limits.TEXT_CHARS)
    basis_en = fields.Text(limits.TEXT_CHARS)
    batches = fields.Items(fields.Part(FoundBatchSchema), required=True)
    rectify_by = fields.Day(doc="the last day to put it right; null: none was named")
    state = fields.OneOf(FINDING_STATES, required=True)
    overdue = fields.Flag(required=True)
    lifted = fields.Flag(required=True, doc="true: the decision about it was lifted, it is no violation (R14)")
    rectified = fields.Flag(required=True, doc="an officer saw it put right; what was decided stays a violation")
    occurred_at = fields.Moment(required=True)
    recorded_at = fields.Moment(required=True)


class RecordedVisitSchema(Schema):
    """A visit as it was recorded."""

    visit_id = fields.Key(required=True)
    business_id = fields.Key(required=True)
    site_id = fields.Key()
    region_code = fields.Text(6)
    note = fields.Text(limits.TEXT_CHARS)
    occurred_at = fields.Moment(required=True)
    recorded_at = fields.Moment(required=True)
    findings = fields.Items(fields.Part(SiteFindingSchema), required=True)


class VisitPhotoSchema(Schema):
    """The photograph of a visit: JPEG, PNG or WebP."""

    file = Upload(required=True)


class KeptPhotoSchema(Schema):
    """A photograph that is kept."""

    photo_id = fields.Key(required=True)
    event_id = fields.Key(doc="the answer that it came with; null: of the visit")


class FindingEventSchema(Schema):
    """What was said of a finding later."""

    event_id = fields.Key(required=True)
    kind = fields.OneOf(FINDING_EVENTS, required=True)
    text = fields.Text(limits.TEXT_CHARS)
    rectify_by = fields.Day()
    decision_id = fields.Key()
    recorded_at = fields.Moment(required=True)


class SiteFindingFullSchema(SiteFindingSchema):
    """A finding with photographs and what was said of it."""

    note = fields.Text(limits.TEXT_CHARS)
    photos = fields.Items(fields.Part(KeptPhotoSchema), required=True)
    events = fields.Items(fields.Part(FindingEventSchema), required=True)


class SiteFindingQuery(PageQuery):
    """Which findings."""

    state = fields.OneOf(SHOWN_STATES)
    business = fields.BusinessRef()


class SiteFindingPage(Schema):
    """A page of findings."""

    items = fields.Items(fields.Part(SiteFindingSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class FindingAnsweredSchema(Schema):
    """The business says how it has put a finding right."""

    text = fields.Text(limits.TEXT_CHARS, required=True, multiline=True)


class FindingAnsweredWithPhotoSchema(FindingAnsweredSchema):
    """The same with a photograph: JPEG, PNG or WebP."""

    file = Upload()


class FindingReviewSchema(Schema):
    """What the officer's second look came to."""

    outcome = fields.OneOf(REVIEWS, required=True)
    text = fields.Text(limits.TEXT_CHARS, multiline=True, doc="needed for not_rectified")
    rectify_by = fields.Day(doc="a new day, for not_rectified")


class DecidingSchema(Schema):
    """A decision about findings of one business, which makes them violations."""

    finding_ids = fields.Items(fields.Key(required=True), required=True, minimum=1, maximum=limits.FINDINGS_PER_VISIT)
    kinds = fields.Items(fields.OneOf(decisions.KINDS, required=True), required=True, minimum=1, maximum=3)
    number = fields.Text(limits.NUMBER_CHARS, required=True)
    reason = fields.Text(limits.TEXT_CHARS, required=True, multiline=True)
    basis = fields.Text(limits.TEXT_CHARS, required=True, multiline=True)
    starts_at = fields.Moment(doc="default now")
    ends_at = fields.Moment(required=True, doc="the first moment at which it does not hold any more")
    site_only = fields.Flag(load_default=False, allow_none=False, doc="about the findings' site alone")


class DecisionEventSchema(Schema):
    """What was said of a decision later."""

    kind = fields.OneOf(decisions.EVENTS, required=True)
    text = fields.Text(limits.TEXT_CHARS)
    effective_at = fields.Moment()
    recorded_at = fields.Moment(required=True)
    photos = fields.Items(fields.Key(required=True), required=True, doc="photo_ids of what is reported as put right")


class EnforcementDecisionSchema(Schema):
    """A decision as officers and the business read it."""

    decision_id = fields.Key(required=True)
    number = fields.Text(limits.NUMBER_CHARS, required=True)
    business = fields.Part(BusinessBriefSchema)
    site_id = fields.Key(doc="null: the whole business")
    site_name = fields.Text(limits.NAME_CHARS)
    kinds = fields.Items(fields.OneOf(decisions.KINDS), required=True)
    reason = fields.Text(limits.TEXT_CHARS, required=True)
    basis = fields.Text(limits.TEXT_CHARS, required=True)
    starts_at = fields.Moment(required=True)
    ends_at = fields.Moment(required=True)
    lifted_at = fields.Moment()
    rectified_at = fields.Moment(doc="from when on it was put right, as an officer saw; what it orders ended then")
    state = fields.OneOf(decisions.STATES, required=True)
    putting_right = fields.OneOf(decisions.STAGES, required=True, doc="`waiting`: for the officer's second look")
    overdue = fields.Flag(required=True, doc="its end has passed and nobody says that it is put right")
    objection = fields.OneOf(decisions.OBJECTIONS, required=True)
    region_code = fields.Text(6, required=True)
    recorded_at = fields.Moment(required=True)
    events = fields.Items(fields.Part(DecisionEventSchema), required=True)


class DecisionQuery(PageQuery):
    """Which decisions."""

    business = fields.BusinessRef()
    in_force = fields.Flag()
    putting_right = fields.OneOf(("waiting", "overdue"))


class DecisionPage(Schema):
    """A page of decisions."""

    items = fields.Items(fields.Part(EnforcementDecisionSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class DecisionObjectionSchema(Schema):
    """What the business says against a decision."""

    text = fields.Text(limits.TEXT_CHARS, required=True, multiline=True)


class DecisionAnswerSchema(Schema):
    """The officer's answer: the decision is upheld, or lifted from a moment on."""

    outcome = fields.OneOf(ANSWERS, required=True)
    text = fields.Text(limits.TEXT_CHARS, required=True, multiline=True)
    effective_at = fields.Moment(doc="of lifted: from when on; default now")


class DecisionReportSchema(Schema):
    """The business says how it has put right what was decided."""

    text = fields.Text(limits.TEXT_CHARS, required=True, multiline=True)


class DecisionReportWithPhotoSchema(DecisionReportSchema):
    """The same with a photograph: JPEG, PNG or WebP."""

    file = Upload()


class DecisionReviewSchema(Schema):
    """What the officer's second look at what was decided came to."""

    outcome = fields.OneOf(REVIEWS, required=True, doc="`rectified` ends what the decision orders")
    text = fields.Text(limits.TEXT_CHARS, multiline=True, doc="needed for not_rectified")


class PublishedDecisionSchema(Schema):
    """A decision that anybody may read now; no persons."""

    business = fields.Text(limits.NAME_CHARS, required=True)
    site = fields.Text(limits.NAME_CHARS, doc="the one site that it is about; null: the whole business")
    region = fields.Text(limits.NAME_CHARS)
    number = fields.Text(limits.NUMBER_CHARS, required=True)
    kinds = fields.Items(fields.OneOf(decisions.KINDS), required=True)
    reason = fields.Text(limits.TEXT_CHARS, required=True)
    basis = fields.Text(limits.TEXT_CHARS, required=True)
    starts_at = fields.Moment(required=True)
    ends_at = fields.Moment(required=True)
    objection = fields.OneOf(decisions.OBJECTIONS, required=True)
    rectified_at = fields.Moment(doc="since when what was decided is put right; null: it is not")


class PublishedPage(Schema):
    """The decisions that are published and hold now."""

    items = fields.Items(fields.Part(PublishedDecisionSchema), required=True)
    as_of = fields.Moment(required=True)
    next = fields.Text(limits.CURSOR_CHARS)
