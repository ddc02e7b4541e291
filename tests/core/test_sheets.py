"""Spreadsheets: every kind of cell, heads and titles, merged cells, bad cells by name, hostile files."""

import io
import re
import time
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain.core import limits, sheet_cells, sheet_import, sheet_reader
from coldchain.core.errors import FieldError, Invalid
from coldchain.core.i18n import lazy_gettext, use_locale

COLUMNS = (
    sheet_import.Column("name", lazy_gettext("Product name"), needed=True, also=("品名", "产品名称"), example="=1+1"),
    sheet_import.Column("on", lazy_gettext("Production date"), sheet_cells.day, needed=True, example="2020-11-06"),
    sheet_import.Column("gtin", lazy_gettext("GTIN"), sheet_cells.number_text),
)
HEAD = ["产品名称", "生产日期", "GTIN"]


def xlsx(*rows: Any, merge: tuple[str, ...] = ()) -> bytes:
    """Return an XLSX file with these rows."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    for each in merge:
        sheet.merge_cells(each)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed(content: bytes, **parts: Any) -> bytes:
    """Return an XLSX file with parts replaced: by the end of their names, bytes or a function of bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.namelist():
            raw = before.read(part)
            for name, change in parts.items():
                if part.endswith(f"/{name}.xml"):
                    raw = change(raw) if callable(change) else change
            after.writestr(part, raw)
        if "sharedStrings" in parts:
            after.writestr("xl/sharedStrings.xml", parts["sharedStrings"])
    return out.getvalue()


def code(function: Any, *arguments: Any) -> str:
    with pytest.raises(Invalid) as refused:
        function(*arguments)
    return refused.value.errors[0].code


@pytest.mark.parametrize("text", [
    "2020-11-06", "2020/11/6", "2020年11月6日", "20201106", "44141", "2020.11.06", "２０２０－１１－０６",
    "2020-11-06 00:00",
    " 2020/11/06 ", "44141.0",
])  # fmt: skip
def test_a_date_is_read_however_it_is_kept(text: str) -> None:
    assert sheet_cells.day(text) == "2020-11-06"


@pytest.mark.parametrize(("text", "refused"), [
    ("昨天", "not_date"), ("06/11/2020", "not_date"), ("20/11/6", "not_date"), ("2020-02-30", "no_such_day"),
    ("2020-11-06 08:00", "not_date"), ("44141.5", "not_date"), ("2020-13-01", "no_such_day"), ("1", "not_date"),
    ("32873", "not_date"), ("73416", "not_date"), ("=TODAY()", "not_date"),
    ("1989-12-31", "out_of_range"), ("2101-01-01", "out_of_range"),
])  # fmt: skip
def test_what_is_no_date_is_refused_with_an_example(text: str, refused: str) -> None:
    assert code(sheet_cells.day, text) == refused


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31)))
def test_every_day_is_read_back_from_each_way_to_write_it(day: Any) -> None:
    serial = (day - date(1899, 12, 30)).days
    for text in (f"{day:%Y-%m-%d}", f"{day.year}/{day.month}/{day.day}", f"{day:%Y%m%d}", str(serial)):
        assert sheet_cells.day(text) == day.isoformat()


def test_moments_are_beijing_times_and_a_date_alone_is_its_beginning() -> None:
    for text in ("2021/1/18 8:05", "2021年1月18日8时05分", "2021-01-18 08:05:30", "44214.336805556"):
        assert sheet_cells.moment(text) == "2021-01-18 08:05"
    for text in ("2021-01-18", "2021年1月18日", "44214"):
        assert sheet_cells.moment(text) == "2021-01-18 00:00"
    for text in ("8:05", "2021-01-18 24:00", "2021-01-18 08:60", "上午"):
        assert code(sheet_cells.moment, text) == "not_time"


