"""Stock entries over HTTP: shapes, rights, repeats, lists, and that many lines cost no more statements than one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import db, limits
from coldchain.core.ids import new_id
from coldchain.ledger import check
from coldchain.ledger.models import MOVEMENT_KINDS
from coldchain.trade.models import ENTRY_KINDS
from coldchain.trade.service import entries
from coldchain.trade.service.entries import core
from tests.factories.scenes import Scenes
from tests.factories.world import World
from tests.ledger.books import batch, party, product
from tests.trade.entries import accounts, ago, line, recall
from tests.trade.parties import merchant


@pytest.fixture
def goods(scenes: Scenes) -> dict[str, Any]:
    """An importer with 100 units of a cleared batch."""
    return scenes.of(World.cleared, 100)


def body(goods: dict[str, Any], units: Any = 10, **more: Any) -> dict[str, Any]:
    """Return an entry about some units."""
    return {
        "zone_id": goods["zone"]["zone_id"],
        "lines": [{"batch_id": goods["batch"]["batch_id"], "quantity_units": units}],
    } | more  # fmt: skip


def bodies(world: World, goods: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return one good entry for each route."""
    return {
        "/sales": body(goods),
        "/uses": body(goods, 1),
        "/losses": body(goods, 1, reason="包装破损"),
        "/relocations": body(goods, to_zone_id=world.zone(goods["site"])["zone_id"]),
        "/owner-changes": body(goods, to_owner=world.business()["uscc"]),
        "/openings": body(goods, 6),
        "/destructions": body(
            goods, 1, method="incineration", receiver="示例无害化处理厂", receipt_no="W-1", witness="王示例"
        ),
        "/returns": body(goods, 1, to={"name": "示例外贸", "country": "BR"}, receipt_no="TY-1"),
        "/recoveries": body(goods, 1, **{"from": "sold"}),
        "/stocktakes": body(goods, 50, reason=None)
        | {"lines": [{"batch_id": goods["batch"]["batch_id"], "quantity_units": 50, "reason": "少了"}]},
    }


KINDS = {
    "/sales": "sale", "/uses": "use", "/losses": "loss", "/relocations": "relocation", "/owner-changes": "owner_change",
    "/openings": "opening", "/destructions": "destruction", "/returns": "return", "/recoveries": "recovery",
    "/stocktakes": "stocktake",
}  # fmt: skip


def test_every_route_records_and_can_be_read_back(world: World, goods: dict[str, Any]) -> None:
    owner = world.merchant(goods["owner"])
    for path, sent in bodies(world, goods).items():
        made = owner.post(path, sent, 201)
        assert made["kind"] == KINDS[path]
        assert made["entry_no"].startswith("CK")
        assert made["owner"] == {name: goods["owner"][name] for name in ("business_id", "uscc", "name")}
        assert set(made) >= {"entry_id", "late", "lines", "warnings", "flags"}
        read = owner.get(f"/stock-entries/{made['entry_id']}")
        assert read == {name: value for name, value in made.items() if name != "warnings"}
    listed = owner.get("/stock-entries")["items"]
    assert [item["kind"] for item in listed] == list(KINDS.values())[::-1]
    assert listed[0]["line_count"] == 1
    with db.transaction() as session:
        assert check.stock_from_movements(session) is None
        assert check.movements_from_journal(session) is None


def test_a_return_to_a_registered_supplier_is_a_consignment(world: World, goods: dict[str, Any]) -> None:
    owner, shop = world.merchant(goods["owner"]), world.shop()
    lines = body(goods, 10)["lines"]
    sent = {
        "from_zone_id": goods["zone"]["zone_id"], "to": {"business": shop["owner"]["uscc"]},
        "handover": "await_confirmation", "lines": lines,
    }  # fmt: skip
    road = owner.post("/consignments", sent, 201)["consignment_id"]
    buyer, there = world.merchant(shop["owner"]), shop["zone"]["zone_id"]
    buyer.post(f"/consignments/{road}/confirm", {"zone_id": there, "lines": lines})
    back = {"zone_id": there, "lines": body(goods, 4)["lines"], "to": {"business": goods["owner"]["uscc"]}}
    made = buyer.post("/returns", back | {"reason": "多了"}, 201)
    assert (made["kind"], made["entry_id"], made["lines"][0]["quantity_units"]) == ("return", None, 4)
    seen = owner.get(f"/consignments/{made['consignment_id']}")
    assert (seen["consignment_no"], seen["purpose"]) == (made["consignment_no"], "return")
    assert buyer.get("/stock-entries")["items"] == []


