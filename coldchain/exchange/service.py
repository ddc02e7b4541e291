"""Spreadsheets from hand-in to taken in: who may, once only, and what is let go again.

Invariants: a table that was taken in for a business makes nothing a second time, whoever hands it in and in whatever
file; all of it is entered, or nothing. A hand-in is its sender's alone.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, select, text
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.models import User
from coldchain.accounts.rights import Resource, authorize, may, relation
from coldchain.batches.models_arrivals import ArrivalWithdrawal
from coldchain.core import clock, jobs, limits, sheet_import
from coldchain.core.errors import Conflict, Forbidden, Invalid, NotFound
from coldchain.core.page_forms import attempt, trial
from coldchain.exchange import engine
from coldchain.exchange.arrivals import Arrivals
from coldchain.exchange.businesses import Businesses
from coldchain.exchange.models import SheetImport
from coldchain.exchange.workers import Workers
from coldchain.registry import service as registry
from coldchain.registry.models import Business

_AWAITED: Final = text(
    "SELECT EXISTS (SELECT 1 FROM pg_locks AS waiting WHERE NOT waiting.granted AND waiting.locktype = 'advisory'"
    " AND pg_backend_pid() = ANY (pg_blocking_pids(waiting.pid)))"
)
LOOK: Final = "exchange.look"
TAKE: Final = "exchange.take"
KINDS: Final[dict[str, engine.Kind]] = {kind.name: kind for kind in (Arrivals(), Businesses(), Workers())}


def no_progress(_done: int) -> None:
    """Tell nobody."""


def hand_in(
    session: Session, actor: Actor, kind: str, content: bytes, business: str | UUID | None = None
) -> SheetImport:
    """Keep a spreadsheet and look at it: at once, or by the worker when it has more than IMPORT_ROWS_AT_ONCE rows.

    Raises Forbidden, Invalid at `/file` for what is no such table, `/business`; NotFound for another's business.
    """
    wanted = KINDS[kind]
    _may(actor, wanted)
    owner = _business(session, actor, wanted, business)
    table = sheet_import.read(content, wanted.columns, limits.IMPORT_ROWS)
    row = SheetImport(
        kind=kind,
        business_id=owner.business_id if owner else None,
        state="checking",
        content=content,
        done=0,
        total=len(table.rows),
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    if row.total > limits.IMPORT_ROWS_AT_ONCE:
        jobs.enqueue(session, LOOK, import_id=row.import_id)
    else:
        with trial(session):
            outcome = engine.look(session, actor, wanted, owner, content, no_progress)
        settle_look(session, row, outcome)
    return row


def _may(actor: Actor, kind: engine.Kind) -> None:
    authorize(actor, "sheet.use", Resource())
    if relation(actor, kind.action) is None:
        raise Forbidden("Your role may not do this.")


def _business(session: Session, actor: Actor, kind: engine.Kind, ref: str | UUID | None) -> Business | None:
    """Return the business that a spreadsheet is for, None for one of businesses."""
    if not kind.of_business:
        return None
    if ref is None and actor.business_id is None:
        raise Invalid.of("/business", "required", "This is needed.")
    try:
        business = registry.find_business(session, ref or str(actor.business_id))
    except NotFound as error:
        raise Invalid.of("/business", "unknown_business", "There is no such business.") from error
    if not _reaches(session, actor, kind, business):
        raise NotFound
    return business


def _reaches(session: Session, actor: Actor, kind: engine.Kind, business: Business) -> bool:
    """Say whether a business is the actor's own, lies in its areas, or has a site there; services judge each row."""
    if actor.business_id is not None:
        return actor.business_id == business.business_id
    here = Resource.of(business.business_id, places=[registry.place(business)])
    if may(actor, kind.action, here):
        return True
    return bool(registry.search_sites(session, actor, business=str(business.business_id), limit=1)[0])


