"""What comes to the doors: hostile files, names of files, pages in both languages, downloads."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from flask import Flask

from coldchain.core import limits
from tests.core.test_sheets import changed, entity
from tests.exchange.sheets import DELIVERY, hand_in, line, xlsx
from tests.factories.hostile import pdf
from tests.factories.reader import Reader
from tests.factories.world import World


@pytest.fixture
def shop(world: World) -> dict[str, Any]:
    owner = world.business()
    world.zone(world.site(owner))
    world.product(name="凤爪")
    return {"owner": owner, "who": world.merchant(owner)}


def test_files_that_only_look_like_tables_are_refused_by_name(shop: dict[str, Any]) -> None:
    good = xlsx([line("凤爪", **DELIVERY)])
    for content, code in (
        (b"MZ\x90\x00" + bytes(400), "not_a_table"), (pdf(), "not_a_table"),
        (changed(good, sheet1=entity), "not_a_table"),
        (b"x" * (limits.UPLOAD_BYTES + 1), "too_large"), (b"", "required"),
        (xlsx([line("凤爪", **DELIVERY)] * 2, head=["甲"] * 11), "columns_missing"),
    ):  # fmt: skip
        refused = hand_in(shop["who"], content, expect=422)
        assert [(e["pointer"], e["code"]) for e in refused["errors"]] == [("/file", code)]


def test_as_many_rows_as_the_limit_and_one_more(shop: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IMPORT_ROWS", 4)
    monkeypatch.setattr(limits, "IMPORT_ROWS_AT_ONCE", 3)
    monkeypatch.setattr(limits, "IMPORT_ARRIVALS", 2)
    rows = [line("凤爪", **DELIVERY | {"封志号": f"HL{n}"}) for n in range(5)]
    assert hand_in(shop["who"], xlsx([rows[0]] * 3))["state"] == "checked"
    assert hand_in(shop["who"], xlsx([rows[0]] * 4))["state"] == "checking"
    assert hand_in(shop["who"], xlsx(rows), expect=422)["errors"][0]["code"] == "too_many_rows"
    assert hand_in(shop["who"], xlsx(rows[:2]))["units_count"] == 2
    assert hand_in(shop["who"], xlsx(rows[:3]), expect=422)["errors"][0]["code"] == "too_many_arrivals"


def test_a_merchant_at_the_pages(app: Flask, shop: dict[str, Any]) -> None:
    reader = Reader.of(app, shop["who"])
    assert 'href="/sheets/arrivals"' in reader.open("/arrivals")
    reader.open("/sheets/arrivals")
    assert 'id="f-file-error"' in reader.send("/sheets/arrivals", 422)
    wrong = xlsx([line("=cmd|' /C calc'!A0", **DELIVERY), line("凤爪", 数量="+1")])
    page = reader.send("/sheets/arrivals", 200, file=(io.BytesIO(wrong), "../../../etc/passwd.xlsx"))
    assert "2 cells can" in page
    assert "passwd" not in page
    listed = reader.client.get(f"{reader.path}/bad-cells.csv").get_data().decode("utf-8-sig")
    assert "'=cmd" in listed
    assert "'+1" in listed
    reader.open("/sheets/arrivals")
    book = openpyxl.load_workbook(io.BytesIO(xlsx([line("凤爪", **DELIVERY)])))
    book.create_sheet("二月").append(["鸡心"])
    out = io.BytesIO()
    book.save(out)
    assert hand_in(shop["who"], out.getvalue())["unread"] == ["未读取的工作表：第 2 二月"]
    page = reader.send("/sheets/arrivals", 200, file=(io.BytesIO(out.getvalue()), "a.xlsx"))
    assert "One worksheet of this file is not read: 2 二月" in page
    assert "Enter 1 batch" in page
    page = reader.send(f"{reader.path}/take", 200)
    assert "Taken in" in page
    assert 'href="/arrivals/' in page
    assert "Taken in" in reader.open("/sheets/arrivals")


def test_templates_come_in_the_readers_language_and_are_read_back(app: Flask, shop: dict[str, Any]) -> None:
    for lang, head in (("zh_CN", "产品"), ("en", "Product")):
        reader = Reader.of(app, shop["who"], lang=lang)
        for kind in ("arrivals", "workers"):
            book = openpyxl.load_workbook(io.BytesIO(reader.client.get(f"/sheets/templates/{kind}.xlsx").get_data()))
            if kind == "arrivals":
                sheet = book.worksheets[0]
                assert str(sheet["A1"].value).startswith(head)
                assert len(book.worksheets[1]["A"]) > sheet.max_column
                names = [cell.value for cell in sheet[1]]
                row = {names[0]: "凤爪", names[5]: "2020-11-06", names[6]: "2022-11-05", names[7]: "3件",
                       names[11]: "2021-01-18 06:40"}  # fmt: skip
                sheet.append([row.get(name) for name in names])
                out = io.BytesIO()
                book.save(out)
                looked = hand_in(shop["who"], out.getvalue())
                assert (looked["state"], looked["errors"], looked["left_out"]) == ("checked", [], [2])
        assert reader.client.get("/sheets/templates/businesses.xlsx").status_code == 403
        assert reader.client.get("/sheets/templates/nothing.xlsx").status_code == 404
