"""Commitment letters with their papers, and who lacks one, at the door."""

from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.core.uploads import Upload
from coldchain.registry.models import BUSINESS_STATES
from coldchain.registry.schemas import (
    VERSION_CHARS,
    BusinessBriefSchema,
    CommitmentLetterSchema,
    CommitmentSignatureSchema,
)

LACKING = ("missing", "outdated")


class CommitmentUploadSchema(CommitmentSignatureSchema):
    """A signed commitment letter with its paper: PDF, JPEG, PNG or WebP by its content, at most 10 MB."""

    file = Upload()


class CommitmentLetterPage(Schema):
    """The letters of one business, the one recorded last first."""

    items = fields.Items(fields.Part(CommitmentLetterSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class LackingQuery(PageQuery):
    """Who lacks what."""

    state = fields.OneOf(LACKING, doc="missing: none was ever signed; outdated: not the version of today")


class LackingLetterSchema(Schema):
    """A business with imported food that has not signed the letter of today."""

    business = fields.Part(BusinessBriefSchema, required=True)
    status = fields.OneOf(BUSINESS_STATES, required=True)
    card_no = fields.Text(limits.CODE_CHARS)
    state = fields.OneOf(LACKING, required=True)
    version = fields.Text(VERSION_CHARS, doc="signed last; null when none is")


class LackingLetterPage(Schema):
    """A page of businesses without the letter of today."""

    items = fields.Items(fields.Part(LackingLetterSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)
