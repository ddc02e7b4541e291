"""A laboratory's results in a spreadsheet: read, checked cell by cell, entered all or none (R17).

A row that says again what is entered already makes nothing, so that the same file twice makes nothing twice. The
columns are those of the form, by their Chinese or English heads, in any order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import pages_words as words
from coldchain.batches import schemas, service
from coldchain.batches.models import TestResult, Tube
from coldchain.batches.service import tubes
from coldchain.core import limits, problems, sheet_cells, sheet_import, sheet_reader
from coldchain.core.errors import FieldError, Invalid
from coldchain.core.i18n import LazyText, use_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.page_forms import REFUSALS, Form, attempt, load
from coldchain.core.sheet_import import Row, Table

COLUMNS: Final[dict[str, LazyText]] = {
    "tube_no": _l("Tube number"),
    "stage": _l("Which test"),
    "result": _l("Result"),
    "received_at": _l("Tube received at"),
    "reported_at": _l("Reported at"),
    "report_no": _l("Report number"),
    "analyst": _l("Analyst"),
}
NEEDED: Final = ("tube_no", "result", "received_at", "reported_at", "report_no")
SAME: Final = ("stage", "result", "received_at", "reported_at", "report_no")
ALSO_HEADS: Final = {
    "tube_no": ("管号", "采样管编号", "样本编号"), "result": ("检测结果",), "stage": ("检测阶段",),
    "received_at": ("收样时间", "接收时间"), "reported_at": ("检测时间",), "report_no": ("报告编号",),
    "analyst": ("检测人", "检验员"),
}  # fmt: skip
SHEET: Final = tuple(
    sheet_import.Column(name, label, needed=name in NEEDED, also=ALSO_HEADS[name]) for name, label in COLUMNS.items()
)
ALSO_VALUES: Final = {
    "stage": {"": "preliminary", "初筛": "preliminary", "初检": "preliminary", "复检": "recheck",
              "确认": "confirmation"},
    "result": {"-": "negative", "+": "positive", "－": "negative", "＋": "positive", "未检出": "negative",
               "检出": "positive"},
}  # fmt: skip


@dataclass(frozen=True)
class BadCell:
    """A cell that can't be taken: its row as the file counts, its column's head, what stands there, what is wrong."""

    row: int
    column: str
    value: str
    message: str
    code: str
    name: str


@dataclass
class Outcome:
    """What came of a file: rows read, results made, rows that said what was there already, positives, bad cells."""

    rows: int = 0
    made: int = 0
    already: int = 0
    positives: int = 0
    positive_tubes: list[UUID] = field(default_factory=list)
    errors: list[BadCell] = field(default_factory=list)


def read(content: bytes) -> Table:
    """Return the rows below the head. Raises Invalid at `/file` as `sheet_import.read` does."""
    return sheet_import.read(content, SHEET, limits.RESULT_ROWS)


def enter(session: Session, actor: Actor, rows: Sequence[Row]) -> Outcome:
    """Enter all the results, or none when a cell is bad: then the caller takes back what was done (`errors`)."""
    outcome = Outcome(rows=len(rows))
    known = _tubes(session, actor, [row.cells["tube_no"] for row in rows])
    entered = _entered(session, known.values())
    seen: dict[tuple[UUID, str], int] = {}
    for row in rows:
        formulas = [name for name, cell in row.cells.items() if isinstance(cell, sheet_reader.Formula)]
        for name in formulas:
            _bad(outcome, row, name, sheet_import.FORMULA.code, _(sheet_import.FORMULA.message))
        if formulas:
            continue
        data = _data(row, outcome)
        tube_id = known.get(row.cells["tube_no"])
        if tube_id is None:
            _bad(outcome, row, "tube_no", "unknown_tube", _("Your laboratory has no tube of this number."))
        if data is None or tube_id is None:
            continue
        twice = seen.setdefault((tube_id, data["stage"]), row.number)
        if twice != row.number:
            _bad(outcome, row, "tube_no", "twice", _("Row %(row)s names this tube for the same test.", row=twice))
            continue
        former = entered.get((tube_id, data["stage"], data["report_no"]))
        if former is not None:
            _again(outcome, row, data, former)
            continue
        _enter(session, actor, outcome, row, tube_id, data)
    return outcome


def _tubes(session: Session, actor: Actor, numbers: Sequence[str]) -> dict[str, UUID]:
    statement = select(Tube.tube_no, Tube.tube_id).where(
        tubes.visible(actor), col(Tube.lab_id) == actor.business_id, col(Tube.tube_no).in_(set(numbers))
    )
    return dict(session.execute(statement).all())


def _entered(session: Session, tube_ids: Any) -> dict[tuple[UUID, str, str], TestResult]:
    """Return the results that stand, by tube, test and report."""
    later = aliased(TestResult)
    statement = (
        select(TestResult)
        .outerjoin(later, col(later.supersedes_id) == col(TestResult.result_id))
        .where(col(TestResult.tube_id).in_(set(tube_ids)), col(later.result_id).is_(None))
    )
    return {(row.tube_id, row.stage, row.report_no): row for row in session.scalars(statement)}


def _data(row: Row, outcome: Outcome) -> dict[str, Any] | None:
    """Return what a row says, through the schema that every result goes through; None when a cell is bad."""
    form: Form = Form({name: _code(name, text) for name, text in row.cells.items() if name != "tube_no"})
    form.setdefault("stage", "preliminary")
    try:
        data = load(schemas.ResultRegistrationSchema(), form)
    except REFUSALS as error:
        for each in problems.as_domain_error(error).errors:
            _refused(outcome, row, each)
        return None
    return {name: value for name, value in data.items() if name not in {"supersedes_id", "reason"}}


def _code(name: str, text: str) -> str:
    """Return the code of a word that people write: 阴性, Negative, 未检出; anything else stays."""
    if name in {"received_at", "reported_at"}:
        return _moment(text)
    if name not in {"stage", "result"}:
        return text
    table: Mapping[str, LazyText] = words.STAGES if name == "stage" else words.RESULTS
    spoken = dict(ALSO_VALUES[name])
    for locale in ("zh_CN", "en"):
        with use_locale(locale):
            spoken |= {str(word).casefold(): code for code, word in table.items()}
    return spoken.get(text.casefold(), text)


def _moment(text: str) -> str:
    """Return a moment however people write it as a form's; without its time it stays, and is refused."""
    try:
        return text if sheet_cells.is_day(text) else sheet_cells.moment(text)
    except Invalid:
        return text