def test_words_come_in_the_readers_language(world: World, goods: dict[str, Any]) -> None:
    owner = world.merchant(goods["owner"])
    for language, start in (("zh-CN", "请"), ("en", "Print")):
        made = world.people.merchant(goods["owner"]["business_id"]).post(
            "/openings", body(goods, 6), 201, headers={"Accept-Language": language}
        )
        assert made["warnings"][0]["message"].startswith(start)
    refused = owner.post("/openings", body(goods, 5), 422)
    assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [
        ("/lines/0/quantity_units", "not_whole_pieces")
    ]


def test_an_evenings_sales_are_one_entry(world: World, goods: dict[str, Any]) -> None:
    more = [world.cleared(10) for _ in range(2)]
    owner = world.merchant(goods["owner"])
    wanted = body(goods, 30)["lines"]
    for other in more:  # another business's batch in the same list refuses the whole evening
        refused = owner.post("/sales", body(goods, lines=wanted + body(other, 1)["lines"]), 404)
        assert refused["code"] == "not_found"
    made = owner.post("/sales", body(goods, lines=wanted, occurred_at=ago(minutes=5).isoformat()), 201)
    assert (made["late"], made["lines"][0]["verdict"]["clear"]) == (False, True)


def test_the_number_of_lines_is_bounded(world: World, goods: dict[str, Any]) -> None:
    owner = world.merchant(goods["owner"])
    many = [{"batch_id": str(new_id()), "quantity_units": 1} for _ in range(limits.LINES_PER_REQUEST + 1)]
    assert owner.post("/sales", body(goods, lines=many), 422)["errors"][0]["code"] == "wrong_count"
    assert owner.post("/sales", body(goods, lines=many[:-1]), 404)["code"] == "not_found"
    assert owner.post("/sales", body(goods, lines=[]), 422)["errors"][0]["code"] == "wrong_count"


def test_the_same_key_is_the_same_entry(world: World, goods: dict[str, Any]) -> None:
    owner = world.merchant(goods["owner"])
    for path, sent in bodies(world, goods).items():
        key = {"Idempotency-Key": "evening-1"}  # kept by route
        first = owner.post(path, sent, 201, headers=key)
        assert owner.post(path, sent, 201, headers=key) == first
        other = owner.post(path, sent | {"occurred_at": ago(minutes=1).isoformat()}, 422, headers=key)
        assert other["code"] == "idempotency_mismatch"
        assert len(owner.get(f"/stock-entries?kind={KINDS[path]}")["items"]) == 1
    sale = owner.get("/stock-entries?kind=sale")["items"][0]
    fix = {"reason": "录错", "lines": body(goods, 5)["lines"]}
    answers = [owner.post(f"/stock-entries/{sale['entry_id']}/correct", fix, 201, headers=key) for _ in range(2)]
    assert answers[0] == answers[1]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("/sales", {"zone_id": None}, "/zone_id"),
    ("/sales", {"zone_id": "here"}, "/zone_id"),
    ("/sales", {"lines": None}, "/lines"),
    ("/sales", {"buyer": "x"}, "/buyer"),
    ("/sales", {"occurred_at": "yesterday"}, "/occurred_at"),
    ("/sales", {"occurred_at": "2099-01-01T00:00:00Z"}, "/occurred_at"),
    ("/sales", {"reason": "x" * 501}, "/reason"),
    ("/sales", {"owner": "91350100M000100Y43"}, "/owner"),
    ("/losses", {"reason": None}, "/reason"),
    ("/relocations", {"to_zone_id": None}, "/to_zone_id"),
    ("/owner-changes", {"to_owner": None}, "/to_owner"),
    ("/owner-changes", {"to_owner": "91350100M000100Y43"}, "/to_owner"),
    ("/destructions", {"method": "eating"}, "/method"),
    ("/returns", {"to": {"name": "x", "country": "XX"}}, "/to/country"),
    ("/recoveries", {"from": None}, "/from"),
    ("/recoveries", {"from": "used"}, "/from"),
]


def test_what_is_wrong_is_pointed_at(world: World, goods: dict[str, Any]) -> None:
    owner, good = world.merchant(goods["owner"]), bodies(world, goods)
    for path, wrong, pointer in WRONG:
        refused = owner.post(path, good[path] | wrong, 422)
        assert [error["pointer"] for error in refused["errors"]] == [pointer], (path, wrong)
    assert owner.get("/stock-entries")["items"] == []


