"""A font without a glyph prints a blank and says nothing: so each character that labels need is looked at for ink."""

import hashlib

import pytest
from babel import Locale
from PIL import ImageFont

from coldchain.labels import fonts
from coldchain.labels.fonts import FontName

ASCII = "".join(map(chr, range(0x21, 0x7F)))
# Names of the trade beyond the frequent characters: fish, shellfish, cuts, scientific and brand signs.
TRADE = "鳕鲽鲅鲷鳗鲳鱿鲑鲶鳎鳟鲭鲱鲔鲣鲈鳜鮟鱇魟鲆鲹鲯鳅蛏蚬蛤蚝鲍虾蟹螯鳌牦羔腩腱胗肫脯蹄膘"
SIGNS = "℃×·％‰㎏㎎①②Ⅱéñüçøåã（）《》【】“”、；：—…±≤≥°"
WORDS = "生产至件首站扫码看当前状态散货牌仅供测试，不得使用打印批次页对位"


def frequent(lead_first: int, lead_last: int) -> str:
    """Characters of GB 2312 rows by their lead bytes; level 1 (3,755 frequent ones) is 0xB0-0xD7, level 2 0xD8-0xF7."""
    found = []
    for lead in range(lead_first, lead_last + 1):
        for trail in range(0xA1, 0xFF):
            try:
                found.append(bytes((lead, trail)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return "".join(found)


def countries() -> str:
    return "".join(sorted(set("".join(name for code, name in Locale("zh").territories.items() if code.isalpha()))))


@pytest.mark.parametrize("font", ["regular", "bold"])
def test_every_frequent_character_has_a_glyph_with_ink(font: FontName) -> None:
    level_1 = frequent(0xB0, 0xD7)
    assert len(level_1) == 3755
    needed = dict.fromkeys(ASCII + WORDS + TRADE + SIGNS + countries() + level_1 + frequent(0xD8, 0xF7) + fonts.GETA)
    needed.pop(" ", None)
    face = ImageFont.truetype(str(fonts.path(font)), 16, layout_engine=ImageFont.Layout.BASIC)
    blank = [c for c in needed if fonts.runs(c, font) != ((font, c),) or face.getmask(c).getbbox() is None]
    assert blank == []


def test_the_mono_font_has_every_symbol_of_a_code_with_ink_and_one_width() -> None:
    face = ImageFont.truetype(str(fonts.path("mono")), 33, layout_engine=ImageFont.Layout.BASIC)
    assert all(fonts.runs(c, "mono") == (("mono", c),) and face.getmask(c).getbbox() for c in ASCII)
    assert len({round(fonts.width_em(c, "mono"), 4) for c in ASCII + " "}) == 1


def test_figures_are_tabular() -> None:
    for font in ("regular", "bold"):
        assert len({fonts.width_em(figure, font) for figure in "0123456789"}) == 1


def test_a_character_without_a_glyph_is_a_geta_and_reported_once() -> None:
    strange = "鸡\U0002fffe腿\U0002fffe\ue000"
    assert fonts.unprintable(strange) == ("\U0002fffe", "\ue000")
    assert "".join(words for _, words in fonts.runs(strange, "bold")) == "鸡〓腿〓〓"


def test_bold_borrows_from_regular_before_it_gives_up() -> None:
    assert fonts.runs("鸡雞肉", "bold") == (("bold", "鸡"), ("regular", "雞"), ("bold", "肉"))
    assert fonts.unprintable("雞") == ()


def test_clean_keeps_what_is_visible_on_one_line() -> None:
    assert fonts.clean(" 鸡\u3000腿\n\t肉\u200b\ufe0f\u00ad ") == "鸡 腿 肉"
    assert fonts.unprintable("鸡\u200b腿\ufe0f") == ()


def test_the_files_are_those_of_the_sums_with_their_licences() -> None:
    folder = fonts.path("regular").parent
    sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert {"OFL.txt", "LICENSE_DEJAVU.txt"} < set(sums)
    assert {path.name for path in folder.glob("*.ttf")} < set(sums)
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    assert "SIL Open Font License, Version 1.1" in (folder / "OFL.txt").read_text()
    assert sum(path.stat().st_size for path in folder.glob("*.ttf")) < 8_000_000
