"""What the registry's requests and answers look like."""

from coldchain.accounts.people_schemas import NewAccountSchema
from coldchain.core import fields, identifiers, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.core.phones import check_phone
from coldchain.registry.models import (
    BUSINESS_KINDS,
    BUSINESS_STATES,
    SITE_KINDS,
    TEMPERATURE_CLASSES,
    VENUE_KINDS,
    ZONE_KINDS,
)
from coldchain.registry.models_identity import APPEAL_OUTCOMES, LICENCE_KINDS
from coldchain.registry.states import LICENCE_STATES, shaped_uscc

REGION = r"[0-9]{6}"
VERSION_CHARS = 20
ZONE_CODE_CHARS = 40
OCCURRED = "when it happened; default now"


class BusinessBriefSchema(Schema):
    """A business as other answers name it."""

    business_id = fields.Key(required=True)
    uscc = fields.Text(limits.CODE_CHARS)
    name = fields.Text(limits.NAME_CHARS, required=True)


class OfficeBriefSchema(Schema):
    """A supervision office as other answers name it."""

    office_id = fields.Key(required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)


class GridBriefSchema(Schema):
    """A grid of an office as other answers name it."""

    grid_id = fields.Key(required=True)
    code = fields.Text(limits.CODE_CHARS, required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)


class RegistryWarningSchema(Schema):
    """What looks wrong but was accepted."""

    pointer = fields.Text(required=True)
    code = fields.Text(required=True)
    message = fields.Text(required=True)


class BusinessRegistrationSchema(Schema):
    """A business to register."""

    uscc = fields.Identifier(shaped_uscc, required=True, doc="unified social credit code, GB 32100-2015")
    uscc_override = fields.Text(limits.TEXT_CHARS, doc="why a code is right although its check character fails")
    name = fields.Text(limits.NAME_CHARS, required=True)
    kinds = fields.Items(fields.OneOf(BUSINESS_KINDS, required=True), minimum=1, maximum=12, required=True)
    handles_imported = fields.Flag(required=True, doc="deals in imported cold-chain food: gets a card")
    region_code = fields.Text(6, pattern=REGION, required=True, doc="GB/T 2260")
    office = fields.Text(limits.NAME_CHARS, doc="name or office_id of a supervision office of that region")
    legal_representative = fields.Text(limits.NAME_CHARS, required=True)
    phone = fields.Identifier(check_phone, required=True)
    address = fields.Text(limits.ADDRESS_CHARS, required=True)
    licence_no = fields.Identifier(identifiers.check_food_licence, doc="JY or SC and 14 digits")
    occurred_at = fields.Moment(doc=OCCURRED)


class BusinessCorrectionSchema(Schema):
    """What is said anew of a registered business, at least one thing; what is left out stays."""

    name = fields.Text(limits.NAME_CHARS)
    kinds = fields.Items(fields.OneOf(BUSINESS_KINDS, required=True), minimum=1, maximum=12)
    handles_imported = fields.Flag(doc="true: gets a card number; false: gives it up, once no imported goods are held")
    office = fields.Text(limits.NAME_CHARS, doc="name or office_id of a supervision office of its region")
    legal_representative = fields.Text(limits.NAME_CHARS)
    phone = fields.Identifier(check_phone)
    address = fields.Text(limits.ADDRESS_CHARS)
    licence_no = fields.Identifier(identifiers.check_food_licence, doc="JY or SC and 14 digits")
    reason = fields.Text(limits.TEXT_CHARS)
    occurred_at = fields.Moment(doc=OCCURRED)


class SelfRegistrationSchema(BusinessRegistrationSchema):
    """A business to register; whoever has no sign-in may register its owner's account with it."""

    account = fields.Part(NewAccountSchema, doc="the owner's account; only for somebody without a sign-in")


class RegistrationFormSchema(BusinessRegistrationSchema):
    """What the page of self-registration asks for: the business and its owner's account."""

    account = fields.Part(NewAccountSchema, required=True)


class CommitmentSchema(Schema):
    """The commitment letter that a business signed last."""

    letter_id = fields.Key(required=True)
    version = fields.Text(VERSION_CHARS, required=True)
    signed_on = fields.Day(required=True)


class LicenceSchema(Schema):
    """A licence of a business."""

    licence_id = fields.Key(required=True)
    kind = fields.OneOf(LICENCE_KINDS, required=True)
    number = fields.Text(limits.CODE_CHARS, required=True)
    valid_from = fields.Day()
    valid_to = fields.Day(required=True)
    state = fields.OneOf(LICENCE_STATES, doc="expiring: it ends within 30 days (data)")
    ended_at = fields.Moment(doc="when it was replaced or noted as not in force any more")


class ContactSchema(Schema):
    """Somebody to be reached at a business."""

    contact_id = fields.Key(required=True)
    post = fields.Text(limits.NAME_CHARS, required=True)
    name = fields.Text(limits.NAME_CHARS, doc="null when erased")
    phone = fields.Text(limits.PHONE_CHARS, doc="null when erased")


