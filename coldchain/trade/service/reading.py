"""Who sees which consignments, and how they stand in answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, Scope, scope
from coldchain.accounts.visible import kind
from coldchain.batches.models import Batch
from coldchain.core import clock, paging
from coldchain.core.columns import in_one_of
from coldchain.core.errors import NotFound
from coldchain.journal import personal
from coldchain.policy import service as policy
from coldchain.registry import service as registry
from coldchain.registry.models import Product, Site
from coldchain.registry.service.reach import place, sites_within
from coldchain.trade import states
from coldchain.trade.models import Consignment, ConsignmentAnswer, ConsignmentAnswerLine, ConsignmentLine
from coldchain.trade.service.roads import coming

PRODUCTS_IN_A_LIST = 3
Seen = aliased(Consignment)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Involved:
    """Whose consignment it is and where: who may read of it, whose the answer to it is, and which region it left."""

    resource: Resource
    answers: Resource
    parties: Resource
    answering: Area
    left_region: str


def involved(session: Session, consignment: Consignment) -> Involved:
    """Return whose a consignment is: its owner's, its receiver's, and that of the store which it left."""
    sites = registry.sites(session, [consignment.from_site_id, consignment.to_site_id])
    left = sites[consignment.from_site_id]
    bound: Site | None = sites[consignment.to_site_id] if consignment.to_site_id is not None else None
    if bound is not None:
        answering = place(bound)
    elif consignment.to_business_id is not None:
        answering = place(registry.find_business(session, consignment.to_business_id))
    else:
        answering = place(left)
    places, site_ids = [place(left), answering], [left.site_id, bound.site_id if bound else None]
    owner, receiver = consignment.owner_id, consignment.to_business_id
    return Involved(
        Resource.of(owner, receiver, left.business_id, consignment.carrier_id, places=places, site_ids=site_ids),
        Resource.of(receiver, places=[answering], site_ids=site_ids[1:]),
        Resource.of(owner, receiver, places=places, site_ids=site_ids),
        answering,
        left.region_code,
    )


def seen(session: Session, actor: Actor, consignment_id: UUID, *, lock: bool = False) -> Consignment:
    """Return the row of a consignment, asked for so that a hidden one costs and says what an absent one does.

    `lock`: until the end of the transaction; rows that name it may still be written. Raises NotFound, Forbidden.
    """
    statement = select(Consignment).where(
        col(Consignment.consignment_id) == consignment_id, visible_consignments(actor)
    )
    if lock:
        statement = statement.with_for_update(key_share=True, of=Consignment)
    consignment = session.scalars(statement, execution_options={"populate_existing": True}).first()
    if consignment is None:
        raise NotFound
    return consignment


def get(session: Session, actor: Actor, consignment_id: UUID) -> dict[str, Any]:
    """Return one consignment with its lines. Raises NotFound when there is none that the actor may see."""
    consignment = seen(session, actor, consignment_id)
    return _as_party(actor, consignment, describe(session, consignment))


def search(
    session: Session,
    actor: Actor,
    *,
    direction: str | None = None,
    state: str | None = None,
    business: str | None = None,
    unanswered: bool | None = None,
    waiting_h: int | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of the consignments that the actor may see, newest first, and the next cursor.

    `direction` is seen from `business`, else from the actor's own business or regions: `out` left, `in` arrives.
    `unanswered`: they wait for an answer longer than `unanswered_after_h` (data), or don't; `waiting_h`: they wait for
    at least so many hours.
    """
    statement = select(Consignment).where(visible_consignments(actor, direction if not business else None))
    if business is not None:
        named = Scope(business_id=registry.find_business(session, business).business_id)
        statement = statement.where(_ways(named, direction), _may_ask(actor, named))
    if state is not None:
        statement = statement.where(col(Consignment.state) == state)
    if unanswered is not None:
        long = waits_since(clock.now() - timedelta(hours=unanswered_after_h(session)))
        statement = statement.where(long if unanswered else ~long)
    if waiting_h is not None:
        statement = statement.where(waits_since(clock.now() - timedelta(hours=waiting_h)))
    rows, following = paging.page(session, statement, col(Consignment.consignment_id), limit, cursor)
    shown = _summaries(session, rows)
    return [_as_party(actor, row, each) for row, each in zip(rows, shown, strict=True)], following


