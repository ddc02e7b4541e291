"""The first rows of a spreadsheet as they were understood, column by column, while it waits to be taken in.

They are read anew from the file each time that the page is opened: what rows say of people is kept nowhere else.
"""

import re
from typing import Any, Final, NamedTuple

from coldchain.core import limits, sheet_import
from coldchain.core.errors import DomainError
from coldchain.core.i18n import LazyText
from coldchain.exchange import service
from coldchain.exchange.models import SheetImport

SHOWN: Final = 3
LOOKED_AT: Final = 40  # rows of the file, with titles, remarks and examples above
_CODE: Final = re.compile(r"[a-z][a-z_]*")  # one of a closed list, which the file names in people's words


class FirstRow(NamedTuple):
    """A row of the file and what each of its columns says."""

    number: int
    said: list[tuple[LazyText, str]]


def of(row: SheetImport) -> list[FirstRow]:
    """Return the first rows of a hand-in that waits to be taken in, none of any other."""
    if row.state != "checked" or row.content is None:
        return []
    columns = service.KINDS[row.kind].columns
    try:
        table = sheet_import.read(row.content, columns, limits.IMPORT_ROWS, first=LOOKED_AT)
    except DomainError:
        return []  # nothing but remarks among the first rows
    del table.rows[SHOWN:]
    labels = {column.name: column.label for column in columns}
    return [
        FirstRow(each.number, [(labels[name], _text(each.cells[name], value)) for name, value in said.items()])
        for each, said in sheet_import.values(table, columns)
    ]


def _text(cell: str, value: Any) -> str:
    """Return what a cell was read as, as people write it."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return cell
    return cell if isinstance(value, str) and _CODE.fullmatch(value) else str(value)
