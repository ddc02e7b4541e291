"""Producers and products at the API: the same again is found again."""

from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from coldchain.core import db, limits
from coldchain.journal.models import JournalEntry


@pytest.fixture
def regulator(people):
    return people.regulator()


def pointers(problem):
    return {(error["pointer"], error["code"]) for error in problem["errors"]}


class TestProducers:
    def test_the_same_plant_number(self, regulator):
        one = regulator.post("/producers", {"name": "Example Frigorifico", "country": "BR", "plant_no": "SIF 601"}, 201)
        again = regulator.post("/producers", {"name": "示例牧场", "country": "BRA", "plant_no": "sif 601"}, 200)
        assert again["producer_id"] == one["producer_id"]
        assert again["name"] == "Example Frigorifico"
        assert again["aliases"] == ["示例牧场"]
        same_name = regulator.post(
            "/producers", {"name": "EXAMPLE  frigorifico", "country": "BR", "plant_no": "SIF 601"}
        )
        assert same_name["aliases"] == ["示例牧场"], "a spelling of a known name is no new name"
        other = regulator.post(
            "/producers", {"name": "Example Frigorifico", "country": "CL", "plant_no": "SIF 601"}, 201
        )
        assert other["producer_id"] != one["producer_id"]

    def test_else_the_licence(self, regulator):
        body = {"name": "示例正大", "country": "CN", "licence_no": "SC10412010600017"}
        one = regulator.post("/producers", body, 201)
        again = regulator.post("/producers", body | {"name": "示例正大实业"}, 200)
        assert again["producer_id"] == one["producer_id"]
        assert again["aliases"] == ["示例正大实业"]

    def test_a_plant_number_is_stronger_than_a_licence(self, regulator):
        body = {"name": "示例正大", "country": "CN", "licence_no": "SC10412010600017"}
        one = regulator.post("/producers", body | {"plant_no": "P1"}, 201)
        two = regulator.post("/producers", body | {"plant_no": "P2"}, 201)
        assert one["producer_id"] != two["producer_id"]
        assert regulator.post("/producers", body, 200)["producer_id"] == one["producer_id"]

    def test_else_the_name_of_the_same_business(self, world, regulator):
        one, other = world.merchant(world.business()), world.merchant(world.business())
        first = one.post("/producers", {"name": "示例 小厂", "country": "CN"}, 201)
        assert one.post("/producers", {"name": "示例小厂", "country": "CN"}, 200)["producer_id"] == first["producer_id"]
        for who, country in ((one, "VN"), (other, "CN"), (regulator, "CN")):
            made = who.post("/producers", {"name": "示例小厂", "country": country}, 201)
            assert made["producer_id"] != first["producer_id"]

    def test_a_typed_name_never_finds_a_numbered_producer(self, regulator):
        one = regulator.post("/producers", {"name": "示例正大", "country": "CN", "plant_no": "P1"}, 201)
        other = regulator.post("/producers", {"name": "示例正大", "country": "CN"}, 201)
        assert one["producer_id"] != other["producer_id"]

    def test_aliases_are_found(self, regulator):
        body = {
            "name": "示例大桥道",
            "country": "CN",
            "plant_no": "P9",
            "aliases": ["津门冰淇淋", "津门 冰淇淋", "示例大桥道"],
        }
        made = regulator.post("/producers", body, 201)
        assert made["aliases"] == ["津门冰淇淋"]
        regulator.post("/producers", {"name": "甲", "country": "CN", "plant_no": "P9", "aliases": ["Bridge Ice"]}, 200)
        for query in ("津门", "jmbql", "bridge", "BRIDGEICE", "大桥道", "p9", "甲 津门"):
            assert [p["producer_id"] for p in regulator.get(f"/producers?q={query}")["items"]] == [made["producer_id"]]
        assert regulator.get("/producers?q=没有")["items"] == []

    def test_filters(self, regulator):
        one = regulator.post("/producers", {"name": "甲", "country": "BR", "plant_no": "S1"}, 201)
        regulator.post("/producers", {"name": "乙", "country": "CL", "plant_no": "S2"}, 201)
        for query in ("country=BR", "country=bra", "plant_no=s1"):
            assert [p["producer_id"] for p in regulator.get(f"/producers?{query}")["items"]] == [one["producer_id"]]
        regulator.get("/producers?country=Brazil", 422)

    def test_doubtful_numbers_are_warned_of(self, regulator):
        made = regulator.post(
            "/producers", {"name": "甲", "country": "BR", "plant_no": "SIF601", "licence_no": "SC10412010600011"}, 201
        )
        assert ("/plant_no", "plant_no_length") in {(w["pointer"], w["code"]) for w in made["warnings"]}
        fine = regulator.post("/producers", {"name": "乙", "country": "BR", "plant_no": "CBRA01022006010001"}, 201)
        assert fine["warnings"] == []

    @pytest.mark.parametrize(
        ("fields", "pointer", "code"),
        [
            ({"country": "Brazil"}, "/country", "country_unknown"),
            ({"country": None}, "/country", "required"),
            ({"name": "—— ·"}, "/name", "invalid"),
            ({"plant_no": "SIF#601"}, "/plant_no", "plant_no_shape"),
            ({"licence_no": "XX10412010600010"}, "/licence_no", "food_licence_shape"),
            ({"aliases": ["x"] * (limits.ALIASES + 1)}, "/aliases", "wrong_count"),
            ({"aliases": ["x", ""]}, "/aliases/1", "required"),
            ({"registered_for": str(uuid4())}, "/registered_for", "unknown_field"),
        ],
    )
    def test_bad_producers(self, regulator, fields, pointer, code):
        body = {"name": "示例厂", "country": "BR"} | fields
        found = pointers(regulator.post("/producers", body, 422))
        assert found == {(pointer, code)}


