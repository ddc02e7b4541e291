"""What the form of an arrival starts from: blank, what was begun, an arrival like it; the places and papers offered.

Goods of one owner often lie in another's cold store; its stores are offered once it is named.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import pages_arrival_form as arrival_form
from coldchain.batches import service
from coldchain.batches.models_arrivals import ArrivalDraft
from coldchain.batches.service import arrival_drafts
from coldchain.core import clock, limits, pages
from coldchain.core.errors import NotFound
from coldchain.core.ids import new_id
from coldchain.core.page_forms import Form
from coldchain.policy import engine
from coldchain.policy import service as policy
from coldchain.regions.tree import ancestry
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Site

STORE_KINDS: Final = ("cold_store", "first_store")
STORE_CHARS_MIN: Final = 2
DRAFT: Final = "_draft"


def sites_for(session: Session, actor: Actor, owner: Business, form: Form) -> list[dict[str, Any]]:
    """Return the sites that goods of an owner can come to: its own, and the cold stores of who is named in `_store`."""
    sites = arrival_form.own_sites(session, actor, str(owner.business_id))
    asked = form.get("_store", "").strip()
    if len(asked) >= STORE_CHARS_MIN:
        sites = sites + _stores(session, actor, asked, {site["site_id"] for site in sites})
    return sites


def _stores(session: Session, actor: Actor, asked: str, known: set[UUID]) -> list[dict[str, Any]]:
    """Return the cold stores of businesses that are found by a name, initials or a code: name, owner, zones."""
    found, _more = registry.search_businesses(
        session, actor, q=asked[: limits.NAME_CHARS], kind="cold_store", status="active", limit=limits.STORES_FOUND
    )
    names = {row["business_id"]: row["name"] for row in found}
    statement = select(Site).where(col(Site.business_id).in_(names), col(Site.kind).in_(STORE_KINDS))
    sites = [site for site in session.exec(statement.order_by(col(Site.name))) if site.site_id not in known]
    zones = registry.zones_of_sites(session, [site.site_id for site in sites])
    return [
        {"site_id": s.site_id, "name": f"{names[s.business_id]} {s.name}", "zones": zones[s.site_id]} for s in sites
    ]


def asked_papers(session: Session, sites: list[dict[str, Any]]) -> list[str]:
    """Return the kinds of paper that imported goods need at the first of these sites now, one of each alternative."""
    known = registry.sites(session, [site["site_id"] for site in sites[:1]])
    today = clock.now().astimezone(clock.BEIJING).date()
    for site in known.values():
        row = engine.choose(
            policy.rows(session), regions=ancestry(site.region_code), on=today, category="other", imported=True
        )
        return [kinds[0] for kinds in row.evidence] if row else []
    return []


def started(
    session: Session,
    actor: Actor,
    owner: Business,
    like: Mapping[str, Any] | None,
    site_id: str = "",
    *,
    anew: bool = False,
) -> tuple[Form, Any]:
    """Return the form as it is opened, and since when it was begun when it is a draft (None: it is new).

    `like`: an arrival that this one repeats: place, supplier, products; quantities, dates and numbers are new.
    `site_id`: the place whose sign was scanned; another's store is offered by its owner's name. Each of these begins a
    form of its own beside those that were begun before, as `anew` does; else the latest of those is gone on with.
    """
    form, begun = _started(session, actor, owner, like, site_id, anew=anew)
    form.setdefault(DRAFT, str(new_id()))
    return form, begun


def resumed(draft: ArrivalDraft) -> tuple[Form, Any]:
    """Return the form of a draft, without rows of goods in which nothing was typed, and when it was last touched."""
    typed = Form([(name, text) for name, text in draft.fields])
    form = arrival_form.without_empty(typed, [arrival_form.LINES])
    form[DRAFT] = str(draft.draft_id)
    return form, draft.updated_at


def draft_of(form: Form) -> UUID:
    """Return under which id a form is kept; one that brings none begins a draft of its own."""
    try:
        return UUID(form.get(DRAFT, ""))
    except ValueError:
        form[DRAFT] = str(new_id())
        return UUID(form[DRAFT])


def _started(
    session: Session, actor: Actor, owner: Business, like: Mapping[str, Any] | None, site_id: str, *, anew: bool
) -> tuple[Form, Any]:
    if site_id:
        return _at(session, actor, owner, site_id), None
    if like is None and not anew:
        drafts = arrival_drafts.waiting(session, actor, owner.business_id)
        if drafts:
            return resumed(drafts[0])
    sites = sites_for(session, actor, owner, Form())
    form = arrival_form.blank(sites)
    for index, kind in enumerate(asked_papers(session, sites)):
        form[f"{arrival_form.PAPER}-{index}-kind"] = kind
    if actor.business_id != owner.business_id:
        form["owner"] = str(owner.business_id)
    if like is not None:
        for name, text in _like(session, like, {site["site_id"] for site in sites}).items():
            form[name] = text
    return form, None


def _at(session: Session, actor: Actor, owner: Business, site_id: str) -> Form:
    """Return a new form at a place: its only zone is chosen; a draft that was begun stays kept until this is sent."""
    own = sites_for(session, actor, owner, Form())
    here = [site for site in own if str(site["site_id"]) == site_id]
    form = arrival_form.blank(here or own)
    if not here:
        form["_store"] = _owner_of(session, site_id)
        form["site_id"] = site_id
    if actor.business_id != owner.business_id:
        form["owner"] = str(owner.business_id)
    for index, kind in enumerate(asked_papers(session, here or own)):
        form[f"{arrival_form.PAPER}-{index}-kind"] = kind
    return form


def _owner_of(session: Session, site_id: str) -> str:
    """Return what the owner of a store is called. Raises NotFound."""
    try:
        site = registry.site(session, UUID(site_id))
    except ValueError as error:
        raise NotFound from error
    if site.kind not in STORE_KINDS:
        raise NotFound
    return registry.brief(session, [site.business_id])[site.business_id].name


def _like(session: Session, like: Mapping[str, Any], own_sites: set[UUID]) -> Form:
    form = Form({"site_id": str(like["site_id"]), "vehicle_plate": like["vehicle_plate"] or ""})
    if like["entry_mode"] in arrival_form.MODES:
        form["entry_mode"] = like["entry_mode"]
    if like["supplier"]:
        business = like["supplier"]["business"]
        form["_supplier"] = business["uscc"] if business and business["uscc"] else like["supplier"]["name"]
    if like["site_id"] not in own_sites:
        site = registry.site(session, like["site_id"])
        form["_store"] = registry.brief(session, [site.business_id])[site.business_id].name
    seen: set[tuple[UUID, UUID]] = set()
    for batch in like["batches"]:
        key = (batch["product"]["product_id"], batch["zone_id"])
        if key not in seen:
            index = len(seen)
            form[f"{arrival_form.LINES}-{index}-product_id"] = str(key[0])
            form[f"{arrival_form.LINES}-{index}-zone_id"] = str(key[1])
            seen.add(key)
    if form.get("entry_mode") == "declared":
        form["expected_at"] = ""
    form["arrived_at"] = pages.form_moment(clock.now())
    return form


def read_like(session: Session, actor: Actor, text: str) -> dict[str, Any] | None:
    """Return the arrival that a new one is to repeat, by its id. Raises NotFound when it isn't the reader's to see."""
    try:
        return service.read_arrival(session, actor, UUID(text)) if text else None
    except ValueError:
        return None
