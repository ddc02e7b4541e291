"""Tables that people keep, read by named columns: heads and their other names, one reader a cell, every bad cell named.

Above the head a title may stand, below it sums; an example of the template is left out. What is read is checked whole:
all bad cells are found at once, each with its row and column as the file has them, its value, what would be right.
"""

import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import openpyxl
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from coldchain.core import limits, sheet_cells, sheet_reader
from coldchain.core.errors import DomainError, FieldError, Invalid
from coldchain.core.i18n import LOCALES, N_, LazyText, gettext, use_locale

HEAD_ROWS: Final = 10  # titles and remarks may stand above the head
VALUE_SHOWN: Final = 200
EXAMPLE_SIGNS: Final = ("（例）", "(例)", "(example)")
ABOUT: Final = N_("How to fill it in")
FORMULA: Final = FieldError(
    "", "formula_cell", N_("This cell holds a formula. Put its value there: copy it, and paste it as a value.")
)
SUMS: Final = frozenset({"合计", "总计", "小计", "total", "sum"})
_REMARK: Final = re.compile(r"\([^()]*\)$|[*:]+$")


@dataclass(frozen=True)
class Column:
    """A column: its name in requests, its head, its other heads, how its cells are read, and words for the template."""

    name: str
    label: LazyText
    read: sheet_cells.Reader = sheet_cells.text
    needed: bool = False
    also: tuple[str, ...] = ()
    example: str = ""
    about: LazyText | None = None


@dataclass(frozen=True)
class Row:
    """One row of the file: its number, and the text of each known column."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class BadCell:
    """A cell that can't be taken: row and column as the file has them, its head, what stands there, what is wrong.

    `message` is an English message id that `params` fill; `text` says it in the reader's language.
    """

    row: int
    letter: str
    head: str
    name: str
    value: str
    code: str
    message: str
    params: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "BadCell":
        """Return a bad cell that was kept as a document."""
        return cls(**kept)

    @property
    def text(self) -> str:
        """Return what would be right, in the reader's language."""
        return gettext(self.message).format_map(self.params)


@dataclass
class Table:
    """What was read: rows, where each column stands (letter, head as written), bad cells.

    `unread` are heads that nobody reads, `sheets` further worksheets with something in them: nobody reads them either.
    """

    rows: list[Row]
    places: dict[str, tuple[str, str]]
    unread: list[str] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    bad: list[BadCell] = field(default_factory=list)
    bad_count: int = 0
    named: set[tuple[int, str]] = field(default_factory=set)  # row and column of every bad cell

    def refuse(self, row: Row, name: str, error: FieldError) -> None:
        """Name a bad cell; beyond IMPORT_BAD_CELLS they are counted only."""
        self.bad_count += 1
        self.named.add((row.number, name))
        if len(self.bad) >= limits.IMPORT_BAD_CELLS:
            return
        letter, head = self.places.get(name, ("", ""))
        value = row.cells.get(name, "")[:VALUE_SHOWN]
        params = {each: str(said) for each, said in error.params.items()}
        self.bad.append(BadCell(row.number, letter, head or name, name, value, error.code, error.message, params))

    def refuse_all(self, row: Row, error: DomainError, default: str, names: Mapping[str, str] | None = None) -> None:
        """Name the cells that a schema or a service refused; what belongs to no cell is said of `default`."""
        found = error.errors or (FieldError("", error.code, error.message, error.params),)
        for each in found:
            name = each.pointer.strip("/")
            name = (names or {}).get(name, name)
            self.refuse(row, name if name in self.places else default, each)


def heads(columns: Sequence[Column]) -> dict[str, str]:
    """Return every head that a column goes by, as `plain_head` has it, with the column's name."""
    found: dict[str, str] = {}
    for column in columns:
        for other in (*column.also, column.name):
            found[plain_head(other)] = column.name
        for locale in LOCALES:
            with use_locale(locale):
                found[plain_head(str(column.label))] = column.name
    return found


def plain_head(head: str) -> str:
    """Return a head as it is compared: narrow, without blanks, marks and line ends."""
    return re.sub(r"[\s*:]", "", unicodedata.normalize("NFKC", head)).casefold()


def read(
    content: bytes, columns: Sequence[Column], rows_max: int, *, pointer: str = "/file", first: int | None = None
) -> Table:
    """Return the rows below the head, of the file's `first` rows if so many are asked for.

    Raises Invalid at `pointer`: what the reader refuses, `columns_missing`, `column_twice`, `empty`, `too_many_rows`.
    """
    sheet = sheet_reader.read_sheet(content, pointer, rows_max + HEAD_ROWS, first)
    table = sheet.rows
    known_heads = heads(columns)
    top, known = _head(table, known_heads)
    lacking = [str(each.label) for each in columns if each.needed and each.name not in known.values()]
    if lacking:
        raise Invalid.of(pointer, "columns_missing", "These columns are missing: {columns}.",
                         columns=", ".join(lacking))  # fmt: skip
    places = {name: (get_column_letter(n + 1), table[top][n]) for n, name in known.items()}
    if len(places) < len(known):
        twice = [table[top][n] for n, name in known.items() if places[name][0] != get_column_letter(n + 1)]
        raise Invalid.of(pointer, "column_twice", "Two columns say the same: {columns}. Leave one.",
                         columns=", ".join(twice))  # fmt: skip
    found = Table([], places, [cell for n, cell in enumerate(table[top]) if cell and n not in known])
    found.sheets = [f"{other.number} {other.title}" for other in sheet.others if not _is_about(other.title)]
    for number, row in enumerate(table[top + 1 :], top + 2):
        cells = {name: sheet_reader.as_typed(row[n]) if n < len(row) else "" for n, name in known.items()}
        if not any(cells.values()):
            continue
        if _is_left_out(row):
            found.left_out.append(number)
        else:
            found.rows.append(Row(number, cells))
    if not found.rows:
        raise Invalid.of(pointer, "empty", "There is no row below the head.")
    if len(found.rows) > rows_max:
        raise Invalid.of(pointer, "too_many_rows", "At most {limit} rows with the head.", limit=rows_max + 1)
    return found


