"""Pages of businesses that may be one: the list, two side by side, and setting a pair aside."""

from typing import Any, Final

from flask import Blueprint, Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import limits
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.home import totals
from coldchain.regions import service as regions
from coldchain.registry import pairs_schemas as schemas
from coldchain.registry import service, words
from coldchain.registry.models import Business
from coldchain.registry.service import duplicates, merging, overview, telling_apart

bp = Blueprint("pairs", __name__)
PAGE_ROWS: Final = 20
SITES_SHOWN: Final = 20
LABELS: Final = {"reason": _l("How it is known that they are two")}


@bp.get("/businesses/duplicates")
@edge("business.merge")
def list_pairs(session: Session, actor: Actor) -> Any:
    """List pairs of businesses that may be one, the likeliest first."""
    asked = Form({name: text for name, text in request.args.items() if name in {"state", "cursor"}})
    query = load(schemas.PairQuery(), asked) | {"limit": PAGE_ROWS}
    found = duplicates.search(session, actor, **query)
    return render_template(
        "home/pairs.html",
        found=found,
        query=query,
        names=overview.names(session, (pair.aside.recorded_by for pair in found.pairs if pair.aside)),
        reasons=words.DUPLICATE_REASONS,
        states=words.PAIR_STATES,
        changed=words.CHANGED,
        bound=limits.BUSINESSES_COMPARED,
    )


@bp.get("/businesses/<string:business>/duplicates/<string:other>")
@edge("business.merge")
def show_pair(session: Session, actor: Actor, business: str, other: str) -> Any:
    """Show two businesses side by side."""
    return _pair_page(session, actor, business, other, Form(), {})


def _pair_page(
    session: Session, actor: Actor, business: str, other: str, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    pair = telling_apart.read(session, actor, business, other)
    page = render_template(
        "home/pair.html",
        pair=pair,
        sides=[_side(session, actor, each) for each in (pair.one, pair.other)],
        into=pair.other if pair.provisional is pair.one else pair.one,
        merged=next((each for each in (pair.one, pair.other) if each.merged_into_id is not None), None),
        by=overview.names(session, [pair.aside.recorded_by])[pair.aside.recorded_by] if pair.aside else None,
        reasons=words.DUPLICATE_REASONS,
        changed=words.CHANGED,
        kinds=words.BUSINESS_KINDS,
        moves=words.MOVES,
        values=form,
        errors=errors,
        labels=LABELS,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


def _side(session: Session, actor: Actor, row: Business) -> dict[str, Any]:
    """Return one of the two as the page shows it: who it is, its places, its goods, what was recorded of it."""
    shown = service.read_business(session, actor, row.business_id) if row.merged_into_id is None else {}
    return {
        "row": row,
        "shown": shown,
        "region": regions.name(session, row.region_code, current_locale()),
        "sites": service.search_sites(session, actor, business=str(row.business_id), limit=SITES_SHOWN)[0],
        "stock": totals.own(session, row.business_id),
        "counts": merging.counts(session, row.business_id),
    }


@bp.post("/businesses/<string:business>/duplicates/<string:other>/set-aside")
@edge("business.tell_apart")
def set_aside(session: Session, actor: Actor, business: str, other: str) -> Any:
    """Say that the two are two."""
    form = copy(request.form)

    def act() -> str:
        telling_apart.set_aside(session, actor, business, other, **load(schemas.TellApartSchema(), form))
        flash(_("Set aside. The pair comes back when name, address or phone of either change."), "success")
        return url_for("pairs.list_pairs")

    return _try(session, actor, business, other, form, act)


@bp.post("/businesses/<string:business>/duplicates/<string:other>/take-back")
@edge("business.tell_apart")
def take_back(session: Session, actor: Actor, business: str, other: str) -> Any:
    """Take back that the two are two."""
    form = copy(request.form)

    def act() -> str:
        telling_apart.take_back(session, actor, business, other)
        flash(_("Taken back. The pair stands in the list again."), "success")
        return url_for("pairs.show_pair", business=business, other=other)

    return _try(session, actor, business, other, form, act)


def _try(session: Session, actor: Actor, business: str, other: str, form: Form, act: Any) -> Any:
    try:
        return once(session, actor.user_id, form, act)
    except NotFound:
        raise
    except REFUSALS as error:
        return _pair_page(session, actor, business, other, form, *refusal(error, LABELS))
