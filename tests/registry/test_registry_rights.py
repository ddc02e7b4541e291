"""Who may do what, who sees what: every route of the registry against every kind of reader."""

import pytest
from sqlalchemy import text

from coldchain.core import db
from tests.factories.world import uscc

PERSONAL = ("赵甲乙", "13912345678")
LOOK_UP = {"business_id", "uscc", "name", "kinds", "status", "region_code"}
OFFICERS = {"regulator": 201, "province": 201, "regulator_out": 404, "inspector": 403, "lab": 403, "admin": 403}


def business_body(**fields):
    return {
        "uscc": uscc(), "name": "示例甲", "kinds": ["importer"], "handles_imported": True, "region_code": "230203",
        "legal_representative": PERSONAL[0], "phone": PERSONAL[1], "address": "示例路 9 号",
    } | fields  # fmt: skip


@pytest.fixture
def made(people):
    """A business with a site, and another business."""
    regulator = people.regulator()
    business = regulator.post("/businesses", business_body(), 201)
    site = regulator.post(
        "/sites",
        {
            "business": business["uscc"],
            "name": "示例库",
            "kind": "cold_store",
            "region_code": "230203",
            "address": "路",
        },
        201,
    )
    other = regulator.post("/businesses", business_body(name="示例乙"), 201)
    lab = regulator.post("/businesses", business_body(name="示例检测", kinds=["lab"], handles_imported=False), 201)
    return {"business": business, "site": site, "other": other, "lab": lab}


@pytest.fixture
def readers(people, made):
    """Every kind of reader by name."""
    return {
        "unsigned": people.nobody(),
        "merchant": people.merchant(made["business"]["business_id"]),
        "stranger": people.merchant(made["other"]["business_id"]),
        "regulator": people.regulator(),
        "province": people.regulator("230000"),
        "regulator_out": people.regulator("511011"),
        "inspector": people.inspector(),
        "inspector_out": people.inspector("230202"),
        "lab": people.lab(made["lab"]["business_id"]),
        "admin": people.admin(),
    }


def check(readers, expected, ask):
    """Let each named reader ask and compare the status; the unsigned one always gets 401."""
    for name, status in ({"unsigned": 401} | expected).items():
        response = ask(readers[name])
        assert response.status_code == status, (name, response.get_data(as_text=True))
        if status >= 400:
            assert response.content_type == "application/problem+json"


def poster(path, body):
    """Return how a reader posts; `body` may be a function that makes a fresh one."""

    def ask(reader):
        return reader.client.post(
            "/api/v1" + path, json=body() if callable(body) else body, headers=reader._headers(None)
        )

    return ask


def getter(path):
    return lambda reader: reader.client.get("/api/v1" + path, headers=reader._headers(None))


