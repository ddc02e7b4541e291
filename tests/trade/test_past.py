"""Stock as of a past moment: known then is what was answered then; late facts and corrections change what is known."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event
from sqlmodel import Session

from coldchain.accounts.actor import SYSTEM, Actor
from coldchain.core import clock
from coldchain.core.errors import Conflict, Forbidden, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.ledger import holds, postings
from coldchain.ledger import service as ledger
from coldchain.ledger.holds import Cause
from coldchain.ledger.postings import CUSTODY, Draft, Entry
from coldchain.trade import service
from coldchain.trade.models import Consignment
from coldchain.trade.service import past
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.ledger.books import NOW, Party, batch, party, product
from tests.trade.parties import merchant, officer

Place = tuple[UUID, UUID, UUID | None, UUID | None]  # batch, owner, zone, consignment
Answer = dict[Place, tuple[int, int]]
MINUTE = timedelta(minutes=1)


def answer(items: list[dict[str, Any]]) -> Answer:
    """Return an answer's units and locked units by place."""
    return {
        (item["batch_id"], item["owner"].business_id, item["zone_id"], item["consignment_id"]): (
            item["quantity_units"],
            item["locked_units"],
        )
        for item in items
    }


def present(session: Session, actor: Actor) -> Answer:
    items, following = service.stock(session, actor, limit=200)
    assert following is None
    return answer(items)


def then(session: Session, actor: Actor, as_of: datetime | None, known_at: datetime | None) -> Answer:
    found = past.stock_at(session, actor, as_of=as_of, known_at=known_at, limit=200)
    assert found.following is None
    return answer(found.items)


class Moved(NamedTuple):
    """A movement as the test remembers it."""

    draft: Draft
    movement_id: UUID
    happened_at: datetime
    recorded_at: datetime


@dataclass
class Locked:
    """A hold on a whole batch as the test remembers it."""

    cause: Cause
    batch_id: UUID
    recorded_at: datetime
    ended_at: datetime | None = None


