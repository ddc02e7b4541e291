"""Businesses that may be one: the same phone, the same place, a similar name. Shown to officers, decided by them.

All of an area are compared in memory, in a number of statements that depends on nothing. An officer who has looked sets
a pair aside (`telling_apart`); it comes back by itself when what the two were compared by has changed since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize
from coldchain.core import limits, paging
from coldchain.core.text import normalise_name
from coldchain.journal import personal
from coldchain.registry import similarity
from coldchain.registry.models import Business
from coldchain.registry.models_identity import BusinessPairEvent
from coldchain.registry.service.business_view import resource, visible_businesses
from coldchain.registry.similarity import Alike, Look

Shown = Literal["open", "set_aside"]
_FIGURES: Final = 3  # of `Alike.order`, before the two keys in a cursor
Keys = tuple[UUID, UUID]


@dataclass(frozen=True)
class Said:
    """What is compared of one business, as it stands, with the number of its phone's value."""

    business_id: UUID
    name: str
    address: str | None
    phone_id: UUID | None

    def kept(self) -> dict[str, str | None]:
        """Return it as it is kept with a pair that is set aside; the phone by number, since it may be erased (R21)."""
        return {"name": self.name, "place": self.address, "phone_id": str(self.phone_id) if self.phone_id else None}


@dataclass
class Pair:
    """Two businesses that may be one, by what, and whether an officer has said that they are two."""

    one: Business
    other: Business
    alike: Alike
    aside: BusinessPairEvent | None = None
    changed: Sequence[tuple[UUID, str]] = ()  # whose what is another than when the pair was set aside

    @property
    def told(self) -> list[str]:
        """Return the reasons, the strongest first."""
        return self.alike.told

    @property
    def provisional(self) -> Business | None:
        """Return the one of the two that may be merged into the other: the one without a USCC."""
        return next((each for each in (self.one, self.other) if each.uscc is None), None)

    @property
    def changes(self) -> list[tuple[Business, str]]:
        """Return what has changed since it was set aside, each with its business."""
        of = {self.one.business_id: self.one, self.other.business_id: self.other}
        return [(of[business_id], what) for business_id, what in self.changed]


@dataclass(frozen=True)
class Listed:
    """A page of pairs, how many there are in either state, and whether all businesses of the area were compared."""

    pairs: list[Pair]
    following: str | None
    counts: Mapping[str, int]
    compared: int
    all_compared: bool


def search(session: Session, actor: Actor, *, state: Shown = "open", limit: int, cursor: str | None = None) -> Listed:
    """Return a page of the pairs among the newest BUSINESSES_COMPARED that `actor` may read, the likeliest first.

    Raises Forbidden, Invalid `invalid_cursor`.
    """
    said, all_compared = _said(session, actor)
    asides = _asides(session, actor)
    phones = _phones(session, said.values(), asides.values())
    found = similarity.among([_look(each, phones) for each in said.values()])
    changed = {keys: changes(event, said[keys[0]], said[keys[1]], phones)
               for keys, event in asides.items() if keys in found}  # fmt: skip
    by_state: dict[str, list[Keys]] = {"open": [], "set_aside": []}
    for keys in found:
        by_state["set_aside" if keys in changed and not changed[keys] else "open"].append(keys)
    rows = sorted((found[keys].order, keys) for keys in by_state[state])
    if cursor is not None:
        after = paging.decode_sorted(cursor, _FIGURES, 2)
        rows = [row for row in rows if row > after]
    page, following = [keys for _order, keys in rows[:limit]], None
    if len(rows) > limit:
        following = paging.encode_sorted(found[page[-1]].order, *page[-1])
    businesses = _businesses(session, {each for keys in page for each in keys})
    pairs = [
        Pair(businesses[keys[0]], businesses[keys[1]], found[keys], asides.get(keys), changed.get(keys, ()))
        for keys in page
    ]
    return Listed(pairs, following, {name: len(each) for name, each in by_state.items()}, len(said), all_compared)


def of(session: Session, actor: Actor, business: Business) -> list[Pair]:
    """Return the businesses that may be the same as `business`, the likeliest first, to who decides about it.

    What was set aside isn't among them. At most PAIRS_OF_ONE. Raises NotFound, Forbidden.
    """
    authorize(actor, "business.decide", resource(business))
    said, _all = _said(session, actor)
    mine = said.pop(business.business_id, None) or said_of(business)
    asides = {keys: event for keys, event in _asides(session, actor).items() if mine.business_id in keys}
    phones = _phones(session, [mine, *said.values()], asides.values())
    look = _look(mine, phones)
    found: dict[Keys, Alike] = {}
    for each in said.values():
        alike = similarity.two(look, _look(each, phones))
        if alike.reasons:
            found[ordered(mine.business_id, each.business_id)] = alike
    said[mine.business_id] = mine
    open_ones = {
        keys: alike
        for keys, alike in found.items()
        if keys not in asides or changes(asides[keys], said[keys[0]], said[keys[1]], phones)
    }
    page = sorted(open_ones, key=lambda keys: (open_ones[keys].order, keys))[: limits.PAIRS_OF_ONE]
    businesses = _businesses(session, {each for keys in page for each in keys}) | {business.business_id: business}
    return [Pair(businesses[keys[0]], businesses[keys[1]], open_ones[keys]) for keys in page]


