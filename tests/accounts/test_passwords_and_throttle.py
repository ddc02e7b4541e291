"""What a stranger learns and what a stranger can do to somebody: nothing, by answer, work or count."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts import service
from coldchain.accounts.models import SignInFailure, User
from coldchain.accounts.service import throttle
from coldchain.core import clock, limits
from coldchain.core.errors import DomainError
from tests.accounts.conftest import PASSWORD, heard


def test_unknown_wrong_inactive_and_without_password_are_one_answer_and_one_work(
    session: Session, make_user: Callable[..., User], argon_runs: list[tuple[int, int]]
) -> None:
    make_user("wrong")
    make_user("inactive").is_active = False
    make_user("empty").password_hash = None
    session.flush()
    told = {}
    for name in ("wrong", "inactive", "empty", "unknown"):
        typed = "not the password" if name == "wrong" else PASSWORD
        session.expunge_all()
        argon_runs.clear()
        with heard(session) as statements:
            assert service.check_password(session, name, typed, "10.0.0.1") is None
            session.flush()
        told[name] = (statements, list(argon_runs))
    assert len(told["wrong"][0]) >= 5
    assert len(told["wrong"][1]) == 1
    assert told["unknown"] == told["wrong"] == told["inactive"] == told["empty"]


def _fail(session: Session, name: str, address: str, times: int, device: str | None = None) -> None:
    for _ in range(times):
        known = throttle.guard(session, name, address, device)
        throttle.record(session, name, address, known)


def _refused(session: Session, name: str, address: str, device: str | None = None) -> bool:
    try:
        throttle.guard(session, name, address, device)
    except DomainError as error:
        return (error.code, error.status) == ("too_many_attempts", 429)
    return False


def test_a_name_at_an_address_is_refused_after_the_limit_and_again_free_afterwards(
    session: Session, make_user: Callable[..., User]
) -> None:
    make_user("kim")
    _fail(session, "kim", "10.0.0.1", limits.FAILURES_ALLOWED - 1)
    assert not _refused(session, "kim", "10.0.0.1")
    _fail(session, "kim", "10.0.0.1", 1)
    assert _refused(session, "kim", "10.0.0.1")
    assert not _refused(session, "kim", "10.0.0.2"), "a stranger's address is not the person's"
    assert not _refused(session, "lee", "10.0.0.1")
    with clock.simulated(clock.now() + timedelta(minutes=limits.FAILURE_MINUTES, seconds=1)):
        assert not _refused(session, "kim", "10.0.0.1")


def _rows(session: Session, count: int, name: str | None, address: str | None) -> None:
    session.add_all(
        SignInFailure(username=name or f"name{n}", address=address or f"10.9.{n}.1", at=clock.now())
        for n in range(count)
    )
    session.flush()


def test_an_address_that_tries_every_name_is_refused_but_not_at_a_device_of_its_owner(
    session: Session, make_user: Callable[..., User]
) -> None:
    kim = make_user("kim")
    throttle.remember_device(session, kim.user_id, "kim's own browser")
    _rows(session, limits.FAILURES_OF_ADDRESS - 1, None, "10.0.0.1")
    assert not _refused(session, "kim", "10.0.0.1")
    _rows(session, 1, None, "10.0.0.1")
    assert _refused(session, "kim", "10.0.0.1")
    assert not _refused(session, "kim", "10.0.0.1", "kim's own browser")
    assert not _refused(session, "kim", "10.0.0.2")


def test_strangers_everywhere_dont_lock_a_person_out_of_a_known_browser(
    session: Session, make_user: Callable[..., User]
) -> None:
    kim, lee = make_user("kim"), make_user("lee")
    throttle.remember_device(session, kim.user_id, "kim's own browser")
    throttle.remember_device(session, lee.user_id, "lee's own browser")
    _rows(session, limits.FAILURES_OF_ACCOUNT, "kim", None)
    assert _refused(session, "kim", "10.0.0.7")
    assert _refused(session, "kim", "10.0.0.7", "a guess")
    assert _refused(session, "kim", "10.0.0.7", "lee's own browser"), "known for somebody else only"
    assert not _refused(session, "kim", "10.0.0.7", "kim's own browser")
    assert service.check_password(session, "kim", PASSWORD, "10.0.0.7", "kim's own browser") is not None


def test_one_stranger_never_fills_a_names_count(session: Session, make_user: Callable[..., User]) -> None:
    """However often one address tries in a day: another address of the person's is asked for the password."""
    make_user("kim")
    _rows(session, limits.FAILURES_OF_ACCOUNT + 1, "kim", "10.0.0.1")
    assert not _refused(session, "kim", "10.0.0.7")
    addresses = limits.FAILURES_OF_ACCOUNT // limits.FAILURES_COUNTED_OF_ADDRESS
    for n in range(2, addresses):
        _rows(session, limits.FAILURES_COUNTED_OF_ADDRESS, "kim", f"10.0.1.{n}")
    assert not _refused(session, "kim", "10.0.0.7")
    _rows(session, limits.FAILURES_COUNTED_OF_ADDRESS, "kim", "10.0.1.1")
    assert _refused(session, "kim", "10.0.0.7")


def test_a_known_browser_is_counted_by_itself(session: Session, make_user: Callable[..., User]) -> None:
    kim = make_user("kim")
    throttle.remember_device(session, kim.user_id, "stolen browser")
    _fail(session, "kim", "10.0.0.1", limits.FAILURES_ALLOWED, "stolen browser")
    assert _refused(session, "kim", "10.0.0.99", "stolen browser"), "changing the address doesn't help it"
    assert not _refused(session, "kim", "10.0.0.1"), "and the person elsewhere is not kept out"
    with clock.simulated(clock.now() + timedelta(days=limits.KNOWN_DEVICE_DAYS, seconds=1)):
        assert throttle.guard(session, "kim", "10.0.0.1", "stolen browser") is None


def test_a_throttled_attempt_checks_no_password(
    session: Session, make_user: Callable[..., User], argon_runs: list[tuple[int, int]]
) -> None:
    make_user("kim")
    _fail(session, "kim", "10.0.0.1", limits.FAILURES_ALLOWED)
    with pytest.raises(DomainError, match="too_many_attempts"):
        service.check_password(session, "kim", PASSWORD, "10.0.0.1")
    assert argon_runs == []
    failures = select(SignInFailure).where(col(SignInFailure.username) == "kim")
    assert len(session.scalars(failures).all()) == limits.FAILURES_ALLOWED
