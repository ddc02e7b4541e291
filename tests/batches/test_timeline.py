"""What happened to a batch (R9's 补录: late facts are shown as late)."""

from datetime import datetime
from uuid import UUID

import pytest

from coldchain.accounts.actor import SYSTEM, Actor
from coldchain.batches import service
from coldchain.core import clock, db
from coldchain.core.errors import NotFound


def story(case, actor=SYSTEM, batch_id=None):
    with db.transaction() as session:
        return service.timeline(session, actor, UUID(batch_id or case.first))


def test_facts_in_order_of_happening_with_their_basis(case):
    case.papers()
    case.disinfect(f"/batches/{case.first}", basis="declared_range", piece_from=1, piece_to=12)
    tube = case.tube(case.first)
    case.result(tube, "positive")
    case.result(tube, "negative", stage="recheck", hour=20)
    entries = story(case)
    kinds = [entry.kind for entry in entries]
    assert kinds.count("evidence") == 3
    assert {"arrived", "disinfection", "sampled", "result", "hold_placed", "hold_ended"} == set(kinds) - {"evidence"}
    assert [entry.occurred_at for entry in entries] == sorted((e.occurred_at for e in entries), reverse=True)
    treated = next(entry for entry in entries if entry.kind == "disinfection")
    assert (treated.basis, treated.piece_from, treated.piece_to, treated.late) == ("declared_range", 1, 12, True)
    assert next(entry for entry in entries if entry.kind == "evidence").late is False
    assert next(entry for entry in entries if entry.kind == "arrived").late is True
    assert kinds[-1] == "arrived"


def test_late_begins_after_fifteen_minutes(case):
    body = {
        "performed_by": "示例消毒", "place": "库", "object": "外包装", "agent": "chlorine_cacl2_ethanol",
        "concentration_mg_per_l": 3000, "contact_min": 10, "ambient_temperature_c": -18, "basis": "whole_batch",
    }  # fmt: skip
    happened = datetime.fromisoformat("2021-01-18T09:00:00+08:00")
    for at, late in (("09:15:00", False), ("09:15:01", True)):
        with clock.simulated(datetime.fromisoformat(f"2021-01-18T{at}+08:00")), db.transaction() as session:
            service.register_disinfection(session, SYSTEM, batch_id=UUID(case.second), occurred_at=happened, **body)
            entries = service.timeline(session, SYSTEM, UUID(case.second))
        newest = max((e for e in entries if e.kind == "disinfection"), key=lambda entry: entry.recorded_at)
        assert newest.late is late


def test_strangers_see_nothing(case, world):
    stranger = world.business()
    actor = Actor(UUID(int=1), "x", "x", "merchant", UUID(stranger["business_id"]))
    with pytest.raises(NotFound):
        story(case, actor)
    owner = Actor(UUID(int=1), "x", "x", "merchant", UUID(case.owner["business_id"]))
    assert [entry.kind for entry in story(case, owner)] == ["arrived"]
