"""The card as a picture and for the printer, and the public register, over HTTP."""

from typing import Any

from flask import Response, current_app, request
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import clock, marks
from coldchain.core.edge import PUBLIC, Blueprint, edge
from coldchain.core.i18n import DEFAULT_LOCALE, use_locale
from coldchain.core.pace import Pace
from coldchain.home import card, card_face, card_print, public_register
from coldchain.home.card_parts import Face
from coldchain.home.card_schemas import CardPaperQuery, PublicCardPage, PublicCardQuery, PublicCardSchema
from config import Settings

blp = Blueprint("cards", __name__, url_prefix="/api/v1", description="The card of a business, and who holds one")
BINARY = {"type": "string", "format": "binary"}
PACE = Pace()


def admit(actor: Actor | None) -> None:
    """Count a question of somebody who isn't signed in. Raises 429 `too_many_requests`."""
    if actor is None:
        PACE.admit(request.remote_addr or "")


def printed(session: Session, actor: Actor, business: str) -> Face:
    """Return the face of a business's card as of now. Raises Forbidden, NotFound."""
    settings: Settings = current_app.config["SETTINGS"]
    with use_locale(DEFAULT_LOCALE):
        found = card.read(session, actor, business)
        area = card_face.area_name(session, found.business.region_code)
        demo = marks.read(session, marks.DEMO_MARK) is not None
        return card_face.face(
            found, area, settings.public_url, clock.now(), trial=settings.public_url_is_trial, demo=demo
        )


def _answer(content: bytes, face: Face, ending: str, content_type: str) -> Response:
    response = Response(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'inline; filename="{face.number}.{ending}"'
    return response


@blp.route("/businesses/<string:business>/card.pdf")
@blp.arguments(CardPaperQuery, location="query")
@edge("card.read")
@blp.response(200, BINARY, content_type="application/pdf")
def get_card_pdf(session: Session, actor: Actor, query: dict[str, Any], business: str) -> Any:
    """Return the card of a business as it is now, for the printer: one page, black only, as of when at its foot."""
    face = printed(session, actor, business)
    return _answer(card_print.pdf(face, query["paper"]), face, "pdf", "application/pdf")


@blp.route("/businesses/<string:business>/card.png")
@blp.arguments(CardPaperQuery, location="query")
@edge("card.read")
@blp.response(200, BINARY, content_type="image/png")
def get_card_picture(session: Session, actor: Actor, query: dict[str, Any], business: str) -> Any:
    """Return the card of a business as it is now, as a picture."""
    face = printed(session, actor, business)
    return _answer(card_print.png(face, query["paper"]), face, "png", "image/png")


@blp.route("/cards")
@blp.arguments(PublicCardQuery, location="query")
@edge(PUBLIC)
@blp.response(200, PublicCardPage)
def list_cards(session: Session, actor: Actor | None, query: dict[str, Any]) -> dict[str, Any]:
    """List who holds a card and what its status is; for anybody, no personal data; 429 when asked too often."""
    admit(actor)
    items, following = public_register.search(session, **query)
    return {"items": items, "next": following}


@blp.route("/cards/<string:card_no>")
@edge(PUBLIC)
@blp.response(200, PublicCardSchema)
def read_card(session: Session, actor: Actor | None, card_no: str) -> dict[str, Any]:
    """Read what anybody may know of a card; 404 `unknown_card`, 429 when asked too often."""
    admit(actor)
    return public_register.read(session, public_register.holder(session, card_no))
