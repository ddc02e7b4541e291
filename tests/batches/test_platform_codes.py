"""Codes of other platforms (R2): kept, found by scan and search, and which platform lacks one."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask import Flask

from coldchain.core import limits
from tests.factories.reader import Reader

CODE = "HLJ-2021-000-778899"
SQUARE = "https://example.org/q?code=ZZ99&batch=示例"


def record(who, batch_id, platform="heilongjiang", code=CODE, expect=201):
    return who.post(f"/batches/{batch_id}/platform-codes", {"platform": platform, "code": code}, expect)


def lacking(case, speaker=None):
    return [each["platform"] for each in case.batch(speaker=speaker)["platforms_missing"]]


def test_a_code_is_kept_and_what_lacks_is_listed(case, world):
    assert lacking(case) == ["national", "heilongjiang"]
    made = record(case.merchant, case.first)
    assert (made["platform"], made["name_zh"], made["code"]) == ("heilongjiang", "黑龙江冷链", CODE)
    assert lacking(case) == ["national"]
    record(world.inspector, case.first, "national", SQUARE)
    assert lacking(case) == []
    assert [each["code"] for each in case.batch()["platform_codes"]] == [CODE, SQUARE]
    assert case.batch(case.second)["platform_codes"] == []


def test_goods_that_lie_elsewhere_are_asked_for_there_too(case, world):
    there = world.people.regulator("511011")
    place = {
        "business": case.owner["business_id"], "name": "示例川店", "kind": "cold_store", "region_code": "511011",
        "address": "示例路3号",
    }  # fmt: skip
    site = there.post("/sites", place, 201)
    zone = {"code": "B", "kind": "import_dedicated", "temperature_class": "frozen"}
    zone = there.post(f"/sites/{site['site_id']}/zones", zone, 201)
    case.merchant.post("/relocations", {
        "zone_id": case.zone["zone_id"], "to_zone_id": zone["zone_id"],
        "lines": [{"batch_id": case.first, "quantity_units": 6}],
    }, 201)  # fmt: skip
    assert lacking(case) == ["national", "heilongjiang", "sichuan"]


def test_domestic_goods_lack_none(case, world):
    zone = world.zone(case.site, kind="general")
    line = [{"product_id": world.product(imported=False)["product_id"], "quantity_units": 6}]
    made = world.arrival(case.owner, case.site, zone, line, container_no=None, seal_no=None)
    batch = case.merchant.get(f"/batches/{made['batches'][0]['batch_id']}")
    assert batch["platforms_missing"] == []


def test_a_part_that_was_split_off_keeps_the_codes_of_the_whole(case):
    record(case.merchant, case.first)
    part = case.merchant.post(f"/batches/{case.first}/split", {
        "zone_id": case.zone["zone_id"], "piece_from": 1, "piece_to": 2,
    }, 201)  # fmt: skip
    (code,) = case.batch(part.get("batch_id") or part["batches"][0]["batch_id"])["platform_codes"]
    assert (code["code"], code["batch_id"]) == (CODE, case.first)


@pytest.mark.parametrize("typed", [CODE, "hlj 2021 000 778899", "ＨＬＪ２０２１０００７７８８９９"])
def test_it_is_found_by_scan_and_search(case, world, typed):
    record(case.merchant, case.first)
    found = world.inspector.get(f"/codes/{quote(typed, safe='')}")
    assert (found["batch_id"], found["platform"], found["platform_code"]) == (case.first, "heilongjiang", CODE)
    assert (found["level"], found["serial"]) == ("batch", 0)
    items = case.merchant.get(f"/search?q={quote(typed)}")["items"]
    assert {(each["kind"], each["batch_code"]) for each in items} >= {("batch", found["batch_code"])}


def test_an_address_in_a_square_is_found_whole(case, world):
    record(case.merchant, case.first, code=SQUARE)
    assert world.inspector.get(f"/codes/{quote(SQUARE, safe='')}")["batch_id"] == case.first


def test_strangers_learn_no_more_by_it_than_by_our_own_label(case, world):
    record(case.merchant, case.first)
    stranger = world.merchant(world.business())
    found = stranger.get(f"/codes/{CODE}")
    assert (found["batch_id"], found["gate"], found["holds"]) == (None, None, None)
    assert all(each["kind"] != "batch" for each in stranger.get(f"/search?q={CODE}")["items"])


def test_a_code_on_two_batches_shows_both_and_chooses_none(app: Flask, case, world):
    record(case.merchant, case.first)
    record(case.merchant, case.second)
    refused = world.inspector.get(f"/codes/{CODE}", 409)
    assert refused["code"] == "code_of_several"
    codes = sorted(case.batch(each)["batch_code"] for each in (case.first, case.second))
    assert sorted(refused["batch_codes"]) == codes
    page = Reader.of(app, world.inspector).open(f"/scan?code={CODE}", 409)
    assert all(code in page for code in codes)
    items = case.merchant.get(f"/search?q={CODE}")["items"]
    assert sorted(each["batch_code"] for each in items if each["kind"] == "batch") == codes


def test_what_is_refused(case, world):
    record(case.merchant, case.first)
    assert record(case.merchant, case.first, code="hlj2021000778899", expect=409)["code"] == "already_recorded"
    for platform, code, pointer, name in (
        ("elsewhere", "X", "/platform", "not_one_of"), ("national", " - ", "/code", "no_symbols"),
        ("national", "x" * (limits.FOREIGN_CODE_CHARS + 1), "/code", "too_long"),
    ):  # fmt: skip
        refused = record(case.merchant, case.first, platform, code, 422)
        assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [(pointer, name)]
    record(case.merchant, case.first, "national", "x" * limits.FOREIGN_CODE_CHARS)
    record(world.merchant(world.business()), case.first, expect=404)
    record(case.lab[1], case.first, expect=403)
    assert world.inspector.get("/codes/NOTHING-LIKE-IT", 404)["code"].startswith("label_code")


def test_the_page_of_a_batch_lists_and_takes_codes(app: Flask, case):
    reader = Reader.of(app, case.merchant)
    page = reader.open(f"/batches/{case.first}")
    assert "No code yet" in page
    form = f"/batches/{case.first}/platform-codes/new"
    reader.open(f"{form}?platform=heilongjiang")
    page = reader.send(form, 422, code="")
    assert 'href="#f-code"' in page
    page = reader.send(form, 200, code=CODE)
    assert CODE in page
    assert "The code is kept" in page
