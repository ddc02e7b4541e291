"""Reads a table that somebody keeps in a spreadsheet: XLSX, or CSV in UTF-8 or GB18030; what comes out is text.

Nothing is evaluated: a cell with a formula is its text. A file says by its content what it is; what it would unpack to
is bounded before anything of it is unpacked.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final

import openpyxl

from coldchain.core import limits
from coldchain.core.errors import Invalid

ZIP: Final = b"PK\x03\x04"
FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")
PARTS_MAX: Final = 1_000
# What openpyxl raises for files that only look like one of its own; the zip's and the XML's own errors are among them.
BROKEN: Final = (zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError, EOFError, OSError, SyntaxError)


def read(content: bytes, pointer: str, rows_max: int) -> list[list[str]]:
    """Return the rows of the first sheet of a file as text, trimmed, empty rows at the end left out.

    Raises Invalid at `pointer`: `not_a_table` for what is neither, `too_large` for what would unpack to more than
    SHEET_UNPACKED_BYTES, `too_many_rows` beyond `rows_max`.
    """
    rows = _xlsx(content, pointer, rows_max) if content.startswith(ZIP) else _csv(content, pointer)
    found: list[list[str]] = []
    for row in rows:
        cells = [cell.strip() for cell in row[: limits.SHEET_COLUMNS]]
        found.append(cells)
        if len(found) > rows_max and any(any(each) for each in found[rows_max:]):
            raise Invalid.of(pointer, "too_many_rows", "At most {limit} rows with the head.", limit=rows_max)
    while found and not any(found[-1]):
        found.pop()
    return found


def _csv(content: bytes, pointer: str) -> Iterator[list[str]]:
    text = None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None or "\x00" in text:
        raise _no_table(pointer)
    head = text.partition("\n")[0]
    delimiter = max(",\t;", key=head.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise _no_table(pointer) from error


def _xlsx(content: bytes, pointer: str, rows_max: int) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
        if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > limits.SHEET_UNPACKED_BYTES:
            raise Invalid.of(pointer, "too_large", "This spreadsheet unpacks to more than {limit} MB.",
                             limit=limits.SHEET_UNPACKED_BYTES // 1024 // 1024)  # fmt: skip
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except BROKEN as error:
        raise _no_table(pointer) from error
    try:
        sheet = book.worksheets[0]
        cells = sheet.iter_rows(max_row=rows_max + 2, max_col=limits.SHEET_COLUMNS, values_only=True)
        yield from ([_text(cell) for cell in row] for row in cells)
    except (*BROKEN, IndexError) as error:
        raise _no_table(pointer) from error
    finally:
        book.close()


def _text(value: Any) -> str:
    """Return a cell as somebody would type it: a moment as `2021-01-19 19:00`, a whole number without a point."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


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
