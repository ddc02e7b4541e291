"""What is kept of a business beside its registration: a code that fails its check, licences, contacts, objections."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from coldchain.core import clock, db, limits
from tests.factories.reader import Reader
from tests.registry.test_business_api import body, pointers

FAILS = "91350100M000100Y4Z"  # …43 fits
LICENCE = "JY12302030000017"


def licence(days, number=LICENCE):
    day = clock.now().astimezone(clock.BEIJING).date() + timedelta(days=days)
    return {"number": number, "valid_to": day.isoformat()}


class TestCodeThatFails:
    def test_a_second_reasoned_step(self, world):
        refused = world.regulator.post("/businesses", body(uscc=FAILS[:17] + "4"), 422)
        assert pointers(refused) == {("/uscc", "uscc_check")}
        made = world.regulator.post("/businesses", body(uscc=FAILS[:17] + "4", uscc_override="执照原件如此"), 201)
        assert (made["uscc"], made["uscc_override"]) == (FAILS[:17] + "4", "执照原件如此")
        assert world.regulator.get(f"/businesses/{FAILS[:17]}4")["business_id"] == made["business_id"]
        with db.transaction() as session:
            written = session.scalar(text("SELECT body FROM journal_entry WHERE kind = 'business.registered'"))
        assert '"uscc_override":"' in written
        assert "执照原件如此" not in written

    def test_a_reason_changes_neither_what_fits_nor_what_has_no_shape(self, world):
        made = world.regulator.post("/businesses", body(uscc_override="以防万一"), 201)
        assert made["uscc_override"] is None
        refused = world.regulator.post("/businesses", body(uscc="123", uscc_override="执照如此"), 422)
        assert pointers(refused) == {("/uscc", "uscc_length")}


class TestLicences:
    def test_replaced_warned_of_and_ended(self, app, world):
        business = world.business()
        merchant = world.merchant(business)
        path = f"/businesses/{business['business_id']}/licences"
        first = merchant.post(path, licence(400), 201)
        assert merchant.get(f"/businesses/{business['business_id']}")["licences"][0]["state"] == "valid"
        assert world.regulator.get("/businesses?licence_expiring=true")["items"] == []
        merchant.post(path, licence(30), 201)  # the same number: renewed, or first entered wrongly
        shown = world.regulator.get("/businesses?licence_expiring=true")["items"]
        assert [(lic["number"], lic["state"]) for lic in shown[0]["licences"]] == [(LICENCE, "expiring")]
        page = Reader.of(app, world.regulator).open("/businesses?licence_expiring=true")
        assert LICENCE in page, "which, not only that there is one"
        assert 'aria-current="true">All</a>' in page, "no count of the whole register beside a narrowed list"
        merchant.post(f"/licences/{first['licence_id']}/end", None, 409)
        merchant.post(f"/licences/{shown[0]['licences'][0]['licence_id']}/end", None, 200)
        assert world.regulator.get("/businesses?licence_expiring=true")["items"] == []
        assert len(world.regulator.get("/businesses?licence_expiring=false")["items"]) == 1

    @pytest.mark.parametrize(("days", "state"), [(31, "valid"), (30, "expiring"), (0, "expiring"), (-1, "expired")])
    def test_the_states_at_their_limits(self, world, days, state):
        business = world.business()
        with clock.simulated(clock.now()):
            world.regulator.post(f"/businesses/{business['uscc']}/licences", licence(days), 201)
            shown = world.regulator.get(f"/businesses/{business['uscc']}")["licences"]
        assert [lic["state"] for lic in shown] == [state]

    def test_what_is_wrong_with_one(self, world):
        path = f"/businesses/{world.business()['uscc']}/licences"
        wrong = world.regulator.post(path, licence(9) | {"valid_from": "2099-01-01"}, 422)
        assert pointers(wrong) == {("/valid_to", "wrong_order")}
        assert pointers(world.regulator.post(path, licence(9, "JY1"), 422)) == {("/number", "food_licence_shape")}


def test_contacts_are_kept_apart_and_bounded(world):
    business, stranger = world.business(), world.business()
    merchant = world.merchant(business)
    path = f"/businesses/{business['business_id']}/contacts"
    person = {"post": "仓管", "name": "赵示例", "phone": "13600002222"}
    made = merchant.post(path, person, 201)
    assert {key: made[key] for key in person} == person
    assert world.regulator.get(f"/businesses/{business['uscc']}")["contacts"] == [made]
    assert "contacts" not in world.merchant(stranger).get(f"/businesses/{business['uscc']}")
    world.merchant(stranger).post(f"/contacts/{made['contact_id']}/end", None, 404)
    for _ in range(limits.CONTACTS - 1):
        merchant.post(path, person, 201)
    assert merchant.post(path, person, 409)["code"] == "too_many"
    merchant.post(f"/contacts/{made['contact_id']}/end", None, 200)
    merchant.post(path, person, 201)
    with db.transaction() as session:
        written = session.scalars(text("SELECT body FROM journal_entry WHERE kind LIKE 'contact.%'")).all()
    assert not any("赵示例" in each or "13600002222" in each for each in written)


class TestObjections:
    def test_once_to_each_decision_and_one_answer(self, world):
        business = world.business()
        merchant, ref = world.merchant(business), business["business_id"]
        path, said = f"/businesses/{ref}/objections", {"objection": "检测报告已补交"}
        assert merchant.post(path, said, 409)["code"] == "nothing_to_object_to"
        world.regulator.post(f"/businesses/{ref}/suspend", {"reason": "缺检测"}, 200)
        made = merchant.post(path, said, 201)
        assert (made["decision"], made["outcome"]) == ("suspend", None)
        assert merchant.post(path, said, 409)["code"] == "objected_already"
        answer = {"outcome": "taken_back", "answer": "已核实，恢复经营"}
        merchant.post(f"/objections/{made['appeal_id']}/answer", answer, 403)
        world.regulator.post(f"/objections/{made['appeal_id']}/answer", answer, 200)
        again = world.regulator.post(f"/objections/{made['appeal_id']}/answer", answer, 409)
        assert again["code"] == "answered_already"
        shown = merchant.get(f"/businesses/{ref}")
        assert (shown["status"], shown["objections"][0]["answer"]) == ("suspended", "已核实，恢复经营"), (
            "an answer decides nothing by itself"
        )
        world.regulator.post(f"/businesses/{ref}/reinstate", {"reason": "异议成立"}, 200)
        assert merchant.post(path, said, 409)["code"] == "nothing_to_object_to"
        world.regulator.post(f"/businesses/{ref}/suspend", {"reason": "又缺检测"}, 200)
        merchant.post(path, said, 201)
        assert len(merchant.get(f"/businesses/{ref}")["objections"]) == 2

    @pytest.mark.parametrize("before", ["active", "suspended"])
    def test_one_that_is_accepted_lets_a_closed_business_be_what_it_was(self, app, world, before):
        business = world.business()
        path = f"/businesses/{business['business_id']}"
        reason, page = {"reason": "走访查无"}, Reader.of(app, world.regulator)
        if before == "suspended":
            world.regulator.post(f"{path}/suspend", reason, 200)
        world.regulator.post(f"{path}/close", reason, 200)
        made = world.merchant(business).post(f"{path}/objections", {"objection": "一直在经营"}, 201)
        refused = world.regulator.post(f"{path}/reinstate", reason, 409)
        assert (refused["code"], refused["possible"]) == ("wrong_state", [])
        assert f"{path}/decisions/reinstate" not in page.open(path)
        answer = {"outcome": "taken_back", "answer": "属实"}
        world.regulator.post(f"/objections/{made['appeal_id']}/answer", answer, 200)
        assert f"{path}/decisions/reinstate" in page.open(path)
        assert "State after" in page.open(f"{path}/decisions/reinstate")
        assert world.regulator.post(f"{path}/reinstate", reason, 200)["status"] == before
        world.regulator.post(f"{path}/close", reason, 200)
        assert world.regulator.post(f"{path}/reinstate", reason, 409)["code"] == "wrong_state", "it counts once"

    def test_one_that_is_refused_does_not(self, world):
        business = world.business()
        path, reason = f"/businesses/{business['business_id']}", {"reason": "走访查无"}
        world.regulator.post(f"{path}/close", reason, 200)
        made = world.merchant(business).post(f"{path}/objections", {"objection": "一直在经营"}, 201)
        answer = {"outcome": "stands", "answer": "不属实"}
        world.regulator.post(f"/objections/{made['appeal_id']}/answer", answer, 200)
        assert world.regulator.post(f"{path}/reinstate", reason, 409)["code"] == "wrong_state"

    def test_others_neither_object_nor_answer(self, world, people):
        business, stranger = world.business(), world.business()
        path = f"/businesses/{business['business_id']}/objections"
        world.regulator.post(f"/businesses/{business['uscc']}/suspend", {"reason": "缺检测"}, 200)
        world.merchant(stranger).post(path, {"objection": "示例"}, 404)
        made = world.regulator.post(path, {"objection": "书面异议，代录"}, 201)
        people.regulator("511011").post(
            f"/objections/{made['appeal_id']}/answer", {"outcome": "stands", "answer": "示例"}, 404
        )


def test_pairs_that_may_be_one(world):
    """By phone, place and name; each pair once, the likeliest first; shown to officers only."""
    same = {"phone": "13912345678", "address": "示例街 8 号"}
    one = world.business("荣哥果蔬", **same)
    two = world.inspector.post(
        "/businesses/provisional",
        {"name": f"{one['name']}店", "phone": "139-1234-5678", "place": "示例街8号"},
        201,
    )
    world.business("永辉超市", phone="13800000001", address="示例路 9 号")
    (pair,) = world.regulator.get("/businesses/duplicates")["items"]
    assert {pair["one"]["business_id"], pair["other"]["business_id"]} == {one["business_id"], two["business_id"]}
    assert pair["reasons"] == ["phone", "place", "name"]
    world.merchant(one).get("/businesses/duplicates", 403)
    world.regulator.post(f"/businesses/{two['business_id']}/merge", {"into": one["uscc"]}, 200)
    assert world.regulator.get("/businesses/duplicates")["items"] == []
