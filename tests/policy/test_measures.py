"""Measures with dates (R18) against slow readings of the rules, day by day."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain.policy import engine, measures, suspensions
from coldchain.policy.facts import BatchFacts, EvidenceFact
from coldchain.policy.measures import Measure
from coldchain.regions.tree import within
from tests.policy.test_choose import row

START = date(2021, 1, 1)
PRODUCER = UUID(int=50)
OURS, OTHER = UUID(int=60), UUID(int=61)
SITE, ELSEWHERE = UUID(int=70), UUID(int=71)
KINDS = ("customs_declaration", "inspection_quarantine", "nucleic_acid")


def on(number):
    return START + timedelta(days=number)


def noon(number):
    return datetime(2021, 1, 1, 4, tzinfo=UTC) + timedelta(days=number)  # 12:00 in Beijing


def suspension(first, last, **more):
    fields = {"measure_id": UUID(int=1), "version": 1, "kind": "import_suspension", "region_code": "000000",
              "producer_id": PRODUCER, "source": "海关总署公告"}  # fmt: skip
    return Measure(**fields | {"starts_on": on(first), "ends_on": on(last)} | more)


papers = st.lists(
    st.builds(
        EvidenceFact, st.sampled_from(KINDS), st.just("N"), st.booleans(), st.none(), st.none(),
        st.sampled_from([None, None, None, "not true"]), st.none() | st.integers(0, 30).map(on), of_batch=st.booleans(),
    ),
    max_size=5,
)  # fmt: skip
suspended = st.lists(
    st.builds(
        lambda number, first, length, region, lifted, void: suspension(
            first, first + length, measure_id=UUID(int=number), region_code=region,
            lifted_at=None if lifted is None else noon(lifted), void=void and lifted is not None,
        ),
        st.integers(1, 3), st.integers(0, 20), st.integers(0, 9),
        st.sampled_from(["000000", "230000", "230203", "370000"]), st.none() | st.integers(0, 30), st.booleans(),
    ),
    max_size=3, unique_by=lambda each: each.measure_id,
)  # fmt: skip


def slow_declared(facts):
    """Read the rule word by word: the nearest declaration, of several the latest, never later than the arrival."""
    for kind in ("customs_declaration", "inspection_quarantine"):
        good = [p for p in facts.evidence if p.kind == kind and p.refused is None]
        near = [p for p in good if p.of_batch]
        days = sorted(p.issued_on for p in (near or good) if p.issued_on)
        if days and days[-1] <= facts.arrived_on:
            return days[-1]
    return facts.arrived_on


@given(papers, suspended, st.integers(5, 30), st.booleans(), st.booleans())
def test_goods_declared_on_a_suspended_day_and_no_others_are_stopped(listed, measured, day, imported, made):
    facts = BatchFacts(
        UUID(int=7), "230203", imported, "poultry", on(day), 3, evidence=tuple(listed), suspensions=tuple(measured),
        made_from=(UUID(int=8),) if made else (),
    )  # fmt: skip
    declared = slow_declared(facts)
    assert suspensions.declared_on(facts)[0] == declared
    stopped = any(
        within("230203", each.region_code)
        and each.starts_on <= declared <= each.ends_on
        and not each.void
        and (each.lifted_at is None or declared < each.lifted_at.date())
        for each in measured
    )
    verdict = engine.judge(row(code_required=False), facts) if not made else None
    missing, notes = suspensions.judge(facts)
    assert bool(missing) == (stopped and imported and not made)
    if verdict is not None:
        assert [item.code for item in verdict.missing] == [item.code for item in missing]
        assert verdict.clear == (not missing)
        shown = verdict.basis.get("import_suspension", {"suspensions": []})["suspensions"]
        assert any(each["stops"] for each in shown) == bool(missing)
    for item in (*missing, *notes):
        assert declared.isoformat() in item.message_zh
        assert declared.isoformat() in item.message_en


def test_what_stands_for_the_declaration_is_said():
    facts = BatchFacts(UUID(int=7), "230203", True, "poultry", on(10), 3, suspensions=(suspension(8, 14),))
    (item,), notes = suspensions.judge(facts)
    assert (item.rule, item.code, notes) == ("R18", "import_suspended", [])
    assert "没有报关单，按到货日期" in item.message_zh
    assert "报关单" in item.next_zh
    paper = EvidenceFact("customs_declaration", "N", issued_on=on(7))
    declared_before = BatchFacts(
        UUID(int=7), "230203", True, "poultry", on(10), 3, evidence=(paper,), suspensions=(suspension(8, 14),)
    )
    missing, (note,) = suspensions.judge(declared_before)
    assert (missing, note.code) == ([], "suspension_untouched")
    here_before = BatchFacts(UUID(int=7), "230203", True, "poultry", on(7), 3, suspensions=(suspension(8, 14),))
    assert suspensions.judge(here_before) == ([], [])  # stock that was here is not even spoken of


def test_a_refusal_stands_without_a_policy_too():
    facts = BatchFacts(UUID(int=7), "230203", True, "poultry", on(10), 3, suspensions=(suspension(8, 14),))
    assert [item.code for item in engine.judge(None, facts).missing] == ["import_suspended", "policy_missing"]


measured = st.lists(
    st.builds(
        lambda number, version, kind, region, first, length, business, site, lifted: Measure(
            UUID(int=number), version, kind, region, on(first), None if length is None else on(first + length),
            business_id=None if kind == "lockdown" else business,
            site_id=site if kind == "circuit_breaker" else None,
            lifted_at=None if lifted is None else noon(lifted),
        ),
        st.integers(1, 4), st.integers(1, 3), st.sampled_from(["lockdown", "white_list", "circuit_breaker"]),
        st.sampled_from(["000000", "230000", "230203", "370000"]), st.integers(0, 6), st.none() | st.integers(0, 6),
        st.sampled_from([OURS, OTHER]), st.sampled_from([None, SITE, ELSEWHERE]), st.none() | st.integers(0, 12),
    ),
    max_size=6, unique_by=lambda each: (each.measure_id, each.version),
)  # fmt: skip


@given(measured, st.integers(0, 14))
def test_who_may_send_from_where_on_a_day(listed, day):
    newest = [m for m in listed if m.version == max(o.version for o in listed if o.measure_id == m.measure_id)]
    holds = [
        m
        for m in newest
        if m.starts_on <= on(day)
        and (m.ends_on is None or on(day) <= m.ends_on)
        and (m.lifted_at is None or noon(day) < m.lifted_at)
        and m.region_code in {"000000", "230000", "230203"}
    ]
    broken = any(m.kind == "circuit_breaker" and m.business_id == OURS and m.site_id in {None, SITE} for m in holds)
    listed_white = any(m.kind == "white_list" and m.business_id == OURS for m in holds)
    closed = any(m.kind == "lockdown" for m in holds)
    found = measures.stopping(listed, business_id=OURS, site_id=SITE, region_code="230203", at=noon(day))
    assert (found is not None) == (broken or (closed and not listed_white))
    if found is not None:
        assert found in holds
        assert found.kind == ("circuit_breaker" if broken else "lockdown")


def test_lifted_holds_until_that_moment():
    lock = Measure(UUID(int=1), 2, "lockdown", "230203", on(0), lifted_at=noon(3))
    assert measures.in_force(lock, noon(3) - timedelta(seconds=1))
    assert not measures.in_force(lock, noon(3))
    assert [measures.on_day(lock, on(day)) for day in (-1, 0, 2, 3)] == [False, True, True, False]


@pytest.mark.parametrize(("number", "weeks"), [(1, 1), (2, 1), (3, 4), (4, 4), (40, 4)])
def test_how_long_is_data(number, weeks):
    assert measures.suggested_end([1, 1, 4], number, on(0)) == on(7 * weeks - 1)


@pytest.mark.parametrize(("weeks", "number"), [([], 1), ([1], 0)])
def test_nothing_is_suggested_without_a_figure(weeks, number):
    with pytest.raises(ValueError, match="rule book"):
        measures.suggested_end(weeks, number, on(0))
