"""A declaration number that differs between a delivery and its paper: told while it does, a flag and no violation."""

import pytest
from flask import Flask

from coldchain.batches.declarations import differing
from tests.batches.deliveries import Delivery, at
from tests.factories.reader import Reader

OWN, OTHER, THIRD = "190120211000042871", "190120211000042872", "190120211000042873"
SAID = "Two declaration numbers differ"


@pytest.mark.parametrize(
    ("own", "papers", "told"),
    [
        (OWN, [OWN], []),
        (OWN, [f" {OWN[:4]}-{OWN[4:]} "], []),
        (OWN, [OTHER], [OTHER]),
        (OWN, [OTHER, OWN], []),
        (OWN, [THIRD, OTHER, OTHER], [OTHER, THIRD]),
        (OWN, [], []),
        (None, [OTHER], []),
        ("", [OTHER], []),
    ],
)
def test_numbers_differ_when_no_paper_says_the_own_one(own, papers, told) -> None:
    assert differing(own, papers) == told


@pytest.fixture
def delivery(scenes):
    """An importer with a store."""
    with at():
        yield scenes.of(Delivery)


def paper(delivery, of, number, expect=201, **more):
    """Enter a customs declaration of an arrival or a batch."""
    said = {"kind": "customs_declaration", "number": number, "issuer": "示例海关", "issued_on": "2021-01-10"} | more
    return delivery.merchant.post(f"/{of}/evidence", said, expect)


def told(delivery, state="open"):
    """Return the flags of this kind that officers see: what each is about and says."""
    listed = delivery.world.regulator.get(f"/flags?kind=declaration_number_differs&state={state}")["items"]
    return [(flag["subject_kind"], flag["data"]["papers"], flag["closed_reason"]) for flag in reversed(listed)]


def test_a_differing_paper_is_told_until_either_is_corrected(delivery) -> None:
    """By a newer paper, by a correction of the delivery, by an officer who refuses the paper; each ends it alone."""
    made = delivery.enter()
    of = f"arrivals/{made['arrival_id']}"
    paper(delivery, of, OWN)
    assert told(delivery) == []
    wrong = paper(delivery, f"batches/{made['batches'][0]['batch_id']}", OTHER)
    assert told(delivery) == [("batch", [OTHER], None)]
    shown = delivery.merchant.get(f"/{of}")
    assert "declaration_number_differs" in shown["flags"]
    assert delivery.batch(made)["status"] == "held", "a flag says nothing of what the gate asks"
    delivery.world.regulator.post(f"/evidence/{wrong['evidence_id']}/refuse", {"reason": "看不清"}, 200)
    assert told(delivery) == []
    assert told(delivery, "closed") == [("batch", [OTHER], "numbers_agree")]

    other = delivery.enter()
    of = f"arrivals/{other['arrival_id']}"
    first = paper(delivery, of, OTHER)
    assert told(delivery) == [("arrival", [OTHER], None)]
    paper(delivery, of, THIRD, replaces=first["evidence_id"])
    assert told(delivery) == [("arrival", [THIRD], None)]
    delivery.correct(other, customs_declaration_no=THIRD)
    assert told(delivery) == []
    assert "declaration_number_differs" not in delivery.merchant.get(f"/{of}")["flags"]
    assert [reason for _of, _said, reason in told(delivery, "closed")[1:]] == ["numbers_changed", "numbers_agree"]
    delivery.correct(other, customs_declaration_no=OWN)
    assert told(delivery) == [("arrival", [THIRD], None)]


def test_what_an_officer_closed_stays_closed_while_the_numbers_stay(delivery) -> None:
    """And goods that name only one of both are told nothing of."""
    made = delivery.enter()
    of = f"arrivals/{made['arrival_id']}"
    paper(delivery, of, OTHER)
    (flag,) = delivery.world.regulator.get("/flags?kind=declaration_number_differs")["items"]
    delivery.world.regulator.post(f"/flags/{flag['flag_id']}/close", {"reason": "两份报关单"}, 200)
    paper(delivery, of, OTHER, issuer="示例海关二")
    assert told(delivery) == []
    silent = delivery.enter(customs_declaration_no=None)
    paper(delivery, f"arrivals/{silent['arrival_id']}", OTHER)
    assert told(delivery) == []
    ahead = delivery.declare(customs_declaration_no=None)
    paper(delivery, f"arrivals/{ahead['arrival_id']}", OTHER)
    assert told(delivery) == []
    with at(47):
        delivery.take_in(ahead, customs_declaration_no=OWN)
        assert told(delivery) == [("arrival", [OTHER], None)]


def test_pages_say_both_numbers_and_blame_nobody(app: Flask, delivery) -> None:
    """Where the paper is entered, on the delivery, on the batch; officers read both numbers in their list."""
    made = delivery.enter()
    at_form = f"/arrivals/{made['arrival_id']}/evidence/new"
    reader = Reader.of(app, delivery.merchant)
    reader.open(at_form)
    page = reader.send(
        at_form, 200, kind="customs_declaration", number=OTHER, issuer="示例海关", issued_on="2021-01-10"
    )
    assert f"The delivery says {OWN}: two declaration numbers differ, to be checked." in page
    for path in (f"/arrivals/{made['arrival_id']}", f"/batches/{made['batches'][0]['batch_id']}"):
        page = reader.open(path)
        assert SAID in page
        assert f"on the paper {OTHER}" in page
        assert "is no violation" in page
    assert "differ: compare them" in reader.open(f"/arrivals/{made['arrival_id']}/receipt")
    flags = Reader.of(app, delivery.world.regulator).open("/flags")
    assert f"with the delivery {OWN}" in flags
    delivery.correct(made, customs_declaration_no=OTHER)
    assert SAID not in reader.open(f"/batches/{made['batches'][0]['batch_id']}")
    closed = Reader.of(app, delivery.world.regulator, lang="zh_CN").open("/flags?state=closed")
    assert "两处号码已一致" in closed


def test_the_form_says_so_before_it_is_sent(app: Flask, delivery) -> None:
    """The paper typed with the delivery says another number."""
    reader = Reader.of(app, delivery.merchant)
    reader.open("/arrivals/new")
    typed = {
        "entry_mode": "existing_stock", "site_id": delivery.site["site_id"], "arrived_at": "2021-01-18 06:40",
        "customs_declaration_no": OWN, "lines__0__product_id": delivery.product["product_id"],
        "lines__0__zone_id": delivery.zone["zone_id"], "_lines__0__pieces": "12", "_lines__0__loose": "3",
        "lines__0__production_date": "2020-11-06", "lines__0__expiry_date": "2022-11-05",
        "_papers__0__kind": "customs_declaration", "_papers__0__number": OTHER, "_papers__0__issuer": "示例海关",
        "_papers__0__issued_on": "2021-01-10",
    }  # fmt: skip
    page = reader.send("/arrivals/new", 200, _step="check", **typed)
    assert SAID in page
    assert told(delivery) == []
    reader.send("/arrivals/new", 200, _step="send")
    assert told(delivery) == [("arrival", [OTHER], None)]
