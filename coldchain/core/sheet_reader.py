"""Reads a table that somebody keeps in a spreadsheet: XLSX, or CSV in UTF-8 or GB18030; what comes out is text.

Nothing is evaluated: an XLSX cell with a formula is a `Formula`, for its reader to refuse; what starts with `=` in a
CSV file is text. A file says by its content what it is; what it would unpack to is bounded before anything of it is
unpacked, and how many cells, texts and styles it has before they are read. Cells that are merged downwards hold their
value in every row. Rows that the file doesn't have cost nothing, wherever its last cell stands.
"""

import csv
import io
import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

import openpyxl
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet._reader import WorkSheetParser

from coldchain.core import limits
from coldchain.core.errors import Invalid

ZIP: Final = b"PK\x03\x04"
FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")
PARTS_MAX: Final = 1_000
SIDE_PART_BYTES: Final = 2 * 1024 * 1024  # styles, relations and whatever else is no sheet and no text of one
SIDE_PART_MARKS: Final = 200_000
MERGED_MAX: Final = 20_000
EXACT_DIGITS: Final = 15  # a spreadsheet keeps no more of a number: longer ones are rounded when they are typed
_DECLARES: Final = re.compile(rb"<!(?!--|\[CDATA\[)")  # a document type with its entities: no sheet has one
_OTHER_SIGNS: Final = re.compile(rb"(?i)\x00|encoding\s*=\s*[\"'](?!utf-8[\"'])")
_MERGED: Final = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?\bref=\"([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})\"")
_NO_TEXT: Final = re.compile(r"\A%PDF-|[\x00-\x08\x0b\x0c\x0e-\x1f]")
_CELL: Final = re.compile(rb"<(?:\w+:)?c[\s/>]")
_FILLED: Final = re.compile(rb"<(?:\w+:)?(?:v|is|f)[\s>]")
_TEXT_OF: Final = re.compile(rb"<(?:\w+:)?si[\s/>]")
# What openpyxl raises for files that only look like one of its own; the zip's and the XML's own errors are among them.
BROKEN: Final = (zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError, EOFError, OSError, SyntaxError)


class Formula(str):
    """The text of a cell that holds a formula: what the sheet shows there is another thing."""

    __slots__ = ()


@dataclass(frozen=True)
class Other:
    """A further worksheet in which something stands: its number from 1, and its name."""

    number: int
    title: str


@dataclass(frozen=True)
class Sheet:
    """The rows of a file's first worksheet, and its further worksheets that nobody reads."""

    rows: list[list[str]]
    others: Sequence[Other] = ()


def read(content: bytes, pointer: str, rows_max: int, first: int | None = None) -> list[list[str]]:
    """Return the rows of the first sheet of a file as `read_sheet` does."""
    return read_sheet(content, pointer, rows_max, first).rows


def read_sheet(content: bytes, pointer: str, rows_max: int, first: int | None = None) -> Sheet:
    """Return the rows of the first sheet of a file as text, trimmed, no empty ones at its end; or of its `first` few.

    Raises Invalid at `pointer`: `not_a_table` for what is neither, `too_large` for what would unpack to more than
    SHEET_UNPACKED_BYTES, `too_many_cells` beyond SHEET_CELLS, `too_many_rows` beyond `rows_max`.
    """
    others: list[Other] = []
    rows = _xlsx(content, pointer, others) if content.startswith(ZIP) else enumerate(_csv(content, pointer), 1)
    found: list[list[str]] = []
    for number, row in itertools.islice(rows, first):
        cells = [cell if isinstance(cell, Formula) else cell.strip() for cell in row[: limits.SHEET_COLUMNS]]
        if not any(cells):
            continue
        if number > rows_max:
            raise Invalid.of(pointer, "too_many_rows", "At most {limit} rows with the head.", limit=rows_max)
        found += [[] for _ in range(len(found), number - 1)]
        found.append(cells)
    return Sheet(found, others)


