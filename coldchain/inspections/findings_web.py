"""Pages of findings: the catalogue, a visit, what was found, answered and looked at again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize, may, relation
from coldchain.batches import flags, reach
from coldchain.batches.models import Batch
from coldchain.core import clock, limits, pages
from coldchain.core.batch_code import BATCH_CODE_SYMBOLS
from coldchain.core.check_code import normalise
from coldchain.core.edge import edge
from coldchain.core.errors import Invalid, NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, copy, filled, load, new_once, once, refusal, several
from coldchain.core.text import looked_for
from coldchain.core.uploads import Upload
from coldchain.inspections import enforcement, site_findings, visits, whom
from coldchain.inspections import findings_schemas as schemas
from coldchain.inspections import findings_words as words
from coldchain.inspections.models_findings import SHOWN_STATES
from coldchain.inspections.visits import Place
from coldchain.policy import findings as catalogue
from coldchain.policy.models_findings import FindingKind
from coldchain.regions import service as regions
from coldchain.registry import service as registry
from coldchain.registry.words import SITE_KINDS
from config import Settings

bp = Blueprint("findings_pages", __name__)
PAGE_ROWS: Final = 20
SITES_SHOWN: Final = 200


def var_dir() -> Any:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.var_dir


def _uploaded(name: str) -> bytes | None:
    """Return the file that came with a form, None when none was chosen. Raises Invalid `required`, `too_large`."""
    file = request.files.get(name)
    return Upload().deserialize(file, name).content if file is not None and file.filename else None


@bp.get("/finding-kinds")
@edge("finding_kind.read")
def show_catalogue(session: Session, actor: Actor) -> Any:
    """Show the catalogue of findings, with basis, sanction, days and source of each row."""
    lists = _lists(session, next(iter(actor.regions), None))
    codes = {row.region_code for rows in lists.values() for row in rows}
    names = regions.names(session, codes, current_locale())
    return render_template("inspections/catalogue.html", lists=lists, names=names, words=words)


def _lists(session: Session, region_code: str | None) -> dict[str, list[FindingKind]]:
    """Return the catalogue by list, those that hold in a region first."""
    lists: dict[str, list[FindingKind]] = {}
    for row in catalogue.catalogue(session, region_code):
        lists.setdefault(row.list_code, []).append(row)
    return lists


# --- a visit ---


def _asked(session: Session, actor: Actor, given: Any) -> dict[str, str]:
    """Return what an address or a form says of the place, filled up from its flag or its batch. Raises NotFound."""
    asked = {name: given[name] for name in ("business", "site_id", "flag_id", "batch_codes") if given.get(name)}
    try:
        if given.get("flag_id"):
            flag = flags.read(session, actor, UUID(given["flag_id"]))
            site_id = flag.data.get("site_id") if flag.data else None
            asked = {"business": str(flag.business_id or ""), "site_id": str(site_id or "")} | asked
            batch_id = flag.batch_id
        else:
            batch_id = UUID(given["batch"]) if given.get("batch") else None
    except ValueError as error:
        raise NotFound from error
    if batch_id is not None:
        seen = select(Batch).where(col(Batch.batch_id) == batch_id, reach.visible_batches(actor))
        batch = session.exec(seen).first()
        if batch is None:
            raise NotFound
        about = {"business": str(batch.owner_id), "site_id": str(batch.site_id), "batch_codes": batch.batch_code}
        asked = about | {name: text for name, text in asked.items() if text}
    return {name: text for name, text in asked.items() if text}


def _place(session: Session, asked: dict[str, str]) -> Place | None:
    """Return the place that is visited, None while none is named. Raises NotFound for one that isn't there."""
    if not asked.get("site_id") and not asked.get("business"):
        return None
    try:
        site_id = UUID(asked["site_id"]) if asked.get("site_id") else None
        return visits.place_of(session, site_id, asked.get("business"))
    except (Invalid, ValueError) as error:
        raise NotFound from error


@bp.get("/visits/new")
@edge("visit.record")
def new_visit(session: Session, actor: Actor) -> Any:
    """Show the form of a visit, about the business, site, flag or batch that the address names; else ask for one."""
    asked = _asked(session, actor, request.args)
    try:
        where = _place(session, asked)
    except NotFound:
        return _ask_business(session, actor, looked_for(request.args.get("business", ""), limits.SEARCH_CHARS))
    if where is None:
        return _ask_business(session, actor, "")
    return _visit_page(session, actor, where, Form(asked), {})


