"""Pages on which producers and products that were entered twice are shown and merged."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.registry import identity_schemas as schemas
from coldchain.registry import service, words
from coldchain.registry.identity_forms import LABELS
from coldchain.registry.service import catalogue_merging

bp = Blueprint("catalogue_pages", __name__)


@bp.get("/catalogue/duplicates")
@edge("catalogue.merge")
def list_alike(session: Session, actor: Actor) -> Any:
    """Show producers and products that may be one."""
    return render_template(
        "registry/catalogue_alike.html",
        producers=catalogue_merging.alike_producers(session, actor),
        products=catalogue_merging.alike_products(session, actor),
    )


@bp.get("/producers/<uuid:producer_id>/merge/<uuid:into>")
@edge("catalogue.merge")
def merge_producer(session: Session, actor: Actor, producer_id: UUID, into: UUID) -> Any:
    """Show two producers beside each other before they are merged."""
    return _page(session, actor, "producer", producer_id, into, Form(), {})


@bp.get("/products/<uuid:product_id>/merge/<uuid:into>")
@edge("catalogue.merge")
def merge_product(session: Session, actor: Actor, product_id: UUID, into: UUID) -> Any:
    """Show two products beside each other before they are merged."""
    return _page(session, actor, "product", product_id, into, Form(), {})


def _page(
    session: Session,
    actor: Actor,
    what: str,
    old_id: UUID,
    into: UUID,
    form: Form,
    errors: dict[str, str],
    status: int = 200,
) -> Response:
    read: Any = service.read_producer if what == "producer" else service.read_product
    old, target = read(session, actor, old_id), read(session, actor, into)
    if old["merged_into"] or target["merged_into"] or old_id == into:
        raise NotFound
    page = render_template(
        "registry/catalogue_merge.html",
        what=what,
        old=old,
        target=target,
        turned=url_for("catalogue_pages.merge_producer", producer_id=into, into=old_id)
        if what == "producer"
        else url_for("catalogue_pages.merge_product", product_id=into, into=old_id),
        products=catalogue_merging.count_products(session, old_id) if what == "producer" else None,
        categories=words.CATEGORIES,
        values=form,
        errors=errors,
        labels=LABELS,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


@bp.post("/producers/<uuid:producer_id>/merge/<uuid:into>")
@edge("catalogue.merge")
def merge_producer_submit(session: Session, actor: Actor, producer_id: UUID, into: UUID) -> Any:
    """Merge two producers."""
    return _merge(session, actor, "producer", producer_id, into)


@bp.post("/products/<uuid:product_id>/merge/<uuid:into>")
@edge("catalogue.merge")
def merge_product_submit(session: Session, actor: Actor, product_id: UUID, into: UUID) -> Any:
    """Merge two products."""
    return _merge(session, actor, "product", product_id, into)


def _merge(session: Session, actor: Actor, what: str, old_id: UUID, into: UUID) -> Any:
    form = copy(request.form)
    form["into"] = str(into)
    merge = catalogue_merging.merge_producers if what == "producer" else catalogue_merging.merge_products

    def act() -> str:
        merge(session, actor, old_id, **load(schemas.CatalogueMergeSchema(), form))
        flash(_("Merged. Notices on either describe the goods of both from now on."), "success")
        return url_for("catalogue_pages.list_alike")

    try:
        return once(session, actor.user_id, form, act)
    except NotFound:
        raise
    except REFUSALS as error:
        return _page(session, actor, what, old_id, into, form, *refusal(error, LABELS))
