"""Batches registered after an announcement are held in the same request (R9); matching in the books."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from coldchain.accounts.actor import SYSTEM
from coldchain.batches import service, watch
from coldchain.batches.matching import select_matching
from coldchain.batches.models import WatchMatch
from coldchain.core import db
from coldchain.ledger import holds
from coldchain.ledger import service as ledger


@pytest.fixture
def told(monkeypatch):
    """What subscribers are told."""
    calls = []
    monkeypatch.setattr(watch, "on_match", [lambda *args: calls.append(args[2:])])
    return calls


def announce(criterion):
    cause_id = uuid4()
    with db.transaction() as session:
        watch.lock_exclusive(session)
        found = select_matching(session, criterion)
        watch.add(session, cause_id, 1, criterion)
    return cause_id, found


def test_a_matching_batch_is_held_and_reported_at_once(case, world, told):
    cause_id, before = announce({"producer_ids": [case.product["producer_id"]], "batch_nos": ["L9"]})
    assert before == []
    lines = [
        {"product_id": case.product["product_id"], "quantity_units": 6, "batch_no": "L8"},
        {"product_id": case.product["product_id"], "quantity_units": 6, "batch_no": "l-9"},
    ]
    arrival = world.arrival(case.owner, case.site, case.zone, lines)
    spared, caught = (batch["batch_id"] for batch in arrival["batches"])
    (hold,) = case.batch(caught)["holds"]
    assert hold["cause"] == {"kind": "recall", "id": str(cause_id), "version": 1}
    assert case.batch(caught)["restriction"] == "locked"
    assert case.batch(caught)["stock"][0]["locked_units"] == 6
    assert case.batch(spared)["restriction"] == "none"
    assert told == [(cause_id, 1, [UUID(caught)])]
    with db.transaction() as session:
        assert [row.batch_id for row in session.exec(select(WatchMatch))] == [UUID(caught)]


def test_a_criterion_that_ended_catches_nothing(case, world, told):
    cause_id, _ = announce({"producer_ids": [case.product["producer_id"]]})
    with db.transaction() as session:
        watch.lock_exclusive(session)
        watch.remove(session, cause_id, 1)
    lines = [{"product_id": case.product["product_id"], "quantity_units": 6}]
    arrival = world.arrival(case.owner, case.site, case.zone, lines)
    assert case.batch(arrival["batches"][0]["batch_id"])["holds"] == []
    assert told == []


def test_two_notices_hold_apart(case, world, told):
    first, _ = announce({"product_ids": [case.product["product_id"]]})
    second, _ = announce({"imported": True, "container_nos": ["CSQU3054383"]})
    lines = [{"product_id": case.product["product_id"], "quantity_units": 6}]
    arrival = world.arrival(case.owner, case.site, case.zone, lines)
    causes = {hold["cause"]["id"] for hold in case.batch(arrival["batches"][0]["batch_id"])["holds"]}
    assert causes == {str(first), str(second)}
    assert len(told) == 2


def test_registering_matching_goods_at_the_same_moment(case, told, rounds):
    """Everybody holds what they register; nobody waits for somebody who waits for them."""
    announce({"product_ids": [case.product["product_id"]]})
    writers = 4
    barrier = Barrier(writers)
    line = {
        "product_id": UUID(case.product["product_id"]), "zone_id": UUID(case.zone["zone_id"]), "quantity_units": 6,
        "production_date": date(2020, 11, 6), "expiry_date": date(2022, 11, 5),
    }  # fmt: skip

    def register(_):
        barrier.wait()
        with db.transaction() as session:
            arrival_id = service.register_arrival(
                session, SYSTEM, site_id=UUID(case.site["site_id"]), owner=case.owner["business_id"],
                entry_mode="arrived", lines=[line] * 40,
            )  # fmt: skip
            return service.batch_ids_of(session, arrival_id)

    with ThreadPoolExecutor(writers) as pool:
        for _ in range(rounds(5, 50)):
            made = [batch_id for batch_ids in pool.map(register, range(writers)) for batch_id in batch_ids]
            with db.transaction() as session:
                assert set(holds.active(session, made)) == set(made)
                assert all(holding.held_units == 6 for holding in ledger.holdings(session, made))


def test_what_is_in_the_books_is_found(case, world):
    other = world.product(name="示例冻虾", category="aquatic", series="虾系列")
    arrival = world.arrival(
        case.owner, case.site, case.zone,
        [{"product_id": other["product_id"], "quantity_units": 6, "production_date": "2021-01-02"}],
        container_no="MSKU6011672", customs_declaration_no=None,
    )  # fmt: skip
    shrimp = [UUID(batch["batch_id"]) for batch in arrival["batches"]]
    chicken = sorted([UUID(case.first), UUID(case.second)])
    cases = [
        ({}, []),
        ({"imported": True}, sorted(chicken + shrimp)),
        ({"imported": False}, []),
        ({"product_ids": [other["product_id"]]}, shrimp),
        ({"producer_ids": [case.product["producer_id"]]}, chicken),
        ({"series": "虾 系列"}, shrimp),
        ({"product_name_contains": "冻虾"}, shrimp),
        ({"batch_nos": ["L1"]}, [UUID(case.first)]),
        ({"batch_nos": ["20210102"]}, shrimp),
        ({"production_date_from": "2021-01-01"}, shrimp),
        ({"production_date_to": "2020-12-31"}, chicken),
        ({"container_nos": ["msku 601167-2"]}, shrimp),
        ({"customs_declaration_nos": ["190120211000042871"]}, chicken),
        ({"origin_countries": ["BR"], "plant_nos": ["no such plant"]}, []),
    ]
    with db.transaction() as session:
        for criterion, expected in cases:
            assert select_matching(session, criterion) == expected, criterion
