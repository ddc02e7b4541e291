"""What the receiver answers: confirm what came into a zone of theirs, less or more with a reason; dispute; reject.

Goods that already travel arrive whatever is locked meanwhile, and carry the lock along (R8). Whatever sender and
receiver don't agree on stays on the road, disputed, until it is settled (`settling`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may
from coldchain.batches import watch
from coldchain.core import clock
from coldchain.core.errors import Conflict, FieldError, Forbidden, Invalid
from coldchain.core.i18n import N_
from coldchain.ledger import postings
from coldchain.ledger.models import Holding
from coldchain.ledger.postings import Draft
from coldchain.policy import service as policy
from coldchain.registry.models import Zone
from coldchain.registry.service.reach import on_behalf_of
from coldchain.trade import states
from coldchain.trade.service import answers, dating, goods, temperatures
from coldchain.trade.service.answers import Answer, Said

DIFFERS: Final = "quantity_differs"
NOT_THERE: Final = frozenset({"insufficient_stock", "locked"})


def confirm(
    session: Session,
    actor: Actor,
    consignment_id: UUID,
    *,
    zone_id: UUID,
    lines: Sequence[Mapping[str, Any]],
    reason: str | None = None,
    arrival_temperature_c: Decimal | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Put what came into a zone of the receiver's, now the receiver's goods; return the consignment with `warnings`.

    `lines` say what came of everything that waits for an answer; with a `reason` it may be less (the rest is disputed
    and stays on the road) or more (it comes from the sender's zone if it lies there free, else it is found; disputed).
    Raises NotFound, Forbidden for who isn't the receiver, Conflict `wrong_state`, `receiver_not_registered`,
    `zone_not_dedicated` (R4), Invalid `quantity_differs` without a reason, `nothing_came`, `in_dispute`.
    """
    answer = answers.opened(session, actor, consignment_id)
    _require_answerer(actor, answer)
    consignment = answer.consignment
    buyer_id = consignment.to_business_id
    if buyer_id is None:
        raise Conflict("The receiver has no account to confirm into.", code="receiver_not_registered")
    answers.begin(session, answer, states.CONFIRMED, occurred_at)
    _say_what_came(answer, lines, reason)
    zone, site = answers.receiving_zone(session, actor, zone_id, buyer_id)
    came = [said for said in answer.said if said.outcome != states.DISPUTED]
    answers.require_fitting(session, zone, [said.batch_id for said in came])
    behalf = on_behalf_of(actor, buyer_id)
    marks = answers.take_locks(session, answer) | {"on_behalf_of": behalf, "consignment_id": consignment_id}
    drafts = [
        Draft(
            "confirmation",
            said.batch_id,
            postings.confirm(consignment.owner_id, buyer_id, zone_id, consignment_id, said.quantity_units),
            answer.occurred_at,
            **marks,
        )
        for said in came
        if said.outcome == states.DELIVERED
    ]
    movements = answers.post(session, actor, drafts)
    movements += _post_surplus(session, actor, answer, buyer_id, zone_id, marks)
    units: dict[UUID, int] = {}
    for said in came:
        units[said.batch_id] = units.get(said.batch_id, 0) + said.quantity_units
    watch.tell_moved(session, actor, watch.Moved(units, buyer_id, zone_id, consignment_id))
    changes: dict[str, Any] = {"to_zone_id": zone_id, "to_site_id": site.site_id}
    celsius = arrival_temperature_c
    if celsius is not None:
        changes["arrival_temperature_c"] = celsius
    shown = answers.write(
        session, actor, answer, states.CONFIRMED, reason=reason, behalf=behalf, movements=movements, zone=zone,
        region_code=site.region_code, changes=changes,
        data=changes | {"arrival_temperature_c": None if celsius is None else str(celsius)},
    )  # fmt: skip
    expired = dating.judge(session, units, answer.occurred_at, dating.CAME)
    return shown | {"warnings": [*_too_warm(session, zone, celsius), *expired]}


def _too_warm(session: Session, zone: Zone, celsius: Decimal | None) -> list[dict[str, str]]:
    if celsius is None:
        return []
    figures = policy.parameters(session, clock.now().astimezone(clock.BEIJING).date())
    return temperatures.judge(figures, "arrival", zone.temperature_class, celsius)


