"""Large spreadsheets, apart from the request that handed them in: looked at, and taken in, with a count that moves.

What a job enters is one transaction, however large; the count is written in others, so that a waiting page sees it. It
keeps announcements out while it runs, so after each unit it looks whether somebody waits, gives way, and begins anew. A
job that dies with its worker runs again from the beginning; one that ran already finds that there is nothing to do.
"""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.models import User
from coldchain.accounts.service.actors import actor_of
from coldchain.core import clock, db, jobs
from coldchain.core.errors import DomainError, FieldError
from coldchain.core.page_forms import attempt, trial
from coldchain.exchange import engine, service
from coldchain.exchange.models import SheetImport
from coldchain.registry.models import Business

STEP = 100  # rows between two notes of how far it is
WAYS_GIVEN = 30  # then it ends as failed: nothing was entered, and it may be taken in later
PAUSE_S = 1.0


class GivesWay(Exception):
    """Somebody waits for what this job holds; all that it has entered is undone."""


@jobs.task(service.LOOK)
def look(*, import_id: str) -> None:
    """Say what would come of a large spreadsheet."""

    def act(session: Session, actor: Actor, row: SheetImport) -> None:
        kind = service.KINDS[row.kind]
        business = session.get_one(Business, row.business_id) if row.business_id else None
        with trial(session):
            outcome = engine.look(session, actor, kind, business, row.content or b"", _teller(row.import_id))
        service.settle_look(session, row, outcome)

    _run(UUID(import_id), "checking", act)


@jobs.task(service.TAKE)
def take(*, import_id: str) -> None:
    """Enter a large spreadsheet: all of it, or nothing."""

    def act(session: Session, actor: Actor, row: SheetImport) -> None:
        try:
            with attempt(session):
                outcome = service.enter(session, actor, row, _teller(row.import_id, session))
        except engine.Bad as bad:
            service.settle_refused(row, bad.outcome)
        else:
            service.settle_taken(row, outcome)

    _run(UUID(import_id), "taking", act)


def _run(key: UUID, state: str, act: Callable[[Session, Actor, SheetImport], None]) -> None:
    """Do a job once: its outcome and what it entered stand together; a refusal of the whole ends it as failed."""
    try:
        for _way in range(WAYS_GIVEN):
            try:
                return _once(key, state, act)
            except GivesWay:
                _note(key, 0)
                time.sleep(PAUSE_S)
        _fail(key, "unavailable")
    except DomainError as error:
        first = error.errors[0] if error.errors else FieldError("", error.code, error.message, error.params)
        _fail(key, first.code, {"message": first.message, "params": {n: str(v) for n, v in first.params.items()}})
    except Exception:
        _fail(key, "internal")
        raise


def _once(key: UUID, state: str, act: Callable[[Session, Actor, SheetImport], None]) -> None:
    with db.transaction() as session:
        service.alone(session, key)
        row = session.get(SheetImport, key)
        if row is None or row.state != state:
            return
        user = session.get(User, row.recorded_by)
        if user is None or not user.is_active:
            row.state, row.content, row.error, row.finished_at = "failed", None, "forbidden", clock.now()
            return
        act(session, actor_of(session, user), row)


def _note(key: UUID, done: int) -> None:
    with db.transaction() as session:
        session.execute(update(SheetImport).where(col(SheetImport.import_id) == key).values(done=done))


def _teller(key: UUID, holding: Session | None = None) -> engine.Progress:
    """Return what notes how many rows are done, every STEP rows; `holding` gives way when somebody waits for it."""
    told = [0]

    def tell(done: int) -> None:
        if holding is not None and service.awaited(holding):
            raise GivesWay
        if done - told[0] >= STEP:
            told[0] = done
            _note(key, done)

    return tell


def _fail(key: UUID, code: str, why: dict[str, Any] | None = None) -> None:
    with db.transaction() as session:
        row = session.get(SheetImport, key, with_for_update=True)
        if row is not None and row.state in {"checking", "taking"}:
            row.state, row.content, row.error, row.finished_at = "failed", None, code, clock.now()
            row.outcome = why
