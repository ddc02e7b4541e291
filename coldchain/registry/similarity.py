"""Pure: how much two names or addresses of the register look alike. For showing to an officer, never for deciding."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from coldchain.core.text import normalise_name

K = TypeVar("K")
REASONS: Final = ("phone", "place", "name")  # the strongest first
COMPARED: Final = ("name", "place", "phone")
PAIR_STATES: Final = ("open", "set_aside")
# 荣哥果蔬 and 荣哥果蔬店 are alike (0.86), 永辉冻品行 and 星光冻品行 are not (0.5).
ALIKE: Final = 0.6
OF_MANY: Final = 20  # a phone or place that more have (a market's, an agent's) makes no pair by itself
SHARED_BY_MANY: Final = 400  # a pair of signs that stands in more names tells nothing and is left out of the search
# What tells nothing: the place in front (but not 某某超市, 某某市场), and forms of companies.
_PLACE: Final = re.compile("^(?:[\u4e00-\u9fff]{2,4}?(?:省|自治区|(?<!超)市(?!场)|区|县))+")
_COMMON: Final = re.compile("有限公司|有限责任公司|股份|集团|个体工商户|经营部|示例")
_PHONE: Final = re.compile(r"[^0-9]+")
_EXTENSION: Final = re.compile(r"(?<=[0-9]{7})-[0-9]{1,6}$")  # 0452-2700000-806: who shares the line shares the phone


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
    digits = _PHONE.sub("", _EXTENSION.sub("", phone or ""))
    return digits.removeprefix("86")[-11:] if len(digits) >= 7 else None


def alike(known: Mapping[K, frozenset[str]]) -> list[tuple[K, K, float]]:
    """Return the pairs that are ALIKE, the most alike first; only what shares a telling pair of signs is compared.

    Two sets of Dice ALIKE share ALIKE / (2 - ALIKE) of either at least, so that one of the rarest of each is shared:
    only by those is looked.
    """
    common = Counter(sign for signs_of in known.values() for sign in signs_of)
    least = ALIKE / (2 - ALIKE)
    by_sign: dict[str, list[K]] = {}
    for key, own in known.items():
        rarest = sorted(own, key=lambda sign: (common[sign], sign))
        for sign in rarest[: len(own) - math.ceil(least * len(own)) + 1]:
            if common[sign] <= SHARED_BY_MANY:
                by_sign.setdefault(sign, []).append(key)
    candidates = {pair for keys in by_sign.values() for pair in _pairs(keys)}
    found = [(one, other, likeness(known[one], known[other])) for one, other in candidates]
    return sorted((pair for pair in found if pair[2] >= ALIKE), key=lambda pair: -pair[2])


def _pairs(keys: Sequence[K]) -> Iterable[tuple[K, K]]:
    return ((one, other) for place, one in enumerate(keys) for other in keys[place + 1 :])


@dataclass(frozen=True)
class Look(Generic[K]):
    """What a business is compared by: the key of its phone, its place, the signs of its name."""

    key: K
    phone: str | None
    place: str
    signs: frozenset[str]


@dataclass
class Alike:
    """Why two may be one, and how alike their names are."""

    reasons: set[str] = field(default_factory=set)
    much: float = 0.0

    @property
    def told(self) -> list[str]:
        """Return the reasons, the strongest first."""
        return [reason for reason in REASONS if reason in self.reasons]

    @property
    def order(self) -> tuple[int, int, float]:
        """Return by what pairs are sorted: how many reasons, then the strongest, then how alike the names are."""
        return -len(self.reasons), min(REASONS.index(reason) for reason in self.reasons), -self.much


def two(one: Look[K], other: Look[K]) -> Alike:
    """Return by what two are alike; no reasons: by nothing."""
    much = likeness(one.signs, other.signs)
    same = {
        "phone": one.phone is not None and one.phone == other.phone,
        "place": bool(one.place) and one.place == other.place,
        "name": much >= ALIKE,
    }
    return Alike({reason for reason, holds in same.items() if holds}, much if same["name"] else 0.0)


def among(looks: Sequence[Look[Any]]) -> dict[tuple[Any, Any], Alike]:
    """Return all pairs that are alike by anything, by their keys, the smaller key first.

    A phone or a place that more than OF_MANY have makes no pair; beside another reason it is told all the same.
    """
    by_key = {look.key: look for look in looks}
    found = {tuple(sorted(pair[:2])) for pair in alike({look.key: look.signs for look in looks})}
    for value in ("phone", "place"):
        same: dict[str, list[Any]] = {}
        for look in looks:
            if said := getattr(look, value):
                same.setdefault(said, []).append(look.key)
        for keys in same.values():
            if len(keys) <= OF_MANY:
                found.update(tuple(sorted(pair)) for pair in _pairs(keys))
    return {(one, other): two(by_key[one], by_key[other]) for one, other in found}
