"""Announcing in four steps: the notice, what it selects, what is about to be done, the receipt. Nothing is kept before
the last step, or before the reader keeps a draft; what would happen is found out by doing it and taking it back.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import clock, limits, pages
from coldchain.core.edge import also_needs, edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.page_forms import REFUSALS, Form, attempt, copy, load, new_once, once, refusal, trial
from coldchain.core.text import looked_for
from coldchain.journal import history
from coldchain.recall import announce, assistance_view, drafts, schemas, words
from coldchain.recall import matches as matching
from coldchain.recall import reach as places
from coldchain.recall.models import Recall, RecallVersion
from coldchain.recall.web import notice_form
from coldchain.recall.web.blueprint import bp
from coldchain.regions import service as regions
from coldchain.registry import service as registry
from coldchain.registry.words import SITE_KINDS

MATCHES_SHOWN = 50
PRODUCERS_SHOWN = 20
STEPS = ("preview", "check", "keep", "announce")


@dataclass(frozen=True)
class Foreseen:
    """What announcing a notice would do now."""

    recall: Recall
    version: RecallVersion
    matches: matching.Matches
    announced: announce.Announced
    rows: list[tuple[str, str]]


def foresee(session: Session, actor: Actor, recall: Recall, version: RecallVersion) -> Foreseen:
    """Return what announcing would do; the caller takes it back."""
    rows = notice_form.summary(session, recall, version, current_locale())
    matches = matching.matches(session, actor, recall.recall_id)
    announced = announce.announce(session, actor, recall.recall_id)
    return Foreseen(recall, version, matches, announced, rows)


def _form_page(session: Session, actor: Actor, form: Form, errors: dict[str, str], status: int = 200) -> Response:
    page = render_template(
        "recall/new.html",
        values=form,
        errors=errors,
        labels=notice_form.LABELS,
        kinds=words.RECALL_KINDS,
        kind_hints=words.KIND_HINTS,
        site_kinds=SITE_KINDS,
        areas=_areas(session, actor),
        offices=[office for area in actor.regions for office in regions.offices(session, area)],
        producers=found_producers(session, actor, form),
        products=registry.products(session, ids(form.getlist("criterion-product_ids"))).values(),
        once=form.get("_once") or new_once(),
        prefilled=request.method == "GET" and bool(request.args),
    )
    return Response(page, status)


def _areas(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Return code and name of the actor's areas and of those right below them."""
    codes = list(actor.regions)
    for area in actor.regions:
        codes += [region.code for region in regions.search(session, parent_code=area, limit=200)[0]]
    names = regions.names(session, codes, current_locale())
    return [(code, names[code]) for code in dict.fromkeys(codes)]


def ids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue  # the schema says so when the form is sent on
    return found


def found_producers(session: Session, actor: Actor, form: Form) -> dict[str, Any]:
    """Return the ticked producers and those that the typed name finds."""
    ticked = registry.producers(session, ids(form.getlist("criterion-producer_ids")))
    query = looked_for(form.get("_producer", ""), limits.SEARCH_CHARS)
    found: list[dict[str, Any]] = []
    following: str | None = None
    if query:
        found, following = registry.search_producers(session, actor, q=query, limit=PRODUCERS_SHOWN)
    return {
        "ticked": list(ticked.values()),
        "found": [row for row in found if row["producer_id"] not in ticked],
        "query": query,
        "more": following is not None,
    }


@bp.get("/recalls/new")
@edge("recall.draft")
def new_recall(session: Session, actor: Actor) -> Any:
    """Show the form of a notice, filled from an earlier draft when `from` names one, or with the asked criterion."""
    form = notice_form.asked(request.args)
    form["received_at"] = pages.form_moment(clock.now())
    if actor.regions:
        form["blanket-region_code"] = places.first_region(actor) or ""
    if request.args.get("from"):
        named = ids([request.args["from"]])
        if not named:
            raise NotFound
        earlier = drafts.get(session, actor, named[0], "recall.draft")
        form = notice_form.of_recall(earlier, drafts.current_version(session, earlier))
    return _form_page(session, actor, form, {})


@bp.get("/recalls/new/producers")
@edge("recall.draft")
def find_producers(session: Session, actor: Actor) -> Any:
    """Return the part of the form that lists producers, while a name is typed."""
    return render_template("recall/_producers.html", producers=found_producers(session, actor, Form(request.args)))


