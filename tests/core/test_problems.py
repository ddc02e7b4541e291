"""What a program's own trouble looks like from outside: a race is said to be one, our mistake is not put on others."""

import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, TimeoutError
from sqlmodel import Session

from coldchain.core import problems

MARK = "INSERT INTO system_mark (name, value, recorded_at) VALUES ('example', '1', now())"


def refused(session: Session, statement: str) -> IntegrityError:
    with pytest.raises(IntegrityError) as caught, session.begin_nested():
        session.execute(text(statement))
    return caught.value


def test_made_twice_is_a_conflict(session: Session) -> None:
    session.execute(text(MARK))
    error = problems.as_domain_error(refused(session, MARK))
    assert (error.status, error.code) == (409, "conflict")


def test_a_broken_rule_of_the_database_is_no_race(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        error = problems.as_domain_error(refused(session, MARK.replace("now()", "NULL")))
    assert (error.status, error.code) == (422, "invalid")
    assert "refused a row" in caplog.text


def test_no_free_connection_is_busy() -> None:
    error = problems.as_domain_error(TimeoutError("QueuePool limit reached"))
    assert (error.status, error.code) == (503, "unavailable")
