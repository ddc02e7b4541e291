"""What is asked and answered about the rule book: evidence policies, disinfection protocols, figures."""

from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.policy import vocabulary
from coldchain.registry.models import CATEGORIES
from coldchain.registry.schemas import REGION

EVIDENCE_KINDS = tuple(vocabulary.evidence_kinds())
AGENTS = tuple(vocabulary.agents())
DISINFECTION = ("every_piece", "none")
TESTING = ("per_batch", "per_piece", "none")
CODE_CHARS = 60
DEGREES = 200
VALUE_CHARS = limits.TEXT_CHARS


class EvidencePolicyFieldsSchema(Schema):
    """What a version of an evidence policy says."""

    name_zh = fields.Text(limits.NAME_CHARS, required=True)
    name_en = fields.Text(limits.NAME_CHARS, required=True)
    region_code = fields.Text(6, pattern=REGION, doc="null or 000000: the nation")
    imported = fields.Flag(required=True, doc="of imported goods; false: of domestic ones")
    categories = fields.Items(
        fields.OneOf(CATEGORIES, required=True), maximum=len(CATEGORIES), doc="null or empty: every category"
    )
    valid_from = fields.Day(required=True, doc="of arrivals from this day on")
    valid_to = fields.Day(doc="the last day; null: still in force")
    evidence = fields.Items(
        fields.Items(fields.OneOf(EVIDENCE_KINDS, required=True), minimum=1, maximum=limits.EVIDENCE_ALTERNATIVES),
        maximum=limits.EVIDENCE_GROUPS,
        required=True,
        doc="all of these papers, each any of its alternatives",
    )
    disinfection = fields.OneOf(DISINFECTION, required=True)
    testing = fields.OneOf(TESTING, required=True)
    code_required = fields.Flag(load_default=False, allow_none=False, doc="no code, no sale")
    supplier_required = fields.Flag(load_default=False, allow_none=False)
    requires_verified = fields.Flag(
        load_default=False, allow_none=False, doc="papers count once an officer verified them"
    )
    grace_until = fields.Day(doc="existing stock may be entered without penalty until then")
    source = fields.Text(limits.TEXT_CHARS, required=True, doc="the notice that asks for it")


class NewEvidencePolicySchema(EvidencePolicyFieldsSchema):
    """A version of an evidence policy to add."""

    code = fields.Text(CODE_CHARS, required=True, doc="small letters, digits and _")
    based_on = fields.Int(0, required=True, doc="the newest version that you saw; 0 for a new code")


class PreviewEvidencePolicySchema(NewEvidencePolicySchema):
    """A version of an evidence policy that is not added: which batches would change their verdict."""

    limit = fields.Int(1, limits.PREVIEW_BATCHES, load_default=limits.PAGE_MAX, allow_none=False, doc="judged at once")
    cursor = fields.Text(limits.CURSOR_CHARS)


class EvidencePolicySchema(EvidencePolicyFieldsSchema):
    """A version of an evidence policy."""

    code = fields.Text(CODE_CHARS, required=True)
    version = fields.Int(required=True)
    recorded_at = fields.Moment(required=True)


class NewProtocolSchema(Schema):
    """A version of a disinfection protocol to add."""

    code = fields.Text(CODE_CHARS, required=True, doc="small letters, digits and _")
    based_on = fields.Int(0, required=True, doc="the newest version that you saw; 0 for a new code")
    name_zh = fields.Text(limits.NAME_CHARS, required=True)
    name_en = fields.Text(limits.NAME_CHARS, required=True)
    region_code = fields.Text(6, pattern=REGION, doc="null or 000000: the nation")
    valid_from = fields.Day(doc="of treatments from this day on; null: of any day")
    valid_to = fields.Day(doc="the last day; null: still in force")
    agent = fields.OneOf(AGENTS, required=True)
    ambient_from_c = fields.Number(-DEGREES, DEGREES, doc="included; null: open")
    ambient_to_c = fields.Number(-DEGREES, DEGREES, doc="not included; null: open")
    concentration_min_mg_per_l = fields.Int(0, limits.COUNT_MAX, required=True)
    contact_min = fields.Int(0, limits.COUNT_MAX, required=True, doc="minutes")
    volume_from_ml_per_m2 = fields.Int(0, limits.COUNT_MAX)
    volume_to_ml_per_m2 = fields.Int(0, limits.COUNT_MAX)
    additives = fields.Text(limits.TEXT_CHARS)
    source = fields.Text(limits.TEXT_CHARS, required=True)


