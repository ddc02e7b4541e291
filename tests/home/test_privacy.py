"""What is held about a person, erasing it once retention is over, and what pages say instead (R6, R21)."""

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from coldchain.core import clock, db
from coldchain.home.retention import kept_until, months_later
from coldchain.journal import personal
from tests.factories.people import Speaker
from tests.factories.reader import Reader
from tests.factories.world import World

PHONE = "13912345678"


@contextmanager
def after(years: float) -> Iterator[None]:
    """Let so many years pass."""
    with clock.simulated(datetime.now(UTC) + timedelta(days=365.25 * years)):
        yield


def value_id(words: str) -> uuid.UUID:
    """Return the id under which some words are kept."""
    with db.transaction() as session:
        return session.execute(
            text("SELECT personal_id FROM personal_value WHERE value = :words"), {"words": words}
        ).scalar_one()


def page(speaker: Speaker, path: str, data: dict[str, str] | None = None) -> Any:
    """Open a page or send a form."""
    if data is None:
        return speaker.client.get(path, headers=speaker._headers(None))
    return speaker.client.post(path, data=data, headers=speaker._headers(None))


def struck_off(world: World, business: dict[str, Any]) -> dict[str, Any]:
    """Strike a business off and return it: nobody stands for it any more."""
    world.regulator.post(f"/businesses/{business['business_id']}/close", {"reason": "已注销"}, 200)
    return business


class TestRetention:
    """R6: two years, or six months after shelf life where that is later."""

    @pytest.mark.parametrize(
        ("day", "months", "later"),
        [("2020-02-29", 12, "2021-02-28"), ("2021-01-31", 1, "2021-02-28"), ("2021-07-15", 6, "2022-01-15")],
    )
    def test_months(self, day: str, months: int, later: str) -> None:
        assert months_later(date.fromisoformat(day), months) == date.fromisoformat(later)

    def test_the_later_of_both(self) -> None:
        recorded = date(2021, 1, 18)
        assert kept_until(recorded, None, years=2, months_after=6) == date(2023, 1, 18)
        assert kept_until(recorded, date(2021, 5, 1), years=2, months_after=6) == date(2023, 1, 18)
        assert kept_until(recorded, date(2022, 11, 5), years=2, months_after=6) == date(2023, 5, 5)


