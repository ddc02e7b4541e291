"""Asking a disinfection service to treat an arrival or a batch, and what it may see of the goods: that, and no more.

Asked is a service of the register; one that isn't registered is typed as text in the record, as ever. What the service
did for an order is entered by itself: `ordered_disinfections.py`.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, text
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation, scope
from coldchain.accounts.visible import kind
from coldchain.batches.models import Arrival, Batch, Disinfection, Evidence
from coldchain.batches.models_disinfection import DisinfectionOrder, DisinfectionOrderEnd, OrderedDisinfection
from coldchain.batches.origins import came_with_arrival
from coldchain.batches.service import disinfections, targets
from coldchain.batches.service.targets import Target
from coldchain.core import clock, paging
from coldchain.core.errors import Conflict, Forbidden, Invalid, NotFound
from coldchain.journal import service as journal
from coldchain.ledger.models import Holding
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Site, Zone
from coldchain.registry.service.reach import on_behalf_of, within_reach

SERVICE: Final = "disinfection_service"
_ALONE: Final = text("SELECT pg_advisory_xact_lock(:key)")
MAKE, READ, DO = "evidence.register", "disinfection_order.read", "disinfection_order.do"


def make(
    session: Session,
    actor: Actor,
    *,
    service: str | UUID,
    note: str | None = None,
    arrival_id: UUID | None = None,
    batch_id: UUID | None = None,
) -> dict[str, Any]:
    """Ask a registered service to disinfect goods, by whoever may enter the record of it; return the order.

    Raises Invalid `unknown_service`, Conflict `arrival_withdrawn`, NotFound, Forbidden.
    """
    target = targets.find(session, actor, MAKE, arrival_id=arrival_id, batch_id=batch_id)
    targets.require_entered(session, target)
    asked = registered_service(session, service)
    customer_id = actor.business_id or target.owner_id
    site = _site(session, target, customer_id)
    order = DisinfectionOrder(
        arrival_id=target.arrival_id,
        batch_id=target.batch_id,
        customer_id=customer_id,
        service_id=asked.business_id,
        site_id=site.site_id,
        region_code=site.region_code,
        note=note,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        on_behalf_of=on_behalf_of(actor, customer_id),
    )
    session.add(order)
    session.flush()
    journal.append(
        session,
        actor,
        kind="disinfection_order.made",
        subject_id=order.order_id,
        occurred_at=order.recorded_at,
        data={
            "arrival_id": order.arrival_id, "batch_id": order.batch_id, "service_id": order.service_id,
            "site_id": order.site_id, "note": note, "on_behalf_of": order.on_behalf_of,
        },
        business_id=customer_id,
        region_code=order.region_code,
    )  # fmt: skip
    return describe(session, [order])[0]


def registered_service(session: Session, ref: str | UUID) -> Business:
    """Return an active disinfection service of the register. Raises Invalid `unknown_service`."""
    unknown = Invalid.of("/service", "unknown_service", "There is no such disinfection service in the register.")
    try:
        business = registry.find_business(session, ref)
    except NotFound as error:
        raise unknown from error
    if not is_service(business):
        raise unknown
    return business


def is_service(business: Business) -> bool:
    """Say whether a business may treat others' goods now."""
    return SERVICE in business.kinds and business.status == "active"


def _site(session: Session, target: Target, customer_id: UUID) -> Site:
    """Return where the goods are to be treated: where most of the customer's lie, else where they came in."""
    lies = session.scalars(
        select(Site)
        .join(Zone, col(Zone.site_id) == col(Site.site_id))
        .join(Holding, col(Holding.zone_id) == col(Zone.zone_id))
        .where(
            col(Holding.batch_id).in_(target.batch_ids),
            col(Holding.quantity_units) > 0,
            or_(col(Holding.owner_id) == customer_id, col(Site.business_id) == customer_id),
        )
        .order_by(col(Holding.quantity_units).desc(), col(Site.site_id))
        .limit(1)
    ).first()
    return lies or registry.site(session, session.get_one(Batch, target.batch_ids[0]).site_id)


