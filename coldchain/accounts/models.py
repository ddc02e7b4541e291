"""Tables of people and their keys. Secrets are stored hashed only."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Uuid
from sqlmodel import Field, SQLModel

from coldchain.core.columns import document, key, keys, moment, one_of, ref, whole, wordlist, words
from coldchain.core.ids import new_id

ROLES = ("admin", "regulator", "inspector", "merchant", "lab", "carrier")
OFFICER_ROLES = ("regulator", "inspector")
TRADE_ROLES = ("merchant", "lab", "carrier")  # they act for one business
ROLE_OF_KIND = {"carrier": "carrier", "lab": "lab"}  # who acts for a business of this kind alone
ROLE_OF_TRADERS = "merchant"  # who acts for any other
PIN_ROLES = ("merchant", "carrier")  # one step is enough; officers, labs and administrators never sign in by a PIN
POSITIONS = ("owner", "clerk")
ASSIGNMENT_KINDS = ("standing", "support")
PARKED_REASONS = ("ended", "again")  # the session was over; it was too long ago that the person proved who they are
LINK_KINDS = ("first", "reset")  # to choose the first password, or another one for a forgotten one


class User(SQLModel, table=True):
    """A person who signs in; merchants, labs and carriers act for one business, as its owner or a clerk of it.

    `is_waiting`: registered by itself, an officer has not approved the business yet.
    """

    __tablename__ = "app_user"
    __table_args__ = (
        one_of("role", ROLES),
        one_of("position", POSITIONS),
        CheckConstraint("(role IN ('merchant', 'lab', 'carrier')) = (business_id IS NOT NULL)", name="business"),
        CheckConstraint("(business_id IS NULL) = (position IS NULL)", name="acting"),
    )

    user_id: UUID = key()
    username: str = words(unique=True)
    display_name: str = words()
    role: str = words()
    business_id: UUID | None = ref("business.business_id", null=True)
    position: str | None = words(null=True)
    is_waiting: bool = False
    password_hash: str | None = words(null=True)
    language: str | None = words(null=True)
    is_active: bool = True
    created_at: datetime = moment()


class UserSite(SQLModel, table=True):
    """A site that a clerk is limited to; a clerk without one may act at every site of the business."""

    __tablename__ = "user_site"

    user_id: UUID = ref("app_user.user_id", primary=True)
    site_id: UUID = ref("site.site_id", primary=True)


class Assignment(SQLModel, table=True):
    """An officer's region (or one office of it), from–to; `support`: lent to another district (支援)."""

    __tablename__ = "assignment"
    __table_args__ = (one_of("kind", ASSIGNMENT_KINDS), CheckConstraint("valid_to > valid_from", name="span"))

    assignment_id: UUID = key()
    user_id: UUID = ref("app_user.user_id")
    region_code: str = words()
    office_id: UUID | None = ref("office.office_id", null=True, index=False)
    kind: str = words()
    valid_from: datetime = moment()
    valid_to: datetime | None = moment(null=True)
    recorded_by: UUID | None = ref(null=True, index=False)


class UserSession(SQLModel, table=True):
    """A page session; the cookie holds the secret, the row its hash.

    `authenticated_at`: when the person last proved who they are. `is_half`: the password fitted, the second step is
    still to come. `address`: where it was last seen. `device_id`: the device with a PIN that it was opened on.
    """

    __tablename__ = "user_session"

    session_hash: str = words(primary=True)
    session_id: UUID = Field(default_factory=new_id, sa_column=Column(Uuid, nullable=False, unique=True))
    user_id: UUID = ref("app_user.user_id")
    is_half: bool = False
    created_at: datetime = moment()
    authenticated_at: datetime = moment()
    last_seen_at: datetime = moment()
    expires_at: datetime = moment(index=True)
    revoked_at: datetime | None = moment(null=True)
    user_agent: str | None = words(null=True)
    address: str | None = words(null=True)
    device_id: UUID | None = ref("device.device_id", null=True)


class ApiToken(SQLModel, table=True):
    """A bearer token, hashed."""

    __tablename__ = "api_token"

    token_hash: str = words(primary=True)
    key_id: UUID = Field(default_factory=new_id, sa_column=Column(Uuid, nullable=False, unique=True))
    user_id: UUID = ref("app_user.user_id")
    label: str | None = words(null=True)
    scopes: list[str] = wordlist()  # empty: everything that the user may
    created_at: datetime = moment()
    expires_at: datetime | None = moment(null=True)
    revoked_at: datetime | None = moment(null=True)
    last_used_at: datetime | None = moment(null=True)


class SignInLink(SQLModel, table=True):
    """A one-time link to sign in and choose a password, hashed."""

    __tablename__ = "sign_in_link"
    __table_args__ = (one_of("kind", LINK_KINDS),)

    link_hash: str = words(primary=True)
    kind: str = words()
    user_id: UUID = ref("app_user.user_id")
    created_by: UUID | None = ref(null=True, index=False)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(null=True)


