"""The A4 sheet as a reader of the PDF sees it, and the zip of PNGs."""

import zipfile
from datetime import UTC, datetime
from io import BytesIO

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageChops

from coldchain.core.batch_code import new_batch_code
from coldchain.labels.code import qr_text
from coldchain.labels.render import render_png, render_sheet, render_zip

from .conftest import BATCH_CODE, MakeFace

PRINTED_AT = datetime(2021, 1, 19, 11, 0, tzinfo=UTC)
DOTS_PER_MM = 8


class Pages:
    """A PDF rasterised at 8 dots a millimetre, and its text."""

    def __init__(self, content: bytes) -> None:
        with pypdfium2.PdfDocument(content) as document:
            self.sizes_mm = [tuple(round(edge / 72 * 25.4, 1) for edge in page.get_size()) for page in document]
            self.images = [page.render(scale=DOTS_PER_MM * 25.4 / 72).to_pil().convert("L") for page in document]
            self.texts = []
            for page in document:
                text = page.get_textpage()
                self.texts.append(text.get_text_bounded())
                text.close()


@pytest.fixture(scope="module")
def pages(make_face: MakeFace) -> Pages:
    return Pages(render_sheet([make_face(number) for number in range(1, 26)], PRINTED_AT))


def cell(image: Image.Image, place: int) -> Image.Image:
    row, column = divmod(place, 3)
    left, top = (15 + column * 60) * DOTS_PER_MM, round((8.5 + row * 40) * DOTS_PER_MM)
    return image.crop((left, top, left + 60 * DOTS_PER_MM, top + 40 * DOTS_PER_MM))


def test_an_alignment_page_then_21_labels_a_page_on_a4(pages: Pages) -> None:
    assert pages.sizes_mm == [(210.0, 297.0)] * 3
    assert "对位页" in pages.texts[0]
    assert "打印缩放选 100 %" in pages.texts[0]
    assert zxingcpp.read_barcodes(pages.images[0]) == []


def test_each_cell_holds_its_own_label(pages: Pages, make_face: MakeFace) -> None:
    for number in range(1, 26):
        page, place = divmod(number - 1, 21)
        (found,) = zxingcpp.read_barcodes(cell(pages.images[1 + page], place))
        assert found.text == qr_text(make_face(number).address)
    for place in range(4, 21):
        assert cell(pages.images[2], place).crop((2, 2, 478, 318)).getextrema() == (255, 255)


def test_a_label_on_the_sheet_is_the_label_of_the_png(pages: Pages, make_face: MakeFace) -> None:
    single = Image.open(BytesIO(render_png(make_face(1)))).convert("L")
    on_sheet = cell(pages.images[1], 0).point([0] * 128 + [255] * 128)

    def differing(left: Image.Image, right: Image.Image) -> int:
        return sum(a != b for a, b in zip(left.tobytes(), right.tobytes(), strict=True))

    in_place = differing(single, on_sheet)
    assert in_place < 0.04 * 480 * 320  # edges of glyphs and modules
    assert in_place * 2 < differing(single, ImageChops.offset(on_sheet, 2, 0))
    assert in_place * 2 < differing(single, ImageChops.offset(on_sheet, 0, 2))


def test_measures_on_paper(pages: Pages) -> None:
    def corner(place: int) -> tuple[int, int]:
        (found,) = zxingcpp.read_barcodes(cell(pages.images[1], place))
        return found.position.top_left.x, found.position.top_left.y

    corners = {corner(place) for place in (0, 1, 2, 3, 18, 20)}
    assert all(abs(x - 36) <= 1 and abs(y - 36) <= 1 for x, y in corners)  # 2 mm + 4 quiet modules


def test_cut_marks_stand_at_the_sheet_edge_only(pages: Pages) -> None:
    image = pages.images[1]
    for column in range(4):
        x = (15 + column * 60) * DOTS_PER_MM
        assert image.crop((x - 2, 46, x + 3, 66)).getextrema()[0] < 128  # 3 mm above the grid
        assert image.crop((x - 2, 0, x + 3, 42)).getextrema()[0] == 255
        if 0 < column < 3:
            assert image.crop((x - 2, 72, x + 3, 2300)).getextrema()[0] == 255  # nothing between labels
    for row in range(8):
        y = round((8.5 + row * 40) * DOTS_PER_MM)
        assert image.crop((98, y - 2, 118, y + 3)).getextrema()[0] < 128
        assert image.crop((0, y - 2, 94, y + 3)).getextrema()[0] == 255


