"""Pages of dispatch and receipt. They call the services that the API calls."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may, relation, scope
from coldchain.batches import pages_goods
from coldchain.batches import pages_words as goods_words
from coldchain.core import problems
from coldchain.core.edge import edge
from coldchain.core.errors import DomainError, NotFound
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, change_lines, copy, load, new_once, once, refusal
from coldchain.journal import receipts
from coldchain.journal import words as journal_words
from coldchain.registry import service as registry
from coldchain.registry.models import Business
from coldchain.trade import pages_dispatch as dispatch_form
from coldchain.trade import pages_words as words
from coldchain.trade import schemas, service, states
from coldchain.trade.models import CONSIGNMENT_STATES, Consignment
from coldchain.trade.pages_dispatch import LABELS, LINES
from coldchain.trade.service import reading

bp = Blueprint("trade_pages", __name__)

PAGE_ROWS: Final = 20
SITES_SHOWN: Final = 200
REFUSED_LINES: Final = ("missing", "holds", "available")
ANSWER_LABELS: Final = {"zone_id": _l("Into which zone"), "reason": _l("Reason")}


@bp.get("/consignments")
@edge("trade.read")
def list_consignments(session: Session, actor: Actor) -> Any:
    """List the consignments that the reader may see, newest first."""
    asked = {name: text for name, text in request.args.items() if name in {"cursor", "direction", "state"}}
    query = load(schemas.ConsignmentQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    items, following = service.search(session, actor, **query)
    return render_template(
        "trade/consignments.html",
        items=items,
        following=following,
        query=query,
        counts=service.count_by_state(session, actor, query["direction"]),
        states=CONSIGNMENT_STATES,
        directions=words.DIRECTIONS,
        own=actor.business_id,
        may_dispatch=relation(actor, "trade.dispatch") is not None and actor.business_id is not None,
    )


def _owner(session: Session, actor: Actor, ref: str) -> Business:
    """Return whose goods are sent: the reader's own, or the business that an officer names. Raises NotFound."""
    if actor.business_id is not None:
        return registry.find_business(session, actor.business_id)
    if not ref:
        raise NotFound
    return registry.find_business(session, ref)


@bp.get("/consignments/new")
@edge("trade.dispatch")
def new_consignment(session: Session, actor: Actor) -> Any:
    """Show the form of a dispatch from one zone; `batch_id` fills in the first line."""
    form: Form = Form({"handover": dispatch_form.handovers()[0]})
    form["from_zone_id"] = request.args.get("zone_id", "")
    form[f"{LINES}-0-batch_id"] = request.args.get("batch_id", "")
    if actor.business_id is None:
        form["owner"] = request.args.get("owner", "")
    return _dispatch_page(session, actor, form, {})


@bp.post("/consignments/new")
@edge("trade.dispatch")
def new_consignment_submit(session: Session, actor: Actor) -> Any:
    """Send the goods and go to the consignment; a refusal says what each line lacks, and keeps what was typed."""
    form, count, pressed = change_lines(request.form, LINES)
    if pressed or "_find" in form:
        form.poplist("_find")
        return _dispatch_page(session, actor, form, {}, count=count)
    owner = _owner(session, actor, form.get("owner", ""))
    zones = pages_goods.uuids([form.get("from_zone_id", "")])
    listed = dispatch_form.offers(session, owner, zones[0], _wanted(form)) if zones else []

    def act() -> str:
        made = service.dispatch(
            session, actor, **load(schemas.DispatchSchema(), dispatch_form.for_schema(form, listed))
        )
        flash(_("Sent. Consignment %(number)s", number=made["consignment_no"]), "success")
        for text in (warning["message"] for warning in made["warnings"]):
            flash(_(text), "message")
        return url_for("trade_pages.show_consignment", consignment_id=made["consignment_id"])

    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        errors, status = refusal(error, LABELS)
        refused = None
        if isinstance(error, DomainError) and any(name in error.extra for name in REFUSED_LINES):
            refused, errors = problems.problem(error), {}
            if error.code == "insufficient_stock":
                refused["detail"] = _("There is not enough in stock.")  # how much, each line says in pieces
            refused["lines"] = dispatch_form.explained(error, listed, _wanted(form))
        return _dispatch_page(session, actor, form, dispatch_form.on_page(errors, form), status, refused)


def _wanted(form: Form) -> list[UUID]:
    count = change_lines(form, LINES)[1]
    return pages_goods.uuids(form.get(f"{LINES}-{index}-batch_id", "") for index in range(count))


