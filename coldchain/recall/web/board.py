"""The board of a sweep as of a time: figures, offices, tasks, bulletin, samples; and the route list on paper."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import render_template, request, url_for
from sqlmodel import Session

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import relation, scope
from coldchain.core import clock, pages
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import REFUSALS, refusal
from coldchain.inspections import service as inspections
from coldchain.journal import history, receipts
from coldchain.journal import words as journal_words
from coldchain.recall import assistance, assistance_view, drafts, late, present, reach, report, tasks, words
from coldchain.recall.assistance_view import AssistanceView
from coldchain.recall.figures import CHECKED, Figures, LineFact, PlaceFigures
from coldchain.recall.models import ORIGINS, Recall
from coldchain.recall.tasks import TaskView
from coldchain.recall.web import asof, goods, notice_form
from coldchain.recall.web.blueprint import PAGE_ROWS, bp
from coldchain.recall.web.wizard import draft_page
from coldchain.regions import service as regions
from coldchain.registry import service as registry

LATE_SHOWN: Final = 50
# What an officer looks at first: places nobody has been to, then those that nobody got into, then the rest.
ORDER: Final = {"open": 0, "closed": 1, "unreachable": 2, "refused": 3, "found": 4, "none_found": 5}
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "open": ("open", "closed", "unreachable", "refused"),
    "found": ("found",),
    "none_found": ("none_found",),
    "all": tuple(ORDER),
}


@dataclass(frozen=True)
class Row:
    """A task as a line of the board: its place and origin, the chip of its state, grams that match (None: unknown)."""

    task: dict[str, Any]
    chip: str
    mass_g: int | None


def row(task: dict[str, Any], view: TaskView, lines: list[Any], *, drill: bool = False) -> Row:
    """Return a task as a line of the board. An open task with goods in the books is locked there, not sealed.

    A drill locks nothing (R9).
    """
    if view.state == "found":
        facts = [
            LineFact(line.batch_id, line.examined_units, line.matched_units, line.mass_g, line.disposition)
            for line in lines
            if line.matched_units
        ]
        how = {fact.disposition for fact in facts}
        chip = next((words.done(each, drill) for each in ("left", "taken_off", "sealed") if each in how), "found")
        weighed = [fact.matched_mass_g for fact in facts if fact.matched_mass_g is not None]
        return Row(task, chip, sum(weighed) if weighed else None)
    expected = sum(each.mass_g for each in view.awaited)
    if view.state == "none_found":
        return Row(task, "none_found", 0)
    if view.reopened:
        return Row(task, "reopened", expected or None)
    locked = view.state == "open" and bool(view.expected) and not drill
    return Row(task, "locked" if locked else view.state, expected or None)


def rows_of(session: Session, views: list[TaskView], *, drill: bool = False) -> list[Row]:
    """Return tasks as lines of the board, in a constant number of statements."""
    lines = inspections.lines_of(session, [view.finding.finding_id for view in views if view.finding])
    shown = present.tasks(session, views)
    return [
        row(task, view, lines.get(view.finding.finding_id, []) if view.finding else [], drill=drill)
        for task, view in zip(shown, views, strict=True)
    ]


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 8 else 0


def _office_id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


@bp.get("/recalls/<uuid:recall_id>")
@edge("recall.read")
def show_recall(session: Session, actor: Actor, recall_id: UUID) -> Any:
    """Show a draft, or the board of a running recall as of `as_of`."""
    recall = drafts.get(session, actor, recall_id)
    if recall.state == "draft":
        return draft_page(session, actor, recall)
    errors: dict[str, str] = {}
    try:
        moment = asof.parse(request.args.get("as_of"))
        found = report.report(session, actor, recall_id, moment)
    except REFUSALS as error:
        early = isinstance(error, NotFound)
        errors = {"as_of": _("The notice had not come yet.") if early else next(iter(refusal(error)[0].values()))}
        moment, found = None, report.report(session, actor, recall_id)
    views = tasks.views(session, tasks.seen_tasks(session, actor, recall, found.as_of), found.as_of)
    office_id = _office_id(request.args.get("office"))
    of_office = [view for view in views if office_id is None or view.task.office_id == office_id]
    group = request.args.get("state") if request.args.get("state") in GROUPS else _first_group(of_office)
    wanted = sorted(
        (view for view in of_office if view.state in GROUPS[str(group)]),
        key=lambda view: (ORDER[view.state], not view.expected, view.task.task_id),
    )
    late_lines = late.listing(session, actor, recall_id, limit=LATE_SHOWN, as_of=found.as_of)[0]
    start = min(_whole(request.args.get("from")), max(0, len(wanted) - 1)) // PAGE_ROWS * PAGE_ROWS
    requests = assistance_view.of_recall(session, actor, recall, found.figures.places)
    names = regions.offices_by_id(session, {view.task.office_id for view in views})
    return render_template(
        "recall/board.html",
        recall=recall,
        version=found.version,
        report=found,
        figures=found.figures,
        kind=words.RECALL_KINDS[recall.kind],
        moment=moment,
        moments=_moments(session, recall, moment),
        typed_as_of=request.args.get("as_of", "") if errors else pages.form_moment(moment),
        errors=errors,
        offices=_offices(session, found.figures, requests),
        requests=requests,
        runs=reach.runs(actor, recall),
        office=names.get(office_id) if office_id else None,
        filters=_filters(recall, of_office, str(group), office_id, moment),
        rows=rows_of(session, wanted[start : start + PAGE_ROWS], drill=recall.kind == "drill"),
        start=start,
        total=len(wanted),
        next_href=_href(recall, group, office_id, moment, start + PAGE_ROWS)
        if start + PAGE_ROWS < len(wanted)
        else None,
        first_href=_href(recall, group, office_id, moment) if start else None,
        sample_rounds=sorted({sample["round"] for sample in found.figures.samples}),
        criterion=notice_form.criterion_rows(session, found.version.criterion),
        blanket=notice_form.blanket_text(session, found.version.blanket, current_locale()),
        at_announcement=_known_at_announcement(session, recall),
        quantity=goods.quantity,
        late_lines=late_lines,
        may_assign=relation(actor, "sweep_task.assign") is not None and recall.state == "announced" and bool(views),
        region_names=regions.names(session, _late_regions(late_lines), current_locale()),
        may_record=relation(actor, "finding.record") is not None and recall.state == "announced",
        receipts=journal_words.lines(
            receipts.of_subject(session, scope(actor, "journal.read"), recall_id, journal_words.RECALL)
        ),
    )


@dataclass(frozen=True)
class OfficeLine:
    """A line of the board's table of offices; `elsewhere`: of another region, totals only, with the request to it."""

    name: str
    office_id: UUID | None
    figures: PlaceFigures
    elsewhere: bool
    request: AssistanceView | None = None


