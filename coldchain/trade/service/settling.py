"""Settling a dispute: what became of units that sender and receiver didn't agree on, until nothing is disputed.

Nobody settles with another's goods: that units came is said by the receiver, that they went back, got lost or are
missing by the sender; of a surplus the sender says that it may stay, the receiver that it goes back. Officers of
either region may say all of it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may
from coldchain.batches import flags, watch
from coldchain.batches.flags import Mark
from coldchain.core.errors import Forbidden, Invalid
from coldchain.ledger import postings
from coldchain.ledger.models import Holding
from coldchain.ledger.postings import Draft, Entry
from coldchain.registry.models import Site, Zone
from coldchain.registry.service.reach import on_behalf_of
from coldchain.trade import states
from coldchain.trade.models import Consignment, ConsignmentAnswer, ConsignmentAnswerLine
from coldchain.trade.service import answers, lateness, reading
from coldchain.trade.service.answers import Answer, Said

KIND: Final = "settlement"
SENDER, RECEIVER = "sender", "receiver"
# who may say it: of units on the road, and of a surplus
SAYS: Final[dict[tuple[bool, str], str]] = {
    (False, states.DELIVERED): RECEIVER,
    (False, states.RETURNED): SENDER,
    (False, states.LOST): SENDER,
    (False, states.MISSING): SENDER,
    (True, states.DELIVERED): SENDER,
    (True, states.RETURNED): RECEIVER,
}


def settle(
    session: Session,
    actor: Actor,
    consignment_id: UUID,
    *,
    lines: Sequence[Mapping[str, Any]],
    reason: str,
    zone_id: UUID | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Say what became of disputed units (`lines`: batch_id, outcome, quantity_units); return the consignment.

    Outcomes: `delivered` (into `zone_id` of the receiver's), `returned` (in the zone that they left), `lost`,
    `missing`. When nothing is disputed any more it waits for an answer to the rest, or is confirmed, or rejected if
    nothing came. Locks go along. Raises NotFound, Forbidden, Conflict `wrong_state`, `zone_not_dedicated`,
    `insufficient_stock`, Invalid `more_than_disputed`, `not_for_surplus`, `required` (R8, R10).
    """
    answer = answers.opened(session, actor, consignment_id)
    _require_party(actor, answer)
    answers.begin(session, answer, states.SETTLED, occurred_at)
    answers.require_named(lines, answer.lines)
    _say(actor, answer, lines)
    zone, site = _delivered_into(session, actor, answer, zone_id)
    consignment = answer.consignment
    behalf = on_behalf_of(actor, consignment.to_business_id or consignment.owner_id)
    marks = answers.take_locks(session, answer)
    held = held_units(session, answer)
    drafts = [
        Draft(
            KIND,
            said.batch_id,
            entries,
            answer.occurred_at,
            consignment_id=consignment_id,
            reason=reason,
            on_behalf_of=behalf,
            **marks,
        )
        for said in answer.said
        if (entries := _entries(session, answer, said, zone))
    ]
    movements = answers.post(session, actor, drafts)
    _tell(session, actor, answer, zone)
    flag_gone(session, actor, answer, held)
    changes = {"to_zone_id": zone.zone_id, "to_site_id": site.site_id} if zone is not None and site is not None else {}
    return answers.write(
        session, actor, answer, states.SETTLED, reason=reason, behalf=behalf, movements=movements, zone=zone,
        changes=changes, data=changes,
    )  # fmt: skip


def sayable(session: Session, actor: Actor, consignment_id: UUID) -> dict[UUID, list[str]]:
    """Return what the actor may say became of each disputed line, for a form; the caller has checked the right."""
    consignment = session.get_one(Consignment, consignment_id)
    sides = _sides(actor, consignment)
    return {
        batch_id: [
            outcome for (surplus, outcome), side in SAYS.items()
            if side in sides and surplus == (line.surplus_disputed_units > 0)
        ]
        for batch_id, line in reading.lines_so_far(session, consignment).items()
        if line.disputed_units
    }  # fmt: skip


def _sides(actor: Actor, consignment: Consignment) -> set[str]:
    """Return for which sides the actor speaks: officers for both."""
    if actor.business_id is None:
        return {SENDER, RECEIVER}
    sides = {SENDER} if actor.business_id == consignment.owner_id else set()
    return sides | ({RECEIVER} if actor.business_id == consignment.to_business_id else set())


def _require_party(actor: Actor, answer: Answer) -> None:
    if not may(actor, "trade.answer", answer.involved.parties):
        raise Forbidden("Only sender and receiver, or an officer of their regions, settle a dispute.")


def _say(actor: Actor, answer: Answer, lines: Sequence[Mapping[str, Any]]) -> None:
    """Read the lines. Raises Invalid for more than is disputed, Forbidden for what the other side has to say."""
    sides = _sides(actor, answer.consignment)
    left = {batch_id: line.disputed_units for batch_id, line in answer.lines.items()}
    for number, line in enumerate(lines):
        batch_id, outcome, units = line["batch_id"], line["outcome"], line["quantity_units"]
        surplus = answer.lines[batch_id].surplus_disputed_units > 0
        if (surplus, outcome) not in SAYS:
            raise Invalid.of(
                f"/lines/{number}/outcome",
                "not_for_surplus",
                "What came beyond what was sent stays there (delivered) or goes back (returned).",
            )
        if units > left[batch_id]:
            raise Invalid.of(
                f"/lines/{number}/quantity_units",
                "more_than_disputed",
                "Only {there} units of this batch are in dispute.",
                there=left[batch_id],
            )
        if SAYS[surplus, outcome] not in sides:
            raise Forbidden("This has to be said by the other side, or by an officer.")
        left[batch_id] -= units
        answer.said.append(Said(batch_id, outcome, units))


