"""States, card numbers and identities: no database needed."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coldchain.registry import card_no, similarity, states
from coldchain.registry.identity import comparable, product_identity
from coldchain.registry.models import BUSINESS_STATES

ALLOWED = {
    ("approve", "pending"): "active",
    ("reject", "pending"): "rejected",
    ("suspend", "active"): "suspended",
    ("reinstate", "suspended"): "active",
    ("reinstate", "rejected"): "pending",
    ("close", "pending"): "closed",
    ("close", "active"): "closed",
    ("close", "suspended"): "closed",
    ("close", "rejected"): "closed",
}


class TestStates:
    @pytest.mark.parametrize(
        ("decision", "status"),
        list(itertools.product(("approve", "reject", "suspend", "reinstate", "close"), BUSINESS_STATES)),
    )
    def test_every_pair(self, decision, status):
        assert states.after(decision, status) == ALLOWED.get((decision, status))

    def test_closed_is_final(self):
        assert states.possible("closed") == ()

    def test_every_other_state_has_a_way_on(self):
        for status in set(BUSINESS_STATES) - {"closed"}:
            assert states.possible(status)

    def test_every_state_says_what_can_be_decided(self):
        assert states.REFUSALS.keys() == set(BUSINESS_STATES)

    def test_every_decision_is_a_fact_of_its_own(self):
        assert states.FACTS.keys() == states.TRANSITIONS.keys()
        assert len(set(states.FACTS.values())) == len(states.FACTS)


bits = st.integers(0, (1 << card_no.RANDOM_BITS) - 1)


class TestCardNo:
    @given(bits)
    def test_reads_back_however_it_is_typed(self, random_bits):
        number = card_no.new_card_no("230203", random_bits)
        assert len(number) == 16
        assert card_no.is_card_no(number)
        assert card_no.is_card_no(number.lower().replace("-", " "))
        assert card_no.is_card_no(number.replace("1", "I").replace("0", "O"))

    @given(bits, st.data())
    def test_one_wrong_symbol_is_noticed_in_the_region_too(self, random_bits, data):
        plain = card_no.new_card_no("230203", random_bits).replace("-", "")
        place = data.draw(st.integers(0, len(plain) - 1))
        other = data.draw(st.sampled_from([s for s in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if s != plain[place]]))
        assert not card_no.is_card_no(plain[:place] + other + plain[place + 1 :])

    @given(bits, bits)
    def test_one_to_one(self, one, other):
        same = card_no.new_card_no("230203", one) == card_no.new_card_no("230203", other)
        assert same == (one == other)

    @pytest.mark.parametrize("random_bits", [-1, 1 << card_no.RANDOM_BITS])
    def test_refuses_bits_outside(self, random_bits):
        with pytest.raises(ValueError, match="bits"):
            card_no.new_card_no("230203", random_bits)

    @pytest.mark.parametrize("region", ["23020", "2302030", "abcdef", "２３０２０３"])
    def test_refuses_what_is_no_region(self, region):
        with pytest.raises(ValueError, match="region"):
            card_no.new_card_no(region, 0)


BASE = {
    "producer_id": "p", "name": "冻鸡大腿", "name_en": "Frozen legs", "series": "分割鸡", "category": "poultry",
    "origin_country": "BR", "gtin": "4006381333931", "hs_code": "02071411", "ledger_unit": "unit",
    "units_per_piece": 6, "unit_mass_g": 2000, "imported": True,
}  # fmt: skip


class TestIdentity:
    def test_spelling_does_not_matter(self):
        assert product_identity(**BASE) == product_identity(**BASE | {"name": "冻 鸡-大腿", "name_en": "FROZEN LEGS"})

    def test_a_gtin_is_the_same_with_leading_zeros(self):
        assert product_identity(**BASE) == product_identity(**BASE | {"gtin": "04006381333931"})

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("producer_id", "q"), ("name", "冻鸡翅"), ("name_en", None), ("series", None), ("category", "meat"),
            ("origin_country", "CL"), ("gtin", None), ("hs_code", "02071412"), ("ledger_unit", "gram"),
            ("units_per_piece", 7), ("unit_mass_g", 2001), ("imported", False),
        ],
    )  # fmt: skip
    def test_every_field_counts(self, field, value):
        assert product_identity(**BASE) != product_identity(**BASE | {field: value})

    def test_fields_do_not_run_into_each_other(self):
        one = product_identity(**BASE | {"name": "甲乙", "name_en": "x", "series": None})
        other = product_identity(**BASE | {"name": "甲", "name_en": "乙x", "series": None})
        assert one != other

    @pytest.mark.parametrize(("one", "other"), [("1.5kg", "15kg"), ("A1-2", "A12"), ("１．５", "15")])
    def test_a_point_between_digits_counts(self, one, other):
        assert comparable(one) != comparable(other)

    def test_full_width_is_the_same(self):
        assert comparable("１．５ＫＧ装（冻）") == comparable("1.5kg装(冻)")

    def test_nothing_is_nothing(self):
        assert comparable(None) is None


class TestLikeness:
    """Names and phones that are shown to an officer as perhaps one; the threshold at its limit."""

    @pytest.mark.parametrize(
        ("one", "other", "alike"),
        [
            ("荣哥果蔬", "荣哥果蔬店", True),
            ("黑龙江正大实业有限公司", "齐齐哈尔市正大实业", True),  # forms of companies and places tell nothing
            ("ＡＢ冻品", "ab冻品", True),
            ("永辉冻品行", "星光冻品行", False),
            ("永辉超市", "星光超市", False),
            ("建华区福鼎市场", "福鼎市场", True),
            ("", "", False),
            ("甲", "甲", True),
        ],
    )
    def test_names(self, one, other, alike):
        known = {1: similarity.signs(one), 2: similarity.signs(other)}
        assert bool(similarity.alike(known)) is alike
        assert (similarity.likeness(known[1], known[2]) >= similarity.ALIKE) is alike

    @pytest.mark.parametrize(
        ("phone", "key"),
        [("139-1234-5678", "13912345678"), ("+86 139 1234 5678", "13912345678"), ("0452-2700000", "04522700000"),
         ("12345", None), (None, None)],
    )  # fmt: skip
    def test_phones(self, phone, key):
        assert similarity.phone_key(phone) == key

    def test_a_sign_of_too_many_names_is_no_reason_to_compare(self):
        many = {number: frozenset({"冻品"}) for number in range(similarity.SHARED_BY_MANY)}
        assert len(similarity.alike(many)) == len(many) * (len(many) - 1) // 2
        assert similarity.alike(many | {-1: frozenset({"冻品"})}) == []