def _offices(session: Session, figures: Figures, requests: list[AssistanceView]) -> list[OfficeLine]:
    """Return the reader's own offices first, then the other regions' with what was asked of them."""
    places = [place for place in figures.places if place.sites_due]
    offices = regions.offices_by_id(session, {place.office_id for place in places})
    names = regions.names(session, {place.region_code for place in places}, current_locale())
    asked = {assistance.place_of(view.request): view for view in requests}
    own = [place for place in places if place not in figures.elsewhere]
    one_region = len({place.region_code for place in own}) < 2
    lines = []
    for place in own:
        of = offices[place.office_id].name if place.office_id else _("No office")
        name = of if one_region or place.office_id else f"{names[place.region_code]} {of}"
        lines.append(OfficeLine(name, place.office_id, place, False))
    for place in figures.elsewhere:
        if place.sites_due:
            office = f" {offices[place.office_id].name}" if place.office_id else ""
            request = asked.get(Area(place.region_code, place.office_id))
            lines.append(OfficeLine(names[place.region_code] + office, place.office_id, place, True, request))
    return lines


def _late_regions(lines: list[late.LateView]) -> set[str]:
    return {code for line in lines for code in (line.region_code, line.to_region_code) if code}


def _phone(task: dict[str, Any], contact: registry.Contact | None) -> str:
    """Return whom to call about a task: the business, else who took goods without being registered."""
    return (contact.phone if contact else None) or (task["receiver"] or {}).get("phone") or ""


def _first_group(views: list[TaskView]) -> str:
    return "open" if any(view.state not in CHECKED for view in views) else "all"


def _known_at_announcement(session: Session, recall: Recall) -> int:
    """Return how many sites the books knew when the recall was announced; those pulled in later came after."""
    told = history.of_subject(session, recall.recall_id, ["recall.announced"])
    return int(told[0].data["sites_from_books"]) if told else 0


def _href(recall: Recall, state: str | None, office_id: UUID | None, moment: datetime | None, start: int = 0) -> str:
    values: dict[str, Any] = {"state": state, "office": office_id, "from": start or None, "_anchor": "tasks"}
    if moment is not None:
        values["as_of"] = pages.form_moment(moment).replace(" ", "T")
    return url_for("recall.show_recall", recall_id=recall.recall_id, **values)


def _filters(
    recall: Recall, views: list[TaskView], group: str, office_id: UUID | None, moment: datetime | None
) -> list[tuple[str, str, int, bool]]:
    return [
        (
            _href(recall, name, office_id, moment),
            name,
            sum(view.state in states for view in views),
            name == group,
        )
        for name, states in GROUPS.items()
    ]


def _moments(session: Session, recall: Recall, chosen: datetime | None) -> list[tuple[str, str, bool]]:
    """Return the switch between given moments and now: address, text (empty: now), whether chosen."""
    here = url_for("recall.show_recall", recall_id=recall.recall_id)
    given = asof.given_moments(session, recall)
    if chosen is not None and chosen not in given:
        given = sorted([*given, chosen])
    found = [
        (f"{here}?as_of={pages.form_moment(each).replace(' ', 'T')}", pages.short_moment(each), each == chosen)
        for each in given
    ]
    return [*found, (here, "", chosen is None)]


@bp.get("/recalls/<uuid:recall_id>/route")
@edge("recall.read")
def show_route(session: Session, actor: Actor, recall_id: UUID) -> Any:
    """Show who is still to be looked at, by office, to be printed and taken along."""
    recall = drafts.get(session, actor, recall_id)
    office_id = _office_id(request.args.get("office"))
    views = [
        view
        for view in tasks.views(session, tasks.seen_tasks(session, actor, recall))
        if view.state not in CHECKED and (office_id is None or view.task.office_id == office_id)
    ]
    views.sort(key=lambda view: (not view.expected, view.task.task_id))
    contacts = registry.contacts(session, {view.task.business_id for view in views})
    by_office: dict[str, list[tuple[Row, str]]] = {}
    for view, each in zip(views, rows_of(session, views, drill=recall.kind == "drill"), strict=True):
        contact = contacts.get(view.task.business_id) if view.task.business_id else None
        name = each.task["office"]["name"] if each.task["office"] else ""
        by_office.setdefault(name, []).append((each, _phone(each.task, contact)))
    return render_template(
        "recall/route.html",
        recall=recall,
        by_office=sorted(by_office.items(), key=lambda pair: (pair[0] == "", pair[0])),
        total=len(views),
        as_of=clock.now(),
        origins=ORIGINS,
    )
