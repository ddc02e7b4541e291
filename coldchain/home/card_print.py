"""A card as PDF and as PNG: one page, black only, fonts inside, every character with a glyph (`labels.fonts`)."""

import threading
from io import BytesIO
from typing import Final

import pypdfium2 as pdfium
from reportlab.pdfgen.canvas import Canvas

from coldchain.home.card_layout import lay_out
from coldchain.home.card_parts import A4, A5, Face, Page
from coldchain.labels import fonts, qr
from coldchain.labels.code import qr_text

PNG_DPI: Final = {A5: 300, A4: 220}  # both about as many pixels
_POINTS_PER_MM: Final = 72 / 25.4
_PEN = threading.Lock()  # neither library is made for two threads at once: fonts are read from shared places


def pdf(face: Face, size: str) -> bytes:
    """Return the card as a PDF of one page; `size` a5 or a4. Raises AddressTooLong."""
    with _PEN:
        return _pdf(face, size)


def _pdf(face: Face, size: str) -> bytes:
    page = lay_out(face, size)
    symbol = qr.encode(qr_text(face.address))
    stream = BytesIO()
    fonts.width_em("", "regular")  # makes reportlab know the fonts
    paper = page.paper
    canvas = Canvas(
        stream, pagesize=(paper.width_mm * _POINTS_PER_MM, paper.height_mm * _POINTS_PER_MM), pageCompression=1,
        invariant=1,
    )  # fmt: skip
    canvas.setTitle(f"{face.title} {face.number}")
    _draw(canvas, page)
    _symbol(canvas, page, symbol)
    canvas.showPage()
    canvas.save()
    return stream.getvalue()


def png(face: Face, size: str) -> bytes:
    """Return the card as a greyscale PNG, drawn from its PDF. Raises AddressTooLong."""
    content, dpi = pdf(face, size), PNG_DPI[size]
    with _PEN:
        document = pdfium.PdfDocument(content)
        try:
            image = document[0].render(scale=dpi / 72, grayscale=True).to_pil()
        finally:
            document.close()
    stream = BytesIO()
    image.save(stream, format="PNG", dpi=(dpi, dpi), compress_level=4)
    return stream.getvalue()


def _draw(canvas: Canvas, page: Page) -> None:
    height = page.paper.height_mm
    for bar in page.bars:
        box = (bar.x_mm, height - bar.y_mm - bar.height_mm, bar.width_mm, bar.height_mm)
        canvas.rect(*(edge * _POINTS_PER_MM for edge in box), stroke=0, fill=1)
    canvas.setLineJoin(1)
    canvas.setLineCap(1)
    for stroke in page.strokes:
        canvas.setLineWidth(stroke.width_mm * _POINTS_PER_MM)
        canvas.setDash(*((1.6, 2.0) if stroke.dashed else ()))
        path = canvas.beginPath()
        first, *rest = ((x * _POINTS_PER_MM, (height - y) * _POINTS_PER_MM) for x, y in stroke.points)
        path.moveTo(*first)
        for point in rest:
            path.lineTo(*point)
        if stroke.closed:
            path.close()
        canvas.drawPath(path, stroke=1, fill=int(stroke.filled))
    canvas.setDash()
    for text in page.texts:
        canvas.setFillGray(1 if text.white else 0)
        x = text.x_mm
        for name, words in fonts.runs(text.words, text.font):
            canvas.setFont(fonts.pdf_name(name), text.size_mm * _POINTS_PER_MM)
            canvas.drawString(x * _POINTS_PER_MM, (height - text.y_mm) * _POINTS_PER_MM, words)
            x += fonts.width_em(words, name) * text.size_mm
    canvas.setFillGray(0)


def _symbol(canvas: Canvas, page: Page, symbol: qr.Symbol) -> None:
    """Paint the QR symbol's black modules through a 1-bit mask."""
    side = page.qr_side_mm * _POINTS_PER_MM
    left, top = (edge * _POINTS_PER_MM for edge in page.qr_mm)
    bottom = page.paper.height_mm * _POINTS_PER_MM - top - side
    count, bits = symbol.side_modules, symbol.modules.tobytes().hex().upper()
    place = f"{side:.4f} 0 0 {side:.4f} {left:.4f} {bottom:.4f} cm"
    canvas.addLiteral(f"q {place} BI /W {count} /H {count} /BPC 1 /IM true /F /AHx ID {bits}> EI Q")
