"""Signs of places and of stewards as they come out of a printer: a scanner reads them, nothing runs over an edge."""

from io import BytesIO

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from coldchain.core.i18n import use_locale
from coldchain.core.sign_code import new_sign_code
from coldchain.labels import fonts, sign
from coldchain.labels.code import qr_text
from coldchain.registry.words import TEMPERATURE_CLASSES

CODE = new_sign_code("site", 0x2A2B3C4D5E6F)
ADDRESS = "https://trace.example.cn/C/" + CODE
LONG = "北岭示例食品有限公司第二冷链物流中心进口冷链食品专用低温仓储及分拨配送中心（一期）南区（虚构）" * 2
DUTIES = "辖区内冷库底数清、情况明；督促冷库登记进出货、落实消毒检测；发现问题及时上报并协助处置。" * 4


def place(name: str = "示例冷库", *, trial: bool = False, address: str = ADDRESS) -> sign.Drawn:
    lines = ("北岭示例食品有限公司（虚构）", "建华区中华示例路 2 号（虚构）")
    return sign.place(sign.SignFace("冷库", name, lines, ("扫码：谁在这里经营", "Scan"), CODE, address, trial))


def stewards(name: str | None = "张示例", phone: str | None = "0832-0000001", *, long: bool = False) -> sign.Drawn:
    duties = DUTIES if long else DUTIES[:40]
    posts = ("属地库长", "行业库长", "企业库长")
    return sign.stewards(
        sign.StewardsFace(
            LONG if long else "示例冷库", LONG if long else "示例食品",
            tuple(sign.Duty(post, name, phone, duties) for post in posts), "2021-02-02", CODE, ADDRESS, trial=False,
        )
    )  # fmt: skip


def words(drawn: sign.Drawn) -> str:
    return "\n".join(text.words for text in drawn.layout.texts)


def _temperatures() -> list[str]:
    with use_locale("zh_CN"):
        return [str(word) for word in TEMPERATURE_CLASSES.values()]


ALL = [
    place(), place(LONG, trial=True), place("龘" * 60), place(address="https://a.very.long.example.org/base/C/" + CODE),
    stewards(), stewards("欧阳示例" * 20, "13800000000" * 3, long=True), stewards(None, None),
]  # fmt: skip


@pytest.mark.parametrize("drawn", ALL)
def test_nothing_runs_over_an_edge_or_into_the_square(drawn: sign.Drawn) -> None:
    left, top, side = drawn.symbol
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
    drawn = sign.place(
        sign.SignFace("进口专区", "A1−2", ("示例冷库", locale_words), ("扫码",), CODE, ADDRESS, trial=False)
    )
    document = pypdfium2.PdfDocument(sign.pdf([drawn], "a4"))
    printed = document[0].get_textpage().get_text_bounded()
    document.close()
    assert fonts.GETA not in printed
    assert locale_words.replace("\u2212", "-") in printed
    assert "A1-2" in printed


@pytest.mark.parametrize("size", ["a4", "a5"])
@pytest.mark.parametrize("drawn", [ALL[0], ALL[3], ALL[4]])
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


def test_a_trial_address_says_so_and_a_long_name_ends_in_an_ellipsis() -> None:
    assert "仅供测试，不得使用" in words(ALL[1])
    assert "仅供测试" not in words(ALL[0])
    assert "…" in words(ALL[1])
    assert "〓" not in words(ALL[1])


def test_a_post_that_nobody_holds_says_so() -> None:
    assert words(stewards(None, None)).count("空缺") == 3
    assert "电话" not in words(stewards("张示例", None))
    assert words(stewards()).count("电话 0832-0000001") == 3


def test_duties_take_four_lines_and_no_more() -> None:
    assert len(sign.lines(DUTIES, "regular", 5.4, 178, 4)) == 4
    assert sign.lines(DUTIES, "regular", 5.4, 178, 4)[-1].endswith("…")
    assert sign.lines("短", "regular", 5.4, 178, 4) == ["短"]
    assert sign.lines("", "regular", 5.4, 178, 4) == []


@pytest.mark.parametrize("phone", [None, "0832-0000001"])
def test_a_long_name_of_a_steward_stands_there_in_full(phone: str | None) -> None:
    name = "阿依古丽·买买提·吐尔逊江·阿卜杜拉"
    assert words(stewards(name, phone)).count(name) == 3
