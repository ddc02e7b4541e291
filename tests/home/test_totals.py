"""Figures of a region: computed now, and as of a past moment by what was recorded until then."""

from datetime import timedelta

from flask import Flask

from coldchain.core import clock
from tests.factories.people import People
from tests.factories.world import World

KEYS = ("businesses", "cards", "commitment_letters", "sites", "imported_mass_g", "held_mass_g", "locked_mass_g")


def figures(answer: dict) -> tuple:
    return tuple(answer[key] for key in KEYS)


def test_figures_now_and_then(app: Flask, world: World, people: People) -> None:
    regulator = world.regulator
    moments = []

    def look() -> tuple:
        moments.append(clock.now().isoformat())
        return figures(regulator.get("/regions/230203/totals"))

    assert look() == (0, 0, 0, 0, 0, 0, 0)
    made = world.cleared(100)  # 100 × 2 kg, clear, and a laboratory
    waiting = world.business("待审示例", active=False)
    world.site(waiting)
    first = look()
    assert first == (3, 1, 1, 2, 200_000, 0, 0)
    line = {"product_id": made["product"]["product_id"], "quantity_units": 13, "batch_no": "N2"}
    bare = world.arrival(made["owner"], made["site"], made["zone"], [line])
    domestic = world.product(imported=False)
    general = world.zone(made["site"], "general")
    world.arrival(made["owner"], made["site"], general, [{"product_id": domestic["product_id"], "quantity_units": 60}])
    second = look()
    assert second == (3, 1, 1, 2, 226_000, 26_000, 0), "what lacks papers waits; domestic goods don't count"
    world.result(made["lab"], world.tube(made["lab"], [made["batch"]["batch_id"]]), "positive")
    third = look()
    assert third == (3, 1, 1, 2, 226_000, 26_000, 200_000)
    lost = {"batch_id": bare["batches"][0]["batch_id"], "quantity_units": 3}
    world.merchant(made["owner"]).post(
        "/losses", {"zone_id": made["zone"]["zone_id"], "reason": "破损", "lines": [lost]}, 201
    )
    regulator.post(f"/businesses/{made['owner']['business_id']}/suspend", {"reason": "示例"})
    regulator.post(f"/businesses/{waiting['business_id']}/close", {"reason": "示例"})
    last = look()
    assert last == (2, 1, 1, 1, 220_000, 20_000, 200_000), (
        "who was struck off is none, with its site; who is suspended is"
    )
    known = ((0, 0, 0, 0, 0, 0, 0), first, second, third)
    for moment, now in zip(moments, known, strict=False):
        then = regulator.get(f"/regions/230203/totals?as_of={moment.replace('+', '%2B')}")
        waited = now[5] if now[4] == now[6] else None  # known only where nothing was there to wait
        assert figures(then) == (*now[:5], waited, now[6]), moment
        assert then["as_of"][:19] == moment[:19]


def test_locks_of_a_past_moment(world: World) -> None:
    made = world.cleared(100)
    tube = world.tube(made["lab"], [made["batch"]["batch_id"]])
    before = clock.now().isoformat()
    world.result(made["lab"], tube, "positive")
    during = clock.now().isoformat()
    world.result(made["lab"], tube, "negative", stage="recheck", reported_at="2021-01-19T08:00:00+08:00")
    regulator = world.regulator
    found = [
        regulator.get(f"/regions/230203/totals?as_of={moment.replace('+', '%2B')}")["locked_mass_g"]
        for moment in (before, during, clock.now().isoformat())
    ]
    assert found == [0, 200_000, 0]


def test_who_reads_which_region(world: World, people: People) -> None:
    world.cleared(10)
    for speaker, code, status in (
        (world.regulator, "230203", 200), (world.inspector, "230203", 200), (people.admin(), "230203", 200),
        (people.regulator("230000"), "230203", 200), (world.regulator, "230000", 404),
        (world.regulator, "511011", 404), (people.admin(), "999999", 404), (world.lab()[1], "230203", 403),
        (world.merchant(world.business()), "230203", 403), (people.nobody(), "230203", 401),
    ):  # fmt: skip
        speaker.get(f"/regions/{code}/totals", status)
    assert people.regulator("230000").get("/regions/230000/totals")["imported_mass_g"] == 20_000
    later = (clock.now() + timedelta(hours=1)).isoformat().replace("+", "%2B")
    refused = world.regulator.get(f"/regions/230203/totals?as_of={later}", 422)
    assert refused["errors"][0]["code"] == "in_future"