def _head(table: Sequence[Sequence[str]], known_heads: Mapping[str, str]) -> tuple[int, dict[int, str]]:
    """Return which row is the head, the one with the most known columns, and where they stand."""
    best: tuple[int, dict[int, str]] = (0, {})
    for top, row in enumerate(table[:HEAD_ROWS]):
        found = {n: name for n, cell in enumerate(row) if (name := _named(cell, known_heads)) is not None}
        if len(set(found.values())) > len(set(best[1].values())):
            best = (top, found)
    return best


def _named(cell: str, known_heads: Mapping[str, str]) -> str | None:
    """Return the column that a head names, with or without the remark in brackets at its end."""
    head = plain_head(cell)
    return known_heads.get(head) or known_heads.get(_REMARK.sub("", head))


def _is_about(title: str) -> bool:
    """Say whether a worksheet is the one in which our template explains itself."""
    for locale in LOCALES:
        with use_locale(locale):
            if title == gettext(ABOUT):
                return True
    return False


def _is_left_out(row: Iterable[str]) -> bool:
    first = next(cell for cell in row if cell)
    return first.casefold().startswith(EXAMPLE_SIGNS) or sheet_cells.key(first) in SUMS


def values(table: Table, columns: Sequence[Column]) -> list[tuple[Row, dict[str, Any]]]:
    """Return each row with what its cells say, without those that are empty or bad; bad ones are named."""
    readers = {each.name: each for each in columns}
    found = []
    for row in table.rows:
        said: dict[str, Any] = {}
        for name, cell in row.cells.items():
            column = readers[name]
            if isinstance(cell, sheet_reader.Formula):
                table.refuse(row, name, FORMULA)
                continue
            if not cell:
                if column.needed:
                    table.refuse(row, name, FieldError("", "required", "This is needed."))
                continue
            try:
                said[name] = column.read(cell)
            except Invalid as error:
                table.refuse_all(row, error, name)
        found.append((row, said))
    return found


def digest(kind: str, said: Iterable[Mapping[str, Any]]) -> str:
    """Return the SHA-256 (hex) of what the rows of a table say: the same table saved as another file has the same."""
    text = json.dumps([kind, [dict(each) for each in said]], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def template(title: LazyText | str, columns: Sequence[Column], remarks: Sequence[LazyText]) -> bytes:
    """Return a spreadsheet to fill in: heads and an example in the first sheet, what belongs where in the second.

    The columns are formatted as text, so that no number is rounded and no date is turned.
    """
    book = openpyxl.Workbook()
    sheet, about = book.worksheets[0], book.create_sheet(gettext(ABOUT))
    sheet.title = str(title)[:31]
    bold = Font(bold=True)
    for n, column in enumerate(columns, 1):
        letter = get_column_letter(n)
        sheet.column_dimensions[letter].number_format = "@"
        sheet.column_dimensions[letter].width = 20
        sheet.cell(1, n, str(column.label)).font = bold
        example = column.example if n > 1 else f"{EXAMPLE_SIGNS[0]}{column.example}"
        sheet.cell(2, n, sheet_reader.inert(example)).number_format = "@"
    sheet.freeze_panes = "A2"
    lines = [[gettext("Column"), gettext("Needed"), gettext("What to write"), gettext("Example")]]
    for column in columns:
        needed = gettext("yes") if column.needed else ""
        lines.append([str(column.label), needed, str(column.about or ""), column.example])
    lines += [[str(remark)] for remark in remarks]
    for line in lines:
        about.append([sheet_reader.inert(cell) for cell in line])
    for cell in about[1]:
        cell.font = bold
    for letter, width in (("A", 22), ("B", 8), ("C", 70), ("D", 28)):
        about.column_dimensions[letter].width = width
    for row in about.iter_rows(min_row=2, max_row=len(columns) + 1, min_col=3, max_col=3):
        row[0].alignment = Alignment(wrap_text=True, vertical="top")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bad_cells(bad: Iterable[BadCell]) -> bytes:
    """Return the bad cells as CSV, so that they can be put right one after the other."""
    head = [gettext("Row"), gettext("Column"), gettext("Head"), gettext("What stands there"),
            gettext("What would be right")]  # fmt: skip
    return sheet_reader.written([head, *([str(b.row), b.letter, b.head, b.value, b.text] for b in bad)])
