"""Entering arrivals over HTTP: what becomes of lines, who may, and what is refused whole."""

import re

import pytest
from sqlmodel import select

from coldchain.batches.models import Arrival, Batch
from coldchain.core import db
from coldchain.journal.models import JournalEntry, PersonalValue
from coldchain.ledger.models import Movement


def line(product, zone, quantity_units=100, **fields):
    return {
        "product_id": product["product_id"], "zone_id": zone["zone_id"], "production_date": "2020-11-06",
        "expiry_date": "2022-11-05", "quantity_units": quantity_units,
    } | fields  # fmt: skip


def _store(world):
    owner = world.business()
    site = world.site(owner)
    return {
        "owner": owner, "site": site, "zone": world.zone(site), "general": world.zone(site, "general"),
        "product": world.product(), "merchant": world.merchant(owner),
    }  # fmt: skip


@pytest.fixture
def store(scenes):
    """An importer with a store, a dedicated and a general zone, and an imported product."""
    return scenes.of(_store)


def body(store, *lines, **fields):
    return {
        "site_id": store["site"]["site_id"], "entry_mode": "arrived", "arrived_at": "2021-01-18T06:40:00+08:00",
        "lines": list(lines) or [line(store["product"], store["zone"])],
    } | fields  # fmt: skip


def test_one_delivery_with_two_lines(world, store):
    other = world.product(units_per_piece=1000, unit_mass_g=1, ledger_unit="gram")
    made = store["merchant"].post(
        "/arrivals",
        body(
            store, line(store["product"], store["zone"], 100, batch_no="L201106"), line(other, store["zone"], 2500),
            supplier={"name": "示例贸易"}, container_no="csqu 305438-3", seal_no="HL20771",
            customs_declaration_no="190120211000042871", vehicle_plate="黑B12345",
            driver={"name": "王示例", "phone": "13900000000"},
        ),
        201,
    )  # fmt: skip
    assert re.fullmatch(r"DH210118-[0-9A-Z]{4}", made["arrival_no"])
    assert made["container_no"] == "CSQU3054383"
    assert made["driver"] == {"name": "王示例", "phone": "13900000000"}
    assert made["owner"]["business_id"] == store["owner"]["business_id"]
    assert made["flags"] == []
    first, second = made["batches"]
    assert (first["piece_count"], second["piece_count"]) == (17, 3)  # 16 pieces of 6 and an open one; 2500 g in 1 kg
    assert {first["status"], second["status"]} == {"held"}
    assert re.fullmatch(r"[0-9A-Z]{8}", first["batch_code"])
    assert first["batch_code"] != second["batch_code"]
    shown = store["merchant"].get(f"/batches/{first['batch_id']}")
    assert shown["mass_g"] == 200_000
    assert shown["restriction"] == "none"
    assert shown["stock"] == [
        {
            "owner": {name: store["owner"][name] for name in ("business_id", "uscc", "name")}, "account": "zone",
            "site_id": store["site"]["site_id"], "zone_id": store["zone"]["zone_id"], "consignment_id": None,
            "quantity_units": 100, "locked_units": 0,
        }
    ]  # fmt: skip
    again = store["merchant"].get(f"/arrivals/{made['arrival_id']}")
    assert again == made
    with db.transaction() as session:
        kinds = [entry.kind for entry in session.exec(select(JournalEntry).order_by(JournalEntry.entry_id))]
        bodies = " ".join(entry.body for entry in session.exec(select(JournalEntry)))
    assert kinds.count("arrival.registered") == 1
    assert kinds.count("batch.registered") == 2
    assert "王示例" not in bodies
    assert "13900000000" not in bodies


def test_a_line_can_be_a_batch_without_a_number(store):
    made = store["merchant"].post("/arrivals", body(store), 201)
    assert made["batches"][0]["batch_no"] is None


def test_existing_stock_needs_neither_supplier_nor_container(store):
    made = store["merchant"].post(
        "/arrivals", body(store, entry_mode="existing_stock", arrived_at="2020-12-01T08:00:00+08:00"), 201
    )
    assert made["entry_mode"] == "existing_stock"
    with db.transaction() as session:
        assert [movement.late for movement in session.exec(select(Movement))] == [False]


