"""Labels a second on A4 PDF pages: `render_sheet` against the usual loop of qrcode and Pillow, in one run.

`python bench/labels.py [--labels N] [--rounds N]`. Both make the same N piece labels, 21 a page, from the same faces.
The loop draws each label as an image with the same words in the same fonts and saves the pages as one PDF; it checks no
glyph, wraps no line and has no alignment page, so it does less. The first page of both files is scanned back first.
"""

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import qrcode
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coldchain.core.batch_code import new_batch_code
from coldchain.labels import fonts
from coldchain.labels.code import LabelCode, address, format_groups, qr_text
from coldchain.labels.face import LabelFace
from coldchain.labels.render import render_sheet, render_zip

PRINTED_AT = datetime(2021, 1, 19, 11, 0, tzinfo=UTC)
CELLS = 21


def faces(count: int) -> list[LabelFace]:
    """Return `count` piece labels of one invented batch."""
    batch_code = new_batch_code(0x1A2B3C4D5)
    made = []
    for number in range(1, count + 1):
        code = LabelCode(batch_code, "piece", number)
        made.append(
            LabelFace(
                name="冷冻去骨鸡腿肉",
                specification="2 kg × 6 袋",
                origin="巴西",
                production_date=date(2020, 11, 6),
                expiry_date=date(2022, 11, 5),
                piece_no=number,
                piece_count=count,
                code=code.text,
                address=address("https://trace.example.cn", code),
                first_station="北岭示例食品",
                trial=False,
            )
        )
    return made


def loop_label(face: LabelFace, styles: dict[str, ImageFont.FreeTypeFont]) -> Image.Image:
    """Draw one label the usual way: qrcode for the symbol, Pillow for the words."""
    image = Image.new("1", (480, 320), 1)
    draw = ImageDraw.Draw(image)
    code = qrcode.QRCode(version=3, error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=5, border=4)
    code.add_data(qr_text(face.address), optimize=0)
    code.make(fit=True)
    image.paste(code.make_image().get_image().convert("1"), (16, 16))
    rows = (
        ((212, 53), "name", face.name),
        ((212, 90), "fact", f"{face.specification} | {face.origin}"),
        ((212, 120), "fact", f"生产 {face.production_date}"),
        ((212, 149), "fact", f"至 {face.expiry_date}"),
        ((212, 195), "fact", "件"),
        ((243, 195), "piece", str(face.piece_no)),
        ((330, 195), "fact", f"/ {face.piece_count}"),
        ((72, 252), "code", format_groups(face.code)),
        ((16, 298), "foot", f"首站 {face.first_station}"),
        ((330, 298), "foot", "扫码看当前状态"),
    )
    for position, style, words in rows:
        draw.text(position, words, font=styles[style], fill=0, anchor="ls")
    draw.rectangle((16, 213, 463, 214), fill=0)
    draw.rectangle((16, 265, 463, 266), fill=0)
    return image


def loop_sheet(labels: list[LabelFace]) -> bytes:
    """Return a PDF of A4 images, 21 labels a page."""
    sizes = {
        "name": ("bold", 32),
        "fact": ("regular", 21),
        "piece": ("bold", 43),
        "code": ("mono", 33),
        "foot": ("regular", 19),
    }
    styles = {style: ImageFont.truetype(str(fonts.path(font)), size) for style, (font, size) in sizes.items()}  # type: ignore[arg-type]
    pages = []
    for start in range(0, len(labels), CELLS):
        page = Image.new("1", (1680, 2376), 1)
        for place, face in enumerate(labels[start : start + CELLS]):
            row, column = divmod(place, 3)
            page.paste(loop_label(face, styles), (120 + column * 480, 68 + row * 320))
        pages.append(page)
    stream = BytesIO()
    pages[0].save(stream, format="PDF", save_all=True, append_images=pages[1:], resolution=203.2)
    return stream.getvalue()


def read_back(pdf: bytes, page: int, labels: list[LabelFace]) -> None:
    """Stop when a label on `page` (from 0) does not scan to its own address."""
    with pypdfium2.PdfDocument(pdf) as document:
        image = document[page].render(scale=203.2 / 72).to_pil().convert("L")
    for place, face in enumerate(labels[:CELLS]):
        row, column = divmod(place, 3)
        left, top = 120 + column * 480, 68 + row * 320
        (found,) = zxingcpp.read_barcodes(image.crop((left, top, left + 480, top + 320)))
        if found.text != qr_text(face.address):
            raise SystemExit(f"read {found.text} from the label of {face.address}")


def seconds(work: Callable[[], bytes], rounds: int) -> float:
    """Return the median of `rounds` runs after one that warms up caches and fonts."""
    taken = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:])


def main() -> None:
    """Measure and print labels a second and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, default=480)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    labels = faces(arguments.labels)
    our_pdf, loop_pdf = render_sheet(labels, PRINTED_AT), loop_sheet(labels)
    read_back(our_pdf, 1, labels)
    read_back(loop_pdf, 0, labels)
    ours, loop = (
        seconds(lambda: render_sheet(labels, PRINTED_AT), arguments.rounds),
        seconds(lambda: loop_sheet(labels), arguments.rounds),
    )
    singles = seconds(lambda: render_zip(labels), arguments.rounds)
    print(f"python {platform.python_version()}, {arguments.labels} labels, median of {arguments.rounds} runs")
    print(f"render_sheet (A4 PDF)        {len(labels) / ours:8.0f} labels/s  {len(our_pdf) / 1000:6.0f} kB")
    print(f"qrcode + Pillow loop (PDF)   {len(labels) / loop:8.0f} labels/s  {len(loop_pdf) / 1000:6.0f} kB")
    print(f"render_zip (PNG each)        {len(labels) / singles:8.0f} labels/s")
    print(f"ratio render_sheet / loop    {loop / ours:8.1f}")


if __name__ == "__main__":
    main()
