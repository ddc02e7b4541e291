"""Codes of the app and recovery codes: each fits once, for its person, and only what is set up counts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import Session

from coldchain.accounts import service
from coldchain.accounts.models import RecoveryCode, User, UserTotp
from coldchain.accounts.rights import NEED_SECOND_STEP
from coldchain.accounts.service import sessions, totp
from coldchain.core import clock, limits, marks, sealed
from coldchain.core.errors import Conflict, Invalid
from tests.accounts.conftest import PASSWORD, audited, heard
from tests.factories.second_step import code


def enrol(session: Session, user: User) -> tuple[str, list[str]]:
    """Set a person's second step up and go a minute on, so that no code was used yet."""
    secret = totp.pending(session, user)
    codes = totp.enrol(session, user, code(secret))
    session.get_one(UserTotp, user.user_id).last_step = None
    session.flush()
    return secret, codes


def half(session: Session, user: User) -> str:
    """Pass the password only."""
    opened = service.begin(session, user, "10.0.0.1", None)
    assert opened.stage == "second_step"
    return opened.secret


def test_the_first_code_sets_it_up_and_nothing_else_does(session: Session, make_user: Callable[..., User]) -> None:
    kim = make_user("kim")
    secret = totp.pending(session, kim)
    assert totp.pending(session, kim) == secret, "opening the page again shows the same symbol"
    assert f"secret={secret}" in totp.uri(kim, secret)
    for wrong in ("", "000000", code(secret, 5), code(secret)[:5], "１２３４５６"):
        with pytest.raises(Invalid):
            totp.enrol(session, kim, wrong)
        assert not totp.is_on(session, kim.user_id)
    codes = totp.enrol(session, kim, f" {code(secret)[:3]} {code(secret)[3:]} ")
    assert totp.is_on(session, kim.user_id)
    assert len(set(codes)) == limits.RECOVERY_CODES
    assert "totp_enrolled" in audited(session)


def test_neither_secret_nor_codes_can_be_read_in_the_database(session: Session, make_user: Callable[..., User]) -> None:
    kim, lee = make_user("kim"), make_user("lee")
    secret, codes = enrol(session, kim)
    row = session.get_one(UserTotp, kim.user_id)
    hashes = session.scalars(select(RecoveryCode.code_hash)).all()  # type: ignore[call-overload]
    assert row.secret
    assert secret not in row.secret
    assert not set(codes) & set(hashes)
    assert sealed.unseal(totp.PURPOSE, str(kim.user_id), row.secret) == secret
    with pytest.raises(sealed.Unreadable):
        sealed.unseal(totp.PURPOSE, str(lee.user_id), row.secret)
    sealed.configure("another secret key of the program, long enough")
    with pytest.raises(sealed.Unreadable):
        sealed.unseal(totp.PURPOSE, str(kim.user_id), row.secret)
    assert totp.check(session, kim, code(secret)) is None
    assert totp.check(session, kim, codes[0]) is None


