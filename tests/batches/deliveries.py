"""Short words for arrivals that are declared, taken in, withdrawn and corrected; the clock is held."""

from datetime import datetime, timedelta

from coldchain.core import clock
from tests.factories.world import World

NOON = (datetime.now(clock.BEIJING) + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)


def hours(count: float) -> str:
    """Return a moment so many hours after NOON, as a request has it."""
    return (NOON + timedelta(hours=count)).isoformat()


def at(count: float = 0):
    """Hold the clock so many hours after NOON."""
    return clock.simulated(NOON + timedelta(hours=count))


class Delivery:
    """An importer with a store; `declare`, `enter` and what is done with what they make."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.owner = world.business()
        self.site = world.site(self.owner)
        self.zone = world.zone(self.site)
        self.other_zone = world.zone(self.site)
        self.general = world.zone(self.site, "general")
        self.product = world.product(series="分割鸡")
        self.merchant = world.merchant(self.owner)

    def line(self, quantity_units=60, **fields):
        """Return a line of an arrival."""
        return {
            "product_id": self.product["product_id"], "zone_id": self.zone["zone_id"], "batch_no": "L1",
            "production_date": "2020-11-06", "expiry_date": "2022-11-05", "quantity_units": quantity_units,
        } | fields  # fmt: skip

    def body(self, *lines, **fields):
        """Return a request that declares goods for two days later."""
        return {
            "site_id": self.site["site_id"], "entry_mode": "declared", "expected_at": hours(48),
            "supplier": {"name": "示例贸易"}, "customs_declaration_no": "190120211000042871",
            "lines": list(lines) or [self.line(), self.line(30, batch_no="L2")],
        } | fields  # fmt: skip

    def declare(self, *lines, expect=201, **fields):
        """Declare goods in advance."""
        return self.merchant.post("/arrivals", self.body(*lines, **fields), expect)

    def enter(self, *lines, expect=201, **fields):
        """Enter goods that came."""
        head = {"entry_mode": "arrived", "expected_at": None, "arrived_at": hours(0), "container_no": "CSQU3054383",
                "seal_no": "HL1"}  # fmt: skip
        body = {name: value for name, value in self.body(*lines, **head | fields).items() if value is not None}
        return self.merchant.post("/arrivals", body, expect)

    def take_in(self, arrival, expect=200, **fields):
        """Take in what was declared."""
        return self.merchant.post(f"/arrivals/{arrival['arrival_id']}/intake", fields, expect)

    def withdraw(self, arrival, expect=200, speaker=None, reason="录错了"):
        """Withdraw an arrival."""
        path = f"/arrivals/{arrival['arrival_id']}/withdraw"
        return (speaker or self.merchant).post(path, {"reason": reason}, expect)

    def correct(self, arrival, *lines, expect=201, **fields):
        """Correct an arrival."""
        body = {"reason": "抄错了"} | fields | ({"lines": list(lines)} if lines else {})
        return self.merchant.post(f"/arrivals/{arrival['arrival_id']}/corrections", body, expect)

    def batch(self, made, index=0):
        """Return a batch of an arrival as its owner reads it."""
        return self.merchant.get(f"/batches/{made['batches'][index]['batch_id']}")

    def missing(self, batch_id):
        """Return what the gate lacks."""
        return [item["code"] for item in self.merchant.get(f"/batches/{batch_id}/gate")["missing"]]