def _again(outcome: Outcome, row: Row, data: Mapping[str, Any], former: TestResult) -> None:
    if all(getattr(former, name) == data[name] for name in SAME):
        outcome.already += 1
        return
    _bad(outcome, row, "report_no", "entered_otherwise",
         _("This report stands on the tube with other particulars. Correct it on the tube's page."))  # fmt: skip


def _enter(session: Session, actor: Actor, outcome: Outcome, row: Row, tube_id: UUID, data: dict[str, Any]) -> None:
    try:
        with attempt(session):
            service.report_result(session, actor, tube_id, **data)
    except REFUSALS as error:
        refused = problems.as_domain_error(error)
        if refused.status >= 500:
            raise
        for each in refused.errors or (FieldError("/tube_no", refused.code, refused.message, refused.params),):
            _refused(outcome, row, each)
        return
    outcome.made += 1
    if data["result"] == "positive":
        outcome.positives += 1
        outcome.positive_tubes.append(tube_id)


def _refused(outcome: Outcome, row: Row, error: FieldError) -> None:
    name = error.pointer.strip("/")
    name = name if name in COLUMNS else "tube_no"
    said = problems.said(error.message, error.params)
    if name in {"stage", "result"} and error.code == "not_one_of":
        table = words.STAGES if name == "stage" else words.RESULTS
        said = _("Write one of: %(values)s", values=_(", ").join(map(str, table.values())))
    if error.code == "not_time":
        said = _("Write a date and a time, for example 2021-01-19 19:00")
    _bad(outcome, row, name, error.code, said)


def _bad(outcome: Outcome, row: Row, name: str, code: str, message: str) -> None:
    outcome.errors.append(BadCell(row.number, str(COLUMNS[name]), row.cells.get(name, ""), message, code, name))


def template(numbers: Sequence[str]) -> bytes:
    """Return a CSV file with the head and a row for each of these tubes, to be filled in."""
    return sheet_reader.written([[str(label) for label in COLUMNS.values()], *([number] for number in numbers)])
