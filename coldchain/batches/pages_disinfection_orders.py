"""Pages of orders to disinfection services: asking, the list, one order, the service's own act with its certificate."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import pages_words as words
from coldchain.batches import service
from coldchain.batches.models import BASES, Batch
from coldchain.batches.models_disinfection import ORDER_STATES
from coldchain.batches.pages_blueprint import PAGE_ROWS, bp
from coldchain.batches.pages_papers import (
    TREATMENT_LABELS,
    agent_choices,
    back_of,
    levels_of,
    protocol_rows,
    subject_of,
    target_of,
)
from coldchain.batches.reach import visible_batches
from coldchain.batches.schemas.disinfection_orders import (
    DisinfectionOrderQuery,
    DisinfectionOrderRegistrationSchema,
    OrderedTreatmentSchema,
)
from coldchain.batches.service import disinfection_orders, ordered_disinfections
from coldchain.core import clock, pages
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import LazyText, ngettext
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.registry import service as registry
from config import Settings

SERVICES_SHOWN: Final = 200
ORDER_LABELS: Final[dict[str, LazyText]] = {"service": _l("Disinfection service"), "note": _l("For the service")}
DONE_LABELS: Final[dict[str, LazyText]] = TREATMENT_LABELS | {
    "certificate": _l("The certificate"),
    "certificate_no": _l("Number of the certificate"),
    "valid_to": _l("Valid until"),
}


def goods_words(order: Mapping[str, Any]) -> str:
    """Return what an order is about in one line: its first product and how many more batches."""
    first = order["goods"][0]
    name = words.product_name({"name": first["product"], "name_en": first["product_en"] or first["product"]})
    more = len(order["goods"]) - 1
    return name if not more else _(", ").join([name, ngettext("and %(num)s more", "and %(num)s more", more)])


@bp.route("/batches/<uuid:batch_id>/disinfection-orders/new", methods=["GET", "POST"])
@bp.route("/arrivals/<uuid:arrival_id>/disinfection-orders/new", methods=["GET", "POST"])
@edge("evidence.register")
def new_disinfection_order(
    session: Session, actor: Actor, batch_id: UUID | None = None, arrival_id: UUID | None = None
) -> Any:
    """Show or take the form that asks a service."""
    target = target_of(session, actor, batch_id, arrival_id)
    form, status = copy(request.form), 200
    errors: dict[str, str] = {}

    def act() -> str:
        told = load(DisinfectionOrderRegistrationSchema(), form) | subject_of(target, form.get("_level", "batch"))
        made = disinfection_orders.make(session, actor, **told)
        flash(_("Asked: %(service)s", service=made["service"].name), "success")
        return url_for("batches_pages.show_disinfection_order", order_id=made["order_id"])

    if request.method == "POST":
        try:
            return once(session, actor.user_id, form, act)
        except REFUSALS as error:
            errors, status = refusal(error, ORDER_LABELS)
    else:
        form = Form({"_level": "batch"})
    services, _following = registry.search_businesses(
        session, actor, kind=disinfection_orders.SERVICE, status="active", limit=SERVICES_SHOWN
    )
    page = render_template(
        "batches/disinfection_order_new.html",
        values=form,
        errors=errors,
        labels=ORDER_LABELS,
        services=[(str(each["business_id"]), each["name"]) for each in services],
        levels=levels_of(target),
        back=back_of(target),
        once=form.get("_once") or new_once(),
        words=words,
        **target,
    )
    return Response(page, status)


@bp.get("/disinfection-orders")
@edge("disinfection_order.read")
def list_disinfection_orders(session: Session, actor: Actor) -> Any:
    """List the orders that the reader's business made or is asked, or that are for goods of the reader's area."""
    state = request.args.get("state")
    asked = {"cursor": request.args.get("cursor", ""), "state": state if state in ORDER_STATES else ""}
    query = load(DisinfectionOrderQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    items, following = disinfection_orders.search(session, actor, **query)
    return render_template(
        "batches/disinfection_orders.html",
        items=items,
        following=following,
        state=query["state"],
        chips=words.ORDER_CHIPS,
        goods_words=goods_words,
    )


@bp.get("/disinfection-orders/<uuid:order_id>")
@edge("disinfection_order.read")
def show_disinfection_order(session: Session, actor: Actor, order_id: UUID) -> Any:
    """Show one order with what was done for it."""
    return _order_page(session, actor, order_id, {}, 200)


def _order_page(session: Session, actor: Actor, order_id: UUID, errors: dict[str, str], status: int) -> Any:
    order = disinfection_orders.read(session, actor, order_id)
    listed = [each["batch_id"] for each in order["goods"]]
    seen = select(Batch.batch_id).where(col(Batch.batch_id).in_(listed), visible_batches(actor))
    readable = set(session.exec(seen)) == set(listed)
    page = render_template(
        "batches/disinfection_order.html",
        order=order,
        errors=errors,
        readable=readable,
        may_do=order["state"] != "withdrawn" and _asked(actor, order),
        may_withdraw=order["state"] == "open" and _may_withdraw(session, actor, order),
        protocol_states=words.PROTOCOL_STATES,
        chips=words.ORDER_CHIPS,
        once=new_once(),
        words=words,
    )
    return Response(page, status)


def _asked(actor: Actor, order: Mapping[str, Any]) -> bool:
    """Say whether an order asks the reader's own business."""
    may = relation(actor, disinfection_orders.DO) is not None
    return may and actor.business_id == order["service"].business_id


