"""Visits and findings: recorded by officers of the place, answered by the business, closed on a second look."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select
from sqlmodel import col

from coldchain.accounts.actor import SYSTEM
from coldchain.core import clock, db, limits, plain_words
from coldchain.inspections import site_findings, visits
from coldchain.journal.models import JournalEntry
from coldchain.policy import findings as catalogue
from tests.factories.people import People, Speaker
from tests.factories.world import World

# A noon that is not far ahead: assignments and tokens of now hold then.
NOON = (datetime.now(clock.BEIJING) + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)


def day(later: int) -> str:
    """Return the day that many days after NOON."""
    return (NOON.date() + timedelta(days=later)).isoformat()


MIXED = "heilongjiang_mixed_storage"  # to be put right within three days


def photograph(shade: int = 200) -> bytes:
    """Return a small PNG of one shade."""
    kept = BytesIO()
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(kept, "PNG")
    return kept.getvalue()


@pytest.fixture
def shop(world: World) -> dict[str, Any]:
    """A business with one site."""
    return world.shop()


def visited(speaker: Speaker, shop: dict[str, Any], *findings: dict[str, Any], expect: int = 201, **more: Any) -> Any:
    """Record a visit to the shop's site."""
    body = {"site_id": shop["site"]["site_id"], "findings": list(findings)} | more
    return speaker.post("/visits", body, expect)


def test_the_catalogue_ships_both_lists_with_sources_and_says_what_is_reconstructed(world: World) -> None:
    rows = world.inspector.get("/finding-kinds")["items"]
    by_list: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_list.setdefault(row["list_code"], []).append(row)
        assert row["source"]
        assert 0 <= row["rectify_days"] <= limits.RECTIFY_DAYS_MAX
    assert [row["position"] for row in by_list["shandong_eight"]] == list(range(1, 9))
    assert [row["position"] for row in by_list["heilongjiang_six"]] == list(range(1, 7))
    assert not any(row["reconstruction"] for row in by_list["shandong_eight"])
    assert all(row["reconstruction"] and "官方原文未找到" in row["source"] for row in by_list["heilongjiang_six"])
    with db.transaction() as session:
        assert catalogue.load(session) == 0
        assert catalogue.catalogue(session, "230203")[0].list_code == "heilongjiang_six"
        assert catalogue.catalogue(session, "370100")[0].list_code == "shandong_eight"


def test_a_finding_goes_from_the_visit_by_the_answer_and_the_second_look_to_its_end(
    world: World, shop: dict[str, Any]
) -> None:
    merchant = world.merchant(shop["owner"])
    with clock.simulated(NOON):
        made = visited(world.inspector, shop, {"kind": MIXED}, {"wording": "地面有积水"}, note="与店主现场核对")
        first, second = made["findings"]
        assert (first["state"], first["rectify_by"], first["overdue"]) == ("open", day(3), False)
        assert (second["wording"], second["rectify_by"], second["kind"]) == ("地面有积水", None, None)
        path = f"/findings/{first['finding_id']}"
        seen = merchant.get("/findings")["items"]
        assert {each["finding_id"] for each in seen} == {first["finding_id"], second["finding_id"]}
        assert merchant.get(path)["note"] == "与店主现场核对"
        merchant.post(f"{path}/answer", {"text": " "}, 422)
        answered = merchant.post(f"{path}/answer", {"text": "已分区存放"}, 200)
        assert (answered["state"], answered["events"][0]["text"]) == ("answered", "已分区存放")
        assert merchant.post(f"{path}/answer", {"text": "再答"}, 409)["code"] == "wrong_state"
        world.inspector.post(f"{path}/review", {"outcome": "not_rectified"}, 422)
        back = {"outcome": "not_rectified", "text": "冷库仍混放", "rectify_by": day(5)}
        returned = world.inspector.post(f"{path}/review", back, 200)
        assert (returned["state"], returned["rectify_by"]) == ("open", day(5))
        merchant.post(f"{path}/answer", {"text": "冷库也已分开"}, 200)
        closed = world.inspector.post(f"{path}/review", {"outcome": "rectified"}, 200)
        assert [event["kind"] for event in closed["events"]] == ["answered", "returned", "answered", "rectified"]
        assert world.inspector.post(f"{path}/review", {"outcome": "rectified"}, 409)["code"] == "wrong_state"
    with db.transaction() as session:
        kinds = session.scalars(
            select(col(JournalEntry.kind))
            .where(col(JournalEntry.kind).startswith("site_finding.") | col(JournalEntry.kind).startswith("visit."))
            .order_by(col(JournalEntry.entry_id))
        ).all()
        bodies = session.scalars(select(col(JournalEntry.body))).all()
    said = ["answered", "returned", "answered", "rectified"]
    assert kinds == ["visit.recorded", *(f"site_finding.{each}" for each in said)]
    assert not any("积水" in body or "混放" in body for body in bodies), "free words stand as commitments only"


