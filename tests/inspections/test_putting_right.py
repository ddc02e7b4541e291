"""Putting right what was decided: reported by the business, looked at again by an officer, followed when it is late."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from coldchain.core import clock, db, limits
from coldchain.registry import decisions as rules
from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.inspections.test_decisions import END, NOON, SECOND, decided, found, goods, sending
from tests.journeys.contract_handover import photograph

assert goods is not None  # the fixture of the other tests

# Where each word leads from each stage; what isn't here is refused.
TABLE = {
    ("ordered", "reported"): "waiting", ("ordered", "rectified"): "rectified", ("ordered", "lifted"): "void",
    ("waiting", "returned"): "returned", ("waiting", "rectified"): "rectified", ("waiting", "lifted"): "void",
    ("returned", "reported"): "waiting", ("returned", "rectified"): "rectified", ("returned", "lifted"): "void",
    ("rectified", "lifted"): "void",
}  # fmt: skip
WAY = {
    "ordered": [], "waiting": ["reported"], "returned": ["reported", "returned"], "rectified": ["rectified"],
    "void": ["lifted"],
}  # fmt: skip


class TestRules:
    @pytest.mark.parametrize("stage", rules.STAGES)
    @pytest.mark.parametrize("kind", ["reported", "returned", "rectified", "lifted"])
    def test_every_cell_of_the_table(self, stage, kind):
        assert rules.stage(WAY[stage]) == stage
        assert rules.may_say(stage, kind) is ((stage, kind) in TABLE)
        if (stage, kind) in TABLE:
            assert rules.stage([*WAY[stage], kind]) == TABLE[stage, kind]
        else:
            with pytest.raises(KeyError):
                rules.stage([*WAY[stage], kind])

    def test_objections_change_no_stage_and_reports_take_no_objection_away(self):
        assert rules.stage(["objected", "reported", "upheld"]) == "waiting"
        for said in ([], ["reported"], ["reported", "returned"], ["rectified"]):
            assert rules.may_object(said, END, NOON)
            assert rules.objection([*said, "objected"]) == "waiting"
        assert not rules.may_object(["lifted"], END, NOON)

    def test_it_ends_what_holds_from_its_moment_on_and_nothing_that_is_over(self):
        seen = NOON + timedelta(days=2)

        def at(moment, lifted=None, rectified=seen):
            return rules.state(NOON, END, lifted, moment, rectified)

        assert [at(seen - SECOND), at(seen), at(END)] == ["in_force", "rectified", "rectified"]
        assert at(seen, lifted=seen) == "lifted"
        assert at(END + timedelta(days=1), rectified=END) == "ended"
        assert at(NOON - SECOND, rectified=NOON - timedelta(hours=1)) == "rectified", "it never comes into force"

    @pytest.mark.parametrize("stage", rules.STAGES)
    def test_overdue_is_what_orders_something_is_past_its_end_and_not_reported(self, stage):
        open_ones = stage in {"ordered", "returned"}
        assert not rules.overdue(["suspension"], END, stage, END - SECOND)
        assert rules.overdue(["suspension"], END, stage, END) is open_ones
        assert rules.overdue(["order_to_rectify", "publication"], END, stage, END) is open_ones
        assert not rules.overdue(["publication"], END, stage, END)


def test_reported_given_back_reported_again_accepted_and_the_business_sends_again(
    world: World, people: People, goods: dict[str, Any]
) -> None:
    merchant, shop = world.merchant(goods["owner"]), world.shop()
    with clock.simulated(NOON):
        finding = found(world, goods)
        made = world.regulator.post("/decisions", _body(finding), 201)
        path = f"/decisions/{made['decision_id']}"
        refused = merchant.post(f"/findings/{finding}/answer", {"text": "已分开"}, 409)
        assert (refused["code"], refused["decision_id"]) == ("wrong_state", made["decision_id"]), "it says where"
        for wrong in (world.regulator, world.inspector):
            wrong.post(f"{path}/report", {"text": "x"}, 403)
        world.merchant(shop["owner"]).post(f"{path}/report", {"text": "x"}, 404)
        back = {"outcome": "not_rectified", "text": "仍混放"}
        assert world.regulator.post(f"{path}/review", back, 409)["code"] == "wrong_state", "nothing was reported"
        merchant.post(f"{path}/objection", {"text": "不服"}, 200)
        told = merchant.post(f"{path}/report", {"text": "已分区存放"}, 200)
        assert (told["putting_right"], told["state"], told["objection"]) == ("waiting", "in_force", "waiting")
        sending(world, goods, 409, shop["owner"])  # it goes on holding
        assert merchant.post(f"{path}/report", {"text": "再报"}, 409)["state"] == "waiting"
        assert (
            world.regulator.post(f"{path}/review", {"outcome": "not_rectified"}, 422)["errors"][0]["code"] == "required"
        )
        world.inspector.post(f"{path}/review", back, 403)
        people.regulator("230202").post(f"{path}/review", back, 404)
        assert world.regulator.post(f"{path}/review", back, 200)["putting_right"] == "returned"
        assert merchant.post(f"{path}/report", {"text": "又整改"}, 200)["putting_right"] == "waiting"
        assert [row["number"] for row in world.regulator.get("/decisions?putting_right=waiting")["items"]] == [
            made["number"]
        ]
    with clock.simulated(NOON + timedelta(days=1)):
        done = world.regulator.post(f"{path}/review", {"outcome": "rectified", "text": "现场合格"}, 200)
        assert (done["state"], done["putting_right"]) == ("rectified", "rectified")
        assert [event["kind"] for event in done["events"]] == [
            "objected", "reported", "returned", "reported", "rectified"
        ]  # fmt: skip
        sending(world, goods, 201, shop["owner"])
        shown = merchant.get(f"/findings/{finding}")
        assert (shown["state"], shown["rectified"], shown["lifted"]) == ("decided", True, False), "a violation it stays"
        (row,) = people.nobody().get("/published-decisions")["items"]
        assert (row["number"], row["rectified_at"]) == (made["number"], done["rectified_at"])
        assert "已分区" not in str(row)
        assert world.regulator.get("/decisions?in_force=true")["items"] == []
        assert world.regulator.post(f"{path}/review", back, 409)["code"] == "wrong_state"
        upheld = world.regulator.post(f"{path}/answer", {"outcome": "upheld", "text": "违法属实"}, 200)
        assert (upheld["objection"], upheld["state"]) == ("upheld", "rectified"), (
            "the objection was answered all the same"
        )
    with clock.simulated(END):
        assert people.nobody().get("/published-decisions")["items"] == []
    with db.transaction() as session:
        kinds = session.scalars(
            text("SELECT kind FROM journal_entry WHERE kind LIKE 'enforcement.%' ORDER BY entry_id")
        ).all()
    assert kinds == [f"enforcement.{kind}" for kind in (
        "decided", "objected", "reported", "returned", "reported", "rectified", "upheld")]  # fmt: skip


def _body(finding: str) -> dict[str, Any]:
    from tests.inspections.test_decisions import deciding

    return deciding(finding)


def test_a_lifted_decision_asks_for_nothing_and_an_accepted_objection_still_takes_the_violation_away(
    world: World, goods: dict[str, Any]
) -> None:
    merchant = world.merchant(goods["owner"])
    with clock.simulated(NOON):
        finding = found(world, goods)
        path = f"/decisions/{world.regulator.post('/decisions', _body(finding), 201)['decision_id']}"
        merchant.post(f"{path}/objection", {"text": "不服"}, 200)
        world.regulator.post(f"{path}/review", {"outcome": "rectified"}, 200)  # seen on the spot, without a report
        assert merchant.get(path)["events"][-1]["text"] is None, "who accepts need say nothing"
        lifted = world.regulator.post(f"{path}/answer", {"outcome": "lifted", "text": "误判"}, 200)
        assert (lifted["state"], lifted["putting_right"]) == ("lifted", "void")
        shown = merchant.get(f"/findings/{finding}")
        assert (shown["lifted"], shown["rectified"]) == (True, False)
        assert merchant.post(f"{path}/report", {"text": "x"}, 409)["state"] == "void"


def test_what_is_late_stands_on_desks_until_it_is_reported_and_seen(
    app: Flask, world: World, goods: dict[str, Any]
) -> None:
    with clock.simulated(NOON):
        made = decided(world, goods, kinds=["order_to_rectify"])
        decided(world, goods, kinds=["publication"])  # orders nothing
    path = f"/decisions/{made['decision_id']}"
    with clock.simulated(END - SECOND):
        assert world.regulator.get("/decisions?putting_right=overdue")["items"] == []
        merchant = Reader.of(app, world.merchant(goods["owner"]))
        page = merchant.open("/")
        assert "Put right and report" in page
        assert f"{path}#report" in page
    with clock.simulated(END):
        (row,) = world.regulator.get("/decisions?putting_right=overdue")["items"]
        assert (row["number"], row["overdue"], row["state"]) == (made["number"], True, "ended")
        regulator = Reader.of(app, world.regulator)
        assert "1 order was not put right in time" in regulator.open("/")
        assert made["number"] in regulator.open("/decisions?putting_right=overdue")
        merchant = Reader.of(app, world.merchant(goods["owner"]))
        assert "was to be put right by" in merchant.open("/")
        merchant.open(path)
        page = merchant.send(f"{path}/report", 422, done="")
        assert 'href="#f-done"' in page
        photos = [(BytesIO(photograph()), "a.png"), (BytesIO(photograph()), "b.png")]
        page = merchant.send(f"{path}/report", 200, done="已全部整改", file=photos)
        assert "An officer looks at it again" in page
        page = regulator.open("/")
        assert "order was not put right in time" not in page
        assert f"Decision {made['number']}: {goods['owner']['name']} reports it as put right" in page
        page = regulator.open(path)
        assert "已全部整改" in page
        (photo,) = world.regulator.get(path)["events"][-1]["photos"]  # the same one twice is one
        assert f"{path}/photos/{photo}" in page
        shown = regulator.client.get(f"/api/v1{path}/photos/{photo}")
        assert (shown.status_code, shown.content_type) == (200, "image/jpeg")
        stranger = Reader.of(app, world.merchant(world.shop()["owner"]))
        assert stranger.client.get(f"/api/v1{path}/photos/{photo}").status_code == 404
        page = regulator.send(f"{path}/review", 422, seen="", outcome="not_rectified")
        assert 'href="#f-seen"' in page
        page = regulator.send(f"{path}/review", 200, seen="还差两处", outcome="not_rectified")
        assert "was not put right in time" in regulator.open("/")
        assert "还差两处" in merchant.open(path)
        regulator.open(path)
        regulator.send(f"{path}/review", 200, seen="", outcome="rectified")
        assert "was not put right in time" not in regulator.open("/")
        assert "Report that it is put right" not in merchant.open(path)


def test_photographs_at_their_limit_and_one_past_it(app: Flask, world: World, goods: dict[str, Any]) -> None:
    with clock.simulated(NOON):
        path = f"/decisions/{decided(world, goods)['decision_id']}"
        merchant = Reader.of(app, world.merchant(goods["owner"]))
        assert "Sending is stopped by a decision" in merchant.open("/")
        assert f"{path}#report" in merchant.text
        merchant.open(path)
        many = [(BytesIO(photograph()), "a.png") for _ in range(limits.PHOTOS_PER_REPORT + 1)]
        page = merchant.send(f"{path}/report", 422, done="已整改", file=many)
        assert 'href="#f-file"' in page
        assert "已整改</textarea>" in page
        merchant.send(f"{path}/report", 200, file=[(BytesIO(photograph()), "a.png") for _ in many[1:]])
        assert world.regulator.get(path)["putting_right"] == "waiting"