class ProtocolSchema(Schema):
    """A version of a disinfection protocol."""

    code = fields.Text(CODE_CHARS, required=True)
    version = fields.Int(required=True)
    name_zh = fields.Text(limits.NAME_CHARS, required=True)
    name_en = fields.Text(limits.NAME_CHARS, required=True)
    region_code = fields.Text(6, doc="null: the nation")
    valid_from = fields.Day(doc="of treatments; null: of any day")
    valid_to = fields.Day()
    agent = fields.OneOf(AGENTS, required=True)
    ambient_from_c = fields.Number(-DEGREES, DEGREES)
    ambient_to_c = fields.Number(-DEGREES, DEGREES)
    concentration_min_mg_per_l = fields.Int(required=True)
    contact_min = fields.Int(required=True)
    volume_from_ml_per_m2 = fields.Int()
    volume_to_ml_per_m2 = fields.Int()
    additives = fields.Text(limits.TEXT_CHARS)
    source = fields.Text(limits.TEXT_CHARS, required=True)
    recorded_at = fields.Moment(required=True)


class NewFigureSchema(Schema):
    """A figure of the rules to add."""

    name = fields.Text(CODE_CHARS, required=True, doc="one that the rules ask for")
    based_on = fields.Int(0, required=True, doc="how many rows of this figure you saw")
    value = fields.Text(VALUE_CHARS, required=True, doc="as JSON text, of the same shape as before")
    valid_from = fields.Day(required=True)
    source = fields.Text(limits.TEXT_CHARS, required=True)


class FigureSchema(Schema):
    """A row of a figure of the rules; of one name that with the latest start that has begun is in force."""

    name = fields.Text(CODE_CHARS, required=True)
    value = fields.Anything(required=True)
    valid_from = fields.Day(required=True)
    source = fields.Text(limits.TEXT_CHARS, required=True)
    recorded_at = fields.Moment(required=True)


class SavedRuleSchema(Schema):
    """A row that was added."""

    code = fields.Text(CODE_CHARS, required=True)
    version = fields.Int(required=True)


class RuleQuery(PageQuery):
    """Which rows of the rule book to list."""

    code = fields.Text(CODE_CHARS)


class EvidencePolicyListSchema(Schema):
    """Every version of evidence policies, by code, newest first."""

    items = fields.Items(fields.Part(EvidencePolicySchema), required=True)
    next = fields.Text()


class ProtocolListSchema(Schema):
    """Every version of disinfection protocols, by code, newest first."""

    items = fields.Items(fields.Part(ProtocolSchema), required=True)
    next = fields.Text()


class FigureListSchema(Schema):
    """Every row of figures, by name, the latest start first."""

    items = fields.Items(fields.Part(FigureSchema), required=True)
    next = fields.Text()


class VerdictChangeSchema(Schema):
    """A batch whose verdict would change."""

    batch_id = fields.Key(required=True)
    batch_code = fields.Text(limits.CODE_CHARS, required=True)
    region_code = fields.Text(6, required=True, doc="judged for sites there")
    clear_before = fields.Flag(required=True)
    clear_after = fields.Flag(required=True)
    missing_before = fields.Items(fields.Text(), required=True, doc="codes")
    missing_after = fields.Items(fields.Text(), required=True, doc="codes")


class RulePreviewSchema(Schema):
    """Which batches in stock would change their verdict, a part at a time."""

    candidates = fields.Int(required=True, doc="batches, each once for each region where it lies, that may be touched")
    judged = fields.Int(required=True, doc="of these, judged in this part")
    to_clear = fields.Int(required=True)
    to_held = fields.Int(required=True)
    reasons = fields.Int(required=True, doc="that stay held, for other reasons")
    items = fields.Items(fields.Part(VerdictChangeSchema), required=True)
    next = fields.Text(doc="cursor of the next part; null: all candidates were judged")
