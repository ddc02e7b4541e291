"""A card stands while a decision or a measure stops its holder: screen, paper and public say so, and no more (R16)."""

from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import event

from coldchain.core import clock, db
from coldchain.home import public_register
from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.home.test_card import paper
from tests.home.test_stopped import main

NOON = (datetime.now(clock.BEIJING) + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
END = NOON + timedelta(days=7)
REASON = "混放未整改"


def decide(world: World, owner: dict[str, Any], site: dict[str, Any], number: str, **fields: Any) -> None:
    """Suspend the owner of a site from NOON to END."""
    visit = {"site_id": site["site_id"], "findings": [{"kind": "heilongjiang_mixed_storage"}]}
    found = world.inspector.post("/visits", visit, 201)["findings"][0]["finding_id"]
    body = {
        "finding_ids": [found], "kinds": ["suspension", "publication"], "number": number, "reason": REASON,
        "basis": "食品安全管理规定", "starts_at": NOON.isoformat(), "ends_at": END.isoformat(),
    }  # fmt: skip
    world.regulator.post("/decisions", body | fields, 201)


def test_a_published_suspension_stands_on_every_face_of_the_card_until_its_end(
    app: Flask, world: World, people: People
) -> None:
    owner = world.business("整改示例")
    site, anybody, path = world.site(owner), people.nobody(), f"/cards/{owner['card_no']}"
    with clock.simulated(NOON):
        decide(world, owner, site, "建〔2031〕7号")
        told = anybody.get(path)
        assert (told["status"], told["stopped"]["code"]) == ("suspended", "suspension")
        assert (told["stopped"]["number"], told["stopped"]["whole"]) == ("建〔2031〕7号", True)
        assert datetime.fromisoformat(told["stopped"]["until"]) == END
        listed = anybody.get(f"/cards?q={owner['card_no']}")["items"][0]
        assert listed["stopped"] == told["stopped"]
        words = paper(world.merchant(owner), owner)
        assert f"停业整改至 {END:%Y-%m-%d %H:%M}" in words
        assert "在册" not in words
        public = Reader(app).open(f"/K/{owner['card_no']}")
        for page in (public, Reader(app).open("/cards?q=" + owner["card_no"])):
            assert "建〔2031〕7号" in page
            assert 'href="/published-decisions"' in page
            assert "On the register" not in main(page).split("整改示例", 1)[-1], "the filter above the rows aside"
            assert REASON not in page
        assert 'class="cc-verdict stop"' in public
        assert "may deal in" not in public
        shown = main(Reader.of(app, world.merchant(owner)).open(f"/businesses/{owner['business_id']}/card"))
        assert "Suspension until put right" in shown
        assert "On the register" not in shown
    with clock.simulated(END):
        assert anybody.get(path)["stopped"] is None
        assert "在册" in paper(world.merchant(owner), owner)


def test_what_is_not_published_says_no_reason_and_one_site_is_not_all(app: Flask, world: World, people: People) -> None:
    owner = world.business("未公开示例")
    site = world.site(owner)
    world.site(owner)
    with clock.simulated(NOON):
        decide(world, owner, site, "建〔2031〕8号", kinds=["suspension"], site_only=True)
        told = people.nobody().get(f"/cards/{owner['card_no']}")["stopped"]
        assert told == {"code": "stopped", "until": None, "number": None, "whole": False}
        words = paper(world.merchant(owner), owner)
        assert "部分场所暂停经营" in words
        public = Reader(app).open(f"/K/{owner['card_no']}")
        assert "from some of the sites" in public
        for said in ("8号", "整改", REASON):
            assert said not in words
            assert said not in main(public)


def test_the_sign_of_a_stopped_place_says_so_to_anybody_and_to_officers_why(app: Flask, world: World) -> None:
    owner = world.business("停业示例")
    stopped, going = world.site(owner), world.site(owner)
    licence = {"number": "JY12302030000017", "valid_to": "2021-01-01"}
    with clock.simulated(NOON):
        decide(world, owner, stopped, "建〔2031〕9号", kinds=["suspension"], site_only=True)
        world.regulator.post(f"/businesses/{owner['business_id']}/licences", licence, 201)
        for site, status, total in ((stopped, "suspended", 1), (going, "active", 0)):
            address = f"/C/{site['sign_code']}"
            anybody = app.test_client().get(address, headers={"Accept": "application/json"})
            assert anybody.get_json()["works_here"][0]["status"] == status
            public = Reader(app).open(address)
            assert ("Goods may not be sent or sold." in public) is bool(total)
            assert "9号" not in public
            assert "JY12302030000017" not in public
            officers = Reader.of(app, world.inspector).open(address)
            assert ("建〔2031〕9号" in officers) is bool(total)
            assert "JY12302030000017" in officers
            assert "Nothing is known to be wrong" not in officers
            assert "JY12302030000017" in Reader.of(app, world.merchant(owner)).open(f"/sites/{site['site_id']}")


def test_a_circuit_breaker_is_read_as_a_pause_and_lists_take_the_same_statements(
    app: Flask, world: World, people: People
) -> None:
    owners = [world.business(f"熔断示例{number}") for number in range(4)]
    for owner in owners[:3]:
        world.site(owner)
        measure = {
            "kind": "circuit_breaker", "business": owner["business_id"], "region_code": "230203",
            "starts_on": f"{clock.now().astimezone(clock.BEIJING):%Y-%m-%d}", "source": "示例",
            "reason": "从业人员阳性",
        }  # fmt: skip
        world.regulator.post("/measures", measure, 201)
    listed = {row["card_no"]: row["stopped"] for row in people.nobody().get("/cards?q=熔断示例")["items"]}
    stopped = {"code": "stopped", "until": None, "number": None, "whole": True}
    assert listed == {owner["card_no"]: stopped for owner in owners[:3]} | {owners[3]["card_no"]: None}
    assert "暂停经营" in paper(world.merchant(owners[0]), owners[0])
    others = [world.business("别家示例"), world.business("停证示例"), world.business("销号示例")]
    world.regulator.post(f"/businesses/{others[1]['uscc']}/suspend", {"reason": "示例"}, 200)
    world.regulator.post(f"/businesses/{others[2]['uscc']}/close", {"reason": "示例"}, 200)
    wanted = {"suspended": [*owners[:3], others[1]], "active": [owners[3], others[0]], "closed": [others[2]]}
    for status, cards in wanted.items():
        rows = people.nobody().get(f"/cards?status={status}")["items"]
        assert {row["card_no"] for row in rows} == {card["card_no"] for card in cards}, status
        assert {row["status"] for row in rows} == {status}
        assert "13800000000" not in str(rows)
        page = main(Reader(app).open(f"/cards?status={status}"))
        assert all((card["name"] in page) is (card in cards) for card in [*owners, *others])
    first = people.nobody().get("/cards?status=suspended&limit=3")
    rest = people.nobody().get(f"/cards?status=suspended&limit=3&cursor={first['next']}")
    assert (len(first["items"]), len(rest["items"])) == (3, 1)
    page = " ".join(main(Reader(app).open("/cards")).split())
    for said in ("All 7", "On the register 2", "Suspended 4"):
        assert said in page
    assert "阳性" not in paper(world.merchant(owners[0]), owners[0])

    def statements(limit: int) -> int:
        counted: list[str] = []
        listener = lambda *args: counted.append(args[2])  # noqa: E731
        event.listen(db.engine(), "before_cursor_execute", listener)
        try:
            with db.transaction() as session:
                public_register.search(session, q="熔断示例", status="suspended", limit=limit)
        finally:
            event.remove(db.engine(), "before_cursor_execute", listener)
        return len(counted)

    assert statements(1) == statements(4), "of one that is stopped and of three"
    measure |= {"kind": "lockdown", "business": None}
    world.regulator.post("/measures", {name: said for name, said in measure.items() if said}, 201)
    assert people.nobody().get("/cards?status=active")["items"] == [], "all of the area"
    assert len(people.nobody().get("/cards?status=suspended")["items"]) == 6
