"""Split: a proven part gets a batch of its own; who may, what is refused, what goes along (R1, R2, R5, R8, R10)."""

from typing import Any
from uuid import UUID

import pytest

from coldchain.accounts.actor import SYSTEM
from coldchain.batches import origins
from coldchain.core import clock, db
from coldchain.labels.code import LabelCode
from coldchain.ledger import check, holds
from coldchain.ledger import service as ledger
from coldchain.ledger.holds import Cause
from tests.factories.scenes import Scenes
from tests.factories.world import World

SOME_ID = "00000000-0000-7000-8000-000000000000"


class Store:
    """An importer with one batch of 20 pieces of 6, its papers, tests and labels; disinfected as far as piece 12."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.owner = world.business()
        self.site = world.site(self.owner)
        self.zone = world.zone(self.site)
        self.product = world.product()
        self.arrival = world.arrival(
            self.owner, self.site, self.zone, [{"product_id": self.product["product_id"], "quantity_units": 117}]
        )
        self.batch_id: str = self.arrival["batches"][0]["batch_id"]
        self.merchant = world.merchant(self.owner)
        world.papers(self.owner, self.arrival)
        self.treat(1, 12)
        self.lab = world.lab()
        self.tube = world.tube(self.lab, [self.batch_id])
        world.result(self.lab, self.tube)
        self.merchant.post(f"/batches/{self.batch_id}/label-runs", {"piece_from": 1, "piece_to": 20}, 202)

    def treat(self, first: int, last: int) -> None:
        body = {
            "occurred_at": "2021-01-18T09:10:00+08:00", "performed_by": "示例消毒", "place": "1 号冷库",
            "object": "外包装", "agent": "chlorine_cacl2_ethanol", "concentration_mg_per_l": 3000, "contact_min": 10,
            "ambient_temperature_c": -18, "basis": "declared_range", "piece_from": first, "piece_to": last,
        }  # fmt: skip
        self.merchant.post(f"/batches/{self.batch_id}/disinfections", body, 201)

    def split(self, first: int, last: int, expect: int = 201, *, of: str | None = None, **more: Any) -> Any:
        body = {"piece_from": first, "piece_to": last} | more
        return self.merchant.post(f"/batches/{of or self.batch_id}/split", body, expect)

    def batch(self, batch_id: str) -> Any:
        return self.merchant.get(f"/batches/{batch_id}")

    def units(self, batch_id: str) -> int:
        return sum(row["quantity_units"] for row in self.batch(batch_id)["stock"])

    def send(self, batch_id: str, units: int, expect: int) -> Any:
        body = {
            "from_zone_id": self.zone["zone_id"], "to": {"name": "王示例", "phone": "13700000000"},
            "handover": "await_confirmation", "lines": [{"batch_id": batch_id, "quantity_units": units}],
        }  # fmt: skip
        return self.merchant.post("/consignments", body, expect)


@pytest.fixture
def store(scenes: Scenes) -> Store:
    """A store with a batch of which a part is proven."""
    return scenes.of(Store)


def books_agree() -> None:
    with db.transaction() as session:
        assert check.stock_from_movements(session) is None
        assert check.movements_from_journal(session) is None


def test_the_proven_part_is_shipped_and_the_rest_stays(store: Store) -> None:
    assert store.send(store.batch_id, 6, 409)["code"] == "gate_refused"
    made = store.split(1, 12, reason="先发已消毒部分")
    assert (made["kind"], made["piece_count"], made["quantity_units"], made["status"]) == ("split", 12, 72, "cleared")
    child = store.batch(made["batch_id"])
    parent = store.batch(store.batch_id)
    same = ("arrival_id", "batch_no", "production_date", "expiry_date", "container_no", "customs_declaration_no")
    assert {name: child[name] for name in same} == {name: parent[name] for name in same}
    assert child["product"] == parent["product"]
    assert child["owner"] == parent["owner"]
    assert (child["batch_code"], child["line_no"]) == (made["batch_code"], 2)
    assert (store.units(made["batch_id"]), store.units(store.batch_id)) == (72, 45)
    assert [row["zone_id"] for row in child["stock"]] == [store.zone["zone_id"]]
    assert store.send(made["batch_id"], 72, 201)["state"] == "in_transit"
    assert store.send(store.batch_id, 6, 409)["missing"][0]["missing"][0]["uncovered"] == [[13, 20]]
    store.treat(13, 20)
    assert store.batch(store.batch_id)["status"] == "cleared"
    assert store.send(store.batch_id, 45, 201)
    books_agree()


def test_the_last_piece_may_be_an_open_one(store: Store) -> None:
    made = store.split(19, 20)
    assert made["quantity_units"] == 9  # 6 of the last but one, 3 loose ones
    assert store.units(store.batch_id) == 108
    again = store.split(2, 2, of=made["batch_id"])
    assert again["quantity_units"] == 3
    assert store.batch(made["batch_id"])["quantity_units"] == 9  # as entered
    books_agree()


def test_the_rest_is_clear_at_once_when_the_unproven_part_goes(store: Store) -> None:
    assert store.batch(store.batch_id)["status"] == "held"
    made = store.split(13, 20)
    assert made["status"] == "held"
    assert store.batch(store.batch_id)["status"] == "cleared"
    assert store.merchant.get(f"/batches/{made['batch_id']}/gate")["clear"] is False


def test_what_can_not_be_split_is_refused_and_nothing_is_written(store: Store) -> None:
    for body, code in (
        ((0, 3), "out_of_range"), ((3, 2), "wrong_order"), ((1, 21), "beyond_pieces"), ((21, 22), "beyond_pieces"),
    ):  # fmt: skip
        assert [error["code"] for error in store.split(*body, 422)["errors"]] == [code]
    store.split(5, 8)
    for pieces in ((5, 8), (1, 5), (8, 9), (6, 7), (1, 20)):
        refused = store.split(*pieces, 409)
        assert (refused["code"], refused["left"]) == ("pieces_gone", [[1, 4], [9, 20]])
    assert store.split(9, 9, 422, owner="91230203000000000X")["errors"][0]["code"] == "unknown_business"
    assert len(store.merchant.get(f"/batches?arrival_id={store.arrival['arrival_id']}")["items"]) == 2
    books_agree()


def test_units_that_are_gone_can_not_be_split_off(store: Store) -> None:
    store.treat(13, 20)
    store.send(store.batch_id, 100, 201)
    refused = store.split(1, 3, 409)
    assert (refused["code"], refused["available"]) == ("insufficient_stock", {store.batch_id: 17})
    assert store.split(1, 2)["quantity_units"] == 12


def test_locked_goods_are_not_split(store: Store) -> None:
    store.world.result(store.lab, store.tube, "positive", reported_at="2021-01-18T20:00:00+08:00")
    assert store.split(1, 2, 409)["code"] == "locked"
    # an old time doesn't get past the lock
    assert store.split(1, 2, 409, occurred_at="2021-01-18T12:00:00+08:00")["code"] == "locked"


def test_a_later_lock_reaches_the_part_wherever_it_is(store: Store) -> None:
    made = store.split(1, 12)
    grandchild = store.split(1, 2, of=made["batch_id"])
    store.send(made["batch_id"], 30, 201)
    store.world.result(store.lab, store.tube, "positive", reported_at="2021-01-18T20:00:00+08:00")
    for batch_id in (store.batch_id, made["batch_id"], grandchild["batch_id"]):
        shown = store.world.people.admin().get(f"/batches/{batch_id}")
        assert [hold["grade"] for hold in shown["holds"]] == ["red"]
        assert all(row["locked_units"] == row["quantity_units"] for row in shown["stock"])
    store.world.result(store.lab, store.tube, "negative", stage="recheck", reported_at="2021-01-18T22:00:00+08:00")
    assert store.batch(grandchild["batch_id"])["holds"] == []


def test_who_may(store: Store) -> None:
    path = f"/batches/{store.batch_id}/split"
    body = {"piece_from": 1, "piece_to": 2}
    other = store.world.merchant(store.world.business())
    other.post(path, body, 404)
    store.lab[1].post(path, body, 403)
    store.world.people.nobody().post(path, body, 401)
    store.merchant.post(f"/batches/{SOME_ID}/split", body, 404)
    store.world.people.regulator("370000").post(path, body, 404)
    made = store.world.inspector.post(path, body, 201)
    assert made["on_behalf_of"] == store.owner["business_id"]
    store.merchant.post(path, body | {"piece": 1}, 422)


def test_where_several_zones_have_some_one_is_named(store: Store) -> None:
    other = store.world.zone(store.site)
    moved = {
        "zone_id": store.zone["zone_id"], "to_zone_id": other["zone_id"],
        "lines": [{"batch_id": store.batch_id, "quantity_units": 30}],
    }  # fmt: skip
    store.merchant.post("/relocations", moved, 201)
    assert [error["code"] for error in store.split(1, 2, 422)["errors"]] == ["zone_needed"]
    made = store.split(1, 2, zone_id=other["zone_id"])
    assert store.batch(made["batch_id"])["zone_id"] == other["zone_id"]
    assert store.split(3, 6, 409, zone_id=other["zone_id"])["available"] == {store.batch_id: 18}
    books_agree()


def test_the_buyer_may_split_and_the_importer_stays_the_first_station(store: Store) -> None:
    store.treat(13, 20)
    shop = store.world.shop()
    sent = store.merchant.post(
        "/consignments",
        {
            "from_zone_id": store.zone["zone_id"], "to": {"business": shop["owner"]["uscc"]},
            "handover": "await_confirmation", "lines": [{"batch_id": store.batch_id, "quantity_units": 60}],
        },
        201,
    )  # fmt: skip
    buyer = store.world.merchant(shop["owner"])
    lines = [{"batch_id": store.batch_id, "quantity_units": 60}]
    buyer.post(f"/consignments/{sent['consignment_id']}/confirm", {"zone_id": shop["zone"]["zone_id"], "lines": lines})
    made = buyer.post(f"/batches/{store.batch_id}/split", {"piece_from": 1, "piece_to": 5}, 201)
    child = buyer.get(f"/batches/{made['batch_id']}")
    assert child["owner"]["business_id"] == shop["owner"]["business_id"]  # who made it a batch of its own
    label = LabelCode(made["batch_code"], "batch", 0).text
    public = store.world.people.nobody().client.get(f"/C/{label}", headers={"Accept": "application/json"}).get_json()
    assert public["importer"] == store.owner["name"]
    # what a customer makes of its goods is no business of who sold them
    store.merchant.get(f"/batches/{made['batch_id']}", 404)
    assert store.batch(store.batch_id)["went_into"] == []
    arrival = store.merchant.get(f"/arrivals/{store.arrival['arrival_id']}")
    assert [batch["batch_id"] for batch in arrival["batches"]] == [store.batch_id]
    # of pieces that somebody else has the buyer knows no more than that they are gone
    assert store.split(1, 5, 409)["code"] == "pieces_gone"


def test_units_that_are_held_apart_stay(store: Store) -> None:
    with db.transaction() as session:
        (holding,) = ledger.holdings(session, [UUID(store.batch_id)])
        cause = Cause("inspection", UUID(SOME_ID))
        holds.place_parts(session, SYSTEM, {holding.holding_id: 100}, cause, "sealed", clock.now())
    assert store.split(1, 3, 409)["code"] == "locked"  # 18 units, 17 are free
    made = store.split(1, 2)
    assert store.batch(made["batch_id"])["restriction"] == "none"
    assert [row["locked_units"] for row in store.batch(store.batch_id)["stock"]] == [100]
    books_agree()


def test_one_statement_reads_all_origins(store: Store) -> None:
    made = store.split(1, 12)
    again = store.split(3, 6, of=made["batch_id"])
    with db.transaction() as session:
        found = origins.load(session, [UUID(again["batch_id"])])
        steps = found.steps(UUID(again["batch_id"]))
    assert [(str(step.batch_id), step.offset) for step in steps] == [
        (again["batch_id"], 0), (made["batch_id"], 2), (store.batch_id, 2),
    ]  # fmt: skip


def test_the_journal_says_what_came_of_what(store: Store) -> None:
    from sqlalchemy import text

    made = store.split(1, 12)
    with db.transaction() as session:
        rows = session.execute(
            text(
                "SELECT kind, body::jsonb -> 'data' AS data FROM journal_entry "
                "WHERE subject_id IN (CAST(:e AS uuid), CAST(:b AS uuid))"
            ),
            {"e": made["entry_id"], "b": made["batch_id"]},
        )
        facts = {row.kind: row.data for row in rows}
    assert set(facts) == {"batch.split", "batch.registered"}
    assert facts["batch.split"]["detail"]["outputs"][0]["batch_id"] == made["batch_id"]
    assert [m["kind"] for m in facts["batch.split"]["movements"]] == ["split", "split"]
    assert facts["batch.registered"]["origin"] == {
        "kind": "split", "entry_id": made["entry_id"], "parents": [store.batch_id], "pieces": [1, 12],
    }  # fmt: skip


def test_the_same_key_splits_once(store: Store) -> None:
    path, body = f"/batches/{store.batch_id}/split", {"piece_from": 1, "piece_to": 2}
    headers = {"Idempotency-Key": "one"}
    first = store.merchant.post(path, body, 201, headers=headers)
    assert store.merchant.post(path, body, 201, headers=headers) == first
    assert store.units(store.batch_id) == 105
