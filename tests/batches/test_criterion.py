"""A criterion's meaning (R9): every field that is given must fit, any value of it may."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from coldchain.batches.criterion import Identity, given, ids_of, matches, matches_lot, matches_product

LEG = Identity(
    product_id=UUID(int=1),
    producer_ids=frozenset({UUID(int=2), UUID(int=3)}),
    product_names=("冷冻 鸡大腿 (去骨)", "Frozen chicken leg"),
    origin_country="BR",
    imported=True,
    production_date=date(2021, 1, 5),
    series="分割鸡系列",
    gtin="06901234567892",
    plant_nos=("SIF601",),
    batch_no="L-201106",
    container_no="CSQU3054383",
    customs_declaration_no="190120211000042871",
)


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        ({}, False),
        ({"batch_nos": [], "series": "", "imported": None}, False),
        ({"imported": True}, True),
        ({"imported": False}, False),
        ({"producer_ids": [str(UUID(int=3))]}, True),
        ({"producer_ids": [UUID(int=9)]}, False),
        ({"product_ids": [str(UUID(int=1))], "origin_countries": ["AR", "BR"]}, True),
        ({"product_ids": [str(UUID(int=1))], "origin_countries": ["AR"]}, False),
        ({"plant_nos": ["sif 601"]}, True),
        ({"plant_nos": ["SIF60"]}, False),
        ({"series": "分割鸡 系列"}, True),
        ({"series": "分割鸡"}, False),
        ({"product_name_contains": "鸡大腿"}, True),
        ({"product_name_contains": "CHICKEN  LEG"}, True),
        ({"product_name_contains": "鸭"}, False),
        ({"product_name_contains": "腿鸡"}, False),
        ({"product_name_contains": "（）"}, False),
        ({"gtins": ["6901234567892"]}, True),
        ({"gtins": ["6901234567893"]}, False),
        ({"batch_nos": ["l201106"]}, True),
        ({"batch_nos": ["20210105"]}, False),
        ({"production_date_from": "2021-01-05", "production_date_to": "2021-01-05"}, True),
        ({"production_date_from": "2021-01-06"}, False),
        ({"production_date_to": "2021-01-04"}, False),
        ({"container_nos": ["CSQU3054383"], "customs_declaration_nos": ["190120211000042871"]}, True),
        ({"container_nos": ["CSQU3054383"], "customs_declaration_nos": ["190120211000042872"]}, False),
    ],
)
def test_fields(criterion, expected):
    assert matches(criterion, LEG) is expected


def test_without_a_batch_number_the_production_date_serves():
    bare = replace(LEG, batch_no=None)
    assert matches({"batch_nos": ["20210105"]}, bare)
    assert matches({"batch_nos": ["2021-01-05"]}, bare)
    assert not matches({"batch_nos": ["20210106"]}, bare)


def test_what_is_not_known_does_not_match():
    bare = replace(LEG, series=None, gtin=None, container_no=None, customs_declaration_no=None, plant_nos=())
    for criterion in (
        {"series": "分割鸡系列"}, {"gtins": ["6901234567892"]}, {"container_nos": ["CSQU3054383"]},
        {"customs_declaration_nos": ["190120211000042871"]}, {"plant_nos": ["SIF601"]},
    ):  # fmt: skip
        assert not matches(criterion, bare)


def test_only_what_says_something_is_a_field():
    """Null, empty lists and texts, and what no criterion knows, say nothing; false does."""
    said = {"imported": False, "gtins": ["1"], "series": "x"}
    empty = {"plant_nos": [], "batch_nos": (), "product_name_contains": "", "production_date_to": None}
    assert given(said | empty | {"issuer": "x", "colour": None}) == said
    assert given({"series": "XXXX"}) == {"series": "XXXX"}


def test_another_product_does_not_fit_by_id():
    assert not matches({"product_ids": [UUID(int=9)]}, LEG)
    assert not matches({"product_ids": [UUID(int=9)], "imported": True}, LEG)
    assert ids_of([UUID(int=9), str(UUID(int=8))]) == {UUID(int=9), UUID(int=8)}


def test_without_number_and_date_no_number_fits():
    bare = replace(LEG, batch_no=None, production_date=None)
    assert not matches({"batch_nos": ["20210105"]}, bare)
    assert not matches({"batch_nos": ["None"]}, bare)
    assert not matches({"production_date_from": date(2020, 1, 1)}, bare)
    assert not matches({"production_date_to": date(2022, 1, 1)}, bare)
    assert matches_lot({}, bare)


def test_blank_values_fit_nothing_and_several_names_may_be_given():
    assert not matches({"series": "--"}, replace(LEG, series="  "))
    assert not matches({"plant_nos": ["XXXX"]}, LEG)
    assert matches({"plant_nos": ["XXXX"]}, replace(LEG, plant_nos=("xxxx",)))
    assert matches({"product_name_contains": ["鸭", "大腿"]}, LEG)
    assert not matches({"product_name_contains": ["鸭", "鹅"]}, LEG)


def test_numbers_on_packs_fit_with_and_without_their_leading_noughts():
    for there, wanted in (
        ("6901234567892", "06901234567892"),
        ("12345670", "00000012345670"),
        ("12345670", "12345670"),
    ):
        assert matches_product({"gtins": [wanted]}, replace(LEG, gtin=there))
    assert not matches({"gtins": ["012345678901234"]}, replace(LEG, gtin="12345678901234"))
