"""The help of each role, and the guided tour of a demonstration."""

from typing import Any

from flask import current_app, render_template
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches.service import disinfection_orders
from coldchain.core.edge import SIGNED_IN, edge
from coldchain.core.errors import NotFound
from coldchain.home import help_topics, help_words, shell, tour
from coldchain.home.blueprint import bp
from coldchain.registry.models import Business


@bp.get("/tour")
@edge(SIGNED_IN)
def show_tour(session: Session, actor: Actor) -> Any:
    """Lead the reader through what the demonstration has to show; not found in a database that is none."""
    return render_template("home/tour.html", parts=tour.parts(session, actor))


@bp.get("/help")
@edge(SIGNED_IN)
def show_help(session: Session, actor: Actor) -> Any:
    """Say what the reader's role does, with the pages that the reader may open, and how pages are to be read."""
    service = _is_service(session, actor)
    found = help_words.HELP_OF_SERVICE if service else help_words.HELP.get(actor.role)
    if found is None:
        raise NotFound
    topics = help_topics.of(help_topics.SERVICE if service else actor.role)
    return render_template(
        "home/help.html",
        about=found.about,
        tasks=[task for task in found.tasks if shell.may_open(current_app, actor, task.href)],
        topics=[topic for topic in topics if shell.may_open(current_app, actor, topic.href)],
        states=help_words.STATES,
        reading=help_words.READING,
    )


def _is_service(session: Session, actor: Actor) -> bool:
    """Say whether the reader acts for a business that disinfects for others."""
    if actor.business_id is None or relation(actor, disinfection_orders.DO) is None:
        return False
    business = session.get(Business, actor.business_id)
    return business is not None and disinfection_orders.SERVICE in business.kinds
