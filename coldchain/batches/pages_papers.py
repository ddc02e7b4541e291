"""Forms that add a paper or a disinfection to an arrival with all its batches, or to one batch."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from flask import Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import declarations, schemas, service
from coldchain.batches import pages_kept_files as kept_files
from coldchain.batches import pages_words as words
from coldchain.batches.models import BASES
from coldchain.batches.pages_blueprint import bp
from coldchain.core import clock, pages
from coldchain.core.edge import edge
from coldchain.core.errors import Invalid, NotFound
from coldchain.core.fields import Schema
from coldchain.core.i18n import LazyText, current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.policy import service as policy
from coldchain.policy import vocabulary
from coldchain.regions import service as regions

PAPER_LABELS: Final[dict[str, LazyText]] = {
    "kind": _l("Kind of paper"),
    "number": _l("Number of the paper"),
    "issuer": _l("Issuer"),
    "issued_on": _l("Issued on"),
    "valid_to": _l("Valid until"),
    "quantity_units": _l("Quantity on the paper"),
    "file": _l("Photograph or PDF of the paper"),
    "replaces": _l("In place of"),
}
DECLARATION: Final = "customs_declaration"
FILE_FIELDS: Final = (kept_files.KEPT, kept_files.BAD)
TREATMENT_LABELS: Final[dict[str, LazyText]] = {
    "occurred_at": _l("Disinfected at"),
    "performed_by": _l("Disinfected by"),
    "place": _l("Place"),
    "object": _l("What was disinfected"),
    "agent": _l("Agent"),
    "additives": _l("Additives"),
    "concentration_mg_per_l": _l("Concentration"),
    "contact_min": _l("Contact time"),
    "volume_ml_per_m2": _l("Volume"),
    "ambient_temperature_c": _l("Ambient temperature"),
    "basis": _l("Which pieces"),
    "piece_from": _l("First piece"),
    "piece_to": _l("Last piece"),
}


def target_of(session: Session, actor: Actor, batch_id: UUID | None, arrival_id: UUID | None) -> dict[str, Any]:
    """Return what a form is about: a batch with the arrival that it came with (None: not the reader's), an arrival.

    Whoever may read it and not add to it gets no form: raises NotFound.
    """
    found = service.find_target(session, actor, "evidence.register", arrival_id=arrival_id, batch_id=batch_id)
    if batch_id is None:
        whole = service.read_arrival(session, actor, arrival_id or UUID(int=0))
        return {"batch": None, "arrival": whole, "region_code": found.region_code}
    batch = service.read_batch(session, actor, batch_id)
    arrival = None
    if actor.business_id in {None, batch["owner"]["business_id"]}:
        try:
            arrival = service.read_arrival(session, actor, batch["arrival_id"])
        except NotFound:
            arrival = None
    return {"batch": batch, "arrival": arrival, "region_code": found.region_code}


def levels_of(target: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the choice between one batch and its whole arrival, where there is one."""
    batch, arrival = target["batch"], target["arrival"]
    if batch is None or arrival is None or len(arrival["batches"]) == 1:
        return []
    whole = _(
        "All %(count)s batches of arrival %(number)s", count=len(arrival["batches"]), number=arrival["arrival_no"]
    )
    return [{"value": "arrival", "text": whole}, {"value": "batch", "text": _("Only this batch")}]


def subject_of(target: Mapping[str, Any], level: str) -> dict[str, UUID]:
    """Return what the service is to enter the fact for."""
    batch, arrival = target["batch"], target["arrival"]
    if batch is None or (level == "arrival" and arrival is not None):
        return {"arrival_id": arrival["arrival_id"]}
    return {"batch_id": batch["batch_id"]}


def back_of(target: Mapping[str, Any]) -> str:
    if target["batch"] is None:
        return url_for("batches_pages.show_arrival", arrival_id=target["arrival"]["arrival_id"])
    return f"/batches/{target['batch']['batch_id']}"


def _page(template: str, target: dict[str, Any], form: Form, errors: dict[str, str], status: int, **more: Any) -> Any:
    page = render_template(
        template,
        values=form,
        errors=errors,
        levels=levels_of(target),
        back=back_of(target),
        once=form.get("_once") or new_once(),
        words=words,
        **target,
        **more,
    )
    return Response(page, status)


def _submitted(
    session: Session,
    actor: Actor,
    target: dict[str, Any],
    schema: Schema,
    labels: Mapping[str, LazyText],
    enter: Callable[[dict[str, Any]], str],
    show: Callable[[Form, dict[str, str], int], Any],
    read: Callable[[Schema, Form], dict[str, Any]] = load,
    sent: Form | None = None,
) -> Any:
    """Load the form, enter it once and go back to what it is about; what is refused is shown with the form."""
    form = copy(request.form) if sent is None else sent

    def act() -> str:
        data = read(schema, form)
        flash(enter(data | subject_of(target, form.get("_level", "batch"))), "success")
        return back_of(target)

    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        return show(form, *refusal(error, labels))


@bp.route("/batches/<uuid:batch_id>/evidence/new", methods=["GET", "POST"])
@bp.route("/arrivals/<uuid:arrival_id>/evidence/new", methods=["GET", "POST"])
@edge("evidence.register")
def new_evidence(session: Session, actor: Actor, batch_id: UUID | None = None, arrival_id: UUID | None = None) -> Any:
    """Show or take the form of one paper."""
    target = target_of(session, actor, batch_id, arrival_id)

    def show(form: Form, errors: dict[str, str], status: int) -> Any:
        return _page(
            "batches/evidence_new.html",
            target,
            form,
            dict(kept_files.refused(form)) | errors,
            status,
            labels=PAPER_LABELS,
            kinds=[(code, words.said(word)) for code, word in vocabulary.evidence_kinds().items()],
            replaced=_replaced(session, actor, form.get("replaces", "")),
            kept=kept_files.shown(session, actor, form),
        )

    def read(schema: Schema, form: Form) -> dict[str, Any]:
        fields: Form = Form((name, text) for name, text in form.items(multi=True) if name not in FILE_FIELDS)
        if fields.get("kind") == DECLARATION and not fields.get("number", "").strip():
            fields["number"] = _declaration_no(target)
        loaded = load(schema, fields)
        for name, text in kept_files.refused(form):
            raise Invalid.of(f"/{name}", "file_refused", text)
        file = kept_files.find(session, actor, form)
        return loaded | {"file_id": file.file_id if file else None}

    def enter(data: dict[str, Any]) -> str:
        service.register_evidence(session, actor, **data)
        said = {"kind": words.evidence_kind(data["kind"]), "number": data["number"]}
        own = _declaration_no(target)
        if data["kind"] == DECLARATION and declarations.differing(own, [data["number"]]):
            return _("Entered: %(kind)s %(number)s. The delivery says %(own)s: two declaration numbers differ, to be "
                     "checked.", own=own, **said)  # fmt: skip
        return _("Entered: %(kind)s %(number)s", **said)

    if request.method == "GET":
        kind = request.args.get("kind", "")
        form: Form = Form({"kind": kind if kind in vocabulary.evidence_kinds() else "", "_level": "arrival"})
        if kind == DECLARATION:
            form["number"] = _declaration_no(target)
        former = _replaced(session, actor, request.args.get("replaces", ""))
        if former is not None:
            form["replaces"], form["issuer"] = str(former["evidence_id"]), former["issuer"]
        return show(form, {}, 200)
    sent = copy(request.form)
    kept_files.take(session, actor, sent, request.files)
    schema = schemas.EvidenceRegistrationSchema()
    return _submitted(session, actor, target, schema, PAPER_LABELS, enter, show, read, sent)


def _declaration_no(target: Mapping[str, Any]) -> str:
    """Return the number of the declaration that the goods came with, as far as it was typed with them."""
    known = target["arrival"] or target["batch"]
    return known["customs_declaration_no"] or ""


def _replaced(session: Session, actor: Actor, evidence_id: str) -> dict[str, Any] | None:
    """Return the paper that a new one is to replace. Raises NotFound for one that the reader may not see."""
    if not evidence_id:
        return None
    try:
        wanted = UUID(evidence_id)
    except ValueError as error:
        raise NotFound from error
    return service.read_paper(session, actor, wanted)


@bp.route("/batches/<uuid:batch_id>/disinfections/new", methods=["GET", "POST"])
@bp.route("/arrivals/<uuid:arrival_id>/disinfections/new", methods=["GET", "POST"])
@edge("evidence.register")
def new_disinfection(
    session: Session, actor: Actor, batch_id: UUID | None = None, arrival_id: UUID | None = None
) -> Any:
    """Show or take the form of one disinfection record, with the protocols that count at each temperature."""
    target = target_of(session, actor, batch_id, arrival_id)

    def show(form: Form, errors: dict[str, str], status: int) -> Any:
        return _page(
            "batches/disinfection_new.html",
            target,
            form,
            errors,
            status,
            labels=TREATMENT_LABELS,
            agents=agent_choices(),
            bases=words.tiles(words.BASES, reversed(BASES) if target["batch"] else ("whole_batch",)),
            protocols=protocol_rows(session, target["region_code"]),
        )

    def enter(data: dict[str, Any]) -> str:
        record = service.register_disinfection(session, actor, **data)
        return _("Entered. %(state)s", state=words.PROTOCOL_STATES[record["protocol_state"]])

    if request.method == "GET":
        return show(_blank_treatment(target), {}, 200)
    return _submitted(session, actor, target, schemas.DisinfectionRegistrationSchema(), TREATMENT_LABELS, enter, show)


def agent_choices() -> list[tuple[str, str]]:
    """Return the disinfectants that a form offers."""
    return [(code, words.said(word)) for code, word in vocabulary.agents().items()]


def protocol_rows(session: Session, region_code: str) -> list[dict[str, str]]:
    """Return the protocols of today in a region in the reader's language, each with its source."""
    name = "name_zh" if current_locale() == "zh_CN" else "name_en"
    rows = policy.protocols(session, region_code, regions.today())
    return [{"name": getattr(row, name), "source": row.source} for row in rows]


def _blank_treatment(target: Mapping[str, Any]) -> Form:
    """Return the form as it is opened: now, the outer packs; for a batch the first pieces that are asked for."""
    form: Form = Form(
        {
            "occurred_at": pages.form_moment(clock.now()),
            "object": _("Outer packs"),
            "basis": "whole_batch",
            "_level": "batch",
        }
    )
    first, last = request.args.get("piece_from", ""), request.args.get("piece_to", "")
    if target["batch"] is not None and first.isdecimal() and last.isdecimal():
        form["basis"], form["piece_from"], form["piece_to"] = "declared_range", first, last
    return form
