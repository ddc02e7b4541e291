"""The demonstration's data files together: what is described comes out the same each time, marked, and adds up."""

import copy
import re
import tomllib
from collections import Counter
from typing import Any

import pytest

from coldchain.core.identifiers import check_food_licence, check_uscc, doubt_food_licence
from coldchain.ops.demo import data, events, invented

REGISTER = tomllib.loads(data.SETS["register"].read_text(encoding="utf-8"))
NOTICE_B = "2021-01-19T12:09:00+08:00"


@pytest.fixture(scope="module")
def whole() -> data.Demo:
    """The whole case of Jianhua as one story."""
    return data.load_sets(("sweep_b", "register", "sweep_a"))


def of(demo: data.Demo, kind: type[Any]) -> list[Any]:
    """Return the events of a kind."""
    return [event for event in demo.events if isinstance(event, kind)]


def test_454_businesses_each_with_a_code_that_passes(whole: data.Demo) -> None:
    """The real number of registered businesses; codes, names and telephones differ, and say that they are invented."""
    businesses = of(whole, events.RegisterBusiness)
    assert len(businesses) == 454
    assert len({one.uscc for one in businesses}) == len({one.name for one in businesses}) == 454
    assert len({one.phone for one in businesses}) == 454
    for one in businesses:
        assert check_uscc(one.uscc) == one.uscc
        assert "DEMA" in one.uscc
        assert "示例" in one.name
        assert "虚构" in one.name
        assert re.fullmatch(r"0452-0000\d{3}", one.phone)
        assert one.licence_no is None or doubt_food_licence(check_food_licence(one.licence_no)) is None
    assert {one.office for one in businesses} == {office.name for office in whole.offices}
    kinds = Counter(kind for one in businesses for kind in one.kinds)
    assert {kind for kind, _count in kinds.most_common(2)} == {"shop", "caterer"}
    assert min(kinds[kind] for kind in ("shop", "supermarket", "wholesaler", "carrier", "ecommerce")) > 5


def test_the_same_description_gives_the_same_businesses() -> None:
    """No chance is in it; a wrong sum of shares and a stride that comes back too early are refused."""
    plan = REGISTER["plans"]["businesses"]
    assert invented.businesses(plan) == invented.businesses(copy.deepcopy(plan))
    offices = [plan["offices"][0] | {"share": 1}, *plan["offices"][1:]]
    with pytest.raises(ValueError, match="shares"):
        invented.businesses(plan | {"offices": offices})
    with pytest.raises(ValueError, match="twice"):
        invented.businesses(plan | {"stride": 5})


def test_further_sites_are_no_places_of_the_sweeps(whole: data.Demo) -> None:
    """What was registered by list came after both announcements: blanket tasks are those of the first set's places."""
    first = {event.key for event in of(data.load(), events.RegisterSite)}
    further = [event for event in of(whole, events.RegisterSite) if event.key not in first]
    assert len(further) > 300
    assert all(event.at.isoformat() > NOTICE_B for event in further)
    assert {task.task_id for task in of(whole, events.RecordFinding) if task.at.isoformat() < NOTICE_B} <= first


def test_stock_has_what_its_row_says() -> None:
    """Papers, a treatment, a tube of the lines that are named, labels: nothing that a row leaves out is made."""
    plan = REGISTER["plans"]["stock"]
    rows = invented.stock(plan)
    named = {row["key"]: row for row in plan["rows"]}
    assert len(rows["register_arrival"]) == len(named)
    papers = Counter(paper["arrival_id"] for paper in rows["add_evidence"])
    assert papers == {key: len(row["papers"]) for key, row in named.items() if row["papers"]}
    assert {one["arrival_id"] for one in rows["record_disinfection"]} == {
        k for k, r in named.items() if "disinfection" in r
    }
    tubes = {tube["key"].removeprefix("tube_"): tube for tube in rows["register_tube"]}
    assert set(tubes) == {key for key, row in named.items() if "tube" in row}
    for key, tube in tubes.items():
        lines = named[key].get("sampled") or range(1, len(named[key]["lines"]) + 1)
        assert {sample["batch_id"] for sample in tube["samples"]} == {f"{key}/{line}" for line in lines}
    reported = {result["tube_id"].removeprefix("tube_") for result in rows["record_tube_result"]}
    assert set(tubes) - reported == {key for key, row in named.items() if row.get("tube") == "pending"}
    expired = [paper for paper in rows["add_evidence"] if "valid_to" in paper]
    assert [paper["arrival_id"] for paper in expired] == [key for key, row in named.items() if "expired" in row]
    assert all(paper["issued_on"] < paper["valid_to"] for paper in expired)


def test_invented_goods_say_so(whole: data.Demo) -> None:
    """Products and producers carry 示例, 示例规格 or 虚构, but for the two real producers."""
    assert {p.name for p in of(whole, events.RegisterProducer) if "虚构" not in p.name} == {"黑龙江正大", "天津大桥道"}
    assert all("示例" in product.name for product in of(whole, events.RegisterProduct))


@pytest.mark.parametrize("name", list(data.SETS))
def test_each_file_says_what_is_real(name: str) -> None:
    """The head of each set names what is real and that everything else is invented."""
    head = data.SETS[name].read_text(encoding="utf-8")[:2000]
    assert "Real" in head
    assert "everything else" in head
