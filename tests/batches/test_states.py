"""What a tube's results come to (R8), and the pure rules of storage and restriction."""

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain.batches import storage
from coldchain.batches.states import Reported, TubeState, decide, grade, restriction

NOON = datetime(2021, 1, 18, 12, tzinfo=UTC)


def results(*said):
    """Build results an hour apart: `pre+`, `re-`, `conf+`, `pre?` …"""
    stages = {"pre": "preliminary", "re": "recheck", "conf": "confirmation"}
    signs = {"+": "positive", "-": "negative", "?": "invalid"}
    number = count(1)
    return [
        Reported(UUID(int=n), stages[each[:-1]], signs[each[-1]], NOON + timedelta(hours=n), NOON + timedelta(hours=n))
        for each in said
        for n in [next(number)]
    ]


@pytest.mark.parametrize(
    ("said", "state", "decided_by"),
    [
        ([], "pending", None),
        (["pre?"], "invalid", None),
        (["pre-"], "negative", 1),
        (["pre-", "pre?"], "negative", 1),
        (["pre+"], "positive", 1),
        (["pre+", "re?"], "positive", 1),
        (["pre+", "re+"], "positive", 1),
        (["pre+", "pre-"], "positive", 1),
        (["pre+", "re-"], "negative", 2),
        (["pre+", "re-", "re+"], "positive", 3),
        (["pre+", "conf+"], "confirmed", 2),
        (["pre+", "conf-"], "negative", 2),
        (["pre+", "conf+", "re-"], "confirmed", 2),
        (["pre+", "conf+", "pre+"], "confirmed", 2),
        (["pre+", "conf+", "conf-"], "negative", 3),
        (["conf+"], "confirmed", 1),
        (["pre?", "re-"], "negative", 2),
    ],
)
def test_decisions(said, state, decided_by):
    rechecked = state == "positive" and "re+" in said
    expected = TubeState(state, None if decided_by is None else UUID(int=decided_by), rechecked)
    assert decide(results(*said)) == expected
    assert decide(reversed(results(*said))) == expected  # the order of reporting counts, not that of entering


def test_a_superseded_result_never_counts():
    first, second = results("pre+", "re-")
    assert decide([first, Reported(**{**vars(second), "supersedes_id": first.result_id})]).state == "negative"
    wrong, right = results("pre+", "pre-")
    assert decide([wrong, Reported(**{**vars(right), "supersedes_id": wrong.result_id})]).state == "negative"


words = st.lists(st.sampled_from([s + r for s in ("pre", "re", "conf") for r in "+-?"]), max_size=6)


@given(words)
def test_only_a_recheck_or_confirmation_undoes_a_positive(said):
    state = decide(results(*said)).state
    valid = [each for each in said if not each.endswith("?")]
    positive = [n for n, each in enumerate(valid) if each.endswith("+")]
    undone = any(each in {"re-", "conf-"} for each in valid[positive[-1] :]) if positive else False
    if positive and not undone:
        assert state in {"positive", "confirmed"}
    if not positive:
        assert state == ("negative" if valid else "invalid" if said else "pending")
    if "conf+" in valid and "conf-" not in valid:
        assert state == "confirmed"


def test_grades():
    assert [grade(state, 1) for state in ("pending", "negative", "invalid", "positive", "confirmed")] == [
        None, None, None, "red", "confirmed",
    ]  # fmt: skip
    assert grade("positive", 2) == "amber"
    assert grade("confirmed", 2) == "confirmed"


def test_restriction_is_the_strongest():
    assert restriction([]) == "none"
    assert restriction(["amber"]) == restriction(["red", "amber"]) == "locked"
    assert restriction(["red", "sealed"]) == "sealed"
    assert restriction(["sealed", "confirmed", "red"]) == "confirmed_positive"


def test_zones():
    kinds = ("import_dedicated", "general", "sale_counter", "quarantine", "processing")
    imported = [kind for kind in kinds if storage.fits(kind, imported=True)]
    other = [kind for kind in kinds if storage.fits(kind, imported=False)]
    assert imported == ["import_dedicated", "sale_counter", "quarantine", "processing"]
    assert other == ["general", "quarantine", "processing"]


def test_what_was_released_by_decision_locks_no_more():
    first, second = results("pre+", "re-")
    released = Reported(**{**vars(first), "released": True})
    assert decide([released]) == TubeState("invalid", None)
    assert decide([released, second]) == TubeState("negative", second.result_id)
    assert (
        decide([second, Reported(**{**vars(released), "reported_at": NOON + timedelta(hours=9)})]).state == "negative"
    )
