"""The start page: each role has its desk. The other pages composed here hang on the same blueprint."""

from importlib import import_module
from typing import Any

from flask import redirect, render_template, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.models import OFFICER_ROLES, ROLES
from coldchain.core.edge import PUBLIC, edge
from coldchain.core.errors import NotFound
from coldchain.home import (
    audit_web,
    business_page,
    desk_waiting,
    positive_page,
    privacy_web,
    rules_web,
    site_page,
    tour_web,
)
from coldchain.home.blueprint import bp

__all__ = ["audit_web", "bp", "business_page", "positive_page", "privacy_web", "rules_web", "site_page", "tour_web"]

DESKS = {role: f"desk_{role}" for role in ROLES}


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
    if actor.role in OFFICER_ROLES and not actor.areas:
        return render_template("home/desk_no_area.html")
    desk = import_module(f"coldchain.home.{DESKS[actor.role]}")
    return render_template(f"home/{DESKS[actor.role]}.html", **desk.context(session, actor))
