"""Which policy row applies (R1), against a slow reading of the rule."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from coldchain.policy.engine import choose
from coldchain.policy.facts import PolicyRow
from coldchain.regions.tree import ancestry, within

START = date(2021, 1, 1)
CATEGORIES = ("meat", "poultry", "ice")
REGIONS = (None, "000000", "230000", "230200", "230203", "370000")


def row(code="a", version=1, region_code="230000", start=0, end=None, *, imported=True, categories=None, **more):
    fields = {
        "policy_id": None, "code": code, "version": version, "name_zh": code, "name_en": code,
        "region_code": region_code, "imported": imported,
        "categories": None if categories is None else frozenset(categories),
        "valid_from": START + timedelta(days=start), "valid_to": None if end is None else START + timedelta(days=end),
        "evidence": (), "disinfection": "none", "testing": "none", "code_required": False, "supplier_required": False,
        "requires_verified": False, "grace_until": None, "source": "test",
    }  # fmt: skip
    return PolicyRow(**fields | more)


rows = st.lists(
    st.builds(
        lambda code, version, region, start, length, imported, categories: row(
            code, version, region, start, None if length is None else start + length, imported=imported,
            categories=categories,
        ),
        st.sampled_from("abcdef"), st.integers(1, 2), st.sampled_from(REGIONS), st.integers(0, 20),
        st.none() | st.integers(0, 10), st.booleans(),
        st.none() | st.sets(st.sampled_from(CATEGORIES), min_size=1),
    ),
    max_size=8,
)  # fmt: skip


def slow_choose(listed, region, on, category, imported):
    """Read the rule word by word: newest versions; in force, most specific, latest start; else a region's first row."""
    newest = {}
    for each in listed:
        if each.code not in newest or each.version > newest[each.code].version:
            newest[each.code] = each
    fitting = [
        each
        for each in newest.values()
        if each.imported == imported
        and (each.categories is None or category in each.categories)
        and within(region, each.region_code or "000000")
    ]

    def depth(each):
        return len((each.region_code or "000000").rstrip("0")) if (each.region_code or "000000") != "000000" else 0

    in_force = [each for each in fitting if each.valid_from <= on <= (each.valid_to or date.max)]
    if in_force:
        deepest = max(depth(each) for each in in_force)
        return max((each for each in in_force if depth(each) == deepest), key=lambda each: (each.valid_from, each.code))
    for level in sorted({depth(each) for each in fitting} - {0}, reverse=True):
        of_level = [each for each in fitting if depth(each) == level]
        first = min(of_level, key=lambda each: (each.valid_from, each.code))
        if on < first.valid_from:
            return first
    return None


@given(rows, st.sampled_from(["230203", "230200", "230000", "370100", "440300"]), st.integers(-5, 40),
       st.sampled_from(CATEGORIES), st.booleans())  # fmt: skip
def test_choice_is_what_the_rule_says(listed, region, day, category, imported):
    on = START + timedelta(days=day)
    found = choose(listed, regions=ancestry(region), on=on, category=category, imported=imported)
    assert found == slow_choose(listed, region, on, category, imported)


def ask(listed, day, region="230203"):
    found = choose(listed, regions=ancestry(region), on=START + timedelta(days=day), category="meat", imported=True)
    return found and found.code


def test_most_specific_region_wins_then_the_latest_start():
    listed = [row("nation", region_code=None), row("province", start=1), row("city", region_code="230200", start=2)]
    assert [ask(listed, day) for day in (0, 1, 2, 9)] == ["nation", "province", "city", "city"]
    assert ask([row("old"), row("new", start=3)], 5) == "new"
    assert ask(listed, 9, region="440300") == "nation"


def test_the_day_of_start_and_of_end_are_in_force():
    listed = [row("a", start=2, end=4), row("b", start=5)]
    assert [ask(listed, day) for day in (2, 4, 5)] == ["a", "a", "b"]


def test_an_arrival_before_a_regions_first_row_uses_that_row():
    assert ask([row("first", start=10), row("second", start=20)], 0) == "first"


def test_a_national_regime_is_not_read_back_in_time():
    assert ask([row("nation", region_code=None, start=10)], 0) is None
    assert ask([row("nation", region_code="000000", start=10)], 0) is None


def test_a_row_in_force_goes_before_a_later_row_of_a_more_specific_region():
    assert ask([row("province"), row("city", region_code="230200", start=10)], 0) == "province"


def test_after_a_regions_last_row_the_wider_region_applies():
    assert ask([row("province", end=5), row("nation", region_code=None, start=6)], 7) == "nation"
    assert ask([row("province", end=5)], 7) is None


def test_a_correction_replaces_what_it_corrects_its_dates_too():
    listed = [row("a", version=1), row("a", version=2, end=5)]
    assert ask(listed, 3) == "a"
    assert ask(listed, 6) is None