def _may_withdraw(session: Session, actor: Actor, order: Mapping[str, Any]) -> bool:
    if relation(actor, disinfection_orders.MAKE) is None:
        return False
    try:
        service.find_target(
            session, actor, disinfection_orders.MAKE, arrival_id=order["arrival_id"], batch_id=order["batch_id"]
        )
    except NotFound:
        return False
    return True


@bp.post("/disinfection-orders/<uuid:order_id>/withdraw")
@edge("evidence.register")
def withdraw_disinfection_order(session: Session, actor: Actor, order_id: UUID) -> Any:
    """Take an order back."""

    def act() -> str:
        disinfection_orders.withdraw(session, actor, order_id)
        flash(_("The order is taken back."), "success")
        return url_for("batches_pages.show_disinfection_order", order_id=order_id)

    disinfection_orders.find(session, actor, order_id)
    try:
        return once(session, actor.user_id, copy(request.form), act)
    except NotFound:
        raise
    except REFUSALS as error:
        return _order_page(session, actor, order_id, *refusal(error))


@bp.route("/disinfection-orders/<uuid:order_id>/disinfections/new", methods=["GET", "POST"])
@edge("disinfection_order.do")
def new_ordered_disinfection(session: Session, actor: Actor, order_id: UUID) -> Any:
    """Show or take what the reader's business did for an order."""
    seen = disinfection_orders.work_visible(actor)
    order = disinfection_orders.describe(session, [disinfection_orders.find(session, actor, order_id, seen)])[0]
    here = url_for("batches_pages.show_disinfection_order", order_id=order_id)
    form, status = copy(request.form), 200
    errors: dict[str, str] = {}

    def act() -> str:
        data = load(OrderedTreatmentSchema(), form) | {"certificate": form.get("certificate") == "true"}
        settings: Settings = current_app.config["SETTINGS"]
        record = ordered_disinfections.enter(session, actor, order_id, var_dir=settings.var_dir, **data)
        said = [str(words.PROTOCOL_STATES[record["protocol_state"]])]
        if record["certificate"]:
            said.append(_("Certificate %(number)s", number=record["certificate"]["number"]))
        flash(_("Entered. %(state)s", state=_(", ").join(said)), "success")
        return here

    if request.method == "POST":
        try:
            return once(session, actor.user_id, form, act)
        except REFUSALS as error:
            errors, status = refusal(error, DONE_LABELS)
    elif order["state"] == "withdrawn":
        return redirect(here)
    else:
        form = _blank(order)
    page = render_template(
        "batches/disinfection_order_do.html",
        order=order,
        values=form,
        errors=errors,
        labels=DONE_LABELS,
        agents=agent_choices(),
        bases=words.tiles(words.BASES, reversed(BASES)),
        protocols=protocol_rows(session, order["site"]["region_code"]),
        once=form.get("_once") or new_once(),
        words=words,
    )
    return Response(page, status)


def _blank(order: Mapping[str, Any]) -> Form:
    """Return the form as it is opened: now, the outer packs of all of it, where the goods lie, with a certificate."""
    return Form(
        {
            "occurred_at": pages.form_moment(clock.now()), "object": _("Outer packs"), "basis": "whole_batch",
            "place": order["site"]["name"], "certificate": "true",
        }
    )  # fmt: skip
