"""Every movement of a batch has its sentence on the batch's page, in both languages, and leads to its entry."""

from __future__ import annotations

import pytest
from flask import Flask

from coldchain.core.i18n import use_locale
from coldchain.home import batch_movements
from coldchain.ledger.models import MOVEMENT_KINDS
from tests.factories.reader import Reader
from tests.factories.world import World


@pytest.mark.parametrize("kind", sorted(set(MOVEMENT_KINDS) - {"intake"}))  # the intake is the arrival itself
def test_every_kind_has_words_whichever_side_is_seen(app: Flask, kind: str) -> None:
    sides = [{"from_zone_id": 1}, {"to_zone_id": 1}, {"from_zone_id": 1, "to_zone_id": 2}, {}]
    with app.test_request_context():
        for side in sides:
            with use_locale("en"):
                english = batch_movements.told({"kind": kind, **side}, "3 boxes")
            with use_locale("zh_CN"):
                chinese = batch_movements.told({"kind": kind, **side}, "3盒")
            assert "3 boxes" in english
            assert english.isascii()
            assert "3盒" in chinese
            assert not chinese.split("3盒")[0].isascii()


def test_the_page_tells_what_became_of_the_goods_and_links_to_it(app: Flask, world: World) -> None:
    goods = world.cleared(100)
    owner = world.merchant(goods["owner"])
    lines = [{"batch_id": goods["batch"]["batch_id"], "quantity_units": 12}]
    body = {"zone_id": goods["zone"]["zone_id"], "lines": lines}
    apart = world.zone(goods["site"])["zone_id"]
    sold = owner.post("/sales", body, 201)
    made = [
        sold,
        owner.post("/openings", body, 201),
        owner.post("/relocations", body | {"to_zone_id": apart}, 201),
        owner.post(
            f"/stock-entries/{sold['entry_id']}/correct",
            {"reason": "录错", "lines": [lines[0] | {"quantity_units": 6}]},
            201,
        ),
    ]
    reader = Reader.of(app, owner)
    page = reader.open(f"/batches/{goods['batch']['batch_id']}")
    for entry in made:
        assert f'href="/stock-entries/{entry["entry_id"]}"' in page
        assert entry["entry_no"] in page
    for words in ("Sold: ", "Pieces opened: ", "Moved: ", "Corrected, still here: "):
        assert words in page
