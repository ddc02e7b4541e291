"""A criterion's meaning (R9): every field that is given must fit, any value of it may."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from coldchain.batches.criterion import Identity, matches

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
