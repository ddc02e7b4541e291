"""Pages of papers: handing one in with its file, an officer's queue and word, what the owner reads then."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from tests.factories import hostile
from tests.factories.reader import Reader
from tests.factories.world import World

ARRIVED = {"number": "CIQ-7", "issuer": "示例海关", "issued_on": "2021-01-17"}


@pytest.fixture
def merchant(app: Flask, case) -> Reader:  # type: ignore[no-untyped-def]
    """The importer of the case, signed in."""
    return Reader.of(app, case.merchant)


@pytest.fixture
def regulator(app: Flask, case) -> Reader:  # type: ignore[no-untyped-def]
    """The regulator of the district, signed in."""
    return Reader.of(app, case.world.regulator)


def test_a_paper_is_handed_in_with_its_file_by_the_form(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    form = f"/batches/{case.first}/evidence/new"
    merchant.open(f"{form}?kind=inspection_quarantine")
    file = (io.BytesIO(hostile.pdf(pages=7)), "../证明.pdf")
    page = merchant.send(form, 200, kind="inspection_quarantine", quantity_units="1800", **ARRIVED, file=file)
    assert "CIQ-7" in page
    assert "with the file" in page
    (paper,) = case.batch()["evidence"]
    assert (paper["quantity_units"], paper["file"]["pages"]) == (1800, 7)
    assert paper["arrival_id"] == case.arrival["arrival_id"]
    shown = merchant.open(f"/evidence/{paper['evidence_id']}")
    assert shown.count("<img") == 5
    assert f"/api/v1/evidence/{paper['evidence_id']}/pages/5" in shown
    assert "Pages 1 to 5 of 7" in shown
    assert "/pages/7" in merchant.open(f"/evidence/{paper['evidence_id']}?from=6")
    assert "Your word on it" not in shown, "only an officer says what it is"
    for odd in ("0", "-1", "x", "99999999", "8"):
        merchant.open(f"/evidence/{paper['evidence_id']}?from={odd}")


def test_what_was_typed_is_kept_and_so_is_a_file_that_was_right(
    merchant: Reader, case, world: World, app: Flask
) -> None:  # type: ignore[no-untyped-def]
    form = f"/arrivals/{case.arrival['arrival_id']}/evidence/new"
    merchant.open(form)
    file = (io.BytesIO(hostile.pdf(hostile.script_on_opening)), "paper.pdf")
    page = merchant.send(form, 422, kind="nucleic_acid", **ARRIVED | {"number": ""}, valid_to="2021-07-01", file=file)
    assert "Print it to a new PDF" in page
    assert 'href="#f-file"' in page
    assert 'href="#f-number"' in page, "the file and the number are said at once"
    for kept in ("示例海关", "2021-01-17", "2021-07-01"):
        assert kept in page
    assert "The file is kept" not in page
    assert case.batch()["evidence"] == []
    page = merchant.send(form, 422, file=(io.BytesIO(hostile.photograph()), "a.jpg"))
    assert "The file is kept" in page
    word = dict(merchant.form(form)["fields"])["kept"]
    other = world.business()
    arrival = world.arrival(
        other, site := world.site(other), world.zone(site),
        [{"product_id": case.product["product_id"], "quantity_units": 6}],
    )  # fmt: skip
    stranger, theirs = Reader.of(app, world.merchant(other)), f"/arrivals/{arrival['arrival_id']}/evidence/new"
    stranger.open(theirs)
    page = stranger.send(theirs, 422, kind="nucleic_acid", **ARRIVED, kept=word)
    assert "Choose this file again" in page, "what was kept for one is of no use to another"
    merchant.send(form, 200, number="N-7")
    (paper,) = case.batch()["evidence"]
    assert (paper["number"], paper["file"]["media_type"]) == ("N-7", "image/jpeg")


def test_the_declaration_that_was_typed_with_the_goods_need_not_be_typed_again(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    form = f"/batches/{case.first}/evidence/new"
    assert 'value="190120211000042871"' in merchant.open(f"{form}?kind=customs_declaration")
    assert 'value="190120211000042871"' not in merchant.open(f"{form}?kind=nucleic_acid")
    merchant.send(form, 200, kind="customs_declaration", number="", issuer="示例海关", issued_on="2021-01-17")
    assert [paper["number"] for paper in case.batch()["evidence"]] == ["190120211000042871"]


def test_an_officer_looks_and_says_what_it_is(regulator: Reader, merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    right = case.paper("inspection_quarantine", number="CIQ-7")["evidence_id"]
    wrong = case.paper("nucleic_acid", number="NAT-7", valid_to="2021-02-01")["evidence_id"]
    assert "2 papers to verify" in regulator.open("/")
    queue = regulator.open("/evidence")
    assert queue.index("CIQ-7") < queue.index("NAT-7")
    assert "CIQ-7" not in regulator.open("/evidence?order=expiring")
    regulator.open(f"/evidence/{right}")
    page = regulator.send(f"/evidence/{right}/verify", 200)
    assert regulator.path == f"/evidence/{wrong}", "the next that waits"
    assert "The paper is verified" in page
    regulator.open(f"/evidence/{wrong}")
    page = regulator.send(f"/evidence/{wrong}/refuse", 422, reason="")
    assert 'href="#f-reason"' in page
    regulator.send(f"/evidence/{wrong}/refuse", 200, reason="编号对不上")
    assert "No paper waits" in regulator.open("/evidence")
    assert "NAT-7" in regulator.open("/evidence?state=refused")
    assert "CIQ-7" in regulator.open("/evidence?state=verified")
    page = merchant.open(f"/batches/{case.first}")
    assert "编号对不上" in page
    assert f"?replaces={wrong}" in page
    assert "编号对不上" in merchant.open("/"), "the owner's desk says what to do"
    form = f"/batches/{case.first}/evidence/new"
    page = merchant.open(f"{form}?replaces={wrong}")
    assert "In place of" in page
    merchant.send(form, 200, number="NAT-8", issuer="示例", issued_on="2021-01-17")
    shown = {paper["number"]: paper for paper in case.batch()["evidence"]}
    assert shown["NAT-8"]["replaces"] == wrong
    page = merchant.open(f"/evidence/{wrong}")
    assert "See the newer paper" in page
    assert "编号对不上" in page
    assert "NAT-8" in regulator.open("/evidence")
    assert "Your word on it" not in regulator.open(f"/evidence/{wrong}"), "a replaced paper needs no word any more"


def test_expiry_is_shown(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    case.paper("nucleic_acid", valid_to="2021-06-01")
    for page in (merchant.open(f"/batches/{case.first}"), merchant.open(f"/arrivals/{case.arrival['arrival_id']}")):
        assert "valid until 2021-06-01" in page
        assert "Expired" in page


def test_pages_that_are_not_there(app: Flask, merchant: Reader, regulator: Reader, case, world: World) -> None:  # type: ignore[no-untyped-def]
    paper = case.paper("nucleic_acid")["evidence_id"]
    stranger = Reader.of(app, world.merchant(world.business()))
    stranger.open(f"/evidence/{paper}", 404)
    merchant.open("/evidence", 403)
    for odd in ("?replaces=x", f"?replaces={case.first}"):
        merchant.open(f"/batches/{case.first}/evidence/new{odd}", 404)
    regulator.open("/evidence?order=colour", 422)


def test_flags_of_certificates_say_what_is_odd(regulator: Reader, case) -> None:  # type: ignore[no-untyped-def]
    case.paper("nucleic_acid", f"/batches/{case.first}", number="N-9", quantity_units=119)
    page = regulator.open("/flags")
    assert "More goods than the certificate says" in page
    assert "booked 120 of 119" in page
