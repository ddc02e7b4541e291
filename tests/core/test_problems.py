"""What a program's own trouble looks like from outside: a race is said to be one, our mistake is not put on others."""

import errno
import logging
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError, TimeoutError
from sqlmodel import Session

from coldchain.core import disk, problems


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk that a test makes up is not remembered by the next one."""
    monkeypatch.setattr(disk, "_seen", {})


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


def database_error(kind: type[psycopg.Error]) -> DBAPIError:
    """Return an error as SQLAlchemy hands on one of the driver."""
    made = DBAPIError.instance("SELECT 1", {}, kind("said by the server"), psycopg.Error, dialect=dialect())
    assert isinstance(made, DBAPIError)
    return made


@pytest.mark.parametrize(
    "error",
    [
        database_error(psycopg.errors.DiskFull), database_error(psycopg.errors.AdminShutdown),
        database_error(psycopg.errors.CrashShutdown), database_error(psycopg.errors.CannotConnectNow),
        database_error(psycopg.errors.DeadlockDetected), database_error(psycopg.errors.LockNotAvailable),
        database_error(psycopg.errors.TooManyConnections), database_error(psycopg.OperationalError),
        database_error(psycopg.InterfaceError), PendingRollbackError("lost"), psycopg.OperationalError("lost"),
        OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EDQUOT, "Disk quota exceeded"),
    ],
)  # fmt: skip
def test_what_passes_is_said_to_pass(app: Flask, error: Exception) -> None:
    """Whoever asks is told to come again, in JSON and on a page, and the log gets one line without values."""
    for path, kind in (("/api/v1/x", "application/problem+json"), ("/x", "text/html; charset=utf-8")):
        with app.test_request_context(path, headers={"Accept": kind}):
            response = problems.respond(error)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
        assert response.content_type == kind
        assert b"unavailable" in response.data or kind.startswith("text/html")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (database_error(psycopg.errors.StatementTooComplex), 500), (OSError(errno.EACCES, "Permission denied"), 500),
        (database_error(psycopg.errors.UndefinedTable), 500), (database_error(psycopg.errors.DataCorrupted), 500),
    ],
)  # fmt: skip
def test_what_does_not_pass_is_not_said_to(error: Exception, status: int) -> None:
    assert problems.as_domain_error(error).status == status


def test_a_page_is_shown_though_its_frame_can_not_be_made(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The frame of every page asks the database; the page that says that it is away can't."""

    def away(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("away")

    monkeypatch.setattr("coldchain.home.shell.kept", away)
    with app.test_request_context("/x", headers={"Accept": "text/html", "Accept-Language": "en"}):
        response = problems.respond(psycopg.OperationalError("away"))
    assert response.status_code == 503
    assert b"<h1>" in response.data
    assert b"away" not in response.data


def test_no_value_is_in_an_error(session: Session) -> None:
    """What people typed belongs into no log."""
    with pytest.raises(DBAPIError) as caught, session.begin_nested():
        session.execute(text("SELECT CAST(:given AS integer) / 0 FROM nowhere"), {"given": 13800000000})
    assert "13800000000" not in str(caught.value)


def test_a_full_disk_is_remembered_for_a_while(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert not disk.is_full([tmp_path, tmp_path / "nowhere"])
    problems.as_domain_error(OSError(errno.ENOSPC, "No space left on device"))
    assert disk.is_full()
    monkeypatch.setattr(disk, "REMEMBERED_S", 0.0)
    assert not disk.is_full()
    monkeypatch.setattr(disk, "FREE_MIN_BYTES", 2**62)
    assert disk.is_full([tmp_path])