def unanswered_after_h(session: Session) -> int:
    """Return after how many hours (data) a consignment without an answer counts as unanswered."""
    return int(policy.parameter(session, "unanswered_after_h", clock.now().astimezone(clock.BEIJING).date()))


def waits_since(moment: datetime) -> ColumnElement[bool]:
    """Return the condition that a consignment waits for an answer since `moment` or longer.

    What somebody without an account signed for waits for none.
    """
    signed_for = and_(col(Consignment.state) == states.SIGNED, col(Consignment.to_business_id).is_(None))
    return and_(col(Consignment.state).in_(states.WAITING), ~signed_for, col(Consignment.recorded_at) <= moment)


def count_unanswered(session: Session, actor: Actor, direction: str | None = None) -> int:
    """Return how many consignments that the actor may see are unanswered; `direction` as in `search`."""
    since = clock.now() - timedelta(hours=unanswered_after_h(session))
    statement = select(func.count()).select_from(Consignment)
    return session.scalars(statement.where(visible_consignments(actor, direction), waits_since(since))).one()


def is_party(actor: Actor, consignment: Consignment) -> bool:
    """Say whether the actor is sender, receiver or an officer: not one who only keeps or carries the goods (R16)."""
    return actor.business_id in {None, consignment.owner_id, consignment.to_business_id}


def _as_party(actor: Actor, consignment: Consignment, shown: dict[str, Any]) -> dict[str, Any]:
    """Return a consignment as `actor` may read it.

    A carrier learns where to bring it and whom to ask for; who only keeps the goods learns neither buyer nor persons,
    but for the buyer where it sent them on itself by the owner's consent (R16).
    """
    if is_party(actor, consignment):
        return shown
    if actor.business_id == consignment.carrier_id:
        lines = {"lines": [line | {"verdict": None} for line in shown["lines"]]} if "lines" in shown else {}
        return shown | {"slip_file_id": None} | lines  # what proves the goods is not the carrier's to know
    sent_by_itself = consignment.on_behalf_of is not None and consignment.recorded_by == actor.user_id
    receiver = {"business": shown["to"]["business"] if sent_by_itself else None, "name": None, "phone": None,
                "address": None}  # fmt: skip
    persons: dict[str, Any] = {"to": receiver, "slip_file_id": None} | ({"driver": None} if "driver" in shown else {})
    if sent_by_itself:
        return shown | persons
    buyer = {"to_site_id": None, "to_site_name": None, "to_zone_id": None, "answer_reason": None}
    return shown | persons | buyer | ({"answers": []} if "answers" in shown else {})


def count_by_state(session: Session, actor: Actor, direction: str | None = None) -> dict[str, int]:
    """Return how many consignments the actor may see in each state; `direction` as in `search`."""
    rows = session.execute(
        select(col(Consignment.state), func.count())
        .where(visible_consignments(actor, direction))
        .group_by(col(Consignment.state))
    )
    return dict(rows.all())


@kind("consignment")
def visible_consignments(actor: Actor, direction: str | None = None) -> ColumnElement[bool]:
    """Return the condition on `Consignment` of what `actor` may see; `direction` as in `search`."""
    return _ways(scope(actor, "trade.read"), direction)


def _may_ask(actor: Actor, named: Scope) -> ColumnElement[bool]:
    """Return the condition that `actor` may find a consignment by a party: a keeper of the goods not by the buyer."""
    own = actor.business_id
    if own in {None, named.business_id}:
        return true()
    return or_(
        col(Consignment.owner_id).in_((own, named.business_id)),
        col(Consignment.to_business_id) == own,
        col(Consignment.carrier_id) == own,
    )


def _ways(reach: Scope, direction: str | None) -> ColumnElement[bool]:
    """Return the condition that goods leave within `reach` (own, carried, out of an own store), or are bound for it."""
    if reach.everything:
        return true()
    sites = select(col(Site.site_id)).where(sites_within(reach))
    leaving: list[ColumnElement[bool]] = [col(Seen.from_site_id).in_(sites)]
    if reach.business_id is not None and reach.site_ids is None:
        leaving += [col(Seen.owner_id).in_(reach.business_ids), col(Seen.carrier_id).in_(reach.business_ids)]
    ways = {"out": leaving, "in": [coming(reach, Seen)]}
    wanted = ways.get(direction or "", [*ways["out"], *ways["in"]])
    return in_one_of(col(Consignment.consignment_id), *(select(col(Seen.consignment_id)).where(way) for way in wanted))


