"""What is printed on a card, in Chinese like a label: the rows of `card.Card` in words, and nothing else.

The paper hangs where customers read it, so that it says less than the screen (R16): no phone, not whose goods are kept,
no flag, and of a positive that isn't confirmed only that it is being re-checked.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from coldchain.batches import pages_words as words
from coldchain.core import pages
from coldchain.core.i18n import DEFAULT_LOCALE, pgettext, use_locale
from coldchain.core.vocabulary import status_chip
from coldchain.home.card import Card, Goods, Stock, Tested
from coldchain.home.card_checks import Check
from coldchain.home.card_parts import Column, Face, Row, Rows, Section
from coldchain.home.halts import NOT_SAID, Halt
from coldchain.labels import fonts
from coldchain.labels.code import format_groups
from coldchain.regions import service as regions
from coldchain.regions.tree import ancestry
from coldchain.registry import words as register_words
from coldchain.registry.models_stewards import STEWARD_KINDS

TITLE: Final = "进口冷链食品经营者监管卡"
CARD_SEGMENT: Final = "/K/"
BANDS: Final = {  # what makes a card unmistakable that isn't in force
    "pending": "待审核　尚未发卡",
    "rejected": "未通过审核　未发卡",
    "suspended": "暂停经营　不得进货、发货、销售",
    "closed": "已注销　本卡作废",
}
TEMPERATURES: Final = {"chilled": "≥0 ℃", "frozen": "-18 ℃", "ultra": "-40 ℃"}
ZONES: Final = {
    "import_dedicated": "进口专区", "general": "普通区", "sale_counter": "销售专区", "quarantine": "隔离区",
    "processing": "加工区",
}  # fmt: skip
SITE: Final = "个场所"
ZONE: Final = "个库区"
ZONES_A_ROW: Final = 6  # so that a site of many zones can be cut between them, and says how many are missing
ROWS: Final = 60  # measured of one list; more never fit
LICENCES: Final = 2
NATION: Final = "000000"
NO_AREA: Final = ("市辖区", "县")  # levels of the table that nobody says
NOTHING: Final = "—"
OTHER_FINDING: Final = "检查发现的其他问题"  # what an officer wrote freely isn't hung where customers read it
_MINUS: Final = str.maketrans({"\u2212": "-"})  # the fonts have no minus sign


def address(public_url: str, card_no: str) -> str:
    """Return the card's public address."""
    return f"{public_url.rstrip('/')}{CARD_SEGMENT}{card_no}"


def area_name(session: Session, region_code: str, locale: str = DEFAULT_LOCALE) -> str:
    """Return an area in full, province first: 黑龙江省齐齐哈尔市建华区."""
    codes = [code for code in reversed(ancestry(region_code)) if code != NATION]
    names = regions.names(session, codes, locale)
    parts = [names[code] for code in codes if names[code] not in NO_AREA]
    return "".join(parts) if locale == DEFAULT_LOCALE else ", ".join(reversed(parts))


def unprintable(card: Card) -> tuple[str, ...]:
    """Return the characters of the names on a card that no font has: they are printed as 〓, so tell people."""
    said = [
        card.business.name, card.business.address, card.legal_representative, card.office, card.signer,
        *(site["name"] for site in card.sites),
        *(steward.name for listed in card.stewards.values() for steward in listed),
        *(goods.product.name for goods in (*card.own.goods, *card.kept.goods)),
    ]  # fmt: skip
    return fonts.unprintable("".join(part or "" for part in said).translate(_MINUS))


def face(card: Card, area: str, public_url: str, printed_at: datetime, *, trial: bool, demo: bool) -> Face:
    """Return what is printed of a card now; the card was read in Chinese."""
    business = card.business
    halt = card.halt if business.status == "active" else None
    chip = status_chip(f"business.{'suspended' if halt else business.status}")
    with use_locale(DEFAULT_LOCALE):
        state = str(chip.word)
        sections = _sections(card)
        kinds = " | ".join(str(register_words.BUSINESS_KINDS[kind]) for kind in business.kinds)
    office = f"{card.office} | " if card.office else ""
    code_label = "信用代码" if business.uscc else "临时编号"
    return Face(
        title=TITLE,
        area=f"一户一卡 | {area}".translate(_MINUS),
        number=business.card_no or "",
        state=state,
        state_mark=chip.kind,
        place=f"{office}截至 {pages.moment(card.as_of)}",
        band=_band(halt) if halt else BANDS.get(business.status, ""),
        name_label="名称",
        name=business.name.translate(_MINUS),
        facts=(
            ((code_label, business.uscc or business.temporary_no or NOTHING),
             ("负责人", card.legal_representative or NOTHING)),
            (("经营类别", kinds), ("食品许可", _licences(card))),
            (("地址", (business.address or NOTHING).translate(_MINUS)), ("", "")),
        ),
        sections=sections,
        foot_left="扫码看当前状态 | 纸面只是打印时的样子",
        foot_right=f"{'演示数据 | ' if demo else ''}冷链溯源账 | 打印 {pages.moment(printed_at)}",
        address=address(public_url, business.card_no or ""),
        trial=trial,
    )  # fmt: skip


