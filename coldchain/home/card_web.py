"""The page of a business's card: every part of it with the way to where it comes from, and the papers to print."""

from typing import Any

from flask import Blueprint, Response, current_app, render_template, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import pages_words as goods_words
from coldchain.batches.flags_web import shown as flags_shown
from coldchain.core.edge import edge
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.qr_svg import svg
from coldchain.home import card, card_face
from coldchain.inspections.findings_words import own_words
from coldchain.labels.code import qr_text
from coldchain.registry import words
from config import Settings

bp = Blueprint("cards", __name__)


@bp.get("/businesses/<string:business>/card")
@edge("card.read")
def show_card(session: Session, actor: Actor, business: str) -> Any:
    """Show a card as of now."""
    settings: Settings = current_app.config["SETTINGS"]
    found = card.read(session, actor, business)
    public = card_face.address(settings.public_url, found.business.card_no or "")
    page = render_template(
        "home/card.html",
        card=found,
        area=card_face.area_name(session, found.business.region_code, current_locale()),
        public=url_for("public_register.show_card", card_no=found.business.card_no, view="public"),
        qr=svg(qr_text(public), _("To the public page of this card")),
        trial=settings.public_url_is_trial,
        unprintable=card_face.unprintable(found),
        kinds=words.BUSINESS_KINDS,
        site_kinds=words.SITE_KINDS,
        steward_kinds=words.STEWARD_KINDS,
        zone_kinds=words.ZONE_KINDS,
        temperatures=words.TEMPERATURE_CLASSES,
        tube_chips=goods_words.TUBE_CHIPS if relation(actor, "flag.read") else goods_words.MERCHANT_TUBE_CHIPS,
        own_words=own_words,
        flags=flags_shown(session, found.flags),
        words=goods_words,
        officer=actor.is_officer,
        may_tasks=relation(actor, "recall.read") is not None,
        may_tubes=relation(actor, "tube.read") is not None,
    )
    return Response(page)