@pytest.mark.parametrize(("text", "expected"), [
    ("452件零132盒", 452 * 6 + 132), ("452 件", 2712), ("132盒", 132), ("４５２箱零１袋", 2713), ("1,452件", 8712),
    ("12kg", 6), ("0.5 吨", 250), ("4千克", 2), ("8斤", 2), ("452件132盒", 452 * 6 + 132),
])  # fmt: skip
def test_quantities_come_to_units_by_what_a_piece_holds(text: str, expected: int) -> None:
    given_units = sheet_cells.units(sheet_cells.amount(text), units_per_piece=6, unit_mass_g=2000, by_mass=False)
    assert given_units == expected


def test_quantities_of_goods_kept_by_weight_come_to_grams() -> None:
    def grams(text: str) -> int:
        return sheet_cells.units(sheet_cells.amount(text), units_per_piece=10_000, unit_mass_g=1, by_mass=True)

    assert (grams("10.5kg"), grams("3件"), grams("1.25t"), grams("7g")) == (10_500, 30_000, 1_250_000, 7)
    assert code(grams, "3盒") == "counted_by_weight"
    assert code(grams, "12") == "unit_missing"
    assert code(grams, "1.0005g") == "below_a_gram"


def test_a_bare_number_is_taken_only_where_it_can_mean_one_thing() -> None:
    bare = sheet_cells.amount("452")
    assert sheet_cells.units(bare, units_per_piece=1, unit_mass_g=500, by_mass=False) == 452
    assert code(lambda: sheet_cells.units(bare, units_per_piece=6, unit_mass_g=500, by_mass=False)) == "unit_missing"
    for text in ("12.5件", "许多", "-3件", "件", "=1+1", "1e5", "9" * 16):
        assert code(sheet_cells.amount, text) == "not_quantity"
    odd = sheet_cells.amount("3kg")
    assert code(lambda: sheet_cells.units(odd, units_per_piece=6, unit_mass_g=2000, by_mass=False)) == "not_whole_units"


def test_numbers_that_are_names_stay_as_they_were_typed() -> None:
    assert sheet_cells.number_text("６９０ 1234567892") == "6901234567892"
    assert code(sheet_cells.number_text, "6.9E+12") == "rounded_number"
    found = sheet_reader.read(xlsx(["0123", 6901234567892, 190120211000042871]), "/file", 5)[0]
    assert found[:2] == ["0123", "6901234567892"]
    assert code(sheet_cells.number_text, found[2]) == "rounded_number", "18 digits: three of them are the program's"


@pytest.mark.parametrize("text", [
    "A,1", "LOT 20 / 7", "2,020", "S,1", "0123", "L2020-11/06",
])  # fmt: skip
def test_numbers_that_are_somebodys_own_keep_every_sign(text: str) -> None:
    found = sheet_reader.read(xlsx([text]), "/file", 5)[0][0]
    assert sheet_cells.name_text(sheet_reader.as_typed(found)) == text


def test_a_rounded_number_is_nobodys_own_and_a_day_is_read_as_a_day() -> None:
    for text in ("6.9E+12", "1.90120211000043E+17", "６.９E+12"):
        assert code(sheet_cells.name_text, text) == "rounded_number"
    cells = [date(2026, 10, 1), datetime(2026, 10, 1), datetime(2026, 10, 1, 8, 5)]  # noqa: DTZ001
    assert sheet_reader.read(xlsx(cells), "/file", 5)[0][:3] == ["2026-10-01", "2026-10-01", "2026-10-01 08:05"]


def test_whole_numbers_and_choices() -> None:
    assert sheet_cells.whole(" 1,452 ") == 1452
    assert code(sheet_cells.whole, "1.5") == "not_whole"
    choice = sheet_cells.Choice({sheet_cells.key("是"): "true", sheet_cells.key("Yes"): "true"}, lambda: "是, 否")
    assert (choice("是"), choice("ＹＥＳ")) == ("true", "true")
    assert code(choice, "也许") == "not_one_of"


