"""Businesses at the API: registration, states, letters, look-up, what a bad request gets."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from coldchain.core import db, limits
from coldchain.registry.card_no import is_card_no
from tests.factories.world import uscc

LETTER = {"version": "2021-01", "signed_by": "张示例", "signed_on": "2021-01-04"}


def body(**fields):
    return {
        "uscc": uscc(), "name": "示例冻品行", "kinds": ["importer", "wholesaler"], "handles_imported": True,
        "region_code": "230203", "legal_representative": "王示例", "phone": "13911112222", "address": "示例街 8 号",
    } | fields  # fmt: skip


@pytest.fixture
def regulator(people):
    return people.regulator()


def pointers(problem):
    return {(error["pointer"], error["code"]) for error in problem["errors"]}


class TestRegistration:
    def test_the_contract_s_line(self, regulator):
        sent = body(licence_no="JY12302030000017")
        made = regulator.post("/businesses", sent, 201)
        assert {name: made[name] for name in sent} == sent
        assert made["status"] == "pending"
        assert is_card_no(made["card_no"])
        assert made["card_no"].startswith("230203-")
        assert regulator.get(f"/businesses/{made['business_id']}") == {
            name: value for name, value in made.items() if name != "warnings"
        }

    def test_no_card_without_imported_food(self, regulator):
        assert regulator.post("/businesses", body(handles_imported=False), 201)["card_no"] is None

    def test_the_same_code_again(self, regulator):
        made = regulator.post("/businesses", body(), 201)
        again = regulator.post("/businesses", body(uscc=made["uscc"], name="另一名称"), 409)
        assert again["code"] == "business_exists"
        assert again["business_id"] == made["business_id"]
        again = regulator.post("/businesses", body(uscc=f" {made['uscc'].lower()} "), 409)
        assert again["code"] == "business_exists"

    def test_office_by_name_and_by_id(self, regulator):
        with db.transaction() as session:
            from coldchain.regions import service as regions

            office = regions.ensure_office(session, "230203", "示例市场监管所")
            elsewhere = regions.ensure_office(session, "230202", "示例龙沙所")
        by_name = regulator.post("/businesses", body(office="示例市场监管所"), 201)
        assert by_name["office"] == {"office_id": str(office.office_id), "name": "示例市场监管所"}
        by_id = regulator.post("/businesses", body(office=str(office.office_id)), 201)
        assert by_id["office"] == by_name["office"]
        for wrong in ("没有这个所", str(elsewhere.office_id), "示例龙沙所"):
            assert pointers(regulator.post("/businesses", body(office=wrong), 422)) == {("/office", "unknown_office")}

    def test_a_doubtful_licence_is_taken_with_a_warning(self, regulator):
        made = regulator.post("/businesses", body(licence_no="JY12302030000010"), 201)
        warnings = (
            made["warnings"] + regulator.post("/businesses", body(licence_no="JY12302030000011"), 201)["warnings"]
        )
        assert {(w["pointer"], w["code"]) for w in warnings} == {("/licence_no", "food_licence_check")}

    def test_kinds_are_kept_once(self, regulator):
        made = regulator.post("/businesses", body(kinds=["shop", "importer", "shop"]), 201)
        assert made["kinds"] == ["shop", "importer"]

    def test_an_idempotency_key_gives_the_same_answer(self, regulator):
        sent, key = body(), {"Idempotency-Key": "k1"}
        one = regulator.post("/businesses", sent, 201, headers=key)
        assert regulator.post("/businesses", sent, 201, headers=key) == one
        assert regulator.post("/businesses", sent, 409)["code"] == "business_exists"

    def test_when_it_happened(self, regulator):
        made = regulator.post("/businesses", body(occurred_at="2021-01-04T09:00:00+08:00"), 201)
        assert made["occurred_at"] == "2021-01-04T01:00:00Z"
        soon = (datetime.now(UTC) + timedelta(seconds=limits.CLOCK_SKEW_S - 30)).isoformat()
        regulator.post("/businesses", body(occurred_at=soon), 201)
        late = (datetime.now(UTC) + timedelta(seconds=limits.CLOCK_SKEW_S + 30)).isoformat()
        assert pointers(regulator.post("/businesses", body(occurred_at=late), 422)) == {("/occurred_at", "in_future")}


PHONE_AT_ITS_LIMIT = f"1{'-' * (limits.PHONE_CHARS - 11)}3912345678"
BAD = [
    ({"uscc": "91350100M000100Y4Z"}, "/uscc", "uscc_shape"),
    ({"uscc": "91350100M000100Y44"}, "/uscc", "uscc_check"),
    ({"uscc": "91350100M000100Y4"}, "/uscc", "uscc_length"),
    ({"uscc": 913501001234567890}, "/uscc", "not_text"),
    ({"uscc": None}, "/uscc", "required"),
    ({"name": " \u3000 "}, "/name", "required"),
    ({"name": "····"}, "/name", "invalid"),
    ({"name": "示例\u202e食品"}, "/name", "text_bidi"),
    ({"name": "示例\u0000食品"}, "/name", "text_control"),
    ({"name": "长" * (limits.NAME_CHARS + 1)}, "/name", "too_long"),
    ({"kinds": []}, "/kinds", "wrong_count"),
    ({"kinds": "importer"}, "/kinds", "not_list"),
    ({"kinds": ["importer", "wizard"]}, "/kinds/1", "not_one_of"),
    ({"kinds": [None]}, "/kinds/0", "required"),
    ({"handles_imported": "true"}, "/handles_imported", "not_boolean"),
    ({"handles_imported": None}, "/handles_imported", "required"),
    ({"region_code": "999999"}, "/region_code", "unknown_region"),
    ({"region_code": "23020"}, "/region_code", "invalid"),
    ({"region_code": "２３０２０３"}, "/region_code", "invalid"),
    ({"phone": PHONE_AT_ITS_LIMIT + "8"}, "/phone", "too_long"),
    ({"phone": "abc"}, "/phone", "phone_shape"),
    ({"phone": "1391234567"}, "/phone", "phone_shape"),
    ({"licence_no": "1234"}, "/licence_no", "food_licence_shape"),
    ({"status": "active"}, "/status", "unknown_field"),
    ({"card_no": "230203-0000-0000"}, "/card_no", "unknown_field"),
    ({"occurred_at": "2021-01-04T09:00:00"}, "/occurred_at", "not_time"),
]


class TestBadInput:
    def test_each_field_says_what_is_wrong(self, regulator):
        for fields, pointer, code in BAD:
            problem = regulator.post("/businesses", body(**fields), 422)
            assert pointers(problem) == {(pointer, code)}, fields
            assert all(error["message"] for error in problem["errors"])
        with db.transaction() as session:
            assert session.scalar(text("SELECT count(*) FROM business")) == 0
            assert session.scalar(text("SELECT count(*) FROM personal_value")) == 0

    def test_everything_missing(self, regulator):
        required = {
            "uscc",
            "name",
            "kinds",
            "handles_imported",
            "region_code",
            "legal_representative",
            "phone",
            "address",
        }
        assert pointers(regulator.post("/businesses", {}, 422)) == {(f"/{name}", "required") for name in required}

    def test_text_at_its_limits_is_kept_as_typed(self, regulator):
        name = "A" * (limits.NAME_CHARS - 4) + "𠮷é🍦 Z"
        assert len(name) == limits.NAME_CHARS + 1
        name = name[1:]
        made = regulator.post("/businesses", body(name=name, phone=PHONE_AT_ITS_LIMIT), 201)
        assert (made["name"], made["phone"]) == (name, "13912345678")
        assert regulator.get("/businesses?q=𠮷é🍦")["items"][0]["business_id"] == made["business_id"]

    @pytest.mark.parametrize(
        "query",
        ["limit=0", "limit=201", "limit=x", "kind=wizard", "status=open", "colour=red", "cursor=!!", "region_code=2302",
         "handles_imported=maybe", "q=" + "x" * (limits.SEARCH_CHARS + 1)],
    )  # fmt: skip
    def test_bad_queries(self, regulator, query):
        regulator.get(f"/businesses?{query}", 422)

    @pytest.mark.parametrize(
        "ref", ["nobody", "018f3a2b-0000-7000-8000-000000000000", "91350100M000100Y43", "%00", "%E4"]
    )
    def test_nobody_of_that_name(self, regulator, ref):
        assert regulator.get(f"/businesses/{ref}", 404)["code"] == "not_found"
        regulator.post(f"/businesses/{ref}/approve", {}, 404)


class TestLetterAndStates:
    def test_a_card_holder_needs_a_letter(self, regulator):
        made = regulator.post("/businesses", body(), 201)
        path = f"/businesses/{made['business_id']}"
        assert regulator.post(f"{path}/approve", expect=409)["code"] == "commitment_letter_missing"
        letter = regulator.post(f"{path}/commitment-letters", LETTER, 201)
        assert letter["version"] == "2021-01"
        assert len(letter["text_hash"]) == 64
        approved = regulator.post(f"{path}/approve", expect=200)
        assert approved["status"] == "active"
        assert approved["commitment"] == {
            "letter_id": letter["letter_id"], "version": "2021-01", "signed_on": "2021-01-04",
        }  # fmt: skip

    def test_others_need_none(self, regulator):
        made = regulator.post("/businesses", body(handles_imported=False), 201)
        assert regulator.post(f"/businesses/{made['uscc']}/approve", expect=200)["status"] == "active"

    def test_approve_takes_no_body_at_all(self, people, regulator):
        made = regulator.post("/businesses", body(handles_imported=False), 201)
        response = regulator.client.post(
            f"/api/v1/businesses/{made['business_id']}/approve", headers={"Authorization": f"Bearer {regulator.token}"}
        )
        assert response.status_code == 200

    @pytest.mark.parametrize(
        ("fields", "pointer", "code"),
        [
            ({"version": "1999-01"}, "/version", "unknown_version"),
            ({"signed_on": "2999-01-01"}, "/signed_on", "out_of_range"),
            ({"signed_on": "2099-01-01"}, "/signed_on", "in_future"),
            ({"signed_by": None}, "/signed_by", "required"),
            ({"scan": "x"}, "/scan", "unknown_field"),
        ],
    )
    def test_bad_letters(self, regulator, fields, pointer, code):
        made = regulator.post("/businesses", body(), 201)
        problem = regulator.post(f"/businesses/{made['business_id']}/commitment-letters", LETTER | fields, 422)
        assert pointers(problem) == {(pointer, code)}

    def test_the_text_that_is_signed_can_be_read(self, regulator):
        import hashlib

        (letter,) = regulator.get("/commitment-texts")["items"]
        assert letter["version"] == "2021-01"
        both = f"{letter['text_zh']}\n\n{letter['text_en']}"
        assert letter["text_hash"] == hashlib.sha256(both.encode()).hexdigest()

    def test_a_life(self, regulator):
        made = regulator.post("/businesses", body(handles_imported=False), 201)
        path = f"/businesses/{made['business_id']}"

        def refused(*decisions):
            for decision in decisions:
                problem = regulator.post(f"{path}/{decision}", {} if decision == "approve" else {"reason": "试"}, 409)
                assert problem["code"] == "wrong_state"
                assert decision not in problem["possible"]

        refused("suspend", "reinstate")
        assert regulator.post(f"{path}/reject", {"reason": "材料不全"}, 200)["status"] == "rejected"
        refused("approve", "reject", "suspend")
        assert regulator.post(f"{path}/reinstate", {"reason": "材料补齐"}, 200)["status"] == "pending"
        assert regulator.post(f"{path}/approve", {}, 200)["status"] == "active"
        refused("approve", "reject", "reinstate")
        suspended = regulator.post(f"{path}/suspend", {"reason": "未亮码"}, 200)
        assert (suspended["status"], suspended["status_reason"]) == ("suspended", "未亮码")
        refused("approve", "reject", "suspend")
        assert regulator.post(f"{path}/reinstate", {"reason": "已整改"}, 200)["status"] == "active"
        assert regulator.post(f"{path}/close", {"reason": "注销"}, 200)["status"] == "closed"
        refused("approve", "reject", "suspend", "reinstate", "close")
        assert regulator.post(f"{path}/commitment-letters", LETTER, 409)["code"] == "wrong_state"
        site = {"business": made["uscc"], "name": "店", "kind": "shop", "region_code": "230203", "address": "路"}
        assert regulator.post("/sites", site, 409)["code"] == "wrong_state"
        with db.transaction() as session:
            kinds = session.scalars(
                text("SELECT kind FROM journal_entry WHERE subject_id = :id ORDER BY entry_id"),
                {"id": made["business_id"]},
            ).all()
        assert kinds == [
            "business.registered", "business.rejected", "business.reinstated", "business.approved",
            "business.suspended", "business.reinstated", "business.closed",
        ]  # fmt: skip

    @pytest.mark.parametrize("decision", ["reject", "suspend", "reinstate", "close"])
    def test_a_reason_is_needed(self, regulator, decision):
        made = regulator.post("/businesses", body(), 201)
        problem = regulator.post(f"/businesses/{made['business_id']}/{decision}", {}, 422)
        assert pointers(problem) == {("/reason", "required")}
        long = {"reason": "长" * (limits.TEXT_CHARS + 1)}
        problem = regulator.post(f"/businesses/{made['business_id']}/{decision}", long, 422)
        assert pointers(problem) == {("/reason", "too_long")}


class TestLookUp:
    @pytest.fixture
    def found(self, regulator, people):
        """Three businesses of two regions; returns a function from query to the names found."""
        other = people.regulator("511011")
        regulator.post("/businesses", body(name="华博冷库有限公司", kinds=["cold_store"], uscc=uscc(901)), 201)
        made = regulator.post(
            "/businesses", body(name="Jianhua 100%_Frozen", kinds=["importer", "shop"], handles_imported=False), 201
        )
        regulator.post(f"/businesses/{made['business_id']}/approve")
        other.post("/businesses", body(name="东兴冷链（示例）", region_code="511011"), 201)
        return lambda query, who=regulator: [item["name"] for item in who.get(f"/businesses?{query}")["items"]]

    def test_filters(self, found, people):
        huabo, frozen, dongxing = "华博冷库有限公司", "Jianhua 100%_Frozen", "东兴冷链（示例）"
        assert found("") == [dongxing, frozen, huabo]
        assert found("kind=shop") == [frozen]
        assert found("kind=cold_store") == [huabo]
        assert found("kind=lab") == []
        assert found("status=active") == [frozen]
        assert found("region_code=230000") == [frozen, huabo]
        assert found("region_code=511011") == [dongxing]
        assert found("region_code=000000") == [dongxing, frozen, huabo]
        assert found(f"uscc={uscc(901)}") == [huabo]
        assert found(f"uscc={uscc(901).lower()}") == [huabo]
        assert found("q=华博") == [huabo]
        assert found("q=冻库") == [huabo], "a synonym finds it"
        assert found("q=hblk") == [huabo], "pinyin initials find it"
        assert found("q=HUA") == [frozen]
        assert found("q=100%25") == [frozen]
        assert found("q=100%25_f") == [frozen]
        assert found("q=%25%25") == []
        assert found("q=华博+冷链") == []
        assert found("q=冷链(示例)") == [dongxing]
        assert found(f"q={uscc(901)[8:]}") == [huabo]
        assert found("q=···") == []
        assert found("kind=importer&status=active&q=jianhua") == [frozen]
        assert found("handles_imported=true") == [huabo], "only what the officer may read"
        assert found("handles_imported=true", people.regulator("000000")) == [dongxing, huabo]
        assert found("handles_imported=false", people.admin()) == [frozen]

    def test_pages(self, found, regulator):
        names, cursor = [], ""
        for _ in range(3):
            answer = regulator.get(f"/businesses?limit=1{cursor}")
            names += [item["name"] for item in answer["items"]]
            cursor = f"&cursor={answer['next']}"
        assert answer["next"] is None
        assert names == found("")
