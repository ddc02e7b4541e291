"""Businesses that may be one: the whole list in pages, two side by side, set aside and back again."""

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text

from coldchain.core import db, limits, paging
from coldchain.core.errors import Invalid
from coldchain.registry import similarity
from coldchain.registry.similarity import Look
from tests.factories.reader import Reader
from tests.factories.world import World

REASON = {"reason": "两证都看过，相邻两个摊位"}


def ids(pair: dict[str, Any]) -> frozenset[str]:
    return frozenset({pair["one"]["business_id"], pair["other"]["business_id"]})


def alike(world: World, number: int) -> list[dict[str, Any]]:
    """Two businesses with one phone and one place, and names that have nothing in common."""
    same = {"phone": f"139{number:08}", "address": f"示例街{number}号"}
    one, other = ("".join(chr(0x4E00 + 40 * number + 9 * i + side) for i in range(4)) for side in (0, 5))
    return [world.business(one, **same), world.business(other, active=False, **same)]


def address(pair: list[dict[str, Any]]) -> str:
    return f"/businesses/{pair[0]['business_id']}/duplicates/{pair[1]['business_id']}"


class TestList:
    def test_all_pairs_in_pages_scoped_and_counted(self, world, people):
        made = [alike(world, number) for number in range(1, 4)]
        elsewhere = World(people, "511011")
        alike(elsewhere, 1)  # the same phone and place as the first, in another district
        want = {frozenset(each["business_id"] for each in pair) for pair in made}
        seen, cursor = [], ""
        while True:
            page = world.regulator.get(f"/businesses/duplicates?limit=1{cursor}")
            assert page["counts"] == {"open": 3, "set_aside": 0}
            assert (page["compared"], page["all_compared"]) == (6, True)
            seen += [ids(pair) for pair in page["items"]]
            assert all(pair["reasons"] == ["phone", "place"] for pair in page["items"])
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert (len(seen), set(seen)) == (3, want)
        assert elsewhere.regulator.get("/businesses/duplicates")["counts"]["open"] == 1
        for wrong in ("x", "A" * 56, page["next"] or "%00"):
            assert world.regulator.get(f"/businesses/duplicates?cursor={wrong}", 422)["errors"]
        world.inspector.get("/businesses/duplicates", 403)

    def test_a_pair_that_goes_between_two_pages_takes_no_other_along(self, world):
        made = [alike(world, number) for number in range(1, 4)]
        first = world.regulator.get("/businesses/duplicates?limit=1")
        gone = next(pair for pair in made if {each["business_id"] for each in pair} == ids(first["items"][0]))
        world.regulator.post(f"{address(gone)}/set-aside", REASON, 200)
        rest = world.regulator.get(f"/businesses/duplicates?cursor={first['next']}")
        assert len(rest["items"]) == 2

    def test_the_number_of_statements_depends_on_nothing(self, world):
        def asked() -> int:
            sent: list[str] = []
            with db.transaction() as session:
                engine = session.get_bind()
            listen = lambda *args: sent.append(args[2])  # noqa: E731
            event.listen(engine, "before_cursor_execute", listen)
            world.regulator.get("/businesses/duplicates")
            event.remove(engine, "before_cursor_execute", listen)
            return len(sent)

        alike(world, 1)
        world.regulator.post(f"{address(alike(world, 2))}/set-aside", REASON, 200)
        few = asked()
        for number in range(3, 7):
            world.regulator.post(f"{address(alike(world, number))}/set-aside", REASON, 200)
            alike(world, number + 10)
        assert asked() == few


