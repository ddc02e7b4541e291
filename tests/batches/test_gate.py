"""The gate over real rows (R1, R2), and that its cost in statements doesn't grow with the batches."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from coldchain.accounts.actor import SYSTEM
from coldchain.batches import service
from coldchain.batches.models import Batch
from coldchain.core import clock, db
from coldchain.core.errors import NotFound
from coldchain.policy.models import EvidencePolicy

SOME_ID = "00000000-0000-7000-8000-000000000000"


def label(case, batch_id):
    with db.transaction() as session:
        service.note_code_made(session, [UUID(batch_id)], clock.now())


def test_from_nothing_to_clear_names_every_step(case):
    verdict = case.gate()
    assert verdict["clear"] is False
    assert verdict["policy"]["code"] == "three_papers_one_code_heilongjiang"
    assert verdict["judged_for"] == {
        "region_code": "230203", "arrived_on": "2021-01-18", "category": "poultry", "imported": True,
    }  # fmt: skip
    assert [(item["rule"], item["kind"]) for item in verdict["missing"]] == [
        ("R1", "inspection_quarantine"), ("R1", "nucleic_acid"), ("R1", "disinfection"), ("R5", "disinfection_record"),
        ("R5", "test"), ("R2", "code"),
    ]  # fmt: skip
    for item in verdict["missing"]:
        assert item["message_zh"]
        assert item["message_en"]
        assert item["next_zh"]
        assert item["next_en"]
    case.papers()
    case.disinfect()
    case.result(case.tube(case.first), "negative")
    assert case.missing() == ["code_missing"]
    assert case.batch()["status"] == "held"
    label(case, case.first)
    assert case.gate()["clear"] is True
    assert case.batch()["status"] == "cleared"
    assert case.batch(case.second)["status"] == "held"
    assert case.batch()["code_made_at"] is not None


def test_four_papers_before_the_code_was_asked_for(world, case):
    lines = [{"product_id": case.product["product_id"], "quantity_units": 6}]
    early = world.arrival(case.owner, case.site, case.zone, lines, arrived_at="2021-01-15T23:59:00+08:00")
    first = world.arrival(case.owner, case.site, case.zone, lines, arrived_at="2020-11-20T08:00:00+08:00")
    for arrival in (early, first):  # before a region's first row that row is used
        batch = arrival["batches"][0]
        verdict = case.gate(batch["batch_id"])
        assert verdict["policy"]["code"] == "four_papers_heilongjiang"
        assert "customs_declaration" in [item["kind"] for item in verdict["missing"]]
        assert "code" not in [item["kind"] for item in verdict["missing"]]
    # 2021-01-15T16:00Z is the 16th in Beijing
    late = world.arrival(case.owner, case.site, case.zone, lines, arrived_at="2021-01-15T16:00:00Z")
    assert case.gate(late["batches"][0]["batch_id"])["policy"]["code"] == "three_papers_one_code_heilongjiang"


def test_the_zone_decides_the_region(world, case):
    shandong = world.people.regulator("370000")
    body = {"business": case.owner["business_id"], "name": "示例二库", "kind": "cold_store", "region_code": "370102",
            "address": "示例路"}  # fmt: skip
    site = shandong.post("/sites", body, 201)
    zone = shandong.post(f"/sites/{site['site_id']}/zones",
                         {"code": "Z1", "kind": "import_dedicated", "temperature_class": "frozen"}, 201)  # fmt: skip
    verdict = case.gate(query=f"?zone_id={zone['zone_id']}")
    assert verdict["policy"]["code"] == "cold_chain_three_papers_shandong"
    assert [item["kind"] for item in verdict["missing"]] == [
        "inspection_quarantine", "goods_list", "warehouse_release",
    ]  # fmt: skip
    case.merchant.get(f"/batches/{case.first}/gate?zone_id={SOME_ID}", 404)
    case.merchant.get(f"/batches/{case.first}/gate?zone_id=x", 422)
    case.merchant.get(f"/batches/{case.first}/gate?site_id={SOME_ID}", 422)


def test_without_a_policy_imported_goods_stay_and_domestic_ones_go(world, case):
    south = world.people.regulator("440300")
    body = {"business": case.owner["business_id"], "name": "示例南库", "kind": "cold_store", "region_code": "440300",
            "address": "示例路"}  # fmt: skip
    site = south.post("/sites", body, 201)
    zone = south.post(f"/sites/{site['site_id']}/zones",
                      {"code": "Z1", "kind": "import_dedicated", "temperature_class": "frozen"}, 201)  # fmt: skip
    verdict = case.gate(query=f"?zone_id={zone['zone_id']}")
    assert (verdict["clear"], verdict["policy"]) == (False, None)
    (item,) = verdict["missing"]
    assert (item["rule"], item["code"]) == ("R1", "policy_missing")
    assert "440300" in item["message_zh"]


def test_domestic_goods_need_their_papers(world, case):
    general = world.zone(case.site, "general")
    ice, meat = (world.product(imported=False, category=each) for each in ("ice", "meat"))
    lines = [{"product_id": each["product_id"], "quantity_units": 6, "zone_id": general["zone_id"]}
             for each in (ice, meat)]  # fmt: skip
    arrival = world.arrival(case.owner, case.site, general, lines, supplier=None, entry_mode="existing_stock")
    ice_batch, meat_batch = (batch["batch_id"] for batch in arrival["batches"])
    assert case.missing(ice_batch) == ["evidence_missing", "supplier_missing"]
    case.paper("purchase_receipt", f"/batches/{ice_batch}")  # names who sold
    assert case.gate(ice_batch)["clear"] is True
    assert case.batch(ice_batch)["status"] == "cleared"
    for kind in ("animal_quarantine", "factory_inspection", "purchase_receipt"):
        assert case.gate(meat_batch)["clear"] is False
        case.paper(kind, f"/batches/{meat_batch}")
    assert case.gate(meat_batch)["clear"] is True


def test_a_row_that_asks_for_verified_papers(case):
    with db.transaction() as session:
        row = session.exec(
            select(EvidencePolicy).where(EvidencePolicy.code == "three_papers_one_code_heilongjiang")
        ).one()
        session.add(
            EvidencePolicy(**(row.model_dump() | {"policy_id": UUID(int=5), "version": 2, "requires_verified": True}))
        )
    case.papers()
    verdict = case.gate()
    assert verdict["policy"]["version"] == 2
    assert [item["code"] for item in verdict["missing"]][:3] == ["evidence_unverified"] * 3


def statements_of(engine, work):
    seen = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


@pytest.fixture
def many(world, case):
    """An arrival of 200 batches with papers, records, tubes and results."""
    lines = [{"product_id": case.product["product_id"], "quantity_units": 6 + n} for n in range(200)]
    arrival = world.arrival(case.owner, case.site, case.zone, lines)
    batch_ids = [batch["batch_id"] for batch in arrival["batches"]]
    case.arrival = arrival
    case.papers()
    case.disinfect()
    tube = case.tube(*batch_ids)
    case.result(tube, "negative")
    return [UUID(batch_id) for batch_id in batch_ids]


def test_as_many_statements_for_two_hundred_batches_as_for_one(many, database):
    def asks(batch_ids):
        def work():
            with Session(database) as session:
                assert set(service.gate(session, batch_ids, "230203")) == set(batch_ids)

        return work

    one, all_of_them = statements_of(database, asks(many[:1])), statements_of(database, asks(many))
    assert one == all_of_them <= 8

    def refreshes(batch_ids):
        def work():
            with Session(database) as session, session.begin():
                service.settle_status(session, batch_ids)

        return work

    assert statements_of(database, refreshes(many[:1])) == statements_of(database, refreshes(many))


def test_lists_cost_the_same_for_one_and_for_many(many, database):
    def asks(limit):
        def work():
            with Session(database) as session:
                items, _ = service.search_batches(session, SYSTEM, limit=limit)
                assert len(items) == limit

        return work

    assert statements_of(database, asks(1)) == statements_of(database, asks(200))


def test_unknown_batches_are_left_out(session):
    assert service.gate(session, [UUID(int=1)], "230203") == {}
    assert service.gate(session, [], "230203") == {}
    assert service.refresh_status(session, [UUID(int=1)]) == {}
    with pytest.raises(NotFound):
        service.read_gate(session, SYSTEM, UUID(int=1))


def test_depleted_is_read_from_the_stock(case):
    from sqlalchemy import text

    with db.transaction() as session:
        session.execute(text("UPDATE holding SET quantity_units = 0 WHERE batch_id = :b"), {"b": UUID(case.first)})
    shown = case.batch()
    assert (shown["status"], shown["stock"]) == ("depleted", [])
    assert [item["batch_id"] for item in case.merchant.get("/batches?status=depleted")["items"]] == [case.first]
    assert case.merchant.get(f"/arrivals/{case.arrival['arrival_id']}")["batches"][0]["status"] == "depleted"
    with db.transaction() as session:
        assert session.get(Batch, UUID(case.first)).status == "held"


def test_of_two_facts_entered_at_once_the_second_sees_both(case, world, rounds):
    """Each alone leaves the batch held; together they clear it, whichever comes last."""
    general = world.zone(case.site, "general")
    ice = world.product(imported=False, category="meat")
    line = {"product_id": ice["product_id"], "quantity_units": 6, "zone_id": general["zone_id"]}
    kinds = ("animal_quarantine", "factory_inspection", "purchase_receipt")
    barrier = Barrier(len(kinds))

    def enter(target):
        batch_id, kind = target
        with db.transaction() as session:
            barrier.wait()
            service.register_evidence(
                session, SYSTEM, batch_id=batch_id, kind=kind, number="N", issuer="示例", issued_on=date(2021, 1, 17)
            )

    with ThreadPoolExecutor(len(kinds)) as pool:
        for _ in range(rounds(10, 100)):
            batch_id = UUID(world.arrival(case.owner, case.site, general, [line])["batches"][0]["batch_id"])
            list(pool.map(enter, [(batch_id, kind) for kind in kinds]))
            with db.transaction() as session:
                assert session.get(Batch, batch_id).status == "cleared"


@pytest.mark.parametrize("mode", ["arrived", "existing_stock"])
def test_what_is_older_than_the_goods_is_refused(case, mode):
    """The goods of the case were produced on 6 November 2020 in Beijing: the evening before in UTC is that day."""
    world = case.world
    if mode == "existing_stock":
        line = {"product_id": case.product["product_id"], "quantity_units": 5, "production_date": "2020-12-01"}
        early = line | {"production_date": "2020-11-06"}
        case.arrival = world.arrival(case.owner, case.site, case.zone, [line, early], entry_mode=mode)
        case.second, case.first = (batch["batch_id"] for batch in case.arrival["batches"])
    there = f"/batches/{case.first}"
    for path in (None, there):
        (error,) = case.disinfect(path, 422, occurred_at="2020-11-05T15:59:00Z")["errors"]
        assert (error["pointer"], error["code"]) == ("/occurred_at", "before_production")
        assert "2020-11-06" in error["message"]
    (error,) = case.tube(case.first, expect=422, sampled_at="2019-01-01T10:00:00+08:00")["errors"]
    assert (error["pointer"], error["code"]) == ("/sampled_at", "before_production")
    assert "disinfection_not_covered" in case.missing() or "disinfection_missing" in case.missing()
    case.disinfect(occurred_at="2020-11-05T16:00:00Z")
    assert not [code for code in case.missing() if code.startswith("disinfection")]
    if mode == "existing_stock":  # of two batches one was not there yet: neither treatment nor sample speaks for it
        assert [code for code in case.missing(case.second) if code.startswith("disinfection")]
        case.tube(case.first, case.second, expect=422, sampled_at="2020-11-20T10:00:00+08:00")