@dataclass
class History:
    """Three businesses trade while a simulated clock runs; everything is remembered in plain lists."""

    session: Session
    parts: bool = False  # some units of an account are locked too, and locked units go
    at: datetime = NOW
    moved: list[Moved] = field(default_factory=list)
    locks: list[Locked] = field(default_factory=list)
    roads: list[tuple[UUID, UUID, Party, Party, int]] = field(default_factory=list)
    answers: list[tuple[datetime, str, Answer]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parties = [party(self.session, 2), party(self.session, 2, region_code="230202"), party(self.session, 2)]
        self.product = product(self.session)
        self.actors = {
            "everybody": SYSTEM,
            "merchant": merchant(self.parties[0]),
            "buyer": merchant(self.parties[1]),
            "officer": officer("230202"),
        }

    def post(self, kind: str, batch_id: UUID, entries: tuple[Entry, ...], happened_at: datetime, **more: Any) -> bool:
        """Post a movement as a request does, all or nothing; say whether it was accepted."""
        draft = Draft(kind, batch_id, entries, happened_at, **more)
        try:
            with self.session.begin_nested():
                (made,) = ledger.post(self.session, SYSTEM, [draft])
        except Conflict:
            return False
        self.moved.append(Moved(draft, made.movement_id, happened_at, self.at))
        return True

    def step(self, drawn: random.Random) -> None:
        """Let some time pass and something happen, then remember what the stock answers to each reader."""
        self.at += drawn.choice([timedelta(seconds=1), 7 * MINUTE, timedelta(hours=5)])
        with clock.simulated(self.at):
            kinds = [
                self.intake,
                self.send,
                self.answered,
                self.leave,
                self.store,
                self.correct,
                self.lock,
                self.unlock,
            ]
            kinds += [self.lock_part, self.leave, self.store] if self.parts else []
            drawn.choice(kinds if self.moved else kinds[:1])(drawn)
            for name, actor in self.actors.items():
                self.answers.append((self.at, name, present(self.session, actor)))

    def claimed(self, drawn: random.Random) -> datetime:
        """Return when it happened: now, earlier (entered late), or a little ahead of our clock."""
        return self.at + drawn.choice([timedelta(0), timedelta(0), -3 * MINUTE, -timedelta(hours=9), 2 * MINUTE])

    def takes(self, drawn: random.Random) -> dict[str, Any]:
        """Return what lets locked units go: goods set apart, or a fact entered late."""
        if not self.parts or drawn.random() < 0.4:
            return {}
        return {"moves_locked": True, "takes_held": drawn.choice(["first", "last"])}

    def somewhere(self, drawn: random.Random) -> tuple[UUID, Party, UUID, int]:
        return (
            drawn.choice([each.draft.batch_id for each in self.moved]),
            *((owner := drawn.choice(self.parties)), drawn.choice(owner.zones)),
            drawn.randint(1, 9),
        )

    def intake(self, drawn: random.Random) -> None:
        owner, units = drawn.choice(self.parties), drawn.randint(1, 30)
        batch_id = batch(self.session, owner, self.product, units, stocked=False, at=self.at)
        entries = postings.intake(owner.business_id, owner.zone_id, units)
        assert self.post("intake", batch_id, entries, self.claimed(drawn))

    def send(self, drawn: random.Random) -> None:
        batch_id, owner, zone_id, units = self.somewhere(drawn)
        to, road = drawn.choice(self.parties), new_id()
        entries = postings.dispatch(owner.business_id, zone_id, road, units)
        if self.post("dispatch", batch_id, entries, self.claimed(drawn), consignment_id=road):
            self.session.add(
                Consignment(
                    consignment_id=road, consignment_no=f"FH{road}", owner_id=owner.business_id, from_zone_id=zone_id,
                    from_site_id=owner.site_id, to_business_id=to.business_id, to_site_id=to.site_id,
                    purpose="delivery", handover="await_confirmation", state="in_transit", occurred_at=self.at,
                    recorded_at=self.at,
                )
            )  # fmt: skip
            self.session.flush()
            self.roads.append((batch_id, road, owner, to, units))

    def answered(self, drawn: random.Random) -> None:
        if not self.roads:
            return
        batch_id, road, owner, to, units = self.roads.pop(drawn.randrange(len(self.roads)))
        if drawn.random() < 0.3:
            entries = postings.reject(owner.business_id, owner.zone_id, road, units)
            kind = "rejection"
        else:
            entries = postings.confirm(owner.business_id, to.business_id, to.zone_id, road, units)
            kind = "confirmation"
        assert self.post(kind, batch_id, entries, self.claimed(drawn), consignment_id=road, moves_locked=True)

    def leave(self, drawn: random.Random) -> None:
        batch_id, owner, zone_id, units = self.somewhere(drawn)
        kind, account = drawn.choice([("sale", "sold"), ("use", "used"), ("loss", "lost"), ("stocktake", "missing")])
        entries = postings.leave(account, owner.business_id, zone_id, units)
        marks = self.takes(drawn) or {"moves_locked": drawn.random() < 0.5}
        self.post(kind, batch_id, entries, self.claimed(drawn), late=True, **marks)

    def store(self, drawn: random.Random) -> None:
        batch_id, owner, zone_id, units = self.somewhere(drawn)
        to_zone_id = owner.zones[1 - owner.zones.index(zone_id)]
        entries = postings.relocate(owner.business_id, zone_id, to_zone_id, units)
        self.post("relocation", batch_id, entries, self.claimed(drawn), **self.takes(drawn))

    def correct(self, drawn: random.Random) -> None:
        wrong = [each for each in self.moved if each.draft.kind in {"sale", "use", "loss", "relocation"}]
        if not wrong:
            return
        original = drawn.choice(wrong)
        # what a correction claims for itself is nobody's business: it is about the time of what it corrects
        self.post(
            "correction", original.draft.batch_id, postings.reverse(original.draft.entries), self.claimed(drawn),
            corrects_id=original.movement_id, moves_locked=True,
        )  # fmt: skip

    def lock(self, drawn: random.Random) -> None:
        batch_id = drawn.choice(self.moved).draft.batch_id
        cause = Cause("recall", new_id())
        if holds.place(self.session, SYSTEM, [batch_id], cause, "red", self.at - timedelta(hours=2)):
            self.locks.append(Locked(cause, batch_id, self.at))

    def lock_part(self, drawn: random.Random) -> None:
        there = ledger.holdings(self.session, [drawn.choice(self.moved).draft.batch_id])
        if there:
            part = {drawn.choice(there).holding_id: None if drawn.random() < 0.2 else 1}
            cause = Cause("inspection", new_id())
            holds.place_parts(self.session, SYSTEM, part, cause, "sealed", self.at - timedelta(hours=2))
            self.locks.append(Locked(cause, new_id(), self.at))

    def unlock(self, drawn: random.Random) -> None:
        active = [each for each in self.locks if each.ended_at is None]
        if active:
            ended = drawn.choice(active)
            holds.end(self.session, SYSTEM, ended.cause, "解除")
            ended.ended_at = self.at

    def replayed(self, as_of: datetime, known_at: datetime) -> Answer:
        """Return what lay where, from the test's own memory."""
        by_id = {each.movement_id: each for each in self.moved}
        units: Counter[Place] = Counter()
        for each in self.moved:
            about = by_id[each.draft.corrects_id] if each.draft.corrects_id else each
            if each.recorded_at > known_at or min(about.happened_at, each.recorded_at) > as_of:
                continue
            for entry in each.draft.entries:
                if entry.account in CUSTODY:
                    place = (each.draft.batch_id, entry.owner_id, entry.zone_id, entry.consignment_id)
                    units[place] += entry.quantity_units
        seen = min(as_of, known_at)
        locked = {
            each.batch_id
            for each in self.locks
            if each.recorded_at <= seen and (each.ended_at is None or each.ended_at > seen)
        }
        return {
            place: (there, max(0, there) if place[0] in locked else 0) for place, there in units.items() if there != 0
        }


def test_what_was_known_then_is_what_was_answered_then(
    shared_database: Engine, rounds: Callable[[int, int], int]
) -> None:
    """Random histories with late facts, corrections and locks: SQL against plain Python, and against what was said."""

    @settings(max_examples=rounds(12, 200), deadline=None, suppress_health_check=list(HealthCheck))
    @given(seed=st.integers(0, 2**32), steps=st.integers(15, 30), parts=st.booleans())
    def run(seed: int, steps: int, parts: bool) -> None:
        with shared_database.connect() as connection:
            connection.begin()
            with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
                check(History(session, parts), random.Random(seed), steps)
            connection.rollback()

    def check(history: History, drawn: random.Random, steps: int) -> None:
        for _ in range(steps):
            history.step(drawn)
        session = history.session
        with clock.simulated(history.at + MINUTE):
            for at, name, said in history.answers:
                assert then(session, history.actors[name], at, at) == said, (at, name)
            times = [history.at, NOW - MINUTE, *(at for at, _, _ in history.answers)]
            for _ in range(12):
                if history.parts:
                    break  # what becomes of parts is the ledger's affair; that it is remembered was shown above
                as_of, known_at = drawn.choice(times), drawn.choice(times)
                assert then(session, SYSTEM, as_of, known_at) == history.replayed(as_of, known_at)
                compared = past.compare(session, SYSTEM, as_of=as_of, limit=200).items
                assert answer([item for item in compared if item["quantity_units"]]) == history.replayed(as_of, as_of)
                later = [item | {"quantity_units": item["now_units"], "locked_units": item["now_locked_units"]}
                         for item in compared if item["now_units"]]  # fmt: skip
                assert answer(later) == history.replayed(as_of, history.at)
                for item in compared:
                    assert (item["learnt_at"] is not None) == (item["quantity_units"] != item["now_units"])

    run()


# --- by hand ---


@dataclass
class Scene:
    """100 units came at NOW; 30 were sold two hours later, which the books learnt a day after."""

    session: Session
    seller: Party
    goods: UUID
    sale: UUID


@pytest.fixture
def scene(session: Session) -> Scene:
    seller = party(session, 2)
    with clock.simulated(NOW):
        goods = batch(session, seller, product(session), 100, at=NOW)
    with clock.simulated(NOW + timedelta(days=1)):
        sold = postings.leave("sold", seller.business_id, seller.zone_id, 30)
        draft = Draft("sale", goods, sold, NOW + timedelta(hours=2), late=True)
        (made,) = ledger.post(session, SYSTEM, [draft])
    return Scene(session, seller, goods, made.movement_id)


def units(scene: Scene, as_of: datetime | None, known_at: datetime | None) -> int:
    found = past.stock_at(scene.session, merchant(scene.seller), as_of=as_of, known_at=known_at, limit=10).items
    return sum(item["quantity_units"] for item in found)


def test_a_late_fact_changes_what_is_known_now_of_then(scene: Scene) -> None:
    noon = NOW + timedelta(hours=5)
    assert units(scene, noon, noon) == 100
    assert units(scene, noon, None) == 70
    assert units(scene, NOW + timedelta(hours=1), None) == 100
    assert units(scene, NOW - MINUTE, None) == 0
    assert units(scene, None, noon) == 100, "what was known at noon, carried on"
    (row,) = past.compare(scene.session, merchant(scene.seller), as_of=noon, limit=10).items
    assert (row["quantity_units"], row["now_units"], row["now_mass_g"]) == (100, 70, 140_000)
    assert row["learnt_at"] == NOW + timedelta(days=1)
    assert row["status"] is None


def test_a_correction_is_about_the_time_of_what_it_corrects(scene: Scene) -> None:
    two_days = NOW + timedelta(days=2)
    with clock.simulated(two_days):
        back = postings.reverse(postings.leave("sold", scene.seller.business_id, scene.seller.zone_id, 10))
        draft = Draft("correction", scene.goods, back, two_days, corrects_id=scene.sale, reason="少记")
        ledger.post(scene.session, SYSTEM, [draft])
    noon = NOW + timedelta(hours=5)
    assert units(scene, noon, None) == 80
    assert units(scene, noon, two_days - MINUTE) == 70
    assert units(scene, noon, noon) == 100
    assert units(scene, two_days - MINUTE, two_days - MINUTE) == 70


def test_a_fact_claimed_ahead_of_our_clock_happened_when_it_was_recorded(scene: Scene) -> None:
    at = NOW + timedelta(days=3)
    with clock.simulated(at):
        gone = postings.leave("used", scene.seller.business_id, scene.seller.zone_id, 5)
        ledger.post(scene.session, SYSTEM, [Draft("use", scene.goods, gone, at + 4 * MINUTE)])
    assert units(scene, at, at) == 65


def test_claims_that_contradict_each_other_are_shown_and_not_smoothed(scene: Scene) -> None:
    """Goods that are said to have left a zone before they came there: the sum stays true."""
    second = scene.seller.zones[1]
    with clock.simulated(NOW + timedelta(days=4)):
        moved = postings.relocate(scene.seller.business_id, scene.seller.zone_id, second, 20)
        ledger.post(scene.session, SYSTEM, [Draft("relocation", scene.goods, moved, NOW + timedelta(days=4))])
        gone = postings.leave("sold", scene.seller.business_id, second, 8)
        ledger.post(scene.session, SYSTEM, [Draft("sale", scene.goods, gone, NOW + timedelta(days=2), late=True)])
    found = past.stock_at(scene.session, SYSTEM, as_of=NOW + timedelta(days=3), batch_id=scene.goods, limit=10).items
    assert {item["zone_id"]: item["quantity_units"] for item in found} == {scene.seller.zone_id: 70, second: -8}


def test_locks_are_those_of_then(scene: Scene) -> None:
    cause, placed = Cause("recall", new_id()), NOW + timedelta(days=2)
    with clock.simulated(placed):
        holds.place(scene.session, SYSTEM, [scene.goods], cause, "red", NOW)
    with clock.simulated(placed + timedelta(days=1)):
        holds.end(scene.session, SYSTEM, cause, "解除")

    def locked(as_of: datetime, known_at: datetime | None = None) -> int:
        found = past.stock_at(scene.session, SYSTEM, as_of=as_of, known_at=known_at, batch_id=scene.goods, limit=10)
        return sum(item["locked_units"] for item in found.items)

    assert locked(NOW + timedelta(days=1)) == 0, (
        "a lock is an act of the books: nothing was locked before it was placed"
    )
    assert locked(placed) == 70
    assert locked(placed + timedelta(hours=3)) == 70
    assert locked(placed + timedelta(days=1)) == 0
    assert locked(placed + timedelta(days=2), placed + timedelta(hours=3)) == 70, "nobody knew yet that it would end"


@pytest.mark.parametrize("name", ["as_of", "known_at"])
def test_the_future_is_not_known(scene: Scene, name: str) -> None:
    asked: dict[str, Any] = {name: clock.now() + MINUTE}
    with pytest.raises(Invalid) as refused:
        past.stock_at(scene.session, SYSTEM, limit=10, **asked)
    assert (refused.value.errors[0].pointer, refused.value.errors[0].code) == (f"/{name}", "in_future")
    with pytest.raises(NotFound):
        past.stock_at(scene.session, SYSTEM, business="91230203NOBODY0000", limit=10)


def test_who_sees_the_past_sees_no_more_than_of_the_present(scene: Scene) -> None:
    noon = NOW + timedelta(hours=5)
    for actor, sees in (
        (merchant(scene.seller), True),
        (officer("230203"), True),
        (officer("230200"), True),
        (merchant(party(scene.session)), False),
        (officer("511011"), False),
        (Actor(new_id(), "inspector", "示例", "inspector"), False),
        (Actor(new_id(), "admin", "示例", "admin"), True),
    ):
        assert bool(then(scene.session, actor, noon, None)) is sees, actor
        assert bool(past.compare(scene.session, actor, as_of=noon, limit=10).items) is sees
    with pytest.raises(Forbidden):
        past.stock_at(scene.session, Actor(new_id(), "lab", "示例", "lab", business_id=new_id()), limit=1)


def test_pages_and_filters(session: Session) -> None:
    seller, other = party(session, 2), party(session)
    with clock.simulated(NOW):
        made = [batch(session, seller, product(session), 10 + number, at=NOW) for number in range(5)]
        batch(session, other, product(session), 7, at=NOW)
    seen: list[UUID] = []
    cursor = None
    while True:
        page = past.stock_at(session, merchant(seller), as_of=NOW, limit=2, cursor=cursor)
        seen += [item["batch_id"] for item in page.items]
        cursor = page.following
        if cursor is None:
            break
    assert seen == [*reversed(made)]
    filters: dict[str, Any]
    for filters, expected in (
        ({"site_id": seller.site_id}, made),
        ({"zone_id": seller.zones[1]}, []),
        ({"batch_id": made[0]}, made[:1]),
        ({"business": str(seller.business_id)}, made),
    ):
        found = past.stock_at(session, SYSTEM, as_of=NOW, limit=200, **filters).items
        assert {item["batch_id"] for item in found} == set(expected)
    with pytest.raises(Invalid):
        past.stock_at(session, SYSTEM, as_of=NOW, limit=2, cursor="no cursor")


def test_a_page_costs_the_same_statements_however_long(session: Session) -> None:
    seller = party(session)
    with clock.simulated(NOW):
        for _ in range(6):
            batch(session, seller, product(session), 10, at=NOW)

    def statements(limit: int) -> int:
        said: list[str] = []

        def count(_c: object, _cu: object, statement: str, *_: object) -> None:
            said.append(statement)

        session.expunge_all()
        event.listen(session.connection(), "before_cursor_execute", count)
        past.stock_at(session, merchant(seller), as_of=NOW, limit=limit)
        event.remove(session.connection(), "before_cursor_execute", count)
        return len(said)

    assert statements(1) == statements(200)


# --- over HTTP ---


def test_the_past_over_http(world: World) -> None:
    goods = world.cleared(100)
    speaker = world.merchant(goods["owner"])
    zone, batch_id = goods["zone"]["zone_id"], goods["batch"]["batch_id"]
    page = speaker.get("/stock")
    assert page["as_of"] == page["known_at"]
    (row,) = page["items"]
    body = {
        "from_zone_id": zone, "to": {"name": "王示例", "phone": "0452-0000099"}, "handover": "signed_in_person",
        "lines": [{"batch_id": batch_id, "quantity_units": 40}],
    }  # fmt: skip
    speaker.post("/consignments", body, 201)
    assert [item["quantity_units"] for item in speaker.get("/stock")["items"]] == [60]
    before = page["as_of"]
    found = speaker.get(f"/stock?as_of={before}&known_at={before}")
    assert found["items"] == [row | {"status": None}]
    assert (found["as_of"], found["known_at"]) == (before, before)
    assert speaker.get(f"/stock?as_of={before}")["known_at"] > before
    assert speaker.get(f"/stock?known_at={before}")["items"] == [row | {"status": None}]
    assert speaker.get("/stock?as_of=2021-01-18T06:00:00%2B08:00")["items"] == []
    (there,) = speaker.get("/stock?as_of=2021-01-18T06:41:00%2B08:00")["items"]
    assert there["quantity_units"] == 100
    assert speaker.get("/stock?as_of=2021-01-18T06:41:00%2B08:00&known_at=2021-01-18T06:41:00%2B08:00")["items"] == []
    for name in ("as_of", "known_at"):
        problem = speaker.get(f"/stock?{name}=2099-01-01T00:00:00Z", 422)
        assert [(each["pointer"], each["code"]) for each in problem["errors"]] == [(f"/{name}", "in_future")]
        assert speaker.get(f"/stock?{name}=2021-01-18", 422)["errors"][0]["code"] == "not_time"
    stranger = world.merchant(world.business("别家"))
    assert stranger.get(f"/stock?as_of={before}")["items"] == []


# --- the page ---


def test_the_page_of_a_past_moment(app: Flask, world: World) -> None:
    goods = world.cleared(100)  # came on 18 January 2021, entered now: late, so nobody knew it then
    reader = Reader.of(app, world.merchant(goods["owner"]))
    page = reader.open("/stock")
    assert "As of 20" in page
    assert "Clear to circulate" in page
    assert dict(reader.form("/stock")["fields"]) == {"as_of": ""}
    page = reader.open("/stock?as_of=2021-01-18+07:00")
    assert "As of 2021-01-18 07:00" in page
    assert re.search(r'data-th="Known then"[^<]*>\s*<span>0 pieces', page)
    assert re.search(r'data-th="Known now"[^<]*>\s*<span>16 pieces \+ 4 units', page)
    assert "Entered late" in page
    assert "Clear to circulate" not in page, "what the batch was then is not known"
    page = reader.open("/stock?as_of=2021-01-18+07:00&view=now")
    assert page.index('data-th="Known now"') < page.index('data-th="Known then"')
    assert "There was no stock here then" in reader.open("/stock?as_of=2021-01-18+06:00")
    for wrong in ("2099-01-01+00:00", "yesterday"):
        page = reader.open(f"/stock?as_of={wrong}", 422)
        assert 'href="#f-as_of"' in page
        assert 'id="f-as_of-error"' in page
        assert goods["batch"]["batch_id"] in page, "the present is shown meanwhile"
    stranger = Reader.of(app, world.merchant(world.business("别家")))
    assert goods["batch"]["batch_id"] not in stranger.open("/stock?as_of=2021-01-18+07:00")


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_the_page_in_both_languages(app: Flask, world: World, lang: str) -> None:
    goods = world.cleared(100)
    reader = Reader.of(app, world.merchant(goods["owner"]), lang=lang)
    for address in ("/stock", "/stock?as_of=2021-01-18+07:00", "/stock?as_of=x"):
        assert reader.open(address, None).count("<h1") == 1
    assert ("现在所知" in reader.open("/stock?as_of=2021-01-18+07:00")) is (lang == "zh_CN")
