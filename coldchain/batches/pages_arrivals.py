"""Pages of arrivals: the list, the form with its check and receipt, and one arrival with its papers."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from sqlmodel import Session, col, func, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import declarations, pages_goods, pages_sampling, reach, schemas, service
from coldchain.batches import pages_arrival_form as arrival_form
from coldchain.batches import pages_arrival_rows as rows
from coldchain.batches import pages_arrival_start as start
from coldchain.batches import pages_kept_files as kept_files
from coldchain.batches import pages_words as words
from coldchain.batches.models import MADE_MODES, Arrival
from coldchain.batches.pages_arrival_form import LABELS, LINES, Refused
from coldchain.batches.pages_blueprint import PAGE_ROWS, bp
from coldchain.batches.service import arrival_drafts, disinfection_orders
from coldchain.core import limits, unit_words
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import Form, attempt, copy, load, new_once, once, trial
from coldchain.policy import vocabulary
from coldchain.regions import service as regions
from coldchain.registry import service as registry
from coldchain.registry.models import CATEGORIES
from coldchain.registry.words import CATEGORIES as CATEGORY_WORDS
from coldchain.registry.words import ZONE_KINDS

FIND_NAME: Final = re.compile(r"_(lines|outputs)-(\d{1,4})-find")


@bp.get("/arrivals")
@edge("arrival.read")
def list_arrivals(session: Session, actor: Actor) -> Any:
    """List the arrivals that the reader may see, newest first."""
    asked = {name: text for name, text in request.args.items() if name in {"cursor", "entry_mode"}}
    query = load(schemas.ArrivalQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    items, following = service.search_arrivals(session, actor, **query)
    counts = dict(
        session.execute(
            select(col(Arrival.entry_mode), func.count())
            .where(reach.visible_arrivals(actor))
            .group_by(col(Arrival.entry_mode))
        ).all()
    )
    sites = registry.sites(session, [item["site_id"] for item in items])
    return render_template(
        "batches/arrivals.html",
        items=items,
        sites=sites,
        following=following,
        query=query,
        counts=counts,
        modes=words.ENTRY_MODES,
        may_register=relation(actor, "arrival.register") is not None,
        own=actor.business_id,
        drafts=_drafts(session, actor),
    )


def _drafts(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """Return the arrivals that the reader has begun and not sent, and whose they are."""
    drafts = arrival_drafts.waiting(session, actor)
    owners = registry.brief(session, [draft.owner_id for draft in drafts])
    return [arrival_drafts.told(draft) | {"owner": owners[draft.owner_id].name} for draft in drafts]


@bp.get("/arrivals/new")
@edge("arrival.register")
def new_arrival(session: Session, actor: Actor) -> Any:
    """Show the form of an arrival: new, as it was begun, or like another; an officer says first for whom."""
    if "draft" in request.args:
        return _resumed(session, actor, request.args["draft"])
    owner = request.args.get("owner", "").strip()
    like = start.read_like(session, actor, request.args.get("like", ""))
    if actor.business_id is None and like is not None:
        owner = str(like["owner"]["business_id"])
    if actor.business_id is None and not owner:
        return render_template("batches/arrival_owner.html", errors={}, owner="")
    try:
        business = registry.find_business(session, owner or str(actor.business_id))
    except NotFound as error:
        page = render_template("batches/arrival_owner.html", errors={"owner": _(error.message)}, owner=owner)
        return Response(page, 422)
    form, begun = start.started(
        session, actor, business, like, request.args.get("site_id", ""), anew="new" in request.args
    )
    return _form_page(session, actor, form, {}, begun=begun)


def _resumed(session: Session, actor: Actor, draft_id: str) -> Any:
    draft = arrival_drafts.find(session, actor, start.draft_of(Form({start.DRAFT: draft_id})))
    if draft is None or not arrival_drafts.may_keep(actor, registry.find_business(session, draft.owner_id)):
        flash(_("This arrival was sent or discarded already."), "error")
        return redirect(url_for("batches_pages.list_arrivals"), 303)
    form, begun = start.resumed(draft)
    return _form_page(session, actor, form, {}, begun=begun)


@bp.post("/arrivals/draft")
@edge("arrival.register")
def save_draft(session: Session, actor: Actor) -> Any:
    """Keep the form as far as it is filled in, or forget it (`_discard`); the page sends this while one types.

    `_discard` is `list` when the list of what was begun asks, else the form, which begins anew.
    """
    draft_id = start.draft_of(copy(request.form))
    owner = registry.find_business(session, request.form.get("owner") or str(actor.business_id))
    if not arrival_drafts.may_keep(actor, owner):
        raise NotFound
    if "_discard" in request.form:
        arrival_drafts.discard(session, actor, draft_id)
        flash(_("What you had begun is discarded."), "success")
        if request.form["_discard"] == "list":
            return redirect(url_for("batches_pages.list_arrivals"), 303)
        of = str(owner.business_id) if actor.business_id is None else None
        return redirect(url_for("batches_pages.new_arrival", owner=of, new=1), 303)
    arrival_drafts.save(session, actor, owner, draft_id, request.form.items(multi=True))
    return Response(status=204)


@bp.post("/arrivals/new")
@edge("arrival.register")
def new_arrival_submit(session: Session, actor: Actor) -> Any:
    """Go one step on with the form: a line more or less, a product found or registered, the check, or send it."""
    sent = copy(request.form)
    kept_files.take(session, actor, sent, request.files)
    form, counts, pressed = arrival_form.redrawn(sent)
    step = (form.poplist("_step") or [""])[-1]
    owner = registry.find_business(session, form.get("owner") or str(actor.business_id))
    saved = arrival_drafts.save(session, actor, owner, start.draft_of(form), form.items(multi=True))
    if "_keep" in form:
        return _kept(session, actor, form, dict(kept_files.refused(form)), counts, kept=saved)
    registering = (form.poplist("_register") or [""])[-1]
    if registering:
        return _register_product(session, actor, form, registering)
    for name, kept in (("_new", "_new_for"), ("_find", None), ("_find_store", None)):
        if name in form:
            value = form.poplist(name)[-1]
            pressed = True
            if kept:
                form[kept] = value.removeprefix(f"{LINES}-")
                scanned = pages_goods.trade_item(form.get(f"_{value}-find", ""))
                form.setdefault("_product-gtin", scanned)
    if pressed or step not in {"check", "send"}:
        return _form_page(session, actor, form, {}, counts=counts)
    form = arrival_form.without_empty(form)
    try:
        if step == "check":
            with trial(session):
                return Response(_check_page(session, actor, arrival_form.register(session, actor, form), form))
        return once(session, actor.user_id, form, lambda: _send(session, actor, form))
    except Refused as refused:
        return _form_page(session, actor, form, refused.errors, refused.status)


def _kept(
    session: Session, actor: Actor, form: Form, bad_files: dict[str, str], counts: dict[str, int], *, kept: bool
) -> Any:
    """Say that a form is kept and where it is found again, or why it is not."""
    form.poplist("_keep")
    if not kept:
        text = _("This can't be kept: at most %(limit)s arrivals wait beside each other. Send or discard one of them.",
                 limit=limits.ARRIVAL_DRAFTS)  # fmt: skip
        return _form_page(session, actor, form, {"": text}, 422, counts=counts)
    if bad_files:
        return _form_page(session, actor, form, {}, 422, counts=counts)
    flash(_("It is kept, not sent. You find it here and on your start page until you send or discard it."), "success")
    return redirect(url_for("batches_pages.list_arrivals"), 303)


def _send(session: Session, actor: Actor, form: Form) -> str:
    arrival_id = arrival_form.register(session, actor, form)
    arrival_drafts.discard(session, actor, start.draft_of(form))
    if form.get("entry_mode") == "paper":  # a file can't be carried through the check
        return url_for("batches_pages.new_voucher", arrival_id=arrival_id)
    return url_for("batches_pages.arrival_receipt", arrival_id=arrival_id)


def _register_product(session: Session, actor: Actor, form: Form, line: str) -> Response:
    index = line.removeprefix(f"{LINES}-")
    if relation(actor, "catalogue.register") is None or not index.isdecimal():
        raise NotFound
    try:
        with attempt(session):
            product_id = arrival_form.register_product(session, actor, form)
    except Refused as refused:
        form["_new_for"] = index
        return _form_page(session, actor, form, refused.errors, refused.status)
    for name in [name for name in form if name.startswith(("_producer-", "_product-")) or name == "_new_for"]:
        form.poplist(name)
    form[f"{LINES}-{index}-product_id"] = str(product_id)
    form[f"_{LINES}-{index}-find"] = ""
    return _form_page(session, actor, form, {}, registered=_("The product is registered and chosen."))


def _form_page(
    session: Session,
    actor: Actor,
    form: Form,
    errors: dict[str, str],
    status: int = 200,
    *,
    registered: str = "",
    counts: dict[str, int] | None = None,
    begun: datetime | None = None,
) -> Response:
    counts = counts or arrival_form.redrawn(form)[1]
    owner = registry.find_business(session, form.get("owner") or str(actor.business_id))
    sites = start.sites_for(session, actor, owner, form)
    page = render_template(
        "batches/arrival_new.html",
        values=form,
        errors=rows.in_page_order(
            rows.without_shared(pages_goods.at_pieces(dict(kept_files.refused(form)) | errors, LINES, form), form),
            list(LABELS),
        ),
        kept=kept_files.shown(session, actor, form),
        begun=begun,
        draft_id=start.draft_of(form),
        others=[
            draft
            for draft in arrival_drafts.waiting(session, actor, owner.business_id)
            if draft.draft_id != start.draft_of(form)
        ],
        registered=registered,
        labels=LABELS,
        owner=owner,
        on_behalf=actor.business_id != owner.business_id,
        sites=[(site["site_id"], site["name"]) for site in sites],
        zones=[(zone.zone_id, text) for zone, text in arrival_form.zone_texts(sites)],
        found=[
            None
            if rows.is_same(form, n)
            else pages_goods.found_products(
                session, actor, form.get(f"_{LINES}-{n}-find", ""), form.get(f"{LINES}-{n}-product_id", "")
            )
            for n in range(counts[LINES])
        ],
        papers=range(counts[arrival_form.PAPERS]),
        new_for=form.get("_new_for", ""),
        modes=_mode_tiles(),
        evidence_kinds=[(code, words.said(word)) for code, word in vocabulary.evidence_kinds().items()],
        categories=[(code, CATEGORY_WORDS[code]) for code in CATEGORIES],
        unit_words=list(unit_words.NAMES.items()),
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


def _mode_tiles() -> list[dict[str, str]]:
    """Return the ways to enter an arrival, each with when it is the right one."""
    return [
        {"value": mode, "text": str(words.ENTRY_MODES[mode]), "hint": str(words.ENTRY_MODE_HINTS[mode])}
        for mode in arrival_form.MODES
    ]


def _check_page(session: Session, actor: Actor, arrival_id: UUID, form: Form) -> str:
    arrival = service.read_arrival(session, actor, arrival_id)
    return render_template(
        "batches/arrival_check.html",
        values=form,
        labels=LABELS,
        suspended=_suspended(session, arrival),
        **_shown(session, arrival),
    )


def _suspended(session: Session, arrival: dict[str, Any]) -> list[str]:
    """Return what the gate says of suspended imports of these goods, before they are entered (R18)."""
    region_code = registry.site(session, arrival["site_id"]).region_code
    verdicts = service.gate(session, [batch["batch_id"] for batch in arrival["batches"]], region_code)
    said = [
        words.sentences([words.own_words(item, "message"), words.own_words(item, "next")])
        for verdict in verdicts.values()
        for item in (each.as_dict() for each in verdict.missing)
        if item["code"] == "import_suspended"
    ]
    return list(dict.fromkeys(said))


def _shown(session: Session, arrival: dict[str, Any]) -> dict[str, Any]:
    """Return what every page about one arrival shows."""
    return {
        "arrival": arrival,
        "site": registry.site(session, arrival["site_id"]),
        "zones": registry.zones(session, [batch["zone_id"] for batch in arrival["batches"]]),
        "modes": words.ENTRY_MODES,
        "zone_kinds": ZONE_KINDS,
        "words": words,
        "declarations_differ": declarations.shown(arrival["customs_declaration_no"], arrival["evidence"]),
        "mass_g": sum(batch["quantity_units"] * batch["product"]["unit_mass_g"] for batch in arrival["batches"]),
    }


@bp.get("/arrivals/<uuid:arrival_id>/receipt")
@edge("arrival.read")
def arrival_receipt(session: Session, actor: Actor, arrival_id: UUID) -> Any:
    """Show what was just entered, with the batches' codes and what comes next."""
    arrival = service.read_arrival(session, actor, arrival_id)
    verdicts = {batch["batch_id"]: service.read_gate(session, actor, batch["batch_id"]) for batch in arrival["batches"]}
    missing = ((batch_id, item) for batch_id, verdict in verdicts.items() for item in verdict["missing"])
    to_do = (each for each in missing if each[1]["code"] != "evidence_unverified")  # that waits for an officer
    return render_template(
        "batches/arrival_receipt.html",
        verdicts=verdicts,
        first=_first_act(*next(to_do, (None, None))),
        may_label=relation(actor, "label.make") is not None,
        lacking=any(verdict["missing"] for verdict in verdicts.values()),
        **_shown(session, arrival),
    )