class TestSettingAside:
    def test_who_when_why_and_back_again(self, world, people):
        pair = alike(world, 1)
        here = address(pair)
        assert world.regulator.get(here)["aside"] is None
        people.regulator("511011").post(f"{here}/set-aside", REASON, 404)
        world.inspector.post(f"{here}/set-aside", REASON, 403)
        world.merchant(pair[0]).post(f"{here}/set-aside", REASON, 403)
        world.regulator.post(f"{here}/set-aside", {"reason": "二" * (limits.TEXT_CHARS + 1)}, 422)
        assert world.regulator.post(f"{here}/take-back", None, 409)["code"] == "not_set_aside"
        said = world.regulator.post(f"{here}/set-aside", REASON, 200)["aside"]
        assert said["reason"] == REASON["reason"]
        assert said["by"]
        assert said["recorded_at"]
        assert world.regulator.post(f"{here}/set-aside", REASON, 409)["code"] == "set_aside_already"
        listed = world.regulator.get("/businesses/duplicates")
        assert (listed["items"], listed["counts"]) == ([], {"open": 0, "set_aside": 1})
        (shown,) = world.regulator.get("/businesses/duplicates?state=set_aside")["items"]
        assert shown["aside"] == said
        back = f"/businesses/{pair[1]['business_id']}/duplicates/{pair[0]['business_id']}"  # either way round
        assert world.regulator.post(f"{back}/take-back", None, 200)["aside"] is None
        assert world.regulator.get("/businesses/duplicates")["counts"] == {"open": 1, "set_aside": 0}
        with db.transaction() as session:
            kinds = session.execute(
                text("SELECT kind, count(*) FROM journal_entry WHERE kind LIKE 'business.told_apart%' GROUP BY kind")
            ).all()
            kept = session.scalar(text("SELECT count(*) FROM journal_entry WHERE body LIKE '%相邻%'"))
        assert dict(map(tuple, kinds)) == {"business.told_apart": 2, "business.told_apart_ended": 2}
        assert kept == 0, "the journal holds a commitment to the words, not the words"
        refused = world.regulator.get(f"/businesses/{pair[0]['business_id']}/duplicates/{pair[0]['uscc']}", 422)
        assert refused["errors"][0]["code"] == "same_business"

    @pytest.mark.parametrize(
        ("typed", "returns"),
        [
            ({"phone": "139-0000-0001", "address": "示例街 1 号"}, []),  # the same, written otherwise
            ({"name": "戊己庚"}, ["name"]),
            ({"phone": "13800000000"}, ["phone"]),
            ({"phone": "13800000000", "name": "戊己庚"}, ["name", "phone"]),
        ],
    )
    def test_it_comes_back_when_what_was_compared_has_changed(self, app: Flask, world, typed, returns):
        one, other = pair = alike(world, 1)
        world.regulator.post(f"{address(pair)}/set-aside", REASON, 200)
        world.regulator.post(f"/businesses/{other['business_id']}/reject", {"reason": "示例"}, 200)
        merchant = Reader.of(app, world.merchant(other))
        merchant.open("/register/correct")
        assert merchant.send("/register/correct", 200, handles_imported="true", **typed)
        listed = world.regulator.get("/businesses/duplicates")
        assert listed["counts"]["open"] == bool(returns)
        shown = world.regulator.get(address(pair))
        assert [(each["business_id"], each["what"]) for each in shown["changed"]] == [
            (other["business_id"], what) for what in returns
        ]
        if returns:
            page = Reader.of(app, world.regulator).open("/businesses/duplicates")
            assert "Set aside before; since then another:" in page
            world.regulator.post(f"{address(pair)}/set-aside", REASON, 200)  # looked at again
            assert world.regulator.get("/businesses/duplicates")["counts"]["open"] == 0
        assert one["business_id"] in ids(shown)

    def test_whoever_approves_reads_of_a_likely_duplicate_until_it_is_set_aside(self, app: Flask, world):
        one, waiting = pair = alike(world, 1)
        officer = Reader.of(app, world.regulator)
        approving = f"/businesses/{waiting['business_id']}/decisions/approve"
        assert one["name"] in officer.open(approving)
        assert "the same phone" in officer.text
        world.regulator.post(f"{address(pair)}/set-aside", REASON, 200)
        assert one["name"] not in officer.open(approving)

    def test_what_was_merged_is_no_pair_any_more(self, world):
        one = world.business("荣哥果蔬", phone="13912345678", address="示例街 8 号")
        found = {"name": one["name"], "phone": "139-1234-5678", "place": "示例街8号"}
        two = world.inspector.post("/businesses/provisional", found, 201)
        here = f"/businesses/{one['business_id']}/duplicates/{two['business_id']}"
        world.regulator.post(f"{here}/set-aside", REASON, 200)
        world.regulator.post(f"/businesses/{two['business_id']}/merge", {"into": one["uscc"]}, 200)
        assert world.regulator.post(f"{here}/take-back", None, 409)["code"] == "business_merged"
        assert world.regulator.get("/businesses/duplicates")["counts"] == {"open": 0, "set_aside": 0}


