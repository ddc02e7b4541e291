"""Batches and the gate, at the door."""

from coldchain.batches.models import BATCH_STATES, ENTRY_MODES, MADE_MODES, ORIGIN_KINDS
from coldchain.batches.schemas.arrivals import BatchProductSchema
from coldchain.batches.schemas.evidence import EVIDENCE_KINDS, DisinfectionSchema, EvidenceSchema
from coldchain.batches.schemas.platform_codes import PlatformCodeSchema, PlatformSchema
from coldchain.batches.states import RESTRICTIONS
from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.ledger.models import CAUSE_KINDS, CUSTODY, HOLD_GRADES
from coldchain.policy.facts import TUBE_STATES
from coldchain.registry.schemas import BusinessBriefSchema

REGION = r"[0-9]{6}"


class BatchSummarySchema(Schema):
    """A batch as lists show it."""

    batch_id = fields.Key(required=True)
    batch_code = fields.Text(limits.CODE_CHARS, required=True)
    arrival_id = fields.Key(required=True)
    product = fields.Part(BatchProductSchema, required=True)
    owner = fields.Part(BusinessBriefSchema, required=True, metadata={"description": "who entered it"})
    site_id = fields.Key(required=True)
    region_code = fields.Text(6, required=True)
    batch_no = fields.Text(limits.NUMBER_CHARS)
    production_date = fields.Day(required=True)
    expiry_date = fields.Day()
    quantity_units = fields.Units(required=True, doc="as entered")
    piece_count = fields.Int(required=True)
    mass_g = fields.MassG(required=True)
    status = fields.OneOf(BATCH_STATES, required=True)
    restriction = fields.OneOf(RESTRICTIONS, required=True, doc="the strongest over the holdings that you may see")
    recorded_at = fields.Moment(required=True)


class BatchQuery(PageQuery):
    """Which batches."""

    status = fields.OneOf(BATCH_STATES)
    region_code = fields.Text(6, pattern=REGION, doc="entered or lying in this region")
    restriction = fields.OneOf(RESTRICTIONS)
    owner = fields.BusinessRef()
    product_id = fields.Key()
    arrival_id = fields.Key()
    batch_no = fields.Text(limits.NUMBER_CHARS, doc="as printed on the packs")
    batch_code = fields.Text(limits.CODE_CHARS)
    production_date_from = fields.Day()
    production_date_to = fields.Day()


