"""Businesses from a spreadsheet (成批登记): registered for approval, or approved at once where an officer says so."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlmodel import Session, col, or_, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may
from coldchain.core import identifiers, sheet_cells
from coldchain.core.claims import claimed_day
from coldchain.core.errors import DomainError, FieldError, Invalid
from coldchain.core.gathered import Gathered
from coldchain.core.i18n import LOCALES, LazyText, current_locale, pgettext, use_locale
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p
from coldchain.core.sheet_cells import key, plain
from coldchain.core.sheet_import import Column, Row, Table
from coldchain.exchange import partly
from coldchain.exchange.engine import Said, Unit
from coldchain.regions import service as regions
from coldchain.regions.models import Region
from coldchain.registry import service as registry
from coldchain.registry import words
from coldchain.registry.models import BUSINESS_KINDS, Business
from coldchain.registry.schemas import BusinessRegistrationSchema, CommitmentSignatureSchema

YES: Final[dict[str, LazyText]] = {"true": _p("cell", "yes"), "false": _p("cell", "no")}
ALSO_YES: Final = {"是": "true", "有": "true", "√": "true", "y": "true", "否": "false", "无": "false", "n": "false",
                   "没有": "false", "×": "false"}  # fmt: skip
ALSO_KINDS: Final = {"进口商": "importer", "生产企业": "producer", "批发": "wholesaler", "批发商": "wholesaler",
                     "商超": "supermarket", "零售": "shop", "餐饮": "caterer", "饭店": "caterer", "电商": "ecommerce",
                     "冷库": "cold_store", "承运": "carrier", "运输": "carrier"}  # fmt: skip
SEPARATOR: Final = "list separator"


def _yes(cell: str) -> bool:
    spoken = {key(word): code for word, code in ALSO_YES.items()}
    for locale in LOCALES:
        with use_locale(locale):
            spoken |= {key(str(word)): code for code, word in YES.items()}
    return sheet_cells.Choice(spoken, lambda: _listed(YES))(cell) == "true"


def _listed(table: dict[str, LazyText]) -> str:
    return pgettext(SEPARATOR, ", ").join(str(word) for word in table.values())


def _kinds(cell: str) -> list[str]:
    """Return the codes of one or several kinds: 冷库、批发."""
    spoken = {key(word): code for word, code in ALSO_KINDS.items()} | {kind: kind for kind in BUSINESS_KINDS}
    for locale in LOCALES:
        with use_locale(locale):
            spoken |= {key(str(word)): code for code, word in words.BUSINESS_KINDS.items()}
    choice = sheet_cells.Choice(spoken, lambda: _listed(words.BUSINESS_KINDS))
    parts = [part for part in plain(cell).replace("、", ",").replace(";", ",").replace("/", ",").split(",") if part]
    return [choice(part) for part in parts]


COLUMNS: tuple[Column, ...] = (
    Column("uscc", _l("Unified social credit code"), sheet_cells.identifier(identifiers.check_uscc), needed=True,
           also=("统一社会信用代码", "信用代码", "社会信用代码"), example="91230203MA0000000X",
           about=_l("18 signs, as text.")),
    Column("name", _l("Name of the business"), needed=True, also=("经营者名称", "企业名称", "单位名称", "名称", "店名"),
           example="示例冷链有限公司"),
    Column("kinds", _l("Kinds of business"), _kinds, needed=True, also=("经营类型", "主体类型", "业态", "类型"),
           example="批发、冷库", about=_l("One or several, parted by commas.")),
    Column("handles_imported", _l("Handles imported cold-chain food"), _yes, needed=True,
           also=("是否经营进口冷链食品", "经营进口冷链食品", "是否涉进口"), example="是", about=_l("Yes or no.")),
    Column("region", _l("Region"), also=("区划", "行政区划", "所在区", "县区", "区县"), example="230203",
           about=_l("Code or name; may be left empty by officers of one district.")),
    Column("office", _l("Supervision office"), also=("监管所", "市场监管所", "所属监管所", "辖区所"),
           example="建华监管所"),
    Column("legal_representative", _l("Legal representative"), needed=True,
           also=("法定代表人", "负责人", "法人", "经营者"), example="张示例"),
    Column("phone", _l("Phone"), sheet_cells.phone, needed=True, also=("联系电话", "电话", "手机", "联系方式"),
           example="13800000000"),
    Column("address", _l("Address"), needed=True, also=("地址", "经营地址", "住所", "详细地址"), example="示例路1号"),
    Column("licence_no", _l("Food licence number"), sheet_cells.name_text,
           also=("许可证号", "食品经营许可证号", "许可证编号"), example="JY12302030000000"),
    Column("signed_by", _l("Letter signed by"), also=("承诺书签署人", "签署人"), example="张示例",
           about=_l("Who signed the commitment letter, where one is at hand.")),
    Column("signed_on", _l("Letter signed on"), sheet_cells.day, also=("承诺书签署日期", "签署日期"),
           example="2021-01-04", about=_l("A date with its year.")),
    Column("approve", _l("Approve at once"), _yes, also=("同意登记", "直接登记", "审核通过"), example="否",
           about=_l("Yes: with the letter that the rules ask for. Else the business waits for approval.")),
)  # fmt: skip
SENT: Final = ("uscc", "name", "kinds", "handles_imported", "office", "legal_representative", "phone", "address",
               "licence_no")  # fmt: skip
NEEDED: Final = tuple(column.name for column in COLUMNS if column.needed)


class Businesses:
    """The kind of spreadsheet whose rows are businesses to register."""

    name = "businesses"
    action = "business.register"
    title = _l("Businesses from a spreadsheet")
    columns: tuple[Column, ...] = COLUMNS
    of_business = False
    remarks: tuple[LazyText, ...] = (
        _l("A business that stands twice in the table, or on the register already, is named: take its row out."),
        _l("Names and phones are kept apart as personal data. The file itself is let go after a day at the latest."),
    )

    def prepare(
        self, session: Session, actor: Actor, business: Business | None, table: Table, said: Sequence[Said]
    ) -> list[Unit]:
        """Return the businesses that can be made out; one that is registered or stands there twice is named."""
        known = _known(session, [each["uscc"] for _row, each in said if "uscc" in each])
        places = Regions(session, actor)
        version = max((text.version for text in registry.commitment_texts(session)), default="")
        seen: dict[str, int] = {}
        units = []
        for row, each in said:
            code = each.get("uscc", "")
            twice = seen.setdefault(code, row.number) if code else row.number
            if twice != row.number:
                table.refuse(row, "uscc", FieldError("", "twice", "Row {row} says the same.", {"row": twice}))
            elif code in known:
                told = "This code is registered already: {name}."
                table.refuse(row, "uscc", FieldError("", "business_exists", told, {"name": known[code]}))
            region = places.find(each.get("region"))
            if isinstance(region, FieldError):
                table.refuse(row, "region" if "region" in table.places else "address", region)
            lacking = "signed_on" if "signed_by" in each else "signed_by"
            unsigned = ("signed_by" in each) != ("signed_on" in each)
            if unsigned and not row.cells.get(lacking):
                told = "A letter needs both who signed it and when."
                table.refuse(row, lacking if lacking in table.places else "name", FieldError("", "required", told))
            whole = twice == row.number and code not in known and all(name in each for name in NEEDED)
            if unsigned or not whole or isinstance(region, FieldError):
                _check_rest(session, table, row, each, region)
                continue
            units.append(_unit(row, each, region, version))
        return units

    def enter(self, session: Session, actor: Actor, unit: Unit) -> dict[str, Any]:
        """Register a business with its letter, and approve it where its row says so, as the API does."""
        made = registry.register_business(session, actor, **BusinessRegistrationSchema().load(unit.data["business"]))
        ref = str(made["business_id"])
        if unit.data["letter"]:
            registry.sign_commitment(session, actor, ref, **CommitmentSignatureSchema().load(unit.data["letter"]))
        if unit.data["approve"]:
            registry.decide(session, actor, ref, decision="approve")
        return {"business_id": ref}

    def refuse(self, table: Table, unit: Unit, error: DomainError) -> Unit | None:
        """Name what was refused."""
        default = "approve" if error.code == "commitment_letter_missing" else "name"
        table.refuse_all(unit.rows[0], error, default, {"region_code": "region"})
        return None


def _check_rest(
    session: Session, table: Table, row: Row, each: Mapping[str, Any], region: str | FieldError
) -> None:  # fmt: skip
    """Name what else is wrong in a row that has a bad cell already."""
    data = {name: each[name] for name in SENT if name in each}
    for error in partly.load(BusinessRegistrationSchema(), data)[1]:
        if (name := error.pointer.strip("/").split("/")[0]) in data:
            table.refuse(row, name, error)
    gathered = Gathered()
    if "office" in each and isinstance(region, str):
        gathered.take(lambda: regions.find_office(session, region, each["office"]))
    if "signed_on" in each:
        gathered.take(lambda: claimed_day(date.fromisoformat(each["signed_on"]), "/signed_on"))
    for error in gathered.errors:
        table.refuse(row, error.pointer.strip("/"), error)


def _unit(row: Row, each: dict[str, Any], region: str, version: str) -> Unit:
    letter = {"version": version, "signed_by": each["signed_by"], "signed_on": each["signed_on"]} if (
        "signed_by" in each) else None  # fmt: skip
    approve = bool(each.get("approve"))
    data = {name: each[name] for name in SENT if name in each} | {"region_code": region}
    return Unit(
        [row],
        {"business": data, "letter": letter, "approve": approve},
        {"name": each["name"], "uscc": each["uscc"], "region": region, "approve": approve},
        (("business.sign_commitment",) if letter else ()) + (("business.decide",) if approve else ()),
    )


def _known(session: Session, codes: Sequence[str]) -> dict[str, str]:
    """Return the names of the businesses that are registered under some of these codes."""
    statement = select(Business.uscc, Business.name).where(col(Business.uscc).in_(set(codes)))
    return {str(code): name for code, name in session.execute(statement)}


class Regions:
    """The regions that rows name, by code or by name; without one the only district of the officer."""

    def __init__(self, session: Session, actor: Actor) -> None:
        """Remember who asks."""
        self.session, self.actor = session, actor
        self.own = actor.regions[0] if len(actor.regions) == 1 else None
        self._known: dict[str, str | FieldError] = {}

    def find(self, text: str | None) -> str | FieldError:
        """Return the code of a region of the officer's, or what is wrong with the cell."""
        if text is None:
            return self.own or FieldError("", "required", "Write the code or the name of the region.")
        if text not in self._known:
            found = self._look(plain(text))
            self._known[text] = self._refused(found) or found if isinstance(found, str) else found
        return self._known[text]

    def _refused(self, code: str) -> FieldError | None:
        """Return why nothing may be registered in a region by this officer, None where it may."""
        try:
            regions.check(self.session, code, "")
        except Invalid as error:
            return error.errors[0]
        if may(self.actor, "business.register", Resource.of(regions=[code])):
            return None
        names = regions.names(self.session, self.actor.regions, current_locale())
        listed = ", ".join(f"{own} {names[own]}" for own in self.actor.regions[:5])
        return FieldError("", "outside_area", "This region is not in your area. Yours: {regions}.", {"regions": listed})

    def _look(self, text: str) -> str | FieldError:
        if text.isdigit():
            return text
        statement = select(Region.code).where(
            or_(col(Region.name_zh) == text, col(Region.name_en) == text), regions.in_force(regions.today())
        )
        found = list(self.session.scalars(statement.limit(4)))
        if len(found) > 1 and self.own is not None:
            found = [code for code in found if code.startswith(self.own[:4])] or found
        if len(found) == 1:
            return found[0]
        if not found:
            return FieldError("", "unknown_region", "There is no region of this name. Write its code of six digits.")
        told = "Several regions have this name: {codes}. Write the code."
        return FieldError("", "ambiguous_region", told, {"codes": ", ".join(found)})
