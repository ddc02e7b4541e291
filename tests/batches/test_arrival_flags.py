"""What officers are told of a new arrival: undeclared imports, missing numbers, existing stock after its period."""

from datetime import timedelta

import pytest

from tests.batches.deliveries import NOON, Delivery, at, hours
from tests.home.test_rules import FORM

FOUR_PAPERS = "four_papers_heilongjiang"


@pytest.fixture
def delivery(scenes):
    """An importer with a store."""
    with at():
        yield scenes.of(Delivery)


def kinds(world, made):
    """Return what stands in the list of flags about an arrival."""
    return sorted(
        flag["kind"] for flag in world.regulator.get("/flags")["items"] if flag["subject_id"] == made["arrival_id"]
    )


def test_undeclared_imports_of_a_store_are_told_like_late_ones(world, delivery) -> None:
    made = delivery.enter(container_no="CSQU3054383", seal_no="HL20771")
    assert kinds(world, made) == ["not_declared"]
    bare = delivery.enter(container_no=None, seal_no=None)
    assert kinds(world, bare) == ["container_missing", "not_declared", "seal_missing"]
    ahead = delivery.declare(expected_at=hours(30), container_no=None, seal_no=None)
    assert kinds(world, ahead) == [], "in time"
    with at(30):
        delivery.take_in(ahead)
        assert kinds(world, ahead) == ["container_missing", "seal_missing"]
    stock = delivery.enter(entry_mode="existing_stock", container_no=None, seal_no=None)
    assert kinds(world, stock) == [], "no period is set for it"
    chicken = world.product(name="笨鸡", imported=False, origin_country="CN")
    home = delivery.enter(delivery.line(product_id=chicken["product_id"], zone_id=delivery.general["zone_id"]),
                          container_no=None, seal_no=None)  # fmt: skip
    assert kinds(world, home) == []


@pytest.mark.parametrize(("days_left", "told"), [(0, []), (-1, ["existing_after_grace"])])
def test_existing_stock_is_entered_and_told_when_its_period_is_over(world, delivery, days_left, told) -> None:
    """The period is data: on its last day goods are in time, the day after they are told of and entered too."""
    admin = world.people.admin()
    rows = admin.get(f"/rules/evidence-policies?code={FOUR_PAPERS}")["items"]
    last = (NOON + timedelta(days=days_left)).date().isoformat()
    version = {name: rows[0][name] for name in FORM} | {"code": FOUR_PAPERS, "based_on": rows[0]["version"]}
    admin.post("/rules/evidence-policies", version | {"grace_until": last, "source": "示例通告"}, 201)
    old = {"entry_mode": "existing_stock", "arrived_at": "2020-12-20T08:00:00+08:00"}
    made = delivery.enter(**old)
    assert kinds(world, made) == told
    assert delivery.batch(made)["status"] == "held", "held until proven"
    if told:
        (flag,) = world.regulator.get("/flags?kind=existing_after_grace")["items"]
        assert flag["data"] == {"grace_until": last}
