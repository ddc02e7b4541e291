"""Backwards checks (倒查, R20): where the books don't explain themselves, found by asking them backwards.

Each row is a fact of the books that lacks another one, with what of it, since when, and where it is solved; none of
them is a violation (only an officer's decision makes one). Nothing is kept: a row is there as long as the books say so.

* `stock_without_source`: on hand at who entered it as existing stock without naming a supplier; or found in a count,
  beyond what counts missed; or a surplus of a hand-over that sender and receiver haven't agreed on. A paper that shows
  the source (data) ends the first two, for what was found one that was entered since.
* `purchase_without_consignment`: an arrival names a registered business as its supplier, whose books have no
  consignment of that product to this owner within some days (data). Existing stock is from before the books.
* `sales_above_purchases`: of a product, more is gone than came in with a source; the rest was covered by goods as in
  the first kind. By conservation (R10): unsourced units that came in, less what is there.
* `unanswered_consignment`: on the road for more hours (data) than an answer takes.
* `expired_at_counter`: lies at a sale counter after its expiry date, by Beijing's calendar.
* `count_variance`: missing by a count or on a road, and neither recovered nor found since.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Scope, scope
from coldchain.batches.models import Batch
from coldchain.core import clock
from coldchain.core.errors import Invalid
from coldchain.policy import service as policy
from coldchain.registry import service as registry
from coldchain.registry.service.reach import within_reach
from coldchain.trade.service.backcheck_sql import COLUMNS, ROWS

STOCK, PURCHASE, SALES = "stock_without_source", "purchase_without_consignment", "sales_above_purchases"
UNANSWERED, EXPIRED, VARIANCE = "unanswered_consignment", "expired_at_counter", "count_variance"
KINDS: Final = (STOCK, PURCHASE, SALES, UNANSWERED, EXPIRED, VARIANCE)
# What a row lacks, in the terms of whoever solves it; pages and API say it in words and link it.
ADD_RECEIPT, ENTER_CONSIGNMENT, ANSWER, SETTLE, TAKE_OFF, RECOVER = (
    "add_receipt", "enter_consignment", "answer", "settle", "take_off", "recover",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What the rows are asked with: who may see them, and the figures of the rules in force now."""

    reach: Scope
    now: datetime
    figures: dict[str, Any]


def search(
    session: Session,
    actor: Actor,
    *,
    kind: str | None = None,
    business: str | None = None,
    site_id: UUID | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[dict[str, Any]], str | None, datetime]:
    """Return a page of what the books don't explain, by kind and the longest first, the next cursor, and as of when.

    A business sees its own rows, unanswered consignments to it, and what lies at its counters; an officer those of the
    region (a consignment from both ends). `business`: whose books lack something; `site_id`: where. `quantity_units` is
    None where batches differ. Raises Forbidden, NotFound for an unknown business, Invalid `invalid_cursor`.
    """
    asked = _asked(session, actor)
    statement = _visible(session, asked, business, site_id)
    rows = statement.selected_columns
    if kind is not None:
        statement = statement.where(rows.kind_no == KINDS.index(kind))
    order = (rows.kind_no, rows.since, rows.row_id)
    if cursor is not None:
        statement = statement.where(tuple_(*order) > tuple_(*_decoded(cursor)))
    found = session.execute(statement.order_by(*order).limit(limit + 1), asked.figures).all()
    following = _encoded(found[limit - 1]) if len(found) > limit else None
    return describe(session, list(found[:limit])), following, asked.now


def count_by_kind(
    session: Session, actor: Actor, *, business: str | None = None, site_id: UUID | None = None
) -> dict[str, int]:
    """Return how many rows of each kind the actor sees, kinds without any left out; filters as in `search`."""
    asked = _asked(session, actor)
    rows = _visible(session, asked, business, site_id).subquery()
    counted = select(rows.c.kind_no, func.count()).group_by(rows.c.kind_no).order_by(rows.c.kind_no)
    return {KINDS[row[0]]: row[1] for row in session.execute(counted, asked.figures)}


