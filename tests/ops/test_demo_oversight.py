"""The set that is told from the day of loading: it moves with that day, the case does not, and all of it is marked."""

import re
import tomllib
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from coldchain.ops.demo import data, events
from coldchain.ops.demo import oversight as o
from coldchain.policy.measures import suggested_end

TODAY = date(2026, 11, 30)
RAW = tomllib.loads(data.SETS["oversight"].read_text(encoding="utf-8"))
WRITTEN_FOR: date = RAW["day_of_loading"]


@pytest.fixture(scope="module")
def whole() -> data.Demo:
    """The demonstration as it is loaded on a day years later."""
    return data.load_sets(today=TODAY)


def of(demo: data.Demo, kind: type[Any]) -> list[Any]:
    """Return the events of a kind."""
    return [event for event in demo.events if isinstance(event, kind)]


def days(value: Any) -> list[date]:
    """Return every day and moment in a part of the file."""
    if isinstance(value, dict):
        return [day for one in value.values() for day in days(one)]
    if isinstance(value, list):
        return [day for one in value for day in days(one)]
    return [value] if isinstance(value, date) else []


def test_it_moves_to_the_day_of_loading_and_the_case_stays(whole: data.Demo) -> None:
    """Every event of it moves by the same days; no event of the case moves; nothing lies in the future when loaded."""
    as_written = data.load_sets()
    assert len(as_written.events) == len(whole.events)
    moved = {now.at - then.at for then, now in zip(as_written.events, whole.events, strict=True)}
    assert moved == {timedelta(), TODAY - WRITTEN_FOR}
    assert all(event.at.date() < TODAY for event in whole.events)
    assert {e.at.year for e in of(whole, events.AnnounceRecall)} == {2021}
    assert whole.told_of == date(2021, 1, 1)
    (breaker,) = [each for each in of(whole, o.RecordMeasure) if each.kind == "circuit_breaker"]
    assert breaker.starts_on <= TODAY <= breaker.ends_on


def test_it_is_written_as_if_loaded_on_its_day() -> None:
    """All that is recorded lies before that day, and what it says of later days lies within the year."""
    assert all(row["at"].date() < WRITTEN_FOR for rows in RAW["events"].values() for row in rows)
    assert any(not isinstance(day, datetime) and day > WRITTEN_FOR for day in days(RAW["events"]))


def test_no_text_of_it_names_a_year() -> None:
    """A text doesn't move: a year in it would be wrong. The number of a real notice on which a rule rests may stay."""

    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [text for one in value.values() for text in texts(one)]
        if isinstance(value, list):
            return [text for one in value for text in texts(one)]
        return [value] if isinstance(value, str) else []

    for text in texts(RAW["events"]):
        assert not re.search(r"(?<!\d)20\d\d(?!\d)", text.replace("海关总署公告 2020 年第 103 号", "")), text


def test_it_brings_in_no_imported_goods(whole: data.Demo) -> None:
    """The imported stock is that of the case: an imported delivery is declared and not there yet."""
    imported = {one.key for one in of(whole, events.RegisterProduct) if one.imported}
    fresh = [one for one in of(whole, events.RegisterArrival) if one.at.year == TODAY.year]
    assert {one.entry_mode for one in fresh if {line.product_id for line in one.lines} & imported} == {"declared"}
    assert any(one.entry_mode == "arrived" for one in fresh)
    assert all(line.expiry_date > TODAY for one in fresh for line in one.lines)


def test_what_is_invented_says_so(whole: data.Demo) -> None:
    """People carry 示例, telephones begin with 0000, decisions and measures are marked."""
    assert all("示例" in one.name for one in of(whole, o.RegisterWorker))
    assert all("虚构" in one.number for one in of(whole, o.Decide))
    assert all("虚构" in one.source for one in of(whole, o.RecordMeasure))
    assert not re.search(r"0452-(?!0000)", data.SETS["oversight"].read_text(encoding="utf-8"))
    assert "虚构" in RAW["note_zh"]


def test_suspensions_last_as_long_as_the_rule_says(whole: data.Demo) -> None:
    """The length of each suspension is that of the rule book for its number of positives; one holds, one has ended."""
    parameters = tomllib.loads(
        (data.FILE.parents[2] / "policy" / "data" / "parameters.toml").read_text(encoding="utf-8")
    )
    weeks = next(row["value"] for row in parameters["parameter"] if row["name"] == "import_suspension_weeks")
    found = [one for one in of(whole, o.RecordMeasure) if one.kind == "import_suspension"]
    assert all(one.ends_on == suggested_end(weeks, one.positive_no, one.starts_on) for one in found)
    assert {one.ends_on >= TODAY for one in found} == {True, False}


def test_a_finding_is_named_by_its_visit_and_number() -> None:
    """What is said of a finding that a visit didn't have is refused when the file is read."""
    demo = data.load_sets()
    visits = {one.key: len(one.findings) for one in of(demo, o.RecordVisit)}
    assert 0 in visits.values(), "a visit that found nothing"
    named = [one.finding_id for kind in (o.AnswerFinding, o.ReviewFinding) for one in of(demo, kind)]
    named += [finding for one in of(demo, o.Decide) for finding in one.finding_ids]
    for name in named:
        visit, _slash, number = name.partition("/")
        assert 1 <= int(number) <= visits[visit]


def test_stewards_are_written_out_from_their_plan(whole: data.Demo) -> None:
    """Three posts at each cold store of Jianhua but for the one that lacks one; each phone is its own."""
    stores = {
        one.key for one in of(whole, events.RegisterSite) if one.kind == "cold_store" and one.region_code == "230203"
    }
    found = [one for one in of(whole, events.AppointSteward) if one.site_id in stores]
    assert {one.site_id for one in found} == stores
    held = {store: sorted(one.kind for one in found if one.site_id == store) for store in stores}
    assert sorted(len(kinds) for kinds in held.values()) == [2] + [3] * (len(stores) - 1)
    assert all(len(set(kinds)) == len(kinds) for kinds in held.values())
    phones = [one.phone for one in found]
    assert len(set(phones)) == len(phones)
    assert not set(phones) & {one.phone for one in of(whole, events.RegisterBusiness)}
