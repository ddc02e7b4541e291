"""What the public can fetch and check with the tools of others."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import Engine

from coldchain.core import edge, openapi, problems
from coldchain.core.i18n import use_locale
from coldchain.journal import api, checkpoint, sequencer
from tests.journal.helpers import write


@pytest.fixture
def public(database: Engine) -> FlaskClient:
    """A stranger at a program that has this room alone."""
    app = Flask("trial")
    app.before_request(lambda: setattr(g, "actor", None))
    problems.install(app)
    gatekeeper = SimpleNamespace(check=lambda _actor, _permission, *, changes: None, fingerprint=str)
    edge.install(app, gatekeeper)
    openapi.install(app, [api.blp])
    return app.test_client()


def get(public: FlaskClient, path: str) -> Any:
    return public.get(f"/api/v1/journal/{path}")


@pytest.mark.parametrize("path", ["checkpoint", "key"])
def test_before_the_first_signature(public: FlaskClient, path: str) -> None:
    answer = get(public, path)
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["code"] == "checkpoint_not_ready"
    assert answer.get_json()["detail"] == "存证日志尚未签名，请稍后再试。"
    assert int(answer.headers["Retry-After"]) > 0
    with use_locale("en"):
        assert get(public, path).get_json()["detail"].startswith("The journal has not been signed yet")


def test_the_checkpoint_is_a_note_that_the_key_verifies(public: FlaskClient, database: Engine, var_dir: Path) -> None:
    for size in (0, 3, 7):
        write(database, 0 if size == 0 else 3 if size == 3 else 4)
        sequencer.run_once(database, var_dir)
        note, key = get(public, "checkpoint"), get(public, "key")
        for answer in (note, key):
            assert answer.status_code == 200
            assert answer.content_type == "text/plain; charset=utf-8"
        (vkey,) = key.text.splitlines()
        head = checkpoint.open_checkpoint(note.text, checkpoint.parse_vkey(vkey))
        assert head.size == size
        lines = note.text.split("\n")
        assert lines[0] == head.origin == vkey.split("+")[0]
        assert lines[1] == str(size)
        assert lines[3] == ""
        assert lines[4].startswith(f"— {head.origin} ")
        assert lines[5:] == [""]


def test_the_document_says_plain_text(public: FlaskClient) -> None:
    paths = openapi.document(public.application)["paths"]
    for name in ("checkpoint", "key"):
        answers = paths[f"/api/v1/journal/{name}"]["get"]["responses"]
        assert list(answers["200"]["content"]) == ["text/plain"]