def read(content: bytes, rows_max: int = 50) -> sheet_import.Table:
    return sheet_import.read(content, COLUMNS, rows_max)


def test_titles_sums_examples_and_empty_rows_are_no_goods() -> None:
    rows = [["进货台账", None], [], ["制表：张示例"], ["品 名*", "生产日期（必填）", "备注"],
            ["（例）凤爪", "2020-11-06"],
            [None], ["凤爪", "2020/11/6"], ["合 计", None]]  # fmt: skip
    table = read(xlsx(*rows))
    assert [(row.number, row.cells["name"]) for row in table.rows] == [(7, "凤爪")]
    assert (table.unread, table.left_out) == (["备注"], [5, 8])
    assert table.places == {"name": ("A", "品 名*"), "on": ("B", "生产日期（必填）")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_that_people_have(encoding: str) -> None:
    table = read("\r\n".join([",".join(HEAD), "凤爪𠮷,2020年11月6日,"]).encode(encoding))
    assert sheet_import.values(table, COLUMNS)[0][1] == {"name": "凤爪𠮷", "on": "2020-11-06"}


def test_merged_cells_hold_for_all_their_rows() -> None:
    content = xlsx(HEAD, ["凤爪", "2020-11-06"], [None, "2020-11-13"], [None, "2020-11-20"], ["鸡心", "2020-11-20"],
                   merge=("A2:A4",))  # fmt: skip
    assert [row.cells["name"] for row in read(content).rows] == ["凤爪", "凤爪", "凤爪", "鸡心"]
    across = xlsx(["标题"], HEAD, ["凤爪", "2020-11-06"], merge=("A1:C1",))
    assert len(read(across).rows) == 1


def test_every_bad_cell_is_named_with_row_column_and_value() -> None:
    table = read(xlsx(["标题"], HEAD, ["凤爪", "昨天", "6.9E+12"], ["", "2020-11-06"], ["鸡心", "2020-02-30"]))
    sheet_import.values(table, COLUMNS)
    assert [(b.row, b.letter, b.head, b.value, b.code) for b in table.bad] == [
        (3, "B", "生产日期", "昨天", "not_date"), (3, "C", "GTIN", "6.9E+12", "rounded_number"),
        (4, "A", "产品名称", "", "required"), (5, "B", "生产日期", "2020-02-30", "no_such_day"),
    ]  # fmt: skip
    assert "2020-11-06" in table.bad[0].text


def test_bad_cells_beyond_the_limit_are_counted() -> None:
    table = read(xlsx(HEAD, ["凤爪", "2020-11-06"]))
    for _ in range(limits.IMPORT_BAD_CELLS + 1):
        table.refuse(table.rows[0], "name", FieldError("", "required", "This is needed."))
    assert (len(table.bad), table.bad_count) == (limits.IMPORT_BAD_CELLS, limits.IMPORT_BAD_CELLS + 1)


def test_rows_up_to_the_limit_are_read_and_one_more_is_refused() -> None:
    assert len(read(xlsx(HEAD, *[["凤爪", "2020-11-06"]] * 5), 5).rows) == 5
    assert code(read, xlsx(HEAD, *[["凤爪", "2020-11-06"]] * 6), 5) == "too_many_rows"
    far = xlsx(HEAD, ["凤爪", "2020-11-06"])
    book = openpyxl.load_workbook(io.BytesIO(far))
    book.worksheets[0]["A60000"] = "最后"
    out = io.BytesIO()
    book.save(out)
    assert code(read, out.getvalue(), 5) == "too_many_rows", "what stands far below is not lost silently"
    assert code(read, xlsx(HEAD)) == "empty"
    assert code(read, xlsx(["品名"], ["凤爪"])) == "columns_missing"
    assert code(read, xlsx([*HEAD, "品名"], ["凤爪"])) == "column_twice"


FORMULA = "=cmd|' /C calc'!A0"


def test_a_cell_that_is_a_formula_is_refused_by_name_whatever_it_shows() -> None:
    def shown(raw: bytes) -> bytes:
        return re.sub(rb"</f><v ?/>|</f><v></v>", b"</f><v>2</v>", raw)

    content = xlsx(HEAD, ['=CONCAT("A","B")', "2020-11-06"], ["凤爪", "=TODAY()"], ["合计", "=SUM(B2:B3)"])
    for given_in in (content, changed(content, sheet1=shown)):
        table = read(given_in)
        assert [said for _row, said in sheet_import.values(table, COLUMNS)] == [{"on": "2020-11-06"}, {"name": "凤爪"}]
        assert [(b.row, b.letter, b.value, b.code) for b in table.bad] == [
            (2, "A", '=CONCAT("A","B")', "formula_cell"), (3, "B", "=TODAY()", "formula_cell"),
        ]  # fmt: skip
    assert b"<v>2</v>" in zipfile.ZipFile(io.BytesIO(changed(content, sheet1=shown))).read("xl/worksheets/sheet1.xml")
    array = changed(content, sheet1=lambda raw: raw.replace(b"<f>CONCAT", b'<f t="array" ref="A2">CONCAT'))
    assert isinstance(read(array).rows[0].cells["name"], sheet_reader.Formula)


def test_what_looks_like_a_formula_is_text_in_a_csv_file_and_in_a_cell_of_text() -> None:
    for content in (
        f'{",".join(HEAD)}\n"{FORMULA}",2020-11-06\n'.encode(),
        changed(xlsx(HEAD, ["TEXT", "2020-11-06"]), sheet1=lambda raw: raw.replace(b"TEXT", FORMULA.encode())),
    ):
        table = read(content)
        assert sheet_import.values(table, COLUMNS)[0][1] == {"name": FORMULA, "on": "2020-11-06"}
        assert not table.bad


def test_a_formula_in_text_is_text_out() -> None:
    table = read(f'{",".join(HEAD)}\n"{FORMULA}",2020-11-06\n@SUM(1),+1\n'.encode())
    sheet_import.values(table, COLUMNS)
    given_out = sheet_import.bad_cells(table.bad).decode("utf-8-sig")
    assert "'+1" in given_out
    assert not re.search(r'(^|,|\n)"?[=+@-]', given_out)
    template = openpyxl.load_workbook(io.BytesIO(sheet_import.template("到货", COLUMNS, ())))
    cells = [cell for sheet in template.worksheets for row in sheet.iter_rows() for cell in row if cell.value]
    assert all(cell.data_type != "f" and not str(cell.value).startswith("=") for cell in cells)


def test_a_further_worksheet_with_something_in_it_is_named_and_our_own_words_are_not() -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheet_import.template("到货", COLUMNS, ())))
    book.worksheets[0].append(["凤爪", "2020-11-06", "6901234567892"])
    book.create_sheet("空的")
    second = book.create_sheet("二月")
    second.append(["鸡心", "2021-02-06"])
    out = io.BytesIO()
    book.save(out)
    table = read(out.getvalue())
    assert (table.sheets, len(table.rows)) == (["4 二月"], 1)


