"""Text: what may not enter, how names are compared, what a search box means."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain.core.text import (
    SYNONYMS,
    TextError,
    bigrams,
    clean,
    normalise_name,
    pinyin_initials,
    search_key,
    search_terms,
)

BIDI = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]


def code_of(text, **kwargs):
    with pytest.raises(TextError) as caught:
        clean(text, **kwargs)
    return caught.value.code


class TestClean:
    @pytest.mark.parametrize("point", BIDI)
    def test_bidi_controls_are_refused(self, point):
        assert code_of(f"示例{chr(point)}公司") == "text_bidi"

    @pytest.mark.parametrize("point", [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029])
    def test_controls_are_refused(self, point):
        assert code_of(f"示例{chr(point)}公司") == "text_control"

    @pytest.mark.parametrize("point", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
    def test_surrogates_are_refused(self, point):
        assert code_of(f"示例{chr(point)}") == "text_surrogate"

    def test_neighbours_of_what_is_refused_pass(self):
        for point in (0x2029 + 0x06, 0x2065 + 0x0B, 0xD7FB, 0xE000, 0xA1):
            assert clean(f"a{chr(point)}b")

    def test_the_place_is_said(self):
        with pytest.raises(TextError, match=r"Character 3 turns the writing direction \(U\+202E\)"):
            clean("示例\u202e公司")

    def test_nfc_and_ends(self):
        assert clean("  Cafe\u0301 　") == "Café"
        assert clean("示例（虚构）") == "示例（虚构）"  # full-width signs are kept as they were typed
        assert clean("😀 👨‍👩‍👧") == "😀 👨‍👩‍👧"

    def test_lines_only_where_there_may_be_lines(self):
        assert clean("一\r\n二\r三\n四\t五", multiline=True) == "一\n二\n三\n四\t五"
        assert code_of("一\x0b二", multiline=True) == "text_control"
        assert code_of("一\n二") == "text_control"

    @given(st.text())
    def test_what_passes_is_stable_and_can_be_stored(self, text):
        try:
            kept = clean(text)
        except TextError:
            return
        assert clean(kept) == kept
        assert unicodedata.is_normalized("NFC", kept)
        assert kept.encode("utf-8").decode("utf-8") == kept
        assert "\0" not in kept


class TestNormaliseName:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("示例 食品有限公司", "示例食品有限公司"),
            ("示例食品（北京）有限公司", "示例食品(北京)有限公司"),
            ("ＡＢＣ冷库", "abc冷库"),
            ("示例·食品", "示例食品"),
            ("示例\u200b食品", "示例食品"),
            ("STRASSE", "straße"),
            ("12号　冷库", "１２号冷库"),
        ],
    )
    def test_same_name(self, one, other):
        assert normalise_name(one) == normalise_name(other)

    def test_other_names_stay_apart(self):
        assert normalise_name("示例食品1号") != normalise_name("示例食品2号")
        assert normalise_name("示例冻库") != normalise_name("示例冷库")  # synonyms are for searching only

    @given(st.text())
    def test_twice_is_once(self, text):
        assert normalise_name(normalise_name(text)) == normalise_name(text)


class TestSearch:
    def test_synonyms(self):
        assert search_key("华博冻库") == search_key("华博 冷库")
        assert search_terms("冻库 星光农贸市场") == ("冷库", "星光市场")

    def test_no_synonym_hides_another(self):
        """A synonym's stand-in is no synonym itself, and no longer word is spoilt by a shorter one before it."""
        words = list(SYNONYMS)
        for place, word in enumerate(words):
            assert SYNONYMS[word] not in SYNONYMS
            assert not any(shorter in word and shorter != word for shorter in words[:place])

    def test_terms(self):
        assert search_terms("  ") == ()
        assert search_terms("CSQU-3054383　北岭 北岭") == ("csqu3054383", "北岭")
        assert len(search_terms(" ".join(f"a{i}" for i in range(50)))) == 8

    @given(st.text())
    def test_any_text(self, text):
        for term in search_terms(text):
            assert term
            assert term == search_key(term)

    def test_bigrams(self):
        assert bigrams("华博冷库") == ("华博", "博冷", "冷库")
        assert bigrams("示例摊12号") == ("示例", "例摊", "12", "号")
        assert bigrams("l201106") == ("l201106",)
        assert bigrams("") == ()

    @given(st.text("冷库华博甲乙ab12", max_size=20))
    def test_bigrams_of_a_part_of_a_chinese_run_are_among_those_of_the_whole(self, text):
        whole = set(bigrams(search_key("冷链" + text)))
        assert {"冷链"} <= whole


class TestPinyin:
    def test_initials(self):
        assert pinyin_initials("华博冷库A1") == "hblka1"
        assert pinyin_initials("齐齐哈尔市 建华区") == "qqhesjhq"
        assert pinyin_initials("") == ""

    @given(st.text(max_size=40))
    def test_only_letters_and_digits(self, text):
        initials = pinyin_initials(text)
        assert initials == "" or (initials.isascii() and initials.isalnum())
