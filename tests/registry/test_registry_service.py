"""What other rooms ask the registry, at a constant number of statements; reach in SQL equals rights in Python."""

from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import event, select, text

from coldchain.accounts.actor import SYSTEM, Actor, Area
from coldchain.accounts.rights import may, scope
from coldchain.core.errors import NotFound
from coldchain.registry import service
from coldchain.registry.models import Business, Site
from coldchain.registry.service.business_view import describe, resource
from coldchain.registry.service.places import at, describe_sites
from tests.factories.world import uscc

REGIONS = ("230203", "230202", "230200", "511011", "110101", "230000")


def register(session, region_code="230203", **fields):
    body = {
        "uscc": uscc(), "name": "示例食品", "kinds": ["importer"], "handles_imported": True, "region_code": region_code,
        "legal_representative": "张示例", "phone": "13800000000", "address": "路",
    } | fields  # fmt: skip
    return service.find_business(session, service.register_business(session, SYSTEM, **body)["business_id"])


def site_of(session, business, region_code="230203", **fields):
    body = {"name": "示例店", "kind": "shop", "region_code": region_code, "address": "路"} | fields
    made = service.register_site(session, SYSTEM, business=str(business.business_id), **body)
    return service.site(session, made["site_id"])


@contextmanager
def counted(session):
    """Count the statements of a block; `.n` is their number."""

    class Count:
        n = 0

    def tick(*_args):
        Count.n += 1

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", tick)
    try:
        yield Count
    finally:
        event.remove(engine, "before_cursor_execute", tick)


class TestLookUps:
    def test_a_business_by_any_of_its_names(self, session):
        business = register(session)
        spaced = f" {business.uscc[:4].lower()} {business.uscc[4:]} "
        for ref in (
            business.business_id,
            str(business.business_id),
            str(business.business_id).upper(),
            business.uscc,
            spaced,
        ):
            assert service.find_business(session, ref) is business
        for ref in (uuid4(), str(uuid4()), uscc(), "", "示例食品", "x" * 500, "\x00"):
            with pytest.raises(NotFound):
                service.find_business(session, ref)

    def test_briefs_and_contacts(self, session):
        one, two = register(session), register(session, phone="13911112222")
        ids = [one.business_id, two.business_id, None, uuid4()]
        found = service.brief(session, ids)
        assert found.keys() == {one.business_id, two.business_id}
        assert found[one.business_id] == service.BusinessBrief(one.business_id, one.uscc, one.name)
        assert service.contacts(session, ids)[two.business_id] == service.Contact("张示例", "13911112222")
        assert service.brief(session, []) == service.contacts(session, [None]) == {}

    def test_sites_and_zones(self, session):
        business = register(session)
        assert service.only_site(session, business.business_id) is None
        site = site_of(session, business)
        assert service.only_site(session, business.business_id) is site
        zone = service.register_zone(
            session, SYSTEM, site.site_id, code="A", kind="general", temperature_class="frozen"
        )
        assert service.site_of_zone(session, zone.zone_id) == (zone, site)
        assert service.zones(session, [zone.zone_id, uuid4(), None]) == {zone.zone_id: (zone, site)}
        assert service.zones_of_sites(session, [site.site_id]) == {site.site_id: [zone]}
        assert service.sites(session, [site.site_id, None]) == {site.site_id: site}
        site_of(session, business)
        assert service.only_site(session, business.business_id) is None
        for wrong in (service.site, service.site_of_zone):
            with pytest.raises(NotFound):
                wrong(session, uuid4())

    def test_catalogue(self, session):
        made, _ = service.register_producer(session, SYSTEM, name="甲", country="CN", plant_no="P1", aliases=["乙"])
        assert service.producers(session, [made["producer_id"], None]).keys() == {made["producer_id"]}
        assert service.aliases(session, [made["producer_id"]]) == {made["producer_id"]: ["乙"]}
        assert service.products(session, [uuid4(), None]) == {}
        assert service.aliases(session, []) == {}

    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            ("pending", "unregistered"), ("rejected", "unregistered"), ("active", "registered"),
            ("suspended", "suspended"), ("closed", "closed"),
        ],
    )  # fmt: skip
    def test_how_others_may_deal_with_it(self, session, status, expected):
        business = register(session)
        business.status = status
        assert service.trading_state(business) == expected

    def test_a_provisional_one_is_unregistered(self):
        assert service.trading_state(Business(uscc=None, temporary_no="T1", status="active")) == "unregistered"