class Invitation(SQLModel, table=True):
    """A one-time link by which somebody joins a business and chooses name, phone and password; hashed."""

    __tablename__ = "invitation"
    __table_args__ = (one_of("role", TRADE_ROLES), one_of("position", POSITIONS))

    invitation_id: UUID = key()
    link_hash: str = words(unique=True)
    business_id: UUID = ref("business.business_id")
    role: str = words()
    position: str = words()
    created_by: UUID | None = ref("app_user.user_id", null=True)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(null=True)
    used_by: UUID | None = ref("app_user.user_id", null=True, index=False)
    revoked_at: datetime | None = moment(null=True)


class InvitationSite(SQLModel, table=True):
    """A site that the invited clerk will be limited to."""

    __tablename__ = "invitation_site"

    invitation_id: UUID = ref("invitation.invitation_id", primary=True)
    site_id: UUID = ref("site.site_id", primary=True)


class SignInSlip(SQLModel, table=True):
    """A printed sign-in slip (登录条), hashed: whoever scans it first chooses a PIN for that one device."""

    __tablename__ = "sign_in_slip"

    slip_hash: str = words(primary=True)
    user_id: UUID = ref("app_user.user_id")
    printed_by: UUID | None = ref("app_user.user_id", null=True, index=False)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(null=True)


class Device(SQLModel, table=True):
    """A device on which one person signs in by a PIN; its cookie holds the secret, the row its hash."""

    __tablename__ = "device"
    __table_args__ = (CheckConstraint("wrong_pins >= 0", name="wrong_pins"),)

    device_id: UUID = key()
    device_hash: str = words(unique=True)
    user_id: UUID = ref("app_user.user_id")
    pin_hash: str = words()
    wrong_pins: int = whole()  # since the last right one
    user_agent: str | None = words(null=True)
    created_at: datetime = moment()
    last_used_at: datetime | None = moment(null=True)
    ended_at: datetime | None = moment(null=True)
    ended_why: str | None = words(null=True)


class RegistrationAttempt(SQLModel, table=True):
    """A self-registration that was sent, counted by address to slow down floods; survives a restart."""

    __tablename__ = "registration_attempt"

    attempt_id: UUID = key()
    address: str = words(index=True)
    at: datetime = moment(index=True)


class SignInFailure(SQLModel, table=True):
    """A refused sign-in, counted to slow down guessing; survives a restart.

    `device_hash`: the browser that it came from, when the person had signed in there before.
    """

    __tablename__ = "sign_in_failure"

    failure_id: UUID = key()
    username: str = words(index=True)
    address: str = words(index=True)
    device_hash: str | None = words(null=True)
    at: datetime = moment(index=True)


class AuditEvent(SQLModel, table=True):
    """Who signed in, was refused, changed rights or read personal data; not a fact of the trade: not in the journal.

    `user_id` acted; `subjects`: whom or what it is about (users, businesses, personal values, records).
    """

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_subjects", "subjects", postgresql_using="gin"),)

    event_id: UUID = key()
    at: datetime = moment(index=True)
    user_id: UUID | None = ref(null=True)
    kind: str = words(index=True)
    action: str | None = words(null=True)
    subject_kind: str | None = words(null=True)
    subjects: list[UUID] = keys()
    address: str | None = words(null=True)
    request_id: str | None = words(null=True, index=True)
    detail: dict[str, Any] = document()


class UserTotp(SQLModel, table=True):
    """The second step of a sign-in: the secret that a person's app makes codes from, sealed.

    `last_step`: the newest time step that a code was taken for; none is taken twice. `pending`: a secret that waits
    for its first code.
    """

    __tablename__ = "user_totp"

    user_id: UUID = ref("app_user.user_id", primary=True)
    secret: str | None = words(null=True)
    confirmed_at: datetime | None = moment(null=True)
    last_step: int | None = whole(null=True)
    pending: str | None = words(null=True)


class RecoveryCode(SQLModel, table=True):
    """A code that stands once for the app, hashed with a key of the program's."""

    __tablename__ = "recovery_code"

    code_hash: str = words(primary=True)
    user_id: UUID = ref("app_user.user_id")
    created_at: datetime = moment()
    used_at: datetime | None = moment(null=True)


class KnownDevice(SQLModel, table=True):
    """A browser in which a person has signed in before; its cookie holds the secret, the row its hash."""

    __tablename__ = "known_device"

    device_hash: str = words(primary=True)
    user_id: UUID = ref("app_user.user_id", primary=True)
    expires_at: datetime = moment(index=True)


class ParkedForm(SQLModel, table=True):
    """A form that was sent when its sender had to sign in (again) first; bound to a cookie, kept for a short while."""

    __tablename__ = "parked_form"
    __table_args__ = (one_of("reason", PARKED_REASONS),)

    parked_hash: str = words(primary=True)
    user_id: UUID = ref("app_user.user_id")
    reason: str = words()
    address: str = words()
    fields: list[list[str]] = document()
    had_files: bool = False
    created_at: datetime = moment()
    expires_at: datetime = moment(index=True)
    shown_at: datetime | None = moment(null=True)
