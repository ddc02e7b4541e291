"""Who holds anything of a producer, a product or a lot now, and from there to the draft of a notice about it."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import clock, limits
from coldchain.core.edge import edge
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, Form, load, refusal
from coldchain.recall import holders, schemas
from coldchain.recall.web import notice_form, wizard
from coldchain.recall.web.blueprint import bp
from coldchain.registry import service as registry
from coldchain.registry.words import SITE_KINDS


@bp.get("/holders")
@edge("recall.draft")
def show_holders(session: Session, actor: Actor) -> Any:
    """Show who holds what fits, how much, where and in which state; without a question, the form alone."""
    form = notice_form.asked(request.args)
    found, errors, status = None, dict[str, str](), 200
    products = registry.products(session, wizard.ids(form.getlist("criterion-product_ids")))
    if form:
        try:
            asked = load(schemas.HoldersQuerySchema(), _for_schema(form))
            found = holders.holders(session, actor, asked["criterion"])
        except REFUSALS as error:
            refused, status = refusal(error)
            errors = notice_form.on_page(refused)
    page = render_template(
        "recall/holders.html",
        values=Form(request.args),
        errors=errors,
        labels=notice_form.LABELS,
        producers=wizard.found_producers(session, actor, Form(request.args)),
        products=products.values(),
        found=found,
        as_of=clock.now(),
        site_kinds=SITE_KINDS,
        draft_href=_draft_href(session, form) if found and holders.may_draft(actor) else None,
    )
    return Response(page, status)


def _for_schema(form: Form) -> Form:
    fields = notice_form.for_schema(form)
    fields.poplist("title")
    for box in notice_form.BOXES:
        fields.poplist(box)
    return fields


def _draft_href(session: Session, form: Form) -> str:
    """Return the address of a notice's form that this question fills."""
    given = {name: form.getlist(name) for name in form} | {"title": [_title(session, form)]}
    return f"{url_for('recall.new_recall')}?{urlencode(given, doseq=True)}"


def _title(session: Session, form: Form) -> str:
    producers = registry.producers(session, wizard.ids(form.getlist("criterion-producer_ids")))
    products = registry.products(session, wizard.ids(form.getlist("criterion-product_ids")))
    names = [*(row.name for row in producers.values()), *(row.name for row in products.values())]
    names += [form[name] for name in ("criterion-product_name_contains", "criterion-series") if form.get(name)]
    names += form.getlist("_batch_nos")
    first, last = form.get("criterion-production_date_from"), form.get("criterion-production_date_to")
    if first and last:
        names.append(_("produced %(first)s to %(last)s", first=first, last=last))
    elif first:
        names.append(_("produced from %(first)s on", first=first))
    elif last:
        names.append(_("produced until %(last)s", last=last))
    return " ".join(names)[: limits.NAME_CHARS]