def dispute(
    session: Session,
    actor: Actor,
    consignment_id: UUID,
    *,
    lines: Sequence[Mapping[str, Any]],
    reason: str,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Say that units on the road are not as they should be; the rest can still be confirmed. Return the consignment.

    By the receiver or an officer of its region; where the receiver has no account, by the sender too. Nothing moves.
    Raises NotFound, Forbidden, Conflict `wrong_state`, Invalid `more_than_open`, `not_in_consignment`.
    """
    answer = answers.opened(session, actor, consignment_id)
    consignment = answer.consignment
    if consignment.to_business_id is not None or actor.business_id != consignment.owner_id:
        _require_answerer(actor, answer)
    answers.begin(session, answer, states.DISPUTED, occurred_at)
    answers.require_named(lines, answer.lines)
    for number, (batch_id, units) in enumerate(goods.wanted(lines).items()):
        there = answer.lines[batch_id].open_units
        if units > there:
            raise Invalid.of(
                f"/lines/{number}/quantity_units",
                "more_than_open",
                "Only {there} units of this batch wait for an answer.",
                there=there,
            )
        answer.said.append(Said(batch_id, states.DISPUTED, units))
    behalf = on_behalf_of(actor, consignment.to_business_id or consignment.owner_id)
    return answers.write(session, actor, answer, states.DISPUTED, reason=reason, behalf=behalf, movements=[])


def reject(
    session: Session, actor: Actor, consignment_id: UUID, *, reason: str, occurred_at: datetime | None = None
) -> dict[str, Any]:
    """Send all that waits for an answer back to the zone that it left; return the consignment.

    By the receiver, or an officer of its region; goods for a name and a phone are called back by an officer of the
    region that they left. Raises NotFound, Forbidden, Conflict `wrong_state`.
    """
    answer = answers.opened(session, actor, consignment_id)
    _require_answerer(actor, answer)
    answers.begin(session, answer, states.REJECTED, occurred_at)
    consignment = answer.consignment
    answer.said = [
        Said(batch_id, states.RETURNED, line.open_units) for batch_id, line in answer.lines.items() if line.open_units
    ]
    behalf = on_behalf_of(actor, consignment.to_business_id or consignment.owner_id)
    marks = answers.take_locks(session, answer) | {"on_behalf_of": behalf, "consignment_id": consignment_id}
    drafts = [
        Draft(
            "rejection",
            said.batch_id,
            postings.reject(consignment.owner_id, consignment.from_zone_id, consignment_id, said.quantity_units),
            answer.occurred_at,
            **marks,
        )
        for said in answer.said
    ]
    movements = answers.post(session, actor, drafts)
    back = watch.Moved(answer.units, consignment.owner_id, consignment.from_zone_id, consignment_id)
    watch.tell_moved(session, actor, back)
    told = {"back_to_zone_id": consignment.from_zone_id}
    return answers.write(
        session, actor, answer, states.REJECTED, reason=reason, behalf=behalf, movements=movements, data=told
    )


def _require_answerer(actor: Actor, answer: Answer) -> None:
    if not may(actor, "trade.answer", answer.involved.answers):
        raise Forbidden("Only the receiver, or an officer of its region, answers a consignment.")


def _say_what_came(answer: Answer, lines: Sequence[Mapping[str, Any]], reason: str | None) -> None:
    """Part what waits for an answer by what the receiver counted; a batch that isn't named didn't come."""
    answers.require_named(lines, answer.lines)
    counted = goods.wanted(lines)
    if reason is None:
        _require_same(answer, counted)
    for number, (batch_id, units) in enumerate(counted.items()):
        line = answer.lines[batch_id]
        if units > line.open_units and line.road_disputed_units:
            raise Invalid.of(
                f"/lines/{number}/quantity_units",
                "in_dispute",
                "Units of this batch are in dispute: settle that, and confirm {open} now.",
                open=line.open_units,
            )
    for batch_id, line in answer.lines.items():
        parts = line.parted(counted.get(batch_id, 0))
        answer.said += [Said(batch_id, outcome, units) for outcome, units in parts.items()]
    if all(said.outcome == states.DISPUTED for said in answer.said):
        raise Invalid.of("/lines", "nothing_came", "Nothing came by this: reject the consignment, or dispute it.")


def _require_same(answer: Answer, counted: Mapping[UUID, int]) -> None:
    """Raise Invalid `quantity_differs` unless the count is exactly what waits for an answer."""
    for number, (batch_id, units) in enumerate(counted.items()):
        waits = answer.lines[batch_id].open_units
        if units != waits:
            message = N_("{sent} units were sent: confirm all of them, or say why it is another quantity.")
            raise _differs(FieldError(f"/lines/{number}/quantity_units", DIFFERS, message, {"sent": waits}))
    missing = [batch_id for batch_id, line in answer.lines.items() if line.open_units and batch_id not in counted]
    if missing:
        message = N_("{count} batches of the consignment are not named: confirm all, or say why they did not come.")
        raise _differs(FieldError("/lines", DIFFERS, message, {"count": len(missing)}))


def _differs(error: FieldError) -> Invalid:
    return Invalid("The quantity differs from what was sent.", code=DIFFERS, errors=[error])


def _post_surplus(
    session: Session, actor: Actor, answer: Answer, buyer_id: UUID, zone_id: UUID, marks: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Post what came beyond what was sent: from where the sender has it free, else it is found (R10, R20)."""
    consignment = answer.consignment
    surplus = {said.batch_id: said.quantity_units for said in answer.said if said.outcome == states.SURPLUS}
    if not surplus:
        return []
    free = _free_at_sender(session, answer, surplus)

    def drafts(from_zone: Mapping[UUID, UUID | None]) -> list[Draft]:
        return [
            Draft(
                "confirmation",
                batch_id,
                postings.confirm_surplus(consignment.owner_id, from_zone[batch_id], buyer_id, zone_id, units),
                answer.occurred_at,
                **{**marks, "takes_held": None},
            )
            for batch_id, units in surplus.items()
        ]

    try:
        with session.begin_nested():
            covered = {batch_id: consignment.from_zone_id if batch_id in free else None for batch_id in surplus}
            return answers.post(session, actor, drafts(covered))
    except Conflict as error:  # somebody took it since we looked
        if error.code not in NOT_THERE:
            raise
        return answers.post(session, actor, drafts(dict.fromkeys(surplus)))


def _free_at_sender(session: Session, answer: Answer, surplus: Mapping[UUID, int]) -> set[UUID]:
    """Return the batches of which the sender has that much lying free in the zone that the goods left."""
    consignment = answer.consignment
    rows = session.execute(
        select(col(Holding.batch_id), col(Holding.quantity_units), col(Holding.held_units)).where(
            col(Holding.batch_id).in_(surplus),
            col(Holding.account) == "zone",
            col(Holding.owner_id) == consignment.owner_id,
            col(Holding.zone_id) == consignment.from_zone_id,
        )
    )
    return {row.batch_id for row in rows if row.quantity_units - row.held_units >= surplus[row.batch_id]}
