"""Finding text by an index over single characters and pairs of neighbours (`cc_grams`), so that Chinese needs no words.

A column that is searched holds `search_key` forms joined by blanks; a term never holds a blank, so it can't match
across two of them.
"""

from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, false, func
from sqlalchemy.dialects.postgresql import ARRAY, array

from coldchain.core import limits
from coldchain.core.text import normalise_name, pinyin_initials, search_key, search_terms


def grams(term: str) -> tuple[str, ...]:
    """Return the grams of a term that `cc_grams` of any text holding it contains: its pairs, or its only character."""
    if len(term) == 1:
        return (term,)
    return tuple(dict.fromkeys(a + b for a, b in pairwise(term)))


def contains(column: Any, term: str) -> ColumnElement[bool]:
    """Return the condition that a searched column holds one normalised term (1 or more characters) somewhere.

    The index on `cc_grams(column)` narrows, the LIKE decides; `%`, `_` and backslash in the term mean themselves.
    """
    return and_(
        func.cc_grams(column).op("@>", is_comparison=True)(cast(array(grams(term)), ARRAY(Text))),
        column.contains(term, autoescape=True),
    )


def contains_all(column: Any, query: str) -> ColumnElement[bool]:
    """Return the condition that a searched column holds every term of a search box; no terms find nothing."""
    terms = search_terms(query, limit=limits.SEARCH_TERMS)
    return and_(*(contains(column, term) for term in terms)) if terms else false()


def searchable(*texts: str | None, numbers: tuple[str | None, ...] = ()) -> str:
    """Return what a searched column keeps: each text, also with synonyms replaced, the initials of both; numbers."""
    parts: list[str] = []
    for text in texts:
        if text:
            key = search_key(text)
            parts += [normalise_name(text), key, pinyin_initials(text), pinyin_initials(key)]
    parts += [search_key(number) for number in numbers if number]
    return " ".join(dict.fromkeys(part for part in parts if part))
