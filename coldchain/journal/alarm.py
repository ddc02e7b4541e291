"""The signing alarm: why the sequencer refuses to sign, kept in the system mark `journal_alarm` for all to see."""

import logging
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine
from sqlmodel import Session

from coldchain.core import clock, marks

log = logging.getLogger(__name__)

MARK: Final = "journal_alarm"


class Refusal(Exception):
    """The tree may not be signed; `code` is stable, the text says what was found."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def state(session: Session) -> dict[str, Any] | None:
    """Return {code, detail, since (RFC 3339)} of the alarm, or None while there is none."""
    return marks.read(session, MARK) or None


def is_raised(session: Session) -> bool:
    """Say whether signing is refused."""
    return state(session) is not None


def raise_(engine: Engine, refusal: Refusal | OSError) -> None:
    """Record why nothing is signed, in a transaction of its own; the log hears of each reason once."""
    code = refusal.code if isinstance(refusal, Refusal) else "files_unusable"
    with Session(engine) as session, session.begin():
        known = state(session)
        if known is not None and known["code"] == code:
            return
        value = {"code": code, "detail": str(refusal), "since": clock.now().isoformat()}
        marks.write(session, MARK, value)
    log.error("the journal is not signed", extra={"journal_alarm": code, "journal_detail": str(refusal)})


def clear(session: Session) -> None:
    """Take the alarm away, if there is one, in the caller's transaction."""
    if is_raised(session):
        marks.write(session, MARK, {})
        log.warning("the journal is signed again")


def since(value: dict[str, Any]) -> datetime:
    """Return when an alarm was raised."""
    return datetime.fromisoformat(value["since"])
