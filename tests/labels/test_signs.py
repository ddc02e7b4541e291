"""Signs of places and of stewards as they come out of a printer: a scanner reads them, nothing runs over an edge."""

from io import BytesIO

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from coldchain.core.i18n import use_locale
from coldchain.core.sign_code import new_sign_code
from coldchain.labels import fonts, sign, sign_layout
from coldchain.labels.code import qr_text
from coldchain.registry.words import TEMPERATURE_CLASSES

CODE = new_sign_code("site", 0x2A2B3C4D5E6F)
ADDRESS = "https://trace.example.cn/C/" + CODE
ZH = "齐齐哈尔市建华区北岭示例进口冷链食品批发零售仓储配送一体化综合服务（集团）股份有限公司第三十七分公司（虚构）"
EN = "Northern Ridge Example Imported Frozen and Chilled Foods Wholesale, Storage and Distribution Company Limited"
ROAD = "黑龙江省齐齐哈尔市建华区中华示例路与文化示例大街交叉口向东二百米路南北岭示例冷链物流园区（一期）" * 4
LONG = "北岭示例食品有限公司第二冷链物流中心进口冷链食品专用低温仓储及分拨配送中心（一期）南区（虚构）" * 2
DUTIES = "辖区内冷库底数清、情况明；督促冷库登记进出货、落实消毒检测；发现问题及时上报并协助处置。" * 4


def place(
    name: str = "示例冷库", *, trial: bool = False, address: str = ADDRESS,
    lines: tuple[str, ...] = ("北岭示例食品有限公司（虚构）", "建华区中华示例路 2 号（虚构）"),
) -> sign.Drawn:  # fmt: skip
    purpose = ("扫码：谁在这里经营", "Scan")
    return sign_layout.place(sign.SignFace("冷库", name, lines, purpose, CODE, address, trial, "2021-02-02"))


def stewards(
    name: str | None = "张示例", phone: str | None = "0832-0000001", *, long: bool = False, duties: str = "",
    store: str = "示例冷库", trial: bool = False,
) -> sign.Drawn:  # fmt: skip
    said = duties or (DUTIES if long else DUTIES[:40])
    posts = ("属地库长", "行业库长", "企业库长")
    return sign_layout.stewards(
        sign.StewardsFace(
            LONG if long else store, LONG if long else "示例食品",
            tuple(sign.Duty(post, name, phone, said) for post in posts), "2021-02-02", CODE, ADDRESS, trial=trial,
        )
    )  # fmt: skip


def joined(drawn: sign.Drawn) -> str:
    """Return the words of a sign on one line without blanks: where a line ends is no matter."""
    return "".join("".join(text.words for text in drawn.layout.texts).split())


def words(drawn: sign.Drawn) -> str:
    return "\n".join(text.words for text in drawn.layout.texts)


def _temperatures() -> list[str]:
    with use_locale("zh_CN"):
        return [str(word) for word in TEMPERATURE_CLASSES.values()]


ALL = [
    place(), place(LONG, trial=True), place("龘" * 60), place(address="https://a.very.long.example.org/base/C/" + CODE),
    place("A1"), place(ZH, lines=(ZH, ROAD)), place(EN, lines=(EN, ROAD), trial=True),
    stewards(ZH, "13800000000", store=EN), stewards(trial=True), stewards(),
    stewards("欧阳示例" * 20, "13800000000" * 3, long=True), stewards(None, None),
]  # fmt: skip


@pytest.mark.parametrize("drawn", ALL)
def test_nothing_runs_over_an_edge_or_into_anything_else(drawn: sign.Drawn) -> None:
    assert_inside(drawn)


def assert_inside(drawn: sign.Drawn) -> None:
    left, top, side = drawn.symbol
    assert top + side <= sign.HEIGHT_MM - (14 if "仅供测试" in words(drawn) else 4)
    boxes = [
        (t.x_mm, t.y_mm - 0.72 * t.size_mm, t.x_mm + fonts.width_em(t.words, t.font) * t.size_mm, t.y_mm)
        for t in drawn.layout.texts
    ]
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (drawn.layout.texts[number].words, one, other)
    for text in drawn.layout.texts:
        width = fonts.width_em(text.words, text.font) * text.size_mm
        assert text.x_mm >= 8, text.words
        assert text.x_mm + width <= sign.WIDTH_MM - 8, text.words
        assert 0 < text.y_mm < sign.HEIGHT_MM
        beside = text.x_mm + width <= left or text.x_mm >= left + side
        outside = text.y_mm <= top or text.y_mm - text.size_mm >= top + side
        assert beside or outside, text.words