def test_pages(app: Flask, world: World) -> None:
    """From the list both side by side, on to the merger prefilled; set aside with a reason, and taken back."""
    one = world.business("荣哥果蔬", phone="13912345678", address="示例街 8 号")
    found = {"name": f"{one['name']}店", "phone": "139-1234-5678", "place": "示例街8号"}
    two = world.inspector.post("/businesses/provisional", found, 201)
    regulator = Reader.of(app, world.regulator)
    page = regulator.open("/businesses/duplicates")
    here = f"/businesses/{one['business_id']}/duplicates/{two['business_id']}"
    assert here in page
    page = regulator.open(here)
    for shown in (one["uscc"], two["temporary_no"], "13912345678", "示例街8号", "the same", "alike"):
        assert shown in page
    merge = f"/businesses/{two['business_id']}/merge?into={one['business_id']}"
    assert merge in page.replace("&amp;", "&")
    assert f"Merge into {one['name']}" in regulator.open(merge)
    regulator.open(here)
    page = regulator.send(f"{here}/set-aside", 422, reason="")
    assert 'href="#f-reason"' in page
    page = regulator.send(f"{here}/set-aside", 200, reason="两家")
    assert "comes back when name, address or phone" in page
    assert here not in page
    assert "两家" in regulator.open("/businesses/duplicates?state=set_aside")
    assert regulator.open(f"/businesses/{two['business_id']}/merge").count(one["business_id"]) == 0
    regulator.open(here)
    page = regulator.send(f"{here}/take-back", 200)
    assert "The pair stands in the list again" in page
    assert "Set the pair aside" in page


class TestPure:
    def test_what_many_have_makes_no_pair_but_is_told(self):
        def market(count: int) -> list[Look[int]]:
            names = (f"{chr(0x4E00 + 3 * i)}{chr(0x5E00 + 7 * i)}" for i in range(count))
            return [similarity.look(i, name, None, "福鼎市场") for i, name in enumerate(names)]

        few = similarity.among(market(similarity.OF_MANY))
        assert len(few) == similarity.OF_MANY * (similarity.OF_MANY - 1) // 2
        assert similarity.among(market(similarity.OF_MANY + 1)) == {}
        twins = [similarity.look(100 + i, name, None, "福鼎市场") for i, name in enumerate(("荣哥果蔬", "荣哥果蔬店"))]
        assert {key: each.told for key, each in similarity.among([*market(30), *twins]).items()} == {
            (100, 101): ["place", "name"]
        }

    @pytest.mark.parametrize(
        ("one", "other", "alike"),
        [
            ("荣哥果蔬", "荣哥果蔬店", True),
            ("荣哥果蔬批发部", "建华区荣哥果蔬批发", True),
            ("黑龙江正大实业有限公司", "齐齐哈尔市正大实业", True),
            ("福鼎市场 1 号摊", "福鼎市场1号摊位", True),
            ("福鼎市场冻品摊 1 号", "福鼎市场冻品摊 11 号", False),  # the number tells them apart
            ("嘉和冻品批发部", "安和冻品批发部", False),  # of one trade, with names of their own
            ("泰源食杂店", "兴源食杂店", False),
            ("泰源山珍行", "兴源山珍行", False),  # whatever they sell: their names begin otherwise
            ("福鼎一店", "福鼎二店", False),
            ("冻品批发部", "冻品批发部", True),  # no name of its own: only the very same
            ("冻品批发部", "冻品批发店", False),
        ],
    )
    def test_names_of_one_trade_are_not_alike_for_that(self, one, other, alike):
        looks = [similarity.look(1, one, None, None), similarity.look(2, other, None, None)]
        assert (similarity.among(looks) != {}) is alike
        assert (similarity.two(*looks).told == ["name"]) is alike

    @given(st.lists(st.integers(1, 255), max_size=8))
    def test_looking_by_the_rarest_signs_misses_nothing(self, sets):
        known = {number: frozenset(str(bit) for bit in range(8) if bits >> bit & 1) for number, bits in enumerate(sets)}
        every = {
            (one, other)
            for one in known
            for other in known
            if one < other and similarity.likeness(known[one], known[other]) >= similarity.ALIKE
        }
        assert {tuple(sorted(pair[:2])) for pair in similarity.alike(known)} == every

    @given(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 3))
    def test_a_cursor_gives_back_what_it_was_made_of(self, order):
        keys = uuid4(), uuid4()
        assert paging.decode_sorted(paging.encode_sorted(order, *keys), 3, 2) == (order, keys)

    def test_what_is_no_cursor_is_refused(self):
        for cursor in ("", "!", "A" * 10, paging.encode_sorted((float("nan"),) * 3, uuid4(), uuid4())):
            with pytest.raises(Invalid):
                paging.decode_sorted(cursor, 3, 2)
