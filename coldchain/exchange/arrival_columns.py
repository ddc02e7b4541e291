"""The columns of a spreadsheet of arrivals: one table for reading, for the template and for its explanation."""

from typing import Final

from coldchain.batches import pages_words
from coldchain.batches.pages_arrival_form import LABELS
from coldchain.core import identifiers, sheet_cells
from coldchain.core.i18n import LOCALES, pgettext, use_locale
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.sheet_cells import Amount
from coldchain.core.sheet_import import Column

MODES: Final = ("arrived", "existing_stock", "declared")
ALSO_MODES: Final = {"到货": "arrived", "到货登记": "arrived", "库存": "existing_stock", "现存": "existing_stock",
                     "存量": "existing_stock", "现存库存": "existing_stock",
                      "预申报": "declared", "预报": "declared"}  # fmt: skip


def _mode(cell: str) -> str:
    spoken = {sheet_cells.key(word): code for word, code in ALSO_MODES.items()}
    for locale in LOCALES:
        with use_locale(locale):
            spoken |= {sheet_cells.key(str(pages_words.ENTRY_MODES[mode])): mode for mode in MODES}
    return sheet_cells.Choice(spoken | {mode: mode for mode in MODES}, _modes_shown)(cell)


def _modes_shown() -> str:
    return pgettext("list separator", ", ").join(str(pages_words.ENTRY_MODES[mode]) for mode in MODES)


def _counted(word: str) -> sheet_cells.Reader:
    """Return the reader of a column whose head says what is counted: a bare number means that."""

    def read(cell: str) -> Amount:
        amount = sheet_cells.amount(cell)
        if amount.bare is None:
            return amount
        return Amount(pieces=amount.bare) if word == "pieces" else Amount(loose=amount.bare)

    return read


def _kilograms(cell: str) -> Amount:
    found = sheet_cells.plain(cell)
    return sheet_cells.amount(found if not found[-1:].isdigit() else f"{found}kg")


COLUMNS: Final = (
    Column("product", LABELS["lines-*-product_id"], also=("产品名称", "品名", "货物名称", "商品名称", "名称"),
           example="冻凤爪", about=_l("The name exactly as the catalogue has it; not needed with a GTIN.")),
    Column("spec", _l("Specification"), also=("规格", "规格型号", "包装规格"), example="2 kg × 6",
           about=_l("Net mass of a unit × units a piece, where several products have the name.")),
    Column("producer", LABELS["_producer-name"], also=("生产企业", "生产厂家", "厂家", "境外生产企业", "厂号"),
           example="SIF 88", about=_l("Name or plant number, where several producers make it.")),
    Column("gtin", LABELS["_product-gtin"], sheet_cells.identifier(identifiers.check_gtin),
           also=("条码", "商品条码", "条形码", "69码"), example="6901234567892",
           about=_l("The number under the bar code, as text.")),
    Column("batch_no", LABELS["lines-*-batch_no"], sheet_cells.name_text, also=("批号", "生产批号", "批次号"),
           example="B20201106", about=_l("If the pack has one.")),
    Column("production_date", LABELS["lines-*-production_date"], sheet_cells.day, needed=True,
           also=("生产日期", "制造日期", "出厂日期"), example="2020-11-06",
           about=_l("A date with its year, one production date a row.")),
    Column("expiry_date", LABELS["lines-*-expiry_date"], sheet_cells.day, needed=True,
           also=("保质期至", "有效期至", "到期日", "到期日期"), example="2022-11-05",
           about=_l("A date with its year.")),
    Column("quantity", LABELS["lines-*-quantity_units"], sheet_cells.amount, also=("数量", "入库数量", "到货数量"),
           example="452件零132盒", about=_l("With its unit: pieces and loose units, or a weight (kg).")),
    Column("pieces", LABELS["_lines-*-pieces"], _counted("pieces"), also=("件数", "箱数", "数量(件)", "数量(箱)"),
           example="452", about=_l("Instead of the quantity: whole pieces.")),
    Column("loose", LABELS["_lines-*-loose"], _counted("loose"),
           also=("零数", "零头", "散盒数", "数量(盒)", "数量(袋)"), example="132",
           about=_l("Beside the pieces: units of an open piece.")),
    Column("mass", _l("Net mass (kg)"), _kilograms, also=("净重", "净重(kg)", "重量(kg)", "数量(kg)", "净重(千克)"),
           example="5688", about=_l("Read only where no quantity and no pieces stand.")),
    Column("arrived_at", LABELS["arrived_at"], sheet_cells.moment, needed=False,
           also=("到货时间", "到货日期", "入库时间", "入库日期", "预计到货时间"), example="2021-01-18 06:40",
           about=_l("Date and time, of declared goods when they are expected; needed in the first row of a delivery.")),
    Column("entry_mode", LABELS["entry_mode"], _mode, also=("登记方式", "入账方式"), example="到货",
           about=_l("Goods that came (to be left empty), stock that was there already, or declared in advance.")),
    Column("container_no", LABELS["container_no"], sheet_cells.identifier(identifiers.check_container),
           also=("集装箱号", "柜号", "箱号"), example="CSQU3054383", about=_l("4 letters and 7 digits.")),
    Column("seal_no", LABELS["seal_no"], sheet_cells.name_text, also=("封志号", "铅封号", "封条号"),
           example="HL20771"),
    Column("customs_declaration_no", LABELS["customs_declaration_no"],
           sheet_cells.identifier(identifiers.check_import_declaration), also=("报关单号", "报关单编号"),
           example="190120211000042871", about=_l("18 digits, as text.")),
    Column("supplier", LABELS["_supplier"], also=("供货方", "供应商", "供货商", "供货单位", "上家"), example="示例贸易",
           about=_l("Name or unified social credit code.")),
    Column("vehicle_plate", LABELS["vehicle_plate"], also=("车牌号", "车牌", "车号"), example="黑A12345"),
    Column("site", LABELS["site_id"], also=("场所", "仓库", "冷库", "存放冷库", "入库冷库"), example="1 号冷库",
           about=_l("Not needed where the business has one site; somebody else's cold store by business and site.")),
    Column("zone", LABELS["lines-*-zone_id"], also=("库区", "库位", "货位", "存放位置"), example="A1",
           about=_l("The zone's code; not needed where one zone alone may take the goods.")),
)  # fmt: skip