def withdraw(session: Session, actor: Actor, order_id: UUID) -> dict[str, Any]:
    """Take an order back that nothing was done for yet; return it.

    Raises Conflict `wrong_state`, NotFound, Forbidden.
    """
    order = locked(session, actor, order_id)
    targets.find(session, actor, MAKE, arrival_id=order.arrival_id, batch_id=order.batch_id)
    if (now := state_of(session, order_id)) != "open":
        raise Conflict("This order is done or withdrawn already.", code="wrong_state", extra={"state": now})
    end = DisinfectionOrderEnd(order_id=order_id, recorded_at=clock.now(), recorded_by=actor.user_id)
    session.add(end)
    session.flush()
    journal.append(
        session,
        actor,
        kind="disinfection_order.withdrawn",
        subject_id=order_id,
        occurred_at=end.recorded_at,
        data={"service_id": order.service_id, "on_behalf_of": on_behalf_of(actor, order.customer_id)},
        business_id=order.customer_id,
        region_code=order.region_code,
    )
    return describe(session, [order])[0]


@kind("disinfection_order")
def made_visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `DisinfectionOrder` of those that a business made, or that are for goods of an area."""
    return within_reach(
        scope(actor, READ),
        col(DisinfectionOrder.customer_id),
        col(DisinfectionOrder.region_code),
        site_id=col(DisinfectionOrder.site_id),
    )


@kind("disinfection_work")
def work_visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `DisinfectionOrder` of those that ask the actor's own business."""
    reach = scope(actor, DO)
    return within_reach(reach, col(DisinfectionOrder.service_id), col(DisinfectionOrder.region_code))


