"""The verdict on a batch made from others, what a split leaves, and a verdict as it is shown and kept (R1, R5, R8)."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from coldchain.policy.coverage import Piece, shifted
from coldchain.policy.engine import choose, judge
from coldchain.policy.facts import EvidenceFact, Missing, Note, Source, SplitFrom, Verdict
from tests.policy.test_choose import START, row
from tests.policy.test_judge import WHOLE, known, treated, tube

MEAT, SPICE = UUID(int=21), UUID(int=22)
MADE = {"made_from": (MEAT, SPICE), "piece_count": 10}
ASKS = replace(
    row(), evidence=(("nucleic_acid",),), disinfection="every_piece", testing="per_batch", code_required=True,
    supplier_required=True,
)  # fmt: skip
NOTHING = {"required": "none", "state": "not_required", "bases": [], "covered": [], "uncovered": [[1, 10]]}


def source(batch_id=MEAT, code="AAAA1111", policy=ASKS, **facts):
    return Source(batch_id, code, judge(policy, known(**facts)))


def clear(batch_id, code):
    return Source(batch_id, code, Verdict(True, None, (), {}))


BOTH_CLEAR = (clear(MEAT, "AAAA1111"), clear(SPICE, "BBBB2222"))


def test_a_made_batch_is_asked_for_its_code_and_nothing_else_of_its_own():
    verdict = judge(ASKS, known(**MADE, code_made=True), BOTH_CLEAR)
    assert verdict.clear
    assert verdict.policy == ASKS
    assert dict(verdict.basis) == {
        "evidence": [],
        "disinfection": NOTHING,
        "test": NOTHING | {"tubes": {}},
        "code": {"required": True, "made": True},
        "supplier": {"required": False, "known": False},
        "made_from": [
            {"batch_id": str(MEAT), "batch_code": "AAAA1111", "clear": True},
            {"batch_id": str(SPICE), "batch_code": "BBBB2222", "clear": True},
        ],
    }  # fmt: skip
    assert verdict.judged_for == {
        "region_code": "230203", "arrived_on": "2021-01-18", "category": "poultry", "imported": True,
    }  # fmt: skip
    (note,) = verdict.notes
    assert note.code == "made_from"
    assert "AAAA1111、BBBB2222" in note.message_zh
    assert "AAAA1111, BBBB2222" in note.message_en
    (item,) = judge(ASKS, known(**MADE), BOTH_CLEAR).missing
    assert (item.code, item.kind, item.rule) == ("code_missing", "code", "R2")
    assert judge(replace(ASKS, code_required=False), known(**MADE), BOTH_CLEAR).clear


def test_it_shows_its_own_treatments_and_tests_as_far_as_they_count():
    facts = known(
        **MADE, code_made=True, gone=((9, 10),), disinfections=(treated(1, 4), treated(5, 6, "not_met")),
        tubes=(tube("T1", "negative", Piece("scanned", 2, 3)), tube("T2", "pending", WHOLE)),
    )  # fmt: skip
    verdict = judge(ASKS, facts, BOTH_CLEAR)
    assert verdict.clear
    treatment, test = verdict.basis["disinfection"], verdict.basis["test"]
    assert (treatment["covered"], treatment["uncovered"]) == ([[1, 4]], [[5, 8]])
    assert (test["covered"], test["uncovered"], test["bases"]) == ([[2, 3]], [[1, 1], [4, 8]], ["scanned"])
    assert test["tubes"] == {"pending": ["T2"], "negative": ["T1"]}
    assert [note.code for note in verdict.notes] == ["split_off", "made_from"]
    assert "9–10" in verdict.notes[0].message_zh


@pytest.mark.parametrize("state", ["positive", "confirmed"])
def test_an_own_positive_stops_it_though_none_is_asked_for(state):
    facts = known(**MADE, code_made=True, tubes=(tube("T7", state, WHOLE), tube("T8", "negative", WHOLE)))
    (item,) = judge(ASKS, facts, BOTH_CLEAR).missing
    assert (item.code, item.kind, item.rule, item.tube_nos) == ("test_positive", "test", "R8", ("T7",))
    assert "T7" in item.message_zh
    assert "T8" not in item.message_zh
    surroundings = known(**MADE, code_made=True, tubes=(tube("T7", state, WHOLE, site="environment"),))
    assert judge(ASKS, surroundings, BOTH_CLEAR).clear
    several = known(**MADE, code_made=True, tubes=tuple(tube(f"T{n}", state, WHOLE) for n in (1, 2, 2)))
    (item,) = judge(ASKS, several, BOTH_CLEAR).missing
    assert item.tube_nos == ("T1", "T2")
    assert "T1, T2" in item.message_en


def test_each_source_says_what_it_lacks_and_of_which_batch():
    lacking = source(evidence=(), supplier_known=True, code_made=True)
    own = [(item.code, item.kind) for item in lacking.verdict.missing]
    assert own == [
        ("evidence_missing", "nucleic_acid"), ("disinfection_missing", "disinfection_record"), ("test_missing", "test"),
    ]  # fmt: skip
    verdict = judge(ASKS, known(**MADE, code_made=True), (lacking, BOTH_CLEAR[1], lacking))
    assert not verdict.clear
    assert [(item.code, item.kind) for item in verdict.missing] == own, "once each, in their order"
    for item, first in zip(verdict.missing, lacking.verdict.missing, strict=True):
        assert (item.batch_id, item.batch_code) == (MEAT, "AAAA1111")
        assert item.message_zh != first.message_zh
        for said, before in ((item.message_zh, first.message_zh), (item.message_en, first.message_en)):
            assert "AAAA1111" in said
            assert before in said
        assert (item.next_zh, item.next_en, item.rule) == (first.next_zh, first.next_en, first.rule)
    shown = verdict.basis["made_from"]
    assert [each["clear"] for each in shown] == [False, True, False]
    again = judge(ASKS, known(**MADE, code_made=True), (Source(SPICE, "CCCC3333", verdict),))
    assert again.missing == verdict.missing, "what a source has from its own sources is said as it was"


def test_without_a_policy_a_made_batch_is_judged_by_its_sources_too():
    lacking = source(evidence=(), supplier_known=True, code_made=True)
    domestic = judge(None, known(**MADE, imported=False), (lacking,))
    assert [item.batch_id for item in domestic.missing] == [MEAT] * 3
    assert [note.code for note in domestic.notes] == ["policy_missing", "made_from"]
    assert "evidence" not in domestic.basis
    imported = judge(None, known(**MADE), BOTH_CLEAR)
    assert [item.code for item in imported.missing] == ["policy_missing"]
    assert [note.code for note in imported.notes] == ["made_from"]


def test_what_has_not_come_may_not_leave_whatever_its_papers_say():
    bare = replace(row(), evidence=())
    for state, code in (("declared", "not_arrived"), ("withdrawn", "withdrawn")):
        for policy, imported in ((bare, True), (None, False)):
            (item,) = judge(policy, known(not_here=state, imported=imported)).missing
            assert (item.code, item.kind) == (code, "arrival")
    assert judge(bare, known()).clear


def test_a_part_that_was_split_off_names_where_it_came_from():
    part = known(split_from=SplitFrom(MEAT, "AAAA1111", 41, 60), piece_count=20)
    for policy, of in ((replace(row(), evidence=()), {}), (None, {}), (ASKS, MADE)):
        verdict = judge(policy, replace(part, imported=False, **of))
        assert verdict.basis["split_from"] == {
            "batch_id": str(MEAT), "batch_code": "AAAA1111", "piece_from": 41, "piece_to": 60,
        }  # fmt: skip
        assert verdict.notes[0].code == "split_from"
        for said in (verdict.notes[0].message_zh, verdict.notes[0].message_en):
            assert "AAAA1111" in said
            assert "41" in said
            assert "60" in said


def test_a_record_of_a_batch_is_counted_by_the_pieces_of_its_part():
    record = Piece("declared_range", 41, 60)
    assert shifted(record, 40) == Piece("declared_range", 1, 20)
    assert shifted(Piece("scanned", 30, 45), 40) == Piece("scanned", -10, 5)
    assert shifted(record, 0) == record
    assert shifted(WHOLE, 40) == WHOLE
    for half in (Piece("scanned", 3, None), Piece("scanned", None, 3)):
        assert shifted(half, 2) == half


def test_the_nation_is_the_last_resort_even_where_the_ancestry_leaves_it_out():
    national, local = row("n", region_code="000000"), row("l", region_code="230000", start=5)
    asked = {"category": "meat", "imported": True}
    assert choose([national, local], regions=("370000",), on=START, **asked) == national
    assert choose([local], regions=("370000",), on=START, **asked) is None
    assert choose([row("n", region_code=None)], regions=("370000",), on=START, **asked).code == "n"
    assert choose([national], regions=("370000", "000000"), on=START, **asked) == national
    ended = row("e", region_code="230000", start=0, end=0)
    assert choose([ended], regions=("230000",), on=date(2021, 1, 2), **asked) is None
    assert choose([ended], regions=("230000",), on=START, **asked) == ended
    assert choose([local], regions=("230000",), on=START, **asked) == local, "before a region's first row: that row"


def test_a_first_row_that_is_not_in_force_on_its_first_day_serves_only_before_it():
    """A row that ended before it began, by its dates, is in force never: on its first day it isn't 'before it'."""
    never = row("x", region_code="230000", start=3, end=1)
    asked = {"regions": ("230000",), "category": "meat", "imported": True}
    assert choose([never], on=date(2021, 1, 3), **asked) == never
    assert choose([never], on=date(2021, 1, 4), **asked) is None


