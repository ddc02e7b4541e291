"""Pages of what is to be sampled by when (R15): people at work and surroundings, and who works for a business."""

from typing import Any, Final
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may, relation
from coldchain.batches import pages_words as words
from coldchain.batches import worker_numbers
from coldchain.batches.pages_blueprint import bp
from coldchain.batches.service import due
from coldchain.batches.workers_api import WorkerRegistrationSchema
from coldchain.core import clock, pages
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.journal import personal
from coldchain.registry import service as registry
from coldchain.registry.service import workers
from coldchain.registry.words import ZONE_KINDS

ROWS_SHOWN: Final = 50
SITES_OFFERED: Final = 100
LABELS: Final[dict[str, LazyText]] = {
    "name": _l("Name of the person"),
    "post": _l("What the person does"),
    "site_id": _l("Site"),
    "started_on": _l("Works here since"),
}


@bp.get("/sampling-due")
@edge("worker.read")
def sampling_due(session: Session, actor: Actor) -> Any:
    """Show whom and what to sample next, the first due first."""
    named = request.args.get("business", "")
    business_id = registry.find_business(session, named).business_id if named else None
    people = due.people(session, actor, limit=ROWS_SHOWN, business_id=business_id)
    names = personal.reveal(session, [each.row.name_id for each in people])
    return render_template(
        "batches/sampling_due.html",
        people=[(each, names.get(each.row.name_id)) for each in people],
        zones=due.surroundings(session, actor, limit=ROWS_SHOWN, business_id=business_id),
        zone_kinds=ZONE_KINDS,
        may_sample=relation(actor, "tube.register") is not None,
        may_register=relation(actor, "worker.register") is not None and (actor.business_id or business_id) is not None,
        business=named,
        rows_shown=ROWS_SHOWN,
        may_follow=actor.business_id is None and relation(actor, "tube.read") is not None,
        words=words,
        number=worker_numbers.number,
        now=clock.now(),
    )


@bp.route("/workers/new", methods=["GET", "POST"])
@edge("worker.register")
def new_worker(session: Session, actor: Actor) -> Any:
    """Show or take the form of somebody who works for a business."""
    form = copy(request.form)
    errors: dict[str, str] = {}
    status = 200
    business = form.get("business") or request.args.get("business") or str(actor.business_id or "")
    if not business:
        raise NotFound  # an officer comes here from a business
    owner = registry.find_business(session, business)
    sites, _following = registry.search_sites(session, actor, business=str(owner.business_id), limit=SITES_OFFERED)
    known = [registry.site(session, site["site_id"]) for site in sites]
    wanted = [workers.resource(owner.business_id, site, owner.region_code) for site in (None, *known)]
    if not any(may(actor, "worker.register", each) for each in wanted):
        raise NotFound
    if request.method == "POST":

        def act() -> str:
            registry.register_worker(session, actor, **load(WorkerRegistrationSchema(), form))
            flash(_("Entered. The first test is due within two days of beginning."), "success")
            return url_for("batches_pages.sampling_due", business=str(owner.business_id))

        try:
            return once(session, actor.user_id, form, act)
        except REFUSALS as error:
            errors, status = refusal(error, LABELS)
    else:
        form = Form({"started_on": pages.day(clock.now())})
    page = render_template(
        "batches/worker_new.html",
        values=form,
        errors=errors,
        labels=LABELS,
        owner=owner,
        sites=[(site["site_id"], site["name"]) for site in sites],
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/workers/<uuid:worker_id>/end")
@edge("worker.register")
def end_worker(session: Session, actor: Actor, worker_id: UUID) -> Any:
    """Note that somebody worked here up to today."""
    today = clock.now().astimezone(clock.BEIJING).date()
    ended = registry.end_worker(session, actor, worker_id, ended_on=today)
    flash(_("Noted: works here no more, and is not on the schedule any longer."), "success")
    return redirect(url_for("batches_pages.sampling_due", business=str(ended["business"].business_id)), 303)
