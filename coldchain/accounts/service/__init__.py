"""Signing in, sessions, keys and links; accounts. Secrets leave here once and are stored hashed."""

from coldchain.accounts.service.actors import actor_by_token, actor_of, digest
from coldchain.accounts.service.audit import audit
from coldchain.accounts.service.keys import choosable, create_key, list_keys, new_token, revoke_key
from coldchain.accounts.service.links import link_user, new_link, reset_link, use_link
from coldchain.accounts.service.people import create_user, user_by_name
from coldchain.accounts.service.sessions import Visit, list_sessions, revoke_others, revoke_session, visit
from coldchain.accounts.service.signing import (
    Opened,
    begin,
    change_password,
    check_password,
    close_session,
    enrolled,
    has_password,
    open_session,
    prove,
    second_step,
    set_password,
)

__all__ = [
    "Opened", "Visit", "actor_by_token", "actor_of", "audit", "begin", "change_password", "check_password",
    "choosable", "close_session", "create_key", "create_user", "digest", "enrolled", "has_password", "link_user",
    "list_keys", "list_sessions", "new_link", "new_token", "open_session", "prove", "reset_link", "revoke_key",
    "revoke_others", "revoke_session", "second_step", "set_password", "use_link", "user_by_name", "visit",
]  # fmt: skip
