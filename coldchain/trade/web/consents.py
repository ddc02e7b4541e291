"""Whom a business lets send its goods on out of a store, and who lets it."""

from typing import Any
from uuid import UUID

from flask import Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import limits
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.trade.consent_schemas import ConsentSchema
from coldchain.trade.service import consents
from coldchain.trade.web.blueprint import bp

LABELS = {"custodian": _l("USCC of the store")}


def _own(actor: Actor) -> UUID:
    if actor.business_id is None:
        raise NotFound
    return actor.business_id


@bp.route("/standing-consents", methods=["GET", "POST"])
@edge("consent.give")
def list_consents(session: Session, actor: Actor) -> Any:
    """List the consents that the reader's business gave and was given, or give one."""
    own = _own(actor)
    form: Form = copy(request.form)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":

        def act() -> str:
            given = consents.give(session, actor, own, **load(ConsentSchema(), form))
            flash(_("%(name)s may send your goods on from now on.", name=given["custodian"].name), "success")
            return url_for("trade_pages.list_consents")

        try:
            return once(session, actor.user_id, form, act)
        except REFUSALS as error:
            errors, status = refusal(error, LABELS)
    items, _following = consents.listing(session, actor, own, limit=limits.PAGE_MAX)
    page = render_template(
        "trade/consents.html",
        given=[item for item in items if item["owner"].business_id == own],
        received=[item for item in items if item["custodian"].business_id == own],
        values=form,
        errors=errors,
        labels=LABELS,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/standing-consents/<uuid:consent_id>/withdraw")
@edge("consent.give")
def withdraw_consent(session: Session, actor: Actor, consent_id: UUID) -> Any:
    """Withdraw a consent."""

    def act() -> str:
        ended = consents.withdraw(session, actor, _own(actor), consent_id)
        flash(_("%(name)s may not send your goods on any more.", name=ended["custodian"].name), "success")
        return url_for("trade_pages.list_consents")

    return once(session, actor.user_id, copy(request.form), act)
