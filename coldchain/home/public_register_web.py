"""Pages that anybody reads about cards: the register of card holders, and a card's own address (its QR)."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may
from coldchain.core import clock, limits, problems
from coldchain.core.edge import PUBLIC, edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, load, refusal
from coldchain.home import public_register
from coldchain.home.card_api import admit
from coldchain.home.card_schemas import PublicCardQuery, PublicCardSchema
from coldchain.home.public_icons import with_own_icons
from coldchain.registry import words
from coldchain.registry.service import place

bp = Blueprint("public_register", __name__)

PAGE_ROWS: Final = 20
LABELS: Final = {"q": _l("Name or card number"), "region_code": _l("Region")}
VERDICTS: Final = {  # kind of the plate, what follows for whoever wants to buy
    "active": ("go", _l("This business holds a card and may deal in imported cold-chain food.")),
    "suspended": ("stop", _l("This business may not take in, send or sell goods at present.")),
    "closed": ("stop", _l("This business was struck off. The card is void.")),
    "pending": ("wait", _l("Nobody has approved this business yet. The card is not issued.")),
    "rejected": ("stop", _l("This business was not approved. The card was never issued.")),
}


@bp.get("/cards")
@edge(PUBLIC)
def list_cards(session: Session, actor: Actor | None) -> Any:
    """Show who holds a card, found by name or number."""
    admit(actor)
    form = Form((name, text.strip()) for name, text in request.args.items() if text.strip())
    errors: dict[str, str] = {}
    query = load(PublicCardQuery(), Form())
    try:
        query = load(PublicCardQuery(), form)
    except REFUSALS as error:
        errors = refusal(error, LABELS)[0]
    query["limit"] = PAGE_ROWS
    rows, following = public_register.search(session, **query)
    halted = public_register.stopped(session)
    page = render_template(
        "public/cards.html",
        rows=rows,
        following=following,
        values=form,
        errors=errors,
        counts=public_register.counts(session, halted),
        unjudged=halted is None,
        states=public_register.LISTED,
        kinds=words.BUSINESS_KINDS,
        as_of=clock.now(),
        without=lambda *names: {n: t for n, t in form.items() if n not in {*names, "cursor"}},
        signed_in=actor is not None,
    )
    return Response(page, 422 if errors else 200)


@bp.get("/K/<string:card_no>")
@edge(PUBLIC)
def show_card(session: Session, actor: Actor | None, card_no: str) -> Any:
    """Show a card: who may read all of it goes there, anybody else reads what is public; programs get JSON."""
    admit(actor)
    try:
        business = public_register.holder(session, card_no)
    except NotFound as error:
        if problems.wants_json():
            raise
        page = render_template(
            "public/card_unknown.html", typed=_shown(card_no), why=problems.said(error.message, error.params),
            here_url=url_for("public_register.list_cards"),
        )  # fmt: skip
        return Response(with_own_icons(page), 404)
    if problems.wants_json():
        answer: Response = Response(
            PublicCardSchema().dumps(public_register.read(session, business), ensure_ascii=False),
            content_type="application/json",
            headers={"Vary": "Accept"},
        )
        return answer
    here = Resource.of(business.business_id, places=[place(business)])
    if actor is not None and request.args.get("view") != "public" and may(actor, "card.read", here):
        return redirect(url_for("cards.show_card", business=business.business_id))
    kind, words_of = VERDICTS[business.status]
    card = public_register.read(session, business)
    page = render_template(
        "public/card.html",
        card=card,
        stopped=card["stopped"] if business.status == "active" else None,
        kind=kind,
        meaning=words_of,
        kinds=words.BUSINESS_KINDS,
        site_kinds=words.SITE_KINDS,
        zone_kinds=words.ZONE_KINDS,
        temperatures=words.TEMPERATURE_CLASSES,
        here_url=url_for("public_register.show_card", card_no=business.card_no),
        signed_in=actor is not None,
    )
    response = Response(with_own_icons(page))
    response.headers["Vary"] = "Accept"
    return response


def _shown(typed: str) -> str:
    """Return what was typed as it may stand on a page: short, without what can't be seen."""
    return "".join(character for character in typed if character.isprintable())[: limits.CODE_CHARS]
