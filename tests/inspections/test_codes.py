"""Codes at the API: the same code tells each asker what that asker may know."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from coldchain.core.check_code import append_check
from coldchain.labels.code import LabelCode
from tests.factories.scenes import Scenes
from tests.factories.world import World


@pytest.fixture
def made(scenes: Scenes) -> dict[str, Any]:
    """A cleared batch."""
    return scenes.of(World.cleared)


def piece(made: dict[str, Any], number: int = 17) -> str:
    """The code of a piece."""
    return LabelCode(made["batch"]["batch_code"], "piece", number).text


def test_an_officer_learns_gate_and_locks(world: World, made: dict[str, Any]) -> None:
    found = world.inspector.get(f"/codes/{piece(made)}")
    assert (found["level"], found["serial"]) == ("piece", 17)
    assert found["batch_id"] == made["batch"]["batch_id"]
    assert found["batch_code"] == made["batch"]["batch_code"]
    assert found["product"]["name"] == made["product"]["name"]
    assert found["gate"]["clear"] is True
    assert found["restriction"] == "none"
    assert found["holds"] == []
    assert found["printed"] is False


def test_a_lock_is_told_with_its_cause(world: World, made: dict[str, Any]) -> None:
    tube = world.tube(made["lab"], [made["batch"]["batch_id"]])
    world.result(made["lab"], tube, "positive")
    for who in (world.inspector, world.regulator, world.merchant(made["owner"]), world.people.admin()):
        found = who.get(f"/codes/{piece(made)}")
        assert found["restriction"] == "locked"
        assert [hold["cause"]["kind"] for hold in found["holds"]] == ["result"]


def test_an_officer_elsewhere_learns_the_verdict_and_not_the_batch(world: World, made: dict[str, Any]) -> None:
    """Goods travel: who finds them far away must know whether they may be there."""
    found = world.people.inspector("511011").get(f"/codes/{piece(made)}")
    assert found["batch_id"] is None
    assert found["gate"]["clear"] is True
    assert found["restriction"] == "none"


def test_strangers_learn_code_and_product_only(world: World, made: dict[str, Any]) -> None:
    found = world.merchant(world.business()).get(f"/codes/{piece(made)}")
    assert found["batch_code"] == made["batch"]["batch_code"]
    assert found["product"]["name"] == made["product"]["name"]
    assert (found["batch_id"], found["gate"], found["restriction"], found["holds"]) == (None, None, None, None)


def test_a_laboratory_learns_the_batch_that_it_names_in_a_tube(world: World, made: dict[str, Any]) -> None:
    found = made["lab"][1].get(f"/codes/{piece(made)}")
    assert found["batch_id"] == made["batch"]["batch_id"]
    assert (found["gate"], found["restriction"], found["holds"]) == (None, None, None)


def test_nobody_must_sign_in(world: World, made: dict[str, Any]) -> None:
    world.people.nobody().get(f"/codes/{piece(made)}", 401)


def test_whole_addresses_and_bare_batch_codes_are_read(world: World, made: dict[str, Any]) -> None:
    address = quote(f"HTTPS://TRACE.EXAMPLE/C/{piece(made)}", safe="")
    assert world.inspector.get(f"/codes/{address}")["serial"] == 17
    bare = world.inspector.get(f"/codes/{made['batch']['batch_code'].lower()}")
    assert (bare["level"], bare["serial"], bare["printed"]) == ("batch", 0, True)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (LabelCode(append_check("7K3M9Q2"), "piece", 17).text, "unknown_code"),
        ("7K3M", "label_code_length"),
        ("A" * 600, "label_code_length"),
        ("7K3M9Q2U", "label_code_symbol"),
        ("%00", "label_code_symbol"),
        ("%F0%9F%A6%A0", "label_code_symbol"),
        ("0000000000001", "label_code_check"),
    ],
)
def test_what_is_no_code_is_refused_with_its_reason(world: World, code: str, reason: str) -> None:
    problem = world.inspector.get(f"/codes/{code}", 404)
    assert problem["code"] == reason
    assert problem["detail"]