class TestCosts:
    def test_lists_take_the_same_number_of_statements_however_long(self, session):
        def cost(of):
            with counted(session) as count:
                of()
            return count.n

        costs = []
        for more in (2, 6):
            for _ in range(more):
                business = register(session)
                site_of(session, business)
            session.flush()
            costs.append(
                (
                    cost(lambda: service.search_businesses(session, SYSTEM, limit=200)),
                    cost(lambda: service.search_sites(session, SYSTEM, limit=200)),
                    cost(lambda: service.search_businesses(session, SYSTEM, limit=200, q="示例")),
                )
            )
        assert costs[0] == costs[1]
        assert (
            max(costs[0]) <= 8
        )  # what is kept beside the registration: people, licences, contacts, mergers, objections


class TestReach:
    """A list shows exactly what the right to one thing would show."""

    @pytest.fixture
    def rows(self, session):
        businesses = [register(session, region_code) for region_code in REGIONS]
        sites = [site_of(session, b, region_code) for b in businesses for region_code in ("230203", b.region_code)]
        return businesses, sites

    def actors(self, businesses):
        yield SYSTEM
        yield Actor(uuid4(), "a", "a", "admin")
        for role in ("regulator", "inspector"):
            for regions in ((), ("230203",), ("230200",), ("230203", "511011"), ("000000",)):
                yield Actor(uuid4(), "o", "o", role, areas=tuple(map(Area, regions)))
        for role in ("merchant", "lab"):
            for business in businesses[:2]:
                yield Actor(uuid4(), "m", "m", role, business_id=business.business_id)

    def test_businesses(self, session, rows):
        businesses, _ = rows
        for actor in self.actors(businesses):
            reach = scope(actor, "business.read")
            condition = service.within_reach(reach, Business.business_id, Business.region_code)
            listed = set(session.scalars(select(Business.business_id).where(condition)))
            assert listed == {b.business_id for b in businesses if may(actor, "business.read", resource(b))}, actor
            full = {a["business_id"] for a in describe(session, actor, businesses) if "phone" in a}
            assert full == listed

    def test_sites(self, session, rows):
        businesses, sites = rows
        for actor in self.actors(businesses):
            if actor.role == "lab":
                continue
            condition = service.within_reach(scope(actor, "site.read"), Site.business_id, Site.region_code)
            listed = set(session.scalars(select(Site.site_id).where(condition)))
            assert listed == {s.site_id for s in sites if may(actor, "site.read", at(s, s.business_id))}, actor
        assert len(describe_sites(session, sites)) == len(sites)


class TestReference:
    def test_loading_again_adds_nothing(self, session):
        assert service.load_reference(session) == 0
        assert [t.version for t in service.commitment_texts(session)] == ["2021-01"]

    def test_a_stored_text_that_is_not_the_shipped_one_stops_it(self, session, monkeypatch, tmp_path):
        from coldchain.registry.service import commitments

        changed = tmp_path / "letters.toml"
        changed.write_text(commitments.DATA.read_text(encoding="utf-8").replace("24 小时", "12 小时"), encoding="utf-8")
        monkeypatch.setattr(commitments, "DATA", changed)
        with pytest.raises(RuntimeError, match="2021-01"):
            service.load_reference(session)


def test_a_taken_card_number_is_drawn_anew(session, monkeypatch):
    from coldchain.registry.service import businesses

    draws = iter([5, 5, 5, 6])
    monkeypatch.setattr(businesses.secrets, "randbits", lambda _bits: next(draws))
    first, second = register(session), register(session)
    assert first.card_no != second.card_no
    assert next(draws, None) is None


def test_what_the_journal_says_of_a_registration(session):
    business = register(session)
    body = session.scalar(
        text("SELECT body::json->'data' FROM journal_entry WHERE subject_id = :id"), {"id": business.business_id}
    )
    assert body["uscc"] == business.uscc
    assert body["card_no"] == business.card_no
    assert len(body["phone"]) == len(body["legal_representative"]) == 64


def test_who_you_are(world, people):
    business = world.business()
    assert world.merchant(business).get("/me") == {
        "username": f"merchant_{business['business_id']}",
        "display_name": f"merchant_{business['business_id']}",
        "role": "merchant",
        "business": {name: business[name] for name in ("business_id", "uscc", "name")},
        "regions": [],
    }
    officer = world.regulator.get("/me")
    assert (officer["role"], officer["business"], officer["regions"]) == ("regulator", None, ["230203"])
    assert people.admin().get("/me")["role"] == "admin"
    people.nobody().get("/me", 401)