def _first_act(batch_id: UUID | None, item: Mapping[str, Any] | None) -> tuple[str, str | None]:
    """Return what the first missing thing asks for, paper, disinfection or labels, and the batch; "" for none of it."""
    if item is None or item["batch_id"] is not None:
        return "", None
    acts = {"code": "labels", "disinfection_record": "disinfection"}
    return acts.get(item["kind"], "paper" if item["kinds"] else ""), str(batch_id)


ORDERS_SHOWN: Final = 10


@bp.get("/arrivals/<uuid:arrival_id>")
@edge("arrival.read")
def show_arrival(session: Session, actor: Actor, arrival_id: UUID) -> Any:
    """Show one arrival: its batches, papers, disinfections."""
    arrival = service.read_arrival(session, actor, arrival_id)
    own = actor.business_id in {None, arrival["owner"]["business_id"]}
    standing = arrival["state"] != "withdrawn" and arrival["entry_mode"] not in MADE_MODES
    return render_template(
        "batches/arrival.html",
        today=regions.today(),
        flags=words.FLAGS,
        protocol_states=words.PROTOCOL_STATES,
        orders=disinfection_orders.search(session, actor, arrival_id=arrival_id, limit=ORDERS_SHOWN)[0],
        order_chips=words.ORDER_CHIPS,
        may_add=own and relation(actor, "evidence.register") is not None and arrival["state"] != "withdrawn",
        may_take_in=own and relation(actor, "arrival.register") is not None and arrival["state"] == "declared",
        may_repeat=own and relation(actor, "arrival.register") is not None and arrival["entry_mode"] not in MADE_MODES,
        may_correct=own and relation(actor, "arrival.correct") is not None and standing,
        identity_fields=words.IDENTITY_FIELDS,
        sampling=pages_sampling.tubes_of(session, actor, arrival),
        pool_size=pages_sampling.pool_size(session),
        **_shown(session, arrival),
    )


@bp.get("/catalogue/products")
@edge("catalogue.read")
def find_products(session: Session, actor: Actor) -> Any:
    """Return the part of a form's line that lists products, while some characters are typed."""
    for name, text in request.args.items():
        line = FIND_NAME.fullmatch(name)
        if line:
            found = pages_goods.found_products(session, actor, text)
            return render_template("batches/_products.html", found=found, group=line[1], index=int(line[2]), errors={})
    raise NotFound