def test_a_missing_item_and_a_verdict_as_they_are_shown():
    item = Missing(
        "R1", "c", "k", "缺", "lacks", "补", "add", kinds=("a", "b"), uncovered=((1, 2), (5, 5)), tube_nos=("T1",),
        batch_id=MEAT, batch_code="AAAA1111",
    )  # fmt: skip
    shown = {
        "rule": "R1", "code": "c", "kind": "k", "message_zh": "缺", "message_en": "lacks", "next_zh": "补",
        "next_en": "add", "kinds": ["a", "b"], "uncovered": [[1, 2], [5, 5]], "tube_nos": ["T1"],
        "batch_id": str(MEAT), "batch_code": "AAAA1111",
    }  # fmt: skip
    assert item.as_dict() == shown
    assert replace(item, batch_id=None, batch_code=None).as_dict() == shown | {"batch_id": None, "batch_code": None}
    policy = replace(row("p", 3), name_zh="名", name_en="name", source="文号")
    verdict = Verdict(False, policy, (item,), {"code": {"made": True}}, (Note("n", "注", "note"),), {"imported": True})
    assert verdict.as_dict() == {
        "clear": False,
        "policy": {
            "code": "p", "version": 3, "name_zh": "名", "name_en": "name", "region_code": "230000",
            "valid_from": "2021-01-01", "source": "文号",
        },
        "missing": [shown],
        "basis": {"code": {"made": True}},
        "notes": [{"code": "n", "message_zh": "注", "message_en": "note"}],
        "judged_for": {"imported": True},
        "rules": [],
    }  # fmt: skip
    bare = Verdict(True, None, (), {}).as_dict()
    assert bare == {
        "clear": True,
        "policy": None,
        "missing": [],
        "basis": {},
        "notes": [],
        "judged_for": {},
        "rules": [],
    }


