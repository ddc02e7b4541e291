"""The printed card as a page: what doesn't fit is counted, nothing leaves the paper, every character has a glyph."""

import io
import re
from concurrent.futures import ThreadPoolExecutor

import pypdfium2 as pdfium
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from coldchain.core.i18n import use_locale
from coldchain.home import card_print
from coldchain.home.card import Card
from coldchain.home.card_layout import lay_out
from coldchain.home.card_parts import A4, A5, PAPERS, SIZES, Column, Face, Heights, Page, Row, Rows, Section, cut, share
from coldchain.labels import fonts
from coldchain.labels.qr import encode
from tests.home import card_scenes

LONG = "齐齐哈尔市建华区㟃𬭎进口冷链食品批发零售仓储配送一体化综合服务（集团）股份有限公司第三十七分公司" * 4
COLUMNS = (Column("产品", 0.5), Column("状态", 0.3), Column("净重 kg", 0.2, right=True))


def rows(count: int, name: str = "冷冻去骨鸡腿肉", *, head: str = "") -> Rows:
    listed = [Row((f"{name}{number}", "待核验", "5,784"), (1, "wait")) for number in range(min(count, 60))]
    total = Row(("合计", "", "10,944")) if head else None
    return Rows(listed, count - len(listed), head, total)


def face(*counts: int, name: str = "北岭示例食品有限公司（虚构）", band: str = "", trial: bool = False) -> Face:
    sections = tuple(
        Section(
            f"部分{number}",
            COLUMNS,
            (rows(count), rows(count // 2, head="代存")) if number == 1 else (rows(count),),
            side="截至 2021-01-19 19:00",
            empty="没有",
        )
        for number, count in enumerate(counts)
    )
    return Face(
        title="进口冷链食品经营者监管卡", area="一户一卡 | 黑龙江省齐齐哈尔市建华区", number="230203-7K3M-9QXD",
        state="在册", state_mark="go", place=f"{name}所 | 截至 2021-01-19 19:00", band=band, name_label="名称",
        name=name,
        facts=((("信用代码", "91350100M000100Y43"), ("负责人", name)), (("地址", name), ("", ""))), sections=sections,
        foot_left="扫码看当前状态 | 纸面只是打印时的样子", foot_right="冷链溯源账 | 打印 2021-01-19 19:02",
        address="https://trace.example/K/230203-7K3M-9QXD", trial=trial,
    )  # fmt: skip


def test_rows_are_shared_out_by_what_they_take() -> None:
    even = lambda count, beyond=False: Heights([4.0] * count, beyond)  # noqa: E731
    assert share(40, [even(3), even(0), even(2)], 4) == [3, 0, 2], "all that there is"
    assert share(36, [even(40), even(1), even(30)], 4) == [3, 1, 3], "with a line each that says how many more"
    assert share(20, [Heights([30.0] * 3), even(3)], 4) == [0, 3], "what is too high leaves its room to the others"
    assert share(24, [Heights([8.0] * 4), even(9)], 4) == [1, 2], "the higher rows are the fewer"
    assert share(-3, [even(40), even(40)], 4) == [0, 0]
    assert share(8, [even(1, beyond=True)], 4) == [1]
    assert share(7, [even(1, beyond=True)], 4) == [0]


def test_a_list_that_is_cut_says_exactly_what_is_missing() -> None:
    more = "其余 {said}，扫码查看"
    assert [row.cells[0] for row in cut(rows(3), 3, more)] == ["冷冻去骨鸡腿肉0", "冷冻去骨鸡腿肉1", "冷冻去骨鸡腿肉2"]
    assert [row.cells for row in cut(rows(3), 1, more)][1:] == [("其余 2 项，扫码查看",)]
    assert cut(rows(1_000), 60, more)[-1].cells == ("其余 940 项，扫码查看",)
    sites = [Row(("库", "A1 A2"), tally=(("个场所", 1), ("个库区", 2))), Row(("", "A3"), tally=(("个库区", 1),))]
    assert cut(Rows(sites * 2), 3, more)[-1].cells == ("其余 1 个库区，扫码查看",)
    said = cut(Rows(sites * 2, 4, beyond_word="个场所"), 1, more)[-1].cells
    assert said == ("其余 4 个库区、5 个场所，扫码查看",)


def boxes(made: Page) -> list[tuple[float, float, float, float]]:
    """Return the box of each text, a little within its glyphs."""
    return [
        (
            text.x_mm, text.y_mm - 0.72 * text.size_mm,
            text.x_mm + fonts.width_em(text.words, text.font) * text.size_mm, text.y_mm + 0.05 * text.size_mm,
        )
        for text in made.texts if text.words
    ]  # fmt: skip


def assert_nothing_overlaps(made: Page) -> None:
    placed = boxes(made)
    (left, top), side = made.qr_mm, made.qr_side_mm
    quiet = 4 * side / 29
    placed.append(
        (left - quiet, top, left + side, top + side + (1.9 if not any(t.white for t in made.texts) else quiet))
    )
    for number, one in enumerate(placed):
        for other in placed[number + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (made.texts[number].words, one, other)


@given(
    counts=st.lists(st.integers(0, 200), min_size=1, max_size=5),
    name=st.sampled_from(["短", LONG]),
    band=st.sampled_from(["", "暂停经营　不得进货、发货、销售"]),
    trial=st.booleans(),
    size=st.sampled_from(PAPERS),
)
@settings(max_examples=25, deadline=None)
def test_nothing_leaves_the_paper(counts: list[int], name: str, band: str, trial: bool, size: str) -> None:
    made = lay_out(face(*counts, name=name, band=band, trial=trial), size)
    assert_inside(made, size)


def assert_inside(made: Page, size: str) -> None:
    paper = SIZES[size]
    assert made.bottom_mm <= made.foot_mm
    for text in made.texts:
        end = text.x_mm + fonts.width_em(text.words, text.font) * text.size_mm
        assert paper.margin_mm - 0.01 <= text.x_mm, text
        assert end <= paper.width_mm - paper.margin_mm + 0.01, text
        assert text.y_mm <= paper.height_mm - paper.margin_mm + 0.01, text
        assert text.size_mm * 72 / 25.4 >= 8, f"smaller than 8 pt: {text}"
    assert_nothing_overlaps(made)


@pytest.mark.parametrize("size", PAPERS)
def test_it_is_one_black_page_of_the_right_size_whose_text_is_there(size: str) -> None:
    content = card_print.pdf(face(40, 12, name="示例㟃𬭎" * 20), size)
    document = pdfium.PdfDocument(content)
    assert len(document) == 1
    width, height = (round(edge / 72 * 25.4) for edge in document[0].get_size())
    assert (width, height) == {A5: (148, 210), A4: (210, 297)}[size]
    said = document[0].get_textpage().get_text_bounded()
    document.close()
    assert "㟃" in said
    assert "其余" in said


def test_a_rare_character_is_drawn_and_not_left_blank() -> None:
    blank = card_print.png(face(name="示例　"), A5)
    assert len({card_print.png(face(name=f"示例{rare}"), A5) for rare in "㟃𬭎"} | {blank}) == 3
    assert fonts.unprintable("㟃𬭎") == ()


def test_a_character_without_a_glyph_is_a_mark_not_a_blank() -> None:
    made = lay_out(face(1, name="示例ᎠᏴ食品"), A5)
    assert "ᎠᏴ" not in "".join(words for text in made.texts for _font, words in fonts.runs(text.words, text.font))
    assert fonts.unprintable("示例ᎠᏴ食品") == ("Ꭰ", "Ᏼ")


def test_a_picture_is_drawn_from_the_same_page_and_its_code_is_read() -> None:
    image = Image.open(io.BytesIO(card_print.png(face(3), A5)))
    assert image.size[0] > 1_700
    assert image.mode == "L"
    (found,) = zxingcpp.read_barcodes(image)
    assert found.text == "HTTPS://TRACE.EXAMPLE/K/230203-7K3M-9QXD"
    assert encode(found.text).module_dots >= 3


def test_what_is_not_in_force_has_a_band_across_the_page() -> None:
    made = lay_out(face(1, band="已注销　本卡作废"), A5)
    white = [text for text in made.texts if text.white]
    assert [text.words for text in white] == ["已注销 本卡作废"]
    assert white[0].size_mm >= 6
    assert not [text for text in lay_out(face(1), A5).texts if text.white]


def test_cards_drawn_at_once_are_the_same_as_one_after_the_other() -> None:
    faces = [face(count, count * 3, name=f"并发示例{count}") for count in range(6)]
    alone = [card_print.pdf(each, A5) for each in faces]
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(lambda each: card_print.pdf(each, A5), faces))
    assert together == alone


SCENES = card_scenes.scenes()


def printed(card: Card, size: str, *, between: str = "") -> str:
    """Return the words of a printed card without blanks, on one line: where a line ends is no matter."""
    with use_locale("zh_CN"):
        said = card_scenes.face(card)
    return between.join("".join(text.words.split()) for text in lay_out(said, size).texts)


@pytest.mark.parametrize("size", PAPERS)
@pytest.mark.parametrize("name", SCENES)
def test_every_kind_of_card_keeps_to_its_paper(name: str, size: str) -> None:
    with use_locale("zh_CN"):
        made = lay_out(card_scenes.face(SCENES[name], trial=name == "overfull"), size)
    assert_inside(made, size)
    assert not [text for text in made.texts if text.y_mm > made.foot_mm and "…" in text.words], "the foot is whole"


@pytest.mark.parametrize(
    "name", ["empty", "provisional", "usual", "english", "longnames", "zones20", "suspended", "closed"]
)
def test_where_there_is_room_nothing_is_left_out_or_cut(name: str) -> None:
    card = SCENES[name]
    said = printed(card, A4)
    assert "…" not in said
    assert "其余" not in said
    named = [card.business.name, card.business.address or "", *(site["name"] for site in card.sites)]
    named += [steward.name or "" for listed in card.stewards.values() for steward in listed]
    named += [zone.code for site in card.sites for zone in site["zones"]]
    named += [goods.product.name for goods in (*card.own.goods, *card.kept.goods)]
    for each in named:
        assert "".join(each.split()) in said, each
    if "≥0℃" in said:
        assert "-18℃" in said


@pytest.mark.parametrize("size", PAPERS)
@pytest.mark.parametrize("name", ["usual", "zones20", "overfull", "partly"])
def test_where_there_is_none_it_says_exactly_how_many_more(name: str, size: str) -> None:
    card = SCENES[name]
    said = printed(card, size, between="\n")
    part = {
        title: said[said.index(title) : said.index(following) if following else None]
        for title, following in (
            ("场所和库区", "\n在库\n"),
            ("\n在库\n", "最近检查"),
            ("最近检查", "未结问题"),
            ("未结问题", ""),
        )
    }

    def beyond(text: str, word: str) -> int:
        found = re.search(rf"其余[^，]*?(\d+){word}", text)
        return int(found[1]) if found else 0

    places = part["场所和库区"]
    zones = [zone.code for site in card.sites for zone in site["zones"]]
    codes = re.findall(r"Z\d+-\d+?(?=\D)", places)
    assert len(codes) + beyond(places, "个库区") == len(zones)
    sites = [site for site in card.sites if site["zones"][0].code in codes]
    assert len(sites) + beyond(places, "个场所") == len(card.sites) + card.sites_beyond
    own, kept = part["\n在库\n"].split("代存（他人货物）")
    for listed, stock in ((own, card.own), (kept, card.kept)):
        assert len(re.findall(r"\d{4}9Q2X", listed)) + beyond(listed, "项") == stock.lines
    checks = part["最近检查"]
    assert checks.count("检查：") + checks.count("检测：") + beyond(checks, "项") == len(card.checks) + len(card.tested)
    still = part["未结问题"]
    whole = len(card.findings) + card.own.held_lines + len(card.lacking) + card.lacking_beyond
    assert still.count("待整改") + len(re.findall(r"\d{4}9Q2X", still)) + beyond(still, "项") == whole


def test_the_larger_paper_shows_more() -> None:
    small, large = (len(re.findall(r"\d{4}9Q2X", printed(SCENES["overfull"], size))) for size in (A5, A4))
    assert large > small


def test_the_code_is_read_off_the_print_at_150_dpi() -> None:
    """Also beside the black band of a card that isn't in force: there is quiet around it."""
    for name, size in (("suspended", A5), ("overfull", A5), ("halted", A4)):
        with use_locale("zh_CN"):
            content = card_print.pdf(card_scenes.face(SCENES[name]), size)
        document = pdfium.PdfDocument(content)
        image = document[0].render(scale=150 / 72, grayscale=True).to_pil()
        document.close()
        (found,) = zxingcpp.read_barcodes(image)
        assert found.text == "HTTPS://TRACE.EXAMPLE.CN/K/230203-7K3M-9QXD"
        assert card_print.lay_out(face(1), size).qr_side_mm >= 20
