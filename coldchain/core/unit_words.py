"""What the smallest unit of a product is called beside a number: 132 盒, 5 袋. A product that says none has 盒."""

from collections.abc import Callable
from typing import Final

from coldchain.core.i18n import LazyText, ngettext
from coldchain.core.i18n import lazy_pgettext as _p

# How many of each, the number shown as the page shows numbers. Codes are those of the API.
_COUNTED: Final[dict[str | None, Callable[[int, str], str]]] = {
    None: lambda number, shown: ngettext("%(count)s unit", "%(count)s units", number, count=shown),
    "box": lambda number, shown: ngettext("%(count)s box", "%(count)s boxes", number, count=shown),
    "bag": lambda number, shown: ngettext("%(count)s bag", "%(count)s bags", number, count=shown),
    "pack": lambda number, shown: ngettext("%(count)s pack", "%(count)s packs", number, count=shown),
    "bottle": lambda number, shown: ngettext("%(count)s bottle", "%(count)s bottles", number, count=shown),
    "can": lambda number, shown: ngettext("%(count)s can", "%(count)s cans", number, count=shown),
    "stick": lambda number, shown: ngettext("%(count)s stick", "%(count)s sticks", number, count=shown),
    "block": lambda number, shown: ngettext("%(count)s block", "%(count)s blocks", number, count=shown),
    "item": lambda number, shown: ngettext("%(count)s item", "%(count)s items", number, count=shown),
}
NAMES: Final[dict[str, LazyText]] = {
    "box": _p("unit word", "Box"),
    "bag": _p("unit word", "Bag"),
    "pack": _p("unit word", "Pack"),
    "bottle": _p("unit word", "Bottle"),
    "can": _p("unit word", "Can"),
    "stick": _p("unit word", "Stick"),
    "block": _p("unit word", "Block"),
    "item": _p("unit word", "Item"),
}
CODES: Final = tuple(NAMES)


def counted(number: int, shown: str, word: str | None) -> str:
    """Return so many units in words; `shown` is the number as the page writes it, `word` one of CODES or None."""
    return _COUNTED[word](number, shown)
