"""Who sees which consignments and which stock: lists and single reads agree."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select
from sqlmodel import Session, col

from coldchain.accounts.actor import SYSTEM, Actor, Area
from coldchain.batches import reach
from coldchain.batches.models import Batch
from coldchain.core.errors import Forbidden, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.ledger import holds
from coldchain.ledger.holds import Cause
from coldchain.registry.models import Site
from coldchain.trade import service
from coldchain.trade.service import roads
from tests.ledger.books import NOW, Party, batch, party, product
from tests.trade.parties import merchant, officer, send

HERE, ELSEWHERE, FAR = "230203", "230202", "511011"


class Scene:
    """A seller here, a tenant in its store, a buyer elsewhere, a stranger far away; a consignment each."""

    def __init__(self, session: Session) -> None:
        self.seller, self.buyer = party(session), party(session, region_code=ELSEWHERE)
        self.tenant, self.stranger = party(session), party(session, region_code=FAR)
        self.tenant.zones, self.tenant.site_id = self.seller.zones, self.seller.site_id
        self.goods = batch(session, self.seller, product(session), 100)
        self.tenants = batch(session, self.tenant, product(session), 50)
        self.to_buyer = send(session, SYSTEM, self.seller, self.buyer, self.goods, owner=str(self.seller.business_id))[
            "consignment_id"
        ]
        self.of_tenant = send(
            session, SYSTEM, self.tenant, self.stranger, self.tenants, 5, owner=str(self.tenant.business_id)
        )["consignment_id"]

    def actors(self) -> dict[str, Actor]:
        """Everybody who might look."""
        return {
            "seller": merchant(self.seller),
            "buyer": merchant(self.buyer),
            "tenant": merchant(self.tenant),
            "stranger": merchant(self.stranger),
            "nobody": merchant(Party(new_id(), new_id())),
            "officer_here": officer(HERE),
            "officer_elsewhere": officer(ELSEWHERE),
            "officer_city": officer("230200"),
            "officer_far": officer(FAR),
            "officer_nowhere": officer("440300"),
            "inspector": Actor(new_id(), "inspector", "示例", "inspector", areas=(Area(HERE),)),
            "unassigned": Actor(new_id(), "inspector", "示例", "inspector"),
            "admin": Actor(new_id(), "admin", "示例", "admin"),
        }


@pytest.fixture
def scene(session: Session) -> Scene:
    return Scene(session)


def listed(session: Session, actor: Actor, **filters: Any) -> set[UUID]:
    items, following = service.search(session, actor, limit=200, **filters)
    assert following is None
    return {item["consignment_id"] for item in items}


WHO = [
    ("seller", {"to_buyer", "of_tenant"}),
    ("buyer", {"to_buyer"}),
    ("tenant", {"of_tenant"}),
    ("stranger", {"of_tenant"}),
    ("nobody", set()),
    ("officer_here", {"to_buyer", "of_tenant"}),
    ("officer_elsewhere", {"to_buyer"}),
    ("officer_city", {"to_buyer", "of_tenant"}),
    ("officer_far", {"of_tenant"}),
    ("officer_nowhere", set()),
    ("inspector", {"to_buyer", "of_tenant"}),
    ("unassigned", set()),
    ("admin", {"to_buyer", "of_tenant"}),
]


@pytest.mark.parametrize(("who", "sees"), WHO)
def test_lists_and_single_reads_agree(session: Session, scene: Scene, who: str, sees: set[str]) -> None:
    actor = scene.actors()[who]
    all_of_them = {"to_buyer": scene.to_buyer, "of_tenant": scene.of_tenant}
    assert listed(session, actor) & set(all_of_them.values()) == {all_of_them[name] for name in sees}
    for name, consignment_id in all_of_them.items():
        if name in sees:
            assert service.get(session, actor, consignment_id)["consignment_id"] == consignment_id
        else:
            with pytest.raises(NotFound):
                service.get(session, actor, consignment_id)


def test_who_keeps_the_goods_learns_of_no_persons(session: Session, scene: Scene) -> None:
    """A cold store lets its tenant's goods out; whom the tenant sells to by name and phone is the tenant's affair."""
    road = send(
        session, SYSTEM, scene.tenant, {"name": "王示例", "phone": "13700000000", "address": "示例路7号"},
        scene.tenants, 1, owner=str(scene.tenant.business_id), driver={"name": "陈示例", "phone": "13900000000"},
    )["consignment_id"]  # fmt: skip
    for who, told in (("tenant", True), ("officer_here", True), ("seller", False)):
        actor = scene.actors()[who]
        found = service.get(session, actor, road)
        (row,) = (each for each in service.search(session, actor, limit=200)[0] if each["consignment_id"] == road)
        assert (found["driver"] is not None) is told
        for shown in (found, row):
            assert [shown["to"][name] is not None for name in ("name", "phone", "address")] == [told] * 3


def test_labs_see_no_consignments_and_no_stock(session: Session) -> None:
    lab = Actor(new_id(), "lab", "示例", "lab", business_id=new_id())
    with pytest.raises(Forbidden):
        service.search(session, lab, limit=1)
    with pytest.raises(Forbidden):
        service.stock(session, lab, limit=1)


@pytest.mark.parametrize(
    ("who", "direction", "sees"),
    [
        ("seller", "out", {"to_buyer", "of_tenant"}),
        ("seller", "in", set()),
        ("buyer", "in", {"to_buyer"}),
        ("buyer", "out", set()),
        ("officer_here", "out", {"to_buyer", "of_tenant"}),
        ("officer_here", "in", set()),
        ("officer_elsewhere", "in", {"to_buyer"}),
        ("officer_city", "in", {"to_buyer"}),
    ],
)
def test_direction_is_seen_from_the_asker(
    session: Session, scene: Scene, who: str, direction: str, sees: set[str]
) -> None:
    known = {scene.to_buyer: "to_buyer", scene.of_tenant: "of_tenant"}
    found = listed(session, scene.actors()[who], direction=direction)
    assert {known[one] for one in found if one in known} == sees


def test_filters(session: Session, scene: Scene) -> None:
    admin, buyer = scene.actors()["admin"], str(scene.buyer.business_id)
    assert listed(session, admin, business=buyer) == {scene.to_buyer}
    assert listed(session, admin, business=buyer, direction="in") == {scene.to_buyer}
    assert listed(session, admin, business=buyer, direction="out") == set()
    assert listed(session, admin, business=buyer, state="confirmed") == set()
    assert listed(session, scene.actors()["stranger"], business=buyer) == set()
    with pytest.raises(NotFound):
        service.search(session, admin, business="91230203NOBODY0000", limit=1)


def test_pages_follow_each_other(session: Session, scene: Scene) -> None:
    sent = [
        send(session, merchant(scene.seller), scene.seller, scene.buyer, scene.goods, 1)["consignment_id"]
        for _ in range(5)
    ]
    seen: list[UUID] = []
    cursor = None
    for _ in range(4):
        items, cursor = service.search(session, merchant(scene.buyer), limit=2, cursor=cursor)
        seen += [item["consignment_id"] for item in items]
        if cursor is None:
            break
    assert seen == [*reversed(sent), scene.to_buyer]
    with pytest.raises(Invalid):
        service.search(session, merchant(scene.buyer), limit=2, cursor="no cursor")


def test_a_list_costs_the_same_statements_however_long(session: Session, scene: Scene) -> None:
    def statements(limit: int) -> int:
        said: list[str] = []

        def count(_c: object, _cu: object, statement: str, *_: object) -> None:
            said.append(statement)

        event.listen(session.connection(), "before_cursor_execute", count)
        service.search(session, merchant(scene.buyer), limit=limit)
        service.stock(session, merchant(scene.buyer), limit=limit)
        event.remove(session.connection(), "before_cursor_execute", count)
        return len(said)

    for _ in range(6):
        send(session, merchant(scene.seller), scene.seller, scene.buyer, scene.goods, 1)
    session.expunge_all()
    assert statements(1) == statements(200)


def test_the_list_tells_what_is_in_it(session: Session, scene: Scene) -> None:
    items, _ = service.search(session, merchant(scene.buyer), limit=10)
    (item,) = items
    assert (item["line_count"], item["mass_g"], len(item["products"])) == (1, 60_000, 1)
    assert "driver" not in item
    assert "lines" not in item


def where(session: Session, actor: Actor, **filters: Any) -> set[tuple[UUID, UUID | None, UUID | None, int]]:
    items, _ = service.stock(session, actor, limit=200, **filters)
    return {(item["owner"].business_id, item["site_id"], item["zone_id"], item["quantity_units"]) for item in items}


def test_stock_of_everybody(session: Session, scene: Scene) -> None:
    s, t, b = scene.seller, scene.tenant, scene.buyer
    own = (s.business_id, s.site_id, s.zone_id, 70)
    coming = (s.business_id, b.site_id, None, 30)
    tenants = (t.business_id, s.site_id, s.zone_id, 45)
    far = (t.business_id, scene.stranger.site_id, None, 5)
    actors = scene.actors()
    for who, sees in {
        "seller": {own, coming, tenants},
        "tenant": {tenants, far},
        "buyer": {coming},
        "stranger": {far},
        "nobody": set(),
        "officer_here": {own, coming, tenants, far},
        "officer_elsewhere": {coming},
        "officer_far": {far},
        "officer_nowhere": set(),
        "unassigned": set(),
    }.items():
        assert where(session, actors[who]) & {own, coming, tenants, far} == sees, who


def test_stock_filters(session: Session, scene: Scene) -> None:
    admin, s, b = scene.actors()["admin"], scene.seller, scene.buyer
    own, coming = (s.business_id, s.site_id, s.zone_id, 70), (s.business_id, b.site_id, None, 30)
    assert where(session, admin, business=str(s.business_id)) == {own, coming}
    assert where(session, admin, site_id=b.site_id) == {coming}
    assert where(session, admin, batch_id=scene.goods) == {own, coming}
    assert where(session, admin, batch_id=scene.goods, site_id=s.site_id) == {own}
    assert where(session, admin, batch_id=new_id()) == set()
    assert where(session, merchant(scene.stranger), batch_id=scene.goods) == set()


def test_stock_shows_locks_and_mass(session: Session, scene: Scene) -> None:
    holds.place(session, SYSTEM, [scene.goods], Cause("recall", new_id()), "red", NOW)
    items, _ = service.stock(session, merchant(scene.buyer), limit=10)
    (item,) = items
    assert (item["quantity_units"], item["locked_units"], item["mass_g"]) == (30, 30, 60_000)
    assert (item["consignment_id"], item["zone_id"]) == (scene.to_buyer, None)


def test_where_goods_on_the_road_belong(session: Session, scene: Scene) -> None:
    homeless = party(session)
    second = Site(business_id=homeless.business_id, name="示例二店", kind="shop", region_code=HERE, recorded_at=NOW)
    session.add(second)
    session.flush()
    name = {"name": "王示例", "phone": "1"}
    nowhere = send(session, merchant(scene.seller), scene.seller, homeless, scene.goods, 1)["consignment_id"]
    person = send(session, merchant(scene.seller), scene.seller, name, scene.goods, 1)["consignment_id"]
    found = service.destinations(session, [scene.to_buyer, nowhere, person, new_id()])
    assert {road: (to.business_id, to.site_id) for road, to in found.items()} == {
        scene.to_buyer: (scene.buyer.business_id, scene.buyer.site_id),
        nowhere: (homeless.business_id, None),
        person: (None, None),
    }
    coming = listed(session, officer(HERE), direction="in")
    assert nowhere in coming
    assert person not in coming


def test_the_receiver_sees_the_batch_while_it_travels(session: Session, scene: Scene) -> None:
    """What comes to a business is looked up by it before it is there, and no longer when it was sent back."""
    roads.install()
    buyer, stranger = merchant(scene.buyer), merchant(scene.stranger)

    def sees(actor: Actor) -> bool:
        return session.scalar(select(reach.visible_batches(actor)).where(col(Batch.batch_id) == scene.goods)) is True

    assert (sees(buyer), sees(stranger)) == (True, False)
    assert sees(officer(ELSEWHERE))
    service.reject(session, buyer, scene.to_buyer, reason="不收")
    assert not sees(buyer)
    assert not sees(officer(ELSEWHERE))