def over(consignment: Consignment) -> bool:
    """Say whether nobody has to answer: signed for by somebody without an account, the goods left the books."""
    return consignment.state == states.SIGNED and consignment.to_business_id is None


AnswerLines = list[tuple[ConsignmentAnswer, ConsignmentAnswerLine]]


def lines_so_far(session: Session, consignment: Consignment) -> dict[UUID, states.Line]:
    """Return each batch's line of a consignment, in line order, as its answers leave it."""
    rows = session.execute(
        select(col(ConsignmentLine.batch_id), col(ConsignmentLine.quantity_units))
        .where(col(ConsignmentLine.consignment_id) == consignment.consignment_id)
        .order_by(col(ConsignmentLine.line_no))
    )
    sent = {row.batch_id: row.quantity_units for row in rows}
    return _folded(sent, _answer_lines(session, consignment))


def _folded(sent: Mapping[UUID, int], said: AnswerLines) -> dict[UUID, states.Line]:
    lines = {batch_id: states.Line(units) for batch_id, units in sent.items()}
    for answer, line in said:
        lines[line.batch_id] = lines[line.batch_id].answered(answer.kind, line.outcome, line.quantity_units)
    return lines


def _answer_lines(session: Session, consignment: Consignment) -> AnswerLines:
    if consignment.answered_at is None:  # most are asked for before anybody answered
        return []
    rows = session.execute(
        select(ConsignmentAnswer, ConsignmentAnswerLine)
        .join(ConsignmentAnswerLine, col(ConsignmentAnswerLine.answer_id) == col(ConsignmentAnswer.answer_id))
        .where(col(ConsignmentAnswer.consignment_id) == consignment.consignment_id)
        .order_by(col(ConsignmentAnswer.answer_id), col(ConsignmentAnswerLine.line_no))
    )
    return [(row[0], row[1]) for row in rows]


def _answers(said: AnswerLines) -> list[dict[str, Any]]:
    """Return what was said about a consignment, the earliest first, with what each answer is about."""
    found: dict[UUID, dict[str, Any]] = {}
    for answer, line in said:
        shown = found.setdefault(
            answer.answer_id,
            {
                "answer_id": answer.answer_id, "kind": answer.kind, "zone_id": answer.zone_id,
                "reason": answer.reason, "occurred_at": answer.occurred_at, "recorded_at": answer.recorded_at,
                "on_behalf_of": answer.on_behalf_of, "lines": [],
            },
        )  # fmt: skip
        shown["lines"].append(
            {"batch_id": line.batch_id, "outcome": line.outcome, "quantity_units": line.quantity_units}
        )
    return list(found.values())


