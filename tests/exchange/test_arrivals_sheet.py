"""Spreadsheets of arrivals: looked at, taken in once and whole, every bad cell by name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.exchange.sheets import DELIVERY, HEAD, bad, hand_in, line, xlsx
from tests.factories.people import Speaker
from tests.factories.world import World


@pytest.fixture
def store(world: World) -> dict[str, Any]:
    """An importer with one store of one zone, two products, and its merchant."""
    owner = world.business()
    site = world.site(owner)
    return {
        "owner": owner, "site": site, "zone": world.zone(site), "who": world.merchant(owner),
        "feet": world.product(name="凤爪", units_per_piece=6, unit_mass_g=2000, gtin="6901234567892"),
        "hearts": world.product(name="鸡心", ledger_unit="gram", units_per_piece=10_000, unit_mass_g=1),
    }  # fmt: skip


def arrivals(who: Speaker) -> list[Any]:
    found: list[Any] = who.get("/arrivals?limit=200")["items"]
    return found


def test_a_delivery_is_looked_at_then_taken_in(store: dict[str, Any]) -> None:
    who = store["who"]
    rows = [
        line("凤爪", **DELIVERY, 数量="20件零3盒"),
        line("凤爪", 生产日期="2020/11/13"),
        line("鸡心", 数量="35.5kg"),
    ]
    looked = hand_in(who, xlsx(rows))
    assert (looked["state"], looked["errors"], looked["rows"], looked["units_count"]) == ("checked", [], 3, 1)
    assert looked["mass_g"] == (123 + 120) * 2000 + 35_500
    assert arrivals(who) == [], "the look enters nothing"
    taken = who.post(f"/sheets/{looked['import_id']}/take")
    assert taken["state"] == "done"
    (arrival,) = arrivals(who)
    assert taken["units"][0]["arrival_id"] == arrival["arrival_id"]
    assert (arrival["container_no"], arrival["seal_no"], arrival["customs_declaration_no"]) == (
        "CSQU3054383", "HL20771", "190120211000042871")  # fmt: skip
    assert arrival["arrived_at"] == "2021-01-17T22:40:00Z"
    assert [(b["quantity_units"], b["piece_count"], b["production_date"]) for b in arrival["batches"]] == [
        (123, 21, "2020-11-06"), (120, 20, "2020-11-13"), (35_500, 4, "2020-11-06")]  # fmt: skip


def test_the_same_table_twice_makes_nothing_twice_whoever_hands_it_in(world: World, store: dict[str, Any]) -> None:
    who = store["who"]
    rows = [line("凤爪", **DELIVERY)]
    first = hand_in(who, xlsx(rows))
    again = hand_in(who, xlsx(rows))
    done = who.post(f"/sheets/{first['import_id']}/take")
    assert who.post(f"/sheets/{first['import_id']}/take") == done, "pressed twice"
    late = who.post(f"/sheets/{again['import_id']}/take")
    assert (late["state"], late["taken_in"]) == ("already", done["taken_in"])
    csv = "\n".join(",".join(map(str, row)) for row in (HEAD, *rows)).replace("2020-11-06", "2020/11/6")
    other = hand_in(world.regulator, csv.encode("gb18030"), business=store["owner"]["uscc"])
    assert other["state"] == "already"
    assert other["units"][0]["arrival_id"] == done["units"][0]["arrival_id"]
    assert len(arrivals(who)) == 1
    who.post(f"/arrivals/{done['units'][0]['arrival_id']}/withdraw", {"reason": "录错"})
    assert hand_in(who, xlsx(rows))["state"] == "checked", "what was withdrawn may come again"


def test_several_deliveries_and_merged_cells(store: dict[str, Any]) -> None:
    second = DELIVERY | {"集装箱号": "TGHU7599330", "到货时间": "2021-01-19 07:00"}
    rows = [
        line("凤爪", **DELIVERY),
        line("鸡心", 数量="3件"),
        line("凤爪", **second),
        line("凤爪", 生产日期="2020-12-01", **second),
    ]
    looked = hand_in(store["who"], xlsx(rows, merge=("A2:A3", "B2:B3")))
    assert looked["errors"] == []
    store["who"].post(f"/sheets/{looked['import_id']}/take")
    found = {each["container_no"]: len(each["batches"]) for each in arrivals(store["who"])}
    assert found == {"CSQU3054383": 2, "TGHU7599330": 2}


def test_every_bad_cell_is_named_at_once_and_nothing_is_entered(world: World, store: dict[str, Any]) -> None:
    twin = world.product(name="翅中", units_per_piece=6)
    world.product(name="翅中", units_per_piece=10)
    rows = [
        line("凤爪", **DELIVERY | {"集装箱号": "CSQU3054384", "报关单号": "1901"}), line("凤爪爪"), line("翅中"),
        line("翅中", 规格="2kg×6"), line("凤爪", 数量="452"), line("鸡心", 数量="3盒"),
        line("凤爪", 生产日期="2021-02-01"),
        line("凤爪", 生产日期="2020-13-01", 数量="很多"), line("凤爪", 保质期至="2020-01-01"), line("凤爪", 库区="Z9"),
        line("凤爪", 数量="0件"), line("=cmd|' /C calc'!A0"),
    ]  # fmt: skip
    answer = hand_in(store["who"], xlsx(rows))
    assert answer["state"] == "refused"
    assert bad(answer) == [
        (2, "B", "CSQU3054384", "container_check"), (2, "D", "1901", "customs_declaration_length"),
        (3, "F", "凤爪爪", "unknown_product"), (4, "F", "翅中", "ambiguous_product"), (6, "J", "452", "unit_missing"),
        (7, "J", "3盒", "counted_by_weight"), (8, "H", "2021-02-01", "after_arrival"),
        (9, "H", "2020-13-01", "no_such_day"), (9, "J", "很多", "not_quantity"),
        (10, "I", "2020-01-01", "before_production"), (11, "K", "Z9", "unknown_zone"), (12, "J", "0件", "out_of_range"),
        (13, "F", "=cmd|' /C calc'!A0", "unknown_product"),
    ]  # fmt: skip
    by_row = {e["row"]: e["message"] for e in answer["errors"]}
    assert twin["producer_name"] in by_row[4]
    assert "2 kg × 10" in by_row[4]
    assert store["zone"]["code"] in by_row[11]
    assert arrivals(store["who"]) == []
    store["who"].post(f"/sheets/{answer['import_id']}/take", expect=409)
