"""Shapes of recalls, at the door."""

from coldchain.core import fields, identifiers, limits
from coldchain.core.fields import Schema
from coldchain.core.uploads import Upload
from coldchain.inspections.models import OUTCOMES
from coldchain.inspections.schemas import FindingAnswerSchema
from coldchain.recall.models import ORIGINS, RECALL_KINDS, RECALL_STATES, SAMPLE_STATES
from coldchain.registry.models import SITE_KINDS

_VALUES = limits.CRITERION_VALUES


def _keys() -> fields.Items:
    return fields.Items(fields.Key(required=True), maximum=_VALUES)


def _texts() -> fields.Items:
    return fields.Items(fields.Text(limits.NUMBER_CHARS, required=True), maximum=_VALUES)


class CriterionSchema(Schema):
    """What is looked for: every part that is given must hold, the values within a part are alternatives."""

    producer_ids = _keys()
    plant_nos = _texts()
    product_ids = _keys()
    series = fields.Text(limits.NAME_CHARS)
    product_name_contains = fields.Text(limits.NAME_CHARS)
    gtins = fields.Items(fields.Identifier(identifiers.check_gtin, required=True), maximum=_VALUES)
    batch_nos = _texts()
    production_date_from = fields.Day()
    production_date_to = fields.Day()
    origin_countries = fields.Items(
        fields.Identifier(identifiers.check_country, required=True), maximum=_VALUES, doc="ISO 3166"
    )
    container_nos = _texts()
    customs_declaration_nos = _texts()
    imported = fields.Flag()


class HoldersQuerySchema(Schema):
    """Whose goods are asked for."""

    criterion = fields.Part(CriterionSchema, required=True)


class BlanketSchema(Schema):
    """The area and kinds of sites that are all looked at."""

    region_code = fields.Text(6, pattern="[0-9]{6}", required=True)
    office = fields.Text(limits.NAME_CHARS, doc="name or office_id")
    site_kinds = fields.Items(fields.OneOf(SITE_KINDS, required=True), minimum=1, required=True)


class RecallDraftSchema(Schema):
    """A notice written down."""

    kind = fields.OneOf(RECALL_KINDS, required=True)
    notice_no = fields.Text(limits.NUMBER_CHARS, required=True)
    issuer = fields.Text(limits.NAME_CHARS, required=True)
    title = fields.Text(limits.NAME_CHARS, required=True)
    received_at = fields.Moment(required=True)
    reason = fields.Text(limits.TEXT_CHARS, required=True, multiline=True)
    criterion = fields.Part(CriterionSchema, required=True)
    blanket = fields.Part(BlanketSchema)
    deadline_at = fields.Moment()
    occurred_at = fields.Moment()


class RecallSchema(Schema):
    """A recall as it stands."""

    recall_id = fields.Key()
    kind = fields.OneOf(RECALL_KINDS)
    state = fields.OneOf(RECALL_STATES)
    version = fields.Int()
    title = fields.Text()
    region_code = fields.Text()
    notice_no = fields.Text()
    issuer = fields.Text()
    reason = fields.Text()
    criterion = fields.Anything()
    blanket = fields.Anything()
    received_at = fields.Moment()
    deadline_at = fields.Moment()
    announced_at = fields.Moment()
    recorded_at = fields.Moment()


class RecallPageSchema(Schema):
    """A page of recalls."""

    items = fields.Items(fields.Part(RecallSchema))
    next = fields.Text()


class RecallQuerySchema(fields.PageQuery):
    """Filters of the list of recalls."""

    state = fields.OneOf(RECALL_STATES)
    kind = fields.OneOf(RECALL_KINDS)


class MatchSchema(Schema):
    """A batch that the criterion selects."""

    batch_id = fields.Key(attribute="batch.batch_id")
    batch_code = fields.Text(attribute="batch.batch_code")
    batch_no = fields.Text(attribute="batch.batch_no")
    production_date = fields.Day(attribute="batch.production_date")
    product = fields.Text(attribute="product_name")
    producer = fields.Text(attribute="producer_name")
    quantity_units = fields.Units(0)
    in_transit_units = fields.Units(0)
    holders = fields.Int()
    mass_g = fields.MassG()


class MatchElsewhereSchema(Schema):
    """What lies outside the reader's areas, in sums."""

    batches = fields.Int(metadata={"description": "batches that the reader sees none of"})
    holders = fields.Int()
    mass_g = fields.MassG()


