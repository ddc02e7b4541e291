"""The help of each role, and the guided tour of a demonstration."""

from typing import Any

from flask import current_app, render_template
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import SIGNED_IN, edge
from coldchain.core.errors import NotFound
from coldchain.home import help_words, shell, tour
from coldchain.home.blueprint import bp


@bp.get("/tour")
@edge(SIGNED_IN)
def show_tour(session: Session, actor: Actor) -> Any:
    """Lead the reader through what the demonstration has to show; not found in a database that is none."""
    return render_template("home/tour.html", parts=tour.parts(session, actor))


@bp.get("/help")
@edge(SIGNED_IN)
def show_help(_session: Session, actor: Actor) -> Any:
    """Say what the reader's role does, with the pages that the reader may open, and how pages are to be read."""
    if actor.role not in help_words.HELP:
        raise NotFound
    found = help_words.HELP[actor.role]
    return render_template(
        "home/help.html",
        about=found.about,
        tasks=[task for task in found.tasks if shell.may_open(current_app, actor, task.href)],
        states=help_words.STATES,
        reading=help_words.READING,
    )