def _band(halt: Halt) -> str:
    """Return the band of a card whose holder may not trade now: why only of a decision that is published (R16)."""
    said = halt.public()
    where = "" if halt.whole else "部分场所"
    if said["code"] == NOT_SAID:
        return f"{where}暂停经营　不得发货、销售"
    return f"{where}停业整改至 {pages.moment(said['until'])}　不得发货、销售"


def _sections(card: Card) -> tuple[Section, ...]:
    return (_letter(card), _places(card), _stock(card), _checks(card), _open(card))


def _letter(card: Card) -> Section:
    if card.letter is None:
        return Section("承诺书", (), (), empty="没有签署")
    newer = "（已有新版，应重签）" if card.letter_outdated else ""
    signed = f"{card.signer or NOTHING} {pages.day(card.letter.signed_on)}"
    return Section("承诺书", (), (), side=f"{card.letter.version} 版{newer} | 签署 {signed}")


def _places(card: Card) -> Section:
    """Return sites and zones: a row for each site, its zones by the temperature that they are kept at."""
    head, share = ("库长 属地 / 行业 / 企业", 0.28) if any(card.stewards.values()) else ("库长", 0.09)
    columns = (Column("场所", 0.28), Column("温度和库区", 0.72 - share, whole=True), Column(head, share, whole=True))
    listed = card.sites[:ROWS]
    rows = [row for site in listed for row in _site(card, site)]
    beyond = card.sites_beyond + len(card.sites) - len(listed)
    return Section(
        "场所和库区", columns, (Rows(rows, beyond, beyond_word=SITE),), side=_counted(card), empty="没有登记场所"
    )


def _counted(card: Card) -> str:
    """Return how many sites and zones there are, where they are more than a few."""
    sites = len(card.sites) + card.sites_beyond
    return f"{sites} {SITE}，{card.zones} {ZONE}" if sites > 1 and not card.sites_beyond else ""


def _site(card: Card, site: dict[str, Any]) -> list[Row]:
    """Return the rows of a site: one, more when it has many zones."""
    classes = list(dict.fromkeys(zone.temperature_class for zone in site["zones"]))
    zones = sorted(site["zones"], key=lambda zone: classes.index(zone.temperature_class))
    parts = [zones[at : at + ZONES_A_ROW] for at in range(0, len(zones), ZONES_A_ROW)] or [[]]
    rows = []
    for number, part in enumerate(parts):
        first = number == 0
        cells = (site["name"] if first else "", _zones(part), _stewards(card, site["site_id"]) if first else "")
        tally = ((SITE, int(first)), (ZONE, len(part)))
        rows.append(
            Row(
                tuple(cell.translate(_MINUS) for cell in cells),
                tally=tuple(pair for pair in tally if pair[1]),
                joined=not first,
            )
        )
    return rows


def _licences(card: Card) -> str:
    """Return the licences in force with their last day, else the number that was given at registration."""
    listed = "\n".join(f"{each['number']} 至 {pages.day(each['valid_to'])}" for each in card.licences[:LICENCES])
    beyond = len(card.licences) - LICENCES
    more = f"\n其余 {beyond} 件，扫码查看" if beyond > 0 else ""
    return f"{listed}{more}" or card.business.licence_no or NOTHING


def _stewards(card: Card, site_id: UUID) -> str:
    """Return a site's three stewards in the order of the posts, a dash for a post that nobody has."""
    held = {steward.kind: steward.name or NOTHING for steward in card.stewards.get(site_id, ())}
    return " / ".join(held.get(kind, NOTHING) for kind in STEWARD_KINDS) if held else NOTHING


def _zones(zones: Sequence[Any]) -> str:
    """Return zones by temperature, a line for each, and by kind: -18 ℃ 进口专区 A1 A2 | 隔离区 G1."""
    lines = []
    for temperature in dict.fromkeys(zone.temperature_class for zone in zones):
        by_kind: dict[str, list[str]] = {}
        for zone in zones:
            if zone.temperature_class == temperature:
                by_kind.setdefault(ZONES[zone.kind], []).append(zone.code)
        said = " | ".join(f"{kind} {' '.join(codes)}" for kind, codes in by_kind.items())
        lines.append(f"{TEMPERATURES[temperature]} {said}")
    return "\n".join(lines) or NOTHING