def test_quantities_are_whole_and_positive(world: World, goods: dict[str, Any]) -> None:
    owner = world.merchant(goods["owner"])
    for units in (0, -1, 1.5, "1", True, None, 10**12 + 1):
        refused = owner.post("/sales", body(goods, units), 422)
        assert refused["errors"][0]["pointer"] == "/lines/0/quantity_units"
        counted = {"batch_id": goods["batch"]["batch_id"], "quantity_units": units, "reason": "盘点"}
        owner.post("/stocktakes", body(goods, lines=[counted]), 201 if units == 0 and units is not False else 422)


# --- rights ---


def test_what_one_may_not_see_is_404(world: World, goods: dict[str, Any]) -> None:
    owner, stranger = world.merchant(goods["owner"]), world.merchant(world.business())
    elsewhere = world.people.regulator("511011")
    made = owner.post("/sales", body(goods), 201)
    for other in (stranger, elsewhere):
        for path, sent in bodies(world, goods).items():
            assert other.post(path, sent, 404)["code"] == "not_found", path
        other.get(f"/stock-entries/{made['entry_id']}", 404)
        fix = {"reason": "x", "lines": body(goods, 1)["lines"]}
        assert other.post(f"/stock-entries/{made['entry_id']}/correct", fix, 404)["code"] == "not_found"
        assert other.get("/stock-entries")["items"] == []
    owner.get(f"/stock-entries/{new_id()}", 404)


def test_whose_store_it_is_only_keeps_the_goods(world: World, goods: dict[str, Any]) -> None:
    store = world.business("示例冷库", kinds=["cold_store"])
    site = world.site(store)
    owner, keeper = world.merchant(goods["owner"]), world.merchant(store)
    zone = world.zone(site)
    owner.post("/relocations", body(goods, 50, to_zone_id=zone["zone_id"]), 201)
    there = goods | {"zone": zone}
    proof = {"receiver": "示例处理厂", "receipt_no": "W-1", "witness": "王示例"}
    made = owner.post("/destructions", body(there, 5, **proof), 201)
    assert made["witness"] == "王示例"
    seen = keeper.get(f"/stock-entries/{made['entry_id']}")
    assert (seen["witness"], seen["lines"][0]["quantity_units"]) == (None, 5)
    named = body(there, 5, owner=goods["owner"]["uscc"])
    assert keeper.post("/sales", named, 403)["code"] == "forbidden"
    fix = {"reason": "x", "lines": body(goods, 1)["lines"]}
    assert keeper.post(f"/stock-entries/{made['entry_id']}/correct", fix, 403)["code"] == "forbidden"


def test_officers_of_the_region_enter_on_behalf(world: World, goods: dict[str, Any]) -> None:
    for officer in (world.regulator, world.inspector):
        made = officer.post("/sales", body(goods, 1), 201)
        assert made["on_behalf_of"] == goods["owner"]["business_id"]
        assert officer.get(f"/stock-entries/{made['entry_id']}")["entry_no"] == made["entry_no"]
    fix = {"reason": "录错", "lines": body(goods, 2)["lines"]}
    assert world.inspector.post(f"/stock-entries/{made['entry_id']}/correct", fix, 403)["code"] == "forbidden"
    world.regulator.post(f"/stock-entries/{made['entry_id']}/correct", fix, 201)


def test_roles_that_have_nothing_to_do_with_stock(world: World, goods: dict[str, Any]) -> None:
    lab = goods["lab"][1]
    for path, sent in bodies(world, goods).items():
        lab.post(path, sent, 403)
        world.people.nobody().post(path, sent, 401)
        world.people.admin().post(path, sent, 403)


# --- lists ---


def test_filters_and_pages(world: World, goods: dict[str, Any]) -> None:
    owner, buyer = world.merchant(goods["owner"]), world.business()
    apart = world.zone(world.site(goods["owner"]), "quarantine")
    for _ in range(3):
        owner.post("/sales", body(goods, 1), 201)
    moved = owner.post("/relocations", body(goods, 1, to_zone_id=apart["zone_id"]), 201)
    changed = owner.post("/owner-changes", body(goods, 1, to_owner=buyer["uscc"]), 201)

    def listed(query: str, speaker: Any = owner) -> list[str]:
        return [item["entry_id"] for item in speaker.get("/stock-entries" + query)["items"]]

    assert len(listed("?kind=sale")) == 3
    assert len(listed(f"?batch_id={goods['batch']['batch_id']}")) == 5
    assert listed(f"?batch_id={new_id()}") == []
    assert len(listed(f"?site_id={goods['site']['site_id']}")) == 5
    assert listed(f"?site_id={apart['site_id']}") == [moved["entry_id"]]
    assert listed(f"?business={buyer['uscc']}") == [changed["entry_id"]]
    assert listed("", world.merchant(buyer)) == [changed["entry_id"]]
    first = owner.get("/stock-entries?limit=2")
    rest = owner.get(f"/stock-entries?limit=200&cursor={first['next']}")
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [2, 3, None]
    assert owner.get("/stock-entries?kind=eaten", 422)["errors"][0]["pointer"] == "/kind"
    assert owner.get("/stock-entries?colour=red", 422)["errors"][0]["code"] == "unknown_field"


