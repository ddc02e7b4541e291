"""Pages of papers: what waits for an officer's word, and one paper with its file beside what was entered."""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from flask import Response, flash, render_template, request, url_for
from sqlmodel import Session, col, or_, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may, relation
from coldchain.batches import pages_words as words
from coldchain.batches import reach, schemas, service
from coldchain.batches.models import Arrival, Batch
from coldchain.batches.pages_blueprint import PAGE_ROWS, bp
from coldchain.core import paging
from coldchain.core.edge import edge
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.regions import service as regions
from coldchain.registry import service as registry
from coldchain.registry.service.reach import place

LABELS: Final[dict[str, LazyText]] = {"reason": _l("Why the paper doesn't count")}
PAGES_SHOWN: Final = 5
BATCHES_SHOWN: Final = 50


@bp.get("/evidence")
@edge("evidence.verify")
def list_evidence(session: Session, actor: Actor) -> Any:
    """List the papers of goods that came into the reader's area: those that wait, or those that were looked at."""
    asked = {name: text for name, text in request.args.items() if name in {"cursor", "state", "kind", "order"}}
    query = load(schemas.EvidenceQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    kind = query.pop("kind")
    items, following = service.search_papers(session, actor, evidence_kind=kind, **query)
    return render_template(
        "batches/evidence_list.html",
        items=_about(session, items),
        following=following,
        query=query | {"kind": kind},
        counts=service.count_papers(session, actor, regions.today()),
        today=regions.today(),
        words=words,
    )


def _about(session: Session, items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return papers with the number of what they are for, its address, and whose goods they are."""
    arrivals = {
        row.arrival_id: row
        for row in session.exec(
            select(Arrival).where(col(Arrival.arrival_id).in_({i["arrival_id"] for i in items if i["arrival_id"]}))
        )
    }
    batches = {
        row.batch_id: row
        for row in session.exec(
            select(Batch).where(col(Batch.batch_id).in_({i["batch_id"] for i in items if i["batch_id"]}))
        )
    }
    known = {key: (row.batch_code, row.owner_id) for key, row in batches.items()}
    known |= {key: (row.arrival_no, row.owner_id) for key, row in arrivals.items()}
    owners = registry.brief(session, [owner_id for _number, owner_id in known.values()])
    shown = []
    for item in items:
        number, owner_id = known[item["batch_id"] or item["arrival_id"]]
        shown.append(item | {"about": number, "is_batch": item["batch_id"] is not None, "owner": owners[owner_id]})
    return shown


@bp.get("/evidence/<uuid:evidence_id>")
@edge("evidence.read")
def show_evidence(session: Session, actor: Actor, evidence_id: UUID) -> Any:
    """Show one paper with its file to whoever may see goods that it serves; an officer says beside it what it is."""
    return _page(session, actor, evidence_id, Form(), {}, 200)


def _page(session: Session, actor: Actor, evidence_id: UUID, form: Form, errors: dict[str, str], status: int) -> Any:
    paper = _about(session, [service.read_paper(session, actor, evidence_id)])[0]
    goods = _goods(session, actor, paper)
    sites = registry.sites(session, {batch.site_id for batch in goods})
    first = request.args.get("from", "1")
    start = min(int(first), limits_of(paper)) if first.isdecimal() and first != "0" and len(first) < 5 else 1
    here = Resource.of(paper["owner"].business_id, places=map(place, sites.values()), site_ids=sites)
    page = render_template(
        "batches/evidence.html",
        paper=paper,
        goods=goods,
        products=registry.products(session, [batch.product_id for batch in goods]),
        checks=service.checks_of_paper(session, actor, evidence_id),
        may_say=paper["replaced_by"] is None and may(actor, "evidence.verify", here),
        may_replace=paper["replaced_by"] is None and may(actor, "evidence.register", here),
        may_queue=relation(actor, "evidence.verify") is not None,
        start=start,
        last=min(start + PAGES_SHOWN - 1, limits_of(paper)),
        arrival_readable=_may_read_arrival(session, actor, paper),
        today=regions.today(),
        values=form,
        errors=errors,
        labels=LABELS,
        once=form.get("_once") or new_once(),
        words=words,
    )
    return Response(page, status)


def limits_of(paper: dict[str, Any]) -> int:
    """Return how many pages a paper's file has, 1 where there is none."""
    return int(paper["file"]["pages"]) if paper["file"] else 1


def _goods(session: Session, actor: Actor, paper: dict[str, Any]) -> list[Batch]:
    """Return the batches that a paper serves and the reader may see, in line order, the first few."""
    served = (
        col(Batch.arrival_id) == paper["arrival_id"]
        if paper["arrival_id"]
        else col(Batch.batch_id) == paper["batch_id"]
    )
    statement = select(Batch).where(served, reach.visible_batches(actor)).order_by(col(Batch.line_no))
    return list(session.exec(statement.limit(BATCHES_SHOWN)))


def _may_read_arrival(session: Session, actor: Actor, paper: dict[str, Any]) -> bool:
    found = select(col(Arrival.arrival_id)).where(
        or_(col(Arrival.arrival_id) == paper["arrival_id"]), reach.visible_arrivals(actor)
    )
    return paper["arrival_id"] is not None and session.scalar(found) is not None


@bp.post("/evidence/<uuid:evidence_id>/verify")
@edge("evidence.verify")
def verify_evidence(session: Session, actor: Actor, evidence_id: UUID) -> Any:
    """Say that a paper is what it claims, and go on to the next."""

    def say(_form: Form) -> str:
        service.verify_paper(session, actor, evidence_id)
        return str(_("The paper is verified."))

    return _said(session, actor, evidence_id, say)


@bp.post("/evidence/<uuid:evidence_id>/refuse")
@edge("evidence.verify")
def refuse_evidence(session: Session, actor: Actor, evidence_id: UUID) -> Any:
    """Say with a reason that a paper doesn't count, and go on to the next."""

    def say(form: Form) -> str:
        service.refuse_paper(session, actor, evidence_id, **load(schemas.EvidenceRefusalSchema(), form))
        return str(_("The paper doesn't count any more. Its owner reads why, and what to do next."))

    return _said(session, actor, evidence_id, say)


def _said(session: Session, actor: Actor, evidence_id: UUID, say: Callable[[Form], str]) -> Any:
    service.read_paper(session, actor, evidence_id)  # hidden ones are hidden before anything else is said
    form = copy(request.form)

    def act() -> str:
        said = say(form)
        following = _following(session, actor, evidence_id)
        if following is None:
            flash(said, "success")
            return url_for("batches_pages.list_evidence")
        flash(f"{said} {_('This is the next one that waits.')}", "success")
        return url_for("batches_pages.show_evidence", evidence_id=following)

    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        errors, status = refusal(error, LABELS)
        return _page(session, actor, evidence_id, form, errors, status)


def _following(session: Session, actor: Actor, evidence_id: UUID) -> UUID | None:
    """Return the paper that waits next after one in the queue, its first when there is none behind; None at its end."""
    for cursor in (paging.encode(evidence_id), None):
        items, _more = service.search_papers(session, actor, state="entered", limit=1, cursor=cursor)
        if items:
            return UUID(str(items[0]["evidence_id"]))
    return None
