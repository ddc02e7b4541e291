"""What is asked of the audit log and what it answers."""

from coldchain.core import fields, limits
from coldchain.core.fields import PageQuery, Schema

KIND = r"[a-z0-9_.]+"


class AuditQuery(PageQuery):
    """Which lines of the audit log."""

    person = fields.Text(limits.NAME_CHARS, doc="a user name: what this person did, and what is about this person")
    kind = fields.Text(limits.CODE_CHARS, pattern=KIND, doc="for example refused, personal_read, signed_in")
    subject = fields.Key(doc="the id of a user, a business, a personal value or a record")
    date_from = fields.Day(doc="first day, Beijing time")
    date_to = fields.Day(doc="last day, Beijing time")


class AuditUser(Schema):
    """An account."""

    user_id = fields.Key(required=True)
    username = fields.Text(limits.NAME_CHARS)


class AuditEventSchema(Schema):
    """One line: who did what, to whom or what, from where."""

    event_id = fields.Key(required=True)
    at = fields.Moment(required=True)
    user = fields.Part(AuditUser, doc="who acted; null: nobody who is known")
    kind = fields.Text(limits.CODE_CHARS, required=True)
    action = fields.Text(limits.CODE_CHARS, doc="the permission that was needed")
    subject_kind = fields.Text(limits.CODE_CHARS)
    subjects = fields.Items(fields.Key(required=True), required=True, maximum=limits.AUDIT_SUBJECTS)
    address = fields.Text(limits.NUMBER_CHARS)
    request_id = fields.Text(limits.CODE_CHARS)
    detail = fields.Anything(required=True)


class AuditPage(Schema):
    """A page of the audit log, newest first."""

    items = fields.Items(fields.Part(AuditEventSchema), required=True)
    next = fields.Text(limits.CURSOR_CHARS)
