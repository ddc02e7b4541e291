"""The one table of rights: action × role → relation. Role names stand nowhere else.

Relations: `any`; `own` – the resource belongs to the actor's business; `region` – it lies in an assigned region.
A relation that fails is answered with 404 (what one may not see), a role that fails with 403.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from coldchain.accounts.actor import Actor
from coldchain.core.edge import PUBLIC, SIGNED_IN
from coldchain.core.errors import Forbidden, NotFound
from coldchain.regions.tree import stem, within

ANY, OWN, REGION = "any", "own", "region"
_OFFICERS_AND_OWNER = {"merchant": OWN, "regulator": REGION, "system": ANY}
_READ = {"merchant": OWN, "regulator": REGION, "inspector": REGION, "admin": ANY, "system": ANY}
_EVERYONE = {"merchant": ANY, "regulator": ANY, "inspector": ANY, "lab": ANY, "admin": ANY, "system": ANY}

TABLE: dict[str, dict[str, str]] = {
    "business.lookup": _EVERYONE,
    "business.read": {**_READ, "lab": OWN},
    "business.register": {"regulator": REGION, "system": ANY},
    "business.sign_commitment": _OFFICERS_AND_OWNER,
    "business.decide": {"regulator": REGION, "system": ANY},
    "venue.register": {"regulator": REGION, "system": ANY},
    "site.register": _OFFICERS_AND_OWNER,
    "site.read": _READ,
    "zone.register": _OFFICERS_AND_OWNER,
    "catalogue.register": {"merchant": ANY, "regulator": ANY, "inspector": ANY, "system": ANY},
    "catalogue.read": _EVERYONE,
    "office.read": _EVERYONE,
    "arrival.register": _OFFICERS_AND_OWNER,
    "arrival.read": _READ,
    "evidence.register": _OFFICERS_AND_OWNER,
    "tube.register": {"lab": OWN, "regulator": REGION, "inspector": REGION, "system": ANY},
    "tube.read": {"lab": OWN, "regulator": REGION, "inspector": REGION, "admin": ANY, "system": ANY},
    "result.register": {"lab": OWN, "system": ANY},
    "batch.read": _READ,
    "label.make": {**_OFFICERS_AND_OWNER, "inspector": REGION},
    "label.read": _READ,
    "trade.dispatch": _OFFICERS_AND_OWNER,
    "consent.give": _OFFICERS_AND_OWNER,
    "trade.answer": {"merchant": OWN, "regulator": REGION, "system": ANY},
    "trade.read": _READ,
    "stock.read": _READ,
    "stock.record": {**_OFFICERS_AND_OWNER, "inspector": REGION},
    "stock.correct": _OFFICERS_AND_OWNER,
    "backcheck.read": _READ,
    "flag.read": {"regulator": REGION, "inspector": REGION, "admin": ANY, "system": ANY},
    "flag.close": {"regulator": REGION, "system": ANY},
    "code.resolve": {"regulator": ANY, "inspector": ANY, "merchant": ANY, "admin": ANY, "lab": ANY, "system": ANY},
    "recall.draft": {"regulator": REGION, "system": ANY},
    "recall.announce": {"regulator": REGION, "system": ANY},
    "recall.read": {"regulator": REGION, "inspector": REGION, "admin": ANY, "system": ANY},
    "recall.find_on_foot": {"inspector": REGION, "regulator": REGION, "system": ANY},
    "finding.record": {"inspector": REGION, "regulator": REGION, "system": ANY},
    "sample.record": {"regulator": REGION, "inspector": REGION, "lab": ANY, "system": ANY},
    "journal.read": {**_READ, "lab": OWN},
    "search": _EVERYONE,
    "account.manage": {"admin": ANY, "system": ANY},
}


@dataclass(frozen=True)
class Resource:
    """What a right is asked about: the businesses it belongs to and the regions it lies in."""

    business_ids: frozenset[UUID] = frozenset()
    regions: tuple[str, ...] = ()

    @classmethod
    def of(cls, *business_ids: UUID | None, regions: Iterable[str | None] = ()) -> "Resource":
        """Return a resource, leaving out what is None."""
        return cls(frozenset(b for b in business_ids if b), tuple(r for r in regions if r))


@dataclass(frozen=True)
class Scope:
    """How far a list reaches: everything, one business's rows, or the rows of some regions (as code stems)."""

    everything: bool = False
    business_id: UUID | None = None
    region_stems: tuple[str, ...] = ()


def relation(actor: Actor, action: str) -> str | None:
    """Return the relation that `actor`'s role needs for `action`, None when it may never do it."""
    return TABLE[action].get(actor.role)


def may(actor: Actor, action: str, resource: Resource) -> bool:
    """Say whether `actor` may do `action` to `resource`."""
    needed = relation(actor, action)
    if needed == ANY:
        return True
    if needed == OWN:
        return actor.business_id is not None and actor.business_id in resource.business_ids
    if needed == REGION:
        return any(within(code, area) for code in resource.regions for area in actor.regions)
    return False


def authorize(actor: Actor, action: str, resource: Resource) -> None:
    """Raise Forbidden when the role may never do this, NotFound when this thing is not the actor's to see."""
    if relation(actor, action) is None:
        raise Forbidden("Your role may not do this.")
    if not may(actor, action, resource):
        raise NotFound


def scope(actor: Actor, action: str) -> Scope:
    """Return how far lists of `action` reach for `actor`; rooms turn it into SQL. Raises Forbidden."""
    needed = relation(actor, action)
    if needed is None:
        raise Forbidden("Your role may not do this.")
    if needed == ANY:
        return Scope(everything=True)
    if needed == OWN:
        return Scope(business_id=actor.business_id)
    return Scope(region_stems=tuple(stem(area) for area in actor.regions))


class Gatekeeper:
    """What the edge asks before a view runs."""

    def check(self, actor: Any, permission: str) -> None:
        """Raise Forbidden unless the actor's role may ever do this."""
        if permission in {PUBLIC, SIGNED_IN}:
            return
        if relation(actor, permission) is None:
            raise Forbidden("Your role may not do this.")

    def fingerprint(self, actor: Any) -> str:
        """Return principal and rights as text."""
        if actor is None:
            return "public|"
        return f"{actor.user_id}|{actor.role}|{actor.business_id}|{','.join(actor.regions)}"

    def scope(self, actor: Any, permission: str) -> Scope:
        """Return how far the actor sees. Raises Forbidden."""
        return scope(actor, permission)
