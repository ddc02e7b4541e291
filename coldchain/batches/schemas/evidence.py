"""Papers and disinfection records, at the door."""

from coldchain.batches.models import BASES, BATCH_STATES
from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.core.stored_files import JPEG, PDF
from coldchain.core.uploads import Upload
from coldchain.policy import vocabulary

OCCURRED = "when it happened; default now"
CONCENTRATION_MAX_MG_PER_L = 1_000_000
CONTACT_MAX_MIN = 10_080  # a week
VOLUME_MAX_ML_PER_M2 = 100_000
AMBIENT_C = (-100, 100)
EVIDENCE_KINDS = tuple(vocabulary.evidence_kinds())
AGENTS = tuple(vocabulary.agents())
PROTOCOL_STATES = ("met", "not_met", "no_protocol")
PAPER_STATES = ("entered", "verified", "refused")
PAPER_ORDERS = ("oldest", "expiring")


def pieces() -> fields.Int:
    """Return a field for the number of a piece."""
    return fields.Int(1, limits.PIECES_MAX)


class BatchStatusSchema(Schema):
    """A batch's status after a fact."""

    batch_id = fields.Key(required=True)
    status = fields.OneOf(BATCH_STATES, required=True)


class EvidenceRegistrationSchema(Schema):
    """A paper to enter."""

    kind = fields.OneOf(EVIDENCE_KINDS, required=True)
    number = fields.Text(limits.NUMBER_CHARS, required=True)
    issuer = fields.Text(limits.NAME_CHARS, required=True)
    issued_on = fields.Day(required=True)
    valid_to = fields.Day()
    quantity_units = fields.Units()
    replaces = fields.Key(doc="the paper of this kind that it takes the place of; that one counts no more")
    occurred_at = fields.Moment(doc=OCCURRED)


class EvidenceUploadSchema(EvidenceRegistrationSchema):
    """A paper to enter with its file: PDF, JPEG, PNG or WebP by its content, at most 10 MB."""

    file = Upload()


class EvidenceFileSchema(Schema):
    """The file of a paper as it is kept: photographs drawn anew as JPEG, PDF as it came or repaired."""

    sha256 = fields.Text(64, required=True)
    media_type = fields.OneOf((JPEG, PDF), required=True)
    size_bytes = fields.Int(required=True)
    pages = fields.Int(required=True)


class EvidenceSchema(Schema):
    """A paper of an arrival or a batch."""

    evidence_id = fields.Key(required=True)
    arrival_id = fields.Key()
    batch_id = fields.Key()
    kind = fields.OneOf(EVIDENCE_KINDS, required=True)
    number = fields.Text(limits.NUMBER_CHARS, required=True)
    issuer = fields.Text(limits.NAME_CHARS, required=True)
    issued_on = fields.Day(required=True)
    valid_to = fields.Day()
    quantity_units = fields.Units()
    state = fields.OneOf(PAPER_STATES, required=True, doc="what an officer said of it last")
    checked_at = fields.Moment()
    verified_at = fields.Moment()
    refused_reason = fields.Text(limits.TEXT_CHARS)
    replaces = fields.Key()
    replaced_by = fields.Key(doc="the paper that took its place: this one counts no more")
    file = fields.Part(EvidenceFileSchema)
    occurred_at = fields.Moment(required=True)
    recorded_at = fields.Moment(required=True)
    on_behalf_of = fields.Key()
    batches = fields.Items(fields.Part(BatchStatusSchema), doc="only where the paper was entered")


class EvidenceQuery(PageQuery):
    """Which papers of the officer's area."""

    state = fields.OneOf(PAPER_STATES, load_default="entered", allow_none=False)
    kind = fields.OneOf(EVIDENCE_KINDS)
    order = fields.OneOf(PAPER_ORDERS, load_default="oldest", allow_none=False)


class EvidencePage(Schema):
    """A page of papers."""

    items = fields.Items(fields.Part(EvidenceSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class EvidenceRefusalSchema(Schema):
    """Why a paper doesn't count; its owner reads it."""

    reason = fields.Text(limits.TEXT_CHARS, required=True)


class DisinfectionRegistrationSchema(Schema):
    """A disinfection to enter."""

    occurred_at = fields.Moment(doc=OCCURRED)
    performed_by = fields.Text(limits.NAME_CHARS, required=True, doc="the firm or team; it can't be erased")
    place = fields.Text(limits.NAME_CHARS, required=True)
    object = fields.Text(limits.TEXT_CHARS, required=True, doc="what was treated")
    agent = fields.OneOf(AGENTS, required=True)
    additives = fields.Text(limits.TEXT_CHARS)
    concentration_mg_per_l = fields.Int(1, CONCENTRATION_MAX_MG_PER_L, required=True)
    contact_min = fields.Int(0, CONTACT_MAX_MIN, required=True, doc="minutes of contact")
    volume_ml_per_m2 = fields.Int(1, VOLUME_MAX_ML_PER_M2)
    ambient_temperature_c = fields.Number(*AMBIENT_C, required=True)
    basis = fields.OneOf(BASES, required=True)
    piece_from = pieces()
    piece_to = pieces()


class DisinfectionSchema(Schema):
    """A disinfection record."""

    disinfection_id = fields.Key(required=True)
    arrival_id = fields.Key()
    batch_id = fields.Key()
    performed_by = fields.Text(limits.NAME_CHARS, required=True)
    place = fields.Text(limits.NAME_CHARS, required=True)
    object = fields.Text(limits.TEXT_CHARS, required=True)
    agent = fields.OneOf(AGENTS, required=True)
    additives = fields.Text(limits.TEXT_CHARS)
    concentration_mg_per_l = fields.Int(required=True)
    contact_min = fields.Int(required=True)
    volume_ml_per_m2 = fields.Int()
    ambient_temperature_c = fields.Number(*AMBIENT_C, required=True)
    basis = fields.OneOf(BASES, required=True)
    piece_from = pieces()
    piece_to = pieces()
    protocol_state = fields.OneOf(PROTOCOL_STATES, required=True, doc="not_met: kept, but doesn't count (R7)")
    protocol = fields.Text(limits.CODE_CHARS, doc="the protocol that it meets; only where it was entered")
    occurred_at = fields.Moment(required=True)
    recorded_at = fields.Moment(required=True)
    on_behalf_of = fields.Key()
    batches = fields.Items(fields.Part(BatchStatusSchema), doc="only where the record was entered")