def counts():
    with db.transaction() as session:
        return tuple(len(session.exec(select(model)).all()) for model in (Arrival, Batch, Movement, PersonalValue))


WRONG_HEADS = [
    ({"arrived_at": "2100-01-01T00:00:00+08:00"}, "/arrived_at", "in_future"),
    ({"arrived_at": "2021-02-30T00:00:00+08:00"}, "/arrived_at", "not_time"),
    ({"arrived_at": "2021-01-18T06:40:00"}, "/arrived_at", "not_time"),
    ({"container_no": "CSQU3054384"}, "/container_no", "container_check"),
    ({"customs_declaration_no": "19012021100004287"}, "/customs_declaration_no", "customs_declaration_length"),
    ({"customs_declaration_no": "190120210000042871"}, "/customs_declaration_no", "customs_declaration_export"),
    ({"site_id": "00000000-0000-7000-8000-000000000000"}, "/site_id", "unknown_site"),
    ({"supplier": {"business": "91230203000009999X"}}, "/supplier/business", "unknown_business"),
    ({"supplier": {"business": "91230203000009999X", "name": "示例"}}, "/supplier", "one_of_two"),
    ({"lines": []}, "/lines", "wrong_count"),
    ({"lines": "all"}, "/lines", "not_list"),
    ({"entry_mode": "smuggled"}, "/entry_mode", "not_one_of"),
    ({"colour": "red"}, "/colour", "unknown_field"),
    ({"seal_no": "a\u202eb"}, "/seal_no", "text_bidi"),
    ({"driver": {"name": "王示例", "id_no": "1"}}, "/driver/id_no", "unknown_field"),
]


def test_a_wrong_head_is_refused_whole(store):
    for fields, pointer, code in WRONG_HEADS:
        before = counts()
        refused = store["merchant"].post("/arrivals", body(store) | fields, 422)
        assert (pointer, code) in {(error["pointer"], error["code"]) for error in refused["errors"]}
        assert counts() == before


WRONG_LINES = [
    ({"production_date": "2021-01-19"}, "production_date", "after_arrival"),
    ({"production_date": "2021-13-01"}, "production_date", "not_date"),
    ({"expiry_date": "2020-11-05"}, "expiry_date", "before_production"),
    ({"expiry_date": None}, "expiry_date", "required"),
    ({"quantity_units": 0}, "quantity_units", "out_of_range"),
    ({"quantity_units": -5}, "quantity_units", "out_of_range"),
    ({"quantity_units": 10**15}, "quantity_units", "out_of_range"),
    ({"quantity_units": "12"}, "quantity_units", "not_integer"),
    ({"quantity_units": 1.5}, "quantity_units", "not_integer"),
    ({"quantity_units": True}, "quantity_units", "not_integer"),
    ({"quantity_units": 6_000_001}, "quantity_units", "too_many_pieces"),
    ({"product_id": "00000000-0000-7000-8000-000000000000"}, "product_id", "unknown_product"),
    ({"zone_id": "00000000-0000-7000-8000-000000000000"}, "zone_id", "unknown_zone"),
    ({"zone_id": "A1"}, "zone_id", "not_id"),
]


def test_a_wrong_line_is_refused_whole(store):
    for fields, name, code in WRONG_LINES:
        before = counts()
        good = line(store["product"], store["zone"])
        refused = store["merchant"].post("/arrivals", body(store, good, good | fields), 422)
        assert [(error["pointer"], error["code"]) for error in refused["errors"]] == [(f"/lines/1/{name}", code)]
        assert counts() == before


def test_all_that_is_wrong_is_said_at_once(store):
    good = line(store["product"], store["zone"])
    refused = store["merchant"].post(
        "/arrivals", body(store, good | {"production_date": "2021-02-01", "expiry_date": "2021-01-31"}), 422
    )
    assert {error["code"] for error in refused["errors"]} == {"after_arrival", "before_production"}


def test_the_limits_of_one_batch(store):
    made = store["merchant"].post("/arrivals", body(store, line(store["product"], store["zone"], 6_000_000)), 201)
    assert made["batches"][0]["piece_count"] == 1_000_000


