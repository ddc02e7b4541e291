"""Tables of people and their keys. Secrets are stored hashed only."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from coldchain.core.columns import document, key, keys, moment, one_of, ref, wordlist, words

ROLES = ("admin", "regulator", "inspector", "merchant", "lab", "carrier")
OFFICER_ROLES = ("regulator", "inspector")
TRADE_ROLES = ("merchant", "lab", "carrier")  # they act for one business
POSITIONS = ("owner", "clerk")
ASSIGNMENT_KINDS = ("standing", "support")


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
    """A page session; the cookie holds the secret, the row its hash."""

    __tablename__ = "user_session"

    session_hash: str = words(primary=True)
    user_id: UUID = ref("app_user.user_id")
    created_at: datetime = moment()
    last_seen_at: datetime = moment()
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment(null=True)
    user_agent: str | None = words(null=True)


class ApiToken(SQLModel, table=True):
    """A bearer token, hashed."""

    __tablename__ = "api_token"

    token_hash: str = words(primary=True)
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

    link_hash: str = words(primary=True)
    user_id: UUID = ref("app_user.user_id")
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(null=True)


class SignInFailure(SQLModel, table=True):
    """A refused sign-in, counted to slow down guessing; survives a restart."""

    __tablename__ = "sign_in_failure"

    failure_id: UUID = key()
    username: str = words(index=True)
    address: str = words(index=True)
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