class MatchListSchema(Schema):
    """What a criterion selects now, with the totals over all regions; items are what the reader may open."""

    items = fields.Items(fields.Part(MatchSchema))
    next = fields.Text()
    elsewhere = fields.Part(MatchElsewhereSchema)
    batches = fields.Int()
    mass_total_g = fields.MassG()


class AnnounceSchema(Schema):
    """Nothing is needed to announce."""

    occurred_at = fields.Moment()


class AnnouncedSchema(Schema):
    """What the announcement did."""

    recall_id = fields.Key(attribute="recall.recall_id")
    state = fields.OneOf(RECALL_STATES, attribute="recall.state")
    version = fields.Int(attribute="recall.version")
    announced_at = fields.Moment(attribute="recall.announced_at")
    batches = fields.Int()
    sites_from_books = fields.Int()
    sites_blanket = fields.Int()
    businesses = fields.Int()
    mass_total_g = fields.MassG()
    tasks = fields.Int()
    assistance = fields.Int(metadata={"description": "requests that were sent to other regions"})


class TaskQuerySchema(fields.PageQuery):
    """Filters of a task list."""

    origin = fields.OneOf(ORIGINS)
    state = fields.OneOf(("open", *OUTCOMES))
    office_id = fields.Key()
    site_id = fields.Key()
    business = fields.BusinessRef(doc="whose place it is")


class OnFootSchema(Schema):
    """A site found on foot: a registered one by id, else what it is called and where."""

    site_id = fields.Key()
    business = fields.BusinessRef()
    name = fields.Text(limits.NAME_CHARS)
    address = fields.Text(limits.ADDRESS_CHARS)
    region_code = fields.Text(6, pattern="[0-9]{6}")
    office = fields.Text(limits.NAME_CHARS, doc="name or office_id")
    occurred_at = fields.Moment()


class ExpectedSchema(Schema):
    """What the books say lies there."""

    batch_id = fields.Key()
    owner_id = fields.Key()
    zone_id = fields.Key()
    consignment_id = fields.Key()
    quantity_units = fields.Units(0)
    mass_g = fields.MassG()
    recorded_at = fields.Moment()


class TaskSchema(Schema):
    """A place to look at. `state`: open, or the outcome of the latest finding."""

    task_id = fields.Key()
    recall_id = fields.Key()
    origin = fields.OneOf(ORIGINS)
    business = fields.Anything()
    site_id = fields.Key()
    site = fields.Anything()
    place_name = fields.Text()
    address = fields.Text()
    region_code = fields.Text()
    office = fields.Anything()
    consignment_id = fields.Key()
    receiver = fields.Anything(metadata={"description": "who took goods that no registered business received"})
    officer = fields.Anything(metadata={"description": "who has the task: {username, display_name}, or null"})
    expected = fields.Items(fields.Part(ExpectedSchema))
    state = fields.Text()
    finding_id = fields.Key()
    recorded_at = fields.Moment()


class TaskPageSchema(Schema):
    """A page of tasks."""

    items = fields.Items(fields.Part(TaskSchema))
    next = fields.Text()


class FindingListSchema(Schema):
    """A task's findings."""

    items = fields.Items(fields.Part(FindingAnswerSchema))
    next = fields.Text()


class WhenSchema(Schema):
    """When something was seen."""

    captured_at = fields.Moment()


class SampleResultSchema(Schema):
    """Pieces of a place, or of tasks, and a round that reached a state."""

    round = fields.Int(1, 100, required=True)
    place = fields.Text(limits.NAME_CHARS)
    task_ids = fields.Items(fields.Key(required=True), minimum=1)
    pieces = fields.Int(1, required=True)
    state = fields.OneOf(("sent", "negative", "positive"), required=True)
    occurred_at = fields.Moment()


class SampleCountSchema(Schema):
    """Pieces by round, place and latest state."""

    round = fields.Int()
    place = fields.Text()
    pieces = fields.Int()
    state = fields.OneOf(SAMPLE_STATES)


class SampleListSchema(Schema):
    """All samples of a recall."""

    samples = fields.Items(fields.Part(SampleCountSchema))


class OfficeFiguresSchema(Schema):
    """Counts of one office."""

    office_id = fields.Key()
    sites_due = fields.Int()
    sites_checked = fields.Int()
    sites_found = fields.Int()
    sites_none = fields.Int()
    sites_open = fields.Int()
    sites_reopened = fields.Int(metadata={"description": "looked at, with more to look at since; open"})


class PlaceFiguresSchema(OfficeFiguresSchema):
    """Counts of the places of one region and office that the reader may not see by name."""

    region_code = fields.Text()
    locked_mass_g = fields.MassG()