def test_the_limit_of_lines(store):
    good = line(store["product"], store["zone"])
    made = store["merchant"].post("/arrivals", body(store, *[good] * 500), 201)
    assert len({batch["batch_code"] for batch in made["batches"]}) == 500
    refused = store["merchant"].post("/arrivals", body(store, *[good] * 501), 422)
    assert refused["errors"][0]["code"] == "wrong_count"


def test_a_zone_of_another_site(world, store):
    elsewhere = world.zone(world.site(store["owner"]))
    refused = store["merchant"].post("/arrivals", body(store, line(store["product"], elsewhere)), 422)
    assert refused["errors"][0]["code"] == "wrong_site"


def test_imported_goods_have_zones_of_their_own(world, store):
    before = counts()
    english = {"Accept-Language": "en"}
    refused = store["merchant"].post("/arrivals", body(store, line(store["product"], store["general"])), 409, english)
    assert refused["code"] == "zone_not_dedicated"
    assert refused["errors"][0]["pointer"] == "/lines/0/zone_id"
    assert "Zone for imports only, Sale counter" in refused["detail"]
    assert "General zone" in refused["detail"]
    assert refused["zone_kind"] == "general"
    assert refused["allowed_zone_kinds"][:2] == ["import_dedicated", "sale_counter"]
    domestic = world.product(imported=False)
    refused = store["merchant"].post("/arrivals", body(store, line(domestic, store["zone"])), 409)
    assert refused["code"] == "zone_not_dedicated"
    assert counts() == before
    store["merchant"].post("/arrivals", body(store, line(domestic, store["general"])), 201)


def test_stock_that_is_found_mixed_is_entered_and_flagged(store):
    made = store["merchant"].post(
        "/arrivals", body(store, line(store["product"], store["general"]), entry_mode="existing_stock"), 201
    )
    assert made["flags"] == ["suspected_mixed_storage"]


def test_a_container_without_a_seal_is_flagged(store):
    made = store["merchant"].post("/arrivals", body(store, container_no="CSQU3054383"), 201)
    assert made["flags"] == ["seal_missing"]


def test_imports_that_a_store_takes_in_name_their_container_and_seal(world, store):
    merchant = store["merchant"]
    both = ["container_missing", "seal_missing"]
    made = merchant.post("/arrivals", body(store), 201)
    assert made["flags"] == both
    assert merchant.get(f"/arrivals/{made['arrival_id']}")["flags"] == both
    assert merchant.post("/arrivals", body(store, seal_no="HL20771"), 201)["flags"] == both[:1]
    domestic = body(store, line(world.product(imported=False), store["general"]))
    assert merchant.post("/arrivals", domestic, 201)["flags"] == []
    assert merchant.post("/arrivals", body(store, entry_mode="existing_stock"), 201)["flags"] == []
    shop = world.site(store["owner"], "shop")
    counter = line(store["product"], world.zone(shop, "sale_counter"))
    assert merchant.post("/arrivals", body(store, counter, site_id=shop["site_id"]), 201)["flags"] == []


def test_goods_in_anothers_store(world, store):
    keeper = world.business("示例冷库", kinds=["cold_store"])
    site = world.site(keeper)
    zone = world.zone(site)
    made = store["merchant"].post("/arrivals", body(store, line(store["product"], zone), site_id=site["site_id"]), 201)
    batch_id = made["batches"][0]["batch_id"]
    shown = world.merchant(keeper).get(f"/batches/{batch_id}")
    assert shown["stock"][0]["owner"]["business_id"] == store["owner"]["business_id"]
    assert world.merchant(keeper).get(f"/arrivals/{made['arrival_id']}")["arrival_id"] == made["arrival_id"]
    assert [item["batch_id"] for item in world.merchant(keeper).get("/batches")["items"]] == [batch_id]


def test_nobody_enters_for_somebody_else(world, store):
    stranger = world.merchant(world.business())
    stranger.post("/arrivals", body(store, owner=store["owner"]["business_id"]), 404)
    world.inspector.post("/arrivals", body(store, owner=store["owner"]["business_id"]), 403)
    world.lab()[1].post("/arrivals", body(store, owner=store["owner"]["business_id"]), 403)
    world.people.nobody().post("/arrivals", body(store), 401)
    world.people.regulator("230204").post("/arrivals", body(store, owner=store["owner"]["business_id"]), 404)


