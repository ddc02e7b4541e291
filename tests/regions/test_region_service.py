"""Regions and offices: loading, names, look-up, and their routes."""

import pytest
from sqlalchemy import func, select, text

from coldchain.core.errors import Invalid, NotFound
from coldchain.regions import service
from coldchain.regions.models import Region
from coldchain.regions.tree import ancestry, stem, within


def code_of(error):
    return [(e.pointer, e.code) for e in error.value.errors]


class TestTree:
    def test_stems(self):
        assert [stem(code) for code in ("000000", "230000", "230200", "230203", "110100")] == [
            "", "23", "2302", "230203", "1101",
        ]  # fmt: skip

    def test_within(self):
        assert within("230203", "230200")
        assert within("230203", "230203")
        assert within("230203", "000000")
        assert not within("230200", "230203")
        assert not within("230300", "230200")

    def test_ancestry(self):
        assert ancestry("230203") == ("230203", "230200", "230000", "000000")
        assert ancestry("230000") == ("230000", "000000")
        assert ancestry("000000") == ("000000",)


class TestTable:
    def test_loading_again_changes_nothing_and_repairs_what_differs(self, session):
        count = session.scalar(select(func.count()).select_from(Region))
        assert count > 3000
        assert service.load(session) == 0
        session.execute(text("UPDATE region SET name_zh = 'x' WHERE code = '230203'"))
        session.execute(text("DELETE FROM region WHERE code = '511011'"))
        assert service.load(session) == 2
        assert session.scalar(select(func.count()).select_from(Region)) == count
        assert service.name(session, "230203", "zh_CN") == "建华区"

    def test_names(self, session):
        assert service.name(session, "230203", "zh_CN") == "建华区"
        assert service.name(session, "230203", "en") == "Jianhua District"
        assert service.name(session, "999999", "en") == "999999"
        assert service.names(session, [], "en") == {}

    def test_exists(self, session):
        assert service.exists(session, "230203")
        assert not service.exists(session, "230299")
        assert not service.exists(session, "")
        with pytest.raises(Invalid) as caught:
            service.check(session, "230299")
        assert code_of(caught) == [("/region_code", "unknown_region")]
        with pytest.raises(NotFound):
            service.get(session, "230299")

    def test_pages_are_in_code_order_and_complete(self, session):
        codes, cursor = [], None
        while True:
            rows, cursor = service.search(session, level="province", limit=7, cursor=cursor)
            codes += [row.code for row in rows]
            if cursor is None:
                break
        assert codes == sorted(codes)
        assert len(codes) == 34
        with pytest.raises(Invalid) as caught:
            service.search(session, limit=1, cursor="x'; --")
        assert code_of(caught) == [("/cursor", "invalid_cursor")]

    @pytest.mark.parametrize(
        ("q", "code"), [("建华", "230203"), ("jianhua", "230203"), ("JIANHUA D", "230203"), ("230203", "230203")]
    )
    def test_search(self, session, q, code):
        rows, _ = service.search(session, q=q, limit=50)
        assert code in [row.code for row in rows]

    def test_signs_of_like_mean_themselves(self, session):
        for q in ("%", "_", "\\"):
            assert service.search(session, q=q, limit=5) == ([], None)


class TestOffices:
    def test_made_once_found_by_name_and_id(self, session):
        office = service.ensure_office(session, "230203", "示例光明 市场监管所")
        assert service.ensure_office(session, "230203", "示例光明 市场监管所") is office
        for name in ("示例光明市场监管所", "示例光明 市场监管所", str(office.office_id), str(office.office_id).upper()):
            assert service.find_office(session, "230203", name) is office
        for region, name in (("230202", "示例光明市场监管所"), ("230202", str(office.office_id)), ("230203", "示例")):
            with pytest.raises(Invalid) as caught:
                service.find_office(session, region, name)
            assert code_of(caught) == [("/office", "unknown_office")]
        with pytest.raises(Invalid):
            service.ensure_office(session, "230299", "示例所")

    def test_a_region_has_those_within_it(self, session):
        one = service.ensure_office(session, "230203", "示例甲所")
        two = service.ensure_office(session, "230202", "示例乙所")
        other = service.ensure_office(session, "511011", "示例丙所")
        assert service.offices(session, "230203") == [one]
        assert service.offices(session, "230200") == [two, one]
        assert service.offices(session, "000000") == [two, one, other]
        assert service.offices_by_id(session, [one.office_id, None]) == {one.office_id: one}


def test_routes(people):
    reader = people.admin()
    assert reader.get("/regions/230203") == {
        "code": "230203",
        "name_zh": "建华区",
        "name_en": "Jianhua District",
        "level": "county",
        "parent_code": "230200",
        "valid_from": None,
        "valid_to": None,
        "successor_code": None,
    }
    reader.get("/regions/999999", 404)
    reader.get("/regions/%00", 404)
    children = reader.get("/regions?parent_code=230200&limit=200")["items"]
    assert "230203" in [region["code"] for region in children]
    first = reader.get("/regions?limit=1")
    assert (first["items"][0]["code"], first["next"]) == ("000000", "000000")
    assert reader.get(f"/regions?limit=1&cursor={first['next']}")["items"][0]["code"] == "110000"
    for query in ("limit=201", "level=village", "parent_code=23", "colour=red", "cursor=x"):
        reader.get(f"/regions?{query}", 422)
    people.nobody().get("/regions", 401)
    people.nobody().get("/offices", 401)
    assert reader.get("/offices") == {"items": [], "next": None}
