"""Spreadsheets of arrivals: looked at, taken in once and whole, every bad cell by name."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from coldchain.accounts.models import UserSite
from coldchain.core import db, sheet_reader
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
    assert looked["units"][0]["arrival_id"] is None
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
        (13, "F", "=cmd|' /C calc'!A0", "formula_cell"),
    ]  # fmt: skip
    by_row = {e["row"]: e["message"] for e in answer["errors"]}
    assert twin["producer_name"] in by_row[4]
    assert "2 kg × 10" in by_row[4]
    assert store["zone"]["code"] in by_row[11]
    assert arrivals(store["who"]) == []
    store["who"].post(f"/sheets/{answer['import_id']}/take", expect=409)


WITH_PLACE = [*HEAD, "冷库", "登记方式", "件数", "零数", "净重(kg)", "条码", "生产企业"]


def placed(product: str, **cells: Any) -> list[Any]:
    """Return a row with all that may be said of it."""
    found = {"品名": product, "生产日期": "2020-11-06", "保质期至": "2022-11-05"} | cells
    return [found.get(name, "") for name in WITH_PLACE]


def test_modes_places_suppliers_and_ways_to_count(world: World, store: dict[str, Any]) -> None:
    keeper, seller = world.business("示例库主", kinds=["cold_store"]), world.business()
    other = world.site(keeper, name="二号库")
    world.zone(other)
    general = world.zone(store["site"], "general", code="G1")
    home = world.product(name="豆腐", imported=False, units_per_piece=1, unit_mass_g=400)
    second = world.site(store["owner"], "shop", name="门店")
    world.zone(second, "sale_counter")
    came = DELIVERY | {"冷库": store["site"]["name"]}
    ahead = {"到货时间": "2099-01-18 06:40", "登记方式": "预申报", "冷库": "门店"}
    kept = {"登记方式": "库存", "到货时间": "2020年12月1日", "冷库": f"{keeper['name']} 二号库", "供货方": "张三"}
    rows = [
        placed("", 条码="06901234567892", 件数="3", 零数="2", **came | {"供货方": seller["uscc"]}),
        placed("鸡心", **{"净重(kg)": 12.5}), placed("豆腐", 数量=7),
        placed("凤爪", 件数="2", 生产企业=store["feet"]["producer_name"], **DELIVERY | kept),
    ]  # fmt: skip
    looked = hand_in(store["who"], xlsx(rows, WITH_PLACE))
    assert looked["errors"] == []
    store["who"].post(f"/sheets/{looked['import_id']}/take")
    stock, first = sorted(arrivals(store["who"]), key=lambda each: len(each["batches"]))
    assert [b["quantity_units"] for b in first["batches"]] == [20, 12_500, 7]
    assert [b["zone_id"] for b in first["batches"]][1:] == [store["zone"]["zone_id"], general["zone_id"]]
    assert first["batches"][2]["product"]["product_id"] == home["product_id"]
    assert first["supplier"]["business"]["uscc"] == seller["uscc"]
    assert (stock["entry_mode"], stock["site_id"], stock["supplier"]["name"]) == (
        "existing_stock", other["site_id"], "张三")  # fmt: skip
    answer = hand_in(store["who"], xlsx([placed("凤爪", 件数="2", **DELIVERY | ahead)], WITH_PLACE))
    assert [(e["letter"], e["code"]) for e in answer["errors"]] == [("A", "too_far")]
    answer = hand_in(
        store["who"], xlsx([placed("凤爪", 件数="2", **DELIVERY | {"冷库": "", "库区": "G1"})], WITH_PLACE)
    )
    assert [(e["letter"], e["code"]) for e in answer["errors"]] == [("K", "zone_not_dedicated")]
    answer = hand_in(store["who"], xlsx([placed("凤爪", 件数="2", **DELIVERY)], WITH_PLACE))
    assert [(e["letter"], e["code"]) for e in answer["errors"]] == [("K", "zone_needed")]


def test_a_clerk_of_one_site_enters_there_only(world: World, store: dict[str, Any]) -> None:
    second = world.site(store["owner"], name="二号库")
    world.zone(second)
    clerk = store["who"]
    with db.transaction() as session:
        user = session.merge(clerk.user)
        user.position = "clerk"
        session.add(UserSite(user_id=user.user_id, site_id=UUID(second["site_id"])))
    elsewhere = placed("凤爪", 件数="2", **DELIVERY | {"冷库": store["site"]["name"]})
    answer = hand_in(clerk, xlsx([elsewhere], WITH_PLACE))
    assert [(e["letter"], e["code"]) for e in answer["errors"]] == [("L", "unknown_site")]
    assert "二号库" in answer["errors"][0]["message"]
    assert store["site"]["name"] not in answer["errors"][0]["message"]
    looked = hand_in(clerk, xlsx([line("凤爪", **DELIVERY)]))
    assert clerk.post(f"/sheets/{looked['import_id']}/take")["state"] == "done"
    assert arrivals(clerk)[0]["site_id"] == second["site_id"]


def test_a_batch_number_and_a_seal_are_kept_as_the_api_keeps_them(store: dict[str, Any]) -> None:
    numbers = ["LOT 20 / 7", "A,1", "2,020", '=HYPERLINK("http://x","y")', date(2026, 10, 1), " Ａ-1 "]
    head = [*HEAD, "批号"]
    typed = [sheet_reader.inert(number) if isinstance(number, str) else number for number in numbers]
    rows = [[*line("凤爪", **(DELIVERY | {"封志号": "S,1"} if n == 0 else {})), no] for n, no in enumerate(typed)]
    looked = hand_in(store["who"], xlsx(rows, head))
    assert looked["errors"] == []
    store["who"].post(f"/sheets/{looked['import_id']}/take")
    goods = {"product_id": store["feet"]["product_id"], "zone_id": store["zone"]["zone_id"], "quantity_units": 1,
             "production_date": "2020-11-06", "expiry_date": "2022-11-05"}  # fmt: skip
    sent = [str(number) for number in numbers]
    store["who"].post("/arrivals", {
        "site_id": store["site"]["site_id"], "entry_mode": "existing_stock", "arrived_at": "2021-01-18T06:40:00+08:00",
        "seal_no": "S,1", "lines": [goods | {"batch_no": number} for number in sent],
    })  # fmt: skip
    kept = [[each["seal_no"], *(b["batch_no"] for b in each["batches"])] for each in arrivals(store["who"])]
    assert kept == [["S,1", *(number.strip() for number in sent)]] * 2
    rounded = hand_in(store["who"], xlsx([[*line("凤爪", **DELIVERY), 190120211000042871]], head))
    assert bad(rounded)[0][1::2] == ("L", "rounded_number")


def test_a_bad_cell_hides_no_other_of_its_row(world: World, store: dict[str, Any]) -> None:
    world.zone(store["site"], "general", code="G1")
    late = DELIVERY | {"到货时间": "2099-01-18 06:40"}
    rows = [
        line("凤爪", 数量="-5件", 保质期至="2020-01-01", 库区="G1", **DELIVERY),
        line("凤爪爪", 数量="452", 生产日期="2021-02-01", 库区="Z9"),
        line("凤爪", 数量="452", 库区="Z9"),
        line("凤爪", 数量="abc", **late), line("凤爪", 库区=store["zone"]["code"]),
        line("没有", 数量="abc", **DELIVERY | {"到货时间": "昨天", "集装箱号": "CSQU3054384"}),
    ]  # fmt: skip
    answer = hand_in(store["who"], xlsx(rows))
    assert [(row, letter, why) for row, letter, _value, why in bad(answer)] == [
        (2, "I", "before_production"), (2, "J", "not_quantity"), (2, "K", "zone_not_dedicated"),
        (3, "F", "unknown_product"), (3, "H", "after_arrival"), (3, "K", "unknown_zone"),
        (4, "J", "unit_missing"), (4, "K", "unknown_zone"),
        (5, "A", "in_future"), (5, "J", "not_quantity"),
        (7, "A", "not_time"), (7, "B", "container_check"), (7, "F", "unknown_product"), (7, "J", "not_quantity"),
    ]  # fmt: skip
    untold = [line("没有", 数量="abc")]
    assert [each[3] for each in bad(hand_in(store["who"], xlsx(untold)))] == [
        "required", "unknown_product", "not_quantity"]  # fmt: skip
    unknown = placed("凤爪", 件数="x", **DELIVERY | {"登记方式": "不知道", "到货时间": "2099-01-18 06:40"})
    assert [each[3] for each in bad(hand_in(store["who"], xlsx([unknown], WITH_PLACE)))] == [
        "not_one_of",
        "not_quantity",
    ]
    assert arrivals(store["who"]) == []


def test_a_quantity_and_pieces_that_say_two_things_are_named(store: dict[str, Any]) -> None:
    def row(**cells: Any) -> list[Any]:
        return placed("凤爪", **DELIVERY | {"库区": store["zone"]["code"]} | cells)

    same = [row(数量="10件", 件数="10"), row(数量="10件零3盒", 件数="10", 零数="3"), row(数量="10件零3盒", 件数="11"),
            row(数量="63盒", 件数="10"), row(数量="120kg", 件数="10"),
            placed("鸡心", 数量="35.5kg", 件数="4", **DELIVERY)]  # fmt: skip
    assert hand_in(store["who"], xlsx(same, WITH_PLACE))["errors"] == []
    other = [row(数量="10件", 件数="11"), row(数量="10件零3盒", 件数="10", 零数="2"), row(数量="63盒", 件数="12"),
             row(数量="120kg", 件数="9"), placed("鸡心", 数量="3件", 件数="4", **DELIVERY)]  # fmt: skip
    answer = hand_in(store["who"], xlsx(other, WITH_PLACE))
    assert [(row, letter, why) for row, letter, _value, why in bad(answer)] == [
        (n, "N", "contradicts") for n in range(2, 7)]  # fmt: skip
    assert "10件" in answer["errors"][0]["message"]
