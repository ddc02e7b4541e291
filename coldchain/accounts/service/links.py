"""One-time links to choose a password: the first one, or another for a forgotten one."""

import secrets
from datetime import timedelta

from sqlalchemy import Text, Uuid, column, select, table, update
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.models import SignInLink, User
from coldchain.accounts.rights import Resource, authorize
from coldchain.accounts.service.actors import digest, may_still
from coldchain.accounts.service.audit import audit
from coldchain.accounts.service.signing import check_length, set_password
from coldchain.core import clock, limits
from coldchain.core.errors import NotFound

LIVES = {"first": timedelta(hours=limits.LINK_HOURS), "reset": timedelta(hours=limits.RESET_LINK_HOURS)}
# The registry stands above this room; where an account's business lies is all that is asked here.
_BUSINESS = table("business", column("business_id", Uuid), column("region_code", Text), column("office_id", Uuid))


def new_link(session: Session, user: User, *, kind: str = "first", created_by: Actor | None = None) -> str:
    """Return the secret of a one-time link; earlier unused ones of the user are void."""
    secret, now = secrets.token_urlsafe(32), clock.now()
    maker = created_by.user_id if created_by else None
    session.execute(
        update(SignInLink)
        .where(col(SignInLink.user_id) == user.user_id, col(SignInLink.used_at).is_(None))
        .values(used_at=now)
    )
    session.add(
        SignInLink(
            link_hash=digest(secret), kind=kind, user_id=user.user_id, created_by=maker, created_at=now,
            expires_at=now + LIVES[kind],
        )
    )  # fmt: skip
    kinds = {"first": "link_created", "reset": "reset_link_created"}
    audit(session, kinds[kind], user.user_id, by=str(maker) if maker else None)
    return secret


def reset_link(session: Session, actor: Actor, user: User) -> str:
    """Return the secret of a link by which a person chooses another password; the old one goes on until it is used.

    Raises Forbidden; NotFound for somebody whose business lies outside the actor's areas, and for officers unless an
    administrator asks.
    """
    authorize(actor, "account.reset", _resource(session, user))
    return new_link(session, user, kind="reset", created_by=actor)


def _resource(session: Session, user: User) -> Resource:
    places = []
    if user.business_id is not None:
        row = session.execute(select(_BUSINESS).where(_BUSINESS.c.business_id == user.business_id)).one()
        places = [Area(row.region_code, row.office_id)]
    return Resource.of(user.business_id, places=places)


def link_user(session: Session, secret: str) -> User:
    """Return the user of an unused link, which stays unused. Raises NotFound `link_spent`."""
    link = session.get(SignInLink, digest(secret), with_for_update=True)
    user = session.get(User, link.user_id) if link else None
    works = link is not None and link.used_at is None and link.expires_at > clock.now()
    if link is None or user is None or not works or not user.is_active or not _may_still(session, link, user):
        words = "This link was used or has run out. Your supervision office or the administrator gives you a new one."
        raise NotFound(words, code="link_spent")
    return user


def _may_still(session: Session, link: SignInLink, user: User) -> bool:
    """Say whether who made a link might make it now: it ends with that right; the command line's never does."""
    action = {"first": "account.manage", "reset": "account.reset"}[link.kind]
    return link.created_by is None or may_still(session, link.created_by, action, _resource(session, user))


def use_link(session: Session, secret: str, password: str) -> User:
    """Set a password by a one-time link, which is spent by it; older page sessions end. Raises Invalid, NotFound."""
    user = link_user(session, secret)
    check_length(password)
    session.execute(update(SignInLink).where(col(SignInLink.link_hash) == digest(secret)).values(used_at=clock.now()))
    set_password(session, user, password)
    return user
