"""Businesses that may be one: the same phone, the same place, a similar name. Shown to officers, decided by them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize
from coldchain.core import limits
from coldchain.core.text import normalise_name
from coldchain.journal import personal
from coldchain.registry import similarity
from coldchain.registry.models import Business
from coldchain.registry.service.business_view import resource, visible_businesses

REASONS: Final = ("phone", "place", "name")  # the strongest first


@dataclass(frozen=True)
class Look:
    """What two businesses are compared by."""

    business: Business
    phone: str | None
    place: str
    signs: frozenset[str]


@dataclass
class Pair:
    """Two businesses that may be one, and by what."""

    one: Business
    other: Business
    reasons: set[str] = field(default_factory=set)
    likeness: float = 0.0

    @property
    def told(self) -> list[str]:
        """Return the reasons, the strongest first."""
        return [reason for reason in REASONS if reason in self.reasons]

    @property
    def order(self) -> tuple[int, int, float]:
        """Return by what pairs are sorted: how many reasons, then the strongest, then how alike the names are."""
        return -len(self.reasons), min(REASONS.index(reason) for reason in self.reasons), -self.likeness

    @property
    def provisional(self) -> Business | None:
        """Return the one of the two that may be merged into the other: the one without a USCC."""
        return next((each for each in (self.one, self.other) if each.uscc is None), None)


def pairs(session: Session, actor: Actor) -> list[Pair]:
    """Return the pairs among the newest BUSINESSES_COMPARED that `actor` may read, the likeliest first.

    At most PAIRS_SHOWN. Raises Forbidden.
    """
    looks = _looks(session, actor)
    found: dict[tuple[UUID, UUID], Pair] = {}
    by_key: dict[tuple[str, str], list[Look]] = {}
    for look in looks:
        for reason, value in (("phone", look.phone), ("place", look.place)):
            if value:
                by_key.setdefault((reason, value), []).append(look)
    for (reason, _value), same in by_key.items():
        for place, one in enumerate(same[: limits.PAIRS_SHOWN]):
            for other in same[place + 1 : limits.PAIRS_SHOWN]:
                _pair(found, one.business, other.business).reasons.add(reason)
    named = {look.business.business_id: look for look in looks}
    for one_id, other_id, much in similarity.alike({key: look.signs for key, look in named.items()}):
        pair = _pair(found, named[one_id].business, named[other_id].business)
        pair.reasons.add("name")
        pair.likeness = much
    return sorted(found.values(), key=lambda pair: pair.order)[: limits.PAIRS_SHOWN]


def _pair(found: dict[tuple[UUID, UUID], Pair], one: Business, other: Business) -> Pair:
    first, second = sorted((one, other), key=lambda each: each.business_id)
    return found.setdefault((first.business_id, second.business_id), Pair(first, second))


def of(session: Session, actor: Actor, business: Business) -> list[Pair]:
    """Return the businesses that may be the same as `business`, the likeliest first, to who decides about it.

    Raises NotFound, Forbidden.
    """
    authorize(actor, "business.decide", resource(business))
    looks = _looks(session, actor, also=business)
    mine = next(look for look in looks if look.business.business_id == business.business_id)
    found: dict[tuple[UUID, UUID], Pair] = {}
    for look in looks:
        if look is mine:
            continue
        much = similarity.likeness(mine.signs, look.signs)
        reasons = {
            reason
            for reason, same in (
                ("phone", mine.phone is not None and mine.phone == look.phone),
                ("place", bool(mine.place) and mine.place == look.place),
                ("name", much >= similarity.ALIKE),
            )
            if same
        }
        if reasons:
            pair = _pair(found, business, look.business)
            pair.reasons, pair.likeness = reasons, much
    return sorted(found.values(), key=lambda pair: pair.order)[: limits.PAIRS_OF_ONE]


def _looks(session: Session, actor: Actor, also: Business | None = None) -> list[Look]:
    """Return what is compared: businesses that `actor` may read and that stand, the newest first."""
    statement = (
        select(Business)
        .where(visible_businesses(actor), col(Business.merged_into_id).is_(None), col(Business.status) != "closed")
        .order_by(col(Business.business_id).desc())
        .limit(limits.BUSINESSES_COMPARED)
    )
    rows: Sequence[Any] = session.scalars(statement).all()
    if also is not None and also.business_id not in {row.business_id for row in rows}:
        rows = [*rows, also]
    phones = personal.reveal(session, [row.phone_id for row in rows if row.phone_id])
    return [
        Look(
            row,
            similarity.phone_key(phones.get(row.phone_id) if row.phone_id else None),
            normalise_name(row.address or ""),
            similarity.signs(row.name),
        )
        for row in rows
    ]
