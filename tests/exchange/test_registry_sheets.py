"""Businesses and people at work from spreadsheets: the same importer."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import text

from coldchain.core import clock, db, limits, sheet_reader
from coldchain.exchange import jobs, service
from tests.exchange.sheets import bad, hand_in, xlsx
from tests.factories.reader import Reader
from tests.factories.world import World, uscc

HEAD = ["统一社会信用代码", "企业名称", "业态", "是否涉进口", "行政区划", "法定代表人", "联系电话", "地址",
        "承诺书签署人", "承诺书签署日期", "同意登记"]  # fmt: skip
PEOPLE = ["姓名", "岗位", "上岗日期", "场所"]


def shop(**cells: Any) -> list[Any]:
    found = {"统一社会信用代码": uscc(), "企业名称": "示例商行", "业态": "零售", "是否涉进口": "否",
             "行政区划": "230203", "法定代表人": "张示例", "联系电话": 13800000000,
             "地址": "示例路1号"} | cells  # fmt: skip
    return [found.get(name, "") for name in HEAD]


def test_businesses_are_registered_pending_or_approved(world: World) -> None:
    importer = shop(
        业态="批发商、冷库", 是否涉进口="是", 承诺书签署人="张示例", 承诺书签署日期="2021年1月4日", 同意登记="是"
    )
    looked = hand_in(
        world.regulator, xlsx([shop(行政区划="建华区"), importer, shop(同意登记="是")], HEAD), "businesses"
    )
    assert (looked["state"], looked["errors"]) == ("checked", [])
    taken = world.regulator.post(f"/sheets/{looked['import_id']}/take")
    found = [world.regulator.get(f"/businesses/{unit['business_id']}") for unit in taken["units"]]
    assert [each["status"] for each in found] == ["pending", "active", "active"]
    assert found[1]["kinds"] == ["wholesaler", "cold_store"]
    assert found[1]["commitment"]["signed_on"] == "2021-01-04"
    assert found[0]["phone"] == "13800000000"
    with db.engine().connect() as connection:
        (content, outcome) = connection.execute(text("SELECT content, outcome::text FROM sheet_import")).one()
    assert content is None
    assert "张示例" not in outcome, "no person's name stays in what was handed in"


def test_who_stands_twice_or_on_the_register_is_named_with_every_other_bad_cell(world: World) -> None:
    there, twice = world.business(), uscc()
    rows = [
        shop(统一社会信用代码=there["uscc"]), shop(统一社会信用代码=twice), shop(统一社会信用代码=twice),
        shop(统一社会信用代码=twice[:-1] + ("1" if twice[-1] != "1" else "2")), shop(业态="卖鱼的"),
        shop(是否涉进口="也许"),
        shop(行政区划="无此区"), shop(行政区划="110101"), shop(是否涉进口="是", 同意登记="是"),
        shop(承诺书签署人="张示例"), shop(统一社会信用代码=""),
    ]  # fmt: skip
    answer = hand_in(world.regulator, xlsx(rows, HEAD), "businesses")
    assert [(row, letter, why) for row, letter, _value, why in bad(answer)] == [
        (2, "A", "business_exists"), (4, "A", "twice"), (5, "A", "uscc_check"), (6, "C", "not_one_of"),
        (7, "D", "not_one_of"), (8, "E", "unknown_region"), (9, "E", "outside_area"),
        (10, "K", "commitment_letter_missing"), (11, "J", "required"), (12, "A", "required"),
    ]  # fmt: skip
    assert there["name"] in answer["errors"][0]["message"]
    assert world.regulator.get("/businesses?q=示例商行")["items"] == []


def test_a_row_with_several_bad_cells_names_each_and_a_region_says_which_would_be_right(world: World) -> None:
    formula = '=HYPERLINK("http://x","y")'
    rows = [
        shop(业态="卖鱼的", 行政区划="110101", 承诺书签署人="张示例", 地址="路" * 1000),
        shop(统一社会信用代码="", 行政区划="999999"),
        shop(承诺书签署人="张示例", 承诺书签署日期="昨天", 行政区划="无此区"),
        shop(联系电话="0452-1234567, 8"),
        shop(业态="卖鱼的", 承诺书签署人="张示例", 承诺书签署日期="2099-01-04"),
        shop(企业名称=sheet_reader.inert(formula), 联系电话="０４５２—1234567转8"),
    ]  # fmt: skip
    answer = hand_in(world.regulator, xlsx(rows, HEAD), "businesses")
    assert [(row, letter, why) for row, letter, _value, why in bad(answer)] == [
        (2, "C", "not_one_of"), (2, "E", "outside_area"), (2, "H", "too_long"), (2, "J", "required"),
        (3, "A", "required"), (3, "E", "unknown_region"), (4, "E", "unknown_region"), (4, "J", "not_date"),
        (5, "G", "phone_shape"), (6, "C", "not_one_of"), (6, "J", "in_future"),
    ]  # fmt: skip
    assert "2302" in answer["errors"][1]["message"], "the officer's own regions"
    looked = hand_in(world.regulator, xlsx(rows[-1:], HEAD), "businesses")
    taken = world.regulator.post(f"/sheets/{looked['import_id']}/take")
    found = world.regulator.get(f"/businesses/{taken['units'][0]['business_id']}")
    assert (found["name"], found["phone"]) == (formula, "0452-1234567-8")


def test_the_words_of_a_template_are_the_words_that_are_read(app: Flask, world: World) -> None:
    reader = Reader.of(app, world.regulator, lang="zh_CN")
    for kind, column, words, gone in (
        ("businesses", "kinds", ("批发、冷库",), "批发商"),
        ("arrivals", "entry_mode", ("到货", "存量登记", "提前报备"), "现存库存")
    ):  # fmt: skip
        content = reader.client.get(f"/sheets/templates/{kind}.xlsx").get_data()
        book = openpyxl.load_workbook(io.BytesIO(content))
        said = " ".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
        read = next(each.read for each in service.KINDS[kind].columns if each.name == column)
        assert gone not in said
        for word in words:
            assert word in said
            assert read(word)
    assert read("现存库存") == read("存量") == read("存量登记") == "existing_stock"
    kinds = next(each.read for each in service.KINDS["businesses"].columns if each.name == "kinds")
    assert kinds("批发商") == kinds("批发") == ["wholesaler"]


@pytest.mark.parametrize("count", [21, pytest.param(454, marks=pytest.mark.slow)])
def test_many_businesses_are_the_workers_and_all_of_them_come(
    world: World, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    if count < limits.IMPORT_ROWS_AT_ONCE:
        monkeypatch.setattr(limits, "IMPORT_ROWS_AT_ONCE", count - 1)
    rows = [shop(企业名称=f"示例商行{n}") for n in range(count)]
    looked = hand_in(world.regulator, xlsx(rows, HEAD), "businesses")
    path = f"/sheets/{looked['import_id']}"
    assert looked["state"] == "checking"
    world.regulator.post(f"{path}/take", expect=409)
    jobs.look(import_id=looked["import_id"])
    assert world.regulator.get(path)["state"] == "checked"
    assert world.regulator.post(f"{path}/take")["state"] == "taking"
    jobs.take(import_id=looked["import_id"])
    jobs.take(import_id=looked["import_id"])
    taken = world.regulator.get(path)
    assert (taken["state"], taken["units_count"], taken["rows_done"]) == ("done", len(rows), len(rows))
    with db.engine().connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM business WHERE name LIKE '示例商行%'")).scalar() == len(
            rows
        )


def test_people_at_work(world: World) -> None:
    owner = world.business()
    site = world.site(owner)
    who = world.merchant(owner)
    rows = [["王示例", "搬运", 44200, site["name"]], ["李示例", "叉车", "2021/1/4", ""]]
    looked = hand_in(who, xlsx(rows, PEOPLE), "workers")
    assert (looked["state"], looked["errors"]) == ("checked", [])
    who.post(f"/sheets/{looked['import_id']}/take")
    people = who.get("/workers")["items"]
    assert {(p["name"], p["post"], p["started_on"], p["site_name"]) for p in people} == {
        ("王示例", "搬运", "2021-01-04", site["name"]), ("李示例", "叉车", "2021-01-04", None)}  # fmt: skip
    wrong = [["王示例", "搬运", "2121-01-04", ""], ["李示例", "", "昨天", ""], ["赵示例", "装卸", "2021-01-04", "别处"],
             ["钱示例", "装卸", "2021-01-04", ""], ["钱示例", "装卸", "2021-01-04", ""]]  # fmt: skip
    answer = hand_in(who, xlsx(wrong, PEOPLE), "workers")
    assert [(row, letter, why) for row, letter, _value, why in bad(answer)] == [
        (2, "C", "out_of_range"), (3, "B", "required"), (3, "C", "not_date"), (4, "D", "unknown_site"),
        (6, "A", "twice")]  # fmt: skip


def test_a_bad_cell_of_somebody_hides_no_other(world: World) -> None:
    who = world.merchant(world.business())
    wrong = [["王示例", "", "2099-01-04", ""], ["李示例", "搬" * 1000, "2099-01-04", "别处"]]
    assert [(row, letter, why) for row, letter, _value, why in bad(hand_in(who, xlsx(wrong, PEOPLE), "workers"))] == [
        (2, "B", "required"), (2, "C", "in_future"), (3, "B", "too_long"), (3, "C", "in_future"),
        (3, "D", "unknown_site")]  # fmt: skip


def test_who_may_not_enter_gets_nothing_and_a_hand_in_is_its_senders_alone(world: World) -> None:
    owner, other = world.business(), world.business()
    content = xlsx([["王示例", "搬运", "2021-01-04", ""]], PEOPLE)
    looked = hand_in(world.merchant(owner), content, "workers")
    path = f"/sheets/{looked['import_id']}"
    for stranger in (world.merchant(other), world.regulator):
        stranger.get(path, 404)
        stranger.post(f"{path}/take", expect=404)
    hand_in(world.merchant(other), content, "workers", 404, business=owner["uscc"])
    hand_in(world.people.regulator("230204"), content, "workers", 404, business=owner["uscc"])
    hand_in(world.regulator, content, "workers", 422)
    hand_in(world.inspector, content, "workers", 403)
    hand_in(world.merchant(owner), content, "businesses", 403)


def test_what_nobody_takes_in_is_let_go(app: Flask, world: World) -> None:
    owner = world.business()
    who = world.merchant(owner)
    looked = hand_in(who, xlsx([["王示例", "搬运", "2021-01-04", ""]], PEOPLE), "workers")
    kept = hand_in(who, xlsx([["李示例", "搬运", "2021-01-04", ""]], PEOPLE), "workers")
    who.post(f"/sheets/{kept['import_id']}/take")
    for hours, gone in ((limits.IMPORT_KEPT_HOURS - 1, 0), (limits.IMPORT_KEPT_HOURS + 1, 1)):
        with clock.simulated(clock.now() + timedelta(hours=hours)), db.transaction() as session:
            assert service.purge(session) == gone
    who.get(f"/sheets/{looked['import_id']}", 404)
    assert who.get(f"/sheets/{kept['import_id']}")["state"] == "done"


def test_pages_of_an_officer(app: Flask, world: World) -> None:
    officer = Reader.of(app, world.regulator)
    assert 'href="/sheets/businesses"' in officer.open("/businesses")
    officer.open("/sheets/businesses")
    assert 'id="f-file-error"' in officer.send("/sheets/businesses", 422)


def test_the_first_rows_are_shown_as_they_were_understood(app: Flask, world: World) -> None:
    """Dates, numbers and words as read, three rows and no more, to who handed it in, and not after it was taken in."""
    reader = Reader.of(app, world.regulator)
    rows = [["张一", "搬运", "2021年1月8日", ""], ["李二", "收银", "2021/1/9", ""], ["王三", "分拣", "20210110", ""],
            ["赵四", "库管", "2021-01-11", ""]]  # fmt: skip
    business = world.business()
    looked = hand_in(world.regulator, xlsx(rows, PEOPLE), "workers", business=business["business_id"])
    page = reader.open(f"/sheets/{looked['import_id']}").partition('id="first-rows"')[2].partition("</section>")[0]
    for shown in ("张一", "2021-01-08", "2021-01-09", "2021-01-10", "收银"):
        assert shown in page, shown
    assert "2021年1月8日" not in page
    assert "赵四" not in page
    world.regulator.post(f"/sheets/{looked['import_id']}/take")
    assert "张一" not in reader.open(f"/sheets/{looked['import_id']}"), "its file is let go"
