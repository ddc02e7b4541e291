"""Loading the demonstration: an interrupted load starts over, a database with own data is left alone, sets by name."""

import io
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from coldchain.accounts import service as accounts
from coldchain.core import db, marks
from coldchain.ops import demo_load
from coldchain.recall.models import SweepTask
from coldchain.registry.models import Business, Site
from coldchain.registry.models_stewards import STEWARD_KINDS
from coldchain.registry.service import stewards
from config import Settings, SettingsError


def test_an_interrupted_load_starts_over(settings: Settings, owner_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A load that dies half-way leaves a mark; the next start empties the database and loads all of it."""
    chosen = replace(
        settings, demo=True, demo_sets=("sweep_b",), demo_password="demonstration password",
        database_owner_url=owner_url,
    )  # fmt: skip
    done = []
    original = demo_load.Replay._do

    def dies(self: Any, session: Any, event: Any) -> None:
        done.append(event)
        if len(done) == 300:
            raise KeyboardInterrupt
        original(self, session, event)

    monkeypatch.setattr(demo_load.Replay, "_do", dies)
    with pytest.raises(KeyboardInterrupt):
        demo_load.load_if_empty(chosen, io.StringIO())
    monkeypatch.setattr(demo_load.Replay, "_do", original)
    with db.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Business)) != 0
    assert demo_load.load_if_empty(chosen, io.StringIO())
    with db.transaction() as session:
        assert session.scalar(select(func.count()).select_from(SweepTask)) == 146


def test_a_database_with_own_data_is_left_alone(settings: Settings, owner_url: str, world: Any) -> None:
    """Whoever has registered a business gets no demonstration."""
    world.business()
    chosen = replace(settings, demo=True, database_owner_url=owner_url)
    assert not demo_load.load_if_empty(chosen, io.StringIO())


def test_the_stores_of_dongxing_have_three_stewards_each(settings: Settings, owner_url: str) -> None:
    """55 cold stores with 165 stewards, a place of its own: no sweep of another district knows it."""
    chosen = replace(
        settings, demo=True, demo_sets=("dongxing",), demo_password="demonstration password",
        database_owner_url=owner_url,
    )  # fmt: skip
    assert demo_load.load_if_empty(chosen, io.StringIO())
    with db.transaction() as session:
        there = select(col(Site.site_id)).where(col(Site.region_code) == "511011", col(Site.kind) == "cold_store")
        stores = session.scalars(there).all()
        held = stewards.stewards_of(session, stores)
        assert len(stores) == 55
        assert sum(len(each) for each in held.values()) == 165
        assert {tuple(term.kind for term in each) for each in held.values()} == {STEWARD_KINDS}
        officer = accounts.actor_of(session, accounts.user_by_name(session, "dongxing"))
        assert stewards.count(session, officer) == (55, 0, 0)


def test_a_set_that_is_not_there_is_named(settings: Settings, owner_url: str) -> None:
    """A slip in COLDCHAIN_DEMO_SETS loads nothing, marks nothing and says which sets there are."""
    chosen = replace(settings, demo=True, demo_sets=("sweep_b", "sweep_c"), database_owner_url=owner_url)
    with pytest.raises(SettingsError, match=r"sweep_c.*sweep_b, register, sweep_a"):
        demo_load.load_if_empty(chosen, io.StringIO())
    with db.transaction() as session:
        assert marks.read(session, "demo") is None