def settle_look(session: Session, row: SheetImport, outcome: engine.Outcome) -> None:
    """Note what would come of a spreadsheet: it may be taken in, its cells are bad, or it was taken in before."""
    row.digest, row.done = outcome.digest, row.total
    row.outcome = outcome.document()
    if outcome.bad_count:
        _end(row, "refused")
    else:
        former = _taken(session, row)
        row.state = "checked"
        if former is not None:
            _already(row, former)
    session.flush()


def _end(row: SheetImport, state: str) -> None:
    row.state, row.content, row.finished_at = state, None, clock.now()


def _already(row: SheetImport, former: SheetImport) -> None:
    row.same_as_id = former.import_id
    _end(row, "already")


def _taken(session: Session, row: SheetImport) -> SheetImport | None:
    """Return the hand-in by which the same table was taken in, or is being taken in; others wait until this one is.

    One whose arrivals were all withdrawn doesn't count any more.
    """
    number = int.from_bytes(bytes.fromhex(str(row.digest)[:16]), "big", signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))
    former = session.scalars(
        select(SheetImport)
        .where(
            col(SheetImport.kind) == row.kind,
            col(SheetImport.business_id).is_not_distinct_from(row.business_id),
            col(SheetImport.digest) == row.digest,
            col(SheetImport.state).in_(("taking", "done")),
            col(SheetImport.import_id) != row.import_id,
        )
        .execution_options(populate_existing=True)
    ).first()
    if former is None or former.state == "taking" or _stands(session, former):
        return former
    former.digest = None
    session.flush()
    return None


def _stands(session: Session, former: SheetImport) -> bool:
    made = (former.outcome or {}).get("made", ())
    ids = {UUID(unit["arrival_id"]) for unit in made if unit.get("arrival_id")}
    if not ids:
        return True
    withdrawn = select(func.count()).where(col(ArrivalWithdrawal.arrival_id).in_(ids))
    return int(session.scalar(withdrawn) or 0) < len(ids)


def get(session: Session, actor: Actor, import_id: UUID) -> SheetImport:
    """Return a hand-in of the actor's own. Raises NotFound."""
    row = session.scalars(
        select(SheetImport)
        .where(col(SheetImport.import_id) == import_id, col(SheetImport.recorded_by) == actor.user_id)
        .execution_options(populate_existing=True)
    ).first()
    if row is None or (row.business_id is not None and actor.business_id not in {None, row.business_id}):
        raise NotFound
    _may(actor, KINDS[row.kind])
    return row


def take(session: Session, actor: Actor, import_id: UUID) -> SheetImport:
    """Take in what was looked at: at once, or by the worker. Taken in already: the same answer again.

    Raises NotFound, Forbidden; Conflict `wrong_state` while it isn't looked at or when it has bad cells.
    """
    get(session, actor, import_id)
    row = session.get_one(SheetImport, import_id, with_for_update=True, populate_existing=True)
    if row.state in {"taking", "done", "already"}:
        return row
    if row.state != "checked":
        raise Conflict("This spreadsheet can't be taken in. Hand it in once more.", code="wrong_state",
                       extra={"state": row.state})  # fmt: skip
    former = _taken(session, row)
    if former is not None:
        _already(row, former)
        session.flush()
        return row
    if row.total > limits.IMPORT_ROWS_AT_ONCE:
        row.state, row.done = "taking", 0
        session.flush()
        jobs.enqueue(session, TAKE, import_id=row.import_id)
        return row
    try:
        with attempt(session):
            outcome = enter(session, actor, row, no_progress)
    except engine.Bad as bad:
        settle_refused(row, bad.outcome)
    else:
        settle_taken(row, outcome)
    session.flush()
    return row


def enter(session: Session, actor: Actor, row: SheetImport, progress: engine.Progress) -> engine.Outcome:
    """Enter all of a hand-in. Raises engine.Bad when something has happened since it was looked at."""
    business = session.get_one(Business, row.business_id) if row.business_id else None
    return engine.enter(session, actor, KINDS[row.kind], business, row.content or b"", progress)


