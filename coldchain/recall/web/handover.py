"""Handing on what an officer has, in one screen: a successor for everything, single ones changed."""

from typing import Any

from flask import Response, flash, render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts import service as accounts
from coldchain.accounts.actor import Actor
from coldchain.core import limits
from coldchain.core.edge import edge
from coldchain.core.i18n import current_locale, ngettext
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, copy, load, new_once, once, refusal
from coldchain.recall import duty_schemas, handover
from coldchain.recall.web.blueprint import bp
from coldchain.regions import service as regions

LABELS = {"to_all": _l("Successor for everything")}


@bp.get("/handover")
@edge("handover.do")
def show_handover(session: Session, actor: Actor) -> Any:
    """Show the officers of the reader's areas, or all that one of them has open with the choice of successors."""
    query = load(duty_schemas.HandoverQuerySchema(), request.args)
    if query["officer"] is None:
        return render_template("recall/handover_officers.html", loads=handover.loads(session, actor))
    return _page(session, actor, query["officer"], Form(), {})


def _page(
    session: Session, actor: Actor, username: str, form: Form, errors: dict[str, str], status: int = 200
) -> Response:
    found = handover.overview(session, actor, username)
    given = [handover.area_of(each) for each in found.ending]
    offices = regions.offices_by_id(session, {area.office_id for area in given})
    names = regions.names(session, {area.region_code for area in given}, current_locale())
    singles = _singles(form)
    page = render_template(
        "recall/handover.html",
        officer=found.officer,
        rows=[(row, found.fit(row, given), singles.get(row.key, "")) for row in found.rows[: limits.HANDED_OVER]],
        total=len(found.rows),
        candidates=found.candidates,
        areas=[offices[area.office_id].name if area.office_id else names[area.region_code] for area in given],
        values=form,
        errors=errors,
        labels=LABELS,
        once=form.get("_once") or new_once(),
    )
    return Response(page, status)


def _singles(form: Form) -> dict[str, str]:
    """Return what was chosen for single things, by the thing: rows may have changed since the page was drawn."""
    count = sum(name.startswith("rows-") and name.endswith("-what") for name in form)
    return {form[f"rows-{i}-what"]: form.get(f"rows-{i}-to", "") for i in range(count) if f"rows-{i}-what" in form}


def _receipt(
    session: Session, data: dict[str, Any], singles: dict[str, str], count: int, *, end: bool, give: bool
) -> str:
    """Return who gave how much to whom, and which assignment ended or went along."""
    names = {
        name: accounts.user_by_name(session, name).display_name
        for name in dict.fromkeys([data["officer"], *singles.values(), *([data["to_all"]] if data["to_all"] else [])])
    }
    officer, takers = names[data["officer"]], [text for name, text in names.items() if name != data["officer"]]
    handed = ngettext(
        "%(num)s thing of %(officer)s was handed to %(to)s.",
        "%(num)s things of %(officer)s were handed to %(to)s.",
        count,
        officer=officer,
        to=_(", ").join(takers),
    )
    said = [
        handed if count else "",
        _("The assignment of %(officer)s in your areas has ended.", officer=officer) if end else "",
        _("%(to)s has it now.", to=names[data["to_all"]]) if give and data["to_all"] else "",
    ]  # fmt: skip
    return " ".join(part for part in said if part)


@bp.post("/handover")
@edge("handover.do")
def hand_over(session: Session, actor: Actor) -> Any:
    """Hand everything on at once and say to whom and what ended, or say what would be left without an owner."""
    form = copy(request.form)

    def act() -> str:
        data = load(duty_schemas.HandoverSchema(), form)
        singles = {row["what"]: row["to"] for row in data.pop("rows") or [] if row["to"]}
        flags = {name: bool(data[name]) for name in ("end", "give")}
        count = handover.hand_over(session, actor, data["officer"], to_all=data["to_all"], singles=singles, **flags)
        flash(_receipt(session, data, singles, count, **flags), "success")
        return url_for("recall.show_handover")

    try:
        return once(session, actor.user_id, form, act)
    except REFUSALS as error:
        return _page(session, actor, form.get("officer", ""), form, *refusal(error, LABELS))
