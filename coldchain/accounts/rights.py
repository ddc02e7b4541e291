"""The one table of rights: action × role → relation. Role names stand nowhere else.

Relations: `any`; `own` – the resource belongs to the actor's business; `site` – it does, and for a clerk who is limited
to sites it lies at one of them; `owner` – it does, and the actor is an owner of the business, not a clerk; `region` –
it lies in an assigned area; `duty` – whatever it is, while the officer is assigned anywhere. A relation that fails is
answered with 404 (what one may not see), a role or a position that fails with 403.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from coldchain.accounts.actor import Actor, Area
from coldchain.core.edge import PUBLIC, SIGNED_IN
from coldchain.core.errors import Forbidden, FreshSignInRequired, NotFound
from coldchain.regions.tree import stem

ANY, OWN, SITE, OWNER, REGION, DUTY = "any", "own", "site", "owner", "region", "duty"
_STAFF = {"merchant": SITE, "regulator": REGION, "system": ANY}
_HEADS = {"merchant": OWNER, "regulator": REGION, "system": ANY}
_READ = {"merchant": SITE, "regulator": REGION, "inspector": REGION, "admin": ANY, "system": ANY}
_OFFICERS = {"regulator": REGION, "inspector": REGION, "system": ANY}
_OFFICERS_READ = {**_OFFICERS, "admin": ANY}
_OWNERS = dict.fromkeys(("merchant", "lab", "carrier"), OWNER)
_EVERYONE = dict.fromkeys(("merchant", "regulator", "inspector", "lab", "carrier", "admin", "system"), ANY)

TABLE: dict[str, dict[str, str]] = {
    "business.lookup": _EVERYONE,
    "business.read": {**_READ, "merchant": OWN, "lab": OWN, "carrier": OWN},
    "business.register": {"regulator": REGION, "system": ANY},
    "business.sign_commitment": _HEADS,
    "card.read": _READ,
    "business.correct": {**_OWNERS, "system": ANY},
    "business.amend": {**_OWNERS, "regulator": REGION, "system": ANY},
    "business.decide": {"regulator": REGION, "system": ANY},
    "business.object": {**_OWNERS, "regulator": REGION, "system": ANY},
    "licence.record": {**_OWNERS, "regulator": REGION, "system": ANY},
    "business.provisional": _OFFICERS,
    "business.merge": {"regulator": REGION, "system": ANY},
    "business.tell_apart": {"regulator": REGION, "system": ANY},
    "venue.register": {"regulator": REGION, "system": ANY},
    "site.register": _HEADS,
    "site.read": _READ,
    "zone.register": _HEADS,
    "sign.print": {**_STAFF, "inspector": REGION},
    "steward.appoint": _HEADS,
    "worker.register": _STAFF,
    "worker.read": _READ,
    "catalogue.register": {"merchant": ANY, "regulator": DUTY, "inspector": DUTY, "system": ANY},
    "catalogue.merge": {"regulator": DUTY, "system": ANY},
    "catalogue.read": _EVERYONE,
    "office.read": _EVERYONE,
    "arrival.register": _STAFF,
    "sheet.use": {"merchant": ANY, "regulator": DUTY, "system": ANY},
    "arrival.read": _READ,
    "arrival.correct": _STAFF,
    "evidence.register": _STAFF,
    "evidence.read": _READ,
    "rules.read": _EVERYONE,
    "rules.change": {"admin": ANY, "system": ANY},
    "measure.read": _EVERYONE,
    "measure.record": {"regulator": REGION, "admin": ANY, "system": ANY},
    "evidence.verify": {"regulator": REGION, "system": ANY},
    "disinfection_order.read": _READ,
    "disinfection_order.do": {"merchant": OWN, "system": ANY},
    "tube.register": {**_OFFICERS, "lab": OWN},
    "tube.read": {**_OFFICERS_READ, "lab": OWN},
    "result.register": {**_OFFICERS, "lab": OWN},
    "result.file": {"lab": ANY},
    "result.confirm": {"lab": OWN, "system": ANY},
    "result.move": {**_OFFICERS, "lab": OWN},
    "result.release": {"regulator": REGION, "system": ANY},
    "batch.read": _READ,
    "label.make": {**_STAFF, "inspector": REGION},
    "platform_code.record": {**_STAFF, "inspector": REGION},
    "label.read": _READ,
    "trade.dispatch": _STAFF,
    "consent.give": _HEADS,
    "trade.answer": _STAFF,
    "trade.read": {**_READ, "carrier": OWN},
    "stock.read": _READ,
    "stock.record": {**_STAFF, "inspector": REGION},
    "stock.correct": _STAFF,
    "backcheck.read": _READ,
    "totals.read": _OFFICERS_READ,
    "flag.read": _OFFICERS_READ,
    "flag.close": {"regulator": REGION, "system": ANY},
    "finding_kind.read": _EVERYONE,
    "visit.record": _OFFICERS,
    "site_finding.read": {**_READ, "lab": OWN, "carrier": OWN},
    "site_finding.answer": {"merchant": SITE, "lab": OWN, "carrier": OWN},
    "site_finding.review": _OFFICERS,
    "enforcement.decide": {"regulator": REGION, "system": ANY},
    "enforcement.read": {**_READ, "merchant": OWN, "lab": OWN, "carrier": OWN},
    "enforcement.object": _OWNERS,
    "enforcement.report": {"merchant": SITE, "lab": OWN, "carrier": OWN},
    "enforcement.review": {"regulator": REGION, "system": ANY},
    "code.resolve": {**_EVERYONE, "regulator": DUTY, "inspector": DUTY},
    "recall.draft": {"regulator": REGION, "system": ANY},
    "recall.announce": {"regulator": REGION, "system": ANY},
    "recall.read": _OFFICERS_READ,
    "recall.find_on_foot": _OFFICERS,
    "finding.record": _OFFICERS,
    "sample.record": {**_OFFICERS, "lab": ANY},
    "journal.read": {**_READ, "lab": OWN, "carrier": OWN},
    "sweep_task.assign": {"regulator": REGION, "system": ANY},
    "assistance.take_over": _OFFICERS,
    "assistance.note": {"regulator": REGION, "system": ANY},
    "handover.do": {"regulator": REGION, "admin": ANY, "system": ANY},
    "search": _EVERYONE,
    "people.manage": {**_OWNERS, "regulator": REGION, "admin": ANY, "system": ANY},
    "slip.print": {"regulator": REGION, "inspector": REGION, "system": ANY},
    "device.end": {**_OWNERS, "regulator": REGION, "inspector": REGION, "admin": ANY, "system": ANY},
    "account.manage": {"admin": ANY, "system": ANY},
    "account.reset": {"admin": ANY, "regulator": REGION, "system": ANY},
    "sign_in.manage": _EVERYONE,
    "audit.read": {"admin": ANY, "system": ANY},
    "personal.erase": {"admin": ANY, "regulator": REGION, "system": ANY},
    "personal.export": {"admin": ANY, "regulator": REGION, "system": ANY},
    "office.manage": {"admin": ANY, "regulator": REGION, "system": ANY},
}

# Who signs in with a second step (TOTP) wherever the data are real.
NEED_SECOND_STEP = frozenset({"admin", "regulator", "inspector", "lab"})

# Before these a page session's person proves once more who they are; an API key needs the action among its own.
FRESH = frozenset(
    {
        "account.manage", "account.reset", "business.decide", "business.merge", "catalogue.merge", "enforcement.decide",
        "enforcement.review", "handover.do", "measure.record", "people.manage", "personal.erase", "personal.export",
        "recall.announce", "result.release", "rules.change", "sign_in.manage", "slip.print",
    }
)  # fmt: skip

# What somebody may do who registered a business and waits for approval: read of it, correct it or object when it was
# refused, hand in the commitment letter, look after the own sign-in.
WHILE_WAITING = frozenset(
    {
        "business.lookup", "business.read", "business.correct", "business.object", "business.sign_commitment",
        "office.read", "sign_in.manage",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Resource:
    """What a right is asked about: the businesses it belongs to, the places and the sites where it lies."""

    business_ids: frozenset[UUID] = frozenset()
    places: tuple[Area, ...] = ()
    site_ids: frozenset[UUID] = frozenset()

    @classmethod
    def of(
        cls,
        *business_ids: UUID | None,
        regions: Iterable[str | None] = (),
        places: Iterable[Area | None] = (),
        site_ids: Iterable[UUID | None] = (),
    ) -> "Resource":
        """Return a resource, leaving out what is None; `regions` are places of which no office is known."""
        known = [*(place for place in places if place), *(Area(code) for code in regions if code)]
        return cls(frozenset(b for b in business_ids if b), tuple(known), frozenset(s for s in site_ids if s))


@dataclass(frozen=True)
class Scope:
    """How far a list reaches: everything, one business's rows (or those at some of its sites), the rows of areas."""

    everything: bool = False
    business_id: UUID | None = None
    site_ids: frozenset[UUID] | None = None
    areas: tuple[Area, ...] = ()
    former_ids: frozenset[UUID] = frozenset()

    @property
    def business_ids(self) -> frozenset[UUID]:
        """Return every id that records of the business may bear: its own, and those that were merged into it."""
        return self.former_ids if self.business_id is None else self.former_ids | {self.business_id}

    @property
    def region_stems(self) -> tuple[str, ...]:
        """Return the leading digits of the regions that are reached whole."""
        return tuple(stem(area.region_code) for area in self.areas if area.office_id is None)


