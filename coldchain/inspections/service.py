"""Recording what an officer saw, and the latest finding of each task as of a time."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.batches.models import Batch
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.errors import FieldError, Invalid, NotFound
from coldchain.inspections.models import Finding, FindingLine
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.ledger import holds
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Hold
from coldchain.registry import service as registry


def record(
    session: Session,
    actor: Actor,
    *,
    task_id: UUID | None,
    site_id: UUID | None,
    region_code: str,
    outcome: str,
    captured_at: datetime | None = None,
    lines: list[dict[str, Any]] | None = None,
    people_controlled: int | None = None,
    disinfected: bool | None = None,
    second_officer: str | None = None,
    note: str | None = None,
    drill: bool = False,
) -> tuple[Finding, list[FindingLine]]:
    """Record a finding with its lines and seal in the books what was sealed on site. Rights are the caller's to check.

    `captured_at` aware; a line has one of batch_id, product_id, unlisted; examined and matched in units, `mass_g` of
    what was examined or None; the seals of a `drill` hold nothing in the books. Raises Invalid. R9, R12: nothing that
    is missing in the register blocks a finding.
    """
    now = clock.now()
    occurred_at = claimed(captured_at, "/captured_at")
    rows = lines or []
    _check_outcome(outcome, rows)
    resolved = [_resolve_line(session, number, line) for number, line in enumerate(rows, 1)]
    officer = personal.keep(session, second_officer, "officer", region_code=region_code)
    finding = Finding(
        task_id=task_id,
        site_id=site_id,
        outcome=outcome,
        people_controlled=people_controlled or 0,
        disinfected=disinfected,
        second_officer_id=officer.personal_id if officer else None,
        note=note,
        occurred_at=occurred_at,
        recorded_at=now,
        recorded_by=actor.user_id,
    )
    session.add(finding)
    session.flush()
    recorded = [FindingLine(finding_id=finding.finding_id, **line) for line in resolved]
    session.add_all(recorded)
    session.flush()
    if not drill:
        _seal(session, actor, finding, recorded)
    journal.append(
        session,
        actor,
        kind="finding.recorded",
        subject_id=finding.finding_id,
        occurred_at=occurred_at,
        region_code=region_code,
        data={
            "task_id": task_id,
            "site_id": site_id,
            "outcome": outcome,
            "people_controlled": finding.people_controlled,
            "disinfected": disinfected,
            "second_officer": officer.commitment if officer else None,
            "lines": resolved,
        },
    )
    return finding, recorded


def _check_outcome(outcome: str, lines: list[dict[str, Any]]) -> None:
    matched = sum(line["matched_units"] for line in lines)
    if outcome == "found" and matched == 0:
        raise Invalid.of("/lines", "found_needs_match", "Found means that at least one line matches.")
    if outcome == "none_found" and matched:
        raise Invalid.of("/outcome", "none_found_but_match", "A line matches, so the outcome is found.")
    if outcome not in {"found", "none_found"} and lines:
        raise Invalid.of("/lines", "not_inside", "Nothing was examined where nobody got in.")
    errors = []
    for index, line in enumerate(lines):
        named = [name for name in ("batch_id", "product_id", "unlisted") if line.get(name) is not None]
        if len(named) != 1:
            errors.append(
                FieldError(f"/lines/{index}", "one_subject", "Name exactly one of batch_id, product_id and unlisted.")
            )
        if line["matched_units"] > line["examined_units"]:
            errors.append(
                FieldError(
                    f"/lines/{index}/matched_units", "more_than_examined", "No more can match than was examined."
                )
            )
    if errors:
        raise Invalid(errors=errors)


def _resolve_line(session: Session, number: int, line: dict[str, Any]) -> dict[str, Any]:
    """Return a line with its business looked up; unknown ids are named by their pointer."""
    pointer = f"/lines/{number - 1}"
    owner_id = None
    if line.get("owner"):
        try:
            owner_id = registry.find_business(session, line["owner"]).business_id
        except NotFound as error:
            raise Invalid.of(f"{pointer}/owner", "unknown_business", "There is no such business.") from error
    if line.get("zone_id") and line["zone_id"] not in registry.zones(session, [line["zone_id"]]):
        raise Invalid.of(f"{pointer}/zone_id", "unknown_zone", "There is no such zone.")
    if line.get("product_id") and line["product_id"] not in registry.products(session, [line["product_id"]]):
        raise Invalid.of(f"{pointer}/product_id", "unknown_product", "There is no such product.")
    if line.get("batch_id") and session.get(Batch, line["batch_id"]) is None:
        raise Invalid.of(f"{pointer}/batch_id", "unknown_batch", "There is no such batch.")
    unlisted = line.get("unlisted")
    if unlisted is not None:
        unlisted = {
            name: value.isoformat() if name == "production_date" else value
            for name, value in unlisted.items()
            if value is not None
        }
    return {
        "line_no": number,
        "batch_id": line.get("batch_id"),
        "product_id": line.get("product_id"),
        "unlisted": unlisted,
        "owner_id": owner_id,
        "zone_id": line.get("zone_id"),
        "examined_units": line["examined_units"],
        "matched_units": line["matched_units"],
        "mass_g": line.get("mass_g"),
        "disposition": line["disposition"],
        "seal_no": line.get("seal_no"),
    }


def _seal(session: Session, actor: Actor, finding: Finding, lines: list[FindingLine]) -> None:
    """Hold in the books, with this finding as cause, what lines sealed of a known batch at this site.

    Books and goods may differ: no more is held than the books have there, and nothing when they have nothing. What an
    earlier finding of the task sealed is the same goods, seen again: only what is more is held on top.
    """
    sealed = [line for line in lines if line.batch_id and line.disposition == "sealed" and line.matched_units]
    if not sealed or finding.site_id is None:
        return
    batch_ids = ledger.lock_batches(session, {line.batch_id for line in sealed if line.batch_id}, exclusive=True)
    here = {zone.zone_id for zone in registry.zones_of_sites(session, [finding.site_id]).get(finding.site_id, [])}
    there = [h for h in ledger.holdings(session, batch_ids) if h.zone_id in here]
    unsealed = {h.holding_id: h.quantity_units for h in there}
    seals: Counter[UUID] = Counter()
    for line in sealed:
        left = line.matched_units
        for holding in there:
            fits = line.zone_id in {None, holding.zone_id} and line.owner_id in {None, holding.owner_id}
            units = min(left, unsealed[holding.holding_id]) if fits and holding.batch_id == line.batch_id else 0
            unsealed[holding.holding_id] -= units
            seals[holding.holding_id] += units
            left -= units
    seals.subtract(_sealed_before(session, finding, batch_ids))
    parts = {holding_id: units for holding_id, units in seals.items() if units > 0}
    cause = holds.Cause("inspection", finding.finding_id)
    holds.place_parts(session, actor, parts, cause, "sealed", finding.occurred_at)


def _sealed_before(session: Session, finding: Finding, batch_ids: list[UUID]) -> dict[UUID, int]:
    """Return the units of each holding that earlier findings of the same task hold."""
    rows = session.execute(
        select(col(Hold.holding_id), func.sum(col(Hold.quantity_units)))
        .join(Finding, col(Finding.finding_id) == col(Hold.cause_id))
        .where(
            col(Finding.task_id) == finding.task_id,
            col(Hold.cause_kind) == "inspection",
            col(Hold.batch_id).in_(batch_ids),
            col(Hold.ended_at).is_(None),
        )
        .group_by(col(Hold.holding_id))
    )
    return {holding_id: int(units) for holding_id, units in rows}


def latest_by_task(session: Session, task_ids: Iterable[UUID], as_of: datetime) -> dict[UUID, Finding]:
    """Return each task's latest finding recorded by `as_of` (inclusive)."""
    statement = (
        select(Finding)
        .where(col(Finding.task_id).in_(list(task_ids)), col(Finding.recorded_at) <= as_of)
        .ext(distinct_on(col(Finding.task_id)))
        .order_by(col(Finding.task_id), col(Finding.recorded_at).desc(), col(Finding.finding_id).desc())
    )
    return {finding.task_id: finding for finding in session.scalars(statement) if finding.task_id}


