"""What the answers about accounts look like."""

from coldchain.accounts.models import ROLES
from coldchain.core import fields, limits
from coldchain.core.fields import Schema


class OwnBusinessSchema(Schema):
    """The business that you act for."""

    business_id = fields.Key(required=True)
    uscc = fields.Text(limits.CODE_CHARS)
    name = fields.Text(limits.NAME_CHARS, required=True)


class MeSchema(Schema):
    """Who you are to this program."""

    username = fields.Text(limits.NAME_CHARS, required=True)
    display_name = fields.Text(limits.NAME_CHARS, required=True)
    role = fields.OneOf(ROLES, required=True)
    business = fields.Part(OwnBusinessSchema)
    regions = fields.Items(fields.Text(6, required=True), required=True)


class SessionSchema(Schema):
    """A place where you are signed in."""

    session_id = fields.Key(required=True)
    browser = fields.Text(limits.NAME_CHARS)
    address = fields.Text(limits.NAME_CHARS)
    created_at = fields.Moment(required=True)
    last_seen_at = fields.Moment(required=True)
    expires_at = fields.Moment(required=True)
    this_one = fields.Flag(required=True)


class SessionList(Schema):
    """Where you are signed in, last seen first."""

    items = fields.Items(fields.Part(SessionSchema, required=True), required=True)


class NewKeySchema(Schema):
    """A key to be made: without `scopes` it may do everything that you may."""

    label = fields.Text(limits.NAME_CHARS, required=True)
    expires_at = fields.Moment(required=True)
    scopes = fields.Items(fields.Text(limits.NAME_CHARS, required=True), minimum=1, maximum=limits.KEY_SCOPES)


class KeySchema(Schema):
    """A key without its secret; `scopes` is empty when it may do everything that you may."""

    key_id = fields.Key(required=True)
    label = fields.Text(limits.NAME_CHARS)
    scopes = fields.Items(fields.Text(limits.NAME_CHARS, required=True), required=True)
    created_at = fields.Moment(required=True)
    expires_at = fields.Moment()
    last_used_at = fields.Moment()
    revoked_at = fields.Moment()


class MadeKeySchema(KeySchema):
    """A key with its secret, which is shown this once."""

    token = fields.Text(limits.NAME_CHARS, required=True)


class KeyList(Schema):
    """Your keys that work, newest first."""

    items = fields.Items(fields.Part(KeySchema, required=True), required=True)


class LinkSchema(Schema):
    """A one-time link, shown this once."""

    link = fields.Text(limits.TEXT_CHARS, required=True)
    expires_at = fields.Moment(required=True)
