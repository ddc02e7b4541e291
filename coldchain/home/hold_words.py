"""What a lock says to whoever has the goods: who placed it, what ends it, what to do until then (R8).

Every hold ends with its cause: a notice by being amended or withdrawn, a seal by an officer, a result by a re-check of
the same tube or a decision. Before a positive is confirmed a merchant reads of a re-check only.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.batches import facts as batch_facts
from coldchain.batches.models import TestResult, Tube
from coldchain.core.i18n import current_locale
from coldchain.core.i18n import gettext as _
from coldchain.inspections.models import Finding
from coldchain.recall.models import Recall, SweepTask
from coldchain.regions import service as regions
from coldchain.regions.models import Office
from coldchain.registry import service as registry
from coldchain.registry.models import Site


@dataclass(frozen=True)
class Told:
    """One hold: who placed it, what ends it, what to do until then; each a finished sentence, "" where not known."""

    by: str
    ends: str
    until_then: str


@dataclass(frozen=True)
class _Result:
    tube_no: str
    lab: str
    rechecked: bool


def told(session: Session, actor: Actor, listed: Sequence[Mapping[str, Any]]) -> list[Told]:
    """Return the words of each hold, in the same order, in a constant number of statements."""
    ids = {kind: {h["cause"]["id"] for h in listed if h["cause"]["kind"] == kind}
           for kind in ("recall", "inspection", "result")}  # fmt: skip
    places, seals = _places(session, ids["recall"]), _sealing_offices(session, ids["inspection"])
    results = _results(session, ids["result"])
    found = []
    for hold in listed:
        kind, cause_id = hold["cause"]["kind"], hold["cause"]["id"]
        if kind == "recall":
            found.append(_of_notice(places.get(cause_id, "")))
        elif kind == "inspection":
            found.append(_of_seal(seals.get(cause_id)))
        elif cause_id in results:
            found.append(_of_result(results[cause_id], hold["grade"], merchant=actor.business_id is not None))
        else:
            found.append(Told("", "", ""))
    return found


def ask(session: Session, stock: Sequence[Mapping[str, Any]], sites: Mapping[UUID, Site]) -> list[str]:
    """Return which supervision offices to ask, with their phones: where some of the stock is held."""
    there = (sites.get(row["site_id"]) for row in stock if row["locked_units"] and row["site_id"])
    offices = regions.offices_by_id(session, {site.office_id for site in there if site})
    return sorted(named(office) for office in offices.values())


def named(office: Office) -> str:
    """Return what an office is called, with its phone if it has one."""
    return _("%(office)s, phone %(phone)s", office=office.name, phone=office.phone) if office.phone else office.name


def _of_notice(place: str) -> Told:
    return Told(
        _("Locked by the market supervision of %(place)s with this notice.", place=place),
        _("It ends when the notice is amended and names these goods no longer, or withdrawn; you apply for nothing."),
        _("Set the goods apart and leave them as they are until officers have looked at them."),
    )


def _of_seal(office: Office | None) -> Told:
    by = _("Sealed by %(office)s.", office=named(office)) if office else _("Sealed by officers of the supervision.")
    return Told(by, _("It ends when officers take the seal off."), _("Leave the seal and the goods as they are."))


def _of_result(result: _Result, grade: str, *, merchant: bool) -> Told:
    by = _("Locked by itself when %(lab)s reported tube %(number)s.", lab=result.lab, number=result.tube_no)
    if grade == "confirmed":
        ends = _("It ends with the goods: destroyed, returned abroad or recovered as the authority's notice says; or "
                 "when the laboratory corrects the result of tube %(number)s.", number=result.tube_no)  # fmt: skip
        return Told(by, ends, _("Move nothing. Officers say what is to be done and when."))
    if result.rechecked:
        ends = _("It ends when the confirmation of tube %(number)s is negative, or by a decision of the supervision.",
                 number=result.tube_no)  # fmt: skip
    else:
        ends = _("It ends when a re-check of tube %(number)s is negative, or by a decision of the supervision.",
                 number=result.tube_no)  # fmt: skip
    if merchant:
        return Told(by, ends, _("Set the goods apart, cold and closed. Let in whoever comes to sample again; you send "
                                "nothing in yourself."))  # fmt: skip
    until = _(
        "A result of the same tube decides for all its batches. A decision to release is recorded with its reason."
    )
    return Told(by, ends, until)


def _places(session: Session, recall_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the name of the region whose officers announced each recall."""
    if not recall_ids:
        return {}
    rows = session.execute(
        select(col(Recall.recall_id), col(Recall.region_code)).where(col(Recall.recall_id).in_(recall_ids))
    ).all()
    names = regions.names(session, {code for _recall, code in rows}, current_locale())
    return {recall_id: names[code] for recall_id, code in rows}


def _sealing_offices(session: Session, finding_ids: Collection[UUID]) -> dict[UUID, Office]:
    """Return the office of the place where each finding sealed something."""
    if not finding_ids:
        return {}
    rows = session.execute(
        select(col(Finding.finding_id), func.coalesce(col(SweepTask.office_id), col(Site.office_id)))
        .outerjoin(SweepTask, col(SweepTask.task_id) == col(Finding.task_id))
        .outerjoin(Site, col(Site.site_id) == col(Finding.site_id))
        .where(col(Finding.finding_id).in_(finding_ids))
    ).all()
    offices = regions.offices_by_id(session, {office_id for _finding, office_id in rows})
    return {finding_id: offices[office_id] for finding_id, office_id in rows if office_id in offices}


def _results(session: Session, result_ids: Collection[UUID]) -> dict[UUID, _Result]:
    """Return the tube and the laboratory of each result, and whether its re-check was positive too."""
    if not result_ids:
        return {}
    rows = session.execute(
        select(col(TestResult.result_id), col(Tube.tube_id), col(Tube.tube_no), col(Tube.lab_id))
        .join(Tube, col(Tube.tube_id) == col(TestResult.tube_id))
        .where(col(TestResult.result_id).in_(result_ids))
    ).all()
    labs = registry.brief(session, {row.lab_id for row in rows})
    decided = batch_facts.decisions(session, [row.tube_id for row in rows])
    return {row.result_id: _Result(row.tube_no, labs[row.lab_id].name, decided[row.tube_id].rechecked) for row in rows}