def _asked(session: Session, actor: Actor) -> Asked:
    now = clock.now()
    today = now.astimezone(clock.BEIJING).date()
    figures = policy.parameters(session, today)
    reach = scope(actor, "backcheck.read")
    return Asked(
        reach,
        now,
        {
            "mine": reach.business_id,
            "source_papers": list(figures["source_papers"]),
            "match_days": timedelta(days=int(figures["purchase_match_days"])),
            "unanswered_since": now - timedelta(hours=int(figures["unanswered_after_h"])),
            "today": today,
        },
    )


def _visible(session: Session, asked: Asked, business: str | None, site_id: UUID | None) -> Select[Any]:
    """Return the selection of the rows that the asker may see; the database leaves out kinds that nobody wants."""
    rows = ROWS.columns(**COLUMNS).subquery("backcheck")
    statement = select(rows).where(_within(asked.reach, rows.c))
    if business is not None:
        statement = statement.where(rows.c.business_id == registry.find_business(session, business).business_id)
    if site_id is not None:
        statement = statement.where(rows.c.site_id == site_id)
    return statement


def _within(reach: Scope, rows: Any) -> ColumnElement[bool]:
    own = within_reach(reach, rows.business_id, rows.region_code, site_id=rows.site_id)
    if reach.everything:
        return own
    if reach.site_ids is not None:
        return own
    if reach.business_id is not None:
        return or_(own, rows.also_id.in_(reach.business_ids))
    return or_(own, within_reach(reach, rows.business_id, rows.other_region_code))


def _encoded(row: Any) -> str:
    key = f"{row.kind_no}|{row.since.astimezone(UTC).isoformat()}|{row.row_id}"
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decoded(cursor: str) -> tuple[int, datetime, UUID]:
    """Return the key of a cursor. Raises Invalid `invalid_cursor`."""
    try:
        key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        kind_no, since, row_id = key.split("|")
        moment = datetime.fromisoformat(since)
        if moment.tzinfo is None or not 0 <= int(kind_no) < len(KINDS):
            raise ValueError(cursor)
        return int(kind_no), moment, UUID(row_id)
    except (ValueError, TypeError) as error:
        raise Invalid.of("/cursor", "invalid_cursor", "This is not a cursor that was given out.") from error


def describe(session: Session, rows: list[Any]) -> list[dict[str, Any]]:
    """Return rows with the names of whom, where and what they are about, in a few statements."""
    businesses = registry.brief(session, [i for row in rows for i in (row.business_id, row.counterpart_id)])
    zones = registry.zones(session, [row.zone_id for row in rows])
    sites = registry.sites(session, [row.site_id for row in rows])
    products = registry.products(session, [row.product_id for row in rows])
    batches = {
        batch_id: (code, number)
        for batch_id, code, number in session.execute(
            select(col(Batch.batch_id), col(Batch.batch_code), col(Batch.batch_no)).where(
                col(Batch.batch_id).in_({row.batch_id for row in rows if row.batch_id})
            )
        )
    }
    plain = ("kind", "act", "site_id", "zone_id", "arrival_id", "batch_id", "consignment_id", "since")
    shown = []
    for row in rows:
        product = products.get(row.product_id)
        code, number = batches.get(row.batch_id, (None, None))
        units = None if row.quantity_units is None else int(row.quantity_units)
        mass_g = row.mass_g if product is None or units is None else units * product.unit_mass_g
        shown.append(
            {name: getattr(row, name) for name in plain}
            | {
                "business": businesses[row.business_id],
                "counterpart": businesses.get(row.counterpart_id),
                "site_name": sites[row.site_id].name if row.site_id else None,
                "zone_code": zones[row.zone_id][0].code if row.zone_id else None,
                "batch_code": code,
                "batch_no": number,
                "product": product,
                "quantity_units": units,
                "mass_g": None if mass_g is None else int(mass_g),
            }
        )
    return shown
