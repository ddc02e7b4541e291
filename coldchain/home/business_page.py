"""The page of one business: the register's facts, what the ledger holds of it, and what was decided about it."""

from typing import Any, Final

from flask import Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may, relation
from coldchain.core import clock
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.home import business_told, totals
from coldchain.home.blueprint import bp
from coldchain.journal import personal
from coldchain.journal.models import PersonalValue
from coldchain.regions import service as regions
from coldchain.registry import schemas, service, words
from coldchain.registry.models import Business
from coldchain.registry.service import appeals, correcting, decisions, place, reopening
from coldchain.registry.web import LABELS, readable

SITES_SHOWN: Final = 200


@bp.get("/businesses/<string:business>")
@edge("business.lookup")
def show_business(session: Session, actor: Actor, business: str) -> Any:
    """Show a business: who it is, its letter, sites, stock, decisions; strangers see name, kinds and state."""
    return page(session, actor, business, Form(), {})


def _gone(session: Session, business: Business) -> dict[str, list[PersonalValue]]:
    """Return which of the contacts were erased, with when and why."""
    ids = {"legal": business.legal_representative_id, "phone": business.phone_id}
    found = personal.erased(session, ids.values())
    return {name: [found[i]] if i in found else [] for name, i in ids.items()}


def page(session: Session, actor: Actor, ref: str, form: Form, errors: dict[str, str], status: int = 200) -> Response:
    found, full = readable(session, actor, ref)
    here = Resource.of(found.business_id, places=[place(found)])
    html = render_template(
        "registry/business.html",
        business=service.read_business(session, actor, found.business_id),
        full=full,
        gone=_gone(session, found) if full else {"legal": [], "phone": []},
        region=regions.name(session, found.region_code, current_locale()),
        kinds=words.BUSINESS_KINDS,
        site_kinds=words.SITE_KINDS,
        zone_kinds=words.ZONE_KINDS,
        temperatures=words.TEMPERATURE_CLASSES,
        sites=service.search_sites(session, actor, business=str(found.business_id), limit=SITES_SHOWN)[0]
        if relation(actor, "site.read") and full
        else [],
        stock=totals.own(session, found.business_id) if full else None,
        may_stock=relation(actor, "stock.read") is not None,
        told=business_told.told(session, found.business_id) if full else [],
        decisions=_decisions(session, actor, found, here),
        words=words.DECISIONS,
        may_merge=found.uscc is None and may(actor, "business.merge", here),
        former=correcting.former_names(session, found.business_id) if full else [],
        may_correct=found.uscc is not None
        and found.status in correcting.POSSIBLE
        and may(actor, "business.amend", here),
        may_keep=may(actor, "licence.record", here) and found.status != "closed",
        may_object=full and appeals.may_object(session, actor, found),
        may_card=found.card_no is not None and may(actor, "card.read", here),
        may_visit=may(actor, "visit.record", here),
        may_findings=may(actor, "site_finding.read", here),
        published=decisions.published_number(session, found.business_id, clock.now()),
        may_people=may(actor, "people.manage", here),
        may_slip=may(actor, "slip.print", here),
        texts=service.commitment_texts(session),
        may_sign=may(actor, "business.sign_commitment", here),
        may_register_site=may(actor, "site.register", here),
        values=form,
        once=form.get("_once") or new_once(),
        errors=errors,
        labels=LABELS,
    )
    return Response(html, status)


def _decisions(session: Session, actor: Actor, business: Business, here: Resource) -> tuple[str, ...]:
    if not may(actor, "business.decide", here):
        return ()
    possible = reopening.possible(session, business)
    return possible if business.uscc is not None else tuple(each for each in possible if each == "close")


@bp.post("/businesses/<string:business>/commitment-letters")
@edge("business.sign_commitment")
def sign_commitment(session: Session, actor: Actor, business: str) -> Any:
    """Record a signed commitment letter."""
    form = copy(request.form)

    def act() -> str:
        service.sign_commitment(session, actor, business, **load(schemas.CommitmentSignatureSchema(), form))
        flash(_("The signed letter is recorded."), "success")
        return url_for("home.show_business", business=business, _anchor="letter")

    try:
        return once(session, actor.user_id, form, act)
    except NotFound:
        raise
    except REFUSALS as error:
        return page(session, actor, business, form, *refusal(error, LABELS))