class BatchPage(Schema):
    """A page of batches."""

    items = fields.Items(fields.Part(BatchSummarySchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class HoldCauseSchema(Schema):
    """Why goods are held."""

    kind = fields.OneOf(CAUSE_KINDS, required=True)
    id = fields.Key(required=True)
    version = fields.Int(required=True)


class BatchHoldSchema(Schema):
    """A hold on a batch, or on part of what lies somewhere."""

    hold_id = fields.Key(required=True)
    cause = fields.Part(HoldCauseSchema, required=True)
    grade = fields.OneOf(HOLD_GRADES, required=True)
    quantity_units = fields.Units(doc="null: all of it")
    occurred_at = fields.Moment(required=True)
    recorded_at = fields.Moment(required=True)


class BatchStockSchema(Schema):
    """What of a batch lies where; on the road `zone_id` is null and `site_id` is where it is bound for, if known."""

    owner = fields.Part(BusinessBriefSchema, required=True)
    account = fields.OneOf(CUSTODY, required=True)
    site_id = fields.Key()
    zone_id = fields.Key()
    consignment_id = fields.Key()
    quantity_units = fields.Units(required=True)
    locked_units = fields.Units(0, required=True)


class BatchProducerSchema(Schema):
    """A producer as batches show it."""

    producer_id = fields.Key(required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)
    country = fields.Text(3, required=True)
    plant_no = fields.Text(limits.CODE_CHARS)


class BatchTubeSchema(Schema):
    """A tube with samples of a batch."""

    tube_id = fields.Key(required=True)
    tube_no = fields.Text(limits.CODE_CHARS, required=True)
    state = fields.OneOf(TUBE_STATES, required=True)


class BatchOriginSchema(Schema):
    """A batch that goods came out of, or went into."""

    kind = fields.OneOf(ORIGIN_KINDS, required=True)
    batch_id = fields.Key(doc="null when you may not see it")
    batch_code = fields.Text(limits.CODE_CHARS, required=True)
    product = fields.Text(limits.NAME_CHARS, required=True)
    product_en = fields.Text(limits.NAME_CHARS)
    quantity_units = fields.Units(required=True, doc="of what it came out of")
    piece_from = fields.Int(doc="of what it was split off")
    piece_to = fields.Int()


class BatchSchema(BatchSummarySchema):
    """A batch with its papers, holds and stock."""

    arrival_no = fields.Text(limits.CODE_CHARS, required=True)
    arrived_at = fields.Moment()
    entry_mode = fields.OneOf(ENTRY_MODES + MADE_MODES, required=True)
    line_no = fields.Int(required=True)
    zone_id = fields.Key(required=True)
    producer = fields.Part(BatchProducerSchema, required=True)
    container_no = fields.Text(limits.CODE_CHARS)
    customs_declaration_no = fields.Text(limits.CODE_CHARS)
    code_made_at = fields.Moment(doc="first label run")
    holds = fields.Items(fields.Part(BatchHoldSchema), required=True)
    stock = fields.Items(fields.Part(BatchStockSchema), required=True)
    evidence = fields.Items(fields.Part(EvidenceSchema), required=True)
    disinfections = fields.Items(fields.Part(DisinfectionSchema), required=True)
    tubes = fields.Items(fields.Part(BatchTubeSchema), required=True)
    platform_codes = fields.Items(fields.Part(PlatformCodeSchema), required=True)
    platforms_missing = fields.Items(
        fields.Part(PlatformSchema),
        required=True,
        doc="asked for where the goods came or lie, and no code yet",
    )
    came_from = fields.Items(fields.Part(BatchOriginSchema), required=True)
    went_into = fields.Items(fields.Part(BatchOriginSchema), required=True, doc="as far as you may see it")
    occurred_at = fields.Moment(required=True)


class GateQuery(Schema):
    """For which site the gate is judged."""

    zone_id = fields.Key(doc="default: your only holding, else the arrival's site")


class GatePolicySchema(Schema):
    """The evidence policy that applies."""

    code = fields.Text(required=True)
    version = fields.Int(required=True)
    name_zh = fields.Text(required=True)
    name_en = fields.Text(required=True)
    region_code = fields.Text(6, doc="null: national")
    valid_from = fields.Text(10, required=True)
    source = fields.Text(required=True)


class GateMissingSchema(Schema):
    """One thing that is missing, and what to do next, in both languages."""

    rule = fields.Text(required=True)
    code = fields.Text(required=True)
    kind = fields.Text(required=True)
    message_zh = fields.Text(required=True)
    message_en = fields.Text(required=True)
    next_zh = fields.Text(required=True)
    next_en = fields.Text(required=True)
    kinds = fields.Items(fields.OneOf(EVIDENCE_KINDS), doc="any of these papers")
    uncovered = fields.Items(fields.Items(fields.Int()), doc="ranges of pieces, both ends included")
    tube_nos = fields.Items(fields.Text(limits.CODE_CHARS))
    batch_id = fields.Key(doc="the batch that lacks it, when that is one that this batch was made from")
    batch_code = fields.Text(limits.CODE_CHARS)


class GateNoteSchema(Schema):
    """Something worth knowing that doesn't change the verdict."""

    code = fields.Text(required=True)
    message_zh = fields.Text(required=True)
    message_en = fields.Text(required=True)


class GateRuleSchema(Schema):
    """One version of a rule, with the SHA-256 of what it says."""

    kind = fields.Text(required=True, doc="evidence_policy, disinfection_protocol or measure")
    code = fields.Text(required=True)
    version = fields.Int(required=True)
    digest = fields.Text(64, required=True)


class GateSchema(Schema):
    """The verdict on one batch."""

    batch_id = fields.Key(required=True)
    clear = fields.Flag(required=True)
    policy = fields.Part(GatePolicySchema, doc="null: none applies")
    missing = fields.Items(fields.Part(GateMissingSchema), required=True)
    basis = fields.Anything(
        required=True, doc="what the verdict rests on: evidence, disinfection, test, code, supplier, import_suspension"
    )
    notes = fields.Items(fields.Part(GateNoteSchema), required=True)
    judged_for = fields.Anything(required=True)
    rules = fields.Items(
        fields.Part(GateRuleSchema), required=True, doc="the versions of the rules that it rests on, as it was judged"
    )
