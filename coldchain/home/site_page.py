"""The page of one site: what is wrong there, its zones, who keeps goods there, its people, stewards, sign and facts."""

from typing import Any, Final
from uuid import UUID

from flask import render_template
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may, relation
from coldchain.batches.service import due
from coldchain.core import clock, limits
from coldchain.core.edge import edge
from coldchain.core.i18n import current_locale
from coldchain.home import place_wrong
from coldchain.home.blueprint import bp
from coldchain.inspections.findings_words import own_words
from coldchain.journal import personal
from coldchain.regions import service as regions
from coldchain.registry import service, words
from coldchain.registry.models import Site
from coldchain.registry.models_stewards import STEWARD_KINDS, STEWARDED
from coldchain.registry.service import at, stewards, venues
from coldchain.registry.stewards_web import posts

PEOPLE_SHOWN: Final = 50


@bp.get("/sites/<uuid:site_id>")
@edge("site.read")
def show_site(session: Session, actor: Actor, site_id: UUID) -> Any:
    """Show a site to its own people and to the officers of its area."""
    site = service.read_site(session, actor, site_id)
    row = service.site(session, site_id)
    wrong = place_wrong.at(session, actor, [row])[site_id]
    tenants, by_zone = place_wrong.tenants(session, actor, site_id)
    return render_template(
        "home/site.html",
        site=site,
        region=regions.name(session, row.region_code, current_locale()),
        site_kinds=words.SITE_KINDS,
        temperatures=words.TEMPERATURE_CLASSES,
        former=venues.former_names(session, site_id),
        tenants=tenants,
        owners=service.brief(session, (tenant.owner_id for tenant in tenants)),
        by_zone=by_zone,
        **wrong_context(session, actor, row, wrong),
        **_people(session, actor, site_id),
        **_stewards(session, actor, row),
        may_visit=may(actor, "visit.record", Resource.of(places=[service.place(row)])),
        may_correct=may(actor, "site.register", at(row, row.business_id)),
        may_zone=may(actor, "zone.register", at(row, row.business_id)),
        may_print=may(actor, "sign.print", at(row, row.business_id)),
        as_of=clock.now(),
    )


def wrong_context(
    session: Session, actor: Actor, site: Site, wrong: place_wrong.Wrong, zone_id: UUID | None = None
) -> dict[str, Any]:
    """Return what the part `home/_wrong.html` shows of what is wrong at a site."""
    stopped = wrong.locked + wrong.not_clear
    return {
        "wrong": wrong,
        "own_words": own_words,
        "wrong_goods": place_wrong.goods(session, actor, site.site_id, zone_id) if stopped else [],
        "wrong_names": personal.reveal(session, [each.row.name_id for each in wrong.people]),
        "zone_kinds": words.ZONE_KINDS,
        "steward_kinds": words.STEWARD_KINDS,
        "is_officer": relation(actor, "recall.read") is not None,
        "posts_to_fill": posts(actor) if may(actor, "steward.appoint", at(site, site.business_id)) else [],
    }


def _people(session: Session, actor: Actor, site_id: UUID) -> dict[str, Any]:
    listed = due.people(session, actor, limit=PEOPLE_SHOWN, site_ids=[site_id])
    names = personal.reveal(session, [each.row.name_id for each in listed])
    return {
        "people": [(each, names.get(each.row.name_id)) for each in listed],
        "surroundings": due.surroundings(session, actor, limit=limits.PAGE_DEFAULT, site_ids=[site_id]),
        "may_enter_people": relation(actor, "worker.register") is not None,
    }


def _stewards(session: Session, actor: Actor, site: Site) -> dict[str, Any]:
    if site.kind not in STEWARDED:
        return {"stewarded": False}
    terms = stewards.of_site(session, actor, site.site_id)
    fill = posts(actor) if may(actor, "steward.appoint", at(site, site.business_id)) else []
    return {
        "stewarded": True,
        "posts": [
            (kind, next((each for each in terms if each.kind == kind and each.ended_on is None), None), kind in fill)
            for kind in STEWARD_KINDS
        ],
        "former_stewards": [each for each in terms if each.ended_on is not None],
    }