def _is_surplus(answer: Answer, said: Said) -> bool:
    return answer.lines[said.batch_id].surplus_disputed_units > 0


def _delivered_into(
    session: Session, actor: Actor, answer: Answer, zone_id: UUID | None
) -> tuple[Zone, Site] | tuple[None, None]:
    """Return the receiver's zone that goods come into; none when nothing does."""
    buyer_id = answer.consignment.to_business_id
    came = [said.batch_id for said in answer.said if said.outcome == states.DELIVERED and not _is_surplus(answer, said)]
    if not came or buyer_id is None:
        return None, None
    if zone_id is None:
        raise Invalid.of("/zone_id", "required", "Say into which zone the goods came.")
    zone, site = answers.receiving_zone(session, actor, zone_id, buyer_id)
    answers.require_fitting(session, zone, came)
    return zone, site


def _entries(session: Session, answer: Answer, said: Said, zone: Zone | None) -> tuple[Entry, ...]:
    """Return what one line writes on which accounts; a surplus that stays lies where it is already."""
    consignment = answer.consignment
    seller_id, road, units = consignment.owner_id, consignment.consignment_id, said.quantity_units
    if _is_surplus(answer, said):
        if said.outcome == states.DELIVERED:
            return ()
        lies_in = _surplus_zone(session, answer, said.batch_id)
        back = postings.confirm_surplus(seller_id, consignment.from_zone_id, *lies_in, units)
        return postings.reverse(back)
    if said.outcome == states.RETURNED:
        return postings.reject(seller_id, consignment.from_zone_id, road, units)
    if said.outcome != states.DELIVERED:
        return postings.settle(said.outcome, seller_id, road, units)
    if zone is None or consignment.to_business_id is None:  # to a name and a phone: it leaves the books
        return postings.settle("sold", seller_id, road, units)
    return postings.confirm(seller_id, consignment.to_business_id, zone.zone_id, road, units)


def _surplus_zone(session: Session, answer: Answer, batch_id: UUID) -> tuple[UUID, UUID]:
    """Return the receiver and the zone in which it has put what came beyond what was sent."""
    consignment = answer.consignment
    zone_id = session.scalar(
        select(col(ConsignmentAnswer.zone_id))
        .join(ConsignmentAnswerLine, col(ConsignmentAnswerLine.answer_id) == col(ConsignmentAnswer.answer_id))
        .where(
            col(ConsignmentAnswer.consignment_id) == consignment.consignment_id,
            col(ConsignmentAnswerLine.batch_id) == batch_id,
            col(ConsignmentAnswerLine.outcome) == states.SURPLUS,
        )
        .order_by(col(ConsignmentAnswer.answer_id).desc())
        .limit(1)
    )
    if consignment.to_business_id is None or zone_id is None:
        raise AssertionError("only a registered receiver confirms a surplus, into a zone")
    return consignment.to_business_id, zone_id


def _tell(session: Session, actor: Actor, answer: Answer, zone: Zone | None) -> None:
    """Tell running recalls of held goods that came off the road, or back, into a zone."""
    consignment = answer.consignment
    came: dict[UUID, int] = {}
    back: dict[UUID, int] = {}
    for said in answer.said:
        if said.outcome == states.RETURNED:
            back[said.batch_id] = back.get(said.batch_id, 0) + said.quantity_units
        elif said.outcome == states.DELIVERED and not _is_surplus(answer, said):
            came[said.batch_id] = came.get(said.batch_id, 0) + said.quantity_units
    road = consignment.consignment_id
    if came and zone is not None and consignment.to_business_id is not None:
        watch.tell_moved(session, actor, watch.Moved(came, consignment.to_business_id, zone.zone_id, road))
    if back:
        watch.tell_moved(session, actor, watch.Moved(back, consignment.owner_id, consignment.from_zone_id, road))


def held_units(session: Session, answer: Answer) -> dict[UUID, int]:
    """Return how many units of each batch on this road are held; sound after the batches are locked."""
    rows = session.execute(
        select(col(Holding.batch_id), col(Holding.held_units)).where(
            col(Holding.consignment_id) == answer.consignment.consignment_id, col(Holding.held_units) > 0
        )
    )
    return {row.batch_id: row.held_units for row in rows}


def flag_gone(session: Session, actor: Actor, answer: Answer, held: Mapping[UUID, int]) -> None:
    """Flag locked goods that left the books: lost, missing, or with somebody who has none; officers look at it (R8).

    People must be able to say so. `held`: units by batch that were held on this road before.
    """
    consignment = answer.consignment
    leaves = {states.LOST, states.MISSING} | ({states.DELIVERED} if consignment.to_business_id is None else set())
    gone: dict[UUID, int] = {}
    for said in answer.said:
        if said.outcome in leaves and said.batch_id in held:
            gone[said.batch_id] = gone.get(said.batch_id, 0) + said.quantity_units
    marks = [
        Mark(
            lateness.COUNT_UNDER_LOCK, "consignment", consignment.consignment_id, answer.involved.left_region,
            answer.occurred_at, batch_id, consignment.owner_id,
            {"quantity_units": units, "held_units": min(units, held[batch_id])},
        )
        for batch_id, units in gone.items()
    ]  # fmt: skip
    flags.raise_(session, actor, marks)
