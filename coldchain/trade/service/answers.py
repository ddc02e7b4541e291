"""What all answers to a consignment share: opening it under its lock, its lines so far, and writing what was said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may
from coldchain.batches.models import Batch
from coldchain.batches.storage import fits
from coldchain.core import clock, limits
from coldchain.core.claims import claimed
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.ledger import service as ledger
from coldchain.ledger.models import Holding
from coldchain.ledger.postings import Draft
from coldchain.policy import service as policy
from coldchain.registry import service as registry
from coldchain.registry.models import Product, Site, Zone
from coldchain.registry.service.reach import at
from coldchain.trade import states
from coldchain.trade.models import Consignment, ConsignmentAnswer, ConsignmentAnswerLine
from coldchain.trade.service import lateness, reading

_SUMS: Final = text("""
    UPDATE consignment_line SET confirmed_units = given.confirmed_units, disputed_units = given.disputed_units
    FROM unnest(CAST(:batch_id AS uuid[]), CAST(:confirmed_units AS bigint[]), CAST(:disputed_units AS bigint[]))
         AS given (batch_id, confirmed_units, disputed_units)
    WHERE consignment_line.consignment_id = :consignment_id AND consignment_line.batch_id = given.batch_id
""")


@dataclass(frozen=True)
class Said:
    """One line of an answer: units of a batch and what became of them."""

    batch_id: UUID
    outcome: str
    quantity_units: int


@dataclass
class Answer:
    """An answer under way: the consignment under its lock, its lines as they were, what is said, when it happened."""

    consignment: Consignment
    involved: reading.Involved
    lines: Mapping[UUID, states.Line]
    occurred_at: datetime
    late: bool
    said: list[Said] = field(default_factory=list)

    @property
    def units(self) -> dict[UUID, int]:
        """Return the units by batch that the lines said so far add up to."""
        found: dict[UUID, int] = {}
        for said in self.said:
            found[said.batch_id] = found.get(said.batch_id, 0) + said.quantity_units
        return found


def opened(session: Session, actor: Actor, consignment_id: UUID) -> Answer:
    """Return an answer to begin, with the consignment locked until the end of the transaction.

    Raises NotFound for who may not see it. Rows that name it may still be written: an announcement that waits for
    nothing of ours makes a task for its goods.
    """
    consignment = reading.seen(session, actor, consignment_id, lock=True)
    involved = reading.involved(session, consignment)
    return Answer(consignment, involved, reading.lines_so_far(session, consignment), clock.now(), late=False)


def begin(session: Session, answer: Answer, kind: str, occurred_at: datetime | None) -> None:
    """Note when it happened. Raises Conflict `wrong_state`, Invalid `in_future`, `before_dispatch`."""
    consignment = answer.consignment
    if reading.over(consignment) or not states.may_become(consignment.state, kind):
        raise Conflict(
            "This consignment was answered already or can't be answered so.",
            code="wrong_state",
            extra={"state": consignment.state},
        )
    answer.occurred_at = claimed(occurred_at)
    if answer.occurred_at + timedelta(seconds=limits.CLOCK_SKEW_S) < consignment.occurred_at:
        raise Invalid.of("/occurred_at", "before_dispatch", "The goods were not sent yet at that time.")
    if occurred_at is not None:
        figures = policy.parameters(session, clock.now().astimezone(clock.BEIJING).date())
        answer.late = lateness.entered_late(figures, answer.occurred_at)


def take_locks(session: Session, answer: Answer) -> dict[str, Any]:
    """Lock the batches of an answer; return what its drafts are marked with: they carry every lock along (R8).

    Exclusively where something on this road is held, since units that are held apart go along, and their hold with
    them; shared else, as for every movement.
    """
    held = select(col(Holding.holding_id)).where(
        col(Holding.consignment_id) == answer.consignment.consignment_id, col(Holding.held_units) > 0
    )
    found = session.scalar(select(held.exists()))
    ledger.lock_batches(session, answer.units, exclusive=bool(found))
    return {"moves_locked": True, "late": answer.late} | ({"takes_held": "first"} if found else {})


def post(session: Session, actor: Actor, drafts: Sequence[Draft]) -> list[dict[str, Any]]:
    """Post the movements of an answer, if any; return them as the journal tells them."""
    return ledger.told(ledger.post(session, actor, drafts), drafts) if drafts else []


def write(
    session: Session,
    actor: Actor,
    answer: Answer,
    kind: str,
    *,
    reason: str | None,
    behalf: UUID | None,
    movements: list[dict[str, Any]],
    zone: Zone | None = None,
    region_code: str | None = None,
    changes: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    state: str | None = None,
    fact: str | None = None,
) -> dict[str, Any]:
    """Write an answer, its lines, the consignment's new sums and state, and the one fact; return the consignment.

    `state` and `fact` only where they don't follow from what was said: a signed slip that closes a consignment.
    """
    consignment = answer.consignment
    now = clock.now()
    answer_id = new_id()
    session.execute(
        insert(ConsignmentAnswer).values(
            answer_id=answer_id, consignment_id=consignment.consignment_id, kind=kind,
            zone_id=zone.zone_id if zone else None, reason=reason, occurred_at=answer.occurred_at, recorded_at=now,
            recorded_by=actor.user_id, on_behalf_of=behalf,
        )
    )  # fmt: skip
    session.execute(
        insert(ConsignmentAnswerLine),
        [
            {
                "answer_id": answer_id, "line_no": number, "batch_id": said.batch_id, "outcome": said.outcome,
                "quantity_units": said.quantity_units,
            }
            for number, said in enumerate(answer.said, 1)
        ],
    )  # fmt: skip
    after = dict(answer.lines)
    for said in answer.said:
        after[said.batch_id] = after[said.batch_id].answered(kind, said.outcome, said.quantity_units)
    session.execute(_SUMS, {
        "consignment_id": consignment.consignment_id, "batch_id": list(after),
        "confirmed_units": [line.confirmed_units for line in after.values()],
        "disputed_units": [line.disputed_units for line in after.values()],
    })  # fmt: skip
    for name, value in (changes or {}).items():  # of the consignment; written together with its state
        setattr(consignment, name, value)
    signed = consignment.handover != "await_confirmation"
    consignment.state = state or states.after(after.values(), signed=signed)
    consignment.answered_at, consignment.answered_by = now, actor.user_id
    consignment.answer_reason = reason or consignment.answer_reason
    session.add(consignment)
    session.flush()
    _record(session, actor, answer, fact or kind, reason, behalf, movements, region_code, data or {})
    return reading.describe(session, consignment)


def _record(
    session: Session,
    actor: Actor,
    answer: Answer,
    fact: str,
    reason: str | None,
    behalf: UUID | None,
    movements: list[dict[str, Any]],
    region_code: str | None,
    data: Mapping[str, Any],
) -> None:
    consignment = answer.consignment
    region_code = region_code or answer.involved.answering.region_code
    business_id = consignment.to_business_id or consignment.owner_id
    kept = personal.keep(session, reason, "reason", business_id=business_id, region_code=region_code)
    journal.append(
        session,
        actor,
        kind=f"consignment.{fact}",
        subject_id=consignment.consignment_id,
        occurred_at=answer.occurred_at,
        business_id=business_id,
        region_code=region_code,
        data={
            "state": consignment.state,
            "reason_id": kept and kept.personal_id,
            "reason": kept and kept.commitment,
            "on_behalf_of": behalf,
            "late": answer.late,
            "lines": [
                {"batch_id": said.batch_id, "outcome": said.outcome, "quantity_units": said.quantity_units}
                for said in answer.said
            ],
            "movements": movements,
            **data,
        },
    )


def require_named(lines: Sequence[Mapping[str, Any]], known: Iterable[UUID]) -> None:
    """Raise Invalid `not_in_consignment` for a line of a batch that wasn't sent."""
    sent = set(known)
    for number, line in enumerate(lines):
        if line["batch_id"] not in sent:
            raise Invalid.of(f"/lines/{number}/batch_id", "not_in_consignment", "This batch is not in the consignment.")


def receiving_zone(session: Session, actor: Actor, zone_id: UUID, buyer_id: UUID) -> tuple[Zone, Site]:
    """Return a zone of the receiver's. Raises Invalid `not_receivers_zone`, NotFound for who may not see it."""
    zone, site = registry.site_of_zone(session, zone_id)
    if site.business_id != buyer_id:
        if may(actor, "site.read", at(site, site.business_id)):
            raise Invalid.of("/zone_id", "not_receivers_zone", "This zone is not the receiver's.")
        raise NotFound
    return zone, site


def require_fitting(session: Session, zone: Zone, batch_ids: Iterable[UUID]) -> None:
    """Raise Conflict `zone_not_dedicated` for goods that may not be stored there when it is intended (R4)."""
    rows = session.execute(
        select(col(Batch.batch_id), col(Product.imported))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(Batch.batch_id).in_(set(batch_ids)))
    )
    wrong = sorted(str(batch_id) for batch_id, imported in rows if not fits(zone.kind, imported))
    if wrong:
        raise Conflict(
            "Imported goods go into a zone of their own, other goods not into it: choose another zone.",
            code="zone_not_dedicated",
            extra={"batch_ids": wrong, "zone_kind": zone.kind},
        )
