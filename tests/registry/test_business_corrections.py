"""What stands of a registered business is corrected: who may say what, what the journal keeps, what of the card."""

from flask import Flask
from sqlalchemy import text

from coldchain.core import clock, db, limits
from coldchain.journal import history
from coldchain.regions import service as regions
from coldchain.registry.card_no import is_card_no
from tests.factories.reader import Reader
from tests.factories.world import World

LETTER = {"version": "2021-01", "signed_by": "张示例", "signed_on": "2021-01-04"}


def codes(problem: dict) -> set[tuple[str, str]]:
    return {(error["pointer"], error["code"]) for error in problem["errors"]}


def told(ref: str) -> list[history.Told]:
    with db.transaction() as session:
        return history.of_subject(session, ref, ["business.corrected"])


def test_an_officer_corrects_all_and_the_journal_keeps_what_stood(world: World) -> None:
    with db.transaction() as session:
        regions.ensure_office(session, "230203", "示例光明所")
    made = world.business("示例旧名")
    ref, path = made["business_id"], f"/businesses/{made['business_id']}/correct"
    said = {
        "name": "示例新名行", "kinds": ["wholesaler", "importer"], "office": "示例光明所", "address": "示例新街 9 号",
        "legal_representative": "李改示例", "phone": "13911110000", "licence_no": "JY12302030000017",
    }  # fmt: skip
    answer = world.regulator.post(path, said | {"reason": "营业执照变更"}, 200)
    assert {name: answer[name] for name in said if name != "office"} | {"office": answer["office"]["name"]} == said
    assert (answer["status"], answer["uscc"], answer["card_no"]) == ("active", made["uscc"], made["card_no"])
    assert answer["former_names"] == [made["name"]]
    assert world.regulator.get(f"/businesses/{ref}") == {n: v for n, v in answer.items() if n != "warnings"}
    assert "former_names" not in world.merchant(world.business()).get(f"/businesses/{ref}"), "strangers read who it is"
    for name in (made["name"], "示例新名行"):
        assert [row["business_id"] for row in world.regulator.get(f"/businesses?q={name}")["items"]] == [ref]
    (fact,) = told(ref)
    assert (fact.data["before"]["name"], fact.data["name"], fact.data["to"]) == (made["name"], "示例新名行", "active")
    assert fact.data["before"]["address"] == "示例路1号"
    assert len(fact.data["before"]["phone"]) == len(fact.data["phone"]) == 64, "a commitment"
    assert fact.data["before"]["phone"] != fact.data["phone"]
    assert fact.data["on_behalf_of"] == ref
    with db.transaction() as session:
        bodies = " ".join(session.scalars(text("SELECT body FROM journal_entry")))
    assert not [word for word in ("李改示例", "13911110000", "张示例", "营业执照变更") if word in bodies]
    world.regulator.post(path, said, 200)
    assert len(told(ref)) == 1, "what stands already is no correction"
    totals = world.regulator.get(f"/regions/230203/totals?as_of={clock.now().isoformat().replace('+', '%2B')}")
    assert (totals["businesses"], totals["cards"]) == (2, 2), "corrected, not waiting again"


