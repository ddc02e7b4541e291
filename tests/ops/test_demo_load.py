"""The demonstration, replayed through the services: each report states exactly what the bureau knew at that time."""

import io
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlmodel import col

from coldchain.accounts import service as accounts
from coldchain.accounts.actor import SYSTEM
from coldchain.batches.models import Batch
from coldchain.core import clock, db, marks
from coldchain.journal import sequencer
from coldchain.ledger import check
from coldchain.ops import demo_load
from coldchain.ops.demo import data
from coldchain.recall import bulletin, drafts, figures, findings, report, samples, tasks
from coldchain.recall.models import Recall, SweepTask
from coldchain.registry.models import Business, Site
from coldchain.registry.models_stewards import STEWARD_KINDS
from coldchain.registry.service import stewards
from config import Settings

BY_PLACE = {
    "华博冷库": 61, "福鼎市场": 44, "方兴市场": 31, "永辉超市": 22, "星光市场": 20, "荣哥果蔬": 16, "西园市场": 8,
}  # fmt: skip


def beijing(text: str) -> datetime:
    """Return a Beijing time."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.BEIJING)


def known(moment: str) -> report.Report:
    """Return the report as of a Beijing time."""
    with db.transaction() as session:
        recall = session.scalars(select(Recall)).one()
        return report.report(session, SYSTEM, recall.recall_id, beijing(moment))


@pytest.fixture
def demo(settings: Settings, owner_url: str) -> tuple[Settings, str]:
    """The loaded demonstration and what the loading said."""
    said = io.StringIO()
    chosen = replace(settings, demo=True, demo_password="demonstration password", database_owner_url=owner_url)
    assert demo_load.load_if_empty(chosen, said)
    return chosen, said.getvalue()


def test_what_was_known_when(demo: tuple[Settings, str], database: Engine) -> None:
    """43 sites with 10.87 t by 19:00; 66 by the 22nd 08:00, 23 not weighed; 912 negative, 413 pending at 17:00."""
    assert "748/748" in demo[1] or f"{len(data.load().events)}/" in demo[1]
    evening = known("2021-01-19T19:00").figures
    assert (evening.sites_found, evening.sites_weighed, evening.sealed_mass_g) == (43, 43, 10_870_000)
    first = {row["place"]: row["pieces"] for row in evening.samples if row["round"] == 1}
    assert first == BY_PLACE
    assert sum(first.values()) == 202
    assert evening.samples_by_state == {"negative": 202}
    # in nobody's books as a match at noon; the two that were registered at 18:20 are pulled in
    noon = known("2021-01-19T13:00").figures
    assert (noon.batches_held, noon.sites_by_origin["from_books"]) == (0, 0)
    assert (evening.sites_by_origin["from_books"], evening.locked_mass_g) == (2, 280_000)
    morning = known("2021-01-22T08:00").figures
    assert (morning.sites_found, morning.sites_weighed, morning.sealed_mass_g) == (66, 43, 10_870_000)
    assert morning.samples_by_state["negative"] == 202 + 912
    afternoon = known("2021-01-22T17:00")
    assert afternoon.figures.samples_by_state == {"negative": 202 + 912, "sent": 413}
    assert afternoon.figures.people_controlled == 167
    assert afternoon.figures.sites_found == 66
    assert known("2021-01-23T18:00").figures.samples_by_state == {"negative": 202 + 912 + 413}
    for words in ("10.87", "43", "66", "413", "167"):
        assert words in afternoon.text_zh
        assert words in afternoon.text_en
    # a second look at the evening says the same, although much was recorded since
    assert known("2021-01-19T19:00").figures == evening
    # the books agree with themselves, and there is work for every account
    with db.transaction() as session:
        assert check.stock_from_movements(session) is None
        assert check.movements_from_journal(session) is None
        assert session.scalar(select(func.count()).where(col(Business.status) == "pending")) == 3
        assert {*session.scalars(select(Batch.status).distinct())} >= {"held", "cleared"}
        assert marks.read(session, "demo") is not None
    _dongxing()
    sequencer.run_once(database, demo[0].var_dir)
    said = io.StringIO()
    assert not demo_load.load_if_empty(replace(demo[0], demo_password="another long password"), said)
    assert "merchant" in said.getvalue()
    with db.transaction() as session:
        assert accounts.check_password(session, "merchant", "another long password", "here") is not None


def _dongxing() -> None:
    """55 cold stores in Dongxing with three stewards each, none of which the sweep of Jianhua knows."""
    with db.transaction() as session:
        there = select(col(Site.site_id)).where(col(Site.region_code) == "511011", col(Site.kind) == "cold_store")
        stores = session.scalars(there).all()
        held = stewards.stewards_of(session, stores)
        assert len(stores) == 55
        assert sum(len(each) for each in held.values()) == 165
        assert {tuple(term.kind for term in each) for each in held.values()} == {STEWARD_KINDS}
        tasks_there = select(func.count()).select_from(SweepTask).where(col(SweepTask.site_id).in_(stores))
        assert session.scalar(tasks_there) == 0
        officer = accounts.actor_of(session, accounts.user_by_name(session, "dongxing"))
        assert stewards.count(session, officer) == (55, 0, 0)


def test_changing_one_finding_changes_the_report(demo: tuple[Settings, str]) -> None:
    """A later finding of one of the 43 with other units and mass moves exactly the figures that it should."""
    before = known("2021-01-23T18:00").figures
    with db.transaction() as session, clock.simulated(beijing("2021-01-23T18:30")):
        recall = session.scalars(select(Recall)).one()
        views = tasks.views(session, tasks.all_tasks(session, recall))
        view = next(v for v in views if v.state == "found" and v.finding is not None)
        line = {
            "unlisted": {"name": "分割鸡", "producer": "示例"}, "examined_units": 1, "matched_units": 1, "mass_g": 1,
            "disposition": "sealed",
        }  # fmt: skip
        old = _mass(session, view)
        findings.record(session, SYSTEM, view.task.task_id, outcome="found", lines=[line], people_controlled=0)
    with clock.simulated(beijing("2021-01-23T19:00")):
        after = known("2021-01-23T19:00").figures
    assert after.sealed_mass_g == before.sealed_mass_g - old + 1
    assert after.sites_found == before.sites_found
    assert known("2021-01-23T18:00").figures == before


def _mass(session: Any, view: Any) -> int:
    from coldchain.inspections import service as inspections

    lines = inspections.lines_of(session, [view.finding.finding_id])[view.finding.finding_id]
    return sum(line.mass_g or 0 for line in lines)


def test_an_interrupted_load_starts_over(settings: Settings, owner_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A load that dies half-way leaves a mark; the next start empties the database and loads all of it."""
    chosen = replace(settings, demo=True, demo_password="demonstration password", database_owner_url=owner_url)
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
    assert known("2021-01-19T19:00").figures.sites_found == 43


def test_a_database_with_own_data_is_left_alone(settings: Settings, owner_url: str, world: Any) -> None:
    """Whoever has registered a business gets no demonstration."""
    world.business()
    chosen = replace(settings, demo=True, database_owner_url=owner_url)
    assert not demo_load.load_if_empty(chosen, io.StringIO())


def test_the_report_knows_no_figure_of_the_case() -> None:
    """The modules that compute and word reports hold none of the numbers that they state."""
    for module in (figures, bulletin, report, samples, tasks, drafts):
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        for figure in (43, 66, 202, 912, 413, 167, 10.87, 10870, 23, *BY_PLACE.values()):
            if figure not in {8, 16, 20, 22}:  # too short to be told from other numbers
                assert not re.search(rf"(?<![\w.]){figure}(?![\w.])", source), (module.__name__, figure)
        assert not any(place in source for place in BY_PLACE)
