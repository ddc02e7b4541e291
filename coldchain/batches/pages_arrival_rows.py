"""The rows of an arrival's form: a product, and below it the same product with other dates (`_lines-N-same`).

All are lines of one list, numbered in order; a row that is the same takes product and zone from the nearest row above
that is not. Rows in which nothing was typed are left out, so that an empty one may stand ready below once somebody
asked for one; nobody gets one unasked.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from coldchain.core.page_forms import Form, change_lines, copy

LINES: Final = "lines"
SAME: Final = "_lines-{}-same"
_NAME: Final = re.compile(r"(_?lines-)(\d{1,4})(-.*)")
SHARED: Final = ("product_id", "zone_id")


def is_same(form: Form, index: int) -> bool:
    """Say whether a row is the product of the row above with other dates."""
    return index > 0 and form.get(SAME.format(index)) == "1"


def parent(form: Form, index: int) -> int:
    """Return the row that a row takes its product and zone from: itself, unless it is the same as above."""
    while is_same(form, index):
        index -= 1
    return index


def group_of(form: Form, index: int, count: int) -> list[int]:
    """Return a row and those below it that are the same."""
    found = [index]
    while found[-1] + 1 < count and is_same(form, found[-1] + 1):
        found.append(found[-1] + 1)
    return found


def repeat(form: Form, index: int, count: int) -> Form:
    """Return the form with one more row for the product of a row, below those that it has."""
    place = group_of(form, parent(form, index), count)[-1] + 1
    changed: Form = Form()
    for name, text in form.items(multi=True):
        found = _NAME.fullmatch(name)
        moved = found is not None and int(found[2]) >= place
        changed.add(f"{found[1]}{int(found[2]) + 1}{found[3]}" if found and moved else name, text)
    changed[SAME.format(place)] = "1"
    return changed


def remove(form: Form, index: int, count: int) -> Form:
    """Return the form without a row and those that are the same below it; the last product stays."""
    changed = copy(form)
    gone = [index] if is_same(form, index) else group_of(form, index, count)
    if len(gone) == count:
        return changed
    for each in reversed(gone):
        changed["_remove"] = f"{LINES}-{each}"
        changed, _count, _pressed = change_lines(changed, LINES)
    return changed


def joined(form: Form) -> Form:
    """Return the form with product and zone in every row, as the schema wants it."""
    changed = copy(form)
    for index in _indexes(form):
        above = parent(form, index)
        if above != index:
            for name in SHARED:
                changed.setlist(f"{LINES}-{index}-{name}", form.getlist(f"{LINES}-{above}-{name}"))
    return changed


def filled(form: Form) -> list[int]:
    """Return the rows in which something was typed, and those whose product others below need."""
    typed: set[int] = set()
    for name, text in form.items(multi=True):
        found = _NAME.fullmatch(name)
        if found and text.strip() and found[3] not in {"-zone_id", "-same"}:
            typed.add(int(found[2]))
    return sorted(typed | {parent(form, index) for index in typed})


def without_shared(errors: dict[str, str], form: Form) -> dict[str, str]:
    """Return errors without those of product and zone in rows that don't ask for them."""
    kept = {}
    for name, message in errors.items():
        found = _NAME.fullmatch(name)
        if not (found and is_same(form, int(found[2])) and found[3][1:] in SHARED):
            kept[name] = message
    return kept


def in_page_order(errors: dict[str, str], fields: Sequence[str]) -> dict[str, str]:
    """Return errors as their fields stand on the page: the delivery, each row of goods, then each paper.

    `fields` are the names in the order of the page, `lines-*-zone_id` for those of rows; a new product is registered
    in its row, before the zone.
    """
    places = {name: place for place, name in enumerate(fields)}

    def place(name: str) -> tuple[int, int, int]:
        row = re.match(r"_?(lines|papers)-(\d{1,4})-", name)
        known = places.get(re.sub(r"-\d+(?=-|$)", "-*", name), len(places))
        if row is None:
            return (0 if not name.startswith(("_product-", "_producer-")) else 1, -1, known if name else -1)
        return (1 if row[1] == LINES else 2, int(row[2]), known)

    return dict(sorted(errors.items(), key=lambda each: place(each[0])))


def _indexes(form: Form) -> Iterable[int]:
    return sorted({int(found[2]) for name in form if (found := _NAME.fullmatch(name))})
