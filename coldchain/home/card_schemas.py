"""What the card's requests and the public register look like."""

from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.home import halts
from coldchain.home.card_parts import A5, PAPERS
from coldchain.home.public_register import LISTED
from coldchain.registry.models import BUSINESS_KINDS, BUSINESS_STATES, SITE_KINDS, TEMPERATURE_CLASSES, ZONE_KINDS
from coldchain.registry.schemas import REGION, VERSION_CHARS


class CardPaperQuery(Schema):
    """On which paper."""

    paper = fields.OneOf(PAPERS, load_default=A5, allow_none=False, doc="one page of this size")


class PublicCardQuery(PageQuery):
    """Which cards."""

    q = fields.Text(limits.SEARCH_CHARS, doc="part of a name, pinyin initials, a number; all terms must match")
    status = fields.OneOf(LISTED)
    region_code = fields.Text(6, pattern=REGION, doc="all within this region")


class PublicStopSchema(Schema):
    """That a business whose card stands may not trade now; why, until when and the number only of what is published."""

    code = fields.OneOf(halts.PUBLIC_CODES, required=True, doc="`suspension` by a published decision, else `stopped`")
    until = fields.Moment()
    number = fields.Text(limits.NUMBER_CHARS, doc="of the decision, see /published-decisions")
    whole = fields.Flag(required=True, doc="false: at some of its sites alone")


class PublicCardLineSchema(Schema):
    """An issued card (进口冷链食品经营者监管卡), as anybody may read it."""

    card_no = fields.Text(limits.CODE_CHARS, required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)
    status = fields.OneOf(BUSINESS_STATES, required=True)
    kinds = fields.Items(fields.OneOf(BUSINESS_KINDS, required=True), required=True)
    region_code = fields.Text(6, required=True)
    region = fields.Text(limits.NAME_CHARS, required=True)
    stopped = fields.Part(PublicStopSchema, doc="null: nothing beyond `status` keeps it from trading")


class PublicCardPage(Schema):
    """A page of issued cards."""

    items = fields.Items(fields.Part(PublicCardLineSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class PublicCommitmentSchema(Schema):
    """The commitment letter that counts, without its signer."""

    version = fields.Text(VERSION_CHARS, required=True)
    signed_on = fields.Day(required=True)


class PublicZoneSchema(Schema):
    """A part of a site, as anybody may read it."""

    kind = fields.OneOf(ZONE_KINDS, required=True)
    temperature_class = fields.OneOf(TEMPERATURE_CLASSES, required=True)


class PublicSiteSchema(Schema):
    """A site of a card, without name and address: neither is anybody's business."""

    kind = fields.OneOf(SITE_KINDS, required=True)
    zones = fields.Items(fields.Part(PublicZoneSchema), required=True)


class PublicCardSchema(PublicCardLineSchema):
    """What anybody may read of a card: no person, no phone, no address, no stock."""

    commitment = fields.Part(PublicCommitmentSchema)
    sites = fields.Items(fields.Part(PublicSiteSchema), required=True)
    as_of = fields.Moment(required=True)
