"""From rule book to verdict: dates, region, class and basis together, against slow readings of the rules."""

from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coldchain.batches.service.gate import judge_by
from coldchain.policy import references
from coldchain.policy.books import RuleBook, by_producer
from coldchain.policy.engine import latest_versions
from coldchain.policy.measures import Measure
from coldchain.policy.protocols import Protocol
from tests.policy import test_judge as judged
from tests.policy.test_choose import CATEGORIES, REGIONS, START, row, slow_choose
from tests.policy.test_measures import PRODUCER, slow_declared, suspended

SLOW = [HealthCheck.too_slow]  # a busy machine, not these strategies
PLACES = ("230203", "230200", "370100", "440300")
rows = st.lists(
    st.builds(
        lambda code, version, region, start, length, imported, categories, asked: row(
            code, version, region, start, None if length is None else start + length, imported=imported,
            categories=categories, evidence=asked[0], disinfection=asked[1], testing=asked[2], code_required=asked[3],
            requires_verified=asked[4],
        ),
        st.sampled_from("abcd"), st.integers(1, 2), st.sampled_from(REGIONS), st.integers(0, 20),
        st.none() | st.integers(0, 10), st.booleans(), st.none() | st.sets(st.sampled_from(CATEGORIES), min_size=1),
        st.tuples(
            st.sampled_from(
                [(), (("nucleic_acid",),), (("customs_declaration", "purchase_receipt"), ("disinfection",))]
            ),
            st.sampled_from(["every_piece", "none"]), st.sampled_from(["per_batch", "per_piece", "none"]),
            st.booleans(), st.booleans(),
        ),
    ),
    max_size=6, unique_by=lambda each: (each.code, each.version),
)  # fmt: skip
goods = st.builds(
    lambda known, day, category, imported: replace(
        known, arrived_on=START + timedelta(days=day), category=category, imported=imported,
        producer_ids=frozenset({PRODUCER}),
    ),
    judged.facts, st.integers(-3, 30), st.sampled_from(CATEGORIES), st.booleans(),
)  # fmt: skip


def book(listed, measures=()):
    return RuleBook(tuple(latest_versions(listed)), {}, by_producer(measures))


def slow_verdict(listed, measures, region, known):
    """Return (policy code, kinds that are missing) of goods with papers of their own."""
    chosen = slow_choose(listed, region, known.arrived_on, known.category, known.imported)
    declared = slow_declared(known)
    stopped = [
        "import_suspension"
        for each in measures
        if known.imported
        and each.region_code in {"000000", region, region[:4] + "00", region[:2] + "0000"}
        and each.starts_on <= declared <= each.ends_on
        and not each.void
        and (each.lifted_at is None or declared < each.lifted_at.date())
    ]
    if chosen is None:
        return None, stopped + (["policy"] if known.imported else [])
    return chosen.code, stopped + judged.slow_kinds(chosen, known)


@settings(max_examples=100, suppress_health_check=SLOW)
@given(rows, suspended, goods, st.sampled_from(PLACES))
def test_the_verdict_is_what_the_book_says(listed, measures, known, region):
    verdict = judge_by(book(listed, measures), {known.batch_id: known}, {known.batch_id: region})[known.batch_id]
    code, missing = slow_verdict(listed, measures, region, known)
    assert (verdict.policy and verdict.policy.code) == code
    assert sorted(item.kind for item in verdict.missing) == sorted(missing)
    assert verdict.clear is (not missing)
    named = {(rule.kind, rule.code) for rule in verdict.rules}
    assert (("evidence_policy", code) in named) is (code is not None)
    assert {rule for rule in named if rule[0] == "measure"} == {("measure", str(each.measure_id)) for each in measures}


@settings(max_examples=60, suppress_health_check=SLOW)
@given(rows, suspended, goods, goods, st.booleans(), st.sampled_from(PLACES))
def test_what_was_made_is_as_clear_as_all_that_went_in(listed, measures, one, other, coded, region):
    one, other = replace(one, batch_id=UUID(int=1)), replace(other, batch_id=UUID(int=2))
    made = replace(
        one, batch_id=UUID(int=3), made_from=(one.batch_id, other.batch_id), code_made=coded, tubes=(), imported=False
    )
    known = {each.batch_id: each for each in (one, other, made)}
    verdicts = judge_by(book(listed, measures), known, dict.fromkeys(known, region))
    chosen = slow_choose(listed, region, made.arrived_on, made.category, made.imported)
    own = bool(chosen and chosen.code_required and not coded)
    sources = [slow_verdict(listed, measures, region, each)[1] for each in (one, other)]
    assert verdicts[made.batch_id].clear is not (own or any(sources))
    above = {rule for source in (one, other) for rule in verdicts[source.batch_id].rules}
    assert above <= set(verdicts[made.batch_id].rules)


@settings(max_examples=100, suppress_health_check=SLOW)
@given(rows, rows.filter(bool), goods, st.sampled_from(PLACES))
def test_goods_for_which_the_same_row_is_chosen_keep_their_verdict(listed, added, known, region):
    """This is how the preview of a change narrows what it judges."""
    newest = max((each.version for each in listed if each.code == added[0].code), default=0)
    before, changed = book(listed), replace(added[0], version=newest + 1)
    after = before.with_policy(changed)
    asked = {"region_code": region, "on": known.arrived_on, "category": known.category, "imported": known.imported}
    verdicts = [
        judge_by(each, {known.batch_id: known}, {known.batch_id: region})[known.batch_id] for each in (before, after)
    ]
    if before.policy_for(**asked) == after.policy_for(**asked):
        assert verdicts[0] == verdicts[1]
    expected = slow_choose([*listed, changed], region, known.arrived_on, known.category, known.imported)
    assert after.policy_for(**asked) == expected


OTHER = {
    "code": "z", "version": 9, "name_zh": "z", "name_en": "z", "region_code": "370000", "imported": False,
    "categories": frozenset({"ice"}), "valid_from": START + timedelta(days=1), "valid_to": START,
    "evidence": (("nucleic_acid",),), "disinfection": "every_piece", "testing": "per_piece", "code_required": True,
    "supplier_required": True, "requires_verified": True, "grace_until": START, "source": "z",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(OTHER))
def test_a_digest_tells_every_word_of_a_row(name):
    plain = row(categories=CATEGORIES)
    assert {field.name for field in fields(plain)} == {*OTHER, "policy_id"}
    assert references.digest(replace(plain, **{name: OTHER[name]})) != references.digest(plain)


def test_a_digest_is_of_what_is_said_alone():
    plain = row(categories=CATEGORIES)
    assert references.digest(replace(plain, policy_id=UUID(int=5))) == references.digest(plain)
    assert len(references.digest(plain)) == 64
    told = str(references.of_policy(plain))
    assert told == f"evidence_policy:a.1@{references.digest(plain)}"
    measure = Measure(UUID(int=1), 2, "lockdown", "230203", START)
    assert str(references.of_measure(measure)).startswith(f"measure:{UUID(int=1)}.2@")
    protocol = Protocol(UUID(int=1), "p", 3, "chlorine", None, Decimal("4.50"), 500, 30, None, None, None, "", "", "")
    assert str(references.of_protocol(protocol)).startswith("disinfection_protocol:p.3@")
    assert references.digest(replace(protocol, protocol_id=None)) == references.digest(protocol)
    told = "0514ccec1016577d"
    assert references.digest(protocol).startswith(told), "as it was before rows said where and when"
    assert references.digest(replace(protocol, region_code="230203")) != references.digest(protocol)
