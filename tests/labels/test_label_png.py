"""The 60 x 40 mm label dot by dot: what a scanner reads, and that nothing overlaps, leaves the margin or gets lost."""

from dataclasses import replace
from io import BytesIO

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from coldchain.labels import fonts, png, qr
from coldchain.labels.code import InvalidLabelCode, qr_text
from coldchain.labels.face import BATCH_LABEL_WORD, TRIAL_WORDS, LabelFace, Layout, common_layout, fit, own_layout, wrap
from coldchain.labels.render import AddressTooLong, render_png, unprintable

from .conftest import MakeFace, make

SQUARE = (16, 16, 201, 201)  # 23.1 mm from the 2 mm margin on
LONG = "冷冻带骨猪前腿肉（去皮去膘精分割一级，出口专用）"


def opened(face: LabelFace) -> Image.Image:
    return Image.open(BytesIO(render_png(face)))


def ink_box(image: Image.Image) -> tuple[int, int, int, int] | None:
    return ImageChops.invert(image.convert("L")).getbbox()


def words(face: LabelFace) -> list[str]:
    return [text.words for layout in (common_layout(face), own_layout(face)) for text in layout.texts]


def test_it_is_60_by_40_mm_at_203_dpi_in_one_bit(make_face: MakeFace) -> None:
    image = opened(make_face())
    assert image.size == (480, 320)
    assert image.mode == "1"
    assert image.info["dpi"] == pytest.approx((203.2, 203.2), abs=0.05)


@pytest.mark.parametrize("piece_no", [None, 1, 17, 9999, 10000, 1_000_000])
@pytest.mark.parametrize("trial", [False, True])
def test_a_scanner_reads_the_address_back(make_face: MakeFace, piece_no: int | None, trial: bool) -> None:
    face = make_face(piece_no, piece_count=1_000_000, trial=trial)
    (found,) = zxingcpp.read_barcodes(opened(face))
    assert found.text == qr_text(face.address) == face.address.upper()
    assert found.ec_level == "M"


@pytest.mark.parametrize(
    ("url_chars", "version", "module_dots"),
    [(21, 3, 5), (44, 3, 5), (55, 4, 4), (73, 4, 4), (85, 5, 4), (120, 6, 3), (150, 7, 3), (190, 8, 3), (245, 9, 3)],
)
def test_sizes_in_dots_and_the_quiet_zone(make_face: MakeFace, url_chars: int, version: int, module_dots: int) -> None:
    public_url = "https://" + ("abcdefghij." * 30)[: url_chars - 10] + "cn"
    face = make_face(17, public_url=public_url)
    assert len(face.address) == url_chars + 3 + 13
    symbol = qr.encode(qr_text(face.address))
    assert (symbol.version, symbol.module_dots) == (version, module_dots)
    square = opened(face).crop(SQUARE)
    left, top, right, bottom = ink_box(square) or (0, 0, 0, 0)
    side = (17 + 4 * version) * module_dots
    assert (right - left, bottom - top) == (side, side)
    assert min(left, top, 185 - right, 185 - bottom) >= 4 * module_dots
    modules = square.crop((left, top, right, bottom))
    small = modules.resize((17 + 4 * version,) * 2, Image.Resampling.NEAREST)
    assert modules.tobytes() == small.resize(modules.size, Image.Resampling.NEAREST).tobytes()  # whole modules only
    (found,) = zxingcpp.read_barcodes(opened(face))
    assert found.text == qr_text(face.address)


@pytest.mark.parametrize(
    ("capitals", "version"), [(20, 3), (61, 3), (62, 4), (90, 4), (91, 5), (122, 5), (123, 6), (262, 9)]
)
def test_how_many_capitals_a_version_holds_at_level_m(capitals: int, version: int) -> None:
    assert qr.encode(("HTTPS://" + "ABCDEFGHIJ." * 30)[:capitals]).version == version


def test_one_capital_too_many() -> None:
    with pytest.raises(AddressTooLong):
        qr.encode(("HTTPS://" + "ABCDEFGHIJ." * 30)[:263])