def test_what_no_vocabulary_knows_is_said_as_it_stands():
    (item,) = judge(None, known(category="insects")).missing
    assert "insects" in item.message_zh
    assert "insects" in item.message_en
    policy = replace(row(), disinfection="every_piece")
    failed = (treated(1, 10, "not_met", "soap"), treated(11, 480, "not_met", "chlorine"))
    (item,) = judge(policy, known(disinfections=failed)).missing
    assert "soap 3000 mg/L，10 分钟，−18 ℃；含氯消毒剂 3000 mg/L，10 分钟，−18 ℃" in item.message_zh
    assert "soap 3000 mg/L, 10 min, −18 °C; " in item.message_en


def test_what_meets_a_demand_is_shown_with_its_state_and_number():
    policy = replace(row(), evidence=(("nucleic_acid",),))
    entered, verified = EvidenceFact("nucleic_acid", "N-1"), EvidenceFact("nucleic_acid", "N-2", True)
    for papers, state, number in (((entered,), "entered", "N-1"), ((entered, verified), "verified", "N-2")):
        (shown,) = judge(policy, known(evidence=papers)).basis["evidence"]
        assert (shown["state"], shown["number"], shown["kind"]) == (state, number, "nucleic_acid")


def test_only_what_freezes_below_zero_is_warned_of():
    policy = replace(row(), disinfection="every_piece")
    for agent, ambient, notes in (
        ("chlorine", -18, ["agent_freezes"]), ("chlorine", 0, []), ("chlorine", 4, []), ("soap", -18, []),
        ("chlorine_cacl2_ethanol", -18, []),
    ):  # fmt: skip
        verdict = judge(policy, known(disinfections=(treated(1, 480, "met", agent, ambient),)))
        assert [note.code for note in verdict.notes] == notes


def test_a_missing_test_names_the_pieces_that_nothing_covers():
    sampled = tube("T1", "negative", Piece("scanned", 1, 9))
    (item,) = judge(replace(row(), testing="per_piece"), known(tubes=(sampled,))).missing
    assert item.uncovered == ((10, 480),)
