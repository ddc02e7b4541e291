"""Decisions: what makes a violation, what a suspension stops and what it never stops, objection, the public page."""

import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from coldchain.core import clock, db, limits
from coldchain.registry import decisions as rules
from coldchain.registry.models import Business
from coldchain.registry.service import decisions
from tests.factories.people import People
from tests.factories.world import World

NOON = (datetime.now(clock.BEIJING) + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
END = NOON + timedelta(days=7)
MIXED = "heilongjiang_mixed_storage"
SECOND = timedelta(seconds=1)


@pytest.fixture
def goods(world: World) -> dict[str, Any]:
    """A store with one cleared batch."""
    return world.cleared(100)


def found(world: World, goods: dict[str, Any]) -> str:
    """Record a finding at the store and return its id."""
    body = {"site_id": goods["site"]["site_id"], "findings": [{"kind": MIXED}]}
    return str(world.inspector.post("/visits", body, 201)["findings"][0]["finding_id"])


def deciding(*finding_ids: str, **fields: Any) -> dict[str, Any]:
    """Return a decision that suspends and publishes for a week from NOON on."""
    return {
        "finding_ids": list(finding_ids), "kinds": ["suspension", "publication"], "number": f"建〔{uuid4().hex[:8]}〕",
        "reason": "混放未整改", "basis": "食品安全管理规定", "starts_at": NOON.isoformat(), "ends_at": END.isoformat(),
    } | fields  # fmt: skip


def decided(world: World, goods: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Decide about a new finding at the store."""
    made: dict[str, Any] = world.regulator.post("/decisions", deciding(found(world, goods), **fields), 201)
    return made


def sending(world: World, goods: dict[str, Any], expect: int, to: dict[str, Any], zone: str | None = None) -> Any:
    """Dispatch six units of the store's goods."""
    body = {
        "from_zone_id": zone or goods["zone"]["zone_id"], "to": {"business": to["uscc"]},
        "handover": "await_confirmation", "lines": [{"batch_id": goods["batch"]["batch_id"], "quantity_units": 6}],
    }  # fmt: skip
    return world.merchant(goods["owner"]).post("/consignments", body, expect)


def entry(goods: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return an entry about six units of the store's goods."""
    line = {"batch_id": goods["batch"]["batch_id"], "quantity_units": 6}
    return {"zone_id": goods["zone"]["zone_id"], "lines": [line]} | fields


def test_a_decision_holds_from_its_first_moment_up_to_its_last() -> None:
    def at(moment: datetime, lifted: datetime | None = None) -> str:
        return rules.state(NOON, END, lifted, moment)

    assert [at(NOON - SECOND), at(NOON), at(END - SECOND), at(END)] == ["coming", "in_force", "in_force", "ended"]
    lifted = NOON + timedelta(days=2)
    assert [at(lifted - SECOND, lifted), at(lifted, lifted), at(END, lifted)] == ["in_force", "lifted", "lifted"]
    assert rules.may_object(frozenset(), END, END - SECOND)
    assert not rules.may_object(frozenset(), END, END)
    assert [rules.objection(frozenset(said)) for said in ((), ("lifted",), ("objected",), ("objected", "upheld"))] == [
        "none", "none", "waiting", "upheld",
    ]  # fmt: skip


def test_a_suspension_refuses_what_is_intended_until_its_exact_end_and_nothing_else(
    world: World, goods: dict[str, Any]
) -> None:
    shop = world.shop()
    merchant = world.merchant(goods["owner"])
    with clock.simulated(NOON - timedelta(hours=3)):
        travelling = sending(world, goods, 201, shop["owner"])
    with clock.simulated(NOON - timedelta(hours=1)):
        made = decided(world, goods)
        assert (made["state"], made["objection"]) == ("coming", "none")
        sending(world, goods, 201, shop["owner"])
    with clock.simulated(NOON):
        refused = sending(world, goods, 409, shop["owner"])
        assert refused["code"] == "business_suspended_by_decision"
        assert refused["decision"]["number"] == made["number"]
        assert made["number"] in refused["detail"]
        for path, more in (("/sales", {}), ("/uses", {}), ("/owner-changes", {"to_owner": shop["owner"]["uscc"]})):
            assert merchant.post(path, entry(goods, **more), 409)["code"] == refused["code"]
        late = merchant.post("/sales", entry(goods, occurred_at=(NOON - timedelta(hours=4)).isoformat()), 201)
        assert refused["code"] in {warning["code"] for warning in late["warnings"]}
        merchant.post("/losses", entry(goods, reason="破损"), 201)
        merchant.post("/destructions", entry(goods, method="incineration", reason="过期"), 201)
        merchant.post("/returns", entry(goods, to={"name": "示例贸易"}, reason="退货"), 201)
        line = {"batch_id": goods["batch"]["batch_id"], "quantity_units": 6}
        confirm = {"zone_id": shop["zone"]["zone_id"], "lines": [line]}
        world.merchant(shop["owner"]).post(f"/consignments/{travelling['consignment_id']}/confirm", confirm, 200)
    with clock.simulated(END - SECOND):
        sending(world, goods, 409, shop["owner"])
    with clock.simulated(END):
        sending(world, goods, 201, shop["owner"])
        assert world.regulator.get(f"/decisions/{made['decision_id']}")["state"] == "ended"


def test_a_decision_about_one_site_stops_only_what_leaves_from_there(world: World, goods: dict[str, Any]) -> None:
    shop = world.shop()
    other = world.zone(world.site(goods["owner"]))
    with clock.simulated(NOON):
        world.merchant(goods["owner"]).post("/relocations", entry(goods, to_zone_id=other["zone_id"]), 201)
        made = decided(world, goods, site_only=True)
        assert made["site_id"] == goods["site"]["site_id"]
        assert sending(world, goods, 409, shop["owner"])["decision"]["site_id"] == made["site_id"]
        sending(world, goods, 201, shop["owner"], other["zone_id"])
        second = world.inspector.post(
            "/visits", {"business": goods["owner"]["uscc"], "findings": [{"kind": MIXED}]}, 201
        )["findings"][0]  # fmt: skip
        refused = world.regulator.post("/decisions", deciding(second["finding_id"], site_only=True), 422)
        assert refused["errors"][0]["code"] == "one_site"


def test_what_was_decided_about_an_identity_holds_for_the_business_that_it_was_merged_into(
    world: World, goods: dict[str, Any]
) -> None:
    former, stands = world.shop(), UUID(goods["owner"]["business_id"])
    with clock.simulated(NOON):
        made = decided(world, former)
        sending(world, goods, 201, world.shop()["owner"])
        with db.transaction() as session:
            session.get_one(Business, UUID(former["owner"]["business_id"])).merged_into_id = stands
        assert sending(world, goods, 409, world.shop()["owner"])["decision"]["number"] == made["number"]
        with db.transaction() as session:
            assert decisions.published_number(session, stands, NOON) == made["number"]
            assert [each.number for each in decisions.of_business(session, stands, NOON)] == [made["number"]]


def test_an_order_and_a_publication_stop_nothing(world: World, goods: dict[str, Any]) -> None:
    with clock.simulated(NOON):
        decided(world, goods, kinds=["order_to_rectify", "publication"])
        sending(world, goods, 201, world.shop()["owner"])


def test_only_a_regulator_of_the_place_decides_and_the_finding_becomes_a_violation(
    world: World, people: People, goods: dict[str, Any]
) -> None:
    finding = found(world, goods)
    with clock.simulated(NOON):
        body = deciding(finding)
        people.regulator("230202").post("/decisions", body, 404)
        world.inspector.post("/decisions", body, 403)
        world.merchant(goods["owner"]).post("/decisions", body, 403)
        assert world.regulator.get(f"/findings/{finding}")["state"] == "open"
        made = world.regulator.post("/decisions", body, 201)
        shown = world.merchant(goods["owner"]).get(f"/findings/{finding}")
        assert (shown["state"], shown["events"][-1]["decision_id"]) == ("decided", made["decision_id"])
        assert world.regulator.post("/decisions", body, 409)["code"] == "wrong_state"
        again = deciding(found(world, goods), number=made["number"])
        assert world.regulator.post("/decisions", again, 409)["code"] == "number_taken"
    path = f"/decisions/{made['decision_id']}"
    people.regulator("230202").get(path, 404)
    world.merchant(world.shop()["owner"]).get(path, 404)
    assert people.regulator("230202").get("/decisions")["items"] == []
    assert [row["number"] for row in world.merchant(goods["owner"]).get("/decisions")["items"]] == [made["number"]]


def test_whole_businesses_are_decided_about_where_they_are_registered(
    world: World, people: People, goods: dict[str, Any]
) -> None:
    """A tenant of another district: what its goods here show is decided about for this site alone."""
    tenant = World(people, "230202").business()
    body = {"site_id": goods["site"]["site_id"], "business": tenant["uscc"], "findings": [{"kind": MIXED}]}
    finding = world.inspector.post("/visits", body, 201)["findings"][0]["finding_id"]
    with clock.simulated(NOON):
        world.regulator.post("/decisions", deciding(finding), 404)
        other = deciding(finding, found(world, goods), site_only=True)
        assert world.regulator.post("/decisions", other, 422)["errors"][0]["code"] == "one_business"
        made = world.regulator.post("/decisions", deciding(finding, site_only=True), 201)
        sending(world, goods, 201, world.shop()["owner"])  # the keeper's own goods
    assert made["business"]["name"] == tenant["name"]


def test_of_two_officers_who_decide_at_once_one_is_first(world: World, goods: dict[str, Any]) -> None:
    finding = found(world, goods)
    answers: list[int] = []
    ready = threading.Barrier(2)

    def decide(number: str) -> None:
        client = world.people.app.test_client()
        ready.wait()
        made = client.post(
            "/api/v1/decisions", json=deciding(finding, number=number),
            headers={"Authorization": f"Bearer {world.regulator.token}"},
        )  # fmt: skip
        answers.append(made.status_code)

    threads = [threading.Thread(target=decide, args=(number,)) for number in ("甲", "乙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 409]
    assert len(world.regulator.get("/decisions")["items"]) == 1


def test_the_business_objects_once_within_the_period_and_the_answer_upholds_or_lifts(
    world: World, people: People, goods: dict[str, Any]
) -> None:
    merchant, shop = world.merchant(goods["owner"]), world.shop()
    with clock.simulated(NOON):
        path = f"/decisions/{decided(world, goods)['decision_id']}"
        assert world.regulator.post(f"{path}/answer", {"outcome": "upheld", "text": "x"}, 409)["code"] == "no_objection"
        world.merchant(shop["owner"]).post(f"{path}/objection", {"text": "x"}, 404)
        world.regulator.post(f"{path}/objection", {"text": "x"}, 403)
        assert merchant.post(f"{path}/objection", {"text": "已整改完毕"}, 200)["objection"] == "waiting"
        assert merchant.post(f"{path}/objection", {"text": "再说"}, 409)["code"] == "objected_already"
        sending(world, goods, 409, shop["owner"])  # it goes on holding meanwhile
        people.regulator("230202").post(f"{path}/answer", {"outcome": "upheld", "text": "x"}, 404)
        upheld = world.regulator.post(f"{path}/answer", {"outcome": "upheld", "text": "复查仍混放"}, 200)
        assert (upheld["objection"], upheld["state"]) == ("upheld", "in_force")
        again = world.regulator.post(f"{path}/answer", {"outcome": "upheld", "text": "x"}, 409)
        assert again["code"] == "wrong_state"
    lifted_at = NOON + timedelta(days=2)
    with clock.simulated(lifted_at - timedelta(hours=1)):
        for outside in (NOON - SECOND, END):
            asked = {"outcome": "lifted", "text": "x", "effective_at": outside.isoformat()}
            world.regulator.post(f"{path}/answer", asked, 422)
        asked = {"outcome": "lifted", "text": "复查合格", "effective_at": lifted_at.isoformat()}
        assert world.regulator.post(f"{path}/answer", asked, 200)["state"] == "in_force"
    with clock.simulated(lifted_at - SECOND):
        sending(world, goods, 409, shop["owner"])
    with clock.simulated(lifted_at):
        sending(world, goods, 201, shop["owner"])
        assert world.regulator.get(path)["state"] == "lifted"
        assert world.regulator.get("/decisions?in_force=true")["items"] == []
        world.regulator.post(f"{path}/answer", {"outcome": "lifted", "text": "x"}, 409)
    with clock.simulated(END):
        other = decided(world, goods, starts_at=NOON.isoformat())
        refused = merchant.post(f"/decisions/{other['decision_id']}/objection", {"text": "x"}, 409)
        assert refused["code"] == "period_over"


def test_the_public_page_lists_what_holds_and_takes_it_down_at_its_end(
    world: World, people: People, goods: dict[str, Any]
) -> None:
    anybody = people.nobody()
    with clock.simulated(NOON):
        shown = decided(world, goods)
        kept = decided(world, goods, kinds=["suspension"])
        path = f"/decisions/{shown['decision_id']}"
        world.merchant(goods["owner"]).post(f"{path}/objection", {"text": "本店张三已整改"}, 200)
        page = anybody.get("/published-decisions")
        (row,) = page["items"]
        assert (row["business"], row["number"], row["objection"]) == (
            goods["owner"]["name"],
            shown["number"],
            "waiting",
        )
        assert kept["number"] not in str(page)
        assert "张三" not in str(page)
        assert "示例路" not in str(page)
    with clock.simulated(END - SECOND):
        assert len(anybody.get("/published-decisions")["items"]) == 1
    with clock.simulated(END):
        assert anybody.get("/published-decisions")["items"] == []
    with clock.simulated(NOON + SECOND):
        world.regulator.post(f"{path}/answer", {"outcome": "lifted", "text": "误发"}, 200)
        assert anybody.get("/published-decisions")["items"] == []


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"reason": "联系人电话 139 1234 5678"}, "/reason", "names_a_person"),
    ({"basis": "身份证 230203198001011234"}, "/basis", "names_a_person"),
    ({"ends_at": NOON.isoformat()}, "/ends_at", "ends_before_start"),
    (
        {"ends_at": (NOON + timedelta(days=limits.DECISION_DAYS_MAX) + SECOND).isoformat()},
        "/ends_at",
        "out_of_range",
    ),
    (
        {
            "starts_at": (NOON + timedelta(days=limits.DECISION_DAYS_MAX) + SECOND).isoformat(),
            "ends_at": (NOON + timedelta(days=limits.DECISION_DAYS_MAX + 1)).isoformat(),
        },
        "/starts_at",
        "out_of_range",
    ),
    ({"kinds": []}, "/kinds", "wrong_count"),
    ({"kinds": ["fine"]}, "/kinds/0", "not_one_of"),
    ({"finding_ids": []}, "/finding_ids", "wrong_count"),
    ({"number": "x" * (limits.NUMBER_CHARS + 1)}, "/number", "too_long"),
]


def test_what_a_decision_refuses(world: World) -> None:
    with clock.simulated(NOON):
        finding = found(world, world.shop())
        for fields, pointer, code in REFUSED:
            refused = world.regulator.post("/decisions", deciding(finding, **fields), 422)
            assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [(pointer, code)]
        longest = (NOON + timedelta(days=limits.DECISION_DAYS_MAX)).isoformat()
        told = {"kinds": ["suspension"], "reason": "联系人电话 139 1234 5678"}  # nobody else reads it
        world.regulator.post("/decisions", deciding(finding, ends_at=longest, **told), 201)
