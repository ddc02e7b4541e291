"""Standing consents: who keeps goods sends them on only by their owner's recorded word, while it stands."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlmodel import Session

from coldchain.core import db
from coldchain.core.errors import Forbidden, Invalid, NotFound
from coldchain.ledger import service as ledger
from coldchain.ledger.postings import Draft, relocate
from coldchain.trade import service
from coldchain.trade.service import consents
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.ledger.books import SINCE_2023, Party, batch, party, product, stock
from tests.races.meeting import meet
from tests.trade.parties import merchant, officer, send


@pytest.fixture
def owner(session: Session) -> Party:
    return party(session)


@pytest.fixture
def store(session: Session) -> Party:
    return party(session)


@pytest.fixture
def goods(session: Session, owner: Party, store: Party) -> UUID:
    """100 units of the owner's in another's store."""
    made = batch(session, owner, product(session), 100)
    entries = relocate(owner.business_id, owner.zone_id, store.zone_id, 100)
    ledger.post(session, merchant(owner), [Draft("relocation", made, entries, SINCE_2023)])
    return made


def give(session: Session, actor: Any, owner: Party, store: Party) -> UUID:
    """Let the store send the owner's goods on."""
    made: UUID = consents.give(session, actor, owner.business_id, custodian=store.business_id)["consent_id"]
    return made


def passed_on(session: Session, owner: Party, store: Party, goods: UUID, **more: Any) -> Any:
    """The store sends some of the owner's goods to somebody."""
    return send(session, merchant(store), store, party(session), goods, owner=str(owner.business_id), **more)


def test_the_keeper_sends_in_the_owners_name_while_the_consent_stands(
    session: Session, owner: Party, store: Party, goods: UUID
) -> None:
    with pytest.raises(Forbidden):
        passed_on(session, owner, store, goods)
    consent_id = give(session, merchant(owner), owner, store)
    made = passed_on(session, owner, store, goods)
    assert made["owner"].business_id == made["on_behalf_of"] == owner.business_id
    assert stock(session, goods)["zone", store.zone_id] == (70, 0)
    consents.withdraw(session, merchant(owner), owner.business_id, consent_id)
    with pytest.raises(Forbidden):
        passed_on(session, owner, store, goods)


def test_it_covers_only_what_lies_in_ones_own_store(session: Session, owner: Party, store: Party, goods: UUID) -> None:
    give(session, merchant(owner), owner, store)
    other = batch(session, owner, product(session), 100)
    with pytest.raises(NotFound):
        send(session, merchant(store), owner, party(session), other, owner=str(owner.business_id))


def test_a_consent_is_no_consent_of_others(session: Session, owner: Party, store: Party, goods: UUID) -> None:
    """Not for another store, not for another's goods, not the other way round, and not for returns."""
    third = party(session)
    give(session, merchant(third), third, store)
    give(session, merchant(owner), owner, third)
    give(session, merchant(store), store, owner)
    with pytest.raises(Forbidden):
        passed_on(session, owner, store, goods)
    give(session, merchant(owner), owner, store)
    with pytest.raises(Forbidden):
        service.dispatch_return(
            session, merchant(store), from_zone_id=store.zone_id, to={"business": str(third.business_id)},
            owner=str(owner.business_id), lines=[{"batch_id": goods, "quantity_units": 1}],
        )  # fmt: skip


def test_given_twice_it_is_one(session: Session, owner: Party, store: Party) -> None:
    first = give(session, merchant(owner), owner, store)
    assert give(session, merchant(owner), owner, store) == first
    consents.withdraw(session, merchant(owner), owner.business_id, first)
    consents.withdraw(session, merchant(owner), owner.business_id, first)
    assert give(session, merchant(owner), owner, store) != first


def test_who_may_give_it(session: Session, owner: Party, store: Party) -> None:
    for actor in (merchant(store), merchant(party(session)), officer("511011")):
        with pytest.raises(NotFound):
            give(session, actor, owner, store)
    given = consents.give(session, officer(), owner.business_id, custodian=store.business_id)
    assert given["on_behalf_of"] == owner.business_id
    with pytest.raises(NotFound):
        consents.withdraw(session, merchant(store), store.business_id, given["consent_id"])
    for wrong, code in ((owner.business_id, "same_business"), (uuid4(), "unknown_business")):
        with pytest.raises(Invalid) as caught:
            consents.give(session, merchant(owner), owner.business_id, custodian=wrong)
        assert caught.value.errors[0].code == code


def test_given_many_times_at_once_it_is_one(database: Engine, rounds: Callable[[int, int], int]) -> None:
    for _ in range(rounds(3, 50)):
        with db.transaction() as session:
            one, other = party(session), party(session)
        made = meet([lambda session, one=one, other=other: give(session, merchant(one), one, other)] * 8)
        assert len(set(made)) == 1, made


def test_over_http_and_on_its_page(app: Flask, world: World) -> None:
    have, keeper = world.cleared(10), world.business("示例冷库")
    owner, store = world.merchant(have["owner"]), world.merchant(keeper)
    address = f"/businesses/{have['owner']['uscc']}/standing-consents"
    reader = Reader.of(app, owner)
    reader.open("/standing-consents")
    reader.send("/standing-consents", 422, custodian="91230203NOBODY0000")
    assert 'href="#f-custodian"' in reader.text
    reader.send("/standing-consents", 200, custodian=keeper["uscc"])
    assert keeper["name"] in reader.text
    (item,) = owner.get(address)["items"]
    assert item["custodian"]["business_id"] == keeper["business_id"]
    store.get(address, 404)
    assert store.get(f"/businesses/{keeper['business_id']}/standing-consents")["items"] == [item]
    page = Reader.of(app, store)
    assert f"/consignments/new?owner={have['owner']['business_id']}" in page.open("/standing-consents")
    page.open(f"/consignments/new?owner={have['owner']['business_id']}")
    page.open(f"/consignments/new?owner={world.business('别家')['business_id']}", 404)
    reader.send(f"/standing-consents/{item['consent_id']}/withdraw", 200)
    assert owner.get(address)["items"] == []
    assert "Nobody sends your goods on but you" in reader.text
    again = owner.post(address, {"custodian": keeper["business_id"]}, 201)
    ended = app.test_client().delete(
        f"/api/v1{address}/{again['consent_id']}", headers={"Authorization": f"Bearer {owner.token}"}
    )
    assert (ended.status_code, ended.get_json()["ended_at"] is not None) == (200, True)
    Reader.of(app, world.regulator).open("/standing-consents", 404)