def between(session: Session, one: Business, other: Business) -> Pair:
    """Return two businesses as a pair, whatever they have in common; the caller has checked the rights."""
    keys = ordered(one.business_id, other.business_id)
    said = {each.business_id: said_of(each) for each in (one, other)}
    event = standing(session, keys)
    phones = _phones(session, said.values(), [event] if event else [])
    first, second = (said[each] for each in keys)
    changed = changes(event, first, second, phones) if event else ()
    alike = similarity.two(_look(first, phones), _look(second, phones))
    rows = {one.business_id: one, other.business_id: other}
    return Pair(rows[keys[0]], rows[keys[1]], alike, event, changed)


def ordered(one_id: UUID, other_id: UUID) -> Keys:
    """Return two ids as a pair has them: the smaller first."""
    return (one_id, other_id) if one_id < other_id else (other_id, one_id)


def said_of(business: Business) -> Said:
    """Return what is compared of a business."""
    return Said(business.business_id, business.name, business.address, business.phone_id)


def standing(session: Session, keys: Keys) -> BusinessPairEvent | None:
    """Return what an officer said last of a pair if that is that they are two, None: nobody says so now."""
    one_id, other_id = keys
    row = session.scalars(
        select(BusinessPairEvent)
        .where(col(BusinessPairEvent.one_id) == one_id, col(BusinessPairEvent.other_id) == other_id)
        .order_by(col(BusinessPairEvent.event_id).desc())
        .limit(1)
    ).first()
    return row if row is not None and row.kind == "set_aside" else None


def changes(event: BusinessPairEvent, one: Said, other: Said, phones: Mapping[UUID, str]) -> list[tuple[UUID, str]]:
    """Return whose name, place or phone is another than when the pair was set aside, however it is written."""
    found = []
    for side, now in (("one", one), ("other", other)):
        then = event.compared[side]
        old_phone = UUID(then["phone_id"]) if then["phone_id"] else None
        same = {
            "name": normalise_name(then["name"]) == normalise_name(now.name),
            "place": normalise_name(then["place"] or "") == normalise_name(now.address or ""),
            "phone": old_phone == now.phone_id or _phone_key(old_phone, phones) == _phone_key(now.phone_id, phones),
        }
        found += [(now.business_id, what) for what in similarity.COMPARED if not same[what]]
    return found


def _phone_key(phone_id: UUID | None, phones: Mapping[UUID, str]) -> str | None:
    return similarity.phone_key(phones.get(phone_id)) if phone_id else None


def _look(said: Said, phones: Mapping[UUID, str]) -> Look[UUID]:
    phone = phones.get(said.phone_id) if said.phone_id else None
    return similarity.look(said.business_id, said.name, phone, said.address)


def _said(session: Session, actor: Actor) -> tuple[dict[UUID, Said], bool]:
    """Return what is compared: businesses that `actor` may read and that stand, the newest; and whether that is all."""
    rows = session.execute(
        select(col(Business.business_id), col(Business.name), col(Business.address), col(Business.phone_id))
        .where(visible_businesses(actor), col(Business.merged_into_id).is_(None), col(Business.status) != "closed")
        .order_by(col(Business.business_id).desc())
        .limit(limits.BUSINESSES_COMPARED + 1)
    ).all()
    found = {row[0]: Said(*row) for row in rows[: limits.BUSINESSES_COMPARED]}
    return found, len(rows) <= limits.BUSINESSES_COMPARED


def _asides(session: Session, actor: Actor) -> dict[Keys, BusinessPairEvent]:
    """Return the pairs of the actor's area of which an officer says that they are two."""
    here: Any = select(col(Business.business_id)).where(visible_businesses(actor))
    pair = col(BusinessPairEvent.one_id), col(BusinessPairEvent.other_id)
    last = (
        select(BusinessPairEvent)
        .where(col(BusinessPairEvent.one_id).in_(here))
        .order_by(*pair, col(BusinessPairEvent.event_id).desc())
        .ext(distinct_on(*pair))
    )
    return {(row.one_id, row.other_id): row for row in session.scalars(last) if row.kind == "set_aside"}


def _phones(session: Session, said: Any, events: Any) -> dict[UUID, str]:
    """Return the phones of businesses, and those that they had when they were set aside, in one statement."""
    then = [side["phone_id"] for event in events for side in event.compared.values() if side["phone_id"]]
    return personal.compared(session, [*(each.phone_id for each in said), *map(UUID, then)])


def _businesses(session: Session, ids: set[UUID]) -> dict[UUID, Business]:
    rows: Sequence[Business] = session.scalars(select(Business).where(col(Business.business_id).in_(ids))).all()
    return {row.business_id: row for row in rows}
