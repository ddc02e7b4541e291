"""Pure: words on as many lines as they need, and how small they may become before anything of them is cut."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from coldchain.labels import fonts
from coldchain.labels.face import fit, may_break
from coldchain.labels.fonts import FontName

ELLIPSIS: Final = "…"
_NOT_FIRST: Final = frozenset("/|℃·・")  # separators stay with what they follow, a unit with its figure
_SEPARATORS: Final = ("/", "|")
_WIDE: Final = "\u2e80"  # from here on characters stand beside each other without blanks
_BLANK_FROM: Final = 0.55  # a line rather ends at a blank when that leaves it at least so full


@lru_cache(maxsize=16384)
def _em(character: str, font: FontName) -> float:
    return fonts.width_em(character, font)


def width_mm(text: str, font: FontName, size_mm: float) -> float:
    """Return how wide `text` is."""
    return fonts.width_em(text, font) * size_mm


def flow(text: str, font: FontName, size_mm: float, room_mm: float) -> list[str]:
    """Return `text` on as many lines of a width as it needs; a word longer than a line is broken, a line break kept."""
    if "\n" in text:
        return [line for part in text.split("\n") for line in flow(part, font, size_mm, room_mm)]
    if width_mm(text, font, size_mm) <= room_mm:
        return [text]
    found, start = list[str](), 0
    while start < len(text):
        end = _line_end(text, start, font, room_mm / size_mm)
        found.append(text[start:end].rstrip())
        start = end
        while start < len(text) and text[start] == " ":
            start += 1
    return found


def _line_end(text: str, start: int, font: FontName, room_em: float) -> int:
    """Return where a line that begins at `start` ends: behind a separator, at a blank, between two characters."""
    used, end = 0.0, start
    while end < len(text) and used + _em(text[end], font) <= room_em + 1e-9:
        used += _em(text[end], font)
        end += 1
    if end == len(text):
        return end
    end = max(end, start + 1)
    places = [place for place in range(end, start + 1, -1) if may_break(text, place) and not _separator(text, place)]
    full = [place for place in places if place - start >= _BLANK_FROM * (end - start)]
    behind = next((place for place in full if text[start:place].rstrip()[-1:] in _SEPARATORS), None)
    blank = next((place for place in full if " " in (text[place - 1], text[place])), None)
    return behind or blank or (places[0] if places else end)


def _separator(text: str, place: int) -> bool:
    return text[place:].lstrip()[:1] in _NOT_FIRST


def whole_words(text: str, lines: Sequence[str]) -> bool:
    """Say whether no line ends inside a word that has no place to break."""
    place = 0
    for line in lines[:-1]:
        place += len(line)
        while place < len(text) and text[place] == " ":
            place += 1
        if not may_break(text, place):
            return False
    return True


def cut_lines(
    lines: Sequence[str], most: int, font: FontName, size_mm: float, room_mm: float, *, ends: bool = False
) -> list[str]:
    """Return at most `most` lines; the last ends with an ellipsis, or with `ends` keeps the end of all around it."""
    if len(lines) <= most:
        return list(lines)
    rest = lines[most - 1]
    for line in lines[most:]:
        beside = rest[-1:] < _WIDE or line[:1] < _WIDE
        rest += f" {line}" if beside else line
    return [*lines[: most - 1], (fit_ends if ends else fit)(rest, font, size_mm, room_mm)]


def fit_ends(text: str, font: FontName, size_mm: float, room_mm: float) -> str:
    """Return `text` if it fits, else its beginning and its end around an ellipsis: names differ at their end."""
    if width_mm(text, font, size_mm) <= room_mm:
        return text
    for kept in range(len(text) - 1, 2, -1):
        shorter = f"{text[: kept - kept // 2].rstrip()}{ELLIPSIS}{text[-(kept // 2) :].lstrip()}"
        if width_mm(shorter, font, size_mm) <= room_mm:
            return shorter
    return fit(text, font, size_mm, room_mm)


def balanced(text: str, font: FontName, size_mm: float, room_mm: float) -> list[str]:
    """Return `text` on as few lines as a width allows, all of about the same length."""
    lines = flow(text, font, size_mm, room_mm)
    narrow, wide = 0.0, room_mm
    for _step in range(7) if len(lines) > 1 else ():
        middle = (narrow + wide) / 2
        tried = flow(text, font, size_mm, middle)
        if len(tried) == len(lines):
            lines, wide = tried, middle
        else:
            narrow = middle
    return lines
