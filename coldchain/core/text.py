"""Text as people type it: what we refuse, how we keep it, and how we compare it.

`clean` is the one door for text into the books. `normalise_name` and `search_terms` are for finding, never for
keeping: what an officer reads back is what was typed. Pure: no database, no framework.
"""

import re
import unicodedata
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType

from pypinyin import Style, lazy_pinyin

Param = str | int

BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LINE_CONTROLS = frozenset("\n\r\t")  # what a text of several lines may hold
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")  # soft hyphen, zero width, marks: kept out of comparisons
_SEPARATORS = re.compile(r"[\s\-_·・.,，。、/\\()（）〔〕\[\]【】'\"“”‘’:：;；|｜]+")
_WORDS = re.compile(r"[0-9a-z]+|[^0-9a-z]+")

# Words that people use for one thing; the first is what the others become when something is looked for (never when
# it is kept). Sorted so that a longer word is replaced before a shorter one inside it.
SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "冷冻仓库": "冷库",
        "冷藏库": "冷库",
        "冷冻库": "冷库",
        "冻库": "冷库",
        "农贸市场": "市场",
        "菜市场": "市场",
        "超级市场": "超市",
        "有限责任公司": "有限公司",
        "股份有限公司": "有限公司",
        "冷鲜": "冷藏",
        "鸡大腿": "鸡腿",
    }
)


class TextError(ValueError):
    """Text that may not enter the books: `code` is stable, `message` an English message id, `params` fill it."""

    def __init__(self, code: str, message: str, params: Mapping[str, Param] | None = None):
        """Keep the parts apart, so that the edge can translate the message before it fills it."""
        self.code = code
        self.message = message
        self.params: Mapping[str, Param] = MappingProxyType(dict(params or {}))
        super().__init__(message.format_map(self.params))


def clean(text: str, *, multiline: bool = False) -> str:
    """Return `text` in NFC without blanks at its ends and with line ends as one line feed.

    Raises TextError: `text_surrogate`, `text_bidi`, `text_control`, each naming the character and its place. Tabs and
    line ends are controls too, unless the text is `multiline`.
    """
    for place, sign in enumerate(text, start=1):
        if "\ud800" <= sign <= "\udfff":
            raise TextError(
                "text_surrogate", "Character {place} is half of a character (U+{code})", _where(place, sign)
            )
        if sign in BIDI_CONTROLS:
            raise TextError(
                "text_bidi", "Character {place} turns the writing direction (U+{code}); remove it", _where(place, sign)
            )
        control = unicodedata.category(sign) == "Cc" or sign in "\u2028\u2029"
        if control and not (multiline and sign in LINE_CONTROLS):
            raise TextError("text_control", "Character {place} is a control (U+{code}); remove it", _where(place, sign))
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def is_blank(text: str) -> bool:
    """Say whether a text shows nothing: blanks, zero-width signs and marks without a letter to stand on."""
    return all(unicodedata.category(sign) in {"Cf", "Cc", "Mn", "Me", "Mc", "Zs", "Zl", "Zp"} for sign in text)


def _where(place: int, sign: str) -> dict[str, Param]:
    """Return the place (from 1) and the code point, as a message shows them."""
    return {"place": place, "code": f"{ord(sign):04X}"}


def normalise_name(text: str) -> str:
    """Return the form by which two names are compared: NFKC, casefolded, without blanks, separators and marks."""
    before = None
    while text != before:  # taking a blank away can let an accent join its letter: go on until nothing changes
        before = text
        text = _SEPARATORS.sub("", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).casefold()))
    return text


def replace_synonyms(normalised: str) -> str:
    """Return a normalised text with every synonym replaced by the word that stands for it (冻库 becomes 冷库)."""
    for word, standing in SYNONYMS.items():
        normalised = normalised.replace(word, standing)
    return normalised


def search_key(text: str) -> str:
    """Return the form in which a text is kept beside its row to be found: normalised, synonyms replaced."""
    return replace_synonyms(normalise_name(text))


def looked_for(typed: str, limit: int) -> str:
    """Return what was typed into a search box, trimmed, at most `limit` signs, without those that no text here has."""
    return "".join(sign for sign in typed if sign.isprintable() or sign.isspace()).strip()[:limit]


def search_terms(query: str, *, limit: int = 8) -> tuple[str, ...]:
    """Return the terms of a search box, at most `limit`, in order and each once, in the form of `search_key`.

    Blanks, full-width ones too, part terms; what stands without a blank stays one term: 华博冷库 is found as written.
    """
    parts = unicodedata.normalize("NFKC", query).split()
    return tuple(dict.fromkeys(key for part in parts if (key := search_key(part))))[:limit]


def bigrams(key: str) -> tuple[str, ...]:
    """Return the index terms of a `search_key`: pairs of neighbours in Chinese runs, whole words of letters and digits.

    A Chinese run of one sign gives that sign.
    """
    terms: list[str] = []
    for run in _WORDS.findall(key):
        if len(run) == 1 or run.isascii():
            terms.append(run)
        else:
            terms.extend(a + b for a, b in pairwise(run))
    return tuple(dict.fromkeys(terms))


def pinyin_initials(text: str) -> str:
    """Return the first letters of the pinyin of each Chinese sign, other letters and digits as they are.

    "华博冷库A1" gives "hblka1".
    """
    parts = lazy_pinyin(normalise_name(text), style=Style.FIRST_LETTER, errors="default")
    return "".join(sign for sign in "".join(parts) if sign.isascii() and sign.isalnum()).lower()
