"""What may leave, judged at one place: an intended movement as of now, what already happened as a fact.

An intended movement is refused by the gate and by a lock, whatever time it claims (R1, R8). A fact that already
happened (signed in person, sold, used, lost, counted) is accepted with its own time: books may be late, never false.
What gate or lock would have refused is then told to those who have to know: the recall, or an officer by a flag.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import flags, watch
from coldchain.batches import service as batches
from coldchain.batches.flags import Mark
from coldchain.core import clock
from coldchain.core.errors import Conflict
from coldchain.core.i18n import N_
from coldchain.ledger import holds
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Hold, Holding
from coldchain.policy.facts import Verdict
from coldchain.registry.models import Site
from coldchain.trade.service import sending

RECALL: Final = "recall"
LATE_UNDER_RECALL: Final = "late_under_recall"
LATE_UNDER_LOCK: Final = "late_under_lock"
LATE_UNPROVEN: Final = "late_unproven"
LATE_WHILE_STOPPED: Final = "late_while_stopped"
COUNT_UNDER_LOCK: Final = "count_under_lock"

MESSAGES: Final = {
    LATE_UNDER_RECALL: N_("Some of these goods are locked by a recall: the authority was told that they had left."),
    LATE_UNDER_LOCK: N_("Some of these goods are locked: the authority was told that they had left."),
    COUNT_UNDER_LOCK: N_("Some of these goods are locked: the authority was told that they are not there."),
    LATE_WHILE_STOPPED: N_("These goods left while the business was stopped from trading: the authority was told."),
    LATE_UNPROVEN: N_("Some of these goods left without what the rules ask for: the authority was told."),
}


@dataclass(frozen=True)
class Leaving:
    """Units by batch of one owner that leave a zone, or have left it already.

    `late`: entered more than `late_after_min` after it happened. `happened`: a fact, accepted despite gate and lock;
    else it is intended, and judged as of now. `gated`: the gate has a say (dispatch, sale, use and the like, R1).
    `sends`: the business's own standing would have stopped it (dispatch and sale, not use, R12).
    """

    owner_id: UUID
    zone_id: UUID
    site: Site
    units: Mapping[UUID, int]
    occurred_at: datetime
    late: bool
    happened: bool
    gated: bool = True
    sends: bool = True


@dataclass(frozen=True)
class Passage:
    """That goods may leave: the gate's verdicts by batch, and what had been refused if it were intended.

    `unproven`: the gate isn't clear. `held`: batch → units that leave although held, and the holds they are under.
    `stopped`: the code of what kept the business from trading when they left.
    """

    verdicts: Mapping[UUID, Verdict] = field(default_factory=dict)
    unproven: tuple[UUID, ...] = ()
    held: Mapping[UUID, tuple[int, tuple[Hold, ...]]] = field(default_factory=dict)
    stopped: str | None = None

    def verdict(self, batch_id: UUID) -> dict[str, Any] | None:
        """Return a batch's verdict as a document's line keeps it, None where the gate has no say."""
        found = self.verdicts.get(batch_id)
        return found.as_dict() if found else None


def entered_late(figures: Mapping[str, Any], occurred_at: datetime) -> bool:
    """Say whether something is entered more than `late_after_min` minutes (data) after it happened (补录)."""
    return clock.now() - occurred_at > timedelta(minutes=int(figures["late_after_min"]))


def judge(session: Session, leaving: Leaving) -> Passage:
    """Lock the batches, then say whether the goods may leave; a fact always may, and who has to know is remembered.

    Facts lock the batches exclusively, since held units may go with them and holds shrink; intended movements shared.
    Raises Conflict `locked`, `gate_refused` (extra `missing`, a line each) for what is intended (R1, R8). A draft of a
    fact is posted with `as_fact(leaving)`.
    """
    batch_ids = list(leaving.units)
    ledger.lock_batches(session, batch_ids, exclusive=leaving.happened)
    if not leaving.happened:
        holds.assert_free(session, batch_ids)
    verdicts = batches.gate(session, batch_ids, leaving.site.region_code) if leaving.gated else {}
    unproven = tuple(batch_id for batch_id in verdicts if not verdicts[batch_id].clear)
    if not leaving.happened:
        if unproven:
            raise _refusal(batch_ids, verdicts)
        return Passage(verdicts)
    return Passage(verdicts, unproven, _held(session, leaving), _stopped(session, leaving))


def as_fact(leaving: Leaving) -> dict[str, Any]:
    """Return what a Draft of goods leaving so is marked with: late, and which holds it passes."""
    if not leaving.happened:
        return {"late": leaving.late}
    return {"late": leaving.late, "moves_locked": True, "takes_held": "last"}


def tell(
    session: Session,
    actor: Actor,
    leaving: Leaving,
    passage: Passage,
    *,
    subject_kind: str,
    subject_id: UUID,
    to_business_id: UUID | None = None,
    to_site_id: UUID | None = None,
) -> list[str]:
    """Tell who has to know of goods that left although gate or lock would have refused; return the codes of what
    was told: flag kinds, and `late_under_recall` when recalls were told. MESSAGES has the words.

    After the movements were posted (R8): entered late under a recall's hold the recall is told, under another hold a
    flag `late_under_lock` is raised; on the spot `count_under_lock`; without the gate's yes `late_unproven`; and
    `late_while_stopped` when they left while a decision or a measure kept their owner from trading (R14, R18).
    """
    recalled = {
        batch_id: units
        for batch_id, (units, found) in passage.held.items()
        if leaving.late and any(hold.cause_kind == RECALL for hold in found)
    }
    if recalled:
        watch.tell_late(
            session,
            actor,
            watch.Late(
                recalled, leaving.owner_id, leaving.site.site_id, subject_kind, subject_id, leaving.occurred_at,
                to_business_id, to_site_id,
            ),
        )  # fmt: skip

    def mark(kind: str, batch_id: UUID, data: dict[str, Any]) -> Mark:
        return Mark(
            kind, subject_kind, subject_id, leaving.site.region_code, leaving.occurred_at, batch_id,
            leaving.owner_id, {"quantity_units": leaving.units[batch_id], "site_id": str(leaving.site.site_id)} | data,
        )  # fmt: skip

    under_lock = LATE_UNDER_LOCK if leaving.late else COUNT_UNDER_LOCK
    marks = [
        mark(under_lock, batch_id, {"held_units": units} | ({"sealed": True} if _any_seal(found) else {}))
        for batch_id, (units, found) in passage.held.items()
        if not leaving.late or any(hold.cause_kind != RECALL for hold in found)
    ]
    marks += [
        mark(LATE_UNPROVEN, batch_id, {"missing": [item.code for item in passage.verdicts[batch_id].missing]})
        for batch_id in passage.unproven
    ]
    if passage.stopped:
        marks += [mark(LATE_WHILE_STOPPED, batch_id, {"stop": passage.stopped}) for batch_id in leaving.units]
    flags.raise_(session, actor, marks)
    return ([LATE_UNDER_RECALL] if recalled else []) + sorted({each.kind for each in marks})


def _any_seal(holds: Iterable[Hold]) -> bool:
    return any(hold.grade == "sealed" for hold in holds)


def _stopped(session: Session, leaving: Leaving) -> str | None:
    """Return what kept the owner from trading when these goods left; a loss or a count is no trade."""
    if not (leaving.late and leaving.gated):
        return None
    return sending.stopped_then(session, leaving.owner_id, leaving.site, leaving.occurred_at, status=leaving.sends)


def _refusal(batch_ids: list[UUID], verdicts: Mapping[UUID, Verdict]) -> Conflict:
    refused = [
        {"line": number, "batch_id": str(batch_id)} | _reasons(verdicts[batch_id])
        for number, batch_id in enumerate(batch_ids)
        if not verdicts[batch_id].clear
    ]
    return Conflict(
        "These goods may not leave yet: {count} batches. Each line says what is missing and what to do next.",
        code="gate_refused",
        extra={"missing": refused},
        count=len(refused),
    )


def _reasons(verdict: Verdict) -> dict[str, Any]:
    said = verdict.as_dict()
    return {"policy": said["policy"], "missing": said["missing"]}


def held_units(session: Session, leaving: Leaving) -> dict[UUID, int]:
    """Return how many of the leaving units are held when held ones go first, by batch; none held: left out.

    Sound after the batches are locked exclusively.
    """
    rows = _rows(session, leaving)
    held = {
        batch_id: min(units, rows[batch_id].held_units) for batch_id, units in leaving.units.items() if batch_id in rows
    }
    return {batch_id: units for batch_id, units in held.items() if units}


def _held(session: Session, leaving: Leaving) -> dict[UUID, tuple[int, tuple[Hold, ...]]]:
    """Return which of the leaving units are held, free ones going first, and by which holds.

    Sound after the batches are locked exclusively: nobody else moves or locks them.
    """
    rows = _rows(session, leaving)
    active = holds.active(session, leaving.units)
    found = {}
    for batch_id, units in leaving.units.items():
        row = rows.get(batch_id)
        if row is None:
            continue
        held = units - max(0, row.quantity_units - row.held_units)
        here = tuple(hold for hold in active.get(batch_id, ()) if hold.holding_id in {None, row.holding_id})
        if held > 0 and here:
            found[batch_id] = (held, here)
    return found


def _rows(session: Session, leaving: Leaving) -> dict[UUID, Holding]:
    """Return what the owner has of each batch in the zone, in one statement."""
    statement = (
        select(Holding)
        .where(
            col(Holding.batch_id).in_(list(leaving.units)),
            col(Holding.account) == "zone",
            col(Holding.owner_id) == leaving.owner_id,
            col(Holding.zone_id) == leaving.zone_id,
        )
        .execution_options(populate_existing=True)
    )
    return {row.batch_id: row for row in session.exec(statement)}