@pytest.mark.parametrize("locale_words", _temperatures())
def test_no_sign_of_a_zone_prints_the_mark_of_a_missing_glyph(locale_words: str) -> None:
    drawn = sign_layout.place(
        sign.SignFace("进口专区", "A1−2", ("示例冷库", locale_words), ("扫码",), CODE, ADDRESS, trial=False)
    )
    document = pypdfium2.PdfDocument(sign.pdf([drawn], "a4"))
    printed = document[0].get_textpage().get_text_bounded()
    document.close()
    assert fonts.GETA not in printed
    assert locale_words.replace("\u2212", "-") in printed
    assert "A1-2" in printed


@pytest.mark.parametrize("size", ["a4", "a5"])
@pytest.mark.parametrize("drawn", [ALL[0], ALL[3], ALL[5], ALL[9]])
def test_a_scanner_reads_the_pdf_and_the_picture(drawn: sign.Drawn, size: sign.Size) -> None:
    content = sign.pdf([drawn], size)
    assert content == sign.pdf([drawn], size)
    with pypdfium2.PdfDocument(content) as document:
        assert len(document) == 1
        mm = tuple(round(edge / 72 * 25.4, 1) for edge in document[0].get_size())
        page = document[0].render(scale=2).to_pil().convert("L")
        text = document[0].get_textpage()
        printed = text.get_text_bounded()
        text.close()
    assert mm == sign.SIZES[size]
    assert f"{CODE[:4]} {CODE[4:8]} {CODE[8:]}" in printed
    picture = Image.open(BytesIO(sign.picture(drawn, size)))
    assert picture.mode == "1"
    assert round(picture.info["dpi"][0]) == 203
    for image in (page, picture.convert("L")):
        (found,) = zxingcpp.read_barcodes(image)
        assert found.text == qr_text(drawn.address)


def test_a_trial_address_says_so() -> None:
    assert "仅供测试，不得使用" in words(ALL[1])
    assert "仅供测试" not in words(ALL[0])


@pytest.mark.parametrize("name", [ZH, EN, LONG])
def test_long_names_and_addresses_stand_there_in_full(name: str) -> None:
    """Names of the longest kind there are, addresses of 200 characters: smaller and on more lines, and never cut."""
    for drawn in (place(name, lines=(name, ROAD)), stewards(name, "13800000000", store=name)):
        said = joined(drawn)
        assert "…" not in said
        assert "".join(name.split()) in said
        assert min(text.size_mm for text in drawn.layout.texts) >= sign_layout.LEAST_MM
        assert drawn.symbol[2] >= 40
    assert "".join(ROAD.split()) in joined(place(name, lines=(name, ROAD)))


def test_a_word_is_not_broken_while_a_smaller_size_has_room_for_it() -> None:
    assert "IMPORT-DEDICATED-2-NORTH-A1" in words(place("IMPORT-DEDICATED-2-NORTH-A1"))


def test_a_short_name_is_large() -> None:
    sizes = {text.words: text.size_mm for text in place("A1").layout.texts}
    assert sizes["A1"] >= 20
    assert sizes["截至 2021-02-02，以扫码所见为准"] >= 4


def test_what_has_no_room_even_at_the_least_size_ends_in_an_ellipsis() -> None:
    drawn = place("龘" * 200, lines=("龘" * 900, "龘" * 900))
    assert "…" in words(drawn)
    assert_inside(drawn)


def test_a_post_that_nobody_holds_says_so() -> None:
    assert words(stewards(None, None)).count("空缺") == 3
    assert "电话" not in words(stewards("张示例", None))
    assert words(stewards()).count("电话 0832-0000001") == 3


def test_all_duties_are_there_while_there_is_room() -> None:
    assert joined(stewards(long=True)).count(DUTIES) == 3
    assert "…" in words(stewards(duties=DUTIES * 9))
    assert_inside(stewards(duties=DUTIES * 9))


@pytest.mark.parametrize("phone", [None, "0832-0000001"])
def test_a_long_name_of_a_steward_stands_there_in_full(phone: str | None) -> None:
    name = "阿依古丽·买买提·吐尔逊江·阿卜杜拉"
    assert joined(stewards(name, phone)).count(name) == 3