def test_a_stray_cell_at_the_last_row_costs_nothing_and_text_there_is_not_lost() -> None:
    def stray(cell: bytes) -> bytes:
        row = b'<row r="1048576">' + cell + b"</row></sheetData>"
        return changed(GOOD, sheet1=lambda raw: raw.replace(b"</sheetData>", row))

    begun = time.monotonic()
    assert len(read(stray(b'<c r="C1048576" s="0"/>')).rows) == 1
    text = stray(b'<c r="A1048576" t="inlineStr"><is><t>x</t></is></c>')
    assert code(read, text, limits.IMPORT_ROWS) == "too_many_rows"
    assert time.monotonic() - begun < 2, "a million rows that aren't there"
    short = changed(GOOD, sheet1=lambda raw: re.sub(rb'<dimension ref="[^"]+"', b'<dimension ref="A1:C1"', raw))
    assert len(read(short).rows) == 1, "nor is what stands beyond the bounds that a file names"
    back = changed(GOOD, sheet1=lambda raw: raw.replace(b'<row r="2"', b'<row r="1"'))
    assert code(read, back) == "not_a_table"


def test_the_template_is_read_by_its_own_columns_in_both_languages() -> None:
    for locale in ("zh_CN", "en"):
        with use_locale(locale):
            content = sheet_import.template("Arrivals", COLUMNS, ())
        assert code(read, content) == "empty", "the example alone is no goods"
        book = openpyxl.load_workbook(io.BytesIO(content))
        book.worksheets[0].append(["凤爪", "2020-11-06", "6901234567892"])
        out = io.BytesIO()
        book.save(out)
        assert [row.cells["name"] for row in read(out.getvalue()).rows] == ["凤爪"]


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (limits.SHEET_UNPACKED_BYTES + 1))
    return out.getvalue()


