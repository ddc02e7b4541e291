"""Old labels on goods that were split off, and what the address says of goods that were made of others (R2, R13)."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coldchain.batches import labelled
from coldchain.core import db
from coldchain.labels.code import LabelCode
from tests.factories.reader import Reader
from tests.factories.scenes import Scenes
from tests.factories.world import World
from tests.labels.test_public_label import page, read, words


class Cut:
    """A clear batch of ten pieces with a label on each; pieces 4 to 8 are a batch of their own, 2 and 3 of it again."""

    def __init__(self, world: World) -> None:
        made = world.cleared(60)
        self.world, self.owner, self.batch, self.made = world, made["owner"], made["batch"], made
        self.merchant = world.merchant(self.owner)
        self.merchant.post(f"/batches/{self.batch['batch_id']}/label-runs", {"piece_from": 1, "piece_to": 10}, 202)
        self.child = self.split(self.batch["batch_id"], 4, 8)
        self.grandchild = self.split(self.child["batch_id"], 2, 3)

    def split(self, batch_id: str, first: int, last: int) -> Any:
        return self.merchant.post(f"/batches/{batch_id}/split", {"piece_from": first, "piece_to": last}, 201)

    def label(self, piece_no: int, batch: Any = None) -> str:
        code = (batch or self.batch)["batch_code"]
        return LabelCode(code, "piece" if piece_no else "batch", piece_no).text


@pytest.fixture
def cut(scenes: Scenes) -> Cut:
    """A batch that was split twice."""
    return scenes.of(Cut)


def test_a_piece_label_speaks_of_the_batch_that_has_the_piece(cut: Cut, client: FlaskClient) -> None:
    parent, child, grandchild = (each["batch_code"] for each in (cut.batch, cut.child, cut.grandchild))
    said = {n: read(client, cut.label(n)) for n in range(11)}
    assert {n: found["batch_code"] for n, found in said.items()} == {
        **dict.fromkeys((0, 1, 2, 3, 9, 10), parent), **dict.fromkeys((4, 7, 8), child),
        **dict.fromkeys((5, 6), grandchild),
    }  # fmt: skip
    assert {n: found["piece_no"] for n, found in said.items()} == {
        0: None, 1: 1, 2: 2, 3: 3, 4: 1, 5: 1, 6: 2, 7: 4, 8: 5, 9: 9, 10: 10,
    }  # fmt: skip
    assert {found["printed"] for found in said.values()} == {True}
    assert {found["badge"] for found in said.values()} == {"green"}
    assert (said[1]["split_from"], said[4]["split_from"], said[5]["split_from"]) == (None, parent, child)
    assert read(client, cut.label(0, cut.child))["batch_code"] == child
    assert read(client, cut.label(2, cut.child))["batch_code"] == grandchild
    assert read(client, cut.label(1, cut.child))["printed"] is False  # no label of its own was made yet


def test_a_lock_of_the_part_is_read_from_the_old_label(cut: Cut, client: FlaskClient) -> None:
    tube = cut.world.tube(cut.made["lab"], [cut.child["batch_id"]])
    cut.world.result(cut.made["lab"], tube, "positive", reported_at="2021-01-18T20:00:00+08:00")
    assert {n: read(client, cut.label(n))["badge"] for n in (1, 4, 5)} == {1: "green", 4: "amber", 5: "amber"}


def test_the_page_says_so_and_names_where_it_comes_from(cut: Cut, client: FlaskClient) -> None:
    shown = words(page(client, cut.label(4)))
    assert "标签属于批次" in shown
    assert "拆分自" in shown
    assert "第 4–8 件" in shown
    assert f'href="/C/{cut.label(0)}"' in page(client, cut.label(4))
    english = words(page(client, cut.label(4), lang="en"))
    assert "Split from" in english
    assert "which this page is about" in english
    assert "拆分自" not in words(page(client, cut.label(1)))


def test_who_signs_in_gets_to_the_batch_that_it_is_now(cut: Cut) -> None:
    found = cut.world.inspector.get(f"/codes/{cut.label(6)}")
    assert (found["batch_code"], found["batch_id"]) == (cut.grandchild["batch_code"], cut.grandchild["batch_id"])
    assert (found["serial"], found["piece_no"], found["moved"], found["printed"]) == (6, 2, True, True)
    assert found["gate"]["clear"] is True
    stays = cut.world.inspector.get(f"/codes/{cut.label(9)}")
    assert (stays["batch_id"], stays["moved"]) == (cut.batch["batch_id"], False)


def test_goods_made_of_others_name_them_and_nobody_below(cut: Cut, client: FlaskClient) -> None:
    product = cut.world.product(unit_mass_g=500)
    body = {
        "zone_id": cut.made["zone"]["zone_id"], "process": "cut",
        "lines": [{"batch_id": cut.child["batch_id"], "quantity_units": 1}],
        "outputs": [{"product_id": product["product_id"], "production_date": "2021-01-18", "quantity_units": 4}],
    }  # fmt: skip
    made = cut.merchant.post("/transformations", body, 201)["outputs"][0]
    cut.merchant.post(f"/batches/{made['batch_id']}/label-runs", {"level": "batch"}, 202)
    found = read(client, cut.label(0, made))
    assert (found["made_from"], found["split_from"], found["badge"]) == ([cut.child["batch_code"]], None, "green")
    assert "原料批次" in words(page(client, cut.label(0, made)))
    source = page(client, cut.label(0, cut.child))
    assert made["batch_code"] not in source  # who bought and cut it is nobody's business (R16)


def test_an_officer_who_opens_an_old_label_works_on_the_part(cut: Cut, app: Flask) -> None:
    officer = Reader.of(app, cut.world.inspector)
    officer.open(f"/C/{cut.label(6)}")
    assert "split off after the label was printed" in officer.text
    assert f"/batches/{cut.grandchild['batch_id']}" in officer.text
    officer.open(f"/C/{cut.label(9)}")
    assert "split off after the label was printed" not in officer.text


def test_the_arrival_of_what_was_made_here_has_a_page(cut: Cut, app: Flask) -> None:
    body = {
        "zone_id": cut.made["zone"]["zone_id"], "process": "repack",
        "lines": [{"batch_id": cut.child["batch_id"], "quantity_units": 1}],
        "outputs": [{"product_id": cut.made["product"]["product_id"], "production_date": "2021-01-18",
                     "quantity_units": 1}],
    }  # fmt: skip
    made = cut.merchant.post("/transformations", body, 201)["outputs"][0]
    arrival = cut.merchant.get(f"/batches/{made['batch_id']}")
    assert arrival["entry_mode"] == "processed"
    reader = Reader.of(app, cut.merchant)
    reader.open(f"/arrivals/{arrival['arrival_id']}")
    assert "Made here from other goods" in reader.text
    reader.open(f"/arrivals/{cut.made['arrival']['arrival_id']}")
    assert cut.child["batch_code"] not in reader.text
    assert cut.merchant.get("/arrivals?entry_mode=processed")["items"][0]["arrival_id"] == arrival["arrival_id"]
    world = {"site_id": cut.made["site"]["site_id"], "entry_mode": "processed", "lines": []}
    cut.merchant.post("/arrivals", world, 422)  # nobody enters what only a processing makes


def test_a_tube_typed_by_an_old_label_is_of_the_part(cut: Cut) -> None:
    typed = {cut.label(6), cut.label(9), cut.batch["batch_code"], f"https://trace.example/C/{cut.label(4)}", "x"}
    with db.transaction() as session:
        found = {text: str(batch_id) for text, batch_id in labelled.find_typed(session, typed).items()}
    assert found == {
        cut.label(6): cut.grandchild["batch_id"], cut.label(9): cut.batch["batch_id"],
        cut.batch["batch_code"]: cut.batch["batch_id"],
        f"https://trace.example/C/{cut.label(4)}": cut.child["batch_id"],
    }  # fmt: skip
