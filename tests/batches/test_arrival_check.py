"""What the check of an arrival says, in what order errors stand, what a search answers; the list of flags."""

import io
import re

import pytest

from coldchain.batches import pages_arrival_rows as rows
from coldchain.batches.pages_arrival_form import LABELS
from tests.batches.deliveries import Delivery, at
from tests.batches.test_arrival_wizard import NEW, filled
from tests.factories import hostile
from tests.factories.reader import Reader


@pytest.fixture
def delivery(scenes):
    """An importer with a store."""
    with at():
        yield scenes.of(Delivery)


@pytest.fixture
def merchant(app, delivery) -> Reader:
    """Its merchant, signed in."""
    return Reader.of(app, delivery.merchant)


def test_the_check_names_who_drives_what_is_missing_and_which_paper_has_its_file(merchant, delivery, app) -> None:
    paper = {
        "_papers__0__kind": "customs_declaration", "_papers__0__issuer": "示例海关",
        "_papers__0__issued_on": "2021-01-17", "_papers__0__file": (io.BytesIO(hostile.photograph()), "paper.jpg"),
    }  # fmt: skip
    driver = {"driver__name": "王示例", "driver__phone": "13800000000"}
    merchant.open(NEW)
    page = merchant.send(NEW, 200, _step="check", **filled(delivery, **driver, **paper))
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "Driver 王示例" in shown
    assert "Driver&#39;s phone 13800000000" in shown
    assert "Neither container nor seal number is given" in shown
    assert "with the file" in shown
    answer = merchant.client.post(NEW, data=dict(merchant.form(NEW)["fields"]) | {"_step": "edit"})
    assert answer.headers["Cache-Control"] == "private, no-cache", "the way back shows the form as it was sent"
    page = merchant.send(NEW, 200, _step="check", container_no="CSQU3054383")
    assert "No seal number is given" in page
    page = merchant.send(NEW, 200, _step="check", seal_no="HL20771")
    assert "is given: officers" not in page
    merchant.send(NEW, 200, _step="send")
    officer = Reader.of(app, delivery.world.regulator)
    page = officer.open("/flags")
    (made,) = delivery.merchant.get("/arrivals")["items"]
    assert f"Arrival {made['arrival_no']}" in page, "rows of one kind are told apart"
    assert delivery.product["name"] in page
    out = merchant.client.get("/")
    assert out.headers["Cache-Control"] == "no-store", "everything else is still kept by no browser"
    merchant.open("/")
    out = merchant.client.post("/sign-out", data=dict(merchant.form("/sign-out")["fields"]))
    assert out.headers["Clear-Site-Data"] == '"cache"', "whoever is next at this browser finds no form of it"


def test_errors_stand_in_the_order_of_the_page() -> None:
    wrong = ["_papers-1-issued_on", "_papers-0-issuer", "_papers-0-kind", "lines-10-zone_id", "lines-2-expiry_date",
             "_lines-2-pieces", "lines-2-production_date", "lines-2-zone_id", "lines-2-product_id", "driver-phone",
             "seal_no", "container_no", "customs_declaration_no", "_supplier", "arrived_at", "entry_mode",
             ""]  # fmt: skip
    expected = ["", "entry_mode", "arrived_at", "_supplier", "customs_declaration_no", "container_no", "seal_no",
                "driver-phone", "lines-2-product_id", "lines-2-zone_id", "lines-2-production_date",
                "lines-2-expiry_date", "_lines-2-pieces", "lines-10-zone_id", "_papers-0-kind", "_papers-0-issuer",
                "_papers-1-issued_on"]  # fmt: skip
    assert list(rows.in_page_order(dict.fromkeys(wrong, "x"), list(LABELS))) == expected


def test_one_character_is_answered_and_an_unknown_barcode_is_the_new_products(merchant) -> None:
    found = merchant.client.get("/catalogue/products", query_string={"_lines-0-find": "凤"}).get_data(as_text=True)
    assert "Type at least two characters" in found
    merchant.open(NEW)
    merchant.send(NEW, 200, _step=None, _new="lines-0", _lines__0__find="]C10106901234567892")
    assert dict(merchant.form(NEW)["fields"])["_product-gtin"] == "6901234567892"
    merchant.open(f"{NEW}?new=1")
    merchant.send(NEW, 200, _step=None, _new="lines-0", _lines__0__find="凤爪")
    assert dict(merchant.form(NEW)["fields"])["_product-gtin"] == ""


def test_a_whole_arrival_is_disinfected_whole(merchant, delivery) -> None:
    """Ranges and scanned pieces belong to one batch: what is always refused is not offered."""
    made = delivery.enter()
    page = merchant.open(f"/arrivals/{made['arrival_id']}/disinfections/new")
    assert 'value="whole_batch"' in page
    assert 'value="declared_range"' not in page
    assert 'value="scanned"' not in page
    page = merchant.open(f"/batches/{made['batches'][0]['batch_id']}/disinfections/new")
    assert 'value="declared_range"' in page


def test_a_damaged_photograph_is_called_damaged(merchant, delivery) -> None:
    made = delivery.enter()
    path = f"/arrivals/{made['arrival_id']}/evidence/new"
    whole = hostile.photograph(size=(400, 300))
    for cut in (len(whole) // 2, 200):
        merchant.open(path)
        page = merchant.send(path, 422, file=(io.BytesIO(whole[:cut]), "a.jpg"), kind="other")
        assert "This photograph is damaged" in page
    merchant.open(path)
    assert "neither a PDF nor a photograph" in merchant.send(path, 422, file=(io.BytesIO(b"MZ" * 99), "a.jpg"))


def test_the_queue_leads_to_the_next_paper_and_says_which_has_no_file(app, delivery) -> None:
    made = delivery.enter()
    for n in (1, 2, 3):
        delivery.merchant.post(
            f"/arrivals/{made['arrival_id']}/evidence",
            {"kind": "nucleic_acid", "number": f"N-{n}", "issuer": "示例检测", "issued_on": "2021-01-17"}, 201,
        )  # fmt: skip
    officer = Reader.of(app, delivery.world.regulator)
    page = officer.open("/evidence")
    assert page.count("no file") == 3
    papers = dict.fromkeys(re.findall(r'href="(/evidence/[0-9a-f-]{36})"', page))
    first, second, third = papers
    officer.open(second)
    assert "No file was handed in" in officer.text
    officer.send(f"{second}/verify", 200)
    assert officer.path == third
    assert "next one that waits" in officer.text
    officer.send(f"{third}/refuse", 200, reason="看不清")
    assert officer.path == first, "what was passed over comes last"
    officer.send(f"{first}/verify", 200)
    assert officer.path == "/evidence"