def lines_of(session: Session, finding_ids: Iterable[UUID]) -> dict[UUID, list[FindingLine]]:
    """Return the lines of findings, in their order."""
    found: dict[UUID, list[FindingLine]] = {}
    statement = select(FindingLine).where(col(FindingLine.finding_id).in_(list(finding_ids)))
    for line in session.scalars(statement.order_by(col(FindingLine.finding_id), col(FindingLine.line_no))):
        found.setdefault(line.finding_id, []).append(line)
    return found


def tasks_with_matches(session: Session, task_ids: Iterable[UUID], as_of: datetime) -> set[UUID | None]:
    """Return the tasks of which some finding recorded by `as_of` (inclusive), not the latest alone, had matches."""
    statement = (
        select(col(Finding.task_id))
        .join(FindingLine, col(FindingLine.finding_id) == col(Finding.finding_id))
        .where(
            col(Finding.task_id).in_(list(task_ids)),
            col(Finding.recorded_at) <= as_of,
            col(FindingLine.matched_units) > 0,
        )
    )
    return set(session.scalars(statement.distinct()))


def of_task(session: Session, task_id: UUID) -> list[tuple[Finding, list[FindingLine]]]:
    """Return a task's findings with their lines, newest first."""
    statement = select(Finding).where(col(Finding.task_id) == task_id)
    findings = list(
        session.scalars(statement.order_by(col(Finding.recorded_at).desc(), col(Finding.finding_id).desc()))
    )
    lines = lines_of(session, [finding.finding_id for finding in findings])
    return [(finding, lines.get(finding.finding_id, [])) for finding in findings]
