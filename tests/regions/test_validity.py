"""Regions over time, offices and grids: what ended is named for old records, and nothing new is put there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlmodel import col

from coldchain.accounts.models import Assignment
from coldchain.core import clock, db
from coldchain.core.errors import Invalid
from coldchain.regions import service
from tests.factories.people import Speaker
from tests.factories.world import World, uscc


@contextmanager
def in_year(year: int, month: int = 6) -> Iterator[None]:
    """Stand in another year."""
    with clock.simulated(datetime(year, month, 15, tzinfo=UTC)):
        yield


def codes(session: object, **query: object) -> set[str]:
    """Return the codes that a search finds."""
    return {row.code for row in service.search(session, limit=200, **query)[0]}  # type: ignore[arg-type]


class TestRegions:
    """下城区 330103 ended in 2021 and is 拱墅区 330105 now; 临平区 330113 began in 2021."""

    def test_search_on_a_day(self, session):
        """In the year of a change both stand; a search offers what stands, a filter what ended."""
        for day, old, new in ((date(2020, 12, 31), True, False), (date(2021, 7, 1), True, True), (None, False, True)):
            found = codes(session, parent_code="330100", on=day)
            assert ("330103" in found, "330113" in found) == (old, new), day
        assert "330103" in codes(session, parent_code="330100", former=True)
        assert "330113" not in codes(session, parent_code="330100", former=True)
        assert "330103" not in codes(session, parent_code="330100", former=True, on=date(2021, 1, 2))

    def test_nothing_new_where_a_region_ended(self, session):
        """The refusal names what stands there now; before its end the code is good, before its beginning not."""
        with pytest.raises(Invalid) as refused:
            service.check(session, "330103")
        (error,) = refused.value.errors
        assert error.code == "former_region"
        assert error.params["successor"] == "330105 拱墅区"
        with in_year(2021):
            service.check(session, "330103")
            service.check(session, "330113")
        with in_year(2020), pytest.raises(Invalid) as refused:
            service.check(session, "330113")
        assert refused.value.errors[0].code == "future_region"

    def test_old_records_keep_the_name(self, session):
        """A code that ended is found and named for ever."""
        assert service.name(session, "330103", "zh_CN") == "下城区"
        assert service.get(session, "330103").valid_to == date(2021, 12, 31)

    def test_every_region_that_ended_names_what_follows(self, session):
        """The successors of the table stand, so that nobody is sent from one former code to another."""
        ended, _following = service.search(session, former=True, limit=200)
        assert len(ended) == 20
        assert all(service.check(session, row.successor_code) is None for row in ended)

    def test_a_business_of_a_former_region(self, world: World, people):
        """Registering there is refused at the field; one that was registered before is still found and named."""
        regulator = people.regulator("330100")
        body = {
            "uscc": uscc(), "name": "示例下城店", "kinds": ["shop"], "handles_imported": False, "region_code": "330103",
            "legal_representative": "张示例", "phone": "13800000000", "address": "示例路1号",
        }  # fmt: skip
        refused = regulator.post("/businesses", body, 422)
        assert [(e["pointer"], e["code"]) for e in refused["errors"]] == [("/region_code", "former_region")]
        assert "330105 拱墅区" in refused["errors"][0]["message"]
        made = regulator.post("/businesses", body | {"region_code": "330105"}, 201)
        with db.transaction() as session:
            from sqlalchemy import text

            session.execute(text("UPDATE business SET region_code = '330103'"))
        assert regulator.get(f"/businesses/{made['business_id']}")["region_code"] == "330103"
        shown = regulator.client.get(f"/businesses/{made['business_id']}", headers=regulator._headers(None))
        assert "下城区" in shown.text

    def test_over_http(self, people):
        """`on` and `former` in the query; the answer says from when to when and what follows."""
        admin = people.admin()
        assert "330103" in {r["code"] for r in admin.get("/regions?parent_code=330100&on=2020-12-31")["items"]}
        found = {r["code"]: r for r in admin.get("/regions?parent_code=330100&former=true")["items"]}
        assert found["330103"]["valid_to"] == "2021-12-31"
        assert found["330103"]["successor_code"] == "330105"
        admin.get("/regions?on=yesterday", 422)


def page(speaker: Speaker, path: str, data: dict[str, str] | None = None) -> object:
    """Open a page or send a form."""
    if data is None:
        return speaker.client.get(path, headers=speaker._headers(None))
    return speaker.client.post(path, data=data, headers=speaker._headers(None))


class TestOffices:
    """Added, renamed and ended by the administrator and officers of the region; each act is in the audit log."""

    def test_their_life(self, world: World, people):
        """From the first day to the end, with its grids; sites keep naming it."""
        regulator = world.regulator
        made = regulator.post(
            "/offices",
            {"region_code": "230203", "name": "示例光明所", "address": "光明路1号", "phone": "0452-2000000"},
            201,
        )
        here = f"/offices/{made['office_id']}"
        same = {"region_code": "230203", "name": "示例 光明所"}
        assert regulator.post("/offices", same, 409)["code"] == "office_exists"
        grid = regulator.post(f"{here}/grids", {"code": "01", "name": "光明一网格"}, 201)
        assert regulator.post(f"{here}/grids", {"code": "01", "name": "另一个"}, 409)["code"] == "grid_exists"
        business = world.business()
        site = world.site(business, office="示例光明所", grid="01")
        assert site["grid"]["name"] == "光明一网格"
        changed = regulator.post(f"{here}/change", {"name": "示例光明路所"}, 200)
        assert (changed["name"], changed["address"]) == ("示例光明路所", "光明路1号")
        regulator.post(f"/grids/{grid['grid_id']}/change", {"name": "光明甲网格"}, 200)
        regulator.post(f"/grids/{grid['grid_id']}/end", {}, 200)
        body = {
            "business": business["business_id"], "name": "示例二店", "kind": "shop", "region_code": "230203",
            "address": "示例路", "office": "示例光明路所", "grid": "01",
        }  # fmt: skip
        assert regulator.post("/sites", body, 422)["errors"][0]["code"] == "unknown_grid"
        assert regulator.post(f"{here}/end", {"ended_on": "2999-01-01"}, 422)["errors"][0]["pointer"] == "/ended_on"
        people.get("of_office", "inspector", region_code="230203")
        with db.transaction() as session:
            session.execute(
                update(Assignment)
                .values(office_id=UUID(made["office_id"]))
                .where(col(Assignment.user_id) == people.get("of_office", "inspector").user.user_id)
            )
        assert regulator.post(f"{here}/end", {}, 409)["code"] == "office_has_officers"
        with db.transaction() as session:
            session.execute(
                update(Assignment)
                .values(valid_to=clock.now())
                .where(col(Assignment.office_id) == UUID(made["office_id"]))
            )
        regulator.post(f"{here}/end", {"ended_on": "2021-01-01"}, 200)
        del body["grid"]
        assert regulator.post("/sites", body, 422)["errors"][0]["code"] == "unknown_office"
        assert regulator.post(f"{here}/change", {"name": "x"}, 409)["code"] == "wrong_state"
        assert regulator.post(f"{here}/grids", {"code": "02", "name": "x"}, 409)["code"] == "wrong_state"
        assert made["office_id"] not in json.dumps(regulator.get("/offices?region_code=230203"))
        assert made["office_id"] in json.dumps(regulator.get("/offices?region_code=230203&former=true"))
        kept = regulator.get(f"/sites/{site['site_id']}")
        assert (kept["office"]["name"], kept["grid"]["name"]) == ("示例光明路所", "光明甲网格")
        kinds = [line["kind"] for line in people.admin().get(f"/audit-events?subject={made['office_id']}")["items"]]
        assert kinds == ["office_ended", "office_changed", "office_added"]
        kinds = [line["kind"] for line in people.admin().get(f"/audit-events?subject={grid['grid_id']}")["items"]]
        assert kinds == ["grid_ended", "grid_changed", "grid_added"]

    def test_who_may(self, world: World, people):
        """A regulator only in its region; inspectors and merchants not at all; the administrator everywhere."""
        body = {"region_code": "230203", "name": "示例所"}
        people.regulator("330105").post("/offices", body, 404)
        world.inspector.post("/offices", body, 403)
        world.merchant(world.business()).post("/offices", body, 403)
        made = people.admin().post("/offices", body, 201)
        people.regulator("330105").post(f"/offices/{made['office_id']}/end", {}, 404)
        people.admin().post("/offices", body | {"region_code": "330103"}, 422)
        people.admin().post("/offices", body | {"region_code": "999999"}, 422)
        world.merchant(world.business()).get(f"/offices/{made['office_id']}")

    def test_pages(self, world: World, people):
        """Browse to the district, add an office and a grid, rename both, end both; errors keep what was typed."""
        admin = people.admin()
        assert "黑龙江省" in page(admin, "/regions").text
        assert "下城区" in page(admin, "/regions?former=true").text
        assert "/regions/230203/offices/new" in page(admin, "/regions?parent_code=230203").text
        assert page(admin, "/regions?parent_code=99").status_code == 422
        assert page(admin, "/regions/230203/offices/new", {"name": "", "address": "示例路9号"}).status_code == 422
        added = page(admin, "/regions/230203/offices/new", {"name": "示例新所", "address": "示例路9号"})
        assert added.status_code == 303
        here = added.headers["Location"]
        assert page(admin, f"{here}/grids", {"code": "07", "name": ""}).text.count("07") >= 1
        assert page(admin, f"{here}/grids", {"code": "07", "name": "示例网格"}).status_code == 303
        assert page(admin, f"{here}/change", {"name": "示例新名所"}).status_code == 303
        shown = page(admin, here).text
        assert "示例新名所" in shown
        assert "示例网格" in shown
        (grid_id,) = {
            part.split("/grids/")[1].split("/")[0] for part in shown.split('"') if "/grids/" in part
        }  # fmt: skip
        assert page(admin, f"/grids/{grid_id}/change").status_code == 200
        assert page(admin, f"/grids/{grid_id}/change", {"name": "示例网格乙"}).status_code == 303
        assert page(admin, f"/grids/{grid_id}/end", {"ended_on": ""}).status_code == 303
        assert page(admin, f"{here}/end").status_code == 200
        assert page(admin, f"{here}/end", {"ended_on": "2022-01-01"}).status_code == 303
        assert page(admin, f"{here}/end").status_code == 200
        assert page(admin, f"{here}/end", {"ended_on": "2022-01-01"}).status_code == 409
        seen = page(world.merchant(world.business()), here)
        assert seen.status_code == 200
        assert f"{here}/change" not in seen.text
