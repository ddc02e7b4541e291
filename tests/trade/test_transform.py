"""Transformation: what goes in comes out or is lost; nothing gets clear by it, locks follow (R1, R4, R8, R10)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlmodel import col

from coldchain.accounts.actor import SYSTEM
from coldchain.batches.models import Arrival, BatchOrigin
from coldchain.batches.service import descendants
from coldchain.core import clock, db, limits
from coldchain.journal.models import JournalEntry
from coldchain.ledger import check, holds
from coldchain.ledger import service as ledger
from coldchain.ledger.holds import Cause
from coldchain.ledger.models import Movement
from coldchain.policy.models import PolicyParameter
from coldchain.trade.models import StockEntry
from coldchain.trade.yields import MassBalance
from tests.factories.scenes import Scenes
from tests.factories.world import World

SOME_ID = "00000000-0000-7000-8000-000000000000"


class Kitchen:
    """An importer with two clear batches of 60 units of 2 kg, a processing zone, and a product of 500 g made here."""

    def __init__(self, world: World) -> None:
        self.world = world
        first = world.cleared(60)
        self.owner, self.site, self.zone, self.lab = (first[name] for name in ("owner", "site", "zone", "lab"))
        self.product = first["product"]
        self.merchant = world.merchant(self.owner)
        self.first: str = first["batch"]["batch_id"]
        self.first_tube = world.tube(self.lab, [self.first])
        arrival = world.arrival(
            self.owner, self.site, self.zone, [{"product_id": self.product["product_id"], "quantity_units": 60}],
            container_no="MSKU6011672",
        )  # fmt: skip
        world.papers(self.owner, arrival)
        world.disinfect(self.owner, arrival)
        self.second: str = arrival["batches"][0]["batch_id"]
        world.result(self.lab, world.tube(self.lab, [self.second]))
        self.label(self.second)
        self.work = world.zone(self.site, "processing")
        self.cut = world.product(unit_mass_g=500, units_per_piece=10)

    def label(self, batch_id: str) -> None:
        self.merchant.post(f"/batches/{batch_id}/label-runs", {"level": "batch"}, 202)

    def body(
        self, inputs: dict[str, int], *outputs: dict[str, Any], process: str = "cut", loss_g: int = 0, **more: Any
    ) -> dict[str, Any]:
        return {
            "zone_id": self.zone["zone_id"], "process": process, "loss_g": loss_g,
            "lines": [{"batch_id": batch_id, "quantity_units": units} for batch_id, units in inputs.items()],
            "outputs": [
                {
                    "product_id": self.cut["product_id"], "production_date": "2020-11-06", "expiry_date": "2022-11-05",
                    "zone_id": self.work["zone_id"],
                } | output
                for output in outputs
            ],
        } | more  # fmt: skip

    def make(self, inputs: dict[str, int], *outputs: dict[str, Any], expect: int = 201, **more: Any) -> Any:
        return self.merchant.post("/transformations", self.body(inputs, *outputs, **more), expect)

    def batch(self, batch_id: str) -> Any:
        return self.merchant.get(f"/batches/{batch_id}")

    def units(self, batch_id: str) -> int:
        return sum(row["quantity_units"] for row in self.batch(batch_id)["stock"])

    def gate(self, batch_id: str) -> Any:
        return self.merchant.get(f"/batches/{batch_id}/gate")


@pytest.fixture
def kitchen(scenes: Scenes) -> Kitchen:
    """A place where goods are cut."""
    return scenes.of(Kitchen)


def books_agree() -> None:
    with db.transaction() as session:
        assert check.stock_from_movements(session) is None
        assert check.movements_from_journal(session) is None


def counts() -> list[int]:
    with db.transaction() as session:
        return [
            session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("batch", "arrival", "batch_origin", "stock_entry", "movement", "journal_entry")
        ]


def test_several_go_in_and_several_come_out(kitchen: Kitchen) -> None:
    made = kitchen.make(
        {kitchen.first: 20, kitchen.second: 10}, {"quantity_units": 80, "batch_no": "C1"}, {"quantity_units": 35},
        loss_g=2_000, reason="分割",
    )  # fmt: skip
    assert (made["kind"], made["late"], made["warnings"]) == ("transformation", False, [])
    assert [(line["batch_id"], line["quantity_units"]) for line in made["lines"]] == [
        (kitchen.first, 20), (kitchen.second, 10),
    ]  # fmt: skip
    assert [line["verdict"]["clear"] for line in made["lines"]] == [True, True]
    assert {name: made["detail"][name] for name in ("process", "input_g", "output_g", "loss_g", "difference_g")} == {
        "process": "cut", "input_g": 60_000, "output_g": 57_500, "loss_g": 2_000, "difference_g": 500,
    }  # fmt: skip
    first, second = made["outputs"]
    assert (first["quantity_units"], first["piece_count"], first["mass_g"], first["status"]) == (80, 8, 40_000, "held")
    assert (second["quantity_units"], second["piece_count"]) == (35, 4)
    assert first["zone_id"] == kitchen.work["zone_id"]
    assert [kitchen.units(b) for b in (kitchen.first, kitchen.second, first["batch_id"], second["batch_id"])] == [
        40, 50, 80, 35,
    ]  # fmt: skip
    with db.transaction() as session:
        origins = session.scalars(select(BatchOrigin)).all()
        assert {(str(o.child_id), str(o.parent_id), o.kind, o.quantity_units) for o in origins} == {
            (child["batch_id"], parent, "transformation", units)
            for child in (first, second)
            for parent, units in ((kitchen.first, 20), (kitchen.second, 10))
        }
        arrival = session.get_one(Arrival, UUID(kitchen.batch(first["batch_id"])["arrival_id"]))
        assert (arrival.entry_mode, arrival.arrival_no[:2], arrival.supplier_name) == ("processed", "JG", None)
    shown = kitchen.merchant.get(f"/stock-entries/{made['entry_id']}")
    assert shown["detail"]["outputs"][0]["batch_id"] == first["batch_id"]
    for batch_id in (kitchen.first, first["batch_id"]):
        listed = kitchen.merchant.get(f"/stock-entries?batch_id={batch_id}")["items"]
        assert [entry["entry_id"] for entry in listed] == [made["entry_id"]]
    books_agree()


def test_what_was_made_leaves_with_its_own_code_as_long_as_its_sources_are_clear(kitchen: Kitchen) -> None:
    made = kitchen.make({kitchen.first: 20, kitchen.second: 20}, {"quantity_units": 160})
    child = made["outputs"][0]["batch_id"]
    assert [item["code"] for item in kitchen.gate(child)["missing"]] == ["code_missing"]
    kitchen.label(child)
    assert kitchen.gate(child)["clear"] is True
    assert kitchen.batch(child)["status"] == "cleared"
    again = kitchen.make({child: 10}, {"quantity_units": 10}, zone_id=kitchen.work["zone_id"], process="repack")
    last = again["outputs"][0]["batch_id"]
    kitchen.label(last)
    kitchen.world.result(kitchen.lab, kitchen.first_tube, "positive", reported_at="2021-01-18T20:00:00+08:00")
    for batch_id in (kitchen.first, child, last):
        assert [hold["grade"] for hold in kitchen.batch(batch_id)["holds"]] == ["red"]
        assert all(row["locked_units"] == row["quantity_units"] for row in kitchen.batch(batch_id)["stock"])
    assert kitchen.batch(kitchen.second)["holds"] == []
    kitchen.make({kitchen.second: 2, child: 2}, {"quantity_units": 10}, expect=409)
    kitchen.world.result(
        kitchen.lab, kitchen.first_tube, "negative", stage="recheck", reported_at="2021-01-18T22:00:00+08:00"
    )
    assert kitchen.batch(last)["holds"] == []
    assert kitchen.gate(last)["clear"] is True
    books_agree()


def test_unproven_goods_do_not_go_in(kitchen: Kitchen) -> None:
    arrival = kitchen.world.arrival(
        kitchen.owner, kitchen.site, kitchen.zone, [{"product_id": kitchen.product["product_id"], "quantity_units": 6}]
    )
    unproven = arrival["batches"][0]["batch_id"]
    before = counts()
    for when in (None, "2021-01-18T12:00:00+08:00"):  # an old time gets nothing past the gate
        more = {"occurred_at": when} if when else {}
        refused = kitchen.make({kitchen.first: 2, unproven: 2}, {"quantity_units": 16}, expect=409, **more)
        assert refused["code"] == "gate_refused"
        assert [item["batch_id"] for item in refused["missing"]] == [unproven]
    assert counts() == before


def test_locked_goods_do_not_go_in_wholly_or_the_part_that_is_held(kitchen: Kitchen) -> None:
    cause = Cause("inspection", UUID(SOME_ID))
    with db.transaction() as session:
        (holding,) = ledger.holdings(session, [UUID(kitchen.first)])
        holds.place_parts(session, SYSTEM, {holding.holding_id: 50}, cause, "sealed", clock.now())
    before = counts()
    assert kitchen.make({kitchen.first: 11}, {"quantity_units": 44}, expect=409)["code"] == "locked"
    assert counts() == before
    made = kitchen.make({kitchen.first: 10}, {"quantity_units": 40})
    assert kitchen.batch(made["outputs"][0]["batch_id"])["restriction"] == "none"
    with db.transaction() as session:
        holds.place(session, SYSTEM, [UUID(kitchen.second)], Cause("recall", UUID(SOME_ID)), "red", clock.now())
    refused = kitchen.make(
        {kitchen.second: 1}, {"quantity_units": 4}, expect=409, occurred_at="2021-01-18T12:00:00+08:00"
    )
    assert refused["code"] == "locked"
    books_agree()


def test_masses_balance_within_the_tolerance_of_the_rule_book(kitchen: Kitchen) -> None:
    # 20 kg in, 10 ‰: 200 g may be unaccounted for
    kitchen.make({kitchen.first: 10}, {"quantity_units": 39}, loss_g=300)
    before = counts()
    for units, loss_g, difference in ((39, 299, 201), (40, 1, -1), (41, 0, -500), (1, 0, 19_500)):
        refused = kitchen.make({kitchen.first: 10}, {"quantity_units": units}, loss_g=loss_g, expect=422)
        assert refused["code"] == "mass_differs"
        assert refused["masses"] == {
            "input_g": 20_000, "added_g": 0, "output_g": units * 500, "loss_g": loss_g, "difference_g": difference,
            "allowed_g": 200,
        }  # fmt: skip
        assert refused["errors"][0]["pointer"] == "/loss_g"
    assert counts() == before
    with db.transaction() as session:
        session.add(
            PolicyParameter(
                name="made_mass_tolerance_permille", value=20, valid_from=clock.now().date(), source="示例",
                recorded_at=clock.now(),
            )
        )  # fmt: skip
    kitchen.make({kitchen.first: 10}, {"quantity_units": 39}, loss_g=100)


def test_only_cooking_and_mixing_add(kitchen: Kitchen) -> None:
    for process in ("cut", "repack"):
        refused = kitchen.make({kitchen.first: 1}, {"quantity_units": 5}, process=process, added_g=500, expect=422)
        assert [error["code"] for error in refused["errors"]] == ["not_added"]
    for process in ("cook", "mix"):
        made = kitchen.make({kitchen.first: 1}, {"quantity_units": 5}, process=process, added_g=500)
        assert made["detail"]["added_g"] == 500
    assert kitchen.make({kitchen.first: 1}, {"quantity_units": 4}, process="steam", expect=422)


def test_where_what_is_made_may_lie(kitchen: Kitchen) -> None:
    general = kitchen.world.zone(kitchen.site, "general")
    refused = kitchen.make({kitchen.first: 1}, {"quantity_units": 4, "zone_id": general["zone_id"]}, expect=409)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("zone_not_dedicated", "/outputs/0/zone_id")
    elsewhere = kitchen.world.zone(kitchen.world.site(kitchen.owner))
    refused = kitchen.make({kitchen.first: 1}, {"quantity_units": 4, "zone_id": elsewhere["zone_id"]}, expect=422)
    assert (refused["errors"][0]["code"], refused["errors"][0]["pointer"]) == ("wrong_site", "/outputs/0/zone_id")
    domestic = kitchen.world.product(imported=False, unit_mass_g=500)
    output = {"quantity_units": 4, "product_id": domestic["product_id"]}
    for zone in (general, kitchen.work):
        made = kitchen.make({kitchen.first: 1}, output | {"zone_id": zone["zone_id"]}, process="cook")
        # a domestic product made of imported goods is judged by what it was made of
        assert kitchen.gate(made["outputs"][0]["batch_id"])["clear"] is True
    tube = kitchen.world.tube(kitchen.lab, [kitchen.first])
    kitchen.world.result(kitchen.lab, tube, "positive", reported_at="2021-01-18T20:00:00+08:00")
    assert kitchen.batch(made["outputs"][0]["batch_id"])["restriction"] == "locked"
    default = kitchen.body({kitchen.second: 1}, {"quantity_units": 4})
    del default["outputs"][0]["zone_id"]
    made = kitchen.merchant.post("/transformations", default, 201)
    assert made["outputs"][0]["zone_id"] == kitchen.zone["zone_id"]


def test_dates_of_what_is_made(kitchen: Kitchen) -> None:
    tomorrow = (clock.now() + timedelta(days=1)).astimezone(clock.BEIJING).date().isoformat()
    refused = kitchen.make(
        {kitchen.first: 1}, {"quantity_units": 4, "production_date": tomorrow, "expiry_date": None}, expect=422
    )
    assert [(e["pointer"], e["code"]) for e in refused["errors"]] == [("/outputs/0/production_date", "after_arrival")]
    refused = kitchen.make({kitchen.first: 1}, {"quantity_units": 4, "expiry_date": "2020-11-05"}, expect=422)
    assert refused["errors"][0]["code"] == "before_production"
    body = {"quantity_units": 4}
    older = body | {"production_date": "2020-11-05"}
    refused = kitchen.make({kitchen.first: 2, kitchen.second: 1}, body, older, loss_g=2_000, expect=422)
    assert [(e["pointer"], e["code"]) for e in refused["errors"]] == [
        ("/outputs/1/production_date", "older_than_source")
    ]
    assert "2020-11-06" in refused["errors"][0]["message"]
    made = kitchen.make({kitchen.first: 1}, {"quantity_units": 4, "expiry_date": "2023-01-01"}, process="repack")
    assert [warning["code"] for warning in made["warnings"]] == ["expires_later"]
    made = kitchen.make({kitchen.first: 1}, {"quantity_units": 4, "expiry_date": "2023-01-01"}, process="cook")
    assert made["warnings"] == []


def test_shape_and_bounds(kitchen: Kitchen) -> None:
    assert kitchen.make({}, {"quantity_units": 4}, expect=422)
    assert kitchen.make({kitchen.first: 1}, expect=422)
    assert kitchen.make({kitchen.first: 0}, {"quantity_units": 4}, expect=422)
    assert kitchen.make({kitchen.first: 1}, {"quantity_units": 4}, loss_g=-1, expect=422)
    assert kitchen.make({kitchen.first: 1}, {"quantity_units": 4}, yield_=1, expect=422)
    assert kitchen.make({kitchen.first: 1}, {"quantity_units": 4, "product_id": SOME_ID}, expect=422)
    assert kitchen.make({SOME_ID: 1}, {"quantity_units": 4}, expect=404)
    body = kitchen.body({kitchen.first: 1}, {"quantity_units": 4})
    body["lines"] *= 2
    assert kitchen.merchant.post("/transformations", body, 422)["errors"][0]["code"] == "duplicate_batch"
    many = [{"quantity_units": 1}] * (limits.MADE_BATCHES + 1)
    refused = kitchen.make({kitchen.first: 13}, *many, loss_g=0, expect=422)
    assert refused["errors"][0]["code"] == "wrong_count"
    made = kitchen.make({kitchen.first: 13}, *many[:-1], loss_g=1_000)
    assert len({output["batch_code"] for output in made["outputs"]}) == limits.MADE_BATCHES
    too_much = kitchen.make({kitchen.first: 48}, {"quantity_units": 192}, expect=409)
    assert (too_much["code"], too_much["available"]) == ("insufficient_stock", {kitchen.first: 47})


def test_who_may(kitchen: Kitchen) -> None:
    body = kitchen.body({kitchen.first: 1}, {"quantity_units": 4})
    kitchen.world.merchant(kitchen.world.business()).post("/transformations", body, 404)
    kitchen.lab[1].post("/transformations", body, 403)
    kitchen.world.people.nobody().post("/transformations", body, 401)
    kitchen.world.people.regulator("370000").post("/transformations", body, 404)
    made = kitchen.world.regulator.post("/transformations", body, 201)
    assert made["on_behalf_of"] == kitchen.owner["business_id"]
    stored = kitchen.batch(made["outputs"][0]["batch_id"])
    assert stored["owner"]["business_id"] == kitchen.owner["business_id"]


def test_entered_late_it_is_marked_and_judged_as_of_now(kitchen: Kitchen) -> None:
    when = "2021-02-01T08:00:00+08:00"
    made = kitchen.make({kitchen.first: 1}, {"quantity_units": 4}, occurred_at=when)
    assert made["late"] is True
    with db.transaction() as session:
        rows = session.scalars(select(Movement).where(col(Movement.entry_id) == UUID(made["entry_id"]))).all()
        assert {(row.late, row.kind) for row in rows} == {(True, "transformation")}
    refused = kitchen.make(
        {kitchen.first: 1}, {"quantity_units": 4}, occurred_at="2020-12-01T08:00:00+08:00", expect=422
    )
    assert "before_intake" in [error["code"] for error in refused["errors"]] + [refused["code"]]


def test_one_fact_tells_of_all_movements_and_one_of_each_batch(kitchen: Kitchen) -> None:
    made = kitchen.make({kitchen.first: 1, kitchen.second: 1}, {"quantity_units": 4}, {"quantity_units": 4})
    with db.transaction() as session:
        fact = session.scalars(select(JournalEntry).where(col(JournalEntry.subject_id) == UUID(made["entry_id"]))).one()
        assert fact.kind == "goods.transformed"
        kinds = session.scalars(
            select(col(JournalEntry.kind)).where(
                col(JournalEntry.subject_id).in_([UUID(output["batch_id"]) for output in made["outputs"]])
            )
        ).all()
        assert kinds == ["batch.registered"] * 2
        entry = session.get_one(StockEntry, UUID(made["entry_id"]))
        assert entry.detail["process"] == "cut"
        found = descendants(session, [UUID(kitchen.first)])
        assert found == {UUID(output["batch_id"]) for output in made["outputs"]}


def test_a_notice_that_comes_later_locks_what_was_made(kitchen: Kitchen) -> None:
    made = kitchen.make({kitchen.first: 20, kitchen.second: 20}, {"quantity_units": 160})
    child = made["outputs"][0]["batch_id"]
    kitchen.label(child)
    shop = kitchen.world.shop()
    sent = {
        "from_zone_id": kitchen.work["zone_id"], "to": {"business": shop["owner"]["uscc"]},
        "handover": "await_confirmation", "lines": [{"batch_id": child, "quantity_units": 100}],
    }  # fmt: skip
    kitchen.merchant.post("/consignments", sent, 201)
    recall = announced(kitchen.world, {"container_nos": ["CSQU3054383"]})
    assert recall["batches"] == 2  # the first batch, and what was made of it
    assert [hold["cause"]["kind"] for hold in kitchen.batch(child)["holds"]] == ["recall"]
    assert kitchen.batch(kitchen.second)["holds"] == []
    tasks = kitchen.world.regulator.get(f"/recalls/{recall['recall_id']}/tasks")["items"]
    expected = {(e["batch_id"], e["quantity_units"]) for task in tasks for e in task["expected"]}
    assert expected == {(kitchen.first, 40), (child, 60), (child, 100)}
    # nothing more can be made of it
    assert kitchen.make({child: 1}, {"quantity_units": 1}, zone_id=kitchen.work["zone_id"], expect=409)


def announced(world: World, criterion: dict[str, Any]) -> Any:
    body = {
        "kind": "food_recall", "notice_no": "示例〔2021〕1号", "issuer": "示例市场监管局", "title": "示例召回",
        "received_at": clock.now().isoformat(), "reason": "示例", "criterion": criterion,
    }  # fmt: skip
    made = world.regulator.post("/recalls", body, 201)
    return world.regulator.post(f"/recalls/{made['recall_id']}/announce") | {"recall_id": made["recall_id"]}


def test_what_a_running_notice_describes_is_held_when_it_is_made(kitchen: Kitchen) -> None:
    recall = announced(kitchen.world, {"product_ids": [kitchen.cut["product_id"]]})
    assert recall["batches"] == 0
    made = kitchen.make({kitchen.first: 10}, {"quantity_units": 40})
    child = made["outputs"][0]["batch_id"]
    assert [hold["cause"]["id"] for hold in kitchen.batch(child)["holds"]] == [recall["recall_id"]]
    assert [row["locked_units"] for row in kitchen.batch(child)["stock"]] == [40]
    tasks = kitchen.world.regulator.get(f"/recalls/{recall['recall_id']}/tasks")["items"]
    assert [(e["batch_id"], e["quantity_units"]) for task in tasks for e in task["expected"]] == [(child, 40)]
    books_agree()


def test_what_a_running_notice_says_of_a_source_holds_what_is_made_of_it(kitchen: Kitchen) -> None:
    """A hold of one batch may have been ended by a decision while the notice goes on."""
    recall = announced(kitchen.world, {"container_nos": ["CSQU3054383"]})
    cause = Cause("recall", UUID(recall["recall_id"]))
    with db.transaction() as session:
        holds.end(session, SYSTEM, cause, "released", [UUID(kitchen.first)])
    made = kitchen.make({kitchen.first: 10, kitchen.second: 2}, {"quantity_units": 48})
    child = made["outputs"][0]["batch_id"]
    assert [hold["cause"]["id"] for hold in kitchen.batch(child)["holds"]] == [recall["recall_id"]]


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 1000))
def test_no_gram_appears(input_g: int, added_g: int, output_g: int, loss_g: int, permille: int) -> None:
    balance = MassBalance(input_g, added_g, output_g, loss_g, permille)
    assert balance.fits is (
        output_g + loss_g <= input_g + added_g
        and 1000 * (input_g + added_g - output_g - loss_g) <= permille * (input_g + added_g)
    )
