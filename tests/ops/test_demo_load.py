"""Loading the demonstration: an interrupted load starts over, a database with own data is left alone, sets by name."""

import io
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from coldchain.core import db, marks
from coldchain.ops import demo_load
from coldchain.recall.models import SweepTask
from coldchain.registry.models import Business
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


def test_a_set_that_is_not_there_is_named(settings: Settings, owner_url: str) -> None:
    """A slip in COLDCHAIN_DEMO_SETS loads nothing, marks nothing and says which sets there are."""
    chosen = replace(settings, demo=True, demo_sets=("sweep_b", "sweep_c"), database_owner_url=owner_url)
    with pytest.raises(SettingsError, match=r"sweep_c.*sweep_b, register, sweep_a"):
        demo_load.load_if_empty(chosen, io.StringIO())
    with db.transaction() as session:
        assert marks.read(session, "demo") is None
