"""The certificate of a disinfection (消毒证明) as a PDF on A4: who treated what with what, and a code that leads to it.

In Chinese, like every paper that goes with the goods. What doesn't fit a line is smaller, then on two lines, and only
then ends in an ellipsis; more goods than a page holds go on to the next one. The same certificate gives the same bytes.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from reportlab.pdfgen.canvas import Canvas

from coldchain.batches.service import ordered_disinfections
from coldchain.batches.service.ordered_disinfections import Certificate
from coldchain.core.clock import BEIJING
from coldchain.labels import fonts, jobs, qr
from coldchain.labels.code import format_groups
from coldchain.labels.face import TRIAL_WORDS
from coldchain.labels.flow import cut_lines, flow
from coldchain.labels.flow import width_mm as width_in_mm
from coldchain.labels.fonts import FontName
from coldchain.policy import vocabulary

PAGE_WIDTH_MM, PAGE_HEIGHT_MM = 210.0, 297.0
GOODS_A_PAGE: Final = 20
_POINTS_PER_MM = 72 / 25.4
_LEFT_MM, _RIGHT_MM, _VALUE_MM = 20.0, 190.0, 58.0
_TITLE_MM, _TEXT_MM, _SMALL_MM = 8.0, 4.2, 3.2
_LINE_MM = 7.6
_LEAST_MM, _LEADING = 2.6, 1.15  # 7.4 pt; of a line and of two below each other
_QR_MM, _QR_TOP_MM = 34.0, 18.0
_FACTS_TOP_MM, _GOODS_TOP_MM = 62.0, 154.0
_GOODS_LINE_MM = 6.0
_FOOT_MM = 285.0
_BASES = {"whole_batch": "整批", "declared_range": "按件号", "scanned": "逐件扫码"}


def install() -> None:
    """Let the room of batches have its certificates drawn here."""
    ordered_disinfections.drawers[:] = [draw]


def draw(certificate: Certificate) -> bytes:
    """Return a certificate as a PDF, with a code that leads to its paper. Raises `AddressTooLong`."""
    here = jobs.deployment()
    address = f"{here.public_url.rstrip('/')}/evidence/{certificate.evidence_id}"
    stream = BytesIO()
    fonts.width_em("", "regular")  # makes reportlab know the fonts
    size = (PAGE_WIDTH_MM * _POINTS_PER_MM, PAGE_HEIGHT_MM * _POINTS_PER_MM)
    canvas = Canvas(stream, pagesize=size, pageCompression=1, invariant=1)
    canvas.setTitle(f"{certificate.number}")
    goods = list(certificate.goods)
    pages = [goods[start : start + GOODS_A_PAGE] for start in range(0, len(goods), GOODS_A_PAGE)]
    for number, listed in enumerate(pages, 1):
        _page(canvas, certificate, address, listed, f"{number} / {len(pages)}", trial=here.trial)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _page(canvas: Canvas, of: Certificate, address: str, goods: list[Any], number: str, *, trial: bool) -> None:
    _say(canvas, "消毒证明", _LEFT_MM, 32, _TITLE_MM, "bold")
    _say(canvas, f"编号 {of.number}", _LEFT_MM, 42, _TEXT_MM)
    if trial:
        _say(canvas, TRIAL_WORDS, _LEFT_MM, 50, _TEXT_MM, "bold")
    _code(canvas, address)
    for row, (label, value) in enumerate(_facts(of)):
        y = _FACTS_TOP_MM + row * _LINE_MM
        _say(canvas, label, _LEFT_MM, y, _TEXT_MM, "bold")
        _say(canvas, value, _VALUE_MM, y, _TEXT_MM, width_mm=_RIGHT_MM - _VALUE_MM)
    _say(canvas, "货物", _LEFT_MM, _GOODS_TOP_MM - _GOODS_LINE_MM, _TEXT_MM, "bold")
    for row, each in enumerate(goods):
        y = _GOODS_TOP_MM + row * _GOODS_LINE_MM
        _say(canvas, each["product"], _LEFT_MM, y, _SMALL_MM, width_mm=64)
        _say(canvas, format_groups(each["batch_code"]), 88, y, _SMALL_MM, "mono", width_mm=24)
        _say(canvas, f"生产 {each['production_date']}", 114, y, _SMALL_MM, width_mm=26)
        _say(canvas, f"批号 {each['batch_no'] or '—'}", 141, y, _SMALL_MM, width_mm=32)
        _say(canvas, f"{each['piece_count']} 件", 174, y, _SMALL_MM, width_mm=16)
    printed = of.printed_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
    _say(canvas, f"第 {number} 页", _LEFT_MM, _FOOT_MM, _SMALL_MM)
    _say(canvas, f"{printed} 由本平台出具，扫码核对；消毒证明不代替消毒记录", 60, _FOOT_MM, _SMALL_MM, width_mm=130)


def _facts(of: Certificate) -> Iterator[tuple[str, str]]:
    """Yield what was done, line by line (R7)."""
    done = of.treatment
    pieces = _BASES[done["basis"]]
    if done["piece_from"] is not None:
        pieces = f"{pieces} 第 {done['piece_from']}–{done['piece_to']} 件"
    amount = f"，{done['volume_ml_per_m2']} mL/m²" if done["volume_ml_per_m2"] else ""
    until = f"，有效期至 {of.valid_to}" if of.valid_to else ""
    yield "消毒单位", f"{of.service} {of.service_uscc or ''}".strip()
    yield "委托单位", of.customer
    yield "场所", f"{of.site}，{done['place']}"
    yield "消毒时间", done["occurred_at"].astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
    yield "消毒对象", f"{done['object']}（{pieces}）"
    yield "消毒剂", vocabulary.agents()[done["agent"]].name_zh + (f"，{done['additives']}" if done["additives"] else "")
    yield "浓度、作用时间", f"{done['concentration_mg_per_l']} mg/L，{done['contact_min']} 分钟{amount}"
    yield "环境温度", f"{done['ambient_temperature_c']} ℃"
    yield "出具日期", f"{of.issued_on}{until}"
    if done["protocol_state"] == "no_protocol":
        yield "说明", "该消毒剂在本平台没有对应的消毒规程"


def _say(
    canvas: Canvas,
    text: str,
    x_mm: float,
    y_mm: float,
    size_mm: float,
    font: FontName = "regular",
    width_mm: float = _RIGHT_MM - _LEFT_MM,
) -> None:
    """Draw a line of text with its baseline at y, smaller or on two lines around it where it is too wide."""
    said = fonts.clean(text)
    size = min(size_mm, max(_LEAST_MM, (width_mm - 1e-6) / (fonts.width_em(said, font) or 1)))
    if width_in_mm(said, font, size) > width_mm:
        size = min(size_mm, max(_LEAST_MM, size_mm * 0.75))
        if len(flow(said, font, size, width_mm)) > 2:
            size = _LEAST_MM
    lines = cut_lines(flow(said, font, size, width_mm), 2, font, size, width_mm, ends=True)
    top = y_mm - (len(lines) - 1) * size * _LEADING / 2
    for number, line in enumerate(lines):
        x = x_mm
        for name, words in fonts.runs(line, font):
            canvas.setFont(fonts.pdf_name(name), size * _POINTS_PER_MM)
            baseline = top + number * size * _LEADING
            canvas.drawString(x * _POINTS_PER_MM, (PAGE_HEIGHT_MM - baseline) * _POINTS_PER_MM, words)
            x += fonts.width_em(words, name) * size


def _code(canvas: Canvas, address: str) -> None:
    """Draw the QR symbol in the upper right corner, with its quiet zone."""
    modules = qr.encode(address).modules
    side = modules.width
    step = _QR_MM / (side + 2 * qr.QUIET_MODULES)
    left, top = _RIGHT_MM - _QR_MM + qr.QUIET_MODULES * step, _QR_TOP_MM + qr.QUIET_MODULES * step
    for y in range(side):
        for x in range(side):
            if not modules.getpixel((x, y)):
                box = (left + x * step, PAGE_HEIGHT_MM - (top + (y + 1) * step), step, step)
                canvas.rect(*(edge * _POINTS_PER_MM for edge in box), stroke=0, fill=1)