def test_the_foot_says_batch_range_time_and_page(pages: Pages) -> None:
    grouped = f"{BATCH_CODE[:4]} {BATCH_CODE[4:]}"
    for text, span, page in zip(pages.texts, ("件 1–25", "件 1–21", "件 22–25"), (1, 2, 3), strict=True):
        assert f"批次 {grouped}" in text
        assert span in text
        assert "打印 2021-01-19 19:00" in text  # Beijing time
        assert f"{page} / 3 页" in text
    foot = pages.images[1].crop((0, 2290, 1680, 2376))
    assert foot.getextrema()[0] < 128
    assert pages.images[1].crop((0, 2344, 1680, 2376)).getextrema()[0] == 255  # 4 mm that printers leave white


def test_gaps_several_batches_and_trials_are_named(make_face: MakeFace) -> None:
    other = new_batch_code(99)
    faces = [make_face(number, trial=True) for number in (1, 2, 3, 9, 12, 13)] + [make_face(1, batch_code=other)]
    text = Pages(render_sheet(faces, PRINTED_AT)).texts
    assert "件 1–3、9、12–13" in text[1]
    assert "等 2 批" in text[1]
    assert text[1].count("仅供测试，不得使用") == 6
    assert "仅供测试，不得使用" in text[0]


def test_a_batch_label_sheet(make_face: MakeFace) -> None:
    sheet = Pages(render_sheet([make_face(None)], PRINTED_AT))
    assert len(sheet.images) == 2
    assert "散货牌" in sheet.texts[1]
    (found,) = zxingcpp.read_barcodes(sheet.images[1])
    assert found.text.endswith(make_face(None).code)


def test_long_addresses_are_read_from_paper_too(make_face: MakeFace) -> None:
    face = make_face(1, public_url="https://" + "a" * 200 + ".cn")
    sheet = Pages(render_sheet([face], PRINTED_AT))
    (found,) = zxingcpp.read_barcodes(sheet.images[1])
    assert found.text == qr_text(face.address)


def test_many_different_characters_are_all_in_the_text(make_face: MakeFace) -> None:
    """More than 255 different characters make the writer open a second font subset in the midst of forms."""
    characters = [
        bytes((lead, trail)).decode("gb2312") for lead in (0xB1, 0xB2, 0xB3, 0xB4) for trail in range(0xA1, 0xFF)
    ]
    faces = [make_face(1 + start // 6, name="".join(characters[start : start + 6])) for start in range(0, 372, 6)]
    text = "".join(Pages(render_sheet(faces, PRINTED_AT)).texts)
    assert all(face.name in text for face in faces)


def test_the_same_faces_and_time_give_the_same_bytes(make_face: MakeFace) -> None:
    faces = [make_face(number) for number in range(1, 4)]
    assert render_sheet(faces, PRINTED_AT) == render_sheet(faces, PRINTED_AT)
    assert render_zip(faces) == render_zip(faces)


def test_progress_counts_up_to_all(make_face: MakeFace) -> None:
    faces = [make_face(number) for number in range(1, 46)]
    sheet_steps: list[int] = []
    zip_steps: list[int] = []
    render_sheet(faces, PRINTED_AT, sheet_steps.append)
    render_zip(faces, zip_steps.append)
    assert sheet_steps == [21, 42, 45]
    assert zip_steps == [20, 40, 45]


def test_the_largest_run_and_one_past_it(make_face: MakeFace) -> None:
    faces = [make_face(number, piece_count=501) for number in range(1, 502)]
    assert render_sheet(faces[:500], PRINTED_AT).startswith(b"%PDF-")
    with zipfile.ZipFile(BytesIO(render_zip(faces[:500]))) as archive:
        assert len(archive.namelist()) == 500
    for wrong in (faces, []):
        with pytest.raises(ValueError, match="1 to 500"):
            render_sheet(wrong, PRINTED_AT)
        with pytest.raises(ValueError, match="1 to 500"):
            render_zip(wrong)


def test_a_time_without_zone_is_refused(make_face: MakeFace) -> None:
    with pytest.raises(ValueError, match="aware"):
        render_sheet([make_face()], PRINTED_AT.replace(tzinfo=None))


def test_the_zip_holds_each_label_once_under_its_code(make_face: MakeFace) -> None:
    faces = [make_face(None), make_face(1), make_face(2), make_face(2)]
    with zipfile.ZipFile(BytesIO(render_zip(faces))) as archive:
        assert archive.namelist() == [f"{face.code}.png" for face in faces[:3]]
        assert archive.testzip() is None
        assert archive.read(f"{faces[1].code}.png") == render_png(faces[1])
