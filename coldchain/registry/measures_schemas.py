"""What is asked and answered about measures of authorities (R18)."""

from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.policy.measures import KINDS
from coldchain.registry.schemas import REGION, BusinessBriefSchema

STATES = ("upcoming", "in_force", "ended", "lifted", "void")
POSITIVES_MAX = 1_000


class MeasureWordsSchema(Schema):
    """Dates and words of a measure, as they may be changed."""

    starts_on = fields.Day(doc="first day, included")
    ends_on = fields.Day(doc="last day, included; null: until further notice (a suspension always ends)")
    positive_no = fields.Int(1, POSITIVES_MAX, doc="of a suspension: which positive of the plant led to it")
    document_no = fields.Text(limits.NUMBER_CHARS)
    source = fields.Text(limits.TEXT_CHARS, doc="the notice: who issued it, when")
    reason = fields.Text(limits.TEXT_CHARS, doc="of a circuit breaker: needed; officers and the business read it")


class NewMeasureSchema(MeasureWordsSchema):
    """A measure to record."""

    kind = fields.OneOf(KINDS, required=True)
    region_code = fields.Text(6, pattern=REGION, required=True, doc="where it holds; 000000 the nation")
    starts_on = fields.Day(required=True, doc="first day, included")
    source = fields.Text(limits.TEXT_CHARS, required=True, doc="the notice: who issued it, when")
    producer_id = fields.Key(doc="of a suspension: whose imports")
    business = fields.BusinessRef(doc="of a white list entry or a circuit breaker")
    site_id = fields.Key(doc="of a circuit breaker: this site alone")


class MeasureChangeSchema(MeasureWordsSchema):
    """What changes; what is left out stays."""

    version = fields.Int(1, required=True, doc="the version that you saw; 409 `newer_version` when there is a later")


class MeasureLiftSchema(Schema):
    """That a measure holds no longer."""

    version = fields.Int(1, required=True, doc="the version that you saw")
    void = fields.Flag(load_default=False, allow_none=False, doc="it was entered by mistake and never held")
    reason = fields.Text(limits.TEXT_CHARS)


class MeasureQuery(PageQuery):
    """Which measures to list."""

    kind = fields.OneOf(KINDS)
    region_code = fields.Text(6, pattern=REGION, doc="that hold there, whole or in part")
    business = fields.BusinessRef()
    producer_id = fields.Key()
    in_force = fields.Flag(doc="now")


class SuggestionQuery(Schema):
    """From when a suspension is to run."""

    starts_on = fields.Day(required=True)


class SuggestionSchema(Schema):
    """How long a suspension lasts by the rule book; the officer decides."""

    producer_id = fields.Key(required=True)
    earlier = fields.Int(required=True, doc="suspensions of this plant so far")
    positive_no = fields.Int(required=True)
    weeks = fields.Int(required=True)
    starts_on = fields.Day(required=True)
    ends_on = fields.Day(required=True)


class MeasureProducerSchema(Schema):
    """The producer whose imports are suspended."""

    producer_id = fields.Key(required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)
    country = fields.Text(2, required=True)
    plant_no = fields.Text(limits.CODE_CHARS)


class MeasureSchema(Schema):
    """A measure, in one version."""

    measure_id = fields.Key(required=True)
    version = fields.Int(required=True)
    kind = fields.OneOf(KINDS, required=True)
    state = fields.OneOf(STATES, required=True, doc="as of now")
    region_code = fields.Text(6, required=True)
    starts_on = fields.Day(required=True)
    ends_on = fields.Day()
    producer = fields.Part(MeasureProducerSchema)
    business = fields.Part(BusinessBriefSchema)
    site_id = fields.Key()
    site_name = fields.Text(limits.NAME_CHARS)
    positive_no = fields.Int()
    document_no = fields.Text(limits.NUMBER_CHARS)
    source = fields.Text(limits.TEXT_CHARS, required=True)
    reason = fields.Text(limits.TEXT_CHARS, doc="of a circuit breaker: for officers and the business alone")
    lifted_at = fields.Moment()
    void = fields.Flag(required=True)
    recorded_at = fields.Moment(required=True)


class MeasureReadSchema(MeasureSchema):
    """A measure with its former versions, newest first."""

    history = fields.Items(fields.Part(MeasureSchema), required=True)


class MeasureListSchema(Schema):
    """A page of measures."""

    items = fields.Items(fields.Part(MeasureSchema), required=True)
    next = fields.Text()
