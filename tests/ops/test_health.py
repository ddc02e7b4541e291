"""Health and numbers: asked by machines, never through the accounts of people."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.mark.parametrize("given", ["secret-of-prometheus", "wrong", "cc_wrong", "é"])
def test_numbers_are_given_to_their_own_token(client: FlaskClient, monkeypatch: Any, given: str) -> None:
    monkeypatch.setenv("METRICS_TOKEN", "secret-of-prometheus")
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {given}"}, environ_base=ELSEWHERE)
    assert answer.status_code == (200 if given == "secret-of-prometheus" else 404)


def test_an_alarm_of_the_journal_is_a_number(client: FlaskClient, monkeypatch: Any) -> None:
    assert "coldchain_journal_alarm 0.0" in client.get("/metrics").text
    monkeypatch.setattr("coldchain.journal.health.alarm", lambda _session: {"code": "outside_ahead"})
    assert "coldchain_journal_alarm 1.0" in client.get("/metrics").text


def test_being_alive_asks_no_database(client: FlaskClient, monkeypatch: Any) -> None:
    """A stale cookie or token on the probe changes nothing: the process lives."""
    monkeypatch.setattr("coldchain.accounts.session.transaction", None)
    client.set_cookie("cc_session", "stale")
    assert client.get("/healthz", headers={"Authorization": "Bearer cc_stale"}).status_code == 200


def test_a_database_that_is_away_is_named(client: FlaskClient, monkeypatch: Any) -> None:
    """Not an error like others: what is well and what is not, for the machine that asks."""

    def away(_session: Any) -> dict[str, str]:
        raise OperationalError("SELECT 1", {}, Exception("away"))

    monkeypatch.setattr("coldchain.ops.web.readiness", away)
    monkeypatch.setattr("coldchain.core.disk._seen", {})
    answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.get_json() == {"status": "not ready", "database": "does not answer", "storage": "ok"}


def test_a_full_disk_is_named(client: FlaskClient, monkeypatch: Any) -> None:
    monkeypatch.setattr("coldchain.core.disk.FREE_MIN_BYTES", 2**62)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["storage"]) == (503, "no room left")