@pytest.mark.parametrize(("steps", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(
    session: Session, make_user: Callable[..., User], steps: int, fits: bool
) -> None:
    kim = make_user("kim")
    secret, _codes = enrol(session, kim)
    with clock.simulated(clock.now().replace(second=15, microsecond=0)):
        assert (totp.check(session, kim, code(secret, steps)) == "totp") is fits


def test_a_code_fits_once_and_no_older_one_after_it(session: Session, make_user: Callable[..., User]) -> None:
    kim = make_user("kim")
    secret, _codes = enrol(session, kim)
    with clock.simulated(clock.now().replace(second=15, microsecond=0)):
        assert totp.check(session, kim, code(secret)) == "totp"
        assert totp.check(session, kim, code(secret)) is None
        assert totp.check(session, kim, code(secret, -1)) is None
        assert totp.check(session, kim, code(secret, 1)) == "totp"


def test_the_code_that_set_it_up_is_spent(session: Session, make_user: Callable[..., User]) -> None:
    kim = make_user("kim")
    secret = totp.pending(session, kim)
    totp.enrol(session, kim, code(secret))
    assert totp.check(session, kim, code(secret)) is None


def test_a_recovery_code_fits_once_for_its_person(session: Session, make_user: Callable[..., User]) -> None:
    kim, lee = make_user("kim"), make_user("lee")
    _secret, codes = enrol(session, kim)
    enrol(session, lee)
    assert totp.check(session, lee, codes[0]) is None
    assert totp.check(session, kim, codes[0].lower().replace("-", " ")) == "recovery"
    assert totp.check(session, kim, codes[0]) is None
    assert totp.state(session, kim).codes_left == limits.RECOVERY_CODES - 1
    again = totp.new_codes(session, kim)
    assert totp.check(session, kim, codes[1]) is None, "new ones make the old ones void"
    assert totp.check(session, kim, again[1]) == "recovery"
    assert audited(session).count("recovery_code_used") == 2


def test_a_half_session_is_nobody_until_the_code(session: Session, make_user: Callable[..., User]) -> None:
    kim = make_user("kim")
    secret, _codes = enrol(session, kim)
    first = half(session, kim)
    seen = sessions.visit(session, first)
    assert seen is not None
    assert (seen.stage, seen.actor) == ("second_step", None)
    assert service.second_step(session, first, "000000", "10.0.0.1", None) is None
    opened = service.second_step(session, first, code(secret), "10.0.0.1", None)
    assert opened is not None
    assert opened.secret != first
    full, spent = sessions.visit(session, opened.secret), sessions.visit(session, first)
    assert full is not None
    assert full.actor is not None
    assert spent is not None
    assert spent.stage == "ended"
    assert service.second_step(session, first, code(secret, 1), "10.0.0.1", None) is None
    assert [kind for kind in audited(session) if "sign" in kind or "step" in kind] == [
        "second_step_refused", "signed_in",
    ]  # fmt: skip


def test_a_half_session_ends_soon_and_is_in_no_list(session: Session, make_user: Callable[..., User]) -> None:
    kim = make_user("kim")
    enrol(session, kim)
    first = half(session, kim)
    assert sessions.list_sessions(session, service.actor_of(session, kim)) == []
    with clock.simulated(clock.now() + timedelta(minutes=limits.HALF_SESSION_MINUTES)):
        seen = sessions.visit(session, first)
        assert seen is not None
        assert seen.stage == "ended"


def test_wrong_replayed_and_spent_codes_are_refused_by_the_same_statements(
    session: Session, make_user: Callable[..., User]
) -> None:
    kim = make_user("kim")
    secret, codes = enrol(session, kim)
    now = clock.now().replace(second=15, microsecond=0)
    with clock.simulated(now):
        assert totp.check(session, kim, code(secret)) == "totp"
        assert totp.check(session, kim, codes[0]) == "recovery"
        told = []
        for typed in ("000000", code(secret), codes[0], "nothing like it"):
            first = half(session, kim)
            session.flush()
            with heard(session) as statements:
                assert service.second_step(session, first, typed, "10.0.0.1", None) is None
                session.flush()
            told.append(statements)
    assert len(told[0]) >= 5
    assert told[1:] == [told[0]] * 3


def test_guessing_codes_is_throttled_like_guessing_passwords(session: Session, make_user: Callable[..., User]) -> None:
    kim = make_user("kim")
    secret, _codes = enrol(session, kim)
    first = half(session, kim)
    for _ in range(limits.FAILURES_ALLOWED):
        assert service.second_step(session, first, "000000", "10.0.0.1", None) is None
    with pytest.raises(Exception, match="too_many_attempts"):
        service.second_step(session, first, code(secret), "10.0.0.1", None)
    with pytest.raises(Exception, match="too_many_attempts"):
        service.check_password(session, "kim", PASSWORD, "10.0.0.1")


@pytest.mark.parametrize("role", sorted(NEED_SECOND_STEP - {"lab"}))
def test_it_is_demanded_of_a_role_but_not_in_the_demonstration(
    session: Session, make_user: Callable[..., User], role: str
) -> None:
    kim = make_user("kim", role)
    opened = service.begin(session, kim, "10.0.0.1", None)
    assert opened.stage == "enrolment"
    full = service.open_session(session, kim, None)
    seen = sessions.visit(session, full)
    assert seen is not None
    assert (seen.stage, seen.actor) == ("enrolment", None), "a session from before the duty is led there too"
    marks.write(session, marks.DEMO_MARK, {})
    session.flush()
    assert service.begin(session, kim, "10.0.0.1", None).stage == "full"
    seen = sessions.visit(session, full)
    assert seen is not None
    assert seen.actor is not None


def test_who_needs_it_renews_it_but_does_not_give_it_up(session: Session, make_user: Callable[..., User]) -> None:
    kim = make_user("kim")
    old, codes = enrol(session, kim)
    with pytest.raises(Conflict, match="second_step_demanded"):
        totp.disable(session, kim)
    new = totp.pending(session, kim)
    assert new != old
    assert totp.check(session, kim, code(old)) == "totp", "the old phone counts until the new one is confirmed"
    totp.enrol(session, kim, code(new))
    assert totp.check(session, kim, code(old, 1)) is None
    assert totp.check(session, kim, codes[0]) is None
    marks.write(session, marks.DEMO_MARK, {})
    totp.disable(session, kim)
    assert not totp.is_on(session, kim.user_id)
    assert "totp_disabled" in audited(session)


def test_a_lost_phone_with_its_codes_is_forgotten_and_every_session_ends(
    session: Session, make_user: Callable[..., User]
) -> None:
    kim = make_user("kim")
    secret, _codes = enrol(session, kim)
    opened = service.second_step(session, half(session, kim), code(secret), "10.0.0.1", None)
    assert opened is not None
    totp.drop(session, kim)
    seen = sessions.visit(session, opened.secret)
    assert seen is not None
    assert seen.stage == "ended"
    assert service.begin(session, kim, "10.0.0.1", None).stage == "enrolment"