def _stock(card: Card) -> Section:
    columns = (
        Column("产品", 0.32), Column("批次", 0.16), Column("状态", 0.17), Column("数量", 0.21, right=True),
        Column("净重", 0.14, right=True),
    )  # fmt: skip
    lists = (
        _listed(card.own, "", "合计"),
        _listed(card.kept, "代存（他人货物）", "代存合计"),
    )
    elsewhere = f"；另有 {pages.mass(card.elsewhere_g)} 不在本辖区" if card.elsewhere_g else ""
    road = f"；在途 {pages.mass(card.road_g)}" if card.road_g else ""
    side = f"截至 {pages.moment(card.as_of)}，以扫码所见为准{road}{elsewhere}"
    return Section("在库", columns, lists, side=side, empty="没有进口冷链食品在库")


def _listed(stock: Stock, head: str, total: str) -> Rows:
    last = Row((f"{total} {stock.batches} 批", "", "", "", pages.mass(stock.mass_g)))
    rows = [_goods(goods) for goods in stock.goods]
    return Rows(rows, max(0, stock.lines - len(rows)), head, last if rows else None)


def _goods(goods: Goods) -> Row:
    chip = status_chip(goods.state)
    short = pgettext("short state", "Locked") if goods.state == "locked" else str(chip.word)
    quantity = words.quantity(goods.quantity_units, goods.product)
    cells = (goods.product.name, format_groups(goods.batch.batch_code), short, quantity, pages.mass(goods.mass_g))
    return Row(tuple(cell.translate(_MINUS) for cell in cells), (2, chip.kind))


def _checks(card: Card) -> Section:
    columns = (Column("时间", 0.23), Column("检查人 / 检测机构", 0.34), Column("结果", 0.43))
    dated = [(check.occurred_at, _check(check)) for check in card.checks]
    dated += [(tested.tube.sampled_at, _tested(tested)) for tested in card.tested]
    rows = [row for _at, row in sorted(dated, key=lambda pair: pair[0], reverse=True)]
    return Section("最近检查和检测", columns, (Rows(rows, weight=0.7),), empty="没有记录")


def _check(check: Check) -> Row:
    if check.outcome is None:
        officers = " ".join(check.officers) or NOTHING
        result = f"检查：发现 {check.found} 个问题" if check.found else "检查：未发现问题"
        return Row((pages.moment(check.occurred_at), officers, result), (2, "stop" if check.found else "go"))
    chip = status_chip(check.outcome)
    sealed = f"，封存 {check.sealed} 批" if check.sealed else ""
    officers = " ".join(check.officers) or NOTHING
    return Row((pages.moment(check.occurred_at), officers, f"检查：{chip.word}{sealed}"), (2, chip.kind))


def _tested(tested: Tested) -> Row:
    chip = status_chip(words.MERCHANT_TUBE_CHIPS[tested.state])
    kind = "wait" if chip.kind == "alarm" else chip.kind
    return Row((pages.moment(tested.tube.sampled_at), tested.lab, f"检测：{chip.word}"), (2, kind))


def _open(card: Card) -> Section:
    """Return what officers found, in the catalogue's words, then locks, then what goods lack."""
    columns = (Column("", 0.27), Column("", 0.15), Column("", 0.45), Column("", 0.13, right=True))
    rows = [
        Row((each["site_name"] or NOTHING, str(status_chip(f"site_finding.{each['state']}").word),
             each["wording"] if each["kind"] else OTHER_FINDING,
             f"限 {each['rectify_by']:%m-%d}" if each["rectify_by"] else ""))
        for each in card.findings
    ]  # fmt: skip
    rows += [
        Row((goods.product.name, format_groups(goods.batch.batch_code), str(status_chip(goods.state).word),
             words.quantity(goods.held_units, goods.product)))
        for goods in card.locked
    ]  # fmt: skip
    rows += [
        Row((each.product.name, format_groups(each.batch.batch_code), each.missing[0].rstrip("。"),
             f"共 {len(each.missing)} 项" if len(each.missing) > 1 else ""))
        for each in card.lacking if each.missing
    ]  # fmt: skip
    listed = [Row(tuple(cell.translate(_MINUS) for cell in row.cells)) for row in rows[:ROWS]]
    beyond = len(rows) - len(listed) + card.locked_beyond + card.lacking_beyond
    return Section("未结问题", columns, (Rows(listed, beyond, weight=2.0),), heads=False, empty="没有")
