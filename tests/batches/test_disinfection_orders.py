"""Orders to disinfection services: who asks, what the service sees, its record and its certificate (R1, R5, R7)."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from coldchain.core import db
from coldchain.journal.models import JournalEntry
from coldchain.labels import certificate
from tests.factories.reader import Reader

SOME_ID = "00000000-0000-7000-8000-000000000000"
TREATED = {
    "occurred_at": "2021-01-18T09:10:00+08:00", "place": "1 号冷库", "object": "外包装",
    "agent": "chlorine_cacl2_ethanol", "concentration_mg_per_l": 3000, "contact_min": 10, "volume_ml_per_m2": 250,
    "ambient_temperature_c": -18, "basis": "whole_batch", "additives": "CaCl₂ 25 %，乙醇 9.5 %",
}  # fmt: skip


class Asked:
    """A disinfection service, and the case's importer that asks it."""

    def __init__(self, case: Any, world: Any) -> None:
        self.case, self.world = case, world
        self.business = world.business("示例消毒", kinds=["disinfection_service"], handles_imported=False)
        self.service = world.merchant(self.business)
        self.at = f"/arrivals/{case.arrival['arrival_id']}"

    def order(self, path: str | None = None, expect: int = 201, speaker: Any = None, **fields: Any) -> Any:
        body = {"service": self.business["uscc"], "note": "下午三点前"} | fields
        return (speaker or self.case.merchant).post(f"{path or self.at}/disinfection-orders", body, expect)

    def treat(self, order: Any, expect: int = 201, speaker: Any = None, **fields: Any) -> Any:
        address = f"/disinfection-orders/{order['order_id']}/disinfections"
        return (speaker or self.service).post(address, TREATED | fields, expect)


@pytest.fixture
def asked(case: Any, world: Any) -> Asked:
    """A service that somebody may ask."""
    return Asked(case, world)


def test_one_act_makes_the_record_and_the_certificate(asked: Asked, app: Flask) -> None:
    order = asked.order()
    assert (order["state"], order["customer"]["uscc"]) == ("open", asked.case.owner["uscc"])
    assert [each["piece_count"] for each in order["goods"]] == [20, 10]
    made = asked.treat(order, valid_to="2021-02-18")
    assert (made["performed_by"], made["protocol_state"]) == (asked.business["name"], "met")
    number = made["certificate"]["number"]
    assert number.startswith("XD210118-")
    for batch_id in (asked.case.first, asked.case.second):
        batch = asked.case.batch(batch_id)
        (paper,) = batch["evidence"]
        assert (paper["kind"], paper["number"], paper["issuer"]) == ("disinfection", number, asked.business["name"])
        assert (paper["issued_on"], paper["valid_to"], paper["state"]) == ("2021-01-18", "2021-02-18", "entered")
        assert asked.case.gate(batch_id)["basis"]["disinfection"]["state"] == "met"
    read = asked.service.get(f"/disinfection-orders/{order['order_id']}")
    assert (read["state"], [each["certificate"]["number"] for each in read["disinfections"]]) == ("done", [number])
    with db.transaction() as session:
        told = {
            row.kind: row.body for row in session.scalars(select(JournalEntry).order_by(col(JournalEntry.recorded_at)))
        }
    assert {"disinfection_order.made", "disinfection.registered", "evidence.registered"} <= set(told)
    assert order["order_id"] in str(told["disinfection.registered"])


