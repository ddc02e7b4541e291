"""The search page: one box, filters, the first few of each kind or all of one."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches.states import RESTRICTIONS
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import LazyText, current_locale
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p
from coldchain.core.page_forms import REFUSALS, Form, labelled, load, refusal
from coldchain.inspections import resolve
from coldchain.policy.vocabulary import evidence_kinds
from coldchain.regions import service as regions
from coldchain.registry.models import BUSINESS_STATES
from coldchain.search import exact, schemas, service

bp = Blueprint("search", __name__)

FIRST_FEW: Final = 5
PAGE_ROWS: Final = 20
KINDS: Final[dict[str, LazyText]] = {
    "code": _p("found", "Label codes"),
    "batch": _p("found", "Batches"),
    "business": _p("found", "Businesses"),
    "product": _p("found", "Products"),
    "producer": _p("found", "Producers"),
    "document": _p("found", "Papers"),
    "consignment": _p("found", "Consignments"),
    "decision": _p("found", "Decisions"),
    "recall": _p("found", "Sweeps and recalls"),
}
DOCUMENT_KINDS: Final[dict[str, LazyText]] = {
    "container": _l("Container"),
    "seal": _l("Seal"),
    "customs_declaration": _l("Customs declaration"),
    "arrival": _l("Arrival"),
}
LABELS: Final = {
    "q": _l("Look for"),
    "region_code": _l("Region code"),
    "status": _l("State"),
    "restriction": _l("Lock"),
    "production_date_from": _l("Produced from"),
    "production_date_to": _l("Produced until"),
    "arrived_from": _l("Arrived from"),
    "arrived_to": _l("Arrived until"),
}


def document_kind(code: str) -> str:
    """Return what a kind of paper is called."""
    word = evidence_kinds().get(code)
    if word is not None:
        return word.name_zh if current_locale() == "zh_CN" else word.name_en
    return str(DOCUMENT_KINDS.get(code, code))


def _to_the_label(session: Session, actor: Actor, text: str) -> Response | None:
    """Return the way to the page of a typed label code, None when the text is none."""
    if any(sign.isspace() for sign in text.strip()) and len(text.split()) > 4:
        return None
    try:
        found = resolve.resolve(session, actor, text)
    except REFUSALS:
        return None
    if actor.is_officer or not found.may_open:
        return redirect(f"/C/{found.label.text}", 303)  # type: ignore[return-value]
    return redirect(f"/batches/{found.batch.batch_id}", 303)  # type: ignore[return-value]


@bp.get("/search")
@edge("search")
def search(session: Session, actor: Actor) -> Any:
    """Show what is found; a typed label code, or a number that is one thing's, goes straight to its page."""
    form = Form((name, text.strip()) for name, text in request.args.items(multi=True))
    typed = form.get("q", "")[:200]
    asked = {name for name in form if form[name]}
    if asked == {"q"} and (straight := _to_the_label(session, actor, typed)):
        return straight
    errors: dict[str, str] = {}
    status = 200
    groups: dict[str, tuple[list[service.Found], bool]] = {}
    following = None
    kind = form.get("kind") if form.get("kind") in KINDS else None
    if asked - {"kind", "cursor"}:
        try:
            query = load(schemas.SearchQuery(), form if form.get("q") else _any_text(form))
            if asked == {"q"} and (href := exact.way(session, actor, query["q"])):
                return redirect(href, 303)
            groups, following = _found(session, actor, query, kind, with_text=bool(form.get("q")))
        except NotFound:
            raise
        except REFUSALS as error:
            refused, status = refusal(error)
            errors = labelled(refused, LABELS)
    page = render_template(
        "search/results.html",
        search_query=typed,
        values=form,
        errors=errors,
        labels=LABELS,
        asked=bool(asked - {"kind", "cursor"}),
        kind=kind,
        kinds=KINDS,
        groups=groups,
        following=following,
        document_kind=document_kind,
        may_draft=relation(actor, "recall.draft") is not None,
        restrictions=RESTRICTIONS,
        regions=_regions(session, actor),
        filtered=bool(asked - {"q", "kind", "cursor"}),
        without=lambda *names: {n: t for n, t in form.items() if t and n not in {*names, "cursor"}},
    )
    return Response(page, status)


def _any_text(form: Form) -> Form:
    """Return a form that only filters, with a text that the schema takes; it is not looked for."""
    filled = form.copy()
    filled["q"] = "*"
    return filled


def _found(
    session: Session, actor: Actor, asked: dict[str, Any], kind: str | None, *, with_text: bool
) -> tuple[dict[str, tuple[list[service.Found], bool]], str | None]:
    cursor = asked.pop("cursor")
    del asked["limit"], asked["kind"]
    query = service.Query(**(asked if with_text else asked | {"q": ""}))
    if not with_text:
        kind = kind or ("business" if query.status in BUSINESS_STATES else "batch")
    if kind is None:
        return service.first_of_each(session, actor, query, FIRST_FEW), None
    rows, following = service.of_kind(session, actor, query, kind, limit=PAGE_ROWS, cursor=cursor)
    return ({kind: (rows, following is not None)} if rows else {}), following


def _regions(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Return code and name of the regions to filter by: the actor's own and those right below."""
    codes = list(actor.regions)
    for area in actor.regions:
        codes += [region.code for region in regions.search(session, parent_code=area, limit=200)[0]]
    names = regions.names(session, codes, current_locale())
    return [(code, names[code]) for code in dict.fromkeys(codes)]