def test_an_officer_enters_for_a_business(world, store):
    refused = world.regulator.post("/arrivals", body(store), 422)
    assert refused["errors"][0]["pointer"] == "/owner"
    made = world.regulator.post("/arrivals", body(store, owner=store["owner"]["uscc"]), 201)
    assert made["on_behalf_of"] == store["owner"]["business_id"]
    assert store["merchant"].get(f"/arrivals/{made['arrival_id']}")["arrival_no"] == made["arrival_no"]


def test_a_suspended_business_enters_nothing(world, store):
    world.regulator.post(f"/businesses/{store['owner']['business_id']}/suspend", {"reason": "示例"})
    refused = store["merchant"].post("/arrivals", body(store), 409)
    assert refused["code"] == "business_suspended"
    world.regulator.post(f"/businesses/{store['owner']['business_id']}/close", {"reason": "示例"})
    assert store["merchant"].post("/arrivals", body(store), 409)["code"] == "business_closed"


def test_what_one_may_not_see_is_not_there(world, store):
    made = store["merchant"].post("/arrivals", body(store), 201)
    batch_id = made["batches"][0]["batch_id"]
    stranger, elsewhere = world.merchant(world.business()), world.people.regulator("230204")
    for speaker in (stranger, elsewhere):
        for path in (f"/arrivals/{made['arrival_id']}", f"/batches/{batch_id}", f"/batches/{batch_id}/gate"):
            assert speaker.get(path, 404)["code"] == "not_found"
        assert speaker.get("/arrivals")["items"] == []
        assert speaker.get("/batches")["items"] == []
    for speaker in (store["merchant"], world.regulator, world.inspector, world.people.admin(),
                    world.people.regulator("230200"), world.people.regulator("000000")):  # fmt: skip
        assert len(speaker.get("/arrivals")["items"]) == 1
        assert speaker.get(f"/batches/{batch_id}")["batch_id"] == batch_id
    world.lab()[1].get(f"/batches/{batch_id}", 403)
    world.people.nobody().get(f"/batches/{batch_id}", 401)


def test_lists_filter_and_page(world, store):
    general = line(world.product(imported=False, category="ice"), store["general"], production_date="2021-01-02")
    store["merchant"].post("/arrivals", body(store), 201)
    second = store["merchant"].post("/arrivals", body(store, general, supplier={"name": "示例"}), 201)
    get = store["merchant"].get

    def found(query):
        return len(get(f"/batches?{query}")["items"])

    assert found("") == 2
    assert found("production_date_from=2021-01-02") == found("production_date_to=2020-12-31") == 1
    assert found("status=held") == 2
    assert found("status=cleared") == found("status=depleted") == 0
    assert found("region_code=230200") == 2
    assert found("region_code=370000") == 0
    assert found("restriction=none") == 2
    assert found("restriction=locked") == 0
    assert found(f"owner={store['owner']['uscc']}") == 2
    assert found(f"product_id={general['product_id']}") == 1
    assert found(f"arrival_id={second['arrival_id']}") == 1
    first_page = get("/batches?limit=1")
    assert first_page["items"][0]["arrival_id"] == second["arrival_id"]  # newest first
    last_page = get(f"/batches?limit=1&cursor={first_page['next']}")
    assert last_page["next"] is None
    assert last_page["items"][0]["arrival_id"] != second["arrival_id"]
    assert len(get("/arrivals?entry_mode=arrived")["items"]) == 2
    assert get("/arrivals?entry_mode=existing_stock")["items"] == []
    for query in ("limit=0", "limit=201", "cursor=x", "colour=red", "restriction=open"):
        get(f"/batches?{query}", 422)


def test_the_same_request_twice_is_one_arrival(store):
    key = {"Idempotency-Key": "arrival-1"}
    first = store["merchant"].post("/arrivals", body(store), 201, key)
    assert store["merchant"].post("/arrivals", body(store), 201, key) == first
    assert counts()[:2] == (1, 1)
    refused = store["merchant"].post("/arrivals", body(store, seal_no="other"), 422, key)
    assert refused["code"] == "idempotency_mismatch"