def test_the_certificate_is_a_pdf_that_says_what_was_done(asked: Asked, app: Flask) -> None:
    order = asked.order(f"/batches/{asked.case.first}")
    made = asked.treat(order, basis="declared_range", piece_from=3, piece_to=9, certificate_no="消证-7")
    address = f"/disinfection-orders/{order['order_id']}/disinfections/{made['disinfection_id']}/certificate.pdf"
    shown: list[bytes] = []
    client = app.test_client()
    for speaker in (asked.service, asked.case.merchant, asked.world.regulator, asked.world.inspector):
        answer = client.get(f"/api/v1{address}", headers={"Authorization": f"Bearer {speaker.token}"})
        assert (answer.status_code, answer.content_type) == (200, "application/pdf")
        shown.append(answer.data)
    paper = f"/api/v1/evidence/{made['certificate']['evidence_id']}/file"
    assert client.get(paper, headers={"Authorization": f"Bearer {asked.case.merchant.token}"}).data == shown[-1]
    with pypdfium2.PdfDocument(shown[-1]) as document:
        text = document[0].get_textpage().get_text_bounded()
        picture = document[0].render(scale=3).to_pil()
    for said in ("消毒证明", "消证-7", asked.business["name"], asked.case.owner["name"], "3000 mg/L", "3–9", "-18"):
        assert said in text
    (code,) = zxingcpp.read_barcodes(picture)
    assert code.text.endswith(f"/evidence/{made['certificate']['evidence_id']}")
    assert "仅供测试" in text, "an address of this computer only is not for printing"
    many = [dict(order["goods"][0]) for _ in range(certificate.GOODS_A_PAGE + 1)]
    face = certificate.Certificate(
        **dict.fromkeys(("number", "service", "customer", "site"), "长" * 200), service_uscc=None, valid_to=None,
        evidence_id=made["certificate"]["evidence_id"], issued_on="2021-01-18", goods=many,
        treatment=made | {"occurred_at": asked_at(made), "volume_ml_per_m2": None, "protocol_state": "no_protocol"},
        printed_at=asked_at(made),
    )  # fmt: skip
    with pikepdf.open(BytesIO(certificate.draw(face))) as document:
        assert len(document.pages) == 2


def asked_at(made: Any) -> datetime:
    """Return when a record says that it happened."""
    return datetime.fromisoformat(made["occurred_at"])


def test_nothing_is_treated_before_it_is_produced(asked: Asked) -> None:
    """The goods were produced on 6 November 2020."""
    (error,) = asked.treat(asked.order(), 422, occurred_at="2020-11-05T12:00:00+08:00")["errors"]
    assert (error["pointer"], error["code"]) == ("/occurred_at", "before_production")


def test_a_treatment_that_meets_no_protocol_gets_no_certificate(asked: Asked) -> None:
    order = asked.order()
    made = asked.treat(order, contact_min=1)
    assert (made["protocol_state"], made["certificate"]) == ("not_met", None)
    assert asked.case.batch()["evidence"] == []
    assert "protocol_not_met" in asked.case.missing()
    again = asked.treat(order)  # 补消毒, for the same order
    assert again["certificate"]
    assert "protocol_not_met" not in asked.case.missing()


def test_paper_and_record_stay_two_things(asked: Asked) -> None:
    order = asked.order()
    made = asked.treat(order, certificate=False)
    assert made["certificate"] is None
    assert asked.case.gate()["basis"]["disinfection"]["state"] == "met"
    lacking = {item["kind"] for item in asked.case.gate()["missing"]}
    assert "disinfection" in lacking, "a record is no certificate"
    asked.treat(order, 422, certificate=False, certificate_no="N-1")
    asked.treat(order, 422, valid_to="2021-01-17")
    asked.treat(order, 422, agent="soap")
    asked.treat(order, 422, performed_by="别人")


def test_a_service_sees_what_it_is_asked_to_treat_and_nothing_else(asked: Asked) -> None:
    case = asked.case
    case.paper("nucleic_acid")
    order = asked.order(f"/batches/{case.first}")
    seen = asked.service.get(f"/disinfection-orders/{order['order_id']}")
    assert [each["batch_id"] for each in seen["goods"]] == [case.first]
    assert not {"示例贸易", "CSQU3054383", case.second} & set(str(seen).replace("'", " ").split())
    for hidden in (
        f"/batches/{case.first}", f"/batches/{case.second}", f"/batches/{case.first}/gate",
        f"/arrivals/{case.arrival['arrival_id']}", f"/evidence/{case.batch()['evidence'][0]['evidence_id']}",
    ):  # fmt: skip
        asked.service.get(hidden, 404)
    assert asked.service.get("/batches")["items"] == []
    other = asked.world.business("另一家消毒", kinds=["disinfection_service"], handles_imported=False)
    stranger = asked.world.merchant(other)
    address = f"/disinfection-orders/{order['order_id']}"
    for nobody in (stranger, asked.world.merchant(asked.world.business()), asked.world.people.regulator("230204")):
        nobody.get(address, 404)
        assert nobody.get("/disinfection-orders")["items"] == []
    asked.treat(order, 404, stranger)
    asked.treat(order, 404, case.merchant)  # who made the order didn't do the work
    asked.treat(order, 403, asked.world.regulator)
    asked.case.lab[1].get(address, 403)
    assert [each["order_id"] for each in asked.world.regulator.get("/disinfection-orders")["items"]] == [
        order["order_id"]
    ]
    asked.service.post(f"/batches/{case.first}/disinfections", TREATED | {"performed_by": "x"}, 404)


