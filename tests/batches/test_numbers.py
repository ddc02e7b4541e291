"""A container number whose check digit fails: an error, unless somebody says why it is right; officers see it."""

import pytest

from coldchain.core import db
from coldchain.ledger import check
from tests.batches.deliveries import Delivery, at
from tests.factories.reader import Reader

WRONG = "CSQU3054384"


@pytest.fixture
def delivery(scenes):
    """An importer with an odd container."""
    with at():
        yield scenes.of(Delivery)


def overrides(world):
    return [(flag["data"]["container_no"], flag["data"]["reason"]) for flag in
            world.regulator.get("/flags?kind=number_override")["items"]]  # fmt: skip


def test_it_is_refused_without_a_reason_and_recorded_with_one(world, delivery):
    refused = delivery.enter(container_no=WRONG, expect=422)
    assert [(e["pointer"], e["code"]) for e in refused["errors"]] == [("/container_no", "container_check")]
    made = delivery.enter(container_no="csqu 305438-4", container_override="箱门上就是这个号")
    assert made["container_no"] == WRONG
    assert overrides(world) == [(WRONG, "箱门上就是这个号")]
    with db.transaction() as session:
        assert check.movements_from_journal(session) is None


@pytest.mark.parametrize(("number", "code"), [("CSQU30543", "container_length"), ("12345678901", "container_shape")])
def test_what_is_no_container_number_stays_an_error(world, delivery, number, code):
    refused = delivery.enter(container_no=number, container_override="就是这个", expect=422)
    assert refused["errors"][0]["code"] == code
    assert overrides(world) == []


def test_a_reason_for_a_number_that_fits_is_nothing_to_look_at(world, delivery):
    delivery.enter(container_override="没有必要")
    assert overrides(world) == []


def test_at_intake_and_in_a_correction_too(world, delivery):
    made = delivery.declare()
    with at(48):
        assert delivery.take_in(made, 422, container_no=WRONG)["errors"][0]["code"] == "container_check"
        delivery.take_in(made, container_no=WRONG, container_override="看过箱门")
        other = delivery.enter()
        assert delivery.correct(other, container_no=WRONG, expect=422)["errors"][0]["code"] == "container_check"
        delivery.correct(other, container_no=WRONG, container_override="看过箱门")
        assert overrides(world) == [(WRONG, "看过箱门")] * 2


def test_the_form_asks_for_the_reason_in_a_second_step(app, delivery):
    merchant = Reader.of(app, delivery.merchant)
    new = "/arrivals/new"
    assert "container_override" not in merchant.open(new)
    fields = {
        "container_no": WRONG, "lines__0__product_id": delivery.product["product_id"],
        "lines__0__zone_id": delivery.zone["zone_id"], "lines__0__production_date": "2020-11-06",
        "lines__0__expiry_date": "2022-11-05", "_lines__0__pieces": "2",
    }  # fmt: skip
    page = merchant.send(new, 422, _step="check", **fields)
    assert 'name="container_override"' in page
    merchant.send(new, 200, _step="check", container_override="看过箱门")
    merchant.send(new, 200, _step="send")
    assert delivery.merchant.get("/arrivals")["items"][0]["container_no"] == WRONG
