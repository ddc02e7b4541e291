"""Pages that take in, withdraw and correct an arrival and keep its photographs."""

from io import BytesIO

import pytest

from tests.batches.deliveries import Delivery, at
from tests.factories.reader import Reader
from tests.journeys.contract_handover import photograph


@pytest.fixture
def delivery(scenes):
    """An importer with a store."""
    with at():
        yield scenes.of(Delivery)


@pytest.fixture
def merchant(app, delivery) -> Reader:
    """Its merchant, signed in."""
    return Reader.of(app, delivery.merchant)


def test_taking_in_by_page_starts_as_it_was_declared(merchant, delivery) -> None:
    made = delivery.declare()
    page = f"/arrivals/{made['arrival_id']}"
    assert "Take in" in merchant.open(page)
    declared = merchant.open(f"/batches/{made['batches'][0]['batch_id']}")
    assert f"{page}/intake" in declared, "the batch's page leads to it"
    assert "Make labels" not in declared
    with at(1):
        form = merchant.open(f"{page}/intake")
        assert 'value="10"' in form  # 60 units are 10 pieces
        shown = merchant.send(f"{page}/intake", 422, container_no="CSQU3054384", _lines__1__pieces="0")
        assert "CSQU3054384" in shown, "what was typed is kept"
        merchant.send(f"{page}/intake", 200, container_no="CSQU3054383", seal_no="HL1")
    arrival = delivery.merchant.get(page)
    assert [(b["status"], b["quantity_units"]) for b in arrival["batches"]] == [("held", 60), ("withdrawn", 30)]
    assert "declared: 5 pieces" in merchant.open(page)
    assert "Declared in advance" in merchant.open(f"/batches/{made['batches'][0]['batch_id']}")


def test_withdrawing_by_page_needs_a_reason_and_stays_readable(merchant, delivery) -> None:
    made = delivery.enter()
    page = f"/arrivals/{made['arrival_id']}"
    merchant.open(f"{page}/withdraw")
    merchant.send(f"{page}/withdraw", 422, reason="")
    merchant.send(f"{page}/withdraw", 200, reason="登记了两次")
    shown = merchant.open(page)
    assert "登记了两次" in shown
    assert "/withdraw" not in shown
    assert "The arrival was withdrawn" in merchant.open(f"/batches/{made['batches'][0]['batch_id']}")


def test_correcting_by_page_shows_both(merchant, delivery) -> None:
    made = delivery.enter(delivery.line())
    page = f"/arrivals/{made['arrival_id']}"
    merchant.open(f"{page}/correct")
    merchant.send(f"{page}/correct", 422, reason="")
    merchant.send(f"{page}/correct", 200, reason="抄错", lines__0__batch_no="L7")
    assert "L1 → L7" in merchant.open(page)
    assert "L1 → L7" in merchant.open(f"/batches/{made['batches'][0]['batch_id']}")


def test_a_photograph_is_kept_by_page(merchant, delivery) -> None:
    made = delivery.enter(entry_mode="paper")
    page = f"/arrivals/{made['arrival_id']}"
    assert "No photograph of the paper is there yet" in merchant.open(page)
    merchant.open(f"{page}/vouchers/new")
    merchant.send(f"{page}/vouchers/new", 422)
    fields = dict(merchant.form(f"{page}/vouchers/new")["fields"])
    fields["file"] = (BytesIO(photograph()), "a.png")
    sent = merchant.client.post(f"{page}/vouchers/new", data=fields, content_type="multipart/form-data")
    assert sent.status_code == 303
    assert "Photograph 1" in merchant.open(page)