class ObjectionSchema(Schema):
    """What a business said against a decision, and what an officer answered."""

    appeal_id = fields.Key(required=True)
    decision = fields.Text(required=True)
    objection = fields.Text(limits.TEXT_CHARS, required=True)
    recorded_at = fields.Moment(required=True)
    outcome = fields.OneOf(APPEAL_OUTCOMES, doc="null: not answered yet")
    answer = fields.Text(limits.TEXT_CHARS)
    answered_at = fields.Moment()


class FormerIdentitySchema(Schema):
    """A provisional identity that was merged into a business."""

    business_id = fields.Key(required=True)
    temporary_no = fields.Text(limits.CODE_CHARS)
    name = fields.Text(limits.NAME_CHARS, required=True)


class BusinessSchema(Schema):
    """A business. The fields after `region_code` are there for officers of the region and the business itself only."""

    business_id = fields.Key(required=True)
    uscc = fields.Text(limits.CODE_CHARS)
    name = fields.Text(limits.NAME_CHARS, required=True)
    kinds = fields.Items(fields.OneOf(BUSINESS_KINDS, required=True), required=True)
    status = fields.OneOf(BUSINESS_STATES, required=True)
    region_code = fields.Text(6, required=True)
    temporary_no = fields.Text(limits.CODE_CHARS)
    handles_imported = fields.Flag()
    card_no = fields.Text(limits.CODE_CHARS, doc="null unless handles_imported")
    office = fields.Part(OfficeBriefSchema)
    address = fields.Text(limits.ADDRESS_CHARS)
    licence_no = fields.Text(limits.CODE_CHARS)
    legal_representative = fields.Text(limits.NAME_CHARS)
    phone = fields.Text(limits.PHONE_CHARS)
    status_reason = fields.Text(limits.TEXT_CHARS)
    commitment = fields.Part(CommitmentSchema)
    occurred_at = fields.Moment()
    recorded_at = fields.Moment()
    uscc_override = fields.Text(limits.TEXT_CHARS, doc="why the code stands although its check character fails")
    has_photo = fields.Flag(doc="an officer took one where it was found")
    merged_into = fields.Key(doc="the business that a provisional identity was merged into")
    also_known_as = fields.Items(fields.Part(FormerIdentitySchema), doc="provisional identities merged into it")
    former_names = fields.Items(
        fields.Text(limits.NAME_CHARS, required=True),
        doc="names before corrections, only where one is read that had any",
    )
    licences = fields.Items(fields.Part(LicenceSchema), doc="in force, the first to end first")
    contacts = fields.Items(fields.Part(ContactSchema))
    objections = fields.Items(fields.Part(ObjectionSchema), doc="to decisions about it, newest first")
    warnings = fields.Items(fields.Part(RegistryWarningSchema), doc="only where something was registered")


class BusinessQuery(PageQuery):
    """Which businesses."""

    kind = fields.OneOf(BUSINESS_KINDS)
    status = fields.OneOf(BUSINESS_STATES)
    region_code = fields.Text(6, pattern=REGION, doc="all within this region")
    q = fields.Text(limits.SEARCH_CHARS, doc="names, pinyin initials, numbers; all terms must match")
    uscc = fields.Text(limits.CODE_CHARS)
    handles_imported = fields.Flag(doc="only businesses that you may read in full")
    licence_expiring = fields.Flag(
        doc="a licence in force ends within 30 days (data), or has ended; only what you may read"
    )
    provisional = fields.Flag(doc="only those without a unified social credit code, or only those with one")