def _dispatch_page(
    session: Session,
    actor: Actor,
    form: Form,
    errors: dict[str, str],
    status: int = 200,
    refused: dict[str, Any] | None = None,
    count: int = 0,
) -> Response:
    owner = _owner(session, actor, form.get("owner", ""))
    places = dispatch_form.places(session, actor, owner)
    by_id = {str(zone.zone_id): (zone, site) for zone, site in places}
    if form.get("from_zone_id", "") not in by_id and places:
        form["from_zone_id"] = str(places[0][0].zone_id)
    here = by_id.get(form.get("from_zone_id", ""))
    listed = dispatch_form.offers(session, owner, here[0].zone_id, _wanted(form)) if here else []
    page = render_template(
        "trade/dispatch.html",
        values=form,
        errors=errors,
        refused=refused,
        labels=LABELS,
        owner=owner,
        on_behalf=actor.business_id is None,
        places=[(zone_id, dispatch_form.place_text(*found)) for zone_id, found in by_id.items()],
        here=here,
        offers=[(str(offer.batch.batch_id), offer.text) for offer in listed],
        lines=range(count or change_lines(form, LINES)[1]),
        found=dispatch_form.receivers(session, actor, form.get("_receiver", ""), form.get("to-business", "")),
        handovers=goods_words.tiles(words.HANDOVERS, dispatch_form.handovers()),
        words=goods_words,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.get("/consignments/receivers")
@edge("trade.dispatch")
def find_receivers(session: Session, actor: Actor) -> Any:
    """Return the part of the form that lists receivers, while a name or a number is typed."""
    found = dispatch_form.receivers(session, actor, request.args.get("_receiver", ""))
    return render_template("trade/_receivers.html", found=found, errors={})


def _shown(session: Session, actor: Actor, consignment_id: UUID) -> dict[str, Any]:
    """Return what every page about one consignment shows, and which answers the reader may give."""
    consignment = service.get(session, actor, consignment_id)
    involved = reading.involved(session, session.get_one(Consignment, consignment_id))
    to = consignment["to"]["business"]
    answering = Resource.of(to.business_id if to else None, regions=[involved.answering_region])
    answers = may(actor, "trade.answer", answering)
    return {
        "consignment": consignment,
        "products": registry.products(session, [line["product"]["product_id"] for line in consignment["lines"]]),
        "zones": registry.zones(session, [consignment["from_zone_id"], consignment["to_zone_id"]]),
        "may_confirm": answers and to is not None and states.may_become(consignment["state"], states.CONFIRMED),
        "may_reject": answers and states.may_become(consignment["state"], states.REJECTED),
        "may_read_sender": may(
            actor, "batch.read", Resource.of(consignment["owner"].business_id, regions=[involved.answering_region])
        ),
        "words": goods_words,
        "handovers": words.HANDOVERS,
        "own": actor.business_id,
    }


@bp.get("/consignments/<uuid:consignment_id>")
@edge("trade.read")
def show_consignment(session: Session, actor: Actor, consignment_id: UUID) -> Any:
    """Show one consignment with its state, its goods, and what may be answered."""
    shown = _shown(session, actor, consignment_id)
    facts = receipts.of_subject(session, scope(actor, "journal.read"), consignment_id, journal_words.CONSIGNMENT)
    return render_template("trade/consignment.html", receipts=journal_words.lines(facts), **shown)


@bp.route("/consignments/<uuid:consignment_id>/confirm", methods=["GET", "POST"])
@edge("trade.answer")
def confirm_consignment(session: Session, actor: Actor, consignment_id: UUID) -> Any:
    """Show what came and ask for its zone, or put it there."""
    shown = _shown(session, actor, consignment_id)
    if not shown["may_confirm"]:
        return render_template("trade/answered.html", **shown), 409
    receiver_id = shown["consignment"]["to"]["business"].business_id
    sites, _more = registry.search_sites(session, actor, business=str(receiver_id), limit=SITES_SHOWN)
    zones = [
        (str(zone.zone_id), dispatch_form.place_text(zone, zone_site)) for zone, zone_site in _zones(session, sites)
    ]

    def act(form: Form) -> str:
        service.confirm(session, actor, consignment_id, **load(schemas.ConfirmSchema(), form))
        flash(_("Receipt is confirmed. The goods are in your books."), "success")
        return url_for("trade_pages.show_consignment", consignment_id=consignment_id)

    return _answer(session, actor, "trade/confirm.html", act, shown | {"choices": zones})


def _zones(session: Session, sites: list[dict[str, Any]]) -> list[tuple[Any, Any]]:
    known = registry.sites(session, [site["site_id"] for site in sites])
    return [(zone, known[site["site_id"]]) for site in sites for zone in site["zones"]]


@bp.route("/consignments/<uuid:consignment_id>/reject", methods=["GET", "POST"])
@edge("trade.answer")
def reject_consignment(session: Session, actor: Actor, consignment_id: UUID) -> Any:
    """Ask why goods go back, or send them back."""
    shown = _shown(session, actor, consignment_id)
    if not shown["may_reject"]:
        return render_template("trade/answered.html", **shown), 409

    def act(form: Form) -> str:
        service.reject(session, actor, consignment_id, **load(schemas.RejectConsignmentSchema(), form))
        flash(_("The goods are sent back to where they came from."), "success")
        return url_for("trade_pages.show_consignment", consignment_id=consignment_id)

    return _answer(session, actor, "trade/reject.html", act, shown)


def _answer(session: Session, actor: Actor, template: str, act: Any, shown: dict[str, Any]) -> Any:
    form = copy(request.form)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        try:
            return once(session, actor.user_id, form, lambda: act(form))
        except REFUSALS as error:
            errors, status = refusal(error, ANSWER_LABELS)
    elif len(shown.get("choices", ())) == 1:
        form["zone_id"] = shown["choices"][0][0]
    page = render_template(
        template, values=form, errors=errors, labels=ANSWER_LABELS, once=form.get("_once") or new_once(), **shown
    )
    return Response(page, status)