def _ask_business(session: Session, actor: Actor, typed: str) -> Any:
    """Ask who is visited; what is typed and is no code of theirs finds by name. A card's number leads straight on."""
    holder = whom.card_holder(session, typed)
    if holder is not None:
        return redirect(url_for("findings_pages.new_visit", business=holder.business_id), 303)
    found = whom.found(session, actor, typed) if typed.strip() else []
    missing = typed.strip() and not found
    page = render_template(
        "inspections/visit_where.html",
        values=Form({"business": typed}),
        errors={"business": _("There is no such business.")} if missing else {},
        labels=words.LABELS,
        found=found,
        site_kinds=SITE_KINDS,
    )
    return Response(page, 404 if missing else 200)


def _visit_page(
    session: Session, actor: Actor, where: Place, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    authorize(actor, "visit.record", where.resource)
    whole = Resource.of(places=[registry.place(where.business)])
    sites = registry.search_sites(session, actor, business=str(where.business.business_id), limit=SITES_SHOWN)[0]
    if where.site and all(each["site_id"] != where.site.site_id for each in sites):
        sites = [{"site_id": where.site.site_id, "name": where.site.name}, *sites]  # of another's store
    page = render_template(
        "inspections/visit_new.html",
        business=where.business,
        sites=[(each["site_id"], each["name"]) for each in sites],
        lists=_lists(session, where.area.region_code),
        may_whole=may(actor, "visit.record", whole),
        values=form,
        errors=errors,
        labels=words.LABELS,
        words=words,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/visits/new")
@edge("visit.record")
def new_visit_submit(session: Session, actor: Actor) -> Any:
    """Record a visit and go on to the list of what was found there."""
    form = copy(request.form)
    where = _place(session, {name: form.get(name, "") for name in ("business", "site_id")})
    if where is None:
        raise NotFound
    authorize(actor, "visit.record", where.resource)

    def act() -> str:
        visit, rows = visits.record(session, actor, **_visit_data(session, actor, form))
        photo = _uploaded("photo")
        if photo is not None:
            visits.keep_photo(session, actor, visit.visit_id, var_dir=var_dir(), content=photo)
        if rows:
            flash(_("The visit is recorded. The business reads what is to be put right."), "success")
        else:
            flash(_("The visit is recorded: nothing was found."), "success")
        return url_for("findings_pages.list_findings", business=visit.business_id)

    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        errors, status = refusal(error, words.LABELS)
        return _visit_page(session, actor, where, form, _on_page(errors), status)


def _on_page(errors: dict[str, str]) -> dict[str, str]:
    """Return errors by the page's own fields: a finding has none of its own, the file is called otherwise."""
    names = {"file": "photo", "kind": "kinds", "batch_ids": "batch_codes"}
    found: dict[str, str] = {}
    for name, message in errors.items():
        parts = name.split("-")
        field = name if parts[0] != "findings" else parts[2] if len(parts) > 2 else "kinds"
        found.setdefault(names.get(field, field), message)
    return found


def _visit_data(session: Session, actor: Actor, form: Form) -> dict[str, Any]:
    """Return what the service takes for the form: each ticked row and the free words are a finding each."""
    found: list[dict[str, Any]] = [{"kind": code} for code in form.getlist("kinds")]
    if form.get("wording", "").strip():
        found.append({"wording": form["wording"]})
    if form.get("rectify_by", "").strip():
        found = [each | {"rectify_by": form["rectify_by"]} for each in found]
    head = {name: form.get(name, "") for name in ("site_id", "business", "flag_id", "note", "occurred_at")}
    data = load(schemas.VisitSchema(), filled(head | {"findings": found}))
    batch_ids = _batches(session, actor, several(form.get("batch_codes", "")))
    data["findings"] = [each | {"batch_ids": batch_ids} for each in data["findings"]]
    return data


def _batches(session: Session, actor: Actor, codes: list[str]) -> list[UUID]:
    """Return the batches of typed codes, in that order. Raises Invalid `unknown_batch` at `/batch_codes`."""
    plain = list(dict.fromkeys(_joined(codes)))
    named = select(Batch.batch_code, Batch.batch_id).where(
        col(Batch.batch_code).in_(plain), reach.visible_batches(actor)
    )
    known = dict(session.exec(named).all()) if plain else {}
    for code in plain:
        if code not in known:
            raise Invalid.of("/batch_codes", "unknown_batch", "There is no batch {code}.", code=code)
    return [known[code] for code in plain]


def _joined(parts: list[str]) -> Iterator[str]:
    """Yield codes whose groups of four were typed apart, as labels and screens show them."""
    begun = ""
    for part in parts:
        begun += normalise(part)
        if len(begun) >= BATCH_CODE_SYMBOLS:
            yield begun
            begun = ""
    if begun:
        yield begun


# --- what was found ---


@bp.get("/findings")
@edge("site_finding.read")
def list_findings(session: Session, actor: Actor) -> Any:
    """List findings of the reader's area or business, newest first."""
    asked = {name: text for name, text in request.args.items() if name in {"cursor", "state", "business"}}
    query = load(schemas.SiteFindingQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    rows, following = site_findings.search(session, actor, **query)
    return render_template(
        "inspections/findings.html",
        items=site_findings.describe(session, rows),
        following=following,
        query=query,
        counts=site_findings.counts(session, actor, business=query["business"]),
        states=SHOWN_STATES,
        named=registry.find_business(session, query["business"]) if query["business"] else None,
        may_visit=relation(actor, "visit.record") is not None,
        may_decisions=relation(actor, "enforcement.read") is not None,
        words=words,
    )


@bp.get("/findings/<uuid:finding_id>")
@edge("site_finding.read")
def show_finding(session: Session, actor: Actor, finding_id: UUID) -> Any:
    """Show a finding: what is to be put right by when, what was said of it, and what the reader may do."""
    return _finding_page(session, actor, finding_id, Form(), {})


def _finding_page(
    session: Session, actor: Actor, finding_id: UUID, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    row = site_findings.read(session, actor, finding_id)
    found = site_findings.full(session, row)
    decision_id = next((event["decision_id"] for event in found["events"] if event["decision_id"]), None)
    decision = enforcement.read(session, actor, decision_id) if decision_id else None
    page = render_template(
        "inspections/finding.html",
        finding=found,
        decision=enforcement.describe(session, [decision])[0] if decision else None,
        may_report=decision is not None and enforcement.acts(session, actor, decision)["report"],
        own=actor.business_id is not None,
        acts=site_findings.acts(actor, row),
        values=form,
        errors=errors,
        labels=words.LABELS,
        words=words,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/findings/<uuid:finding_id>/answer")
@edge("site_finding.answer")
def answer_finding(session: Session, actor: Actor, finding_id: UUID) -> Any:
    """Say that a finding is put right, with a photograph if there is one."""
    form = copy(request.form)

    def act() -> str:
        data = load(schemas.FindingAnsweredSchema(), form)
        site_findings.answer(session, actor, finding_id, **data, var_dir=var_dir(), content=_uploaded("file"))
        flash(_("It is reported. An officer looks at it again."), "success")
        return url_for("findings_pages.show_finding", finding_id=finding_id)

    return _try(session, actor, finding_id, form, act)


@bp.post("/findings/<uuid:finding_id>/review")
@edge("site_finding.review")
def review_finding(session: Session, actor: Actor, finding_id: UUID) -> Any:
    """Close a finding, or give it back."""
    form = copy(request.form)

    def act() -> str:
        row = site_findings.review(session, actor, finding_id, **load(schemas.FindingReviewSchema(), form))
        if row.state == "rectified":
            flash(_("The finding is closed."), "success")
        else:
            flash(_("The business reads that it is not put right yet."), "success")
        return url_for("findings_pages.show_finding", finding_id=finding_id)

    return _try(session, actor, finding_id, form, act)


def _try(session: Session, actor: Actor, finding_id: UUID, form: Form, act: Any) -> Any:
    site_findings.read(session, actor, finding_id)
    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        return _finding_page(session, actor, finding_id, form, *refusal(error, words.LABELS))


def in_a_week() -> str:
    """Return the end that a form offers: the same hour seven days later."""
    return pages.form_moment(clock.now() + timedelta(days=7))