def relation(actor: Actor, action: str) -> str | None:
    """Return the relation that `actor` needs for `action`, None when role, position, key or waiting forbid it."""
    needed = TABLE[action].get(actor.role)
    if needed == OWNER and actor.position == "clerk":
        return None
    if actor.is_waiting and action not in WHILE_WAITING:
        return None
    if actor.scopes is not None and action not in actor.scopes:
        return None
    if needed == DUTY:
        return ANY if actor.areas else REGION
    return needed


def roles_with(action: str) -> tuple[str, ...]:
    """Return the roles that may do `action` to something."""
    return tuple(TABLE[action])


def may(actor: Actor, action: str, resource: Resource) -> bool:
    """Say whether `actor` may do `action` to `resource`."""
    needed = relation(actor, action)
    if needed == ANY:
        return True
    if needed == REGION:
        return any(area.covers(place) for place in resource.places for area in actor.areas)
    if needed in {OWN, OWNER, SITE}:
        own = not actor.business_ids.isdisjoint(resource.business_ids)
        limited = needed == SITE and actor.site_ids is not None
        return own and (not limited or not resource.site_ids.isdisjoint(actor.site_ids or ()))
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
    if needed == REGION:
        return Scope(areas=actor.areas)
    sites = actor.site_ids if needed == SITE else None
    return Scope(business_id=actor.business_id, site_ids=sites, former_ids=actor.former_ids)


class Gatekeeper:
    """What the edge asks before a view runs."""

    def check(self, actor: Any, permission: str, *, changes: bool = False) -> None:
        """Raise Forbidden unless the actor's role may ever do this, FreshSignInRequired before a change of FRESH."""
        if permission in {PUBLIC, SIGNED_IN}:
            return
        if relation(actor, permission) is None:
            raise Forbidden("Your role may not do this.")
        if changes and permission in FRESH and not actor.is_fresh:
            raise FreshSignInRequired(extra={"action": permission})

    def fingerprint(self, actor: Any) -> str:
        """Return principal and rights as text."""
        if actor is None:
            return "public|"
        rights = (actor.role, actor.business_id, actor.position, actor.is_waiting, actor.areas)
        limits = (sorted(map(str, actor.site_ids or ())), sorted(actor.scopes or ()))
        return f"{actor.user_id}|{'|'.join(map(str, (*rights, *limits)))}"

    def scope(self, actor: Any, permission: str) -> Scope:
        """Return how far the actor sees. Raises Forbidden."""
        return scope(actor, permission)
