"""What an officer chooses from before a merger: the businesses that a typed text may mean, and what would go over."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize, scope
from coldchain.core.text_search import contains_all
from coldchain.registry.models import Business
from coldchain.registry.service import lookups, merging
from coldchain.registry.service.business_view import resource
from coldchain.registry.service.reach import businesses_within

SHOWN = 20


def found(session: Session, actor: Actor, old: Business, typed: str) -> list[Business]:
    """Return businesses that may take `old` over and that a name, initials or a number finds, by name, at most SHOWN.

    Only those where the officer may merge, and that a merger would not refuse by their state. Raises NotFound.
    """
    authorize(actor, "business.merge", resource(old))
    statement = (
        select(Business)
        .where(
            businesses_within(scope(actor, "business.merge")),
            contains_all(col(Business.search_text), typed),
            col(Business.merged_into_id).is_(None),
            col(Business.business_id) != old.business_id,
            col(Business.status).not_in(("closed", "rejected")),
        )
        .order_by(col(Business.uscc).is_(None), col(Business.name), col(Business.business_id))
        .limit(SHOWN)
    )
    return list(session.scalars(statement))


def going_over(session: Session, actor: Actor, ref: str | UUID) -> dict[str, int]:
    """Return what there is of an identity and would go over into whichever business, by kind. Raises NotFound."""
    old = lookups.named_business(session, ref)
    authorize(actor, "business.merge", resource(old))
    return merging.counts(session, old.business_id)