def test_lists_show_the_corrected_mass(world: World, goods: dict[str, Any]) -> None:
    owner = world.merchant(goods["owner"])
    made = owner.post("/sales", body(goods, 30), 201)
    fix = {"reason": "录错", "lines": body(goods, 10)["lines"]}
    owner.post(f"/stock-entries/{made['entry_id']}/correct", fix, 201)
    correction, sale = owner.get("/stock-entries")["items"]
    assert (sale["mass_g"], sale["corrected"], correction["corrects_id"]) == (20_000, True, made["entry_id"])
    owner.post(f"/stock-entries/{made['entry_id']}/correct", fix | {"lines": body(goods, 7)["lines"]}, 201)
    assert owner.get("/stock-entries?kind=sale")["items"][0]["mass_g"] == 14_000


def test_the_document_knows_the_routes(app: Flask, world: World) -> None:
    document = world.people.nobody().get("/openapi.json")
    for path in KINDS:
        operation = document["paths"][f"/api/v1{path}"]["post"]
        assert operation["x-permission"] == "stock.record"
        assert "201" in operation["responses"]
    recovery = document["components"]["schemas"]["Recovery"]
    assert set(recovery["required"]) == {"zone_id", "lines", "from"}


# --- many lines ---


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """Count what is sent to the database."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    event.listen(session.connection(), "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(session.connection(), "before_cursor_execute", note)


def _each(session: Session, actor: Actor, given: dict[str, Any], batches: list[UUID], units: int) -> Any:
    lines = [line(batch_id, units) for batch_id in batches]
    return entries.sell(session, actor, lines=lines, **given)


@pytest.mark.parametrize("how", ["sale", "late sale under a lock", "loss", "stocktake", "correction", "list"])
def test_many_lines_cost_no_more_statements_than_few(session: Session, how: str) -> None:
    owner, of = party(session), product(session)
    actor, counts = merchant(owner), []
    for number in (2, 2, 300):  # the first round reads what is kept for later ones; two: one of each sort
        batches = [batch(session, owner, of, 12) for _ in range(number)]
        given: dict[str, Any] = {"zone_id": owner.zone_id}
        if how == "late sale under a lock":
            recall(session, *batches)
            given["occurred_at"] = ago(hours=1)
        made = _each(session, actor, given, batches, 6) if how in {"correction", "list"} else None
        session.flush()
        session.expire_all()
        with statements(session) as said:
            if how == "loss":
                entries.lose(session, actor, lines=[line(one, 6) for one in batches], reason="断电", **given)
            elif how == "stocktake":
                lines = [line(one, 12) if place % 2 else line(one, 6, reason="少") for place, one in enumerate(batches)]
                entries.count(session, actor, lines=lines, **given)
            elif how == "correction":
                lines = [line(one, 3 if place % 2 else 9) for place, one in enumerate(batches)]
                entries.correct(session, actor, made["entry_id"], reason="录错", lines=lines)
            elif how == "list":
                entries.search(session, actor, limit=50)
            else:
                _each(session, actor, given, batches, 6)
        counts.append(len(said))
    assert counts[1] == counts[2] < 50, counts
    assert check.stock_from_movements(session) is None


def test_five_hundred_lines_at_once(session: Session) -> None:
    owner, of = party(session), product(session)
    batches = [batch(session, owner, of, 12) for _ in range(limits.LINES_PER_REQUEST)]
    made = _each(session, merchant(owner), {"zone_id": owner.zone_id}, batches, 2)
    assert [row["batch_id"] for row in made["lines"]] == batches
    assert made["mass_g"] == 500 * 2 * 2_000
    assert accounts(session, batches[-1]) == {"opening": -12, "zone": 10, "sold": 2}


def test_every_kind_of_entry_has_its_fact() -> None:
    assert set(core.FACTS) == set(ENTRY_KINDS)
    assert len(set(core.FACTS.values())) == len(core.FACTS)
    assert set(ENTRY_KINDS) - {"opening"} <= set(MOVEMENT_KINDS)
