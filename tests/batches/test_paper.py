"""Arrivals entered from paper: a past time, the photograph of the voucher, marked as such (纸质补录)."""

import io

import pytest
from PIL import Image
from sqlmodel import select

from coldchain.core import db, limits
from coldchain.ledger.models import Movement
from tests.batches.deliveries import Delivery, at, hours
from tests.journeys.contract_handover import photograph


@pytest.fixture
def delivery(scenes):
    """An importer whose ledger was on paper."""
    with at():
        yield scenes.of(Delivery)


def paper(delivery, *lines, **fields):
    return delivery.enter(*lines, **{"entry_mode": "paper", "arrived_at": hours(-240)} | fields)


def bearer(speaker):
    return {"Authorization": f"Bearer {speaker.token}"}


def hand_in(speaker, arrival, content, expect=201):
    head = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    answer = speaker.client.post(
        f"/api/v1/arrivals/{arrival['arrival_id']}/vouchers", data=head + content + b"\r\n--cut--\r\n",
        headers=bearer(speaker), content_type="multipart/form-data; boundary=cut",
    )  # fmt: skip
    assert answer.status_code == expect, answer.get_data(as_text=True)
    return answer.json


def colour(number):
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (number, 0, 0)).save(out, "PNG")
    return out.getvalue()


def test_it_is_marked_and_its_photograph_is_kept(world, delivery):
    made = paper(delivery)
    assert (made["state"], made["flags"]) == ("arrived", ["from_paper", "voucher_missing"])
    assert [flag["subject_id"] for flag in world.regulator.get("/flags?kind=entered_from_paper")["items"]] == [
        made["arrival_id"]
    ]
    with db.transaction() as session:
        assert {move.late for move in session.exec(select(Movement))} == {True}
    kept = hand_in(delivery.merchant, made, photograph())
    assert hand_in(delivery.merchant, made, photograph()) == kept, "the same photograph is kept once"
    shown = world.regulator.get(f"/arrivals/{made['arrival_id']}")
    assert (shown["flags"], [row["voucher_id"] for row in shown["vouchers"]]) == (["from_paper"], [kept["voucher_id"]])
    address = f"/api/v1/arrivals/{made['arrival_id']}/vouchers/{kept['voucher_id']}"
    answer = delivery.merchant.client.get(address, headers=bearer(delivery.merchant))
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    stranger = world.merchant(world.business())
    assert stranger.client.get(address, headers=bearer(stranger)).status_code == 404
    other = paper(delivery)
    wrong = address.replace(made["arrival_id"], other["arrival_id"])
    assert delivery.merchant.client.get(wrong, headers=bearer(delivery.merchant)).status_code == 404


def test_what_is_no_photograph_is_refused(world, delivery):
    made = paper(delivery)
    assert hand_in(delivery.merchant, made, b"%PDF-1.4", 422)["errors"][0]["code"] == "not_an_image"
    hand_in(world.merchant(world.business()), made, photograph(), 404)


def test_there_is_a_bound_of_photographs(delivery, monkeypatch):
    monkeypatch.setattr(limits, "VOUCHERS_PER_ARRIVAL", 2)
    made = paper(delivery)
    for number in (0, 120):
        hand_in(delivery.merchant, made, colour(number))
    assert hand_in(delivery.merchant, made, colour(255), 409)["code"] == "too_many_vouchers"


def test_when_it_came_must_be_said_and_over(delivery):
    assert paper(delivery, arrived_at=None, expect=422)["errors"][0]["code"] == "required"
    assert paper(delivery, arrived_at=hours(1), expect=422)["errors"][0]["code"] == "in_future"


def test_where_the_paper_says_goods_lay_is_flagged_and_not_refused(delivery):
    made = paper(delivery, delivery.line(zone_id=delivery.general["zone_id"]))
    assert "suspected_mixed_storage" in made["flags"]
