"""Pages of what becomes of an arrival: taking it in, withdrawing it, correcting it, adding photographs of the paper."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from flask import Response, current_app, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import pages_goods, schemas, service
from coldchain.batches import pages_words as words
from coldchain.batches.pages_arrival_form import LABELS, zone_texts
from coldchain.batches.pages_blueprint import bp
from coldchain.core import clock, pages
from coldchain.core.edge import edge
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.core.uploads import Handed
from coldchain.registry import service as registry
from config import Settings

ACT_LABELS: Final[dict[str, LazyText]] = {
    "reason": _l("Reason"),
    "file": _l("Photograph of the paper"),
    **LABELS,
}
HEAD: Final = ("container_no", "seal_no", "customs_declaration_no", "vehicle_plate")


def _page(template: str, session: Session, actor: Actor, arrival_id: UUID, form: Form, errors: dict[str, str],
          status: int, **more: Any) -> Response:  # fmt: skip
    arrival = more.pop("arrival", None) or service.read_arrival(session, actor, arrival_id)
    site = registry.site(session, arrival["site_id"])
    page = render_template(
        template,
        arrival=arrival,
        site=site,
        zones=registry.zones(session, [batch["zone_id"] for batch in arrival["batches"]]),
        values=form,
        errors=errors,
        labels=ACT_LABELS,
        words=words,
        once=form.get("_once") or new_once(),
        **more,
    )
    return Response(page, status)


def _submitted(
    session: Session, actor: Actor, arrival_id: UUID, form: Form, act: Callable[[], str],
    show: Callable[[dict[str, str], int], Any],
) -> Any:  # fmt: skip
    """Do an act once and go back to the arrival; what is refused is shown with the form."""

    def done() -> str:
        flash(act(), "success")
        return url_for("batches_pages.show_arrival", arrival_id=arrival_id)

    try:
        return once(session, actor.user_id, form, done)
    except REFUSALS as error:
        return show(*refusal(error, ACT_LABELS))


@bp.route("/arrivals/<uuid:arrival_id>/intake", methods=["GET", "POST"])
@edge("arrival.register")
def take_in(session: Session, actor: Actor, arrival_id: UUID) -> Any:
    """Ask what really came of a declared arrival, or book it."""
    service.grasp(session, actor, arrival_id, "arrival.register")
    arrival = service.read_arrival(session, actor, arrival_id)
    site = registry.site(session, arrival["site_id"])
    zones = zone_texts([{"name": site.name, "zones": registry.zones_of_sites(session, [site.site_id])[site.site_id]}])

    def show(form: Form, errors: dict[str, str], status: int) -> Any:
        return _page("batches/arrival_intake.html", session, actor, arrival_id, form,
                     pages_goods.at_pieces(errors, "lines", form), status, arrival=arrival,
                     zone_options=[(zone.zone_id, text) for zone, text in zones])  # fmt: skip

    if request.method == "GET":
        form = Form({"arrived_at": pages.form_moment(clock.now())})
        form |= {name: arrival[name] for name in HEAD if arrival[name]}
        for index, batch in enumerate(arrival["batches"]):
            pieces, loose = divmod(batch["quantity_units"], batch["product"]["units_per_piece"])
            form[f"_lines-{index}-pieces"], form[f"_lines-{index}-loose"] = str(pieces), str(loose or "")
            form[f"lines-{index}-zone_id"] = str(batch["zone_id"])
        return show(form, {}, 200)
    form = copy(request.form)

    def act() -> str:
        fields = copy(form)
        sizes = {index: batch["product"]["units_per_piece"] for index, batch in enumerate(arrival["batches"])}
        pages_goods.fill_quantities(fields, "lines", sizes)
        for index, batch in enumerate(arrival["batches"]):
            fields[f"lines-{index}-batch_id"] = str(batch["batch_id"])
        said = Form((name, text) for name, text in fields.items(multi=True) if not name.startswith("_"))
        service.take_in(session, actor, arrival_id, **load(schemas.IntakeSchema(), said))
        return _("Taken in. What is missing next stands at each batch.")

    return _submitted(session, actor, arrival_id, form, act, lambda errors, status: show(form, errors, status))


@bp.route("/arrivals/<uuid:arrival_id>/withdraw", methods=["GET", "POST"])
@edge("arrival.correct")
def withdraw_arrival(session: Session, actor: Actor, arrival_id: UUID) -> Any:
    """Ask why an arrival is to be taken back, or withdraw it."""
    service.grasp(session, actor, arrival_id, "arrival.correct")
    form = copy(request.form)

    def show(errors: dict[str, str], status: int) -> Any:
        return _page("batches/arrival_withdraw.html", session, actor, arrival_id, form, errors, status)

    def act() -> str:
        service.withdraw_arrival(session, actor, arrival_id, **load(schemas.WithdrawalSchema(), form))
        return _("The arrival is withdrawn. It stays readable.")

    if request.method == "GET":
        return show({}, 200)
    return _submitted(session, actor, arrival_id, form, act, show)


@bp.route("/arrivals/<uuid:arrival_id>/correct", methods=["GET", "POST"])
@edge("arrival.correct")
def correct_arrival(session: Session, actor: Actor, arrival_id: UUID) -> Any:
    """Ask what is right of an arrival's numbers and its batches' numbers and dates, or append it."""
    service.grasp(session, actor, arrival_id, "arrival.correct")
    arrival = service.read_arrival(session, actor, arrival_id)
    form = copy(request.form) if request.method == "POST" else _as_it_stands(arrival)

    def show(errors: dict[str, str], status: int) -> Any:
        return _page("batches/arrival_correct.html", session, actor, arrival_id, form, errors, status, arrival=arrival)

    def act() -> str:
        fields = copy(form)
        for index, batch in enumerate(arrival["batches"]):
            fields[f"lines-{index}-batch_id"] = str(batch["batch_id"])
        service.correct_arrival(session, actor, arrival_id, **load(schemas.IdentityCorrectionRequestSchema(), fields))
        return _("Corrected. What was entered first stays readable, and notices find both.")

    if request.method == "GET":
        return show({}, 200)
    return _submitted(session, actor, arrival_id, form, act, show)


def _as_it_stands(arrival: Mapping[str, Any]) -> Form:
    form = Form({name: arrival[name] for name in HEAD if arrival[name]})
    for index, batch in enumerate(arrival["batches"]):
        for name in ("batch_no", "production_date", "expiry_date"):
            if batch[name] is not None:
                form[f"lines-{index}-{name}"] = str(batch[name])
    return form


@bp.route("/arrivals/<uuid:arrival_id>/vouchers/new", methods=["GET", "POST"])
@edge("evidence.register")
def new_voucher(session: Session, actor: Actor, arrival_id: UUID) -> Any:
    """Ask for a photograph of the paper that an arrival was entered from, or keep it."""
    service.grasp(session, actor, arrival_id, "evidence.register")
    form = copy(request.form)

    def show(errors: dict[str, str], status: int) -> Any:
        return _page("batches/voucher_new.html", session, actor, arrival_id, form, errors, status)

    def act() -> str:
        keep_voucher(session, actor, arrival_id)
        return _("The photograph is kept with the arrival.")

    if request.method == "GET":
        return show({}, 200)
    return _submitted(session, actor, arrival_id, form, act, show)


def keep_voucher(session: Session, actor: Actor, arrival_id: UUID) -> None:
    """Keep the photograph that the form in hand carries as `file`. Raises as the service, ValidationError."""
    settings: Settings = current_app.config["SETTINGS"]
    content: Handed = schemas.VoucherUploadSchema().load(request.files.to_dict())["file"]
    service.keep_voucher(session, actor, arrival_id, var_dir=settings.var_dir, content=content.content)
