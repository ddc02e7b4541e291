"""What is asked and answered about personal data (R21)."""

from coldchain.core import fields, limits
from coldchain.core.fields import Schema


class EraseSchema(Schema):
    """Why a value is erased."""

    reason = fields.Text(limits.TEXT_CHARS, required=True, multiline=True)


class PersonSchema(Schema):
    """Whose data, and why."""

    person = fields.Text(limits.NAME_CHARS, required=True, doc="the whole name or phone, as it was recorded")
    reason = fields.Text(limits.TEXT_CHARS, required=True, multiline=True)


class ErasePersonSchema(PersonSchema):
    """Whose data are erased and why; which of them, where a name may be several people's."""

    personal_ids = fields.Items(
        fields.Key(),
        minimum=1,
        maximum=limits.PERSONAL_VALUES_MAX,
        doc="only these; needed for a name that stands in records of several businesses",
    )


class PartySchema(Schema):
    """A business."""

    business_id = fields.Key(required=True)
    uscc = fields.Text(limits.CODE_CHARS)
    name = fields.Text(limits.NAME_CHARS, required=True)


class HeldAccountSchema(Schema):
    """An account."""

    username = fields.Text(limits.NAME_CHARS, required=True)
    display_name = fields.Text(limits.NAME_CHARS, required=True)
    role = fields.Text(limits.CODE_CHARS, required=True)
    position = fields.Text(limits.CODE_CHARS)
    language = fields.Text(limits.CODE_CHARS)
    is_active = fields.Flag(required=True)
    created_at = fields.Moment(required=True)
    business = fields.Part(PartySchema)


class HeldAssignmentSchema(Schema):
    """An area that an officer was assigned to."""

    region_code = fields.Text(6, required=True)
    office_id = fields.Key()
    kind = fields.Text(limits.CODE_CHARS, required=True)
    valid_from = fields.Moment(required=True)
    valid_to = fields.Moment()


class HeldSessionSchema(Schema):
    """A page session."""

    created_at = fields.Moment(required=True)
    last_seen_at = fields.Moment(required=True)
    expires_at = fields.Moment(required=True)
    revoked_at = fields.Moment()
    user_agent = fields.Text(limits.TEXT_CHARS)


class HeldKeySchema(Schema):
    """A key for programs; the key itself is kept nowhere."""

    label = fields.Text(limits.NAME_CHARS)
    scopes = fields.Items(fields.Text(limits.CODE_CHARS))
    created_at = fields.Moment(required=True)
    expires_at = fields.Moment()
    revoked_at = fields.Moment()
    last_used_at = fields.Moment()


class HeldRecordSchema(Schema):
    """A record that names a value."""

    kind = fields.Text(limits.CODE_CHARS, required=True)
    record_id = fields.Key(required=True)
    recorded_at = fields.Moment(required=True)


class HeldValueSchema(Schema):
    """A name or phone that stands in records, with the last day on which it must be kept (R6)."""

    personal_id = fields.Key(required=True)
    what = fields.Text(limits.CODE_CHARS, required=True)
    value = fields.Text(limits.TEXT_CHARS, doc="null once it is erased")
    business = fields.Part(PartySchema, doc="in whose record it stands")
    region_code = fields.Text(6)
    recorded_at = fields.Moment(required=True)
    kept_until = fields.Day(required=True)
    in_use = fields.Flag(required=True, doc="a record in force names it: kept until the business is struck off")
    erased_at = fields.Moment()
    erased_reason = fields.Text(limits.TEXT_CHARS)
    records = fields.Items(fields.Part(HeldRecordSchema), required=True)


class HeldLineSchema(Schema):
    """A line of the audit log about the person; who acted is told by role."""

    at = fields.Moment(required=True)
    kind = fields.Text(limits.CODE_CHARS, required=True)
    action = fields.Text(limits.CODE_CHARS)
    role = fields.Text(limits.CODE_CHARS)


class ExportSchema(Schema):
    """Everything that is held about a person."""

    made_at = fields.Moment(required=True)
    account = fields.Part(HeldAccountSchema)
    assignments = fields.Items(fields.Part(HeldAssignmentSchema), required=True)
    sessions = fields.Items(fields.Part(HeldSessionSchema), required=True)
    api_keys = fields.Items(fields.Part(HeldKeySchema), required=True)
    values = fields.Items(fields.Part(HeldValueSchema), required=True)
    audit = fields.Items(fields.Part(HeldLineSchema), required=True)


class ErasedSchema(Schema):
    """What was erased of a person, and what must still be kept."""

    erased = fields.Items(fields.Part(HeldValueSchema), required=True)
    kept = fields.Items(fields.Part(HeldValueSchema), required=True)