@bp.post("/recalls/new")
@edge("recall.draft")
def new_recall_submit(session: Session, actor: Actor) -> Any:
    """Go one step on with a notice; see STEPS, any other step shows the form again."""
    form = copy(request.form)
    step = form.poplist("_step")[-1:]
    if not step or step[0] not in STEPS:
        return _form_page(session, actor, form, {})
    if step[0] == "announce":
        also_needs(actor, "recall.announce")
    try:
        if step[0] in {"preview", "check"}:
            with trial(session):
                foreseen = foresee(session, actor, *_draft(session, actor, form))
                return _step_page(step[0], foreseen, form)
        return once(session, actor.user_id, form, lambda: _keep(session, actor, form, step[0] == "announce"))
    except REFUSALS as error:
        errors, status = refusal(error)
        return _form_page(session, actor, form, notice_form.on_page(errors), status)


def _draft(session: Session, actor: Actor, form: Form) -> tuple[Recall, RecallVersion]:
    return drafts.draft(session, actor, **load(schemas.RecallDraftSchema(), notice_form.for_schema(form)))


def _keep(session: Session, actor: Actor, form: Form, at_once: bool) -> str:
    recall, _version = _draft(session, actor, form)
    if not at_once:
        return url_for("recall.show_recall", recall_id=recall.recall_id)
    announce.announce(session, actor, recall.recall_id)
    return url_for("recall.announced", recall_id=recall.recall_id)


def _step_page(step: str, foreseen: Foreseen, form: Form) -> str:
    return render_template(
        f"recall/{step}.html",
        values=form,
        foreseen=foreseen,
        shown=foreseen.matches.rows[:MATCHES_SHOWN],
        recall_id=None,
        errors={},
    )


def draft_page(session: Session, actor: Actor, recall: Recall) -> str:
    """Return the page of a kept draft: what it says and what it selects now."""
    version = drafts.current_version(session, recall)
    found = matching.matches(session, actor, recall.recall_id)
    return render_template(
        "recall/draft.html",
        recall=recall,
        matches=found,
        shown=found.rows[:MATCHES_SHOWN],
        rows=notice_form.summary(session, recall, version, current_locale()),
    )


@bp.get("/recalls/<uuid:recall_id>/announce")
@edge("recall.announce")
def check_draft(session: Session, actor: Actor, recall_id: UUID) -> Any:
    """Show what announcing a kept draft would do, with the one button that does it."""
    return _check_page(session, actor, recall_id, {}, 200)


def _check_page(session: Session, actor: Actor, recall_id: UUID, errors: dict[str, str], status: int) -> Any:
    recall = drafts.get(session, actor, recall_id, "recall.announce")
    if recall.state != "draft":
        return redirect(url_for("recall.show_recall", recall_id=recall_id), 303)
    with trial(session):
        foreseen = foresee(session, actor, recall, drafts.current_version(session, recall))
        page = render_template(
            "recall/check.html",
            values=Form({"_once": new_once()}),
            foreseen=foreseen,
            shown=[],
            recall_id=recall_id,
            errors=errors,
        )
    return Response(page, status)


@bp.post("/recalls/<uuid:recall_id>/announce")
@edge("recall.announce")
def announce_draft(session: Session, actor: Actor, recall_id: UUID) -> Any:
    """Announce a kept draft and go on to the receipt; announced twice is announced once."""
    try:
        with attempt(session):
            announce.announce(session, actor, recall_id)
    except REFUSALS as error:
        recall = drafts.get(session, actor, recall_id, "recall.announce")
        if recall.state == "draft":
            return _check_page(session, actor, recall_id, *refusal(error))
    return redirect(url_for("recall.announced", recall_id=recall_id), 303)


@bp.get("/recalls/<uuid:recall_id>/announced")
@edge("recall.read")
def announced(session: Session, actor: Actor, recall_id: UUID) -> Any:
    """Show the receipt of an announcement: what is locked, how many places are to be looked at, what is next."""
    recall = drafts.get(session, actor, recall_id)
    told = history.of_subject(session, recall_id, ["recall.announced"])
    if not told:
        return redirect(url_for("recall.show_recall", recall_id=recall_id), 303)
    version = drafts.current_version(session, recall)
    requests = assistance_view.listing(session, actor, recall_id)
    return render_template("recall/announced.html", recall=recall, version=version, did=told[0].data, requests=requests)
