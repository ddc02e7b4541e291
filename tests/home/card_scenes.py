"""Cards to print, made without a database: from a business that has nothing yet to one that has too much of it all."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid5

from coldchain.batches.models import Batch, Tube
from coldchain.home import card_face
from coldchain.home.card import Card, Goods, Lacking, Stock, Tested
from coldchain.home.card_checks import Check
from coldchain.home.card_parts import Face
from coldchain.home.halts import Halt
from coldchain.registry.models import Business, CommitmentLetter, Product
from coldchain.registry.service.stewards import StewardShown

NOW = datetime(2021, 1, 19, 11, 0, tzinfo=UTC)
AREA = "黑龙江省齐齐哈尔市建华区"
URL = "https://trace.example.cn"
LONG_ZH = "齐齐哈尔市建华区北岭示例进口冷链食品批发零售仓储配送一体化综合服务（集团）股份有限公司第三十七分公司（虚构）"
LONG_EN = (
    "Northern Ridge Example Imported Frozen and Chilled Foods Wholesale, Storage and Distribution (Qiqihar) "
    "Company Limited"
)
LONG_ADDRESS = "黑龙江省齐齐哈尔市建华区中华示例路与文化示例大街交叉口向东二百米路南北岭示例冷链物流园区（一期）" * 4
LONG_NAMES = ("阿依古丽·买买提·吐尔逊江·阿卜杜拉", "欧阳示例·阿卜杜热合曼·伊敏江", "司马示例")
PRODUCTS = (
    "冷冻去骨鸡腿肉", "冷冻猪肋排", "冷冻鳕鱼块", "南美白虾（带头带壳，30/40 规格，块冻）", "冷冻牛腱子", "三文鱼段",
    "Frozen Boneless Pork Shoulder, Skin-on, Vacuum-packed, 20 kg net",
)  # fmt: skip


def key(kind: str, number: int = 0) -> UUID:
    return uuid5(UUID(int=7), f"{kind}{number}")


def business(**fields: Any) -> Business:
    said = {
        "business_id": key("business"), "uscc": "91230203000000017X", "temporary_no": None,
        "name": "北岭示例食品有限公司（虚构）", "kinds": ["wholesaler", "cold_store"], "card_no": "230203-7K3M-9QXD",
        "region_code": "230203", "address": "建华区中华示例路 2 号（虚构）", "licence_no": None, "status": "active",
        "handles_imported": True, "search_text": "",
    } | fields  # fmt: skip
    return Business(**said)


def empty(**fields: Any) -> Card:
    nothing: dict[str, Any] = {
        "as_of": NOW, "business": business(**fields), "legal_representative": None, "licences": [], "office": None,
        "letter": None, "signer": None, "letter_outdated": False, "sites": [], "stewards": {}, "own": Stock(),
        "road_g": 0, "elsewhere_g": 0, "kept": Stock(), "checks": [], "tested": [], "lacking": [], "findings": [],
        "flags": [],
    }  # fmt: skip
    return Card(**nothing)


def product(number: int) -> Product:
    return Product(
        product_id=key("product", number), name=PRODUCTS[number % len(PRODUCTS)], ledger_unit="pack",
        units_per_piece=12, unit_mass_g=1000, imported=True,
    )  # fmt: skip


def batch(number: int, status: str = "cleared") -> Batch:
    return Batch(batch_id=key("batch", number), batch_code=f"{number:04d}9Q2X", status=status, region_code="230203")


def stock(count: int, *, first: int = 0, held: int = 0, lines: int | None = None) -> Stock:
    goods = [
        Goods(
            batch(first + number, "held" if number % 4 == 1 else "cleared"), product(number), None,
            5784 + number * 13, 132 if number < held else 0, 132 if number == 0 and held else 0,
        )
        for number in range(count)
    ]  # fmt: skip
    whole = count if lines is None else lines
    return Stock(goods, whole, whole, sum(each.mass_g for each in goods), held)


def site(number: int, zones: int, name: str | None = None) -> dict[str, Any]:
    kinds = ("import_dedicated", "general", "quarantine", "sale_counter", "processing")
    cold = ("frozen", "frozen", "chilled", "ultra")
    return {
        "site_id": key("site", number), "name": name or f"{number + 1} 号冷库", "kind": "cold_store",
        "zones": [
            SimpleNamespace(
                zone_id=key("zone", number * 1000 + each), code=f"Z{number}-{each + 1}",
                kind=kinds[each % 5], temperature_class=cold[each % 4],
            )
            for each in range(zones)
        ],
    }  # fmt: skip


def posts(number: int, names: tuple[str, ...]) -> list[StewardShown]:
    kinds = ("territorial", "industry", "enterprise")
    return [
        StewardShown(key("steward", number), key("site", number), kind, name, None, False, date(2021, 1, 1), None)
        for kind, name in zip(kinds, names, strict=False)
    ]


def checks(count: int) -> list[Check]:
    return [
        Check(NOW - timedelta(days=number, hours=2), "1 号冷库", ["张示例", "王示例"], found=number % 2)
        for number in range(count)
    ]


def tests(count: int) -> list[Tested]:
    states = ("negative", "pending", "positive")
    return [
        Tested(
            Tube(tube_id=key("tube", number), tube_no=f"T{number}", sampled_at=NOW - timedelta(days=number, hours=5)),
            "建华示例检测中心（虚构）", states[number % 3],
        )
        for number in range(count)
    ]  # fmt: skip


def finding(number: int) -> dict[str, Any]:
    return {
        "site_name": "1 号冷库", "state": "open", "kind": "mixed",
        "wording": "进口冷链食品与其他食品混放，没有设置专用区域", "rectify_by": date(2021, 1, 20),
    }  # fmt: skip


def usual(**fields: Any) -> Card:
    return replace(
        empty(**fields), legal_representative="赵示例", office="中华街所（虚构）",
        licences=[{"number": "JY12302030000001", "valid_to": date(2025, 5, 1)}],
        letter=CommitmentLetter(version="2021-01", signed_on=date(2021, 1, 6)), signer="赵示例",
        sites=[site(0, 3), site(1, 1, "批发档口 6 号"), site(2, 5, "二厂冷库")],
        stewards={
            key("site", 0): posts(0, ("钱示例", "孙示例", "李示例")), key("site", 2): posts(2, ("钱示例", "周示例")),
        },
        own=stock(6, held=1), road_g=96_000, kept=stock(2, first=50), checks=checks(2), tested=tests(2),
        lacking=[Lacking(batch(5, "held"), product(5), ["没有消毒证明。", "没有核酸检测合格证明。"])],
        findings=[finding(0)],
    )  # fmt: skip


def overfull(**fields: Any) -> Card:
    named = {"name": LONG_ZH, "address": LONG_ADDRESS, "kinds": ["wholesaler", "cold_store", "importer"]}
    licences = [{"number": f"JY1230203000000{number}", "valid_to": date(2025, 5, 1)} for number in range(6)]
    return replace(
        usual(**(named | fields)), legal_representative=LONG_NAMES[0], licences=licences, letter_outdated=True,
        office="齐齐哈尔市建华区市场监督管理局中华街道市场监督管理所（虚构）",
        sites=[site(number, 20 if number < 2 else 3, f"{LONG_ZH}{number + 1} 号库") for number in range(30)],
        stewards={key("site", number): posts(number, LONG_NAMES) for number in range(30)},
        own=stock(60, held=20, lines=75), kept=stock(60, first=100, lines=64), checks=checks(8), tested=tests(8),
        lacking=[Lacking(batch(number, "held"), product(number), ["没有消毒证明。"]) for number in range(40)],
        lacking_beyond=3, findings=[finding(number) for number in range(12)], elsewhere_g=3_000_000,
    )  # fmt: skip


HALT = Halt("suspension", datetime(2021, 2, 1, 4, 0, tzinfo=UTC), True, "建市监处〔2021〕7号", "建市监处〔2021〕7号")
PARTLY = replace(HALT, whole=False)


def scenes() -> dict[str, Card]:
    """Every kind of card there is to look at."""
    return {
        "empty": empty(),
        "pending": empty(status="pending", address=None),
        "provisional": empty(uscc=None, temporary_no="临 230203-2021-0007", name="赵示例（摊主）"),
        "usual": usual(),
        "english": usual(name=LONG_EN, address="No. 2 Example Road, Jianhua District, Qiqihar, Heilongjiang 161006"),
        "longnames": replace(
            usual(name=LONG_ZH, address=LONG_ADDRESS[:200]),
            sites=[site(0, 5, LONG_ZH), site(1, 3, f"{LONG_ZH}南区")],
            stewards={key("site", 0): posts(0, LONG_NAMES), key("site", 1): posts(1, LONG_NAMES)},
        ),
        "zones20": replace(usual(), sites=[site(0, 20), site(1, 9), site(2, 12)]),
        "overfull": overfull(),
        "suspended": usual(status="suspended"),
        "halted": replace(usual(), halt=HALT),
        "partly": replace(overfull(), halt=PARTLY),
        "closed": usual(status="closed"),
    }


def face(card: Card, *, trial: bool = False, demo: bool = False) -> Face:
    """Return what is printed of a card a little after it was read."""
    return card_face.face(card, AREA, URL, NOW + timedelta(minutes=2), trial=trial, demo=demo)
