"""The commands that make users and tokens: one line each, also when something is wrong."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from config import ADDRESS_FILE
from tests.factories.people import People
from tests.factories.reader import PASSWORD, Reader
from tests.factories.world import World


@pytest.fixture
def commands(app: Flask) -> FlaskCliRunner:
    """Run commands of the program."""
    return app.test_cli_runner()


def test_a_user_a_link_and_tokens(app: Flask, commands: FlaskCliRunner, world: World) -> None:
    """The link is alone on its line, a token alone on the last; older tokens stay valid."""
    business = world.business()
    made = commands.invoke(args=["accounts", "create", "x", "--role", "merchant", "--uscc", business["uscc"]])
    assert re.fullmatch(r"https://trace\.example/link/\S+\n", made.output)
    tokens = [commands.invoke(args=["accounts", "token", "x"]).output.splitlines()[-1] for _ in range(2)]
    assert len(set(tokens)) == 2
    for token in tokens:
        answer = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).get_json()
        assert answer["business"]["uscc"] == business["uscc"]


def test_a_forgotten_password_and_a_lost_phone(app: Flask, commands: FlaskCliRunner, people: People) -> None:
    """A second link makes the first void; without phone and codes the second step is set up anew."""
    admin = people.admin()
    reader = Reader.of(app, admin)
    first, second = (commands.invoke(args=["accounts", "link", "admin"]).output.strip() for _ in range(2))
    reader.open(first.removeprefix("https://trace.example"), 404)
    reader.open(second.removeprefix("https://trace.example"))
    assert commands.invoke(args=["accounts", "forget-second-step", "admin"]).exit_code == 0
    reader.open("/businesses")
    assert reader.path.startswith("/sign-in?")
    again = Reader(app)
    again.open("/sign-in")
    again.send("/sign-in", username="admin", password=PASSWORD)
    assert again.path.startswith("/sign-in/set-up")


def test_the_link_leads_to_where_the_program_runs(app: Flask, commands: FlaskCliRunner) -> None:
    """Without PUBLIC_URL it is the running program's own address, whatever its port."""
    settings = replace(app.config["SETTINGS"], public_url="http://127.0.0.1:8000", public_url_is_trial=True)
    app.config["SETTINGS"] = settings
    create = ["accounts", "create", "--role", "admin"]
    assert commands.invoke(args=[*create, "a"]).output.startswith("http://127.0.0.1:8000/link/")
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    (settings.var_dir / ADDRESS_FILE).write_text("http://127.0.0.1:8300")
    assert commands.invoke(args=[*create, "b"]).output.startswith("http://127.0.0.1:8300/link/")


@pytest.mark.parametrize(
    "arguments",
    [
        ("token", "nobody"), ("create", "x", "--role", "merchant"), ("create", "x", "--role", "regulator"),
        ("create", "x", "--role", "regulator", "--region", "999999"),
        ("create", "x", "--role", "admin", "--region", "230203"),
        ("create", "x", "--role", "merchant", "--uscc", "91350100M000100Y43"),
        ("create", "x", "--role", "admin", "--position", "clerk"), ("create", "x", "--role", "admin", "--office", "x"),
        ("create", "x", "--role", "inspector", "--region", "230203", "--office", "no such office"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(commands: FlaskCliRunner, arguments: tuple[str, ...]) -> None:
    """Exit code 1 and one line that says why."""
    done = commands.invoke(args=["accounts", *arguments])
    assert (done.exit_code, len(done.output.splitlines())) == (1, 1)
    assert done.output.startswith("Error: ")