class TestMatrix:
    def test_registering_a_business(self, readers):
        expected = {"unsigned": 201, "merchant": 403, "stranger": 403}  # nobody in particular registers its own
        check(readers, OFFICERS | expected, poster("/businesses", business_body))

    @pytest.mark.parametrize("decision", ["reject", "suspend", "reinstate", "close"])
    def test_deciding(self, readers, made, decision):
        path = f"/businesses/{made['business']['business_id']}/{decision}"
        refused = {"merchant": 403, "stranger": 403, "regulator_out": 404, "inspector": 403, "lab": 403, "admin": 403}
        check(readers, refused, poster(path, {"reason": "试"}))

    def test_approving(self, readers, made):
        path = f"/businesses/{made['lab']['business_id']}/approve"
        expected = {
            "merchant": 403, "lab": 403, "inspector": 403, "admin": 403, "regulator_out": 404, "province": 200,
            "regulator": 409,
        }  # fmt: skip
        check(readers, expected, poster(path, {}))

    def test_signing(self, readers, made):
        body = {"version": "2021-01", "signed_by": "张示例", "signed_on": "2021-01-04"}
        path = f"/businesses/{made['business']['business_id']}/commitment-letters"
        check(readers, OFFICERS | {"merchant": 201, "stranger": 404}, poster(path, body))

    def test_registering_a_site(self, readers, made):
        body = {
            "business": made["business"]["business_id"], "name": "示例店", "kind": "shop", "region_code": "230203",
            "address": "路",
        }  # fmt: skip
        check(readers, OFFICERS | {"merchant": 201, "stranger": 404}, poster("/sites", body))

    def test_registering_a_zone(self, readers, made):
        numbers = iter(range(100))
        path = f"/sites/{made['site']['site_id']}/zones"
        check(
            readers,
            OFFICERS | {"merchant": 201, "stranger": 404},
            poster(path, lambda: {"code": f"Z{next(numbers)}", "kind": "general", "temperature_class": "frozen"}),
        )

    def test_reading_a_site(self, readers, made):
        expected = {
            "merchant": 200, "stranger": 404, "regulator": 200, "province": 200, "regulator_out": 404, "inspector": 200,
            "inspector_out": 404, "lab": 403, "admin": 200,
        }  # fmt: skip
        check(readers, expected, getter(f"/sites/{made['site']['site_id']}"))
        for name, status in expected.items():
            if status == 403:
                continue
            listed = readers[name].get(f"/sites?business={made['business']['uscc']}")["items"]
            assert bool(listed) == (status == 200), name
            assert readers[name].get("/sites?business=nobody")["items"] == []

    def test_venues(self, readers):
        body = {"name": "示例市场", "kind": "market", "region_code": "230203", "address": "路"}
        check(readers, OFFICERS | {"merchant": 403}, poster("/venues", body))
        check(readers, dict.fromkeys((*OFFICERS, "merchant"), 200), getter("/venues"))

    def test_catalogue(self, readers):
        anybody = {"merchant": 200, "regulator": 200, "regulator_out": 200, "inspector": 200, "lab": 403, "admin": 403}
        body = {"name": "示例厂", "country": "BR", "plant_no": "SIF601"}
        producer = readers["regulator"].post("/producers", body, 201)
        check(readers, anybody, poster("/producers", body))
        body = {
            "producer_id": producer["producer_id"], "name": "冻鸡", "category": "poultry", "origin_country": "BR",
            "ledger_unit": "unit", "units_per_piece": 6, "unit_mass_g": 2000, "imported": True,
        }  # fmt: skip
        product = readers["regulator"].post("/products", body, 201)
        check(readers, anybody, poster("/products", body))
        everybody = dict.fromkeys(("merchant", "regulator", "inspector", "lab", "admin"), 200)
        for path in (
            "/producers", "/products", f"/producers/{producer['producer_id']}", f"/products/{product['product_id']}",
            "/offices", "/regions", "/regions/230203", "/commitment-texts", "/me",
        ):  # fmt: skip
            check(readers, everybody, getter(path))

    def test_looking_a_business_up(self, readers, made):
        everybody = dict.fromkeys(set(readers) - {"unsigned"}, 200)
        check(readers, everybody, getter("/businesses"))
        for ref in (made["business"]["business_id"], made["business"]["uscc"]):
            check(readers, everybody, getter(f"/businesses/{ref}"))