def test_version_3_is_23_1_mm_as_the_label_standard_says(make_face: MakeFace) -> None:
    symbol = qr.encode(qr_text(make_face().address))
    assert (symbol.side_modules + 8) * symbol.module_dots == 185
    assert symbol.offset_dots == 20


def test_a_path_with_lower_case_is_kept_and_read(make_face: MakeFace) -> None:
    face = make_face(public_url="https://trace.example.cn/cold/Chain")
    (found,) = zxingcpp.read_barcodes(opened(face))
    assert found.text == face.address


def test_an_address_that_no_phone_would_read_is_refused(make_face: MakeFace) -> None:
    with pytest.raises(AddressTooLong) as refusal:
        render_png(make_face(public_url="https://" + "a" * 240 + ".cn"))
    assert refusal.value.code == "label_address_too_long"


def test_it_is_still_read_with_frost_on_it(make_face: MakeFace) -> None:
    face = make_face()
    image = opened(face).convert("L")
    ImageDraw.Draw(image).ellipse((100, 100, 128, 128), fill=255)
    (found,) = zxingcpp.read_barcodes(image)
    assert found.text == qr_text(face.address)


def layer(layout: Layout, index: int) -> Image.Image:
    image = Image.new("1", (480, 320), 255)
    png.draw_layout(image, Layout((), (layout.texts[index],)))
    return image


names = st.text(alphabet="冷冻去骨鸡腿肉（特级），Frozen Chicken 250g×12袋%…鰻〓", min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(names, names, names, names, st.sampled_from([None, 1, 17, 480, 12345, 1_000_000]))
def test_no_text_touches_another_nor_the_rules_nor_leaves_the_margin(
    name: str, specification: str, origin: str, station: str, piece_no: int | None
) -> None:
    face = make(
        piece_no, name=name, specification=specification, origin=origin, first_station=station, piece_count=1_000_000
    )
    sum_of_ink, drawn = 0, Image.new("1", (480, 320), 255)
    for layout in (common_layout(face), own_layout(face)):
        png.draw_layout(drawn, replace(layout, texts=()))
    sum_of_ink += drawn.convert("L").histogram()[0]
    for layout in (common_layout(face), own_layout(face)):
        for index in range(len(layout.texts)):
            one = layer(layout, index)
            sum_of_ink += one.convert("L").histogram()[0]
            drawn = ImageChops.logical_and(drawn, one)
    assert drawn.convert("L").histogram()[0] == sum_of_ink
    left, top, right, bottom = ink_box(drawn) or (0, 0, 0, 0)
    assert left >= 15  # a glyph may overhang its origin by a dot
    assert top >= 12
    assert right <= 465
    assert bottom <= 306
    assert ink_box(drawn.crop((16, 16, 205, 201))) is None  # the QR's square and a little more
    assert ink_box(drawn.crop((0, 209, 480, 213))) is None  # air above the upper rule
    assert ink_box(drawn.crop((0, 215, 480, 218))) is None
    assert ink_box(drawn.crop((0, 262, 480, 265))) is None


def test_a_short_name_leaves_room_for_the_specification(make_face: MakeFace) -> None:
    printed = words(make_face())
    assert printed[:3] == ["冷冻去骨鸡腿肉", "2 kg × 6 袋", "巴西"]
    assert {"生产 2020-11-06", "至 2022-11-05", "件", "17", "/ 480", "首站 北岭示例食品", "扫码看当前状态"} <= set(
        printed
    )


def test_a_long_name_takes_two_lines_and_the_specification_goes(make_face: MakeFace) -> None:
    printed = words(make_face(name="冷冻挪威大西洋三文鱼块"))
    assert "".join(printed[:2]) == "冷冻挪威大西洋三文鱼块"
    assert printed[2] == "巴西"
    assert "2 kg × 6 袋" not in printed


def test_a_longer_name_ends_in_an_ellipsis(make_face: MakeFace) -> None:
    first, second, *_ = words(make_face(name=LONG))
    assert second.endswith("…")
    assert LONG.startswith(first + second[:-1])
    assert len(first + second) > 12


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Frozen Boneless Chicken", "Frozen"),
        ("Unbreakablylongproductname", "Unbreakabl"),
        ("冷冻去骨鸡腿（特级）", "冷冻去骨鸡腿"),  # the opening bracket goes along
        ("冷冻去骨鸡腿肉，特级", "冷冻去骨鸡腿"),  # the comma does not start a line
    ],
)
def test_where_lines_break(text: str, first: str) -> None:
    lines = wrap(text, "bold", 4.0, 31.5 if text[0] != "U" else 23.5)
    assert lines[0].startswith(first[:6])
    assert not lines[1].startswith(tuple("，）。"))
    assert not lines[0].endswith("（")


