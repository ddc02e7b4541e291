"""Pure: how much two names or addresses of the register look alike. For showing to an officer, never for deciding."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

from coldchain.core.text import normalise_name

K = TypeVar("K")
# 荣哥果蔬 and 荣哥果蔬店 are alike (0.86), 永辉冻品行 and 星光冻品行 are not (0.5).
ALIKE: Final = 0.6
SHARED_BY_MANY: Final = 400  # a pair of signs that stands in more names tells nothing and is left out of the search
# What tells nothing: the place in front (but not 某某超市, 某某市场), and forms of companies.
_PLACE: Final = re.compile("^(?:[\u4e00-\u9fff]{2,4}?(?:省|自治区|(?<!超)市(?!场)|区|县))+")
_COMMON: Final = re.compile("有限公司|有限责任公司|股份|集团|个体工商户|经营部|示例")
_PHONE: Final = re.compile(r"[^0-9]+")


def signs(text: str | None) -> frozenset[str]:
    """Return the pairs of neighbouring signs of a name or address, without what all of them have."""
    plain = normalise_name(text or "")
    short = _COMMON.sub("", _PLACE.sub("", plain) or plain) or plain
    return frozenset(short[i : i + 2] for i in range(len(short) - 1)) or (frozenset({short}) if short else frozenset())


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return how much two sets of signs have in common, 0 to 1 (Dice)."""
    both = len(one) + len(other)
    return 2 * len(one & other) / both if both else 0.0


def phone_key(phone: str | None) -> str | None:
    """Return the digits of a phone by which two are the same, None for none; a country's code in front is left out."""
    digits = _PHONE.sub("", phone or "")
    return digits.removeprefix("86")[-11:] if len(digits) >= 7 else None


def alike(known: Mapping[K, frozenset[str]]) -> list[tuple[K, K, float]]:
    """Return the pairs that are ALIKE, the most alike first; only what shares a telling pair of signs is compared."""
    by_sign: dict[str, list[K]] = {}
    for key, pairs in known.items():
        for pair in pairs:
            by_sign.setdefault(pair, []).append(key)
    shared: Counter[tuple[K, K]] = Counter()
    for keys in by_sign.values():
        if len(keys) <= SHARED_BY_MANY:
            shared.update(_pairs(keys))
    found = [(one, other, likeness(known[one], known[other])) for one, other in shared]
    return sorted((pair for pair in found if pair[2] >= ALIKE), key=lambda pair: -pair[2])


def _pairs(keys: Sequence[K]) -> Iterable[tuple[K, K]]:
    return ((one, other) for place, one in enumerate(keys) for other in keys[place + 1 :])
