"""A hand-in as answers and pages show it, and the files that both give out."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Response
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import sheet_import
from coldchain.core.i18n import gettext as _
from coldchain.exchange import engine, service
from coldchain.exchange.models import SheetImport

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN: Final = ("row", "rows", "mass_g", "arrival_id", "business_id", "worker_id")


def shown(session: Session, actor: Actor, row: SheetImport) -> dict[str, Any]:
    """Return a hand-in with what came of it, or of the former one that took in the same table."""
    taken = service.taken_in(session, actor, row)
    outcome: Mapping[str, Any] = (taken or {}).get("outcome") or row.outcome or {}
    return {
        "import_id": row.import_id,
        "kind": row.kind,
        "business_id": row.business_id,
        "state": row.state,
        "rows_done": row.done,
        "rows": row.total,
        "mass_g": outcome.get("mass_g") or None,
        "units": [{name: unit.get(name) for name in SHOWN} for unit in outcome.get("made", ())],
        "units_count": outcome.get("units"),
        "unread": [*outcome.get("unread", []),
                   *(_("Worksheet %(name)s", name=name) for name in outcome.get("sheets", ()))],
        "left_out": outcome.get("left_out", []),
        "errors": [
            {"row": b.row, "letter": b.letter or None, "head": b.head, "value": b.value or None, "code": b.code,
             "message": b.text}
            for b in engine.bad_cells(row.outcome)
        ],
        "errors_count": (row.outcome or {}).get("bad_count", 0),
        "error": row.error,
        "taken_in": taken and {"at": taken["at"], "by": taken["by"]},
        "recorded_at": row.recorded_at,
        "finished_at": row.finished_at,
    }  # fmt: skip


def template(actor: Actor, kind: str) -> Response:
    """Return the spreadsheet of a kind to fill in. Raises NotFound, Forbidden."""
    wanted = service.kind_of(actor, kind)
    return _attachment(sheet_import.template(wanted.title, wanted.columns, wanted.remarks), XLSX, f"{kind}.xlsx")


def bad_cells(row: SheetImport) -> Response:
    """Return all bad cells of a hand-in as a table; no cell of it starts a formula."""
    content = sheet_import.bad_cells(engine.bad_cells(row.outcome))
    return _attachment(content, "text/csv; charset=utf-8", "bad-cells.csv")


def _attachment(content: bytes, content_type: str, name: str) -> Response:
    response = Response(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