def settle_refused(row: SheetImport, outcome: engine.Outcome) -> None:
    """Note that what fitted when it was looked at fits no more; nothing of it was entered."""
    row.outcome = outcome.document()
    _end(row, "refused")


def settle_taken(row: SheetImport, outcome: engine.Outcome) -> None:
    """Note that a spreadsheet was taken in, and what it became."""
    row.outcome, row.done = outcome.document(), row.total
    _end(row, "done")


def taken_in(session: Session, actor: Actor, row: SheetImport) -> Mapping[str, Any] | None:
    """Return when and by whom a table was taken in, here or by the former hand-in; None while it is not.

    An officer is named to officers only.
    """
    former = session.get_one(SheetImport, row.same_as_id) if row.same_as_id else row
    if former.state != "done" or former.finished_at is None:
        return None
    by = session.get(User, former.recorded_by) if former.recorded_by else None
    known = by is not None and (actor.is_officer or by.business_id == actor.business_id)
    return {
        "at": former.finished_at, "by": by.display_name if by and known else None, "outcome": former.outcome or {},
        "import_id": former.import_id,
    }  # fmt: skip


def recent(session: Session, actor: Actor, kind: str, limit: int) -> list[SheetImport]:
    """Return the actor's latest hand-ins of a kind."""
    statement = (
        select(SheetImport)
        .where(col(SheetImport.recorded_by) == actor.user_id, col(SheetImport.kind) == kind)
        .order_by(col(SheetImport.recorded_at).desc())
    )
    return list(session.scalars(statement.limit(limit)))


def purge(session: Session) -> int:
    """Delete hand-ins that nobody took in within IMPORT_KEPT_HOURS, with their bad cells; return how many went.

    What was taken in stays as a number of rows and the ids of what it became: it is what makes nothing twice.
    """
    before = clock.now() - timedelta(hours=limits.IMPORT_KEPT_HOURS)
    gone = 0
    pointed = aliased(SheetImport)
    for states in (("already",), ("checking", "checked", "refused", "failed")):
        statement = delete(SheetImport).where(
            col(SheetImport.recorded_at) < before, col(SheetImport.state).in_(states),
            ~select(col(pointed.import_id)).where(col(pointed.same_as_id) == col(SheetImport.import_id)).exists(),
        )  # fmt: skip
        result = session.execute(statement.execution_options(synchronize_session=False))
        gone += result.rowcount if isinstance(result, CursorResult) else 0
    return gone


def awaited(session: Session) -> bool:
    """Say whether somebody waits for a lock of this transaction: who announces a notice, or locks a positive."""
    return bool(session.execute(_AWAITED).scalar_one())


def alone(session: Session, import_id: UUID) -> None:
    """Let one worker at a time do a hand-in, until the end of the transaction."""
    number = int.from_bytes(import_id.bytes[8:], "big", signed=True)
    session.execute(select(func.pg_advisory_xact_lock(number)))


def kind_of(actor: Actor, name: str) -> engine.Kind:
    """Return a kind of spreadsheet by its name. Raises NotFound; Forbidden for who may not enter such things."""
    if name not in KINDS:
        raise NotFound
    _may(actor, KINDS[name])
    return KINDS[name]


def also_needed(session: Session, actor: Actor, import_id: UUID) -> tuple[str, ...]:
    """Return the actions besides the kind's own that taking in a hand-in needs: approving, where its rows say so."""
    row = get(session, actor, import_id)
    return (KINDS[row.kind].action, *(row.outcome or {}).get("also", ()))


def former(session: Session, row: SheetImport) -> SheetImport | None:
    """Return the hand-in that took in the same table, or None."""
    return session.get(SheetImport, row.same_as_id, populate_existing=True) if row.same_as_id else None
