"""Backwards checks: each kind appears, ends by the act that solves it, and is nobody else's to see."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import ANY
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event
from sqlmodel import Session

from coldchain.accounts.actor import SYSTEM, Actor, Area
from coldchain.accounts.rights import relation
from coldchain.batches import service as batches
from coldchain.batches.models import Batch, BatchOrigin
from coldchain.core import clock
from coldchain.core.clock import BEIJING
from coldchain.core.edge import permission_of
from coldchain.core.errors import Forbidden, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.ledger import postings
from coldchain.ledger import service as ledger
from coldchain.ledger.postings import Draft
from coldchain.registry.models import Product
from coldchain.trade import backcheck_words as words
from coldchain.trade import service
from coldchain.trade.models import Consignment
from coldchain.trade.service import backcheck, entries
from coldchain.trade.service.backcheck import EXPIRED, KINDS, PURCHASE, SALES, STOCK, UNANSWERED, VARIANCE
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.ledger.books import NOW, SINCE_2023, Party, batch, party, product
from tests.trade.parties import merchant, officer, send

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def rows(session: Session, actor: Actor, **filters: Any) -> list[dict[str, Any]]:
    """Return all rows that an actor sees, having counted them too."""
    found, following, _as_of = backcheck.search(session, actor, limit=200, **filters)
    assert following is None
    counts = backcheck.count_by_kind(session, actor, **{k: v for k, v in filters.items() if k != "kind"})
    if "kind" not in filters:
        assert counts == {kind: n for kind in KINDS if (n := sum(row["kind"] == kind for row in found))}
    else:
        assert counts.get(filters["kind"], 0) == len(found)
    return found


def units(session: Session, actor: Actor, kind: str) -> dict[UUID | None, int | None]:
    """Return units by batch of the rows of a kind."""
    return {row["batch_id"]: row["quantity_units"] for row in rows(session, actor, kind=kind)}


def kinds(session: Session, actor: Actor) -> set[str]:
    return {row["kind"] for row in rows(session, actor)}


def existing(session: Session, owner: Party, of: Product, quantity_units: int = 100, **arrival: Any) -> UUID:
    """Add a batch that was entered as existing stock, without a supplier and without papers."""
    head = {"entry_mode": "existing_stock", "supplier_name": None} | arrival
    return batch(session, owner, of, quantity_units, papers=False, **head)


def dated(session: Session, owner: Party, of: Product, quantity_units: int, expiry_date: date) -> UUID:
    """Add a batch with an expiry date: the second line of its arrival."""
    first = session.get_one(Batch, batch(session, owner, of, 1, stocked=False))
    made = Batch(**{**first.model_dump(exclude={"batch_id"}), "line_no": 2, "batch_code": f"DATED{new_id()}",
                    "quantity_units": quantity_units, "expiry_date": expiry_date})  # fmt: skip
    session.add(made)
    session.flush()
    posted(session, "intake", made.batch_id, postings.intake(owner.business_id, owner.zone_id, quantity_units))
    return made.batch_id


def receipt(session: Session, kind: str = "purchase_receipt", **target: Any) -> None:
    batches.register_evidence(
        session, SYSTEM, kind=kind, number="JH-1", issuer="示例贸易", issued_on=date(2023, 2, 1), **target
    )


def posted(session: Session, kind: str, batch_id: UUID, made: Any, at: datetime | None = None, **more: Any) -> UUID:
    (movement,) = ledger.post(session, SYSTEM, [Draft(kind, batch_id, made, at or clock.now(), **more)])
    return movement.movement_id


def sold(session: Session, owner: Party, batch_id: UUID, quantity_units: int) -> None:
    posted(session, "sale", batch_id, postings.leave("sold", owner.business_id, owner.zone_id, quantity_units))


def found(session: Session, owner: Party, batch_id: UUID, quantity_units: int, **more: Any) -> None:
    posted(session, "stocktake", batch_id, postings.find(owner.business_id, owner.zone_id, quantity_units), **more)


def missing(session: Session, owner: Party, batch_id: UUID, quantity_units: int, account: str = "missing") -> None:
    posted(session, "stocktake", batch_id, postings.leave(account, owner.business_id, owner.zone_id, quantity_units))


def test_a_clean_world_has_nothing_to_check(session: Session) -> None:
    seller, buyer = party(session), party(session, kind="sale_counter")
    of = product(session, imported=True)
    goods = batch(session, seller, of, 100)
    dated(session, buyer, of, 10, clock.now().astimezone(BEIJING).date())  # today it is still good
    made = send(session, merchant(seller), seller, buyer, goods, 30)
    service.confirm(
        session, merchant(buyer), made["consignment_id"], zone_id=buyer.zone_id,
        lines=[{"batch_id": goods, "quantity_units": 30}],
    )  # fmt: skip
    entries.sell(session, merchant(buyer), zone_id=buyer.zone_id, lines=[{"batch_id": goods, "quantity_units": 30}])
    send(session, merchant(seller), seller, buyer, goods, 5)  # may be answered until tomorrow
    existing(session, seller, of, supplier_name="示例贸易")
    assert rows(session, SYSTEM) == []


# --- stock without a source ---


def test_existing_stock_without_a_supplier(session: Session) -> None:
    owner = party(session, 2)
    of = product(session)
    goods = existing(session, owner, of, 100)
    posted(session, "relocation", goods, postings.relocate(owner.business_id, owner.zone_id, owner.zones[1], 40))
    both = rows(session, merchant(owner))
    assert {(row["zone_id"], row["quantity_units"], row["mass_g"]) for row in both} == {
        (owner.zones[0], 60, 120_000), (owner.zones[1], 40, 80_000),
    }  # fmt: skip
    row = both[0]
    assert (row["kind"], row["act"], row["since"], row["site_id"]) == (STOCK, "add_receipt", SINCE_2023, owner.site_id)
    assert row["product"].product_id == of.product_id
    assert row["business"].business_id == owner.business_id
    receipt(session, batch_id=goods)
    assert rows(session, merchant(owner)) == []


@pytest.mark.parametrize(
    ("kind", "ends"), [("purchase_receipt", True), ("customs_declaration", True), ("factory_inspection", False)]
)
def test_which_papers_show_a_source(session: Session, kind: str, ends: bool) -> None:
    owner = party(session)
    goods = existing(session, owner, product(session))
    batches.register_evidence(
        session, SYSTEM, kind=kind, issuer="示例", issued_on=date(2023, 2, 1),
        number="190120211000042871" if kind == "customs_declaration" else "1",
        arrival_id=session.get_one(Batch, goods).arrival_id,
    )  # fmt: skip
    assert (rows(session, SYSTEM) == []) is ends


def test_who_got_such_stock_by_a_hand_over_has_a_source(session: Session) -> None:
    seller, buyer = party(session), party(session)
    goods = existing(session, seller, product(session))
    changed = postings.change_owner(seller.business_id, buyer.business_id, seller.zone_id, 30)
    posted(session, "owner_change", goods, changed)
    assert units(session, merchant(buyer), STOCK) == {}
    assert units(session, merchant(seller), STOCK) == {goods: 70}


def test_a_part_split_off_has_the_source_of_the_whole(session: Session) -> None:
    owner = party(session)
    whole = existing(session, owner, product(session))
    part = entries_split(session, owner, whole)
    assert units(session, SYSTEM, STOCK) == {whole: 94, part: 6}
    assert units(session, SYSTEM, SALES) == {}, "what was split off has not gone"
    receipt(session, batch_id=whole)
    assert rows(session, SYSTEM) == []


def entries_split(session: Session, owner: Party, whole: UUID) -> UUID:
    """Split 6 units off, as the books keep it: a batch of the same arrival, and where it came from."""
    parent = session.get_one(Batch, whole)
    part = Batch(**{**parent.model_dump(exclude={"batch_id"}), "line_no": 2, "batch_code": f"PART{new_id()}",
                    "quantity_units": 6, "piece_count": 1})  # fmt: skip
    session.add(part)
    session.flush()
    session.add(
        BatchOrigin(child_id=part.batch_id, parent_id=whole, kind="split", quantity_units=6, piece_from=1, piece_to=1,
                    recorded_at=NOW)
    )  # fmt: skip
    session.flush()
    posted(session, "split", whole, postings.transform_in(owner.business_id, owner.zone_id, 6))
    posted(session, "split", part.batch_id, postings.transform_out(owner.business_id, owner.zone_id, 6))
    return part.batch_id


def test_what_a_count_found_has_no_source_until_a_paper_shows_it(session: Session) -> None:
    owner = party(session, 2)
    goods = batch(session, owner, product(session), 100)  # with its receipt, from before
    found(session, owner, goods, 7)
    found(session, owner, goods, 2)
    assert units(session, merchant(owner), STOCK) == {goods: 9}
    (row,) = rows(session, merchant(owner))
    assert (row["zone_id"], row["act"]) == (owner.zone_id, "add_receipt")
    receipt(session, batch_id=goods)
    assert rows(session, SYSTEM) == []
    found(session, owner, goods, 1)
    assert units(session, SYSTEM, STOCK) == {goods: 10}, "a paper does not speak for what is found after it"


@pytest.mark.parametrize("account", ["missing", "lost"])
def test_a_second_count_that_misses_what_the_first_found(session: Session, account: str) -> None:
    owner = party(session)
    goods = batch(session, owner, product(session), 100)
    found(session, owner, goods, 7)
    missing(session, owner, goods, 5, account)
    assert units(session, SYSTEM, STOCK) == {goods: 2}
    missing(session, owner, goods, 2, account)
    assert rows(session, SYSTEM) == []


def test_found_goods_count_as_far_as_there_are_any(session: Session) -> None:
    owner = party(session)
    goods = batch(session, owner, product(session), 100)
    found(session, owner, goods, 7)
    sold(session, owner, goods, 103)
    assert units(session, SYSTEM, STOCK) == {goods: 4}
    assert units(session, SYSTEM, SALES) == {goods: 3}
    missing(session, owner, goods, 4, "destroyed")
    assert units(session, SYSTEM, STOCK) == {}
    assert units(session, SYSTEM, SALES) == {goods: 7}


def test_a_surplus_of_a_hand_over_until_both_sides_agree(session: Session) -> None:
    seller, buyer = party(session), party(session, region_code="230202")
    goods = batch(session, seller, product(session), 30)
    road = send(session, merchant(seller), seller, buyer, goods, 30)["consignment_id"]
    service.confirm(
        session, merchant(buyer), road, zone_id=buyer.zone_id, reason="多送了",
        lines=[{"batch_id": goods, "quantity_units": 34}],
    )  # fmt: skip
    (row,) = rows(session, merchant(buyer))
    assert (row["kind"], row["act"], row["quantity_units"], row["consignment_id"]) == (STOCK, "settle", 4, road)
    assert row["counterpart"].business_id == seller.business_id
    assert kinds(session, officer("230202")) == {STOCK}
    assert kinds(session, merchant(seller)) == set()
    service.settle(
        session, merchant(seller), road, reason="是我们多装了",
        lines=[{"batch_id": goods, "outcome": "delivered", "quantity_units": 4}],
    )  # fmt: skip
    assert session.get_one(Consignment, road).state == "confirmed"
    assert rows(session, SYSTEM) == []


# --- purchases whose seller has no matching consignment ---


def purchase(session: Session, buyer: Party, seller: Party, of: Product, **arrival: Any) -> UUID:
    given = {"entry_mode": "arrived", "supplier_id": seller.business_id, "arrived_at": NOW} | arrival
    goods = existing(session, buyer, of, 24, **given)
    receipt(session, batch_id=goods)
    return goods


def test_a_purchase_that_the_sellers_books_don_t_know(session: Session) -> None:
    seller, buyer = party(session), party(session)
    of = product(session)
    goods = purchase(session, buyer, seller, of)
    (row,) = rows(session, merchant(buyer))
    assert (row["kind"], row["act"], row["batch_id"], row["quantity_units"]) == (
        PURCHASE, "enter_consignment", goods, 24,
    )  # fmt: skip
    assert (row["since"], row["mass_g"], row["counterpart"].business_id) == (NOW, 48_000, seller.business_id)
    assert rows(session, merchant(seller)) == [], "whom others name is told by an officer, not by a list"
    theirs = batch(session, seller, of, 100)
    with clock.simulated(NOW + 2 * DAY):
        send(session, merchant(seller), seller, buyer, theirs, 24)
        assert rows(session, SYSTEM) == []


@pytest.mark.parametrize("why", ["another product", "another buyer", "too early", "rejected", "a return"])
def test_what_is_no_matching_consignment(session: Session, why: str) -> None:
    seller, buyer, other = party(session), party(session), party(session)
    of = product(session)
    goods = purchase(session, buyer, seller, of)
    theirs = batch(session, seller, product(session) if why == "another product" else of, 100)
    with clock.simulated(NOW - (4 * DAY if why == "too early" else HOUR)):
        road = send(session, merchant(seller), seller, other if why == "another buyer" else buyer, theirs, 24)
    made = session.get_one(Consignment, road["consignment_id"])
    made.state, made.purpose = "rejected" if why == "rejected" else made.state, "delivery"
    if why == "a return":
        made.purpose = "return"
    session.flush()
    assert units(session, SYSTEM, PURCHASE) == {goods: 24}


def test_purchases_that_are_not_asked_about(session: Session) -> None:
    seller, buyer = party(session), party(session)
    of = product(session)
    purchase(session, buyer, seller, of, entry_mode="existing_stock")  # from before the books
    purchase(session, buyer, seller, of, entry_mode="declared", arrived_at=None)  # not here yet
    purchase(session, buyer, buyer, of)  # from another store of its own
    assert units(session, SYSTEM, PURCHASE) == {}


# --- more gone than came in with a source ---


def test_more_is_gone_than_was_bought(session: Session) -> None:
    owner = party(session)
    of = product(session)
    goods = existing(session, owner, of, 100)
    assert units(session, SYSTEM, SALES) == {}
    sold(session, owner, goods, 30)
    (row,) = rows(session, merchant(owner), kind=SALES)
    assert (row["batch_id"], row["quantity_units"], row["mass_g"], row["site_id"]) == (goods, 30, 60_000, None)
    bought = batch(session, owner, of, 20)
    assert units(session, SYSTEM, SALES) == {goods: 10}, "20 of what is gone may be of what was bought"
    sold(session, owner, bought, 5)
    assert units(session, SYSTEM, SALES) == {goods: 15}
    batch(session, party(session), of, 500)  # another's purchases explain nothing
    assert units(session, SYSTEM, SALES) == {goods: 15}
    receipt(session, batch_id=goods)
    assert rows(session, SYSTEM) == []


# --- unanswered consignments ---


def test_a_consignment_that_nobody_answered(session: Session) -> None:
    seller, buyer, stranger = party(session), party(session, region_code="230202"), party(session)
    goods = batch(session, seller, product(session), 100)
    with clock.simulated(NOW):
        road = send(session, merchant(seller), seller, buyer, goods, 30)["consignment_id"]
    with clock.simulated(NOW + 24 * HOUR - timedelta(seconds=1)):
        assert rows(session, SYSTEM) == []
    with clock.simulated(NOW + 24 * HOUR):
        for who in (merchant(seller), merchant(buyer), officer("230203"), officer("230202"), officer("230200")):
            (row,) = rows(session, who)
            assert (row["kind"], row["act"], row["consignment_id"]) == (UNANSWERED, "answer", road)
            assert (row["batch_id"], row["quantity_units"], row["mass_g"]) == (goods, 30, 60_000)
            assert (row["business"].business_id, row["counterpart"].business_id) == (
                seller.business_id, buyer.business_id,
            )  # fmt: skip
            assert (row["site_id"], row["since"]) == (buyer.site_id, NOW)
        assert rows(session, merchant(stranger)) == []
        assert rows(session, officer("511011")) == []
        assert rows(session, SYSTEM, site_id=buyer.site_id) != []
        assert rows(session, SYSTEM, site_id=seller.site_id) == []
        service.confirm(
            session, merchant(buyer), road, zone_id=buyer.zone_id, lines=[{"batch_id": goods, "quantity_units": 30}]
        )
        assert rows(session, SYSTEM) == []


def test_a_consignment_of_several_batches_is_one_row_in_grams(session: Session) -> None:
    seller, buyer = party(session), party(session)
    goods = [batch(session, seller, product(session), 100) for _ in range(2)]
    lines = [{"batch_id": batch_id, "quantity_units": 10} for batch_id in goods]
    with clock.simulated(NOW):
        send(session, merchant(seller), seller, buyer, lines)
    (row,) = rows(session, SYSTEM)
    assert (row["batch_id"], row["product"], row["quantity_units"], row["mass_g"]) == (None, None, None, 40_000)


# --- past its date at a counter ---


def test_goods_past_their_date_at_a_counter(session: Session) -> None:
    market, owner = party(session, kind="sale_counter"), party(session)
    tenant = Party(owner.business_id, market.site_id, market.zones)
    goods = dated(session, tenant, product(session), 40, date(2023, 3, 31))
    midnight = datetime(2023, 4, 1, tzinfo=BEIJING)
    with clock.simulated(midnight - timedelta(seconds=1)):
        assert rows(session, SYSTEM) == []
    with clock.simulated(midnight):
        for who in (merchant(owner), merchant(market), officer("230203")):
            (row,) = rows(session, who)
            assert (row["kind"], row["act"], row["quantity_units"], row["since"]) == (EXPIRED, "take_off", 40, midnight)
        assert rows(session, merchant(party(session))) == []
        destroyed = [{"batch_id": goods, "quantity_units": 40}]
        entries.destroy(session, merchant(owner), zone_id=market.zone_id, lines=destroyed)
        assert rows(session, SYSTEM) == []


def test_goods_past_their_date_elsewhere_are_no_matter_of_a_counter(session: Session) -> None:
    owner = party(session, kind="general")
    dated(session, owner, product(session), 40, date(2023, 3, 31))
    assert rows(session, SYSTEM) == []


# --- missing by a count ---


def test_what_a_count_misses_until_it_is_recovered(session: Session) -> None:
    owner = party(session)
    goods = batch(session, owner, product(session), 100)
    missing(session, owner, goods, 12)
    (row,) = rows(session, merchant(owner))
    assert (row["kind"], row["act"], row["quantity_units"], row["zone_id"]) == (VARIANCE, "recover", 12, owner.zone_id)
    entries.recover(
        session, merchant(owner), zone_id=owner.zone_id, from_account="missing", reason="在别的库区",
        lines=[{"batch_id": goods, "quantity_units": 10}],
    )  # fmt: skip
    assert units(session, SYSTEM, VARIANCE) == {goods: 2}
    found(session, owner, goods, 2)
    assert rows(session, SYSTEM) == []


def test_what_is_missing_on_the_road(session: Session) -> None:
    seller, buyer = party(session), party(session)
    goods = batch(session, seller, product(session), 100)
    road = send(session, merchant(seller), seller, buyer, goods, 30)["consignment_id"]
    posted(session, "settlement", goods, postings.settle("missing", seller.business_id, road, 3), consignment_id=road,
           moves_locked=True)  # fmt: skip
    (row,) = rows(session, SYSTEM)
    assert (row["kind"], row["quantity_units"], row["site_id"]) == (VARIANCE, 3, seller.site_id)


# --- who sees which, and pages ---


@pytest.fixture
def everything(session: Session) -> dict[str, Party]:
    """One of each kind, at two businesses of two districts that have nothing to do with each other."""
    made = {}
    for name, region_code in (("here", "230203"), ("far", "511011")):
        owner = party(session, 2, kind="sale_counter", region_code=region_code)
        other = party(session, region_code=region_code)
        of = product(session)
        existing(session, owner, of, 10)
        purchase(session, owner, other, of)
        sold(session, owner, existing(session, owner, product(session), 10), 10)
        with clock.simulated(NOW):
            send(session, merchant(owner), owner, other, batch(session, owner, product(session), 10), 5)
        dated(session, owner, product(session), 10, date(2023, 1, 1))
        missing(session, owner, batch(session, owner, product(session), 10), 5)
        made[name], made[f"{name} other"] = owner, other
    return made


def test_each_sees_its_own(session: Session, everything: dict[str, Party]) -> None:
    here, far = everything["here"], everything["far"]
    assert [row["kind"] for row in rows(session, merchant(here))] == list(KINDS)
    for who, owners in (
        (merchant(here), [here]),
        (merchant(far), [far]),
        (officer("230203"), [here]),
        (officer("230000"), [here]),
        (officer("511011"), [far]),
        (officer("440300"), []),
        (merchant(party(session)), []),
        (Actor(new_id(), "inspector", "示例", "inspector", areas=(Area("230203"),)), [here]),
        (Actor(new_id(), "inspector", "示例", "inspector"), []),
        (Actor(new_id(), "admin", "示例", "admin"), [here, far]),
        (SYSTEM, [here, far]),
    ):
        seen = rows(session, who)
        assert {row["business"].business_id for row in seen} == {owner.business_id for owner in owners}
        assert len(seen) == len(KINDS) * len(owners), who
    assert kinds(session, merchant(everything["here other"])) == {UNANSWERED}, "what is on the way to it"
    lab = Actor(new_id(), "lab", "示例", "lab", business_id=new_id())
    with pytest.raises(Forbidden):
        backcheck.search(session, lab, limit=1)
    with pytest.raises(Forbidden):
        backcheck.count_by_kind(session, lab)


def test_filters(session: Session, everything: dict[str, Party]) -> None:
    here = everything["here"]
    for kind in KINDS:
        (row,) = rows(session, merchant(here), kind=kind)
        assert row["kind"] == kind
    assert len(rows(session, SYSTEM, business=str(here.business_id))) == len(KINDS)
    assert rows(session, merchant(everything["far"]), business=str(here.business_id)) == []
    at_site = {row["kind"] for row in rows(session, SYSTEM, site_id=here.site_id)}
    assert at_site == {STOCK, PURCHASE, EXPIRED, VARIANCE}
    with pytest.raises(NotFound):
        backcheck.search(session, SYSTEM, business="91230203NOBODY0000", limit=1)


@pytest.mark.parametrize("limit", [1, 5, 12])
def test_pages_follow_each_other(session: Session, everything: dict[str, Party], limit: int) -> None:
    assert everything
    seen: list[dict[str, Any]] = []
    cursor = None
    while True:
        page, cursor, _as_of = backcheck.search(session, SYSTEM, limit=limit, cursor=cursor)
        seen += page
        if cursor is None:
            break
    assert seen == rows(session, SYSTEM)
    assert len(seen) == 2 * len(KINDS)
    by_kind = [KINDS.index(row["kind"]) for row in seen]
    assert by_kind == sorted(by_kind)


@pytest.mark.parametrize("cursor", ["no cursor", "", "MHwyMDIx", "OXwyMDIxLTAxLTAxVDAwOjAwOjAwKzAwOjAwfHg", "💥"])
def test_what_is_no_cursor(session: Session, cursor: str) -> None:
    with pytest.raises(Invalid):
        backcheck.search(session, SYSTEM, limit=1, cursor=cursor)


def test_a_page_costs_the_same_statements_however_long(session: Session, everything: dict[str, Party]) -> None:
    assert everything

    def statements(limit: int) -> int:
        said: list[str] = []

        def count(_c: object, _cu: object, statement: str, *_: object) -> None:
            said.append(statement)

        session.expunge_all()
        event.listen(session.connection(), "before_cursor_execute", count)
        backcheck.search(session, SYSTEM, limit=limit)
        event.remove(session.connection(), "before_cursor_execute", count)
        return len(said)

    assert statements(12) == statements(200)


# --- over HTTP and on the pages ---


def unexplained(world: World) -> dict[str, Any]:
    """A business with existing stock without a supplier, 40 of 100 units sold."""
    owner = world.business()
    site = world.site(owner)
    zone = world.zone(site, "general")
    of = world.product(imported=False)
    line = {"product_id": of["product_id"], "quantity_units": 100}
    arrival = world.arrival(
        owner, site, zone, [line], entry_mode="existing_stock", supplier=None, container_no=None, seal_no=None,
        customs_declaration_no=None,
    )  # fmt: skip
    gone = {"zone_id": zone["zone_id"], "reason": "化了", "lines": [
        {"batch_id": arrival["batches"][0]["batch_id"], "quantity_units": 40}]}  # fmt: skip
    world.merchant(owner).post("/losses", gone, 201)
    return {"owner": owner, "site": site, "zone": zone, "product": of, "batch": arrival["batches"][0]}


def test_backwards_checks_over_http(world: World) -> None:
    made = unexplained(world)
    speaker, batch_id = world.merchant(made["owner"]), made["batch"]["batch_id"]
    page = speaker.get("/backchecks")
    assert page["next"] is None
    stock, gone = page["items"]
    assert (stock["kind"], stock["quantity_units"], stock["mass_g"]) == (STOCK, 60, 120_000)
    assert (gone["kind"], gone["quantity_units"], gone["mass_g"]) == (SALES, 40, 80_000)
    assert stock["as_of"] == page["as_of"]
    assert stock["business"] == {name: made["owner"][name] for name in ("business_id", "uscc", "name")}
    assert (stock["site_id"], stock["zone_id"]) == (made["site"]["site_id"], made["zone"]["zone_id"])
    assert stock["product"]["product_id"] == made["product"]["product_id"]
    assert stock["solve"]["href"] == f"/batches/{batch_id}/evidence/new"
    assert stock["solve"]["text_zh"] != stock["solve"]["text_en"] != ""
    assert "来源" in stock["message_zh"]
    assert speaker.get("/backchecks?limit=1")["items"] == [stock | {"as_of": ANY}]
    after = speaker.get("/backchecks?limit=1")["next"]
    assert speaker.get(f"/backchecks?limit=1&cursor={after}")["items"] == [gone | {"as_of": ANY}]
    for query, count in (
        (f"kind={STOCK}", 1), (f"kind={EXPIRED}", 0), (f"site_id={made['site']['site_id']}", 1),
        (f"business={made['owner']['uscc']}", 2),
    ):  # fmt: skip
        assert len(world.regulator.get(f"/backchecks?{query}")["items"]) == count, query
    assert len(world.inspector.get("/backchecks")["items"]) == 2
    assert world.inspector.get("/backchecks")["items"][0]["solve"]["href"] == f"/batches/{batch_id}"
    assert world.merchant(world.business("别家")).get("/backchecks")["items"] == []
    lab, speaks = world.lab()
    assert lab
    speaks.get("/backchecks", 403)
    for wrong in ("kind=blame", "limit=0", "cursor=x", "colour=red"):
        speaker.get(f"/backchecks?{wrong}", 422)
    body = {"kind": "purchase_receipt", "number": "JH-1", "issuer": "示例贸易", "issued_on": "2021-01-10"}
    speaker.post(f"/batches/{batch_id}/evidence", body, 201)
    assert speaker.get("/backchecks")["items"] == []


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_the_page(app: Flask, world: World, lang: str) -> None:
    made = unexplained(world)
    reader = Reader.of(app, world.merchant(made["owner"]), lang=lang)
    assert 'href="/backchecks"' in reader.open("/")
    page = reader.open("/backchecks")
    assert page.count("<h1") == 1
    assert f'href="/batches/{made["batch"]["batch_id"]}/evidence/new"' in page
    assert re.search(rf'href="/backchecks\?kind={STOCK}"[^>]*>[^<]+ 1</a>', page)
    assert "10 件" in page if lang == "zh_CN" else "10 pieces" in page
    assert f'href="/backchecks?kind={STOCK}"' in reader.open(f"/backchecks?kind={STOCK}")
    assert reader.text.count("<tr>") == 2
    officer_reader = Reader.of(app, world.regulator, lang=lang)
    for address in (
        "/",
        "/backchecks",
        f"/backchecks?business={made['owner']['uscc']}",
        f"/backchecks?kind={VARIANCE}",
    ):
        assert officer_reader.open(address).count("<h1") == 1
    assert 'href="/backchecks"' in Reader.of(app, world.inspector, lang=lang).open("/")
    stranger = Reader.of(app, world.merchant(world.business("别家")), lang=lang)
    assert made["batch"]["batch_id"] not in stranger.open("/backchecks")
    assert 'href="/backchecks"' not in stranger.open("/")


def test_each_row_leads_to_a_page_that_its_reader_may_open(
    app: Flask, session: Session, everything: dict[str, Party]
) -> None:
    """Addresses and rights of every act, for each role: no link leads nowhere, or to a refusal."""
    here = everything["here"]
    other = everything["here other"]
    all_acts = {"add_receipt", "enter_consignment", "answer", "take_off", "recover"}
    solves = {
        ("merchant", here.business_id): all_acts - {"enter_consignment", "answer"},  # others' to do
        ("merchant", other.business_id): {"answer"},
        ("regulator", None): all_acts,
        ("inspector", None): {"take_off", "recover"},
        ("admin", None): set(),
    }
    addresses = app.url_map.bind("localhost")
    inspector = Actor(new_id(), "inspector", "示例", "inspector", areas=(Area("230203"),))
    admin = Actor(new_id(), "admin", "示例", "admin")
    for actor in (merchant(here), merchant(other), officer("230203"), inspector, admin):
        for row in rows(session, actor):
            href, may_solve = words.place_to_solve(actor, row)
            endpoint, _arguments = addresses.match(href.partition("?")[0], "GET")
            permission = permission_of(app, endpoint)
            assert permission is not None
            assert relation(actor, permission) is not None, (actor.role, href)
            assert may_solve is (row["act"] in solves[actor.role, actor.business_id]), (actor.role, row["act"])
