"""The verdict against a truth table, and what a refusal says (R1, R2, R5, R7)."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.policy import messages
from coldchain.policy.coverage import Piece
from coldchain.policy.engine import judge
from coldchain.policy.facts import BatchFacts, DisinfectionFact, EvidenceFact, SampleFact, TubeFact
from tests.policy.test_choose import row

PIECES = 12
KINDS = ("customs_declaration", "inspection_quarantine", "nucleic_acid", "disinfection", "purchase_receipt")
ARRIVED = date(2021, 1, 18)

piece = st.one_of(
    st.just(Piece("whole_batch")),
    st.tuples(st.sampled_from(["scanned", "declared_range"]), st.integers(1, PIECES), st.integers(1, PIECES)).map(
        lambda parts: Piece(parts[0], min(parts[1:]), max(parts[1:]))
    ),
)
papers = st.lists(
    st.builds(
        EvidenceFact,
        st.sampled_from(KINDS),
        st.just("N1"),
        st.booleans(),
        st.none() | st.sampled_from([date(2021, 1, 17), ARRIVED, date(2021, 2, 1)]),
        st.none(),
        st.sampled_from([None, None, "number differs"]),
    ),
    max_size=6,
)
treatments = st.lists(
    st.builds(
        DisinfectionFact,
        piece,
        st.sampled_from(["met", "not_met", "no_protocol"]),
        st.sampled_from(["chlorine", "chlorine_cacl2_ethanol", "peracetic_acid"]),
        st.sampled_from([Decimal("-18"), Decimal("4")]),
        st.just(3000),
        st.just(10),
    ),
    max_size=3,
)
samples = st.lists(
    st.builds(SampleFact, piece, st.sampled_from(["outer_pack", "inner_pack", "surface", "environment", "personnel"])),
    min_size=1,
    max_size=2,
)
tubes = st.lists(
    st.builds(
        TubeFact,
        st.just(UUID(int=1)),
        st.sampled_from(["T1", "T2", "T3"]),
        st.sampled_from(["pending", "negative", "positive", "confirmed", "invalid"]),
        samples.map(tuple),
    ),
    max_size=4,
)
facts = st.builds(
    BatchFacts,
    batch_id=st.just(UUID(int=7)),
    region_code=st.just("230203"),
    imported=st.booleans(),
    category=st.just("poultry"),
    arrived_on=st.just(ARRIVED),
    piece_count=st.integers(1, PIECES),
    supplier_known=st.booleans(),
    code_made=st.booleans(),
    evidence=papers.map(tuple),
    disinfections=treatments.map(tuple),
    tubes=tubes.map(tuple),
)
policies = st.none() | st.builds(
    lambda evidence, disinfection, testing, flags: replace(
        row(), evidence=tuple(tuple(kinds) for kinds in evidence), disinfection=disinfection, testing=testing,
        code_required=flags[0], supplier_required=flags[1], requires_verified=flags[2],
    ),
    st.lists(st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique=True), max_size=4),
    st.sampled_from(["every_piece", "none"]),
    st.sampled_from(["per_batch", "per_piece", "none"]),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)  # fmt: skip


def numbers(record_piece, count):
    if record_piece.basis == "whole_batch":
        return set(range(1, count + 1))
    return set(range(record_piece.piece_from, record_piece.piece_to + 1)) & set(range(1, count + 1))


def slow_kinds(policy, known):
    """Return what is missing, as kinds, by the words of the rules."""
    everything = set(range(1, known.piece_count + 1))
    missing = []
    for kinds in policy.evidence:
        if not any(
            paper.kind in kinds
            and (paper.valid_to is None or paper.valid_to >= known.arrived_on)
            and (paper.verified or not policy.requires_verified)
            and paper.refused is None
            for paper in known.evidence
        ):
            missing.append(kinds[0])
    treated = set()
    for record in known.disinfections:
        if record.protocol_state != "not_met":
            treated |= numbers(record.piece, known.piece_count)
    if policy.disinfection == "every_piece" and treated != everything:
        missing.append("disinfection_record")
    negative = [
        numbers(sample.piece, known.piece_count)
        for tube in known.tubes
        if tube.state == "negative"
        for sample in tube.samples
        if sample.sample_site in {"outer_pack", "inner_pack", "surface"}
    ]
    tested = set().union(*negative)
    if (policy.testing == "per_batch" and not negative) or (policy.testing == "per_piece" and tested != everything):
        missing.append("test")
    if policy.code_required and not known.code_made:
        missing.append("code")
    if policy.supplier_required and not known.supplier_known:
        missing.append("supplier")
    return missing


@settings(max_examples=400)
@given(policies, facts)
def test_verdict_is_what_the_rules_say(policy, known):
    verdict = judge(policy, known)
    if policy is None:
        assert verdict.clear is not known.imported
        assert [item.code for item in verdict.missing] == (["policy_missing"] if known.imported else [])
        assert known.imported or [note.code for note in verdict.notes] == ["policy_missing"]
    else:
        assert [item.kind for item in verdict.missing] == slow_kinds(policy, known)
        assert verdict.clear is (not verdict.missing)
    for item in verdict.missing:
        for text in (item.message_zh, item.next_zh):
            assert re.search("[\u4e00-\u9fff]", text)
        for text in (item.message_en, item.next_en):
            assert text
            assert not re.search("[\u4e00-\u9fff]", text)
        assert not re.search(r"[{}]", item.message_zh + item.message_en + item.next_zh + item.next_en)
        assert re.fullmatch(r"R\d+", item.rule)
    assert verdict.as_dict()["clear"] is verdict.clear


def known(**changes):
    return replace(
        BatchFacts(UUID(int=7), "230203", imported=True, category="poultry", arrived_on=ARRIVED, piece_count=480),
        **changes,
    )


def treated(first, last, state="met", agent="chlorine_cacl2_ethanol", ambient=-18):
    return DisinfectionFact(Piece("declared_range", first, last), state, agent, Decimal(ambient), 3000, 10)


def tube(number, state, *pieces, site="outer_pack"):
    return TubeFact(UUID(int=1), number, state, tuple(SampleFact(each, site) for each in pieces))


WHOLE = Piece("whole_batch")


def test_a_gap_names_its_pieces():
    policy = replace(row(), disinfection="every_piece")
    (item,) = judge(policy, known(disinfections=(treated(1, 360),))).missing
    assert (item.code, item.uncovered) == ("disinfection_not_covered", ((361, 480),))
    assert "第 361–480 件" in item.message_zh
    assert "pieces 361–480" in item.message_en
    both = judge(policy, known(disinfections=(treated(361, 480), treated(1, 360))))
    assert both.clear
    assert both.basis["disinfection"]["bases"] == ["declared_range"]


def test_a_record_that_meets_no_protocol_is_named_and_does_not_count():
    policy = replace(row(), disinfection="every_piece")
    verdict = judge(policy, known(disinfections=(treated(1, 480, "not_met", "chlorine"),)))
    (item,) = verdict.missing
    assert (item.rule, item.code) == ("R7", "protocol_not_met")
    assert "含氯消毒剂 3000 mg/L，10 分钟，−18 ℃" in item.message_zh
    assert [note.code for note in verdict.notes] == ["agent_freezes"]
    elsewhere = judge(policy, known(disinfections=(treated(1, 10, "not_met"), treated(1, 400))))
    assert [each.code for each in elsewhere.missing] == ["disinfection_not_covered"]


def test_an_agent_without_a_protocol_counts_with_a_note():
    policy = replace(row(), disinfection="every_piece")
    verdict = judge(policy, known(disinfections=(treated(1, 480, "no_protocol", "peracetic_acid", 4),)))
    assert verdict.clear
    assert [note.code for note in verdict.notes] == ["no_protocol"]
    assert "过氧乙酸" in verdict.notes[0].message_zh


def test_papers_and_records_do_not_stand_for_each_other():
    policy = replace(row(), evidence=(("nucleic_acid",), ("disinfection",)), disinfection="every_piece",
                     testing="per_batch")  # fmt: skip
    with_papers = known(evidence=(EvidenceFact("nucleic_acid", "1"), EvidenceFact("disinfection", "2")))
    assert [item.code for item in judge(policy, with_papers).missing] == ["disinfection_missing", "test_missing"]
    with_records = known(disinfections=(treated(1, 480),), tubes=(tube("T", "negative", WHOLE),))
    assert [item.kind for item in judge(policy, with_records).missing] == ["nucleic_acid", "disinfection"]


@pytest.mark.parametrize(
    ("testing", "tubes", "code"),
    [
        ("per_batch", (), "test_missing"),
        ("per_batch", (tube("T1", "pending", Piece("scanned", 1, 1)),), "test_pending"),
        ("per_piece", (tube("T1", "pending", WHOLE),), "test_pending"),
        ("per_piece", (tube("T1", "pending", Piece("scanned", 1, 9)),), "test_not_covered"),
        ("per_piece", (tube("T1", "negative", Piece("scanned", 1, 9)),), "test_not_covered"),
        ("per_piece", (tube("T1", "negative", Piece("scanned", 1, 9)),
                       tube("T2", "pending", Piece("scanned", 10, 480))), "test_pending"),
        ("per_piece", (tube("T1", "invalid", WHOLE),), "test_invalid"),
        ("per_piece", (tube("T1", "positive", WHOLE), tube("T2", "pending", WHOLE)), "test_positive"),
        ("per_batch", (tube("T1", "confirmed", Piece("scanned", 3, 3)),), "test_positive"),
        ("per_batch", (tube("T1", "negative", WHOLE, site="environment"),), "test_missing"),
    ],
)  # fmt: skip
def test_what_is_said_about_a_test(testing, tubes, code):
    (item,) = judge(replace(row(), testing=testing), known(tubes=tubes)).missing
    assert item.code == code
    if code in {"test_pending", "test_positive", "test_invalid"}:
        assert set(item.tube_nos) <= {each.tube_no for each in tubes}
        assert item.tube_nos[0] in item.message_zh


def test_a_whole_batch_sample_satisfies_every_piece():
    verdict = judge(replace(row(), testing="per_piece"), known(tubes=(tube("T1", "negative", WHOLE),)))
    assert verdict.clear
    assert verdict.basis["test"]["bases"] == ["whole_batch"]


def test_evidence_states():
    policy = replace(row(), evidence=(("meat_quality", "factory_inspection"),), requires_verified=True)
    entered = known(evidence=(EvidenceFact("factory_inspection", "1"),))
    assert judge(policy, entered).missing[0].code == "evidence_unverified"
    assert judge(replace(policy, requires_verified=False), entered).clear
    old = known(evidence=(EvidenceFact("factory_inspection", "1", True, date(2021, 1, 17)),))
    assert judge(policy, old).missing[0].code == "evidence_expired"
    (item,) = judge(policy, known()).missing
    assert item.code == "evidence_missing"
    assert "肉品品质检验合格证或出厂检验报告" in item.message_zh
    assert item.kinds == ("meat_quality", "factory_inspection")


def test_a_refused_paper_counts_for_nothing_and_says_why():
    policy = replace(row(), evidence=(("meat_quality", "factory_inspection"),))
    refused = EvidenceFact("factory_inspection", "F-1", refused="编号不符")
    (item,) = judge(policy, known(evidence=(refused,))).missing
    assert (item.code, item.kinds) == ("evidence_refused", ("meat_quality", "factory_inspection"))
    assert item.message_zh == "肉品品质检验合格证或出厂检验报告（F-1）核验未通过：编号不符"
    assert "Not accepted" in item.message_en
    assert item.message_en.endswith("F-1. 编号不符")
    assert "更换肉品品质检验合格证或出厂检验报告" in item.next_zh
    last = replace(refused, number="F-2", refused="印章不清")
    assert "F-2）核验未通过：印章不清" in judge(policy, known(evidence=(refused, last))).missing[0].message_zh
    verdict = judge(policy, known(evidence=(refused, EvidenceFact("meat_quality", "M-1"))))
    assert verdict.clear
    assert verdict.basis["evidence"][0]["number"] == "M-1"
    old = EvidenceFact("meat_quality", "M-0", valid_to=date(2021, 1, 17))
    assert judge(policy, known(evidence=(refused, old))).missing[0].code == "evidence_expired"
    assert judge(policy, known(evidence=(refused,))).basis["evidence"][0] == {
        "kinds": ["meat_quality", "factory_inspection"], "kind": "meat_quality", "state": "missing", "number": None,
    }  # fmt: skip


def test_no_policy_names_what_is_missing():
    (item,) = judge(None, known()).missing
    assert "230203" in item.message_zh
    assert "进口禽类" in item.message_zh
    assert "2021-01-18" in item.message_en
    domestic = judge(None, known(imported=False))
    assert domestic.clear
    assert "国产禽类" in domestic.notes[0].message_zh


def test_grace_is_a_note_and_clears_nothing():
    policy = replace(row(), evidence=(("nucleic_acid",),), grace_until=date(2021, 1, 31))
    verdict = judge(policy, known(existing_stock=True, recorded_on=date(2021, 1, 20)))
    assert not verdict.clear
    assert [note.code for note in verdict.notes] == ["grace_period"]
    assert judge(policy, known(existing_stock=True, recorded_on=date(2021, 2, 1))).notes == ()


def test_every_message_stands_in_both_languages():
    for said in messages.MISSING.values():
        for zh, en in ((said.message_zh, said.message_en), (said.next_zh, said.next_en)):
            assert re.search("[\u4e00-\u9fff]", zh)
            assert not re.search("[\u4e00-\u9fff]", en)
            base = {name.replace("_zh", "").replace("_en", "") for name in re.findall(r"{(\w+)}", zh)}
            assert base == {name.replace("_zh", "").replace("_en", "") for name in re.findall(r"{(\w+)}", en)}
