"""What requests and answers about people, invitations and accounts look like."""

from coldchain.accounts.models import ASSIGNMENT_KINDS, POSITIONS, ROLES
from coldchain.core import fields, identifiers, limits
from coldchain.core.fields import PageQuery, Schema
from coldchain.core.secret_fields import Password

REGION = r"[0-9]{6}"
USERNAME = r"[0-9A-Za-z][0-9A-Za-z._@-]{1,59}"
LINK = "one-time link, shown this once"
INVITATION_STATES = ("open", "used", "revoked", "expired")
LIMIT = "the sites that a clerk is limited to; null: every site of the business, which an empty list doesn't say"
NO_LIMIT = "the sites that a clerk is limited to; none: every site of the business"


class NewAccountSchema(Schema):
    """The account of the person who registers a business or follows an invitation."""

    display_name = fields.Text(limits.NAME_CHARS, required=True)
    phone = fields.Identifier(identifiers.check_mobile, required=True, doc="mobile phone number: the user name")
    password = Password(required=True)


class OwnerSchema(Schema):
    """The owner of a business that nobody acts for yet."""

    display_name = fields.Text(limits.NAME_CHARS, required=True)
    phone = fields.Identifier(identifiers.check_mobile, required=True)


class BusinessNameSchema(Schema):
    """A business as these answers name it."""

    business_id = fields.Key(required=True)
    uscc = fields.Text(limits.CODE_CHARS)
    name = fields.Text(limits.NAME_CHARS, required=True)


class NamedSiteSchema(Schema):
    """A site and its name."""

    site_id = fields.Key(required=True)
    name = fields.Text(limits.NAME_CHARS, required=True)


class InvitationSchema(Schema):
    """An invitation to make."""

    business = fields.BusinessRef(doc="default: the business that you act for")
    position = fields.OneOf(POSITIONS, required=True)
    site_ids = fields.Items(fields.Key(required=True), minimum=1, maximum=limits.SITES_PER_CLERK, doc=LIMIT)


class InvitedSchema(Schema):
    """An invitation."""

    invitation_id = fields.Key(required=True)
    business = fields.Part(BusinessNameSchema, required=True)
    position = fields.OneOf(POSITIONS, required=True)
    sites = fields.Items(fields.Part(NamedSiteSchema), required=True, doc=NO_LIMIT)
    state = fields.OneOf(INVITATION_STATES, required=True)
    created_at = fields.Moment(required=True)
    expires_at = fields.Moment(required=True)
    link = fields.Text(doc=LINK)


class InvitationPage(Schema):
    """A page of open invitations."""

    items = fields.Items(fields.Part(InvitedSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class OfBusinessQuery(PageQuery):
    """Whose."""

    business = fields.BusinessRef(doc="default: the business that you act for")


class DeviceSchema(Schema):
    """A device on which somebody signs in by PIN."""

    device_id = fields.Key(required=True)
    user_agent = fields.Text()
    created_at = fields.Moment(required=True)
    last_used_at = fields.Moment()


class PersonOfBusinessSchema(Schema):
    """Somebody who acts for a business."""

    username = fields.Text(limits.NAME_CHARS, required=True)
    display_name = fields.Text(limits.NAME_CHARS, required=True)
    position = fields.OneOf(POSITIONS, required=True)
    is_active = fields.Flag(required=True)
    is_waiting = fields.Flag(required=True, doc="registered by itself, not approved yet")
    sites = fields.Items(fields.Part(NamedSiteSchema), required=True, doc=NO_LIMIT)
    devices = fields.Items(fields.Part(DeviceSchema), required=True)


class PersonPage(Schema):
    """A page of people."""

    items = fields.Items(fields.Part(PersonOfBusinessSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class SitesSchema(Schema):
    """The sites of a clerk."""

    site_ids = fields.Items(
        fields.Key(required=True), required=True, allow_none=True, minimum=1, maximum=limits.SITES_PER_CLERK, doc=LIMIT
    )


class NothingSchema(Schema):
    """Nothing has to be said."""


class AccountSchema(Schema):
    """An account to make."""

    username = fields.Text(60, pattern=USERNAME, required=True)
    display_name = fields.Text(limits.NAME_CHARS, required=True)
    role = fields.OneOf(ROLES, required=True)
    business = fields.BusinessRef(doc="that a merchant, lab or carrier acts for")
    position = fields.OneOf(POSITIONS, doc="of those who act for a business; default owner")
    region_code = fields.Text(6, pattern=REGION, doc="that an officer is assigned to, GB/T 2260")
    office = fields.Text(limits.NAME_CHARS, doc="name or office_id of a supervision office of exactly that region")


class AssignmentRequestSchema(Schema):
    """An assignment to make."""

    region_code = fields.Text(6, pattern=REGION, required=True)
    office = fields.Text(limits.NAME_CHARS, doc="name or office_id of a supervision office of exactly that region")
    kind = fields.OneOf(ASSIGNMENT_KINDS, load_default="standing", allow_none=False)
    valid_from = fields.Moment(doc="default now")
    valid_to = fields.Moment(doc="needed for a support loan")


class AssignmentSchema(Schema):
    """An officer's region or office, from–to."""

    assignment_id = fields.Key(required=True)
    region_code = fields.Text(6, required=True)
    office_id = fields.Key()
    kind = fields.OneOf(ASSIGNMENT_KINDS, required=True)
    valid_from = fields.Moment(required=True)
    valid_to = fields.Moment()


class AccountViewSchema(Schema):
    """An account."""

    username = fields.Text(limits.NAME_CHARS, required=True)
    display_name = fields.Text(limits.NAME_CHARS, required=True)
    role = fields.OneOf(ROLES, required=True)
    business = fields.Part(BusinessNameSchema)
    position = fields.OneOf(POSITIONS)
    is_active = fields.Flag(required=True)
    is_waiting = fields.Flag(required=True)
    assignments = fields.Items(fields.Part(AssignmentSchema), required=True, doc="past and coming ones too")
    created_at = fields.Moment(required=True)
    link = fields.Text(doc=LINK)


class AccountPage(Schema):
    """A page of accounts."""

    items = fields.Items(fields.Part(AccountViewSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)


class AccountQuery(PageQuery):
    """Which accounts."""

    q = fields.Text(limits.SEARCH_CHARS, doc="a part of the user name or of the name")
    role = fields.OneOf(ROLES)
    is_active = fields.Flag()