def test_who_corrects_what_and_when(world: World) -> None:
    made, waiting = world.business(), world.business(active=False)
    path = f"/businesses/{made['business_id']}/correct"
    owner = world.merchant(made)
    answer = owner.post(path, {"phone": "13911110001", "address": "示例自改路"}, 200)
    assert (answer["phone"], answer["address"]) == ("13911110001", "示例自改路")
    assert told(made["business_id"])[0].data["on_behalf_of"] is None
    assert owner.post(path, {"phone": "13911110001", "name": "自改名"}, 403)["code"] == "not_yours_to_correct"
    world.merchant(world.business()).post(path, {"phone": "13911110002"}, 404)
    world.people.regulator("230202").post(path, {"name": "外区改名"}, 404)
    world.inspector.post(path, {"name": "检查改名"}, 403)
    regulator = world.regulator
    assert ("", "nothing_to_correct") in codes(regulator.post(path, {"reason": "示例"}, 422))
    for field, value, code in (
        ("office", "没有的所", "unknown_office"), ("name", "——", "invalid"), ("kinds", [], "wrong_count"),
        ("uscc", made["uscc"], "unknown_field"), ("region_code", "230202", "unknown_field"),
        ("name", "长" * (limits.NAME_CHARS + 1), "too_long"),
    ):  # fmt: skip
        assert (f"/{field}", code) in codes(regulator.post(path, {field: value}, 422))
    regulator.post(path, {"name": "长" * limits.NAME_CHARS}, 200)
    assert regulator.post(path, {"kinds": ["lab"]}, 409)["code"] == "other_role"
    later = f"/businesses/{waiting['business_id']}"
    assert regulator.post(f"{later}/correct", {"name": "待审更名"}, 200)["status"] == "pending"
    regulator.post(f"{later}/reject", {"reason": "示例"})
    assert regulator.post(f"{later}/correct", {"name": "再更名"}, 409)["code"] == "wrong_state"
    found = regulator.post("/businesses/provisional", {"name": "示例无照摊", "region_code": "230203"}, 201)
    assert regulator.post(f"/businesses/{found['business_id']}/correct", {"name": "摊"}, 409)["code"] == "provisional"


def test_imported_food_from_now_on_and_no_more(world: World) -> None:
    made = world.business(handles_imported=False, kinds=["shop"])
    path = f"/businesses/{made['business_id']}/correct"
    assert made["card_no"] is None
    number = world.regulator.post(path, {"handles_imported": True}, 200)["card_no"]
    assert is_card_no(number)
    lacking = [row["business"]["business_id"] for row in world.regulator.get("/commitment-letters/lacking")["items"]]
    assert lacking == [made["business_id"]]
    world.regulator.post(f"/businesses/{made['business_id']}/commitment-letters", LETTER)
    assert world.regulator.get("/commitment-letters/lacking")["items"] == []
    assert world.regulator.post(path, {"handles_imported": False}, 200)["card_no"] is None
    assert world.regulator.get(f"/businesses?q={number}")["items"] == []
    assert world.regulator.post(path, {"handles_imported": True}, 200)["card_no"] == number, "its own number again"
    goods = world.cleared(10)
    holder = f"/businesses/{goods['owner']['business_id']}/correct"
    assert world.regulator.post(holder, {"handles_imported": False}, 409)["code"] == "imported_stock"
    lost = {"batch_id": goods["batch"]["batch_id"], "quantity_units": 10}
    world.merchant(goods["owner"]).post(
        "/losses", {"zone_id": goods["zone"]["zone_id"], "reason": "破损", "lines": [lost]}, 201
    )
    assert world.regulator.post(holder, {"handles_imported": False}, 200)["handles_imported"] is False


def test_the_page_is_filled_in_and_says_what_was_emptied(app: Flask, world: World) -> None:
    made = world.business("示例旧铺", handles_imported=False)
    here = f"/businesses/{made['business_id']}"
    officer = Reader.of(app, world.regulator)
    assert f'href="{here}/correct"' in officer.open(here)
    page = officer.open(f"{here}/correct")
    assert f'value="{made["name"]}"' in page
    page = officer.send(f"{here}/correct", 422, name="示例新铺", phone="")
    assert 'href="#f-phone"' in page
    assert 'value="示例新铺"' in page
    page = officer.send(f"{here}/correct", 200, phone="13911110003", handles_imported="true", reason="更名")
    assert "示例新铺" in page
    assert made["name"] in page, "its former name"
    assert "has not signed the letter yet" in page
    assert "更名" in page
    owner = Reader.of(app, world.merchant(made))
    page = owner.open(f"{here}/correct")
    assert 'name="phone"' in page
    assert 'name="kinds"' not in page
    assert "示例自报路" in owner.send(f"{here}/correct", 200, address="示例自报路")
    Reader.of(app, world.merchant(world.business())).open(f"{here}/correct", 404)
    world.regulator.post(f"{here}/close", {"reason": "示例"})
    assert f'href="{here}/correct"' not in officer.open(here)
