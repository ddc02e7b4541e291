"""What a verdict on a batch that came in shows beside its yes or no, to the word (R1, R2, R5, R8)."""

from dataclasses import replace
from datetime import date

import pytest

from coldchain.policy.coverage import Piece
from coldchain.policy.engine import judge
from coldchain.policy.facts import EvidenceFact
from tests.policy.test_choose import row
from tests.policy.test_judge import ARRIVED, PIECES, WHOLE, treated, tube
from tests.policy.test_judge import known as known_of

ASKS = replace(
    row(), evidence=(("customs_declaration", "purchase_receipt"),), disinfection="every_piece", testing="per_piece",
    code_required=True, supplier_required=True, requires_verified=False, grace_until=None,
)  # fmt: skip
PAPER = EvidenceFact("purchase_receipt", "N1")


def known(**facts):
    """A batch of a dozen pieces."""
    return known_of(**{"piece_count": PIECES, **facts})


def test_what_a_clear_verdict_rests_on():
    facts = known(
        evidence=(PAPER,), disinfections=(treated(1, 8),), tubes=(tube("T1", "negative", Piece("scanned", 1, 8)),),
        gone=((9, PIECES),), code_made=True, supplier_known=True,
    )  # fmt: skip
    verdict = judge(ASKS, facts)
    assert verdict.clear
    assert verdict.policy == ASKS
    assert verdict.judged_for == {
        "region_code": "230203", "arrived_on": ARRIVED.isoformat(), "category": "poultry", "imported": True,
    }  # fmt: skip
    covered = {"state": "met", "covered": [[1, 8]], "uncovered": []}
    assert dict(verdict.basis) == {
        "evidence": [{
            "kinds": ["customs_declaration", "purchase_receipt"], "kind": "purchase_receipt", "state": "entered",
            "number": "N1",
        }],
        "disinfection": covered | {"required": "every_piece", "bases": ["declared_range"]},
        "test": covered | {"required": "per_piece", "bases": ["scanned"], "tubes": {"negative": ["T1"]}},
        "code": {"required": True, "made": True},
        "supplier": {"required": True, "known": True},
    }  # fmt: skip


def test_what_a_refusal_rests_on():
    verdict = judge(ASKS, known())
    basis = verdict.basis
    assert basis["evidence"] == [{
        "kinds": ["customs_declaration", "purchase_receipt"], "kind": "customs_declaration", "state": "missing",
        "number": None,
    }]  # fmt: skip
    assert basis["disinfection"]["state"] == basis["test"]["state"] == "not_covered"
    assert basis["code"] == {"required": True, "made": False}
    assert basis["supplier"] == {"required": True, "known": False}
    assert "Customs declaration or Purchase receipt" in verdict.missing[0].message_en
    nothing = judge(replace(ASKS, disinfection="none", testing="none"), known()).basis
    assert nothing["disinfection"]["state"] == nothing["test"]["state"] == "not_required"


def test_without_a_policy_it_is_the_policy_that_is_missing():
    (item,) = judge(None, known()).missing
    assert (item.code, item.kind) == ("policy_missing", "policy")


@pytest.mark.parametrize(
    ("testing", "site", "told"),
    [
        ("per_batch", "environment", True), ("per_piece", "personnel", True), ("per_batch", "outer_pack", False),
        ("none", "environment", False),
    ],
)  # fmt: skip
def test_samples_of_surroundings_are_said_not_to_count_where_a_test_is_asked_for(testing, site, told):
    verdict = judge(replace(ASKS, testing=testing), known(tubes=(tube("T1", "negative", WHOLE, site=site),)))
    assert ("sample_not_of_goods" in {note.code for note in verdict.notes}) is told


