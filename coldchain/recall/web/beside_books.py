"""What the books say beside what was seen at a task's place, before a finding is sent (R9, R20).

Books may be late and goods may have moved: a difference is a fact to be recorded, not an error of who counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may
from coldchain.core.i18n import gettext as _
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Holding
from coldchain.recall import tasks
from coldchain.recall.models import SweepTask
from coldchain.recall.web import goods
from coldchain.registry import service as registry


@dataclass(frozen=True)
class Beside:
    """What the books say of each line (None: nothing to compare with), and what they hold that no line is about."""

    said: Sequence[str | None]
    unseen: Sequence[tuple[str, str]]  # the goods, what the books say of them


def beside(
    session: Session, actor: Actor, task: SweepTask, lines: Sequence[goods.Line], expected: Sequence[goods.Expected]
) -> Beside:
    """Return the books now at the task's place beside `lines`; nothing for who may not read them any more.

    Lines about the same goods are compared together, at the first of them.
    """
    if not may(actor, "batch.read", tasks.place_of(task)):
        return Beside([None] * len(lines), [])
    batches = [*(line.batch for line in lines), *(each.batch for each in expected)]
    there = _there(session, task, {batch.batch_id for batch in batches if batch})
    left = list(there)
    said: list[str | None] = []
    told: set[tuple[UUID | None, ...]] = set()
    for line in lines:
        key = (line.line.batch_id, line.line.owner_id, line.line.zone_id)
        if line.batch is None or key in told:
            said.append(None)
            continue
        told.add(key)
        fits = [each for each in there if _fits(each, *key)]
        left = [each for each in left if each not in fits]
        same = [each.line for each in lines if (each.line.batch_id, each.line.owner_id, each.line.zone_id) == key]
        said.append(_said(line, sum(each.quantity_units for each in fits), sum(each.examined_units for each in same)))
    return Beside(said, _unseen(expected, left))


def _there(session: Session, task: SweepTask, batch_ids: set[UUID]) -> list[Holding]:
    rows = ledger.holdings(session, batch_ids) if batch_ids else []
    if task.site_id is None:
        return [row for row in rows if task.consignment_id and row.consignment_id == task.consignment_id]
    here = {zone.zone_id for zone in registry.zones_of_sites(session, [task.site_id]).get(task.site_id, [])}
    bound = {task.consignment_id} - {None}
    return [row for row in rows if row.zone_id in here or row.consignment_id in bound]


def _fits(holding: Holding, batch_id: UUID | None, owner_id: UUID | None, zone_id: UUID | None) -> bool:
    return holding.batch_id == batch_id and owner_id in {None, holding.owner_id} and zone_id in {None, holding.zone_id}


def _said(line: goods.Line, booked: int, seen: int) -> str:
    if not booked:
        return _("None of it is in the books here")
    words = {"quantity": goods.quantity(line.product, booked)}
    if seen == booked:
        return _("%(quantity)s, as seen", **words)
    words["difference"] = goods.quantity(line.product, abs(seen - booked))
    if seen > booked:
        return _("%(quantity)s; %(difference)s more were seen", **words)
    return _("%(quantity)s; %(difference)s fewer were seen", **words)


def _unseen(expected: Sequence[goods.Expected], left: Sequence[Holding]) -> list[tuple[str, str]]:
    """Return what the task expects, the books still hold and no line is about, in the order expected."""
    found: dict[UUID, tuple[str, str]] = {}
    for each in expected:
        units = sum(row.quantity_units for row in left if row.batch_id == each.batch.batch_id)
        if units and each.batch.batch_id not in found:
            name = _("%(product)s, batch %(code)s", product=each.product.name, code=each.batch.batch_code)
            quantity = goods.quantity(each.product, units)
            found[each.batch.batch_id] = (name, _("%(quantity)s; nothing recorded of it now", quantity=quantity))
    return list(found.values())