class TestErasing:
    """An officer of the region or the administrator, with a reason, after retention."""

    def test_not_before_its_day(self, world: World) -> None:
        """While it must be kept the refusal names the day and nothing changes."""
        world.business(phone=PHONE)
        here = f"/personal/{value_id(PHONE)}/erase"
        refused = world.regulator.post(here, {"reason": "本人要求"}, 409)
        assert refused["code"] == "retention_runs"
        until = date.fromisoformat(refused["kept_until"])
        assert timedelta(days=728) < until - datetime.now(UTC).date() < timedelta(days=733)
        with after(1.99):
            assert world.people.admin().post(here, {"reason": "本人要求"}, 409)["code"] == "retention_runs"
        assert value_id(PHONE)

    def test_shelf_life_keeps_longer(self, world: World) -> None:
        """A driver of goods that keep for ten years is kept with them."""
        owner = world.business()
        site = world.site(owner)
        line = {
            "product_id": world.product()["product_id"], "quantity_units": 6,
            "expiry_date": (datetime.now(UTC).date() + timedelta(days=3650)).isoformat(),
        }  # fmt: skip
        world.arrival(owner, site, world.zone(site), [line], driver={"name": "王示例", "phone": PHONE})
        with after(3):
            refused = world.people.admin().post(f"/personal/{value_id(PHONE)}/erase", {"reason": "x"}, 409)
        assert date.fromisoformat(refused["kept_until"]) > datetime.now(UTC).date() + timedelta(days=3650 + 180)

    def test_after_its_day(self, world: World) -> None:
        """The words go, the page says when and why, the journal knows the fact, the log who did it."""
        business = struck_off(world, world.business(phone=PHONE))
        personal_id = value_id(PHONE)
        with after(2.1):
            assert page(world.regulator, f"/personal/{personal_id}/erase").text.count(PHONE) == 1
            gone = world.regulator.post(f"/personal/{personal_id}/erase", {"reason": "本人要求"}, 200)
            assert gone["value"] is None
            assert gone["erased_reason"] == "本人要求"
            again = world.regulator.post(f"/personal/{personal_id}/erase", {"reason": "本人要求"}, 409)
            assert again["code"] == "already_erased"
            day = clock.now().astimezone(clock.BEIJING).date().isoformat()
        shown = page(world.regulator, f"/businesses/{business['business_id']}").text
        assert PHONE not in shown
        assert f"{day} 已删除：本人要求" in shown
        assert world.regulator.get(f"/businesses/{business['business_id']}")["phone"] is None
        with db.transaction() as session:
            facts = session.execute(text("SELECT body FROM journal_entry WHERE kind = 'personal.erased'")).scalars()
            assert [PHONE in body or "本人" in body for body in facts] == [False]
        lines = world.people.admin().get(f"/audit-events?kind=personal_erased&subject={personal_id}")["items"]
        assert [line["user"]["username"] for line in lines] == [world.regulator.user.username]

    def test_who_may(self, world: World) -> None:
        """Another region's regulator sees nothing to erase; inspectors and merchants have no such right."""
        business = world.business(phone=PHONE)
        here = f"/personal/{value_id(PHONE)}/erase"
        with after(2.1):
            world.people.regulator("330105").post(here, {"reason": "x"}, 404)
            world.inspector.post(here, {"reason": "x"}, 403)
            world.merchant(business).post(here, {"reason": "x"}, 403)
            world.regulator.post(here, {}, 422)
            world.regulator.post(f"/personal/{uuid.uuid4()}/erase", {"reason": "x"}, 404)
        assert value_id(PHONE)

    def test_a_list_of_people_has_its_own_day(self, world: World) -> None:
        """A value with a purge date may go from that day on, years before retention ends; not a day earlier."""
        today = datetime.now(UTC).astimezone(clock.BEIJING).date()
        with db.transaction() as session:
            ids = [
                personal.keep(session, words, region_code="230203", purge_on=day).personal_id  # type: ignore[union-attr]
                for words, day in (("甲示例", today), ("乙示例", today + timedelta(days=1)))
            ]
        world.regulator.post(f"/personal/{ids[0]}/erase", {"reason": "到清除日"}, 200)
        world.regulator.post(f"/personal/{ids[1]}/erase", {"reason": "到清除日"}, 409)

    def test_all_of_a_person(self, world: World) -> None:
        """By phone: all values of it and the names beside them; what must still be kept is told with its day."""
        old = struck_off(world, world.business(phone=PHONE, legal_representative="王示例"))
        with after(1):
            new = struck_off(world, world.business(phone=PHONE, legal_representative="王示例"))
        with after(2.5):
            answer = world.regulator.post("/personal/erase", {"person": PHONE, "reason": "本人要求"}, 200)
        assert {each["business"]["business_id"] for each in answer["erased"]} == {old["business_id"]}
        assert {each["what"] for each in answer["erased"]} == {"phone", "legal_representative"}
        assert {each["business"]["business_id"] for each in answer["kept"]} == {new["business_id"]}
        with after(2.5):
            world.people.regulator("330105").post("/personal/erase", {"person": PHONE, "reason": "x"}, 404)