def _csv(content: bytes, pointer: str) -> Iterator[list[str]]:
    text = None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None or _NO_TEXT.search(text):
        raise _no_table(pointer)
    head = text.partition("\n")[0]
    delimiter = max(",\t;", key=head.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise _no_table(pointer) from error


def _xlsx(content: bytes, pointer: str, others: list[Other]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that the first sheet has, with their numbers; name in `others` what stands behind it."""
    book = None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_parts(archive, pointer)
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
            sheets: list[Any] = book.worksheets
            merged = _merged(archive.read(_part_of(sheets[0])), pointer)
            for place, other in enumerate(sheets[1:], 2):
                if _FILLED.search(archive.read(_part_of(other))):
                    others.append(Other(place, str(other.title)))
        above: dict[int, tuple[int, str]] = {}  # a merged column's last row, and what it holds
        following = 1
        for number, row in _rows(sheets[0]):
            if number < following:
                raise _no_table(pointer)
            for missing in range(following, number):
                if not above:
                    break
                yield missing, _filled([], missing, merged, above)
            following = number + 1
            yield number, _filled(_cells(row), number, merged, above) if merged else _cells(row)
    except (*BROKEN, IndexError) as error:
        raise _no_table(pointer) from error
    finally:
        if book is not None:
            book.close()


def _part_of(sheet: Any) -> str:
    path: str = sheet._worksheet_path
    return path.lstrip("/")


def _rows(sheet: Any) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the rows that stand in the file: openpyxl's own loop makes every row that doesn't, a million of them."""
    book = sheet.parent
    with sheet._get_source() as source:
        yield from WorkSheetParser(
            source,
            sheet._shared_strings,
            data_only=False,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        ).parse()


def _cells(row: list[dict[str, Any]]) -> list[str]:
    cells: list[str] = []
    for cell in row:
        column = cell["column"]
        if cell["value"] is not None and column <= limits.SHEET_COLUMNS:
            cells += [""] * (column - len(cells))
            cells[column - 1] = _formula(cell["value"]) if cell["data_type"] == "f" else _text(cell["value"])
    return cells


def _formula(value: Any) -> Formula:
    text = getattr(value, "text", value)  # of several cells at once, or of a data table
    return Formula(text if isinstance(text, str) and text else "=")


def _check_parts(archive: zipfile.ZipFile, pointer: str) -> None:
    """Refuse what would take long to read before any of it is unpacked or parsed."""
    parts = archive.infolist()
    if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > limits.SHEET_UNPACKED_BYTES:
        raise _too_large(pointer)
    for part in parts:
        name = part.filename.lower()
        if not name.endswith((".xml", ".rels")):
            continue
        with archive.open(part) as file:
            raw = file.read(limits.SHEET_UNPACKED_BYTES + 1)
        if len(raw) > limits.SHEET_UNPACKED_BYTES:
            raise _too_large(pointer)
        if _DECLARES.search(raw) or _OTHER_SIGNS.search(raw[:200]):
            raise _no_table(pointer)
        if "worksheets/" in name or "sharedstrings" in name:
            if max(len(_CELL.findall(raw)), len(_TEXT_OF.findall(raw))) > limits.SHEET_CELLS:
                raise Invalid.of(pointer, "too_many_cells", "At most {limit} cells in one spreadsheet.",
                                 limit=limits.SHEET_CELLS)  # fmt: skip
        elif len(raw) > SIDE_PART_BYTES or raw.count(b"<") > SIDE_PART_MARKS:
            raise _too_large(pointer)


def _merged(raw: bytes, pointer: str) -> dict[tuple[int, int], int]:
    """Return where cells are merged downwards: (row, column from 0) of the first and the last row."""
    found: dict[tuple[int, int], int] = {}
    for count, (letters, first, last) in enumerate(_MERGED.findall(raw)):
        if count >= MERGED_MAX:
            raise _too_large(pointer)
        column = column_index_from_string(letters.decode()) - 1
        if int(last) > int(first) and column < limits.SHEET_COLUMNS:
            found[int(first), column] = int(last)
    return found


def _filled(
    cells: list[str], number: int, merged: dict[tuple[int, int], int], above: dict[int, tuple[int, str]]
) -> list[str]:
    """Return a row with what cells merged from above hold."""
    for column, (last, value) in list(above.items()):
        if number > last:
            del above[column]
        else:
            cells += [""] * (column + 1 - len(cells))
            cells[column] = cells[column] or value
    for column, value in enumerate(cells):
        if (number, column) in merged:
            above[column] = (merged[number, column], value)
    return cells


def _text(value: Any) -> str:
    """Return a cell as somebody would type it: a moment as `2021-01-19 19:00`, a whole number without a point.

    A midnight comes as its day, `2021-01-19`: XLSX keeps days in no other way.
    A number of more digits than a spreadsheet keeps comes as `1.9E+17`, so that nobody takes it for the number it was.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M" if value.time() != time() else "%Y-%m-%d")
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 10**EXACT_DIGITS:
        return f"{value:.14E}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _too_large(pointer: str) -> Invalid:
    return Invalid.of(pointer, "too_large", "This spreadsheet unpacks to more than {limit} MB.",
                      limit=limits.SHEET_UNPACKED_BYTES // 1024 // 1024)  # fmt: skip


def _no_table(pointer: str) -> Invalid:
    return Invalid.of(pointer, "not_a_table", "This is neither an XLSX file nor a CSV file (UTF-8 or GB18030).")


def written(rows: Iterable[Iterable[str]]) -> bytes:
    """Return rows as CSV that a spreadsheet program opens with Chinese intact; no cell of it starts a formula."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([[inert(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def inert(cell: str) -> str:
    """Return a cell's text that no spreadsheet program takes for a formula: with an apostrophe before its sign."""
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell


def as_typed(cell: str) -> str:
    """Return what stood in a cell before `inert`."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_SIGNS) else cell
