"""Pages that split and process: the way through form, check and receipt, and what is said when it is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.factories.reader import Reader
from tests.factories.scenes import Scenes
from tests.factories.world import World
from tests.trade.test_split import Store
from tests.trade.test_transform import Kitchen


@pytest.fixture
def store(scenes: Scenes) -> Store:
    """A store with a batch of which pieces 1 to 12 are proven."""
    return scenes.of(Store)


@pytest.fixture
def kitchen(scenes: Scenes) -> Kitchen:
    """A place where goods are cut."""
    return scenes.of(Kitchen)


def entered(reader: Reader) -> str:
    found = re.search(r"/stock-entries/([0-9a-f-]{36})", reader.path)
    assert found, reader.path
    return found[1]


def test_a_proven_part_is_suggested_checked_and_split_off(app: Any, store: Store) -> None:
    reader = Reader.of(app, store.merchant)
    path = f"/batches/{store.batch_id}/split"
    reader.open(path)
    assert "Pieces 1–12 have every record already" in reader.text
    assert dict(reader.form(path)["fields"])["piece_to"] == "12"
    reader.send(path, _step="check", reason="先发")
    assert reader.status == 200
    assert "Nothing is entered yet" in reader.text
    assert "Clear to circulate" in reader.text
    assert "Must not leave" in reader.text  # the rest
    assert store.units(store.batch_id) == 117
    reader.send(path, _step="send")
    assert store.units(store.batch_id) == 45
    entry = store.merchant.get(f"/stock-entries/{entered(reader)}")
    made = entry["detail"]["outputs"][0]
    assert made["batch_id"] in reader.text
    assert "whoever scans one reads the new batch" in reader.text
    # a second press of the same button does nothing more
    reader.open(f"/stock-entries/{entry['entry_id']}")
    assert made["batch_id"] in reader.text


def test_a_wrong_range_is_said_at_its_field_and_what_was_typed_stays(app: Any, store: Store) -> None:
    reader = Reader.of(app, store.merchant)
    path = f"/batches/{store.batch_id}/split"
    for first, last, words in (
        ("5", "3", "The last piece comes before the first"), ("1", "21", "This batch has pieces 1 to 20"),
        ("x", "3", "This should be a whole number"), ("", "", "This is needed"),
    ):  # fmt: skip
        reader.open(path)
        reader.send(path, 422, _step="check", piece_from=first, piece_to=last)
        assert words in reader.text
        assert f'name="piece_to" type="text" value="{last}"' in reader.text
    store.split(1, 12)
    reader.open(path)
    assert "still here: 13–20" in reader.text
    reader.send(path, 409, _step="check", piece_from="12", piece_to="13")
    assert "Some of these pieces were split off already" in reader.text


def test_locked_goods_say_so(app: Any, store: Store) -> None:
    reader = Reader.of(app, store.merchant)
    path = f"/batches/{store.batch_id}/split"
    reader.open(path)
    store.world.result(store.lab, store.tube, "positive", reported_at="2021-01-18T20:00:00+08:00")
    reader.send(path, 409, _step="send", piece_from="1", piece_to="2")
    assert "locked" in reader.text
    assert store.units(store.batch_id) == 117


def test_an_officer_splits_for_the_owner_and_others_do_not_see_the_page(app: Any, store: Store) -> None:
    officer = Reader.of(app, store.world.regulator)
    path = f"/batches/{store.batch_id}/split"
    officer.open(path)
    officer.send(path, _step="send", piece_from="1", piece_to="2")
    assert store.merchant.get(f"/stock-entries/{entered(officer)}")["on_behalf_of"] == store.owner["business_id"]
    other = Reader.of(app, store.world.merchant(store.world.business()))
    other.open(path, 404)
    lab = Reader.of(app, store.lab[1])
    lab.open(path, 403)


def test_the_batch_pages_lead_both_ways(app: Any, store: Store) -> None:
    reader = Reader.of(app, store.merchant)
    made = store.split(1, 12)
    reader.open(f"/batches/{store.batch_id}")
    assert f'href="/batches/{made["batch_id"]}"' in reader.text
    assert f'href="/batches/{store.batch_id}/split"' in reader.text
    assert "Split off" in reader.text
    reader.open(f"/batches/{made['batch_id']}")
    assert f'href="/batches/{store.batch_id}"' in reader.text
    assert "Split from" in reader.text
    assert "pieces 1–12" in reader.text


def fill(kitchen: Kitchen, **more: Any) -> dict[str, Any]:
    """What somebody types who cuts two pieces and one unit of the first batch: 26 kg."""
    return {
        f"_pieces-{kitchen.first}": "2", f"_loose-{kitchen.first}": "1", "outputs-0-product_id":
        kitchen.cut["product_id"], "_outputs-0-pieces": "5", "_outputs-0-loose": "", "outputs-0-production_date":
        "2020-11-06", "outputs-0-expiry_date": "2022-11-05", "_loss_kg": "0.9", "_step": "check",
    } | more  # fmt: skip


def send(reader: Reader, expect: int | None, typed: dict[str, Any]) -> str:
    """Send the form with names that hold ids."""
    pairs = [pair for pair in reader.form("/transformations/new")["fields"] if pair[0] not in typed]
    body: dict[str, list[str]] = {}
    for name, text in [*pairs, *typed.items()]:
        body.setdefault(name, []).append(text)
    return reader._took(reader.client.post("/transformations/new", data=body, follow_redirects=True), expect)


def test_goods_are_cut_by_the_page(app: Any, kitchen: Kitchen) -> None:
    reader = Reader.of(app, kitchen.merchant)
    reader.open(f"/transformations/new?zone_id={kitchen.zone['zone_id']}&batch_id={kitchen.first}")
    assert dict(reader.form("/transformations/new")["fields"])["outputs-0-production_date"] == "2020-11-06"
    send(reader, 200, fill(kitchen))
    assert "Nothing is entered yet" in reader.text
    assert "25 kg" in reader.text
    assert "0.9 kg" in reader.text
    assert "0.1 kg" in reader.text  # unaccounted for, within the tolerance
    assert kitchen.units(kitchen.first) == 60
    send(reader, 200, {"_step": "send"})
    assert kitchen.units(kitchen.first) == 47
    entry = kitchen.merchant.get(f"/stock-entries/{entered(reader)}")
    (made,) = entry["detail"]["outputs"]
    assert made["quantity_units"] == 50
    assert f"/batches/{made['batch_id']}/labels" in reader.text
    reader.open(f"/batches/{kitchen.first}")
    assert f'href="/batches/{made["batch_id"]}"' in reader.text
    reader.open(f"/batches/{made['batch_id']}")
    assert "Made from" in reader.text
    assert f'href="/batches/{kitchen.first}"' in reader.text


def test_masses_that_differ_are_said_in_kilograms(app: Any, kitchen: Kitchen) -> None:
    reader = Reader.of(app, kitchen.merchant)
    path = f"/transformations/new?zone_id={kitchen.zone['zone_id']}"
    reader.open(path)
    send(reader, 422, fill(kitchen, _loss_kg=""))
    assert "1 kg are unaccounted for, at most 0.26 kg may be" in reader.text
    assert 'value="2020-11-06"' in reader.text  # what was typed is still there
    reader.open(path)
    send(reader, 422, fill(kitchen, **{"_outputs-0-pieces": "6", "_loss_kg": ""}))
    assert "4 kg more come out than go in" in reader.text
    reader.open(path)
    send(reader, 422, fill(kitchen, _loss_kg="viel"))
    send(reader, 422, fill(kitchen, **{f"_pieces-{kitchen.first}": "", f"_loose-{kitchen.first}": ""}))
    assert "No quantity is typed yet" in reader.text
    reader.open(path)
    send(reader, 422, fill(kitchen, **{"outputs-0-product_id": ""}))
    assert "This is needed" in reader.text
    assert kitchen.units(kitchen.first) == 60


def test_what_the_gate_or_a_lock_refuses_is_named_by_batch(app: Any, kitchen: Kitchen) -> None:
    reader = Reader.of(app, kitchen.merchant)
    reader.open(f"/transformations/new?zone_id={kitchen.zone['zone_id']}")
    kitchen.world.result(kitchen.lab, kitchen.first_tube, "positive", reported_at="2021-01-18T20:00:00+08:00")
    send(reader, 409, fill(kitchen))
    assert "Not done: nothing was entered" in reader.text
    assert f"/batches/{kitchen.first}" in reader.text


def test_products_are_found_and_lines_added(app: Any, kitchen: Kitchen) -> None:
    reader = Reader.of(app, kitchen.merchant)
    reader.open(f"/catalogue/products?_outputs-1-find={kitchen.cut['name']}")
    assert f'name="outputs-1-product_id" value="{kitchen.cut["product_id"]}"' in reader.text
    reader.open(f"/transformations/new?zone_id={kitchen.zone['zone_id']}")
    send(reader, 200, {"_find": "outputs-0", "_outputs-0-find": kitchen.cut["name"]})
    assert f'value="{kitchen.cut["product_id"]}" checked' in reader.text
    send(reader, 200, fill(kitchen, _add="outputs", _step=""))
    assert "outputs-1-production_date" in reader.text
    assert reader.text.count('value="2020-11-06"') == 2
    send(reader, 200, {"_remove": "outputs-0", "_step": ""})
    assert "outputs-1-production_date" not in reader.text
    send(reader, 200, {"_new": "outputs-0", "_step": ""})
    assert "_product-name" in reader.text
    new = {
        "_register": "outputs-0", "_step": "", "_producer-name": "示例自加工", "_producer-country": "CN",
        "_producer-licence_no": "SC10423020312345", "_product-name": "示例鸡块", "_product-imported": "false",
        "_product-category": "poultry", "_product-ledger_unit": "unit", "_product-units_per_piece": "10",
        "_product-unit_mass_g": "500",
    }  # fmt: skip
    send(reader, 200, new)
    assert "The product is registered and chosen" in reader.text
    assert "示例鸡块" in reader.text


def test_an_empty_place_says_so(app: Any, world: World) -> None:
    owner = world.business()
    reader = Reader.of(app, world.merchant(owner))
    reader.open("/transformations/new")
    assert "Nothing lies here" in reader.text
    reader.open("/stock-entries/00000000-0000-7000-8000-000000000000/made", 404)
