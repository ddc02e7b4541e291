"""Every route is listed with its permission; a new or changed one must be looked at."""

import os
from pathlib import Path

from flask import Flask

from coldchain.accounts import rights
from coldchain.app import create_app
from coldchain.core import edge
from config import Settings

GOLDEN = Path(__file__).parents[1] / "golden" / "routes.txt"


def listed(app: Flask) -> str:
    """Return a line a route: methods, address, permission."""
    lines = []
    for rule in app.url_map.iter_rules():
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        lines.append(f"{methods:<6}{rule.rule}  {edge.permission_of(app, rule.endpoint)}")
    return "\n".join(sorted(lines, key=lambda line: line.split()[1::-1])) + "\n"


def test_routes_are_as_listed(app: Flask) -> None:
    """`GOLDEN=write pytest tests/architecture` writes the list anew."""
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(listed(app), encoding="utf-8")
    assert listed(app) == GOLDEN.read_text(encoding="utf-8")


def test_every_route_names_a_known_permission(app: Flask) -> None:
    """A view without a permission is refused at run time; here it fails."""
    known = {*rights.TABLE, edge.PUBLIC, edge.SIGNED_IN}
    wrong = {
        rule.rule: edge.permission_of(app, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if edge.permission_of(app, rule.endpoint) not in known
    }
    assert wrong == {}


def test_a_view_without_permission_is_refused(settings: Settings) -> None:
    """Default deny: forgetting `@edge` gives nobody anything."""
    app = create_app(settings)
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    response = app.test_client().get("/forgotten")
    assert response.status_code == 404
    assert "secret" not in response.get_data(as_text=True)


def test_every_changing_route_needs_a_person(app: Flask) -> None:
    """Only the steps of signing in, one-time links, self-registration, language, text size are open to nobody."""
    public = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and edge.permission_of(app, rule.endpoint) == edge.PUBLIC
    }
    assert public == {
        "/sign-in", "/sign-in/second-step", "/sign-in/set-up", "/link/<secret>", "/language", "/text-size",
        "/sign-in/pin", "/slip/<secret>", "/invitation/<secret>", "/register", "/api/v1/businesses",
    }  # fmt: skip
