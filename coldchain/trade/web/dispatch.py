"""Sending goods: the form, what was refused and why, and the receivers that a few characters find."""

from typing import Any, Final
from uuid import UUID

from flask import Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import pages_goods
from coldchain.batches import pages_words as goods_words
from coldchain.core import problems
from coldchain.core.edge import edge
from coldchain.core.errors import DomainError, NotFound
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, change_lines, load, new_once, once, refusal
from coldchain.registry import service as registry
from coldchain.registry.models import Business
from coldchain.trade import pages_dispatch as dispatch_form
from coldchain.trade import pages_words as words
from coldchain.trade import schemas, service
from coldchain.trade.pages_dispatch import LABELS, LINES
from coldchain.trade.service import consents
from coldchain.trade.web.blueprint import bp

REFUSED_LINES: Final = ("missing", "holds", "available")


def _owner(session: Session, actor: Actor, ref: str) -> Business:
    """Return whose goods are sent: the reader's own, one's who agreed, one's for whom an officer acts. Or NotFound."""
    if actor.business_id is not None and ref in {"", str(actor.business_id)}:
        return registry.find_business(session, actor.business_id)
    if not ref:
        raise NotFound
    owner = registry.find_business(session, ref)
    if actor.business_id is not None and not consents.stands(session, owner.business_id, actor.business_id):
        raise NotFound
    return owner


@bp.get("/consignments/new")
@edge("trade.dispatch")
def new_consignment(session: Session, actor: Actor) -> Any:
    """Show the form of a dispatch from one zone; `batch_id` or what `find` finds fills in the first line."""
    form: Form = Form({"handover": dispatch_form.handovers()[0]})
    form["from_zone_id"] = request.args.get("zone_id", "")
    form[f"{LINES}-0-batch_id"] = request.args.get("batch_id", "")
    form["owner"] = request.args.get("owner", "")
    form[f"_{LINES}-0-find"] = request.args.get("find", "")
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
    places = dispatch_form.places(session, actor, owner)
    zones = [zone.zone_id for zone, _site in places if str(zone.zone_id) == form.get("from_zone_id")]
    listed = dispatch_form.offers(session, owner, zones[0], _wanted(form)) if zones else []

    def act() -> str:
        made = service.dispatch(
            session, actor, **load(schemas.DispatchSchema(), dispatch_form.for_schema(form, listed))
        )
        flash(_("Sent. Consignment %(number)s", number=made["consignment_no"]), "success")
        for warning in made["warnings"]:
            flash(problems.said(warning["message"], warning.get("params", {})), "message")
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
    shown = count or change_lines(form, LINES)[1]
    page = render_template(
        "trade/dispatch.html",
        values=form,
        errors=errors,
        refused=refused,
        labels=LABELS,
        owner=owner,
        on_behalf=owner.business_id != actor.business_id,
        places=[(zone_id, dispatch_form.place_text(*found)) for zone_id, found in by_id.items()],
        here=here,
        offered=dispatch_form.lines_of(session, owner, here[0].zone_id, form, shown) if here else [],
        found=dispatch_form.receivers(session, actor, form.get("_receiver", ""), form.get("to-business", "")),
        handovers=goods_words.tiles(words.HANDOVERS, dispatch_form.handovers()),
        words=goods_words,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.get("/consignments/goods")
@edge("trade.dispatch")
def find_goods(session: Session, actor: Actor) -> Any:
    """Return the part of a line that lists the batches of a zone, while some characters are typed."""
    owner = _owner(session, actor, request.args.get("owner", ""))
    places = dispatch_form.places(session, actor, owner)
    zone_id = next((zone.zone_id for zone, _s in places if str(zone.zone_id) == request.args.get("zone_id")), None)
    for name, text in request.args.items():
        line = dispatch_form.FIND.fullmatch(name)
        if line and zone_id is not None:
            found = dispatch_form.found_goods(session, owner, zone_id, text)
            return render_template("trade/_offers.html", found=found, index=int(line[1]), errors={})
    raise NotFound


@bp.get("/consignments/receivers")
@edge("trade.dispatch")
def find_receivers(session: Session, actor: Actor) -> Any:
    """Return the part of the form that lists receivers, while a name or a number is typed."""
    found = dispatch_form.receivers(session, actor, request.args.get("_receiver", ""))
    return render_template("trade/_receivers.html", found=found, errors={})
