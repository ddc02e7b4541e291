"""Health and numbers: asked by machines, never through the accounts of people."""

from typing import Any

import pytest
from flask.testing import FlaskClient

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.mark.parametrize("given", ["secret-of-prometheus", "wrong", "cc_wrong", "é"])
def test_numbers_are_given_to_their_own_token(client: FlaskClient, monkeypatch: Any, given: str) -> None:
    monkeypatch.setenv("METRICS_TOKEN", "secret-of-prometheus")
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {given}"}, environ_base=ELSEWHERE)
    assert answer.status_code == (200 if given == "secret-of-prometheus" else 404)


def test_being_alive_asks_no_database(client: FlaskClient, monkeypatch: Any) -> None:
    """A stale cookie or token on the probe changes nothing: the process lives."""
    monkeypatch.setattr("coldchain.accounts.session.transaction", None)
    client.set_cookie("cc_session", "stale")
    assert client.get("/healthz", headers={"Authorization": "Bearer cc_stale"}).status_code == 200