def entity(raw: bytes) -> bytes:
    return raw.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet', 1)


def wide(raw: bytes) -> bytes:
    return raw.replace(b"</row>", b'<c r="XFD1" t="inlineStr"><is><t>x</t></is></c></row>', 1)


def many(raw: bytes) -> bytes:
    return raw.replace(b"</sheetData>", b"<row>" + b"<c/>" * (limits.SHEET_CELLS + 1) + b"</row></sheetData>")


GOOD = xlsx(HEAD, ["凤爪", "2020-11-06"])
STRINGS = b"<sst>" + b"<si/>" * (limits.SHEET_CELLS + 1) + b"</sst>"
STYLES = b"<styleSheet><cellXfs>" + b"<xf/>" * (sheet_reader.SIDE_PART_MARKS + 1) + b"</cellXfs></styleSheet>"
MERGES = b"".join(b'<mergeCell ref="A%d:A%d"/>' % (n, n + 1) for n in range(sheet_reader.MERGED_MAX + 1))


@pytest.mark.parametrize(("content", "refused"), [
    (bomb, "too_large"), (lambda: b"MZ\x90\x00\x03" + bytes(200), "not_a_table"),
    (lambda: b"PK\x03\x04 no zip", "not_a_table"), (lambda: changed(GOOD, sheet1=entity), "not_a_table"),
    (lambda: changed(GOOD, sheet1=lambda raw: raw.decode().encode("utf-16")), "not_a_table"),
    (lambda: changed(GOOD, sheet1=many), "too_many_cells"),
    (lambda: changed(GOOD, sharedStrings=STRINGS), "too_many_cells"),
    (lambda: changed(GOOD, styles=STYLES), "too_large"),
    (lambda: changed(GOOD, sheet1=lambda raw: raw.replace(b"</sheetData>", b"</sheetData>" + MERGES)), "too_large"),
    (lambda: b"%PDF-1.7\n\xff\xfe" + GOOD, "not_a_table"),
    (lambda: changed(GOOD, sheet1=b"<worksheet>"), "not_a_table"),
    (lambda: b'"' + b"x" * 200_000, "not_a_table"),
], ids=["zip bomb", "exe", "no zip", "entity", "utf-16", "cells", "strings", "styles", "merges", "polyglot", "cut",
        "endless cell"])  # fmt: skip
def test_hostile_files_are_refused_by_name(content: Any, refused: str) -> None:
    assert code(read, content()) == refused


def test_dimensions_and_columns_that_a_file_only_claims_cost_nothing() -> None:
    claimed = changed(
        GOOD, sheet1=lambda raw: re.sub(rb'<dimension ref="[^"]+"/>', b'<dimension ref="A1:XFD1048576"/>', raw)
    )
    assert len(read(claimed).rows) == 1
    assert len(read(changed(GOOD, sheet1=wide)).rows) == 1, "what stands beyond the last column is not read"
