"""By whose rights a record is judged: those of the moment when it was captured, not when it was uploaded.

An officer who has left a place still uploads what was seen there while the assignment was in force, and nothing that
was seen before it began or after it ended. What was captured just now is judged by the rights of now as well: a
device's clock and ours differ a little.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts import service as accounts
from coldchain.accounts.actor import Actor
from coldchain.accounts.models import User
from coldchain.core import clock, limits
from coldchain.core.errors import Invalid, NotFound
from coldchain.core.i18n import N_
from coldchain.recall import drafts
from coldchain.recall.models import Recall

NOT_THEN: Final = N_("You were not assigned to this place at that time.")


def as_of(session: Session, actor: Actor, moment: datetime | None) -> Actor:
    """Return the actor with the areas that a record of a moment (aware) is judged by; as it is now without one."""
    user = session.get(User, actor.user_id) if actor.user_id and moment else None
    if user is None or moment is None:
        return actor
    areas = accounts.actor_of(session, user, at=moment).areas
    just_now = clock.now() - moment <= timedelta(seconds=limits.CLOCK_SKEW_S)
    return replace(actor, areas=(*areas, *actor.areas) if just_now else areas)


def get_recall(
    session: Session, actor: Actor, recall_id: UUID, action: str, moment: datetime | None, *, lock: bool = False
) -> tuple[Recall, Actor]:
    """Return a recall for which the actor might do `action` at a moment (aware), and the actor as of then.

    Raises NotFound, Forbidden; Invalid `not_assigned_then` for who may do it now and might not then.
    """
    then = as_of(session, actor, moment)
    try:
        return drafts.get(session, then, recall_id, action, lock=lock), then
    except NotFound:
        drafts.get(session, actor, recall_id, action)
        raise Invalid.of("/occurred_at", "not_assigned_then", NOT_THEN) from None
