"""The address that a label or a sign carries: `/C/{code}`.

Anybody reads the public page, or JSON; an officer who is signed in gets the page to work with on site; a merchant who
may see the batch gets the public page with the way to it. The public read is one connection without a transaction and a
constant number of statements; the page brings its few icons itself, so that page and sheet are all that is fetched.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, json, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches.pages_words import piece_words
from coldchain.core import clock, db, problems, sign_code
from coldchain.core.batch_code import is_batch_code
from coldchain.core.countries import country_name
from coldchain.core.edge import PUBLIC, edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.page_forms import REFUSALS, copy, load, once, refusal
from coldchain.core.problems import said
from coldchain.home import place_scan, public_badge, public_facts, scan
from coldchain.home.public_facts import PublicFacts
from coldchain.home.public_icons import with_own_icons
from coldchain.inspections import resolve
from coldchain.labels.code import LabelCode
from coldchain.labels.specification import specification
from coldchain.recall import tasks
from coldchain.recall.schemas import OnFootSchema

bp = Blueprint("public_label", __name__)


@bp.get("/C/<path:code>")
@edge(PUBLIC)
def show(session: Session, actor: Actor | None, code: str) -> Any:
    """Show what a label, or the sign of a place, stands for: to anybody what is public, to an officer more."""
    if sign_code.read(code):
        return _sign(session, actor, code)
    if actor is not None and not problems.wants_json() and scan.is_for(actor):
        return _officers_page(session, actor, code)
    try:
        label = resolve.read_code(code)
        with db.autocommit() as connection:
            facts = public_facts.read(connection, label)
        if facts is None:
            raise NotFound("No batch has this code.", code="unknown_code")
    except NotFound as error:
        if problems.wants_json():
            raise
        return _unknown_page(code, error)
    if problems.wants_json():
        body = json.dumps(as_json(facts), ensure_ascii=False)
        return Response(body, content_type="application/json", headers={"Vary": "Accept"})
    return _page(session, actor, facts)


def _sign(session: Session, actor: Actor | None, code: str) -> Any:
    try:
        return place_scan.show(session, actor, code)
    except NotFound as error:
        if problems.wants_json():
            raise
        return _unknown_page(code, error)


def _officers_page(session: Session, actor: Actor, code: str) -> Any:
    try:
        return scan.page(session, actor, code)
    except NotFound as error:
        words = said(error.message, {name: resolve.visible(value) for name, value in error.params.items()})
        page = render_template(
            "inspections/scan.html", typed=resolve.visible(code), errors={"code": words}, here_url="/scan"
        )
        return Response(page, 404)


@bp.post("/scan/found-here")
@edge("recall.find_on_foot")
def found_here(session: Session, actor: Actor) -> Any:
    """Make the place where an officer stands a task of a running recall and go on to its finding."""
    form = copy(request.form)
    code = form.pop("_code", "")
    try:
        recall_id = UUID(form.pop("_recall_id", ""))
    except ValueError as error:
        raise NotFound from error
    batch_id = resolve.resolve(session, actor, code).batch.batch_id

    def add() -> str:
        task, _is_new = tasks.find_on_foot(session, actor, recall_id, **load(OnFootSchema(), form))
        return url_for("recall.new_finding", task_id=task.task_id, batch_id=batch_id)

    try:
        return once(session, actor.user_id, form, add)
    except REFUSALS as error:
        errors, status = refusal(error)
        return Response(scan.page(session, actor, code, errors=errors, values=form.to_dict()), status)


def _unknown_page(code: str, error: NotFound) -> Response:
    page = render_template(
        "public/unknown.html",
        typed=resolve.visible(code),
        why=said(error.message, {name: resolve.visible(value) for name, value in error.params.items()}),
        mistyped=error.code != "unknown_code",
        is_sign=error.code == "label_code_sign",
        here_url="/C/" + quote(code, safe=""),  # not as it came: it may hold what no page should
    )
    return Response(with_own_icons(page), 404)


def _page(session: Session, actor: Actor | None, facts: PublicFacts) -> Response:
    locale = current_locale()
    code = facts.label.batch_code if facts.bare else facts.label.text
    page = render_template(
        "public/label.html",
        facts=facts,
        badge=public_badge.decide(facts),
        evidence=public_badge.evidence(facts),
        evidence_name=public_badge.evidence_name,
        origin=country_name(facts.origin_country, locale),
        product=facts.product if locale == "zh_CN" else facts.product_en or facts.product,
        specification=specification(facts.unit_mass_g, facts.units_per_piece, facts.ledger_unit),
        code=code,
        here_url=f"/C/{code}",
        as_of=clock.now(),
        own_batch=scan.own_batch(session, actor, facts.batch_code),
        split_from=_split_from(facts),
        made_from=[_source(source) for source in facts.verdict.basis.get("made_from", ())],
        signed_in=actor is not None,
    )
    response = Response(with_own_icons(page))
    response.headers["Vary"] = "Accept"
    return response


def _split_from(facts: PublicFacts) -> dict[str, Any] | None:
    found: dict[str, Any] | None = facts.verdict.basis.get("split_from")
    if found is None:
        return None
    pieces = piece_words("declared_range", found["piece_from"], found["piece_to"])
    return found | _source(found) | {"pieces": pieces}


def _source(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return a batch that these goods came out of, with the code of its label."""
    code = source["batch_code"]
    return {"batch_code": code, "label": LabelCode(code, "batch", 0).text if is_batch_code(code) else None}


def as_json(facts: PublicFacts) -> dict[str, Any]:
    """Return what a program reads at a label's address; names and states only, no ids, no persons (R16)."""
    badge = public_badge.decide(facts)
    label: LabelCode = facts.label
    return {
        "code": label.text,
        "batch_code": facts.batch_code,
        "piece_no": facts.piece_no or None,
        "split_from": facts.verdict.basis["split_from"]["batch_code"] if _split_from(facts) else None,
        "made_from": [source["batch_code"] for source in facts.verdict.basis.get("made_from", ())],
        "printed": facts.printed,
        "product": facts.product,
        "specification": specification(facts.unit_mass_g, facts.units_per_piece, facts.ledger_unit),
        "producer": facts.producer,
        "origin_country": facts.origin_country,
        "production_date": facts.production_date.isoformat(),
        "expiry_date": facts.expiry_date.isoformat() if facts.expiry_date else None,
        "importer": facts.importer,
        "seller": facts.seller,
        "seller_in_published_decision": facts.seller_decided,
        "evidence": public_badge.evidence(facts),
        "badge": badge.badge,
        "reasons": [reason.as_dict() for reason in badge.reasons],
        "recalls": [
            {
                "notice_no": notice.notice_no,
                "title": notice.title,
                "issuer": notice.issuer,
                "announced_at": notice.announced_at.isoformat().replace("+00:00", "Z"),
            }
            for notice in facts.notices
        ],
        "as_of": clock.now().isoformat().replace("+00:00", "Z"),
    }
