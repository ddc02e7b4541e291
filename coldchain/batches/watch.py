"""Running recalls watch for batches registered later: those are held in the transaction that registers them (R9).

A recall is a higher room: it stores its criterion here, and is told of a match by the callbacks in `on_match`, which
the app fills. Announcing takes WATCH_LOCK exclusively and registering takes it shared, so that a batch is either there
when the announcement looks, or registered after the criterion can be read.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import kin
from coldchain.batches.matching import Identity, matches
from coldchain.batches.models import WatchCriterion, WatchMatch
from coldchain.core import clock
from coldchain.journal import service as journal
from coldchain.ledger import holds
from coldchain.ledger.holds import Cause

WATCH_LOCK = 0x7761746368  # "watch"
MATCH_GRADE = "red"

Callback = Callable[[Session, Actor, UUID, int, list[UUID]], None]


@dataclass(frozen=True)
class Moved:
    """Units by batch, of one owner, that came into a zone: off the road, or (no consignment) fetched or moved there."""

    units: Mapping[UUID, int]
    owner_id: UUID
    zone_id: UUID
    consignment_id: UUID | None


@dataclass(frozen=True)
class Late:
    """Units by batch, of one owner, that left a zone under a lock, by a fact that was entered late (补录).

    `site_id`: where they left; `subject`: the document that tells of it, a consignment or a stock entry.
    """

    units: Mapping[UUID, int]
    owner_id: UUID
    site_id: UUID
    subject_kind: str
    subject_id: UUID
    occurred_at: datetime
    to_business_id: UUID | None = None
    to_site_id: UUID | None = None


MovedCallback = Callable[[Session, Actor, UUID, Moved], None]
LateCallback = Callable[[Session, Actor, UUID, Late], None]
on_match: list[Callback] = []  # (session, actor, cause_id, version, batch_ids), called after the hold was placed

# (session, actor, cause_id, what of it moved), called after held goods came off the road
on_moved: list[MovedCallback] = []

# (session, actor, cause_id, what of it left), called after a fact entered late took held goods away
on_late: list[LateCallback] = []


def lock_shared(session: Session) -> None:
    """Keep announcements out until this transaction ends; a statement of its own, before the criteria are read."""
    session.execute(select(func.pg_advisory_xact_lock_shared(WATCH_LOCK)))


def lock_exclusive(session: Session) -> None:
    """Keep registrations of batches out until this transaction ends; whoever announces, amends or withdraws."""
    session.execute(select(func.pg_advisory_xact_lock(WATCH_LOCK)))


def add(session: Session, cause_id: UUID, version: int, criterion: Mapping[str, Any]) -> WatchCriterion:
    """Watch for batches that fit `criterion` from now on; the caller holds `lock_exclusive`."""
    row = WatchCriterion(cause_id=cause_id, cause_version=version, criterion=dict(criterion), recorded_at=clock.now())
    session.add(row)
    session.flush()
    return row


def remove(session: Session, cause_id: UUID, version: int) -> None:
    """Watch no longer for this cause and version; the caller holds `lock_exclusive`."""
    session.execute(
        update(WatchCriterion)
        .where(
            col(WatchCriterion.cause_id) == cause_id,
            col(WatchCriterion.cause_version) == version,
            col(WatchCriterion.ended_at).is_(None),
        )
        .values(ended_at=clock.now())
    )


def running(session: Session) -> list[WatchCriterion]:
    """Return the criteria that are being watched for, oldest first."""
    statement = select(WatchCriterion).where(col(WatchCriterion.ended_at).is_(None))
    return list(session.exec(statement.order_by(col(WatchCriterion.watch_id))))


@dataclass(frozen=True)
class Match:
    """New batches that one running criterion describes."""

    cause: Cause
    batch_ids: tuple[UUID, ...]


def find(session: Session, identities: Iterable[Identity]) -> list[Match]:
    """Return which of the new batches the running criteria describe (R9); the caller holds `lock_shared` already.

    A batch may have several identities: its own, and those of what it was made from.
    """
    watched = running(session)
    if not watched:
        return []
    merged = kin.load(session)
    listed = [merged.widened(identity) for identity in identities]
    found = []
    for criterion in watched:
        batch_ids = sorted(
            {
                identity.batch_id
                for identity in listed
                if identity.batch_id is not None and matches(criterion.criterion, identity)
            }
        )
        if batch_ids:
            found.append(Match(Cause("recall", criterion.cause_id, criterion.cause_version), tuple(batch_ids)))
    return found


def hold(session: Session, actor: Actor, found: Iterable[Match], *, fresh: bool = False) -> None:
    """Hold the batches that were found, write down why and tell the subscribers (R9).

    The caller has locked the batch rows exclusively before it posted their stock, or they are `fresh`: made in a
    transaction that has others locked shared, and seen by nobody else yet.
    """
    for match in found:
        _hold(session, actor, match, fresh=fresh)


def _hold(session: Session, actor: Actor, match: Match, *, fresh: bool) -> None:
    now, cause, batch_ids = clock.now(), match.cause, list(match.batch_ids)
    holds.place(session, actor, batch_ids, cause, MATCH_GRADE, now, fresh=fresh)
    session.execute(
        insert(WatchMatch)
        .values(
            [
                {"cause_id": cause.id, "cause_version": cause.version, "batch_id": batch_id, "recorded_at": now}
                for batch_id in batch_ids
            ]
        )
        .on_conflict_do_nothing()
    )
    facts = [
        journal.Fact("watch.matched", batch_id, now, {"cause_id": cause.id, "cause_version": cause.version})
        for batch_id in batch_ids
    ]
    journal.append_many(session, actor, facts)
    for callback in on_match:
        callback(session, actor, cause.id, cause.version, batch_ids)


def tell_moved(session: Session, actor: Actor, moved: Moved) -> None:
    """Tell the subscribers of held goods that came off the road into a zone (R8, R9): somebody has to look there."""
    for cause_id, held in _by_recall(session, moved.units):
        for callback in on_moved:
            callback(session, actor, cause_id, replace(moved, units=held))


def tell_late(session: Session, actor: Actor, late: Late) -> None:
    """Tell the subscribers of goods held by a recall that had left already (R8, R9): each recall, of what it holds."""
    for cause_id, held in _by_recall(session, late.units):
        for callback in on_late:
            callback(session, actor, cause_id, replace(late, units=held))


def _by_recall(session: Session, units: Mapping[UUID, int]) -> list[tuple[UUID, dict[UUID, int]]]:
    """Return which of these units each recall holds, recalls in the order of their ids."""
    by_cause: dict[UUID, dict[UUID, int]] = {}
    for batch_id, found in holds.active(session, units).items():
        for hold in found:
            if hold.cause_kind == "recall":
                by_cause.setdefault(hold.cause_id, {})[batch_id] = units[batch_id]
    return sorted(by_cause.items())