def test_a_finding_is_overdue_from_the_day_after_its_last_and_never_while_it_waits_for_the_officer(
    world: World, shop: dict[str, Any]
) -> None:
    with clock.simulated(NOON):
        (found,) = visited(world.inspector, shop, {"kind": MIXED})["findings"]
    last = NOON.replace(hour=23, minute=59, second=59) + timedelta(days=3)
    for moment, overdue in ((last, False), (last + timedelta(seconds=1), True)):
        with clock.simulated(moment):
            assert world.inspector.get(f"/findings/{found['finding_id']}")["overdue"] is overdue
            assert len(world.inspector.get("/findings?state=overdue")["items"]) == overdue
    world.merchant(shop["owner"]).post(f"/findings/{found['finding_id']}/answer", {"text": "已整改"}, 200)
    assert world.inspector.get("/findings?state=overdue")["items"] == []


def test_who_may_what(world: World, people: People, shop: dict[str, Any]) -> None:
    visit = visited(world.inspector, shop, {"kind": MIXED})
    path = f"/findings/{visit['findings'][0]['finding_id']}"
    far, other = people.inspector("230202"), world.merchant(world.shop()["owner"])
    visited(far, shop, {"kind": MIXED}, expect=404)
    visited(world.merchant(shop["owner"]), shop, {"kind": MIXED}, expect=403)
    for speaker in (far, other):
        speaker.get(path, 404)
        assert speaker.get("/findings")["items"] == []
    far.post(f"{path}/review", {"outcome": "rectified"}, 404)
    other.post(f"{path}/answer", {"text": "x"}, 404)
    world.inspector.post(f"{path}/answer", {"text": "x"}, 403)
    world.merchant(shop["owner"]).post(f"{path}/review", {"outcome": "rectified"}, 403)
    world.regulator.get(f"/findings/{uuid4()}", 404)
    people.nobody().get("/findings", 401)
    people.nobody().get("/finding-kinds", 401)


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({}, "/findings/0", "one_wording"),
    ({"kind": MIXED, "wording": "混放"}, "/findings/0", "one_wording"),
    ({"kind": "no_such_row"}, "/findings/0/kind", "unknown_finding_kind"),
    ({"kind": MIXED, "rectify_by": day(-1)}, "/findings/0/rectify_by", "out_of_range"),
    ({"kind": MIXED, "rectify_by": day(limits.RECTIFY_DAYS_MAX + 1)}, "/findings/0/rectify_by", "out_of_range"),
    ({"kind": MIXED, "batch_ids": [str(uuid4())]}, "/findings/0/batch_ids/0", "unknown_batch"),
    ({"wording": "好\u202e坏"}, "/findings/0/wording", "text_bidi"),
    ({"wording": "长" * (limits.TEXT_CHARS + 1)}, "/findings/0/wording", "too_long"),
]


def test_what_a_visit_refuses(world: World, shop: dict[str, Any]) -> None:
    with clock.simulated(NOON):
        for given, pointer, code in REFUSED:
            refused = visited(world.inspector, shop, given, expect=422)
            assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [(pointer, code)]
        assert world.inspector.get("/findings")["items"] == []


