"""A sweep while goods move, samples come back and stock is registered: no circle of waiting, nothing lost (R9)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select, text
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.core import clock, db
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.recall import announce, findings, pull_in, samples, tasks
from coldchain.recall.models import Recall, SweepTask, TaskExpected
from coldchain.registry.models import Site
from coldchain.trade.service import answers
from tests.ledger.books import Party, batch, party, product
from tests.races.meeting import meet
from tests.races.test_announce_race import draft, register
from tests.trade.parties import merchant, officer, send

SAMPLES = [{"place": "示例市场", "round": 1, "pieces": 10}]


@pytest.fixture(autouse=True)
def pulled_in() -> None:
    """The subscription that the program makes when it starts."""
    pull_in.install()


def inspector() -> Actor:
    """Somebody who looks at places."""
    return Actor(new_id(), "inspector", "示例", "inspector", areas=(Area("230203"),))


def swept() -> tuple[Party, UUID, UUID, UUID]:
    """Return a party with stock of a product, the product, the running recall of it and the party's task."""
    with db.transaction() as session:
        owner, of = party(session), product(session)
        batch(session, owner, of)
        recall_id = draft(session, {"product_ids": [str(of.product_id)]})
    with db.transaction() as session:
        announce.announce(session, officer(), recall_id)
        task_id = session.scalars(select(col(SweepTask.task_id)).where(col(SweepTask.recall_id) == recall_id)).one()
    return owner, of.product_id, recall_id, task_id


def state_of(task_id: UUID) -> str:
    with db.transaction() as session:
        return tasks.views(session, [session.get_one(SweepTask, task_id)])[0].state


def test_an_announcement_does_not_wait_for_an_answer(database: Engine) -> None:
    """Its task names the consignment that is being answered: only the answer waits, not both for each other."""
    with db.transaction() as session:
        seller, buyer = party(session), party(session)
        another = Site(
            business_id=buyer.business_id, name="示例二店", kind="shop", region_code="230203", recorded_at=clock.now()
        )
        session.add(another)  # two sites: nobody knows where the goods are bound for
        session.flush()
        goods = batch(session, seller, of := product(session))
        road = send(session, merchant(seller), seller, buyer, goods, 30)["consignment_id"]
        recall_id = draft(session, {"product_ids": [str(of.product_id)]})
    with db.transaction() as answer:
        answers.opened(answer, merchant(buyer), road)
        with db.transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '1s'"))
            announced = announce.announce(session, officer(), recall_id)
    assert announced.tasks == 2


def test_findings_and_results_count_the_same_samples(database: Engine, rounds: Callable[[int, int], int]) -> None:
    """A recount and a result at once: one after the other, and no piece is counted that isn't there."""
    for _ in range(rounds(20, 200)):
        _owner, _product_id, recall_id, task_id = swept()
        with db.transaction() as session:
            findings.record(session, inspector(), task_id, outcome="none_found", samples_taken=SAMPLES)

        def recount(session: Session, task_id: UUID = task_id) -> Any:
            fewer = [SAMPLES[0] | {"pieces": 4}]
            return findings.record(session, inspector(), task_id, outcome="none_found", samples_taken=fewer)

        def result(session: Session, recall_id: UUID = recall_id) -> Any:
            return samples.record_result(
                session, inspector(), recall_id, round=1, pieces=8, state="sent", place="示例市场"
            )

        results = meet([recount, result])
        assert sum(isinstance(each, Invalid) for each in results) == 1, results
        assert sum(isinstance(each, Exception) for each in results) == 1, results
        with db.transaction() as session:
            assert min(samples.buckets(samples.events_of(session, recall_id)).values()) > 0


def test_stock_that_comes_during_a_finding_reopens_the_task(database: Engine) -> None:
    """Registered while an officer's finding is being kept, it was not known to the officer."""
    owner, product_id, _recall_id, task_id = swept()
    done: list[Any] = []

    def registering() -> None:
        with db.transaction() as session:
            done.append(register(session, owner, product_id, 1))

    other = threading.Thread(target=registering)
    with db.transaction() as session:
        task, recall = tasks.get(session, inspector(), task_id)
        tasks.hold(session, recall.recall_id, col(SweepTask.task_id) == task.task_id)
        other.start()
        other.join(0.5)
        findings.record(session, inspector(), task_id, outcome="none_found")
    other.join(20)
    assert len(done) == 1
    assert state_of(task_id) == "open"


def test_a_place_gets_one_task_however_many_find_it(database: Engine, rounds: Callable[[int, int], int]) -> None:
    """Officers on foot and stock that is registered there at the same moment all mean one task."""
    for _ in range(rounds(20, 200)):
        _owner, product_id, recall_id, _task_id = swept()
        with db.transaction() as session:
            place = party(session)

        def on_foot(session: Session, recall_id: UUID = recall_id, place: Party = place) -> Any:
            return tasks.find_on_foot(session, inspector(), recall_id, site_id=place.site_id)[0].task_id

        def arriving(serial: int, product_id: UUID = product_id, place: Party = place) -> Callable[[Session], Any]:
            return lambda session: register(session, place, product_id, serial)

        results = meet([on_foot, arriving(1), on_foot, arriving(2)])
        assert [each for each in results if isinstance(each, Exception)] == []
        with db.transaction() as session:
            here = session.scalars(
                select(SweepTask).where(col(SweepTask.recall_id) == recall_id, col(SweepTask.site_id) == place.site_id)
            ).one()
            units = session.scalar(
                select(func.sum(col(TaskExpected.quantity_units))).where(col(TaskExpected.task_id) == here.task_id)
            )
        assert units == 20
        assert {results[0], results[2]} == {here.task_id}


def test_nobody_of_a_part_announces_for_the_whole(database: Engine) -> None:
    """A district's regulator reads the city's draft and can't announce it."""
    with db.transaction() as session:
        batch(session, party(session), of := product(session))
        recall_id = draft(session, {"product_ids": [str(of.product_id)]})
        session.get_one(Recall, recall_id).region_code = "230200"
    with pytest.raises(NotFound), db.transaction() as session:
        announce.announce(session, officer("230203"), recall_id)
    with db.transaction() as session:
        assert announce.announce(session, officer("230200"), recall_id).batches == 1
    with pytest.raises(Conflict), db.transaction() as session:
        announce.announce(session, officer("230200"), recall_id)
