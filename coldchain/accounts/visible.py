"""`visible(actor, kind)`: what `accounts.rights.may` says of one row, as a condition of the statement that lists them.

A room names its kinds by putting `@kind(name)` on the function that makes the condition; nothing else decides what a
list, a count, a search or an export shows.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import ColumnElement

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import scope
from coldchain.journal import receipts


class Condition(Protocol):
    """Makes the condition on the rows of one kind; raises Forbidden for a role that never sees any."""

    def __call__(self, actor: Actor) -> ColumnElement[bool]:
        """Return the condition of what `actor` may see."""


C = TypeVar("C", bound=Callable[..., ColumnElement[bool]])
KINDS: dict[str, Condition] = {}


def kind(name: str) -> Callable[[C], C]:
    """Let a function say what of a kind is visible."""

    def named(condition: C) -> C:
        if name in KINDS:
            raise AssertionError(f"two conditions for {name}")
        KINDS[name] = condition
        return condition

    return named


def visible(actor: Actor, name: str) -> ColumnElement[bool]:
    """Return the condition of what `actor` may see of a kind. Raises Forbidden when its role never may."""
    return KINDS[name](actor)


@kind("journal_entry")
def _entries(actor: Actor) -> ColumnElement[bool]:
    return receipts.within(scope(actor, "journal.read"))
