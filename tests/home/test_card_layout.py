"""The printed card as a page: what doesn't fit is counted, nothing leaves the paper, every character has a glyph."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pypdfium2 as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.home import card_print
from coldchain.home.card_layout import lay_out, lines
from coldchain.home.card_parts import A4, A5, PAPERS, SIZES, Column, Face, Row, Rows, Section, cut, share_rows
from coldchain.labels import fonts
from coldchain.labels.qr import encode

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


def test_rows_are_shared_out_so_that_no_list_is_left_out() -> None:
    assert share_rows(10, [3, 0, 2], 2) == [3, 0, 2], "all that is wanted, no more"
    assert share_rows(9, [40, 1, 30], 2) == [4, 1, 4]
    assert share_rows(4, [40, 40], 2) == [2, 2]
    assert share_rows(-3, [40, 40], 2) == [2, 2], "the least is given even where there is no room"


def test_a_list_that_is_cut_says_how_many_there_are() -> None:
    more = "其余 {count} 项，扫码查看"
    assert [row.cells[0] for row in cut(rows(3), 3, more)] == ["冷冻去骨鸡腿肉0", "冷冻去骨鸡腿肉1", "冷冻去骨鸡腿肉2"]
    assert [row.cells for row in cut(rows(3), 2, more)][-1] == ("其余 2 项，扫码查看",)
    assert cut(rows(1_000), 60, more)[-1].cells == ("其余 941 项，扫码查看",)


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
    paper = SIZES[size]
    assert made.bottom_mm <= made.foot_mm
    for text in made.texts:
        end = text.x_mm + fonts.width_em(text.words, text.font) * text.size_mm
        assert paper.margin_mm - 0.01 <= text.x_mm, text
        assert end <= paper.width_mm - paper.margin_mm + 0.01, text
        assert text.y_mm <= paper.height_mm - paper.margin_mm + 0.01, text
        assert text.size_mm * 72 / 25.4 >= 8, f"smaller than 8 pt: {text}"


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
    import io

    import zxingcpp
    from PIL import Image

    image = Image.open(io.BytesIO(card_print.png(face(3), A5)))
    assert image.size[0] > 1_700
    assert image.mode == "L"
    (found,) = zxingcpp.read_barcodes(image)
    assert found.text == "HTTPS://TRACE.EXAMPLE/K/230203-7K3M-9QXD"
    assert encode(found.text).module_dots >= 3


def test_a_long_name_takes_three_lines_and_then_an_ellipsis() -> None:
    found = lines(LONG, "bold", 3.0, 100, 3)
    assert len(found) == 3
    assert found[-1].endswith("…")
    assert lines("短", "bold", 3.0, 100, 3) == ["短"]


def test_what_is_not_in_force_has_a_band_across_the_page() -> None:
    made = lay_out(face(1, band="已注销　本卡作废"), A5)
    white = [text for text in made.texts if text.white]
    assert [text.words for text in white] == ["已注销　本卡作废"]
    assert white[0].size_mm >= 6
    assert not [text for text in lay_out(face(1), A5).texts if text.white]


def test_cards_drawn_at_once_are_the_same_as_one_after_the_other() -> None:
    faces = [face(count, count * 3, name=f"并发示例{count}") for count in range(6)]
    alone = [card_print.pdf(each, A5) for each in faces]
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(lambda each: card_print.pdf(each, A5), faces))
    assert together == alone


def test_a_row_takes_two_lines_while_there_is_room_and_names_keep_their_ends() -> None:
    names = [
        f"北岭示例食品有限公司第二冷链物流中心进口冷链食品专用低温仓储配送中心{number}号库"
        for number in "一二三四五六七八九"
    ]
    cells = [Row((name, "进口专区 A1", "-18 ℃ ≥0 ℃", "欧阳建国 / 司马相如 / 王示例")) for name in names]
    columns = (Column("场所", 0.22), Column("库区", 0.4), Column("温度", 0.13), Column("库长", 0.25))
    page = lay_out(replace(face(), sections=(Section("场所和库区", columns, (Rows(cells[:2]),)),)), A5)
    said = "".join(text.words for text in page.texts)
    assert said.count("王示例") == 2, "the page is half empty: nothing of the stewards is cut"
    assert said.count("≥0 ℃") == 2
    assert page.bottom_mm <= page.foot_mm
    full = lay_out(replace(face(40), sections=(Section("场所", columns, (Rows(cells * 4),)),)), A5)
    shown = {text.words for text in full.texts if text.words.endswith("号库")}
    assert len(shown) == 9, shown
    assert full.bottom_mm <= full.foot_mm