def test_whom_one_may_ask_and_for_what(asked: Asked) -> None:
    case, world = asked.case, asked.world
    waiting = world.business("未批消毒", kinds=["disinfection_service"], handles_imported=False, active=False)
    for wrong in (case.owner["uscc"], waiting["uscc"], "91230203MA00000000", SOME_ID):
        refused = asked.order(expect=422, service=wrong)
        assert [error["code"] for error in refused["errors"]] == ["unknown_service"]
    asked.order(f"/batches/{SOME_ID}", 404)
    asked.order(expect=404, speaker=world.merchant(world.business()))
    asked.order(expect=404, speaker=asked.service)
    asked.order(expect=403, speaker=world.inspector)
    made = asked.order(speaker=world.regulator)
    assert made["on_behalf_of"] == case.owner["business_id"]


def test_an_order_ends_when_it_is_done_or_taken_back(asked: Asked) -> None:
    first, second = asked.order(), asked.order(f"/batches/{asked.case.first}")
    asked.service.post(f"/disinfection-orders/{first['order_id']}/withdraw", None, 404)
    taken = asked.case.merchant.post(f"/disinfection-orders/{first['order_id']}/withdraw")
    assert (taken["state"], bool(taken["withdrawn_at"])) == ("withdrawn", True)
    refused = asked.treat(first, 409)
    assert refused["code"] == "order_withdrawn"
    asked.treat(second)
    again = asked.case.merchant.post(f"/disinfection-orders/{second['order_id']}/withdraw", None, 409)
    assert again["code"] == "wrong_state"
    assert asked.treat(second, certificate_no="N-2")["certificate"]["number"] == "N-2"
    listed = {state: asked.service.get(f"/disinfection-orders?state={state}")["items"] for state in ("open", "done")}
    assert [len(rows) for rows in listed.values()] == [0, 1]
    asked.service.get("/disinfection-orders?state=gone", 422)
    third = asked.order()
    asked.world.regulator.post(f"/businesses/{asked.business['business_id']}/suspend", {"reason": "示例"})
    assert asked.treat(third, 409)["code"] == "not_active"


def test_the_pages_from_asking_to_the_certificate(asked: Asked, app: Flask) -> None:
    merchant, service = Reader.of(app, asked.case.merchant), Reader.of(app, asked.service)
    form = f"/batches/{asked.case.first}/disinfection-orders/new"
    merchant.open(form)
    page = merchant.send(form, 422, service="", note="三点前")
    assert "三点前" in page
    assert 'href="#f-service"' in page
    merchant.open(form)
    page = merchant.send(form, 200, service=asked.business["business_id"], note="三点前", _level="arrival")
    assert "Take the order back" in page
    assert "Enter what was done" not in page
    address = merchant.path
    assert asked.business["name"] in merchant.open(f"/arrivals/{asked.case.arrival['arrival_id']}")
    desk = service.open("/")
    assert f"{asked.case.owner['name']} asks you to disinfect" in desk
    assert 'href="/disinfection-orders"' in desk
    assert 'href="/disinfection-orders"' not in merchant.open("/"), "it is no disinfection service"
    page = service.open(address)
    assert f"/batches/{asked.case.first}" not in page
    assert "Take the order back" not in page
    service.open(f"{address}/disinfections/new")
    page = service.send(f"{address}/disinfections/new", 422, agent="", contact_min="", ambient_temperature_c="-18")
    assert 'href="#f-agent"' in page
    assert 'href="#f-contact_min"' in page
    told = TREATED | {"occurred_at": "2021-01-18 09:10"}
    page = service.send(f"{address}/disinfections/new", 200, **{name: str(text) for name, text in told.items()})
    assert "Certificate XD210118-" in page
    assert "certificate.pdf" in page
    assert "Disinfected" in service.open("/disinfection-orders?state=done")
    assert asked.case.owner["name"] not in service.open("/disinfection-orders?state=open")
    assert "No longer needed" not in merchant.open(address)
    merchant.open(form)
    merchant.send(form, 200, service=asked.business["business_id"])
    withdrawn = merchant.path
    assert "Withdrawn" in merchant.send(f"{withdrawn}/withdraw", 200)
    service.open(f"{withdrawn}/disinfections/new")
    assert service.path == withdrawn
