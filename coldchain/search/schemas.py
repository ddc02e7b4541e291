"""Shapes of searching, at the door."""

from coldchain.batches.states import RESTRICTIONS
from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.registry.models import BUSINESS_STATES

KINDS = ("code", "batch", "business", "product", "producer", "document", "consignment", "decision", "recall")
STATES = ("declared", "held", "cleared", "depleted", "withdrawn", *BUSINESS_STATES)


class SearchQuery(PageQuery):
    """What is looked for."""

    q = fields.Text(limits.SEARCH_CHARS, required=True, doc="all terms must match")
    kind = fields.OneOf(KINDS)
    region_code = fields.Text(6, pattern=r"[0-9]{6}", doc="all within this region; batches and businesses")
    status = fields.OneOf(STATES, doc="a state of batches or of businesses")
    restriction = fields.OneOf(RESTRICTIONS, doc="batches only")
    production_date_from = fields.Day(doc="batches only")
    production_date_to = fields.Day(doc="batches only")
    arrived_from = fields.Day(doc="batches only")
    arrived_to = fields.Day(doc="batches only")


class FoundSchema(Schema):
    """One thing that was found; the ids that it has no part in are left out."""

    kind = fields.OneOf(KINDS, required=True)
    id = fields.Key(required=True)
    title = fields.Text(required=True)
    subtitle = fields.Text()
    href = fields.Text(doc="its page, null when you have none of it")
    status = fields.Text()
    restriction = fields.OneOf(RESTRICTIONS)
    code = fields.Text()
    batch_id = fields.Key()
    batch_code = fields.Text()
    batch_no = fields.Text()
    business_id = fields.Key()
    uscc = fields.Text()
    former = fields.Items(fields.Text(), doc="names and temporary numbers of what was merged into this business")
    product_id = fields.Key()
    producer_id = fields.Key()
    arrival_id = fields.Key()
    recall_id = fields.Key()
    consignment_id = fields.Key()
    decision_id = fields.Key()
    document_kind = fields.Text()


class FoundPageSchema(Schema):
    """A page of what was found, kind after kind."""

    items = fields.Items(fields.Part(FoundSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)
