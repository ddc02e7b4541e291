"""What a verdict says, as data: for every code the rule, the message and the next step in Chinese and in English.

Both languages stand side by side since every answer carries both; placeholders are filled by the engine.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from coldchain.policy.coverage import Range


@dataclass(frozen=True)
class Message:
    """One item of a refusal: the rule it comes from, what is wrong, and what to do next, in both languages."""

    rule: str
    message_zh: str
    message_en: str
    next_zh: str
    next_en: str


@dataclass(frozen=True)
class Remark:
    """One note of a verdict, in both languages."""

    message_zh: str
    message_en: str


_DISINFECT_NEXT_ZH = (
    "补消毒，并登记消毒记录（药剂、浓度、作用时间、环境温度、件号范围或整批）。消毒证明不能代替消毒记录。"
)
_DISINFECT_NEXT_EN = (
    "Disinfect what is left and enter the record (agent, concentration, contact time, ambient temperature, pieces or "
    "whole batch). A disinfection certificate does not stand for the record."
)
_SAMPLE_NEXT_ZH = "补采样送检；检测机构录入阴性结果后自动放行。核酸检测合格证明不能代替采样管结果。"
_SAMPLE_NEXT_EN = (
    "Have samples taken; the batch clears when the laboratory enters a negative result. A nucleic acid certificate "
    "does not stand for a tube's result."
)

MISSING: Mapping[str, Message] = MappingProxyType(
    {
        "policy_missing": Message(
            "R1",
            "没有适用的证明要求：地区 {region}，到货日 {day}，{origin_zh}{category_zh}。",
            "No evidence policy applies: region {region}, arrived {day}, {origin_en} {category_en}.",
            "请属地市场监管部门登记适用的证明要求，登记后重新核验。",
            "Ask the local market regulator to enter the evidence policy that applies; the gate is then judged again.",
        ),
        "not_arrived": Message(
            "R3", "已提前报备，货还没有到。", "Declared in advance; the goods have not come yet.",
            "货到后办理入库：到货时间、集装箱号、封条号、实收数量。",
            "Take the goods in when they come: time, container, seal, quantities received.",
        ),
        "withdrawn": Message(
            "R11", "这批货的到货单已撤回，账上没有这批货。",
            "The arrival of this batch was withdrawn; the books hold nothing of it.",
            "如果货确实在库，请重新登记到货。", "If the goods are really there, register their arrival again.",
        ),
        "import_suspended": Message(
            "R18",
            "该生产企业 {first} 至 {last_zh} 暂停进口申报（{source}），"
            "这批货的申报日期按 {day}（{by_zh}）计，在暂停期内。",
            "Import declarations of this producer were suspended from {first} to {last_en} ({source}); these goods "
            "count as declared on {day} ({by_en}), within that time.",
            "原地存放，不得出库，联系属地市场监管部门和报关单位。"
            "在暂停之前申报的，补录或更换报关单（签发日期填申报日期），自动重新核验。",
            "Leave the goods where they are and ask the local market regulator and the declarant. If they were "
            "declared before the suspension, enter or replace the customs declaration with the day of declaration as "
            "its date of issue; the gate is then judged again.",
        ),
        "evidence_missing": Message(
            "R1", "缺{kinds_zh}。", "Missing: {kinds_en}.",
            "补录{kinds_zh}：编号、出具单位、签发日期。", "Enter the {kinds_en}: number, issuer, date of issue.",
        ),
        "evidence_unverified": Message(
            "R1", "{kinds_zh}已录入，尚未核验。", "Entered but not yet verified: {kinds_en}.",
            "等待监管人员核验；可联系属地市场监管所。",
            "Wait for an officer to verify it, or call the local supervision office.",
        ),
        "evidence_refused": Message(
            "R1", "{kinds_zh}（{number}）核验未通过：{reason}",
            "Not accepted by an officer: {kinds_en} {number}. {reason}",
            "更换{kinds_zh}：录入正确的证明，并注明替换哪一份。",
            "Replace the {kinds_en}: enter the right paper and name the one that it replaces.",
        ),
        "evidence_expired": Message(
            "R1", "{kinds_zh}在到货前已过有效期。", "Out of date before the arrival: {kinds_en}.",
            "补录到货时有效的{kinds_zh}。", "Enter a {kinds_en} that was valid on arrival.",
        ),
        "disinfection_missing": Message(
            "R5", "没有消毒记录。每一件都要消毒。", "No disinfection record. Every piece must be disinfected.",
            _DISINFECT_NEXT_ZH, _DISINFECT_NEXT_EN,
        ),
        "disinfection_not_covered": Message(
            "R5", "{pieces_zh} 没有消毒记录。每一件都要消毒。",
            "No disinfection record for {pieces_en}. Every piece must be disinfected.",
            _DISINFECT_NEXT_ZH, _DISINFECT_NEXT_EN,
        ),
        "protocol_not_met": Message(
            "R7", "{pieces_zh} 的消毒记录不符合该温度下的任何消毒方案（{treatments_zh}），不计入。",
            "The disinfection of {pieces_en} meets no protocol at its temperature ({treatments_en}): not counted.",
            "按该温度的消毒方案补消毒，登记新的消毒记录。",
            "Disinfect again by a protocol for that temperature and enter the new record.",
        ),
        "test_missing": Message(
            "R5", "没有采样检测记录。要求：{scope_zh}检测。", "Not tested. Required: a test of {scope_en}.",
            _SAMPLE_NEXT_ZH, _SAMPLE_NEXT_EN,
        ),
        "test_not_covered": Message(
            "R5", "{pieces_zh} 没有阴性检测结果。要求：件件检测。",
            "No negative result for {pieces_en}. Required: a test of every piece.",
            _SAMPLE_NEXT_ZH, _SAMPLE_NEXT_EN,
        ),
        "test_pending": Message(
            "R5", "已采样，采样管 {tubes} 尚无结果。", "Sampled; no result yet for tube {tubes}.",
            "等待检测机构报告结果；出阴性结果后自动放行。",
            "Wait for the laboratory's report; the batch clears when the result is negative.",
        ),
        "test_invalid": Message(
            "R5", "采样管 {tubes} 结果无效。", "The result of tube {tubes} is invalid.",
            "重新采样送检，或由检测机构复检同一采样管。",
            "Sample again, or have the laboratory re-check the same tube.",
        ),
        "test_positive": Message(
            "R8", "采样管 {tubes} 待复检，不得出库。", "Tube {tubes} awaits its re-check; the batch must not leave.",
            "原地存放，等待同一采样管复检；按监管部门通知处置。",
            "Leave the goods where they are, wait for the re-check of the tube and follow the regulator's notice.",
        ),
        "test_rechecked": Message(  # of the code test_positive, like the next
            "R8", "采样管 {tubes} 已复检，待确认，不得出库。",
            "Tube {tubes} was re-checked and awaits its confirmation; the batch must not leave.",
            "原地存放，等待确认结果；按监管部门通知处置。",
            "Leave the goods where they are, wait for the confirmation and follow the regulator's notice.",
        ),
        "test_confirmed": Message(
            "R8", "采样管 {tubes} 确认阳性，不得出库。",
            "Tube {tubes} is confirmed positive; the batch must not leave.",
            "按监管部门通知无害化处理、退运，已售出的追回；处置前不得移动、销售、使用。",
            "Destroy or return the goods as the regulator's notice says and recover what was sold; until then they "
            "must not be moved, sold or used.",
        ),
        "code_missing": Message(
            "R2", "尚未赋码。无码禁售。", "No code was made for this batch. No code, no sale.",
            "打印本批次标签并贴在货上。", "Print this batch's labels and put them on the goods.",
        ),
        "supplier_missing": Message(
            "R1", "未登记供货方。", "No supplier is on record.",
            "补录写明开具单位的进货票据，或登记到货时填写供货方。",
            "Enter the purchase receipt with the supplier as its issuer, or name the supplier with the arrival.",
        ),
    }
)  # fmt: skip

NOTES: Mapping[str, Remark] = MappingProxyType(
    {
        "policy_missing": Remark(
            "没有适用的证明要求（地区 {region}，到货日 {day}，{origin_zh}{category_zh}）；国产食品据此放行。",
            "No evidence policy applies (region {region}, arrived {day}, {origin_en} {category_en}); domestic goods "
            "are clear without one.",
        ),
        "suspension_too_late": Remark(
            "该生产企业 {first} 至 {last_zh} 暂停进口申报（{source}）；登记前这批货已可流通，不受影响。",
            "Import declarations of this producer were suspended from {first} to {last_en} ({source}); these goods had "
            "been cleared before that was recorded and are not touched.",
        ),
        "suspension_untouched": Remark(
            "该生产企业 {first} 至 {last_zh} 暂停进口申报（{source}），"
            "这批货的申报日期按 {day}（{by_zh}）计，不受影响。",
            "Import declarations of this producer were suspended from {first} to {last_en} ({source}); these goods "
            "count as declared on {day} ({by_en}) and are not touched.",
        ),
        "no_protocol": Remark(
            "{agents_zh}没有登记消毒方案，记录按已消毒计入。",
            "No protocol is on record for {agents_en}; the record counts.",
        ),
        "agent_freezes": Remark(
            "{agents_zh}在 0 ℃ 以下会结冰，请改用低温消毒剂。",
            "{agents_en} freezes below 0 °C: use a low-temperature agent.",
        ),
        "sample_not_of_goods": Remark(
            "环境或人员样本不作为本批次货物的检测。",
            "A sample of the environment or of a person is not a test of these goods.",
        ),
        "made_from": Remark(
            "由批次 {codes_zh} 加工而成：各原料批次都可放行，本批次才可放行。",
            "Made from {codes_en}: it is clear when each of them is.",
        ),
        "split_from": Remark(
            "由批次 {code} 第 {first}–{last} 件拆分：原批次的证明和这些件的记录计入本批次。",
            "Split off from batch {code} as its pieces {first}–{last}: that batch's papers and the records of these "
            "pieces count.",
        ),
        "split_off": Remark(
            "{pieces_zh} 已拆分为其他批次，不再计入本批次。",
            "Split off into other batches and no part of this one any more: {pieces_en}.",
        ),
        "grace_period": Remark(
            "存量登记期至 {day}：登记不处罚，证明补齐前不得出库。",
            "Registration period for existing stock until {day}: no penalty for entering it; it stays until proven.",
        ),
    }
)

OF_SOURCE: Remark = Remark("原料批次 {code}：{said}", "Made from batch {code}: {said}")  # before what a source lacks

CATEGORIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "meat": ("肉类", "meat"),
        "poultry": ("禽类", "poultry"),
        "aquatic": ("水产", "aquatic products"),
        "dairy": ("乳制品", "dairy"),
        "ice": ("冷冻饮品", "ice cream and frozen drinks"),
        "produce": ("果蔬", "produce"),
        "other": ("其他食品", "other food"),
    }
)
ORIGINS: Mapping[bool, tuple[str, str]] = MappingProxyType({True: ("进口", "imported"), False: ("国产", "domestic")})
DECLARED_BY: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "customs_declaration": ("报关单", "by the customs declaration"),
        "inspection_quarantine": (
            "没有报关单，按检验检疫证明的签发日期",
            "no customs declaration: by the inspection and quarantine certificate",
        ),
        "arrival": ("没有报关单，按到货日期", "no customs declaration: by the day of arrival"),
        "arrival_before_paper": (
            "证明的签发日期晚于到货，按到货日期",
            "papers issued after the arrival: by the day of arrival",
        ),
    }
)
UNTIL_NOTICE: tuple[str, str] = ("另行通知", "further notice")
SCOPES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"per_batch": ("批批", "every batch"), "per_piece": ("件件", "every piece")}
)


def ranges_zh(ranges: Iterable[Range]) -> str:
    """Return piece ranges as Chinese text: `第 1–360、400 件`."""
    return f"第 {'、'.join(_plain(ranges))} 件"


def ranges_en(ranges: Iterable[Range]) -> str:
    """Return piece ranges as English text: `pieces 1–360, 400`."""
    parts = _plain(ranges)
    single = len(parts) == 1 and "–" not in parts[0]
    return f"{'piece' if single else 'pieces'} {', '.join(parts)}"


def _plain(ranges: Iterable[Range]) -> list[str]:
    return [str(first) if first == last else f"{first}–{last}" for first, last in ranges]