@pytest.fixture
def producer(regulator):
    return regulator.post("/producers", {"name": "示例禽业", "country": "BR", "plant_no": "SIF601"}, 201)


def product(producer, **fields):
    return {
        "producer_id": producer["producer_id"], "name": "冻鸡大腿 1.5kg", "category": "poultry", "origin_country": "BR",
        "ledger_unit": "unit", "units_per_piece": 6, "unit_mass_g": 1500, "imported": True,
    } | fields  # fmt: skip


class TestProducts:
    def test_the_same_again(self, regulator, producer, world):
        sent = product(producer, name_en="Legs", series="分割鸡", gtin="4006381333931", hs_code="0207.1411")
        made = regulator.post("/products", sent, 201)
        assert {name: made[name] for name in sent} == sent | {"hs_code": "02071411"}
        again = world.merchant(world.business()).post("/products", sent | {"name": "冻鸡大腿 １.５ＫＧ"}, 200)
        assert again == made
        assert regulator.get(f"/products/{made['product_id']}") == made

    @pytest.mark.parametrize(
        "fields", [{"name": "冻鸡大腿 15kg"}, {"unit_mass_g": 1501}, {"units_per_piece": 12}, {"imported": False},
                   {"series": "分割鸡"}, {"origin_country": "CL"}]
    )  # fmt: skip
    def test_another_identity_is_another_product(self, regulator, producer, fields):
        one = regulator.post("/products", product(producer), 201)
        assert regulator.post("/products", product(producer, **fields), 201)["product_id"] != one["product_id"]

    def test_the_word_of_the_smallest_unit(self, regulator, producer, world):
        """No identity field: the same product without it is the same; what was said first stays."""
        plain = regulator.post("/products", product(producer), 201)
        assert plain["unit_word"] is None
        for sent, told in (({"unit_word": "bag"}, "bag"), ({}, "bag"), ({"unit_word": "box"}, "bag")):
            again = regulator.post("/products", product(producer, **sent), 200)
            assert (again["product_id"], again["unit_word"]) == (plain["product_id"], told)
        assert regulator.post("/products", product(producer, name="冻鸡胸", unit_word="can"), 201)["unit_word"] == "can"
        with db.transaction() as session:
            facts = select(JournalEntry.kind).where(JournalEntry.subject_id == UUID(plain["product_id"]))
            assert set(session.scalars(facts)) == {"product.registered", "product.unit_named"}

    def test_by_weight(self, regulator, producer):
        made = regulator.post(
            "/products", product(producer, ledger_unit="gram", unit_mass_g=1, units_per_piece=25_000), 201
        )
        assert made["units_per_piece"] == 25_000
        problem = regulator.post("/products", product(producer, ledger_unit="gram", unit_mass_g=2), 422)
        assert pointers(problem) == {("/unit_mass_g", "gram_unit_mass")}

    @pytest.mark.parametrize(
        ("fields", "pointer", "code"),
        [
            ({"producer_id": str(uuid4())}, "/producer_id", "unknown_producer"),
            ({"category": "fish"}, "/category", "not_one_of"),
            ({"gtin": "4006381333932"}, "/gtin", "gtin_check"),
            ({"hs_code": "0207"}, "/hs_code", "hs_code_length"),
            ({"origin_country": "Brasil"}, "/origin_country", "country_unknown"),
            ({"units_per_piece": 0}, "/units_per_piece", "out_of_range"),
            ({"units_per_piece": limits.QUANTITY_UNITS_MAX + 1}, "/units_per_piece", "out_of_range"),
            ({"units_per_piece": limits.QUANTITY_UNITS_MAX}, "/units_per_piece", "piece_too_heavy"),
            ({"unit_mass_g": 0}, "/unit_mass_g", "out_of_range"),
            ({"unit_mass_g": limits.COUNT_MAX + 1}, "/unit_mass_g", "out_of_range"),
            ({"unit_mass_g": 1500.0}, "/unit_mass_g", "not_integer"),
            ({"unit_mass_g": True}, "/unit_mass_g", "not_integer"),
            ({"imported": 1}, "/imported", "not_boolean"),
            ({"unit_word": "袋"}, "/unit_word", "not_one_of"),
            ({"identity_hash": "x"}, "/identity_hash", "unknown_field"),
        ],
    )
    def test_bad_products(self, regulator, producer, fields, pointer, code):
        assert pointers(regulator.post("/products", product(producer, **fields), 422)) == {(pointer, code)}

    def test_a_piece_at_the_limit(self, regulator, producer):
        units = limits.MASS_G_MAX // 1000
        regulator.post("/products", product(producer, unit_mass_g=1000, units_per_piece=units), 201)
        regulator.post("/products", product(producer, unit_mass_g=1000, units_per_piece=units + 1), 422)

    def test_search(self, regulator, producer):
        legs = regulator.post("/products", product(producer, name="示例冻鸡大腿", series="分割鸡"), 201)["product_id"]
        ice = regulator.post(
            "/products",
            product(producer, name="示例冰淇淋", name_en="Ice cream", category="ice", gtin="4006381333931"),
            201,
        )["product_id"]

        def found(query):
            return [p["product_id"] for p in regulator.get(f"/products?{query}")["items"]]

        assert found("q=鸡腿") == [legs]
        assert found("q=分割鸡") == [legs]
        assert found("q=slbql") == [ice]
        assert found("q=ICE+cream") == [ice]
        assert found("q=4006381333931") == [ice]
        assert found("q=示例禽业") == [ice, legs], "by the producer's name"
        assert found("q=禽业+冰淇淋") == [ice]
        assert found("q=sif601") == [ice, legs]
        assert found("category=ice") == [ice]
        assert found("gtin=4006381333931") == [ice]
        assert found(f"producer_id={producer['producer_id']}&imported=true") == [ice, legs]
        assert found(f"producer_id={uuid4()}") == []
        regulator.post("/producers", {"name": "新名字", "country": "BR", "plant_no": "SIF601"}, 200)
        assert found("q=新名字") == [ice, legs], "and by a name that it was given later"
