"""A business's desk: what to do first, its stock by state, what is on the road. A buyer is a business too."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may
from coldchain.batches import pages_words as words
from coldchain.batches import service as batches
from coldchain.batches.models import Batch
from coldchain.batches.service import arrival_drafts, disinfection_orders
from coldchain.core import clock, pages
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import ngettext
from coldchain.home import finding_jobs, positive_jobs, stopped, totals
from coldchain.home.jobs import Job, backchecks, corrections, licences_ending
from coldchain.labels.code import format_groups
from coldchain.ledger import holds
from coldchain.ledger.models import Holding
from coldchain.policy.facts import Verdict
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Product, Site, Zone
from coldchain.trade import service as trade
from coldchain.trade.service import entries, kept

JOBS_SHOWN: Final = 8
BATCHES_LOOKED_AT: Final = 200


def context(session: Session, actor: Actor) -> dict[str, Any]:
    """Return what the page shows, all of it computed now."""
    business_id = actor.business_id or UUID(int=0)
    jobs = [
        *positive_jobs.of_business(session, actor),
        *_locked(session, business_id),
        *_to_disinfect(session, actor),
        *finding_jobs.of_business(session, actor),
        *_begun(session, actor),
        *_to_take_in(session, actor),
        *corrections(session, actor),
        *_to_confirm(session, actor),
        *_to_settle(session, actor),
        *licences_ending(session, actor),
        *_not_clear(session, business_id),
    ]
    asked = backchecks(session, actor)
    return {
        "business": registry.brief(session, [business_id])[business_id],
        "halted": stopped.of(session, business_id),
        "suspension": finding_jobs.suspension(session, actor),
        "as_of": clock.now(),
        "jobs": jobs[: JOBS_SHOWN - len(asked)] + asked,
        "more_jobs": max(0, len(jobs) - JOBS_SHOWN + len(asked)),
        "counter": _counter(session, actor),
        "stock": totals.own(session, business_id),
        "sent": trade.count_by_state(session, actor, "out"),
        "coming": trade.count_by_state(session, actor, "in"),
        "kept_for": kept.by_owner(session, actor),
        "has_card": _has_card(session, actor, business_id),
        "serves": _serves(session, business_id),
        "has_site": bool(registry.search_sites(session, actor, business=str(business_id), limit=1)[0]),
    }


def _has_card(session: Session, actor: Actor, business_id: UUID) -> bool:
    """Say whether the business holds a card that the reader may open."""
    found = registry.find_business(session, business_id)
    here = Resource.of(business_id, places=[registry.place(found)])
    return found.card_no is not None and may(actor, "card.read", here)


def _serves(session: Session, business_id: UUID) -> bool:
    """Say whether the business disinfects for others: its work is orders, and it may have no goods at all."""
    business = session.get(Business, business_id)
    return business is not None and disinfection_orders.SERVICE in business.kinds


def _counter(session: Session, actor: Actor) -> dict[str, Any]:
    """Return what the desk says of the counter: whether goods lie in a kitchen, and the sales entered last."""
    sold, _following = entries.search(session, actor, kind="sale", business=str(actor.business_id), limit=1)
    in_work = (
        select(col(Holding.holding_id))
        .join(Zone, col(Zone.zone_id) == col(Holding.zone_id))
        .join(Site, col(Site.site_id) == col(Zone.site_id))
        .where(
            col(Holding.owner_id) == actor.business_id,
            col(Holding.quantity_units) > 0,
            or_(col(Zone.kind) == "processing", col(Site.kind) == "kitchen"),
        )
    )
    return {"last_sale": sold[0] if sold else None, "kitchen": bool(session.scalar(select(in_work.exists())))}


def _own(business_id: UUID) -> Any:
    """Return the statement of a business's own goods in its accounts, with batch and product."""
    return (
        select(Holding, Batch, Product)
        .join(Batch, col(Batch.batch_id) == col(Holding.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(Holding.owner_id) == business_id, col(Holding.quantity_units) > 0)
    )


@dataclass
class _Held:
    """What of a batch the business has under lock: units, how many of them are sealed, since when by whose hold."""

    batch: Batch
    product: Product
    units: int = 0
    sealed: int = 0
    since: datetime | None = None
    sealed_since: datetime | None = None
    confirmed: bool = False

    @property
    def latest(self) -> datetime:
        """Return when something was last done to these goods, the earliest moment when that isn't known."""
        return self.sealed_since or self.since or datetime.min.replace(tzinfo=clock.BEIJING)


def _locked(session: Session, business_id: UUID) -> list[Job]:
    """Return a job for each batch of which the business has something that is held, the latest act first.

    Another's goods of the batch may be held apart, at another time: that is nothing of this business's.
    """
    rows = session.execute(_own(business_id).where(col(Holding.held_units) > 0)).all()
    standing = holds.standing(session, {batch.batch_id for _h, batch, _p in rows}, {h.holding_id for h, _b, _p in rows})
    sealed = holds.sealed_units(session, [holding.holding_id for holding, _b, _p in rows])
    found: dict[UUID, _Held] = {}
    for holding, batch, product in rows:
        held = found.setdefault(batch.batch_id, _Held(batch, product))
        held.units += holding.held_units
        held.sealed += sealed.get(holding.holding_id, 0)
    for hold in standing:
        held = found[hold.batch_id]
        held.since = min(held.since or hold.occurred_at, hold.occurred_at)
        held.confirmed = held.confirmed or hold.grade == "confirmed"
        if hold.grade == "sealed":
            held.sealed_since = max(held.sealed_since or hold.occurred_at, hold.occurred_at)
    return [_locked_job(held) for held in sorted(found.values(), key=lambda held: held.latest, reverse=True)]


def _locked_job(held: _Held) -> Job:
    """Return the line of goods that are locked, or sealed when all of them are."""
    href, name = f"/batches/{held.batch.batch_id}#holds", _called(held.batch, held.product)
    quantity = words.quantity(held.units, held.product)
    locked = _("Locked since %(moment)s.", moment=pages.moment(held.since))
    if held.sealed < held.units:
        apart = _("Set it apart; it must not be moved, sold or used.")
        if held.confirmed:
            apart = _("Confirmed positive: destroyed, returned or recovered as the authority's notice says.")
        part = (
            _("Sealed of it: %(quantity)s.", quantity=words.quantity(held.sealed, held.product)) if held.sealed else ""
        )
        title = _("%(product)s is locked: %(quantity)s", product=name, quantity=quantity)
        return Job("locked", href, title, words.sentences([apart, locked, part]), _("Read why"))
    sealed = _("Sealed on site since %(moment)s.", moment=pages.moment(held.sealed_since))
    title = _("%(product)s is sealed: %(quantity)s", product=name, quantity=quantity)
    return Job("sealed", href, title, words.sentences([_("Leave the seal as it is."), sealed, locked]), _("Read why"))


def _called(batch: Batch, product: Product) -> str:
    """Return what a batch is called among others of the same product: with its batch number and its code."""
    return " ".join(
        part for part in (words.product_name(product), batch.batch_no, format_groups(batch.batch_code)) if part
    )


def _to_disinfect(session: Session, actor: Actor) -> list[Job]:
    """Return a job for each order that asks this business to disinfect goods, oldest first."""
    waiting = disinfection_orders.describe(session, disinfection_orders.waiting(session, actor, JOBS_SHOWN))
    return [
        Job(
            "order.open",
            f"/disinfection-orders/{order['order_id']}",
            _("%(customer)s asks you to disinfect", customer=order["customer"].name),
            _(", ").join(part for part in (order["site"]["name"], order["note"]) if part),
            _("Read the order"),
        )
        for order in waiting
    ]


def _begun(session: Session, actor: Actor) -> list[Job]:
    """Return a job for the arrivals that the reader has begun and not sent: to the only one, or to their list."""
    drafts = arrival_drafts.waiting(session, actor, actor.business_id)
    if not drafts:
        return []
    return [
        Job(
            "draft",
            f"/arrivals/new?draft={drafts[0].draft_id}" if len(drafts) == 1 else "/arrivals#begun",
            ngettext(
                "An arrival that you began and have not sent",
                "%(num)s arrivals that you began and have not sent",
                len(drafts),
            ),
            _("Last touched %(moment)s", moment=pages.moment(drafts[0].updated_at)),
            _("Go on with it"),
        )
    ]


def _to_take_in(session: Session, actor: Actor) -> list[Job]:
    """Return a job for each arrival that was declared and not taken in yet, those that are overdue first."""
    return [
        Job(
            "declared",
            f"/arrivals/{arrival.arrival_id}",
            _("Declared: arrival %(number)s", number=arrival.arrival_no),
            _("Expected %(moment)s", moment=pages.moment(arrival.expected_at)),
            _("Take in"),
        )
        for arrival in batches.awaited(session, actor, BATCHES_LOOKED_AT)
    ]


def _to_confirm(session: Session, actor: Actor) -> list[Job]:
    """Return a job for each consignment that waits for the business's answer, those that wait too long first."""
    rows = [
        row
        for state in ("in_transit", "signed")
        for row in trade.search(session, actor, direction="in", state=state, limit=BATCHES_LOOKED_AT)[0]
    ]
    rows.sort(key=lambda row: not row["unanswered"])
    return [
        Job(
            "overdue" if row["unanswered"] else row["state"],
            f"/consignments/{row['consignment_id']}",
            _("From %(sender)s: %(goods)s", sender=row["owner"].name, goods=_(", ").join(row["products"])),
            _("Consignment %(number)s, %(mass)s, sent %(moment)s", number=row["consignment_no"],
              mass=pages.mass(row["mass_g"]), moment=pages.moment(row["occurred_at"])),
            _("Confirm"),
        )
        for row in rows
    ]  # fmt: skip


def _to_settle(session: Session, actor: Actor) -> list[Job]:
    """Return a job for each consignment of which sender and receiver don't agree on a part."""
    rows, _following = trade.search(session, actor, state="disputed", limit=BATCHES_LOOKED_AT)
    return [
        Job(
            "disputed",
            f"/consignments/{row['consignment_id']}",
            _("Consignment %(number)s: %(goods)s", number=row["consignment_no"], goods=_(", ").join(row["products"])),
            _("Reason given: %(reason)s", reason=row["answer_reason"]),
            _("Settle the dispute"),
        )
        for row in rows
        if actor.business_id in {row["owner"].business_id, row["to"]["business"] and row["to"]["business"].business_id}
    ]


def _not_clear(session: Session, business_id: UUID) -> list[Job]:
    """Return a job for each batch of the business that may not leave yet and is not locked, newest first."""
    rows = session.execute(
        _own(business_id)
        .where(col(Batch.status) == "held", col(Holding.held_units) == 0, col(Holding.account) == "zone")
        .order_by(col(Batch.batch_id).desc())
        .limit(BATCHES_LOOKED_AT)
    ).all()
    found = {batch.batch_id: (batch, product) for _holding, batch, product in rows}
    verdicts = batches.judge(session, {batch_id: batch.region_code for batch_id, (batch, _p) in found.items()})
    return [
        Job(
            "held",
            f"/batches/{batch_id}",
            ngettext("%(product)s lacks %(num)s thing", "%(product)s lacks %(num)s things",
                     len(verdicts[batch_id].missing), product=_called(batch, product)),
            _lacks(verdicts[batch_id]),
            _("Add"),
        )
        for batch_id, (batch, product) in found.items()
        if not verdicts[batch_id].clear
    ]  # fmt: skip


def _lacks(verdict: Verdict) -> str:
    """Return what a batch lacks in one line."""
    said = verdict.as_dict()["missing"]
    return words.sentences(words.own_words(item, "message") for item in said)
