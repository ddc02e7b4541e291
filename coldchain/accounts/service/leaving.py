"""Before an officer's assignment ends: higher rooms say whether anything would be left without an owner.

Whoever ends an assignment or an account calls `check` first, in the transaction that ends it.
"""

from collections.abc import Callable, Iterable

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Area
from coldchain.accounts.models import User

# Filled by higher rooms when the app is made; each raises Conflict when the officer may not leave yet.
before_assignment_ends: list[Callable[[Session, User, tuple[Area, ...]], None]] = []

# Filled likewise: what the officer has open outside the areas that are left, as (name, address of its page).
what_is_open: list[Callable[[Session, User, tuple[Area, ...]], list[tuple[str, str]]]] = []


def open_things(session: Session, user: User, areas_left: Iterable[Area]) -> list[tuple[str, str]]:
    """Return what would be left without an owner, as (name, address), so that it is seen before it is refused."""
    left = tuple(areas_left)
    return [thing for each in what_is_open for thing in each(session, user, left)]


def check(session: Session, user: User, areas_left: Iterable[Area]) -> None:
    """Raise Conflict (`tasks_without_owner`) if `user` has something open outside `areas_left`, what it would keep.

    The account's row stays locked until the transaction ends: nobody gives this officer anything meanwhile.
    """
    session.flush()
    session.execute(select(col(User.user_id)).where(col(User.user_id) == user.user_id).with_for_update(key_share=True))
    left = tuple(areas_left)
    for each in before_assignment_ends:
        each(session, user, left)
