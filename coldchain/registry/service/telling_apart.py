"""Setting aside two businesses that look alike and are two, and taking that back. Append-only; nothing else changes."""

from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize
from coldchain.core import clock
from coldchain.core.errors import Conflict, Invalid
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.registry.models import Business
from coldchain.registry.models_identity import BusinessPairEvent
from coldchain.registry.service import duplicates, lookups
from coldchain.registry.service.business_view import resource
from coldchain.registry.service.businesses import locked
from coldchain.registry.service.duplicates import Pair


def read(session: Session, actor: Actor, ref: str | UUID, other: str | UUID) -> Pair:
    """Return two businesses to be compared, to who may merge both. Raises NotFound, Invalid `same_business`."""
    return duplicates.between(session, *_two(session, actor, "business.merge", ref, other))


def set_aside(session: Session, actor: Actor, ref: str | UUID, other: str | UUID, *, reason: str) -> Pair:
    """Record that two businesses are two; they aren't shown as a pair again until what made them alike has changed.

    Raises NotFound, Forbidden, Invalid `same_business`, Conflict `business_merged`, `set_aside_already`.
    """
    pair = _locked(session, actor, ref, other)
    if pair.aside is not None and not pair.changed:
        raise Conflict("An officer has said already that these are two.", code="set_aside_already")
    _say(session, actor, pair, "set_aside", reason)
    return duplicates.between(session, pair.one, pair.other)


def take_back(session: Session, actor: Actor, ref: str | UUID, other: str | UUID) -> Pair:
    """Record that it is open again whether two businesses are one.

    Raises NotFound, Forbidden, Invalid `same_business`, Conflict `business_merged`, `not_set_aside`.
    """
    pair = _locked(session, actor, ref, other)
    if pair.aside is None:
        raise Conflict("Nobody has said that these are two.", code="not_set_aside")
    _say(session, actor, pair, "taken_back", None)
    return duplicates.between(session, pair.one, pair.other)


def _two(session: Session, actor: Actor, action: str, ref: str | UUID, other: str | UUID) -> tuple[Business, Business]:
    rows = lookups.named_business(session, ref), lookups.named_business(session, other)
    for row in rows:
        authorize(actor, action, resource(row))
    if rows[0].business_id == rows[1].business_id:
        raise Invalid.of("/other", "same_business", "This is the same business.")
    return rows


def _locked(session: Session, actor: Actor, ref: str | UUID, other: str | UUID) -> Pair:
    """Return a pair with both rows locked: one after the other says something of it, and nobody merges meanwhile."""
    ids = sorted(each.business_id for each in _two(session, actor, "business.tell_apart", ref, other))
    one, second = (locked(session, business_id) for business_id in ids)
    for row in (one, second):
        if row.merged_into_id is not None:
            raise Conflict(
                "This identity was merged into a business. Act on that business.",
                code="business_merged",
                extra={"into": str(row.merged_into_id)},
            )
    return duplicates.between(session, one, second)


def _say(session: Session, actor: Actor, pair: Pair, kind: str, reason: str | None) -> None:
    now = clock.now()
    event = BusinessPairEvent(
        one_id=pair.one.business_id,
        other_id=pair.other.business_id,
        kind=kind,
        reason=reason,
        compared={"one": duplicates.said_of(pair.one).kept(), "other": duplicates.said_of(pair.other).kept()},
        recorded_at=now,
        recorded_by=actor.user_id,
    )
    session.add(event)
    session.flush()
    facts = []
    for mine, theirs in ((pair.one, pair.other), (pair.other, pair.one)):
        kept = personal.keep(session, reason, "reason", business_id=mine.business_id, region_code=mine.region_code)
        data = {
            "other": theirs.business_id, "event_id": event.event_id,
            "reason": kept and kept.commitment, "reason_id": kept and kept.personal_id,
        }  # fmt: skip
        fact = "business.told_apart" if kind == "set_aside" else "business.told_apart_ended"
        facts.append(journal.Fact(fact, mine.business_id, now, data, mine.business_id, mine.region_code))
    journal.append_many(session, actor, facts)