def visible(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `DisinfectionOrder` of what `actor` made, was asked, or oversees. Raises Forbidden."""
    found = [made_visible(actor)] if relation(actor, READ) is not None else []
    if relation(actor, DO) is not None:
        found.append(work_visible(actor))
    if not found:
        raise Forbidden("Your role may not do this.")
    return or_(false(), *found)


def locked(session: Session, actor: Actor, order_id: UUID, *, to_do: bool = False) -> DisinfectionOrder:
    """Return an order that the actor may see (`to_do`: that asks the actor's business), with no second act meanwhile.

    Rows that are only added to can't be locked by the role that serves requests; a key of the order's own can. Raises
    NotFound, Forbidden.
    """
    order = find(session, actor, order_id, work_visible(actor) if to_do else None)
    session.execute(_ALONE, {"key": int.from_bytes(order_id.bytes[8:], "big", signed=True)})
    return order


def find(session: Session, actor: Actor, order_id: UUID, seen: ColumnElement[bool] | None = None) -> DisinfectionOrder:
    """Return an order that the actor may see. Raises NotFound, Forbidden."""
    condition = visible(actor) if seen is None else seen
    statement = select(DisinfectionOrder).where(col(DisinfectionOrder.order_id) == order_id, condition)
    order = session.exec(statement).first()
    if order is None:
        raise NotFound
    return order


def read(session: Session, actor: Actor, order_id: UUID) -> dict[str, Any]:
    """Return an order to whoever made it, is asked by it or oversees the place. Raises NotFound, Forbidden."""
    return describe(session, [find(session, actor, order_id)])[0]


def search(
    session: Session,
    actor: Actor,
    *,
    state: str | None = None,
    arrival_id: UUID | None = None,
    batch_id: UUID | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of the orders that the actor may see, newest first. Raises Forbidden."""
    statement = select(DisinfectionOrder).where(visible(actor))
    if state is not None:
        statement = statement.where(_in_state(state))
    if arrival_id is not None:
        statement = statement.where(col(DisinfectionOrder.arrival_id) == arrival_id)
    if batch_id is not None:
        statement = statement.where(col(DisinfectionOrder.batch_id) == batch_id)
    rows, following = paging.page(session, statement, col(DisinfectionOrder.order_id), limit, cursor)
    return describe(session, rows), following


def waiting(session: Session, actor: Actor, limit: int) -> list[DisinfectionOrder]:
    """Return the orders that wait for the actor's business, oldest first."""
    if relation(actor, DO) is None or actor.business_id is None:
        return []
    statement = select(DisinfectionOrder).where(work_visible(actor), _in_state("open"))
    return list(session.exec(statement.order_by(col(DisinfectionOrder.order_id)).limit(limit)))


def _in_state(state: str) -> ColumnElement[bool]:
    order_id = col(DisinfectionOrder.order_id)
    done = exists().where(col(OrderedDisinfection.order_id) == order_id)
    ended = exists().where(col(DisinfectionOrderEnd.order_id) == order_id)
    return {"open": ~done & ~ended, "done": done, "withdrawn": ended}[state]


def state_of(session: Session, order_id: UUID) -> str:
    """Return `open`, `done` or `withdrawn`; ask it under the order's lock before acting on it."""
    if session.get(DisinfectionOrderEnd, order_id) is not None:
        return "withdrawn"
    done = select(OrderedDisinfection.disinfection_id).where(col(OrderedDisinfection.order_id) == order_id)
    return "done" if session.exec(done.limit(1)).first() else "open"


def describe(session: Session, orders: Sequence[DisinfectionOrder]) -> list[dict[str, Any]]:
    """Return orders as the API shows them, each with what is to be treated and what was done; eight statements at most.

    Of the goods a service reads code, product and quantity: neither papers nor suppliers nor what else lies there.
    """
    ids = [order.order_id for order in orders]
    ended = {
        end.order_id: end
        for end in session.exec(select(DisinfectionOrderEnd).where(col(DisinfectionOrderEnd.order_id).in_(ids)))
    }
    done = _done(session, ids)
    businesses = registry.brief(session, [i for order in orders for i in (order.customer_id, order.service_id)])
    sites = registry.sites(session, [order.site_id for order in orders])
    numbers, goods = _goods(session, orders)
    return [
        {
            "order_id": order.order_id,
            "state": _state(order.order_id in ended, bool(done[order.order_id])),
            "customer": businesses[order.customer_id],
            "service": businesses[order.service_id],
            "site": {
                "site_id": order.site_id, "name": sites[order.site_id].name, "address": sites[order.site_id].address,
                "region_code": sites[order.site_id].region_code,
            },
            "arrival_id": order.arrival_id,
            "arrival_no": numbers.get(order.arrival_id) if order.arrival_id else None,
            "batch_id": order.batch_id,
            "goods": goods[order.order_id],
            "note": order.note,
            "recorded_at": order.recorded_at,
            "withdrawn_at": ended[order.order_id].recorded_at if order.order_id in ended else None,
            "disinfections": done[order.order_id],
            "on_behalf_of": order.on_behalf_of,
        }
        for order in orders
    ]  # fmt: skip


def _state(ended: bool, done: bool) -> str:
    return "withdrawn" if ended else "done" if done else "open"


def _done(session: Session, order_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return what was done for each order, oldest first."""
    found: dict[UUID, list[dict[str, Any]]] = {order_id: [] for order_id in order_ids}
    rows = session.exec(
        select(OrderedDisinfection, Disinfection, Evidence)
        .join(Disinfection, col(Disinfection.disinfection_id) == col(OrderedDisinfection.disinfection_id))
        .outerjoin(Evidence, col(Evidence.evidence_id) == col(OrderedDisinfection.evidence_id))
        .where(col(OrderedDisinfection.order_id).in_(order_ids))
        .order_by(col(OrderedDisinfection.disinfection_id))
    ).all()
    for act, record, paper in rows:
        certificate = {"evidence_id": paper.evidence_id, "number": paper.number} if paper else None
        found[act.order_id].append(disinfections.describe(record) | {"certificate": certificate})
    return found


def _goods(
    session: Session, orders: Sequence[DisinfectionOrder]
) -> tuple[dict[UUID, str], dict[UUID, list[dict[str, Any]]]]:
    """Return the numbers of arrivals, and what each order asks to be treated."""
    arrivals = {order.arrival_id for order in orders if order.arrival_id}
    batches = {order.batch_id for order in orders if order.batch_id}
    numbers = dict(
        session.exec(select(Arrival.arrival_id, Arrival.arrival_no).where(col(Arrival.arrival_id).in_(arrivals))).all()
    )
    named = or_(col(Batch.batch_id).in_(batches), and_(col(Batch.arrival_id).in_(arrivals), came_with_arrival()))
    rows = session.exec(select(Batch).where(named).order_by(col(Batch.arrival_id), col(Batch.line_no))).all()
    products = registry.products(session, [row.product_id for row in rows])
    listed: dict[UUID, list[dict[str, Any]]] = {order.order_id: [] for order in orders}
    for order in orders:
        for row in rows:
            if row.batch_id == order.batch_id or (order.arrival_id and row.arrival_id == order.arrival_id):
                product = products[row.product_id]
                listed[order.order_id].append(
                    {
                        "batch_id": row.batch_id, "batch_code": row.batch_code, "product": product.name,
                        "product_en": product.name_en, "batch_no": row.batch_no,
                        "production_date": row.production_date, "quantity_units": row.quantity_units,
                        "piece_count": row.piece_count,
                    }
                )  # fmt: skip
    return numbers, listed
