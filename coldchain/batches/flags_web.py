"""Pages of flags (标记): what officers should look at, and closing one with a reason."""

from typing import Any, Final
from uuid import UUID

from flask import Response, flash, render_template, request, url_for
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may
from coldchain.batches import flags
from coldchain.batches import pages_words as words
from coldchain.batches.models import FLAG_KINDS, Arrival, Batch
from coldchain.batches.origins import came_with_arrival
from coldchain.batches.pages_blueprint import PAGE_ROWS, bp
from coldchain.batches.schemas.flags import CloseFlagSchema, FlagQuery
from coldchain.core.edge import edge
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.registry import service as registry

LABELS: Final = {"reason": _l("What was found out or done")}
NOWHERE: Final = UUID(int=0)
DOCUMENTS: Final = {
    "batch": "/batches/",
    "arrival": "/arrivals/",
    "consignment": "/consignments/",
    "stock_entry": "/stock-entries/",
}


@bp.get("/flags")
@edge("flag.read")
def list_flags(session: Session, actor: Actor) -> Any:
    """List what stands out in the reader's area, newest first: what is still to be looked at, or what was closed."""
    asked = {name: text for name, text in request.args.items() if name in {"cursor", "state", "kind", "batch_id"}}
    query = load(FlagQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    rows, following = flags.search(session, actor, **query)
    return render_template(
        "batches/flags.html",
        items=shown(session, rows),
        following=following,
        query=query,
        counts=flags.count_by_kind(session, actor, query["state"]),
        totals={state: sum(flags.count_by_kind(session, actor, state).values()) for state in flags.STATES},
        kinds=FLAG_KINDS,
        kind_words=words.FLAG_KINDS,
        may_close=[may(actor, "flag.close", Resource.of(regions=[row.region_code])) for row in rows],
        words=words,
    )


def shown(session: Session, rows: list[Any]) -> list[dict[str, Any]]:
    """Return flags as the page shows them: with product, site, and the address of what they are about."""
    listed = flags.describe(session, rows)
    products = registry.products(session, [row["product_id"] for row in listed if row["product_id"]])
    sites = registry.sites(session, [_id(row, "site_id") for row in listed])
    zones = registry.zones(session, [_id(row, "zone_id") for row in listed])
    arrivals = _arrivals(session, [row["subject_id"] for row in listed if row["subject_kind"] == "arrival"])
    by_zone = {zone_id: site for zone_id, (_zone, site) in zones.items()}
    return [
        row
        | {
            "product": products.get(row["product_id"]),
            "site": sites.get(_id(row, "site_id") or NOWHERE) or by_zone.get(_id(row, "zone_id") or NOWHERE),
            "arrival": arrivals.get(row["subject_id"]),
            "href": f"{DOCUMENTS[row['subject_kind']]}{row['subject_id']}",
        }
        for row in listed
    ]


def _arrivals(session: Session, ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """Return by what the arrivals that flags are about are told apart: their number, their goods."""
    numbers = session.execute(
        select(col(Arrival.arrival_id), col(Arrival.arrival_no)).where(col(Arrival.arrival_id).in_(ids))
    ).all()
    lines = session.execute(
        select(col(Batch.arrival_id), col(Batch.product_id))
        .where(col(Batch.arrival_id).in_(ids), came_with_arrival())
        .order_by(col(Batch.line_no))
    ).all()
    products = registry.products(session, [product_id for _arrival, product_id in lines])
    return {
        arrival_id: {
            "number": number,
            "products": [products[product] for product in dict.fromkeys(p for of, p in lines if of == arrival_id)],
        }
        for arrival_id, number in numbers
    }


def _id(row: dict[str, Any], name: str) -> UUID | None:
    return UUID(row["data"][name]) if row["data"].get(name) else None


@bp.route("/flags/<uuid:flag_id>/close", methods=["GET", "POST"])
@edge("flag.close")
def close_flag(session: Session, actor: Actor, flag_id: UUID) -> Any:
    """Ask what was found out about a flag, or close it."""
    row = flags.read(session, actor, flag_id)
    form = copy(request.form)
    errors: dict[str, str] = {}
    status = 200 if row.closed_at is None else 409

    def act() -> str:
        flags.close(session, actor, flag_id, **load(CloseFlagSchema(), form))
        flash(_("The flag is closed."), "success")
        return url_for("batches_pages.list_flags")

    if request.method == "POST":
        try:
            return once(session, actor.user_id, form, act)
        except REFUSALS as error:
            errors, status = refusal(error, LABELS)
    page = render_template(
        "batches/flag_close.html",
        flag=shown(session, [row])[0],
        values=form,
        errors=errors,
        labels=LABELS,
        kind_words=words.FLAG_KINDS,
        once=form.get("_once") or new_once(),
        words=words,
    )
    return Response(page, status)
