"""The label fonts: which characters they have, how wide these are, and what is printed where none of them has a glyph.

Bold has fewer characters than regular; a character that only regular has is printed in regular, one that neither has as
〓 (geta), never as a blank. Origin and licences of the files: docs/decisions/0004-label-font.md; `tools/build_font.py`
rebuilds them.
"""

import unicodedata
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FontName = Literal["regular", "bold", "mono"]
GETA = "〓"
_MINUS = str.maketrans({"\u2212": "-"})

_FOLDER = Path(__file__).parent
_FILES: dict[FontName, str] = {
    "regular": "NotoSansSC-Regular.ttf",
    "bold": "NotoSansSC-Bold.ttf",
    "mono": "DejaVuSansMono-Bold.ttf",
}


def path(font: FontName) -> Path:
    """Return the TrueType file of a font."""
    return _FOLDER / _FILES[font]


@lru_cache(maxsize=1)
def _loaded() -> dict[FontName, Any]:
    fonts: dict[FontName, Any] = {}
    for name in _FILES:
        fonts[name] = TTFont(pdf_name(name), str(path(name)))
        pdfmetrics.registerFont(fonts[name])
    return fonts


def pdf_name(font: FontName) -> str:
    """Return the name under which reportlab knows the font once anything here was measured."""
    return f"coldchain-{font}"


def _has(font: FontName, character: str) -> bool:
    return ord(character) in _loaded()[font].face.charToGlyph


def clean(text: str) -> str:
    """Return `text` on one line: runs of blanks as one blank, without characters that are invisible by definition.

    No font has a minus sign: it is printed as a hyphen, like −18 ℃.
    """
    visible = (
        c for c in text if c.isspace() or not (unicodedata.category(c) in {"Cf", "Cc"} or _is_variation_selector(c))
    )
    return " ".join("".join(visible).translate(_MINUS).split())


def _is_variation_selector(character: str) -> bool:
    return 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF


def unprintable(text: str) -> tuple[str, ...]:
    """Return the characters of cleaned `text`, each once in order, that no label font has: they are printed as 〓."""
    return tuple(dict.fromkeys(c for c in clean(text) if not _has("regular", c)))


@lru_cache(maxsize=4096)
def runs(text: str, font: FontName) -> tuple[tuple[FontName, str], ...]:
    """Return `text` cut into (font, text) runs in which every character has a glyph."""
    chosen: list[tuple[FontName, str]] = []
    for character in text:
        if _has(font, character):
            chosen.append((font, character))
        elif _has("regular", character):
            chosen.append(("regular", character))
        else:
            chosen.append((font if _has(font, GETA) else "regular", GETA))
    return tuple((name, "".join(c for _, c in group)) for name, group in groupby(chosen, key=lambda pair: pair[0]))


def width_em(text: str, font: FontName) -> float:
    """Return the advance width of `text` in units of the font size."""
    thousandths = 0.0
    for name, run in runs(text, font):
        widths = _loaded()[name].face.charWidths
        thousandths += sum(widths[ord(character)] for character in run)
    return thousandths / 1000
