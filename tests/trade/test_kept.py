"""What a store keeps for others: how much of whose, a list of its own, and nothing of buyers."""

from uuid import UUID

from flask import Flask

from coldchain.accounts.models import UserSite
from coldchain.core import db
from tests.factories.reader import Reader
from tests.factories.world import World


def test_a_keeper_sees_totals_by_owner_and_a_list_of_what_it_keeps(app: Flask, world: World) -> None:
    keeper = world.business("示例冷库", kinds=["cold_store"])
    site = world.site(keeper)
    zone, product = world.zone(site), world.product()
    owners = [world.business("货主甲"), world.business("货主乙")]
    for owner, units in ((owners[0], 100), (owners[0], 20), (owners[1], 30), (keeper, 7)):
        world.arrival(owner, site, zone, [{"product_id": product["product_id"], "quantity_units": units}])
    reader = Reader.of(app, world.merchant(keeper))
    for path in ("/", "/stock"):
        page = reader.open(path)
        part = page[page.index('id="kept"') :]
        part = part[: part.index("</section>")]
        assert "240 kg" in part, path  # 120 × 2 kg of the first owner
        assert "60 kg" in part, path
        assert "300 kg" in part, path
        assert part.index("240 kg") < part.index("60 kg"), "the most first"
        assert keeper["name"] not in part, "own goods are not kept for others"
    rows = reader.open("/stock?kept=yes").partition("<tbody>")[2].partition("</tbody>")[0]
    assert rows.count("<tr>") == 3
    assert keeper["name"] not in rows
    rows = reader.open(f"/stock?kept=yes&business={owners[1]['business_id']}").partition("<tbody>")[2]
    assert rows.partition("</tbody>")[0].count("<tr>") == 1
    for owner in owners:
        page = Reader.of(app, world.merchant(owner)).open("/stock")
        assert 'id="kept"' not in page
        assert "kept=yes" not in page
    assert 'id="kept"' not in Reader.of(app, world.regulator).open("/stock?kept=yes")


def test_a_clerk_limited_to_one_store_counts_that_store(app: Flask, world: World) -> None:
    keeper, owner = world.business("示例冷库", kinds=["cold_store"]), world.business("货主")
    product = world.product()
    first, second = world.site(keeper), world.site(keeper)
    for site, units in ((first, 100), (second, 50)):
        line = {"product_id": product["product_id"], "quantity_units": units}
        world.arrival(owner, site, world.zone(site), [line])
    clerk = world.people.get("clerk", "merchant", business_id=keeper["business_id"])
    clerk.user.position = "clerk"
    with db.transaction() as session:
        session.add(UserSite(user_id=clerk.user.user_id, site_id=UUID(first["site_id"])))
    page = Reader.of(app, clerk).open("/stock")
    part = page[page.index("cc-ledger", page.index('id="kept"')) :]
    assert "200 kg" in part
    assert "100 kg" not in page
    assert "300 kg" not in page