@given(st.text(alphabet="冷冻aW，（ ", min_size=2, max_size=60), st.floats(10, 60))
def test_wrapped_lines_fit_and_begin_the_text(text: str, width_mm: float) -> None:
    text = fonts.clean(text)
    lines = wrap(text, "bold", 4.0, width_mm)
    assert 1 <= len(lines) <= 2
    assert all(fonts.width_em(line, "bold") * 4.0 <= width_mm + 1e-9 for line in lines)
    shown = "".join(lines).removesuffix("…").replace(" ", "")
    assert text.replace(" ", "").startswith(shown)
    assert shown == text.replace(" ", "") or lines[-1].endswith("…")


def test_fit_never_cuts_without_saying_so() -> None:
    assert fit("北岭示例食品", "regular", 2.4, 20) == "北岭示例食品"
    assert fit("北岭示例食品", "regular", 2.4, 10) == "北岭示…"


def test_a_long_first_station_takes_the_place_of_the_scan_words(make_face: MakeFace) -> None:
    printed = words(make_face(first_station="齐齐哈尔市北岭示例冷链食品有限公司"))
    assert "首站 齐齐哈尔市北岭示例冷链食品有限公司" in printed
    assert "扫码看当前状态" not in printed


def test_a_long_specification_is_shortened_before_the_origin(make_face: MakeFace) -> None:
    printed = words(make_face(specification="2 kg × 6 袋 × 12 托盘特级", origin="阿拉伯联合酋长国"))
    assert "阿拉伯联合酋长国" in printed
    assert not any("托盘" in line for line in printed)


def test_the_batch_label_has_no_piece_number(make_face: MakeFace) -> None:
    face = make_face(None)
    printed = words(face)
    assert BATCH_LABEL_WORD in printed
    assert "件" not in printed
    assert face.code[8:12] == "0000"


def test_a_trial_label_says_so_across_the_foot(make_face: MakeFace) -> None:
    assert TRIAL_WORDS == "仅供测试，不得使用"
    assert TRIAL_WORDS not in words(make_face())
    face = make_face(trial=True)
    assert TRIAL_WORDS in words(face)
    foot = opened(face).crop((16, 272, 464, 304)).convert("L").histogram()
    assert foot[0] > 0.75 * 448 * 32  # a black band
    assert foot[255] > 0.05 * 448 * 32  # with white words in it


def test_what_has_no_glyph_is_visible_and_reported(make_face: MakeFace) -> None:
    face = make_face(name="冷冻\U0002fffe鱼", first_station="北岭\ue000食品")
    assert unprintable(face) == ("\U0002fffe", "\ue000")
    assert render_png(face) == render_png(replace(face, name="冷冻〓鱼", first_station="北岭〓食品"))
    assert unprintable(make_face()) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"piece_no": 18},
        {"piece_no": None},
        {"piece_count": 16},
        {"address": "https://trace.example.cn/C/0000000000000"},
        {"code": "7K3M 9Q2X"},
    ],
)
def test_a_face_that_contradicts_itself_is_not_made(make_face: MakeFace, change: dict[str, object]) -> None:
    with pytest.raises((ValueError, InvalidLabelCode), match=r"code|piece|check"):
        replace(make_face(17), **change)  # type: ignore[arg-type]


def test_the_same_face_gives_the_same_bytes(make_face: MakeFace) -> None:
    assert render_png(make_face()) == render_png(make_face())
