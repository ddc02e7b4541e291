"""Shapes of the journal, at the door."""

from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema

KIND_CHARS = 80


class InclusionQuery(Schema):
    """Which entry is to be proven in the tree of which size."""

    index = fields.Int(0, limits.JOURNAL_LEAVES_MAX, required=True, doc="place of the entry, from 0")
    tree_size = fields.Int(1, limits.JOURNAL_LEAVES_MAX, required=True, doc="at most the size of the last checkpoint")


class ConsistencyQuery(Schema):
    """Which two trees are to be compared."""

    first = fields.Int(0, limits.JOURNAL_LEAVES_MAX, required=True, doc="size of the older tree")
    second = fields.Int(0, limits.JOURNAL_LEAVES_MAX, required=True, doc="at most the size of the last checkpoint")


class ProofSchema(Schema):
    """The hashes of a proof (RFC 6962, 2.1.1 and 2.1.2)."""

    proof = fields.Items(fields.Text(doc="base64 of 32 bytes"), required=True)


class EntrySchema(Schema):
    """One entry in its place."""

    index = fields.Int(0, limits.JOURNAL_LEAVES_MAX, required=True)
    leaf_hash = fields.Text(required=True, doc="base64 of SHA-256(0x00 ‖ body)")
    body = fields.Text(required=True, doc="the exact canonical JSON (RFC 8785)")


class FactQuery(PageQuery):
    """Whose facts are looked for."""

    subject_id = fields.Key(required=True, doc="a consignment, a result, a paper, a recall, …")
    kind = fields.Text(KIND_CHARS)


class FactSchema(Schema):
    """One fact of which a receipt can be had."""

    entry_id = fields.Key(required=True)
    subject_id = fields.Key(required=True)
    kind = fields.Text(required=True)
    occurred_at = fields.Moment(required=True)
    recorded_at = fields.Moment(required=True)
    index = fields.Int(0, limits.JOURNAL_LEAVES_MAX, doc="null until it has its place")


class FactsSchema(Schema):
    """A page of facts, oldest first."""

    items = fields.Items(fields.Part(FactSchema), required=True)
    next = fields.Text(required=True, doc="null at the end")


class CheckpointNamedSchema(Schema):
    """A checkpoint that an origin comes after, with its signature."""

    origin = fields.Text(required=True)
    size = fields.Int(0, limits.JOURNAL_LEAVES_MAX, required=True)
    root = fields.Text(required=True, doc="base64")
    note = fields.Text(required=True, doc="the signed note as it was published")


class OriginSchema(Schema):
    """One origin of this journal and its keys."""

    origin = fields.Text(required=True)
    keys = fields.Items(fields.Text(doc="vkey"), required=True, doc="oldest first")
    first_size = fields.Int(0, limits.JOURNAL_LEAVES_MAX, required=True, doc="it signs trees from this size on")
    after = fields.Items(fields.Part(CheckpointNamedSchema), required=True, doc="empty for the first origin")


class OriginsSchema(Schema):
    """Every origin of this journal, oldest first; the last one signs."""

    items = fields.Items(fields.Part(OriginSchema), required=True)
    next = fields.Text(required=True, doc="always null")
