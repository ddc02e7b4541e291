"""What officers sealed, beside what the books hold under that seal now: goods written off make no seal smaller (R9)."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.models import User
from coldchain.batches import pages_words as words
from coldchain.core import pages
from coldchain.core.i18n import gettext as _
from coldchain.inspections.models import Finding, FindingLine


def told(session: Session, actor: Actor, batch: Mapping[str, Any]) -> list[str]:
    """Return for each of a batch's holds what was sealed with it, told once a finding; "" where there is nothing.

    A merchant reads of seals on its own goods, and not who put them on.
    """
    listed: Sequence[Mapping[str, Any]] = batch["holds"]
    causes = {hold["cause"]["id"] for hold in listed if hold["cause"]["kind"] == "inspection"}
    sealed = _sealed(session, actor, batch["batch_id"], causes) if causes else {}
    now = {finding_id: _now(listed, sealed, finding) for finding_id, (finding, _lines, _by) in sealed.items()}
    found = []
    for hold in listed:
        finding_id = hold["cause"]["id"]
        if finding_id not in sealed:
            found.append("")
            continue
        finding, lines, officer = sealed[finding_id]
        units = sum(line.matched_units for line in lines)
        numbers = [_("Seal %(number)s", number=line.seal_no) for line in lines if line.seal_no]
        said = [words.quantity(units, batch["product"]), *(numbers or [_("no seal number was recorded")])]
        said += [officer] if officer else []
        said.append(pages.moment(finding.occurred_at))
        text = _("Sealed on site: %(said)s.", said=_(", ").join(said))
        left = now.pop(finding_id, None)
        if left is not None and left < units:
            quantity = words.quantity(left, batch["product"])
            text += " " + _("The books hold %(quantity)s under this seal now, less than was sealed.", quantity=quantity)
        found.append(text)
    return found


def _sealed(
    session: Session, actor: Actor, batch_id: UUID, finding_ids: AbstractSet[UUID]
) -> dict[UUID, tuple[Finding, list[FindingLine], str]]:
    """Return the findings with their sealed lines of the batch and who recorded them."""
    statement = (
        select(Finding, FindingLine, col(User.display_name))
        .join(FindingLine, col(FindingLine.finding_id) == col(Finding.finding_id))
        .outerjoin(User, col(User.user_id) == col(Finding.recorded_by))
        .where(
            col(Finding.finding_id).in_(finding_ids),
            col(FindingLine.batch_id) == batch_id,
            col(FindingLine.disposition) == "sealed",
            col(FindingLine.matched_units) > 0,
        )
        .order_by(col(FindingLine.line_no))
    )
    if actor.business_id is not None:
        statement = statement.where(col(FindingLine.owner_id) == actor.business_id)
    found: dict[UUID, tuple[Finding, list[FindingLine], str]] = {}
    for finding, line, officer in session.execute(statement):
        named = "" if actor.business_id is not None else officer or ""
        found.setdefault(finding.finding_id, (finding, [], named))[1].append(line)
    return found


def _now(
    listed: Sequence[Mapping[str, Any]], sealed: Mapping[UUID, tuple[Finding, Any, str]], finding: Finding
) -> int | None:
    """Return the units that this look's seals hold now, with those of other looks at the same task; None: all of it.

    A later look says again what an earlier one sealed, and holds only what is more.
    """
    same = {
        each.finding_id
        for each, _lines, _by in sealed.values()
        if each.finding_id == finding.finding_id or (each.task_id and each.task_id == finding.task_id)
    }
    units = [hold["quantity_units"] for hold in listed if hold["cause"]["id"] in same]
    return None if None in units else sum(units)
