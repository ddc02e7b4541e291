"""Merging a provisional identity into the business that it turned out to be, with its whole history.

What may change goes over: stock, sites, people, tasks, consignments, licences. What is append-only stays under the id
under which it happened; whoever reads it is led to the business that stands (`lookups`, `Actor.former_ids`). Higher
rooms carry their own rows: they take part in `PARTS`, in the order in which rows are locked.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.models import User
from coldchain.accounts.rights import authorize
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, DomainError, Invalid, NotFound
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.registry.models import Business, CommitmentLetter, Site, Worker
from coldchain.registry.models_identity import BusinessContact, BusinessLicence, BusinessMerger
from coldchain.registry.service import lookups
from coldchain.registry.service.business_view import describe, resource

_ALONE: Final = text("SELECT 1 FROM business WHERE business_id = CAST(:business_id AS uuid) FOR UPDATE NOWAIT")


class Part(Protocol):
    """What a room carries over in a merger."""

    @property
    def name(self) -> str:
        """What it is called in ORDER."""

    def counts(self, session: Session, business_id: UUID) -> dict[str, int]:
        """Return what there is of an identity, by name, to be shown before and told afterwards."""

    def lock(self, session: Session, business_id: UUID) -> None:
        """Lock the rows that `carry` changes."""

    def carry(self, session: Session, actor: Actor, old: Business, into: Business, at: datetime) -> None:
        """Let what there is of `old` be of `into` from now on."""


# The order in which rows are locked.
# The order in which rows are locked.
ORDER: Final = ("tasks", "inspections", "consignments", "arrivals", "stock", "register")
_parts: dict[str, Part] = {}


def takes_part(part: Part) -> None:
    """Let a room carry its rows in every merger; the same again takes the place of the first."""
    _parts[part.name] = part


def _in_order() -> list[Part]:
    return [_parts[name] for name in ORDER if name in _parts]


class Register:
    """The part of the register itself."""

    name: Final = "register"

    def counts(self, session: Session, business_id: UUID) -> dict[str, int]:
        """Return how many sites, people at work, letters and licences an identity has."""
        tables: dict[str, Any] = {
            "sites": Site, "workers": Worker, "letters": CommitmentLetter, "licences": BusinessLicence,
            "contacts": BusinessContact,
        }  # fmt: skip
        of: Callable[[Any], int] = lambda table: (  # noqa: E731 (one statement for five tables)
            session.scalar(select(func.count()).select_from(table).where(col(table.business_id) == business_id)) or 0
        )
        return {name: of(table) for name, table in tables.items()}

    def lock(self, session: Session, business_id: UUID) -> None:
        """Lock nothing: these rows change by what the business's row guards."""

    def carry(self, session: Session, _actor: Actor, old: Business, into: Business, _at: datetime) -> None:
        """Hang the rows that may change onto the business that stands."""
        changing: tuple[Any, ...] = (Site, Worker, BusinessLicence, BusinessContact)
        for table in changing:
            session.execute(
                update(table)
                .where(col(table.business_id) == old.business_id)
                .values(business_id=into.business_id)
                .execution_options(synchronize_session=False)
            )


takes_part(Register())


def preview(session: Session, actor: Actor, ref: str | UUID, *, into: str | UUID) -> dict[str, Any]:
    """Return both businesses and what would go over, by kind. Raises as `merge` does."""
    old, target = _pair(session, actor, ref, into)
    return {
        "from": describe(session, actor, [old])[0],
        "into": describe(session, actor, [target])[0],
        "moves": counts(session, old.business_id),
    }