class TestExport:
    """What is held about oneself, and about a person who asks at an office."""

    def test_ones_own(self, world: World) -> None:
        """Account, keys, lines of the log, the own number in the business's records; no hash, no official's name."""
        business = world.business(phone=PHONE)
        other = world.business(phone=PHONE)
        me = world.people.get(PHONE, "merchant", business_id=business["business_id"])
        world.regulator.get(f"/businesses/{business['business_id']}")
        held = me.get("/privacy")
        assert held["account"]["username"] == PHONE
        assert held["account"]["business"]["name"] == business["name"]
        assert len(held["api_keys"]) == 1
        assert [each["value"] for each in held["values"]] == [PHONE]
        assert other["business_id"] not in json.dumps(held)
        assert ("personal_read", "regulator") in {(line["kind"], line["role"]) for line in held["audit"]}
        assert world.regulator.user.username not in json.dumps(held)
        with db.transaction() as session:
            hashes = session.execute(text("SELECT token_hash FROM api_token")).scalars().all()
        assert not [each for each in hashes if each in json.dumps(held)]
        shown = page(me, "/privacy")
        assert shown.status_code == 200
        assert business["name"] in shown.text
        file = page(me, "/privacy.json")
        assert "attachment" in file.headers["Content-Disposition"]
        assert file.get_json()["values"] == held["values"]

    def test_a_user_name_proves_no_phone(self, world: World) -> None:
        """Whoever takes somebody else's number as user name learns nothing of where it is recorded."""
        world.business(phone=PHONE, legal_representative="王示例")
        stranger = world.people.get(PHONE, "merchant", business_id=world.business()["business_id"])
        assert stranger.get("/privacy")["values"] == []
        officer = world.people.get("13900000001", "inspector", region_code="230203")
        assert officer.get("/privacy")["values"] == []

    def test_for_a_person_who_asks(self, world: World) -> None:
        """By phone within the region, with a reason, written down; others find nothing."""
        business = world.business(phone=PHONE, legal_representative="王示例")
        me = world.people.get(PHONE, "merchant", business_id=business["business_id"])
        asked = {"person": PHONE, "reason": "王示例本人到窗口"}
        held = world.regulator.post("/privacy/exports", asked, 200)
        assert {each["value"] for each in held["values"]} == {PHONE, "王示例"}
        assert held["account"]["username"] == PHONE
        stranger = world.people.regulator("330105").post("/privacy/exports", asked, 200)
        assert (stranger["values"], stranger["account"], stranger["audit"]) == ([], None, [])
        me.post("/privacy/exports", asked, 403)
        world.regulator.post("/privacy/exports", {"person": PHONE}, 422)
        lines = world.people.admin().get(f"/audit-events?kind=personal_exported&subject={me.user.user_id}")["items"]
        assert [line["user"]["username"] for line in lines] == [world.regulator.user.username]
        assert "王示例" not in json.dumps(lines, ensure_ascii=False)

    def test_pages_of_the_office(self, app: Flask, world: World) -> None:
        """The form keeps what was typed; values are ticked, checked with their businesses, and erased for a reason."""
        ours = world.business(phone=PHONE, legal_representative="王示例", name="甲示例店")
        namesake = world.business(legal_representative="王示例", name="乙示例店")
        trading = world.business(legal_representative="王示例", name="丙示例店")
        for each in (ours, namesake):
            struck_off(world, each)
        wrong = page(world.regulator, "/privacy/person", {"person": PHONE, "reason": ""})
        assert wrong.status_code == 422
        assert PHONE in wrong.text
        reader = Reader.of(app, world.regulator)
        reader.open("/privacy/person")
        reader.send("/privacy/person", 200, person="王示例", reason="本人到窗口")
        assert "/privacy/person/erase" not in reader.text, "nothing may be erased yet"
        with after(2.1):
            reader = Reader.of(app, world.regulator)
            reader.open("/privacy/person")
            reader.send("/privacy/person", 200, person="王示例", reason="本人到窗口")
            assert "in use: until the business is struck off" in reader.text
            boxes = re.findall(
                r'name="personal_ids" value="([^"]+)"[^>]*><label[^>]*>[^<]*<span[^>]*> ([^<]*)', reader.text
            )
            assert sorted(name for _id, name in boxes) == sorted([namesake["name"], ours["name"]])
            assert "personal_ids" not in dict(reader.form("/privacy/person/erase")["fields"]), "none is ticked at first"
            assert "Tick what is to be erased." in reader.send("/privacy/person/erase", 422)
            ticked = [personal_id for personal_id, name in boxes if name == ours["name"]]
            checked = reader.send("/privacy/person/erase", 200, personal_ids=ticked)
            assert ours["name"] in checked
            assert namesake["name"] not in checked
            assert 'cc-b danger"' in checked
            assert "到窗口" not in checked.partition("<textarea")[2], "the reason of the search is not that of erasing"
            reader.send("/privacy/person/erase", 422, reason="")
            assert ours["name"] in reader.text, "without a reason it is asked for again"
            done = reader.send("/privacy/person/erase", 200, reason="本人要求删除")
            assert "1 value is erased" in done
        left = world.regulator.post("/privacy/exports", {"person": "王示例", "reason": "x"}, 200)["values"]
        names = {each["business"]["name"] for each in left}
        assert names == {namesake["name"], trading["name"]}
        reasons = world.regulator.post("/privacy/exports", {"person": PHONE, "reason": "x"}, 200)["values"]
        assert PHONE in {each["value"] for each in reasons}, "the phone was not ticked"

    def test_a_name_may_be_several_peoples(self, world: World) -> None:
        """By name alone nothing of several businesses goes at once; what is in use stays however old it is."""
        first, second = (world.business(legal_representative="王示例") for _ in range(2))
        struck_off(world, first)
        by_name = {"person": "王示例", "reason": "本人要求"}
        with after(2.1):
            world.regulator.post("/personal/erase", by_name, 422)
            held = world.regulator.post("/privacy/exports", by_name, 200)["values"]
            ids = {each["business"]["business_id"]: each["personal_id"] for each in held}
            assert {each["business"]["business_id"]: each["in_use"] for each in held} == {
                first["business_id"]: False, second["business_id"]: True,
            }  # fmt: skip
            assert world.regulator.post(f"/personal/{ids[second['business_id']]}/erase", {"reason": "x"}, 409)[
                "code"
            ] == ("in_use")
            unknown = by_name | {"personal_ids": [str(uuid.uuid4())]}
            world.regulator.post("/personal/erase", unknown, 422)
            answer = world.regulator.post("/personal/erase", by_name | {"personal_ids": list(ids.values())}, 200)
        assert [each["personal_id"] for each in answer["erased"]] == [ids[first["business_id"]]]
        assert [each["personal_id"] for each in answer["kept"]] == [ids[second["business_id"]]]
