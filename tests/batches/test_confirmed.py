"""A positive after its re-check and after its confirmation (R8): each stage by its own name, holders are told too."""

import pytest
from flask import Flask

from coldchain.labels.code import LabelCode
from tests.batches.conftest import Case
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.home.test_stopped import main


@pytest.fixture
def merchant(app: Flask, case: Case) -> Reader:
    return Reader.of(app, case.merchant)


@pytest.fixture
def inspector(app: Flask, world: World) -> Reader:
    return Reader.of(app, world.inspector)


def said(case: Case) -> tuple[str, str]:
    (item,) = [item for item in case.gate()["missing"] if item["code"] == "test_positive"]
    return item["message_zh"], item["next_zh"]


def test_the_gate_says_for_what_a_positive_waits_until_it_is_confirmed(case: Case) -> None:
    tube = case.tube(case.first)
    case.result(tube, "positive")
    assert said(case)[0] == "采样管 LJ-0001 待复检，不得出库。"
    case.result(tube, "positive", stage="recheck", hour=19)
    assert said(case)[0] == "采样管 LJ-0001 已复检，待确认，不得出库。"
    case.result(tube, "positive", stage="confirmation", hour=20)
    message, following = said(case)
    assert message == "采样管 LJ-0001 确认阳性，不得出库。"
    for act in ("无害化处理", "退运", "追回"):
        assert act in following
    assert "复检" not in following


def test_holder_and_officer_read_each_stage_by_its_own_name(case: Case, merchant: Reader, inspector: Reader) -> None:
    tube = case.tube(case.first)
    page, follow = f"/batches/{case.first}", f"/tubes/{tube['tube_id']}/positive"
    case.result(tube, "positive")
    words = main(inspector.open(follow))
    assert "Preliminary positive" in words
    assert "was positive on its first test, awaits its re-check" in words
    case.result(tube, "positive", stage="recheck", hour=19)
    words = main(inspector.open(follow))
    assert "Positive on re-check" in words
    assert "awaits its confirmation" in words
    assert "Preliminary positive" not in words
    label = LabelCode(case.batch()["batch_code"], "batch", 0).text
    assert "Positive on re-check" in main(inspector.open(f"/C/{label}"))
    words = main(merchant.open(page))
    assert "awaits its confirmation" in words
    assert "ositive" not in words
    case.result(tube, "positive", stage="confirmation", hour=20)
    for reader, path in ((merchant, page), (inspector, page), (inspector, follow)):
        words = main(reader.open(path))
        assert "Tube LJ-0001 is confirmed positive" in words, path
        assert "Confirmed positive" in words, path
        assert "awaits" not in words, path
        assert "Being rechecked" not in words, path
    words = main(merchant.open(page))
    assert "destroyed, returned or recovered" in words
    assert "Stays locked: confirmed positive" in words
    assert "Lock ended" not in words
    assert "Confirmed positive" in main(merchant.open("/batches?restriction=confirmed_positive"))


def test_a_confirmation_without_an_earlier_result_is_confirmed_all_the_same(case: Case, merchant: Reader) -> None:
    case.result(case.tube(case.first), "positive", stage="confirmation")
    assert said(case)[0] == "采样管 LJ-0001 确认阳性，不得出库。"
    assert "Tube LJ-0001 is confirmed positive" in main(merchant.open(f"/batches/{case.first}"))


def test_a_negative_re_check_after_a_positive_one_leaves_no_trace_of_waiting(case: Case, merchant: Reader) -> None:
    tube = case.tube(case.first)
    case.result(tube, "positive")
    case.result(tube, "negative", stage="recheck", hour=19)
    words = main(merchant.open(f"/batches/{case.first}"))
    assert "A re-check or the confirmation was negative" in words