class FiguresSchema(Schema):
    """Every figure of a report; masses in grams, `locked` and `sealed` are never added."""

    sites_due = fields.Int()
    sites_checked = fields.Int()
    sites_found = fields.Int()
    sites_none = fields.Int()
    sites_open = fields.Int()
    sites_reopened = fields.Int(metadata={"description": "looked at, with more to look at since; open"})
    sites_reopened_found = fields.Int(metadata={"description": "of those, where matching goods were found"})
    sites_found_before = fields.Int(metadata={"description": "matching goods at an earlier look, none at the latest"})
    sites_closed = fields.Int()
    sites_unreachable = fields.Int()
    sites_refused = fields.Int()
    sites_not_reached_yet = fields.Int()
    sites_by_origin = fields.Anything()
    sites_weighed = fields.Int()
    sites_sealed = fields.Int()
    sites_practised = fields.Int(metadata={"description": "a drill's sites where sealing was practised; never sealed"})
    sites_locked = fields.Int()
    batches_held = fields.Int()
    examined_mass_g = fields.MassG()
    matched_mass_g = fields.MassG()
    sealed_mass_g = fields.MassG(doc="0 of a drill: nothing was sealed")
    practised_mass_g = fields.MassG(doc="what a drill practised to seal; no seal was put on")
    taken_off_mass_g = fields.MassG()
    left_mass_g = fields.MassG()
    held_mass_g = fields.MassG()
    locked_mass_g = fields.MassG()
    sites_locked_unchecked = fields.Int(metadata={"description": "of sites_locked: nobody has looked there yet"})
    unseen_mass_g = fields.MassG(doc="of locked: in the books of checked sites, not seen there")
    sites_unseen = fields.Int()
    people_controlled = fields.Int()
    samples = fields.Items(fields.Part(SampleCountSchema))
    samples_total = fields.Int()
    samples_by_state = fields.Anything()
    offices = fields.Items(fields.Part(OfficeFiguresSchema))
    elsewhere = fields.Items(
        fields.Part(PlaceFiguresSchema), doc="places outside the reader's areas, by region and office: totals only"
    )
    late_entries = fields.Int(metadata={"description": "documents entered late of goods that had left already"})
    late_mass_g = fields.MassG()


class LateBusinessSchema(Schema):
    """A business of a late line."""

    business_id = fields.Key()
    uscc = fields.Text()
    name = fields.Text()


class LateLineQuerySchema(fields.PageQuery):
    """As of when; default: all."""

    as_of = fields.Moment()


class LateLineSchema(Schema):
    """Goods of a recall that had left before the books knew: entered late, at their own time, despite the lock."""

    late_id = fields.Key(attribute="line.late_id")
    batch_id = fields.Key(attribute="line.batch_id")
    batch_code = fields.Text(attribute="batch.batch_code")
    product = fields.Text(attribute="product.name")
    owner = fields.Part(LateBusinessSchema)
    quantity_units = fields.Units(attribute="line.quantity_units")
    mass_g = fields.MassG()
    subject_kind = fields.OneOf(("consignment", "stock_entry"), attribute="line.subject_kind")
    subject_id = fields.Key(attribute="line.subject_id")
    region_code = fields.Text(metadata={"description": "where they left; site and owner are null outside one's areas"})
    site_id = fields.Key()
    site_name = fields.Text()
    to_region_code = fields.Text()
    to_business = fields.Part(LateBusinessSchema)
    receiver = fields.Anything(metadata={"description": "who signed for them, where no registered business did"})
    to_site_id = fields.Key()
    to_site_name = fields.Text()
    occurred_at = fields.Moment(attribute="line.occurred_at")
    recorded_at = fields.Moment(attribute="line.recorded_at")


class LateLinePageSchema(Schema):
    """A page of late lines, newest first."""

    items = fields.Items(fields.Part(LateLineSchema))
    next = fields.Text()


class ReportQuerySchema(Schema):
    """As of when."""

    as_of = fields.Moment()


class ReportSchema(Schema):
    """A report as of a time."""

    recall_id = fields.Key(attribute="recall.recall_id")
    version = fields.Int(attribute="version.version")
    as_of = fields.Moment()
    text_zh = fields.Text()
    text_en = fields.Text()
    figures = fields.Part(FiguresSchema)


class FindingPhotoSchema(Schema):
    """The photograph of what was seen at a place: JPEG, PNG or WebP."""

    file = Upload(required=True)


class KeptFindingPhotoSchema(Schema):
    """A photograph that is kept with a finding of a sweep."""

    photo_id = fields.Key(required=True)