def merge(
    session: Session,
    actor: Actor,
    ref: str | UUID,
    *,
    into: str | UUID,
    reason: str | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Merge a provisional identity into a business, for good; return both, and what went over.

    Raises NotFound outside the officer's areas, Invalid `unknown_business`, `same_business`; Conflict `not_provisional`
    for a business with a USCC, `business_merged` (extra `into`) when it was merged before, `wrong_state` into a closed
    or refused one, `accounts_remain` while people have accounts under it; 503 while something of it is being written.
    """
    old, target = _pair(session, actor, ref, into)
    occurred = claimed(occurred_at)
    old, target = _locked(session, old.business_id, target.business_id)
    _check(session, old, target)
    for part in _in_order():
        part.lock(session, old.business_id)
    _alone(session, old.business_id)
    moved = counts(session, old.business_id)
    for part in _in_order():
        part.carry(session, actor, old, target, occurred)
    session.execute(  # identities that had been merged into this one: always one step to the business that stands
        update(Business)
        .where(col(Business.merged_into_id) == old.business_id)
        .values(merged_into_id=target.business_id)
        .execution_options(synchronize_session=False)
    )
    old.merged_into_id, old.status = target.business_id, "closed"
    session.add(old)
    session.add(
        BusinessMerger(
            from_id=old.business_id, into_id=target.business_id, moved=moved, occurred_at=occurred,
            recorded_at=clock.now(), recorded_by=actor.user_id,
        )
    )  # fmt: skip
    session.flush()
    _tell(session, actor, old, target, moved, reason, occurred)
    return {"from": describe(session, actor, [old])[0], "into": describe(session, actor, [target])[0], "moves": moved}


def _pair(session: Session, actor: Actor, ref: str | UUID, into: str | UUID) -> tuple[Business, Business]:
    old = lookups.named_business(session, ref)
    authorize(actor, "business.merge", resource(old))
    try:
        target = lookups.find_business(session, into)
    except NotFound as error:
        raise Invalid.of("/into", "unknown_business", "There is no such business.") from error
    authorize(actor, "business.merge", resource(target))
    _check(session, old, target)
    return old, target


def _check(session: Session, old: Business, target: Business) -> None:
    if old.merged_into_id is not None:
        raise merged_elsewhere(old)
    if old.uscc is not None:
        raise Conflict(
            "Only a provisional identity is merged: a business with a unified social credit code is one of its own.",
            code="not_provisional",
        )
    if target.business_id == old.business_id:
        raise Invalid.of("/into", "same_business", "This is the same business.")
    if target.status in {"closed", "rejected"}:
        raise Conflict(
            "A closed or rejected business takes nothing over.", code="wrong_state", extra={"state": target.status}
        )
    people = select(func.count()).select_from(User)
    if session.scalar(people.where(col(User.business_id) == old.business_id, col(User.is_active))):
        raise Conflict(
            "People have accounts under the provisional identity. End those, and invite them into the business.",
            code="accounts_remain",
        )


def merged_elsewhere(old: Business) -> Conflict:
    """Return the refusal for what is asked of an identity that was merged; it names the business that stands."""
    return Conflict(
        "This identity was merged into a business. Act on that business.",
        code="business_merged",
        extra={"into": str(old.merged_into_id)},
    )


def _locked(session: Session, old_id: UUID, target_id: UUID) -> tuple[Business, Business]:
    """Lock both rows against decisions and other mergers, in one order; who only names them isn't kept waiting."""
    rows = session.scalars(
        select(Business)
        .where(col(Business.business_id).in_((old_id, target_id)))
        .order_by(col(Business.business_id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    found = {row.business_id: row for row in rows}
    return found[old_id], found[target_id]


def _alone(session: Session, business_id: UUID) -> None:
    """Wait for nobody: whoever is writing something of this identity holds its row, and the merger is tried again.

    From here on such a writer waits, and is refused when the merger is done (the triggers of migration 0019).
    """
    try:
        with session.begin_nested():
            session.execute(_ALONE, {"business_id": business_id})
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != "55P03":  # lock_not_available
            raise
        raise DomainError("The books are busy. Try again in a moment.", code="unavailable", status=503) from error


def counts(session: Session, business_id: UUID) -> dict[str, int]:
    """Return how much there is of an identity, by kind, in all rooms that take part; the caller asked the right."""
    moves: dict[str, int] = {}
    for part in _in_order():
        for name, count in part.counts(session, business_id).items():
            moves[name] = moves.get(name, 0) + count  # findings are of sweeps and of visits
    return moves


def _tell(
    session: Session,
    actor: Actor,
    old: Business,
    target: Business,
    moved: dict[str, int],
    reason: str | None,
    occurred_at: datetime,
) -> None:
    """Write a fact of either business, so that each history leads to the other."""
    kept = personal.keep(session, reason, "reason", business_id=target.business_id, region_code=target.region_code)
    why = {"reason_id": kept and kept.personal_id, "reason": kept and kept.commitment}
    names = {"temporary_no": old.temporary_no, "uscc": target.uscc}
    facts = [
        journal.Fact(
            "business.merged", old.business_id, occurred_at,
            {"into": target.business_id, "moved": moved, **names, **why}, old.business_id, old.region_code,
        ),
        journal.Fact(
            "business.took_over", target.business_id, occurred_at,
            {"from": old.business_id, "moved": moved, **names, **why}, target.business_id, target.region_code,
        ),
    ]  # fmt: skip
    journal.append_many(session, actor, facts)


def mergers_into(session: Session, business_id: UUID) -> list[tuple[Business, BusinessMerger]]:
    """Return the identities that were merged into a business, each with its merger, the first one first."""
    rows = session.execute(
        select(Business, BusinessMerger)
        .join(BusinessMerger, col(BusinessMerger.from_id) == col(Business.business_id))
        .where(col(Business.merged_into_id) == business_id)
        .order_by(col(BusinessMerger.recorded_at), col(BusinessMerger.from_id))
    )
    return [(row[0], row[1]) for row in rows]