class TestWhoSeesMore:
    FULL = ("merchant", "regulator", "province", "inspector", "admin")
    PART = ("stranger", "regulator_out", "inspector_out", "lab")

    def test_contact_is_for_few(self, readers, made):
        path = f"/businesses/{made['business']['business_id']}"
        for name in self.FULL:
            answer = readers[name].get(path)
            assert (answer["legal_representative"], answer["phone"]) == PERSONAL, name
            assert answer["card_no"] == made["business"]["card_no"]
        for name in self.PART:
            assert readers[name].get(path).keys() == LOOK_UP, name

    def test_lists_and_searches_too(self, readers, made):
        for name in self.PART:
            shown = readers[name].get(f"/businesses?uscc={made['business']['uscc']}")["items"]
            assert [item.keys() for item in shown] == [LOOK_UP], name
            everything = getter("/businesses?limit=200")(readers[name]).get_data(as_text=True)
            own = readers[name].get("/me")["business"]
            if own is None:
                assert not any(value in everything for value in PERSONAL), name
        for value in (*PERSONAL, "示例路9号"):
            assert readers["stranger"].get(f"/businesses?q={value}")["items"] == [], "nobody is found by a phone"

    def test_a_stranger_can_t_ask_who_deals_in_imported_food(self, readers, made):
        shown = readers["stranger"].get("/businesses?handles_imported=true")["items"]
        assert [item["business_id"] for item in shown] == [made["other"]["business_id"]]

    def test_the_lab_reads_its_own_record(self, readers, made):
        assert readers["lab"].get(f"/businesses/{made['lab']['business_id']}")["phone"] == PERSONAL[1]

    def test_no_person_is_named_in_the_journal(self, readers, made):
        path = f"/businesses/{made['business']['business_id']}"
        letter = {"version": "2021-01", "signed_by": "钱丙丁", "signed_on": "2021-01-04"}
        readers["merchant"].post(f"{path}/commitment-letters", letter, 201)
        readers["regulator"].post(f"{path}/reject", {"reason": "法人赵甲乙 13912345678 未到场"}, 200)
        with db.transaction() as session:
            bodies = session.scalars(text("SELECT body FROM journal_entry")).all()
            kept = set(session.scalars(text("SELECT commitment FROM personal_value")).all())
        assert len(bodies) >= 6
        for value in (*PERSONAL, "钱丙丁", "未到场"):
            assert not any(value in body for body in bodies), value
        assert any(commitment in body for commitment in kept for body in bodies)

    def test_an_erased_phone_is_gone(self, readers, made, people):
        from coldchain.accounts.actor import SYSTEM
        from coldchain.journal import personal
        from coldchain.registry.service import find_business

        with db.transaction() as session:
            business = find_business(session, made["business"]["uscc"])
            personal.erase(session, SYSTEM, [business.phone_id], reason="保存期满")
        answer = readers["regulator"].get(f"/businesses/{made['business']['business_id']}")
        assert answer["phone"] is None
        assert answer["legal_representative"] == PERSONAL[0]


class TestActingForOthers:
    def test_an_officer_s_entry_names_the_business(self, readers, made):
        body = {
            "business": made["business"]["uscc"], "name": "示例店", "kind": "shop", "region_code": "230203",
            "address": "路",
        }  # fmt: skip
        by_officer = readers["regulator"].post("/sites", body, 201)
        own = {name: value for name, value in body.items() if name != "business"}
        by_itself = readers["merchant"].post("/sites", own, 201)
        assert by_itself["business"]["business_id"] == made["business"]["business_id"]
        with db.transaction() as session:
            query = text("SELECT body::json->'data'->>'on_behalf_of' FROM journal_entry WHERE subject_id = :id")
            assert session.scalar(query, {"id": by_officer["site_id"]}) == made["business"]["business_id"]
            assert session.scalar(query, {"id": by_itself["site_id"]}) is None

    def test_an_officer_must_say_for_whom(self, readers):
        body = {"name": "示例店", "kind": "shop", "region_code": "230203", "address": "路"}
        problem = readers["regulator"].post("/sites", body, 422)
        assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [("/business", "required")]

    def test_an_officer_enters_a_site_only_in_the_own_region(self, readers, made):
        body = {"business": made["business"]["uscc"], "name": "店", "kind": "shop", "address": "路"}
        readers["regulator"].post("/sites", body | {"region_code": "511011"}, 404)
        readers["regulator_out"].post("/sites", body | {"region_code": "511011"}, 201)
        readers["merchant"].post("/sites", body | {"region_code": "110101"}, 201)

    def test_two_assignments_at_once_reach_both(self, people):
        from coldchain.accounts.models import Assignment
        from coldchain.core import clock

        regulator = people.regulator()
        regulator.post("/businesses", business_body(region_code="511011"), 404)
        with db.transaction() as session:
            lent = {"region_code": "511011", "kind": "support", "valid_from": clock.now()}
            session.add(Assignment(user_id=regulator.user.user_id, **lent))
        regulator.post("/businesses", business_body(region_code="511011"), 201)
        assert regulator.get("/me")["regions"] == ["230203", "511011"]