class BusinessPage(Schema):
    """A page of businesses."""

    items = fields.Items(fields.Part(BusinessSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class ApprovalSchema(Schema):
    """An approval."""

    occurred_at = fields.Moment(doc=OCCURRED)


class DecisionSchema(Schema):
    """A decision that needs a reason."""

    reason = fields.Text(limits.TEXT_CHARS, required=True)
    occurred_at = fields.Moment(doc=OCCURRED)


class CommitmentSignatureSchema(Schema):
    """A signed commitment letter."""

    version = fields.Text(VERSION_CHARS, required=True)
    signed_by = fields.Text(limits.NAME_CHARS, required=True)
    signed_on = fields.Day(required=True)
    occurred_at = fields.Moment(doc=OCCURRED)


class CommitmentLetterSchema(Schema):
    """A recorded commitment letter."""

    letter_id = fields.Key(required=True)
    business_id = fields.Key(required=True)
    version = fields.Text(VERSION_CHARS, required=True)
    text_hash = fields.Text(64, required=True, doc="SHA-256 (hex) of the Chinese text, an empty line, the English text")
    signed_by = fields.Text(limits.NAME_CHARS, doc="null: erased")
    signed_on = fields.Day(required=True)
    has_file = fields.Flag(required=True, doc="the signed paper was handed in: GET …/{letter_id}/file")
    recorded_at = fields.Moment(required=True)


class CommitmentTextSchema(Schema):
    """A version of the commitment letter's text."""

    version = fields.Text(VERSION_CHARS, required=True)
    text_zh = fields.Text(required=True)
    text_en = fields.Text(required=True)
    text_hash = fields.Text(64, required=True)
    valid_from = fields.Day(required=True)


class CommitmentTextPage(Schema):
    """All versions."""

    items = fields.Items(fields.Part(CommitmentTextSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class VenueRegistrationSchema(Schema):
    """A venue to register."""

    name = fields.Text(limits.NAME_CHARS, required=True)
    kind = fields.OneOf(VENUE_KINDS, required=True)
    region_code = fields.Text(6, pattern=REGION, required=True)
    office = fields.Text(limits.NAME_CHARS, doc="name or office_id of a supervision office of that region")
    address = fields.Text(limits.ADDRESS_CHARS, required=True)
    latitude = fields.Number(-90, 90, places=6, doc="degrees, WGS 84; with longitude or not at all")
    longitude = fields.Number(-180, 180, places=6)
    occurred_at = fields.Moment(doc=OCCURRED)


class VenueSchema(Schema):
    """A park, market or mall."""

    venue_id = fields.Key(required=True)
    sign_code = fields.Text(limits.CODE_CHARS, required=True, doc="of the sign; stays when the place is renamed")
    name = fields.Text(limits.NAME_CHARS, required=True)
    kind = fields.OneOf(VENUE_KINDS, required=True)
    region_code = fields.Text(6, required=True)
    office = fields.Part(OfficeBriefSchema)
    address = fields.Text(limits.ADDRESS_CHARS)
    latitude = fields.Number(-90, 90, places=6)
    longitude = fields.Number(-180, 180, places=6)
    recorded_at = fields.Moment(required=True)


class VenueBriefSchema(Schema):
    """A venue as a site names it."""

    venue_id = fields.Key(required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)


class VenueQuery(PageQuery):
    """Which venues."""

    kind = fields.OneOf(VENUE_KINDS)
    region_code = fields.Text(6, pattern=REGION, doc="all within this region")
    q = fields.Text(limits.SEARCH_CHARS, doc="part of the name")


class VenuePage(Schema):
    """A page of venues."""

    items = fields.Items(fields.Part(VenueSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class SiteRegistrationSchema(Schema):
    """A site to register."""

    business = fields.BusinessRef(doc="USCC or business_id; default the own business")
    venue_id = fields.Key()
    name = fields.Text(limits.NAME_CHARS, required=True)
    kind = fields.OneOf(SITE_KINDS, required=True)
    region_code = fields.Text(6, pattern=REGION, required=True)
    office = fields.Text(limits.NAME_CHARS, doc="name or office_id; default the venue's office")
    grid = fields.Text(limits.CODE_CHARS, doc="number of a grid of that office")
    address = fields.Text(limits.ADDRESS_CHARS, required=True)
    latitude = fields.Number(-90, 90, places=6, doc="degrees, WGS 84; with longitude or not at all")
    longitude = fields.Number(-180, 180, places=6)
    occurred_at = fields.Moment(doc=OCCURRED)


class ZoneRegistrationSchema(Schema):
    """A zone to register."""

    code = fields.Text(ZONE_CODE_CHARS, required=True, doc="unique within the site")
    kind = fields.OneOf(ZONE_KINDS, required=True)
    temperature_class = fields.OneOf(TEMPERATURE_CLASSES, required=True)
    occurred_at = fields.Moment(doc=OCCURRED)


class ZoneSchema(Schema):
    """A part of a site."""

    zone_id = fields.Key(required=True)
    sign_code = fields.Text(limits.CODE_CHARS, required=True, doc="of the sign; stays when the place is renamed")
    site_id = fields.Key(required=True)
    code = fields.Text(ZONE_CODE_CHARS, required=True)
    kind = fields.OneOf(ZONE_KINDS, required=True)
    temperature_class = fields.OneOf(TEMPERATURE_CLASSES, required=True)
    recorded_at = fields.Moment(required=True)


class SiteSchema(Schema):
    """One place of one business."""

    site_id = fields.Key(required=True)
    sign_code = fields.Text(limits.CODE_CHARS, required=True, doc="of the sign; stays when the place is renamed")
    business = fields.Part(BusinessBriefSchema, required=True)
    venue = fields.Part(VenueBriefSchema)
    name = fields.Text(limits.NAME_CHARS, required=True)
    kind = fields.OneOf(SITE_KINDS, required=True)
    region_code = fields.Text(6, required=True)
    office = fields.Part(OfficeBriefSchema)
    grid = fields.Part(GridBriefSchema)
    address = fields.Text(limits.ADDRESS_CHARS)
    latitude = fields.Number(-90, 90, places=6)
    longitude = fields.Number(-180, 180, places=6)
    zones = fields.Items(fields.Part(ZoneSchema), required=True)
    recorded_at = fields.Moment(required=True)


class SiteQuery(PageQuery):
    """Which sites."""

    business = fields.BusinessRef(doc="USCC or business_id")
    kind = fields.OneOf(SITE_KINDS)
    region_code = fields.Text(6, pattern=REGION, doc="all within this region")
    venue_id = fields.Key()
    q = fields.Text(limits.SEARCH_CHARS, doc="part of the name")


class SitePage(Schema):
    """A page of sites."""

    items = fields.Items(fields.Part(SiteSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)
