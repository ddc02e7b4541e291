"""The start page: each role has its desk. The other pages composed here hang on the same blueprint."""

from importlib import import_module
from typing import Any

from flask import redirect, render_template, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import PUBLIC, edge
from coldchain.core.errors import NotFound
from coldchain.home import business_page, desk_waiting
from coldchain.home.blueprint import bp

__all__ = ["bp", "business_page"]

DESKS = {
    "regulator": "desk_regulator",
    "inspector": "desk_inspector",
    "merchant": "desk_merchant",
    "lab": "desk_lab",
    "carrier": "desk_carrier",
    "admin": "desk_admin",
}


@bp.get("/")
@edge(PUBLIC)
def start(session: Session, actor: Actor | None) -> Any:
    """Show the reader's desk; whoever is not signed in is asked to."""
    if actor is None:
        return redirect(url_for("accounts.sign_in"))
    if actor.is_waiting:
        return render_template("home/desk_waiting.html", **desk_waiting.context(session, actor))
    if actor.role not in DESKS:
        raise NotFound
    desk = import_module(f"coldchain.home.{DESKS[actor.role]}")
    return render_template(f"home/{DESKS[actor.role]}.html", **desk.context(session, actor))