@pytest.mark.parametrize(("day", "within"), [(date(2021, 1, 31), True), (date(2021, 2, 1), False)])
def test_existing_stock_has_until_the_end_of_the_last_day_of_grace(day, within):
    policy = replace(ASKS, grace_until=date(2021, 1, 31))
    notes = judge(policy, known(existing_stock=True, recorded_on=day)).notes
    assert ("grace_period" in {note.code for note in notes}) is within


def test_a_refused_paper_without_a_reason_is_told_without_one():
    (item, *_) = judge(ASKS, known(evidence=(replace(PAPER, refused=""),), code_made=True)).missing
    assert item.code == "evidence_refused"
    assert "X" not in item.message_en


def test_tubes_and_agents_are_listed_with_their_commas():
    two = (tube("T1", "pending", Piece("scanned", 1, 2)), tube("T2", "pending", Piece("scanned", 3, 4)))
    treatments = tuple(replace(treated(1, 4, "no_protocol"), agent=agent) for agent in ("chlorine", "peracetic_acid"))
    verdict = judge(replace(ASKS, evidence=()), known(tubes=two, disinfections=treatments))
    (test,) = (item for item in verdict.missing if item.kind == "test")
    assert (test.code, test.tube_nos) == ("test_not_covered", ("T1", "T2"))
    assert test.uncovered == ((1, PIECES),)
    (note,) = (note for note in verdict.notes if note.code == "no_protocol")
    assert "XX" not in note.message_en + note.message_zh + test.message_en


def test_of_several_tubes_only_those_that_touch_what_is_left_are_named_and_any_for_one_sample_of_the_batch():
    tubes = (tube("T1", "negative", Piece("scanned", 1, 6)), tube("T2", "pending", Piece("scanned", 2, 3)))
    (item,) = (each for each in judge(ASKS, known(tubes=tubes)).missing if each.kind == "test")
    assert (item.code, item.tube_nos) == ("test_not_covered", ())
    alone = judge(replace(ASKS, testing="per_batch"), known(tubes=tubes[1:]))
    (item,) = (each for each in alone.missing if each.kind == "test")
    assert (item.code, item.tube_nos) == ("test_pending", ("T2",))
    gone = known(tubes=(tube("T3", "pending", Piece("scanned", 1, 8)),), gone=((9, PIECES),))
    (item,) = (each for each in judge(ASKS, gone).missing if each.kind == "test")
    assert item.code == "test_pending", "all that is still here was sampled"


def test_a_positive_is_worded_by_what_has_come_of_it():
    first = tube("T1", "positive", Piece("scanned", 1, 2))
    again = replace(tube("T2", "positive", Piece("scanned", 3, 4)), rechecked=True)
    sure = tube("T3", "confirmed", Piece("scanned", 5, 6))

    def said(*tubes, **facts):
        (item,) = (each for each in judge(ASKS, known(tubes=tubes, **facts)).missing if each.kind == "test")
        assert (item.code, item.rule, item.uncovered) == ("test_positive", "R8", ((1, PIECES),))
        assert item.tube_nos == tuple(each.tube_no for each in tubes)
        return item

    for tubes, named, word in (
        ((first, again, sure), "T3", "confirmed"), ((first, again), "T1", "re-check"), ((again,), "T2", "confirm"),
        ((sure, replace(sure, tube_no="T4")), "T3, T4", "confirmed"),
    ):  # fmt: skip
        item = said(*tubes)
        assert named in item.message_en
        assert word in item.message_en + item.next_en
        for other in {"T1", "T2", "T3"} - set(named.split(", ")):
            assert other not in item.message_en
    assert len({said(each).message_en.replace(each.tube_no, "") for each in (first, again, sure)}) == 3


def test_of_a_tube_only_the_samples_of_the_goods_cover_pieces():
    goods = tube("T1", "negative", Piece("scanned", 1, 2))
    (room,) = tube("T1", "negative", WHOLE, site="environment").samples
    basis = judge(ASKS, known(tubes=(replace(goods, samples=(*goods.samples, room)),))).basis
    assert basis["test"]["covered"] == [[1, 2]]
