"""The batches of a dispatch are found by a few characters, a number or a scan; what is in their way is said first."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from coldchain.core import clock
from tests.factories.reader import Reader
from tests.factories.scenes import Scenes
from tests.factories.world import World

NEW = "/consignments/new"


class Full:
    """A seller with a cleared batch among twelve that are not, one past its date; another zone with one more."""

    def __init__(self, world: World) -> None:
        self.world, self.goods = world, world.cleared(100, name="示例凤爪")
        owner, site, zone = self.goods["owner"], self.goods["site"], self.goods["zone"]
        self.wings = world.product(name="示例翅中", gtin="06901234567892")
        lines = [
            {"product_id": self.wings["product_id"], "quantity_units": 60, "batch_no": f"CH-{n:02d}"}
            | ({"expiry_date": "2021-01-25"} if n == 11 else {"expiry_date": f"20{40 + n}-01-01"})
            for n in range(12)
        ]
        self.batches = world.arrival(owner, site, zone, lines)["batches"]
        self.other_zone = world.zone(site)
        line = {"product_id": self.wings["product_id"], "quantity_units": 6, "batch_no": "AWAY-1"}
        self.away = world.arrival(owner, site, self.other_zone, [line])["batches"][0]
        self.seller = Reader.of(world.people.app, world.merchant(owner))

    def ids(self, typed: str, **more: str) -> list[str]:
        """Return the batches that a line finds in the zone, in order."""
        asked = {"zone_id": self.goods["zone"]["zone_id"], "_lines-3-find": typed, **more}
        page = self.seller.open("/consignments/goods?" + "&".join(f"{n}={quote(v)}" for n, v in asked.items()))
        return re.findall(r'name="lines-3-batch_id" value="([0-9a-f-]{36})"', page)


@pytest.fixture
def full(scenes: Scenes) -> Full:
    """A zone with many batches."""
    return scenes.of(Full)


def test_they_are_found_by_what_people_know(full: Full) -> None:
    """Name, initials, number, code, GTIN, an address that a scanner types; all words; only what lies in this zone."""
    clear, last = full.goods["batch"], full.batches[11]
    for typed in ("凤爪", "slfz", clear["batch_code"], f"https://trace.example/C/{clear['batch_code'].lower()}"):
        assert full.ids(typed) == [clear["batch_id"]], typed
    for typed in ("CH-11", "ch11", "翅中 CH-11", "06901234567892 ch-11"):
        assert full.ids(typed) == [last["batch_id"]], typed
    assert 'value="' + last["batch_id"] + '" checked' in full.seller.text, "the only one that is found is chosen"
    assert "in stock: " in full.seller.text, "what is not cleared is there and may not leave"
    assert "free: " not in full.seller.text
    full.ids("凤爪")
    assert "free: " in full.seller.text
    assert "in stock: " not in full.seller.text
    assert full.ids("翅中 凤爪") == []
    assert full.ids("AWAY-1") == []
    assert full.ids("AWAY-1", zone_id=full.other_zone["zone_id"]) == [full.away["batch_id"]]
    assert len(full.ids("翅中")) == 8
    assert "There are more in this zone" in full.seller.text
    assert full.ids("%%") == full.ids("没有") == []
    assert full.ids("CH-\x0011") == [last["batch_id"]], "what no text of the books has is left out"


def test_what_may_leave_comes_first_and_what_may_not_says_why(full: Full) -> None:
    """Untyped: the cleared batch first, then what has to be used first; a batch past its date says since when."""
    with clock.simulated(datetime(2021, 2, 1, tzinfo=clock.BEIJING)):
        first, *rest = full.ids("")
    assert first == full.goods["batch"]["batch_id"]
    assert rest[0] == full.batches[11]["batch_id"]
    assert rest[1] == full.batches[0]["batch_id"]
    page = full.seller.text
    assert page.index("past its date:") > page.index(first)
    assert page.count("past its date:") == 1
    assert page.count("Awaiting verification, ") == 7
    full.ids("CH-11")
    assert "icons.svg" in full.seller.text
    assert "clock-x" in full.seller.text


def test_without_script_the_form_does_the_same_and_keeps_all(full: Full) -> None:
    """The Find button of a line, and the address of the form, list what is found; other lines stay as they were."""
    full.seller.open(f"{NEW}?zone_id={full.goods['zone']['zone_id']}&find=CH-05")
    assert dict(full.seller.form(NEW)["fields"])["lines-0-batch_id"] == full.batches[5]["batch_id"]
    sent: dict[str, Any] = {
        "_lines__0__pieces": "2", "_lines__1__find": "凤爪", "_lines__1__pieces": "3", "_find": "lines-1",
    }  # fmt: skip
    full.seller.send(NEW, 200, **sent)
    kept = dict(full.seller.form(NEW)["fields"])
    assert kept["lines-0-batch_id"] == full.batches[5]["batch_id"]
    assert kept["lines-1-batch_id"] == full.goods["batch"]["batch_id"]
    assert (kept["_lines-0-pieces"], kept["_lines-1-pieces"], kept["_lines-1-find"]) == ("2", "3", "凤爪")
    full.seller.send(NEW, 422, lines__1__batch_id=None, _lines__1__find="没有")
    assert 'href="#f-lines-1-batch_id"' in full.seller.text
    assert 'id="f-lines-1-batch_id"' in full.seller.text


def test_nobody_finds_what_is_anothers(full: Full, app: Flask) -> None:
    """A stranger and the keeper's neighbour get no list of this zone, whoever's goods they name."""
    zone, owner = full.goods["zone"]["zone_id"], full.goods["owner"]["business_id"]
    stranger = Reader.of(app, full.world.merchant(full.world.business()))
    for more in ("", f"&owner={owner}"):
        stranger.open(f"/consignments/goods?zone_id={zone}&_lines-0-find=CH{more}", 404)
    full.seller.open(f"/consignments/goods?zone_id={zone}", 404)
    full.seller.open("/consignments/goods?zone_id=nothing&_lines-0-find=CH", 404)
