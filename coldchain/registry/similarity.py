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
# What shops are and sell: two that share only this are not one. 嘉和冻品批发部 and 安和冻品批发部 are two.
_TRADE: Final = re.compile(
    "冻品|冷冻|冷藏|冷链|冷鲜|水产品?|海鲜|果蔬|蔬菜|水果|生鲜|鲜肉|肉类|禽肉|肉禽|肉食|副食品?|食杂|杂货|烟酒|百货|粮油|农产品|食品|熟食|烧烤|烤肉|冷饮|"
    "饮品|炸鸡|盒饭|快餐|火锅|面馆|饺子馆|串店|小吃|麻辣烫|餐饮|餐厅|餐馆|饭店|食堂|便利|便民|生活|超市|商店|商行|商贸|商场|贸易|实业|批发部?|零售|经销部?|"
    "经营部?|配送|供应链|仓储|物流|中心|门市部?|市场|农贸|小型|大型|分店|总店|冷库|租位|虚构"
)
_KIND_AT_THE_END: Final = re.compile("[店行部摊档铺坊馆屋库社号家]+$")
_NUMBER: Final = re.compile("[0-9]+|[一二三四五六七八九十]+(?=[号店库楼档区分])")
_PHONE: Final = re.compile(r"[^0-9]+")
_EXTENSION: Final = re.compile(r"(?<=[0-9]{7})-[0-9]{1,6}$")  # 0452-2700000-806: who shares the line shares the phone


def signs(text: str | None) -> frozenset[str]:
    """Return the pairs of neighbouring signs of a name or address, without what all of them have."""
    plain = normalise_name(text or "")
    short = _COMMON.sub("", _PLACE.sub("", plain) or plain) or plain
    return frozenset(short[i : i + 2] for i in range(len(short) - 1)) or (frozenset({short}) if short else frozenset())


@dataclass(frozen=True)
class Core:
    """What tells two names apart: their trade name without what shops are and sell, and the numbers in them."""

    signs: frozenset[str]
    first: str  # a trade name comes first: 泰源食杂店 and 兴源食杂店 are two
    numbers: tuple[str, ...]
    whole: str

    def fits(self, other: "Core") -> bool:
        """Say whether two may name one: the same numbers where both have any, and trade names of which one holds most.

        With the beginning of the shorter one. Without a trade name only the same name fits.
        """
        if self.numbers and other.numbers and self.numbers != other.numbers:
            return False
        if not self.signs or not other.signs:
            return self.whole == other.whole
        short, long = sorted((self, other), key=lambda each: len(each.signs))
        return short.first in long.signs and len(short.signs & long.signs) >= ALIKE * len(short.signs)


def core(name: str) -> Core:
    """Return what tells a name apart from others of its kind."""
    plain = normalise_name(name)
    short = _TRADE.sub("", _COMMON.sub("", _PLACE.sub("", plain) or plain))
    numbers = tuple(_NUMBER.findall(short))
    short = _KIND_AT_THE_END.sub("", _NUMBER.sub("", short))
    pairs = frozenset(short[i : i + 2] for i in range(len(short) - 1)) or (frozenset({short}) if short else frozenset())
    return Core(pairs, short[:2], numbers, plain)


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
    """What a business is compared by: the key of its phone, its place, the signs and the core of its name."""

    key: K
    phone: str | None
    place: str
    signs: frozenset[str]
    core: Core


def look(key: K, name: str, phone: str | None, place: str | None) -> Look[K]:
    """Return what a business of this name, phone and place is compared by."""
    return Look(key, phone_key(phone), normalise_name(place or ""), signs(name), core(name))


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
        "name": much >= ALIKE and one.core.fits(other.core),
    }
    return Alike({reason for reason, holds in same.items() if holds}, much if same["name"] else 0.0)


def among(looks: Sequence[Look[Any]]) -> dict[tuple[Any, Any], Alike]:
    """Return all pairs that are alike by anything, by their keys, the smaller key first.

    A phone or a place that more than OF_MANY have makes no pair; beside another reason it is told all the same.
    """
    by_key = {each.key: each for each in looks}
    named = alike({each.key: each.signs for each in looks})
    found = {tuple(sorted((a, b))) for a, b, _much in named if by_key[a].core.fits(by_key[b].core)}
    for value in ("phone", "place"):
        same: dict[str, list[Any]] = {}
        for each in looks:
            if said := getattr(each, value):
                same.setdefault(said, []).append(each.key)
        for keys in same.values():
            if len(keys) <= OF_MANY:
                found.update(tuple(sorted(pair)) for pair in _pairs(keys))
    return {(one, other): two(by_key[one], by_key[other]) for one, other in found}