def test_bounds_and_what_nothing_found_means(world: World, shop: dict[str, Any]) -> None:
    with clock.simulated(NOON):
        last = {"kind": MIXED, "rectify_by": day(limits.RECTIFY_DAYS_MAX)}  # as many days later as may be
        made = visited(world.inspector, shop, *[last] * limits.FINDINGS_PER_VISIT)
        assert len(made["findings"]) == limits.FINDINGS_PER_VISIT
        visited(world.inspector, shop, *[last] * (limits.FINDINGS_PER_VISIT + 1), expect=422)
        many = {"kind": MIXED, "batch_ids": [str(uuid4())] * (limits.BATCHES_PER_FINDING + 1)}
        assert visited(world.inspector, shop, many, expect=422)["errors"][0]["code"] == "wrong_count"
        many["batch_ids"].pop()
        assert visited(world.inspector, shop, many, expect=422)["errors"][0]["code"] == "unknown_batch"
        empty = visited(world.inspector, shop, note="未发现问题")
        assert empty["findings"] == []
        world.inspector.post("/visits", {}, 422)
        world.inspector.post("/visits", {"site_id": str(uuid4())}, 422)
        world.inspector.post("/visits", {"business": "91230203000000000X"}, 422)
        world.inspector.post(
            "/visits", {"business": shop["owner"]["uscc"], "occurred_at": (NOON + timedelta(days=1)).isoformat()}, 422
        )
    with db.transaction() as session:
        assert [row.note for row in visits.last_visits(session, shop["owner"]["business_id"], 1)] == ["未发现问题"]
        shown = site_findings.open_findings(session, SYSTEM, shop["owner"]["business_id"])
        assert len(shown) == limits.FINDINGS_PER_VISIT
        assert {each["wording"] for each in shown} == {"进口冷链食品与其他食品混放"}


def test_photographs_are_seen_with_the_finding_alone(
    app: Flask, world: World, people: People, shop: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    goods = world.cleared(100)
    given = {"kind": MIXED, "batch_ids": [goods["batch"]["batch_id"]]}
    visit = visited(world.inspector, shop, given)
    (found,) = visit["findings"]
    assert found["batches"][0]["batch_code"] == goods["batch"]["batch_code"]

    def sent(speaker: Speaker, path: str, expect: int, picture: bytes, **fields: str) -> Any:
        answer = app.test_client().post(
            f"/api/v1{path}", data=fields | {"file": (BytesIO(picture), "a.png")},
            headers={"Authorization": f"Bearer {speaker.token}"}, content_type="multipart/form-data",
        )  # fmt: skip
        assert answer.status_code == expect, answer.get_data(as_text=True)
        return answer.get_json()

    photos = f"/visits/{visit['visit_id']}/photos"
    kept = sent(world.inspector, photos, 201, photograph())
    assert sent(world.inspector, photos, 201, photograph())["photo_id"] == kept["photo_id"]
    assert sent(world.inspector, photos, 422, b"<svg onload=alert(1)>")["errors"][0]["code"] == "not_an_image"
    sent(people.inspector("230202"), photos, 404, photograph())
    monkeypatch.setattr(limits, "PHOTOS_PER_VISIT", 1)
    assert sent(world.inspector, photos, 409, photograph(shade=9))["code"] == "too_many_photos"
    merchant, path = world.merchant(shop["owner"]), f"/findings/{found['finding_id']}"
    answered = sent(merchant, f"{path}/answer", 200, photograph(shade=7), text="已整改")
    assert [photo["event_id"] is None for photo in answered["photos"]] == [True, False]
    for photo in answered["photos"]:
        for speaker, expect in ((merchant, 200), (world.inspector, 200), (people.inspector("230202"), 404)):
            address = f"/api/v1{path}/photos/{photo['photo_id']}"
            seen = speaker.client.get(address, headers={"Authorization": f"Bearer {speaker.token}"})
            assert seen.status_code == expect
            assert expect == 404 or seen.data.startswith(b"\xff\xd8")
    (second,) = visited(world.inspector, shop, {"kind": MIXED})["findings"]
    merchant.get(f"/findings/{second['finding_id']}/photos/{kept['photo_id']}", 404)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("联系电话13912345678", True),
        ("电话 139-1234 5678 ", True),
        ("１３９１２３４５６７８", True),
        ("+86 13912345678", True),
        ("0452-2791234", True),
        ("身份证 230203198001011234", True),
        ("身份证230203 19800101 123x", True),
        ("决定书 建市监罚〔2021〕12 号", False),
        ("统一社会信用代码 91230203MA19XXXX4Y", False),
        ("货物 452 件零 132 盒，360.42 千克", False),
        ("2021-01-19 12:00 至 2021-01-26 12:00", False),
        ("报关单 190120211000042871", False),
    ],
)  # fmt: skip
def test_phone_and_identity_numbers_are_seen_in_what_is_published(text: str, expected: bool) -> None:
    assert plain_words.names_a_person(text) is expected
