"""Signing in, sessions, tokens and links; accounts. Secrets leave here once and are stored hashed."""

from coldchain.accounts.service.actors import actor_by_session, actor_by_token, actor_of, digest
from coldchain.accounts.service.audit import audit
from coldchain.accounts.service.keys import new_token
from coldchain.accounts.service.links import link_user, new_link, use_link
from coldchain.accounts.service.people import create_user, user_by_name
from coldchain.accounts.service.signing import SESSION_LIFE, check_password, close_session, open_session, set_password

__all__ = [
    "SESSION_LIFE", "actor_by_session", "actor_by_token", "actor_of", "audit", "check_password", "close_session",
    "create_user", "digest", "link_user", "new_link", "new_token", "open_session", "set_password", "use_link",
    "user_by_name",
]  # fmt: skip
