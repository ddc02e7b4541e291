"""Pages of personal data (个人信息): what is held about oneself or a person who asks, and erasing it (R21)."""

from typing import Any, Final
from uuid import UUID

from flask import Response, render_template, request, url_for
from flask import json as flask_json
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.accounts.words import ROLES
from coldchain.core.edge import SIGNED_IN, edge
from coldchain.core.errors import Invalid, NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, attempt, copy, load, new_once, once, refusal
from coldchain.home import audit_words, personal_records, privacy
from coldchain.home.blueprint import bp
from coldchain.home.privacy_schemas import ErasePersonSchema, EraseSchema, ExportSchema, PersonSchema
from coldchain.regions import service as regions

LABELS: Final = {"person": _l("Name or phone"), "reason": _l("Reason"), "personal_ids": _l("What to erase")}


@bp.get("/privacy")
@edge(SIGNED_IN)
def own_privacy(session: Session, actor: Actor) -> Any:
    """Show what is held about the reader."""
    return _document(session, actor, privacy.own(session, actor), None, Form())


@bp.get("/privacy.json")
@edge(SIGNED_IN)
def own_privacy_file(session: Session, actor: Actor) -> Any:
    """Give the same as a file for a program."""
    return _file(privacy.own(session, actor))


def _file(document: dict[str, Any]) -> Response:
    body = flask_json.dumps(ExportSchema().dump(document), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="privacy.json"'}
    return Response(body, 200, headers, content_type="application/json; charset=utf-8")


def _document(
    session: Session, actor: Actor, document: dict[str, Any], person: str | None, form: Form, **more: Any
) -> str:
    codes = {each["region_code"] for each in document["values"] if each["region_code"]}
    codes |= {each.region_code for each in document["assignments"]}
    return render_template(
        "privacy/document.html",
        document=document,
        person=person,
        regions=regions.names(session, codes, current_locale()),
        due=sum(1 for each in document["values"] if each["due"]),
        may_ask=relation(actor, "personal.export") is not None,
        may_erase=person is not None and relation(actor, "personal.erase") is not None,
        roles=ROLES,
        words=audit_words,
        values=form,
        labels=LABELS,
        **{"errors": {}} | more,
    )


@bp.route("/privacy/person", methods=["GET", "POST"])
@edge("personal.export")
def person_privacy(session: Session, actor: Actor) -> Any:
    """Ask whose data are asked for and why, or show what is held; the same for a program with `_format=json`."""
    form = copy(request.form)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        try:
            document = privacy.of_person(session, actor, **load(PersonSchema(), form))
        except REFUSALS as error:
            errors, status = refusal(error, LABELS)
        else:
            if form.get("_format") == "json":
                return _file(document)
            return _document(session, actor, document, form["person"], form)
    page = render_template("privacy/person.html", values=form, errors=errors, labels=LABELS)
    return Response(page, status)


@bp.post("/privacy/person/erase")
@edge("personal.erase")
def erase_person(session: Session, actor: Actor) -> Any:
    """Ask for a reason beside what would be erased of a person, or erase it and say what stays.

    `_why` is the reason of the search, so that the list can be shown again.
    """
    form = copy(request.form)
    errors: dict[str, str] = {}
    status = 200
    try:
        if not form.getlist("personal_ids"):
            raise Invalid.of("/personal_ids", "required", "Tick what is to be erased.")
        if form.get("_step") == "send":
            with attempt(session):
                erased, kept = personal_records.erase_person(session, actor, **load(ErasePersonSchema(), form))
            return render_template("privacy/erased.html", erased=erased, kept=kept, words=audit_words)
    except NotFound:
        raise
    except REFUSALS as error:
        errors, status = refusal(error, LABELS)
    if not form.getlist("personal_ids"):
        return _list_again(session, actor, form, errors, status)
    asked = load(ErasePersonSchema(), Form([*form.items(multi=True), ("reason", "-")]))
    going, _staying = personal_records.chosen(session, actor, asked["person"], asked["personal_ids"])
    page = render_template(
        "privacy/erase_check.html", going=going, values=form, errors=errors, labels=LABELS, words=audit_words,
        businesses=list({each.row.business_id: each.business for each in going if each.business}.values()),
    )  # fmt: skip
    return Response(page, status)


def _list_again(session: Session, actor: Actor, form: Form, errors: dict[str, str], status: int) -> Response:
    """Return what is held once more, with what is amiss above it."""
    asked = Form({"person": form.get("person", ""), "reason": form.get("_why", "")})
    try:
        document = privacy.of_person(session, actor, **load(PersonSchema(), asked))
    except REFUSALS as error:
        errors, status = refusal(error, LABELS)
        return Response(render_template("privacy/person.html", values=asked, errors=errors, labels=LABELS), status)
    return Response(_document(session, actor, document, asked["person"], asked, errors=errors), status)


@bp.route("/personal/<uuid:personal_id>/erase", methods=["GET", "POST"])
@edge("personal.erase")
def erase_value(session: Session, actor: Actor, personal_id: UUID) -> Any:
    """Ask why a name or phone is erased, or erase it; afterwards the page says when and why it was."""
    form = copy(request.form)
    errors: dict[str, str] = {}
    status = 200

    def act() -> str:
        personal_records.erase(session, actor, personal_id, **load(EraseSchema(), form))
        return url_for("home.erase_value", personal_id=personal_id)

    if request.method == "POST":
        try:
            return once(session, actor.user_id, form, act)
        except REFUSALS as error:
            errors, status = refusal(error, LABELS)
    page = render_template(
        "privacy/erase.html",
        held=personal_records.read(session, actor, personal_id),
        values=form,
        errors=errors,
        labels=LABELS,
        once=form.get("_once") or new_once(),
        words=audit_words,
    )
    return Response(page, status)
