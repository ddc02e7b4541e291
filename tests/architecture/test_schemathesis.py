"""Every operation of the published document, attacked with generated requests: never a 5xx, always a problem."""

import os

import hypothesis
import pytest
import schemathesis
from flask import Flask
from schemathesis import Case
from schemathesis.checks import not_a_server_error

from coldchain.core import db, openapi
from coldchain.journal import sequencer
from tests.factories.people import People

EXAMPLES = 60 if os.environ.get("COLDCHAIN_LONG") == "1" else 6


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("role", ["regulator", pytest.param("admin", marks=pytest.mark.slow)])
def test_no_server_error(app: Flask, people: People, role: str) -> None:
    """Whatever is sent, the answer is below 500; a refusal of the API is problem+json with a code."""
    person = people.regulator() if role == "regulator" else people.admin()
    sequencer.run_once(db.engine(), app.config["SETTINGS"].var_dir)  # a journal is signed before anybody asks
    schema = schemathesis.openapi.from_dict(openapi.document(app))
    schema.app = app
    seen = 0
    for operation in schema.get_all_operations():
        attack(operation.ok(), person.token or "")
        seen += 1
    assert seen > 40


def attack(operation: object, token: str) -> None:
    """Send generated requests to one operation."""

    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck), phases=[hypothesis.Phase.generate],
    )  # fmt: skip
    @hypothesis.given(case=operation.as_strategy())  # type: ignore[attr-defined]
    def send(case: Case) -> None:
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        case.validate_response(response, checks=[not_a_server_error])
        if response.status_code >= 400:
            assert response.headers["content-type"][0] == "application/problem+json"
            assert response.json()["code"]

    send()