def describe(session: Session, consignment: Consignment) -> dict[str, Any]:
    """Return one consignment as the two parties and their officers see it, people and lines included (R16)."""
    lines = session.execute(
        select(ConsignmentLine, Batch, Product)
        .join(Batch, col(Batch.batch_id) == col(ConsignmentLine.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(ConsignmentLine.consignment_id) == consignment.consignment_id)
        .order_by(col(ConsignmentLine.line_no))
        .execution_options(populate_existing=True)
    ).all()
    said = _answer_lines(session, consignment)
    so_far = _folded({line.batch_id: line.quantity_units for line, _batch, _product in lines}, said)
    waits = consignment.state in states.ON_THE_ROAD and not over(consignment)
    open_units = {batch_id: line.open_units if waits else 0 for batch_id, line in so_far.items()}
    shown = [
        {
            "batch_id": line.batch_id,
            "batch_code": batch.batch_code,
            "batch_no": batch.batch_no,
            "production_date": batch.production_date,
            "expiry_date": batch.expiry_date,
            "product": {"product_id": product.product_id, "name": product.name, "imported": product.imported},
            "quantity_units": line.quantity_units,
            "confirmed_units": line.confirmed_units,
            "disputed_units": line.disputed_units,
            "open_units": open_units[line.batch_id],
            "mass_g": line.quantity_units * product.unit_mass_g,
            "verdict": line.verdict,
        }
        for line, batch, product in lines
    ]
    head = _heads(session, [consignment])[0]
    known = personal.reveal(session, [consignment.driver_name_id, consignment.driver_phone_id])
    driver = None
    if consignment.driver_name_id or consignment.driver_phone_id:
        driver = {
            "name": known.get(consignment.driver_name_id) if consignment.driver_name_id else None,
            "phone": known.get(consignment.driver_phone_id) if consignment.driver_phone_id else None,
        }
    of_drivers = [consignment.driver_name_id, consignment.driver_phone_id]
    return head | {
        "driver": driver,
        "erased_driver": list(personal.erased(session, of_drivers, known).values()),
        "erased_receiver": list(personal.erased(session, [consignment.to_name_id]).values()),
        "lines": shown,
        "mass_g": sum(line["mass_g"] for line in shown),
        "answers": _answers(said),
    }


def _summaries(session: Session, rows: Sequence[Consignment]) -> list[dict[str, Any]]:
    """Return consignments without their lines but with their number, mass and first products, in a few statements."""
    counted = session.execute(
        select(
            col(ConsignmentLine.consignment_id),
            func.count(),
            func.sum(col(ConsignmentLine.quantity_units) * col(Product.unit_mass_g)),
            func.array_agg(func.distinct(col(Product.name))),
        )
        .join(Batch, col(Batch.batch_id) == col(ConsignmentLine.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(ConsignmentLine.consignment_id).in_([row.consignment_id for row in rows]))
        .group_by(col(ConsignmentLine.consignment_id))
    )
    goods = {
        consignment_id: {"line_count": count, "mass_g": int(mass), "products": names[:PRODUCTS_IN_A_LIST]}
        for consignment_id, count, mass, names in counted
    }
    heads = _heads(session, rows)
    return [head | goods[head["consignment_id"]] for head in heads]


def _waited(row: Consignment) -> timedelta | None:
    """Return how long a consignment waits for an answer, None when it doesn't."""
    return None if row.state not in states.WAITING or over(row) else clock.now() - row.recorded_at


def _heads(session: Session, rows: Sequence[Consignment]) -> list[dict[str, Any]]:
    businesses = registry.brief(
        session, [i for row in rows for i in (row.owner_id, row.to_business_id, row.carrier_id)]
    )
    sites = registry.sites(session, [i for row in rows for i in (row.from_site_id, row.to_site_id)])
    known = personal.reveal(session, [i for row in rows for i in (row.to_name_id, row.to_phone_id, row.to_address_id)])
    waited = {row.consignment_id: _waited(row) for row in rows}
    long = any(since is not None and since >= HOUR for since in waited.values())
    longest = timedelta(hours=unanswered_after_h(session)) if long else timedelta.max
    plain = (
        "consignment_id", "consignment_no", "purpose", "state", "handover", "from_site_id", "from_zone_id",
        "to_site_id", "to_zone_id", "vehicle_plate", "late", "occurred_at", "recorded_at", "on_behalf_of",
        "answered_at", "answer_reason", "slip_file_id", "departure_temperature_c", "arrival_temperature_c",
    )  # fmt: skip
    return [
        {name: getattr(row, name) for name in plain}
        | {
            "waiting_h": None if (since := waited[row.consignment_id]) is None else since // HOUR,
            "unanswered": since is not None and since >= longest,
            "owner": businesses[row.owner_id],
            "carrier": businesses[row.carrier_id] if row.carrier_id else None,
            "from_site_name": sites[row.from_site_id].name,
            "to_site_name": sites[row.to_site_id].name if row.to_site_id else None,
            "to": {
                "business": businesses[row.to_business_id] if row.to_business_id else None,
                "name": known.get(row.to_name_id) if row.to_name_id else None,
                "phone": known.get(row.to_phone_id) if row.to_phone_id else None,
                "address": known.get(row.to_address_id) if row.to_address_id else None,
            },
        }
        for row in rows
    ]
