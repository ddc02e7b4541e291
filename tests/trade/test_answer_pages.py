"""Pages of answers: less or more with a reason, disputes, settling, the slip, the delivery note and its code."""

import html
import io
import re
from datetime import timedelta

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import update

from coldchain.core import clock, db
from coldchain.trade.models import Consignment
from tests.factories.reader import Reader
from tests.factories.scenes import Scenes
from tests.trade.test_pages import Deal


@pytest.fixture
def deal(scenes: Scenes) -> Deal:
    """13 units (2 pieces and 1) to be sent to a shop."""
    return scenes.of(Deal)


def api(deal: Deal, path: str) -> dict:  # type: ignore[type-arg]
    """What the consignment is now."""
    return deal.world.regulator.get(path)  # type: ignore[no-any-return]


def test_less_came_and_the_sender_settles(deal: Deal) -> None:
    path = deal.sent(departure_temperature_c="-19.5")
    assert "−19.5 °C" in deal.seller.text
    deal.buyer.open(f"{path}/confirm")
    less = {"_lines__0__pieces": "1", "zone_id": deal.shop["zone"]["zone_id"], "arrival_temperature_c": "-9"}
    page = deal.buyer.send(f"{path}/confirm", 422, **less)
    assert 'id="f-reason-error"' in page, "the count may be right: what lacks is why"
    assert "<details open>" in page
    deal.buyer.send(f"{path}/confirm", 200, reason="少了一件", **less)
    assert "in dispute" in deal.buyer.text.lower()
    assert "outside of the class" in deal.buyer.text
    assert api(deal, path)["lines"][0]["disputed_units"] == 6
    for reader in (deal.seller, deal.buyer):
        assert path in reader.open("/"), "a job on both desks"
    assert f"{path}/settle" in deal.seller.open(path)
    page = deal.seller.open(f"{path}/settle")
    assert 'value="delivered"' not in page, "that is the receiver's to say"
    assert dict(deal.seller.form(f"{path}/settle")["fields"])["_lines-0-pieces"] == "1"
    page = deal.seller.send(f"{path}/settle", 422)
    assert 'href="#f-lines-0-outcome"' in page
    assert 'href="#f-reason"' in page
    deal.seller.send(f"{path}/settle", 200, lines__0__outcome="returned", reason="漏装")
    assert "Receipt confirmed" in deal.seller.text
    assert "漏装" in deal.seller.text
    assert "Sent back 1 piece" in deal.seller.text.split("What was said about it")[0], "the line adds up"
    assert (api(deal, path)["state"], api(deal, path)["lines"][0]["confirmed_units"]) == ("confirmed", 7)


def test_a_dispute_names_only_what_is_wrong(deal: Deal) -> None:
    path = deal.sent()
    deal.buyer.open(f"{path}/dispute")
    deal.buyer.send(f"{path}/dispute", 422, reason="破损")
    deal.buyer.send(f"{path}/dispute", 422, reason="破损", _lines__0__pieces="3")
    assert 'id="f-_lines-0-pieces-error"' in deal.buyer.text
    assert "Only 2 pieces + 1 unit of this batch wait for an answer." in deal.buyer.text
    deal.buyer.send(f"{path}/dispute", 200, reason="破损", _lines__0__pieces="", _lines__0__loose="2")
    assert "Disputed" in deal.buyer.text
    assert f"{path}/confirm" in deal.buyer.text, "the rest can be confirmed"
    deal.buyer.open(f"{path}/confirm")
    assert dict(deal.buyer.form(f"{path}/confirm")["fields"])["_lines-0-loose"] == "5"
    deal.buyer.send(f"{path}/confirm", 200, zone_id=deal.shop["zone"]["zone_id"])
    assert api(deal, path)["lines"][0]["open_units"] == 0
    page = deal.buyer.open(f"{path}/settle")
    assert 'value="delivered"' in page
    assert 'value="lost"' not in page, "that is the sender's to say"
    deal.buyer.send(f"{path}/settle", 200, reason="找到了", zone_id=deal.shop["zone"]["zone_id"])
    assert api(deal, path)["state"] == "confirmed"
    deal.buyer.open(f"{path}/settle", 409)


def test_a_settled_consignment_says_what_came_and_where_the_rest_is(deal: Deal) -> None:
    """Of 2 pieces and 1: one piece came, one unit goes back, the other piece is nowhere: no green mark of receipt."""
    path = deal.sent()
    deal.buyer.open(f"{path}/confirm")
    less = {"_lines__0__pieces": "1", "_lines__0__loose": "", "zone_id": deal.shop["zone"]["zone_id"], "reason": "少货"}
    deal.buyer.send(f"{path}/confirm", 200, **less)
    for outcome, pieces, loose in (("returned", "0", "1"), ("missing", "1", "")):
        deal.seller.open(f"{path}/settle")
        said = {"lines__0__outcome": outcome, "_lines__0__loose": loose, "reason": "已核对"}
        if outcome == "returned":
            page = deal.seller.send(f"{path}/settle", 422, _lines__0__pieces="5", **said)
            assert "Only 1 piece + 1 unit of this batch are in dispute." in page
        deal.seller.send(f"{path}/settle", 200, _lines__0__pieces=pieces, **said)
    assert api(deal, path)["state"] == "confirmed"
    for reader in (deal.seller, deal.buyer):
        page = reader.open(path)
        verdict = page[page.index('class="cc-verdict') :]
        verdict = verdict[: verdict.index("cc-sheet")]
        assert 'class="cc-verdict wait"' in verdict
        assert "Received in part" in verdict
        assert "Received: 1 piece. Sent back: 1 unit. Unaccounted for: 1 piece." in verdict
        assert "in the receiver&#39;s books" not in verdict


def test_of_nothing_that_came_no_receipt_is_said(deal: Deal) -> None:
    path = deal.sent()
    deal.buyer.open(f"{path}/dispute")
    deal.buyer.send(f"{path}/dispute", 200, reason="没有到", _lines__0__pieces="2", _lines__0__loose="1")
    deal.seller.open(f"{path}/settle")
    deal.seller.send(f"{path}/settle", 200, lines__0__outcome="lost", reason="翻车")
    page = deal.buyer.open(path)
    assert 'class="cc-verdict idle"' in page
    assert "None of it was received" in page
    assert "Lost on the way: 2 pieces + 1 unit." in page


def test_a_photograph_of_the_slip(deal: Deal) -> None:
    path = deal.sent(handover="signed_in_person")
    page = deal.seller.open(f"{path}/slip")
    assert 'capture="environment"' in page
    form = dict(deal.seller.form(f"{path}/slip")["fields"])
    assert 'id="f-file-error"' in deal.seller.client.post(f"{path}/slip", data=form).get_data(as_text=True)
    out = io.BytesIO()
    Image.new("RGB", (30, 20)).save(out, "PNG")
    for content, status in ((b"not a picture", 422), (out.getvalue(), 303)):
        sent = deal.seller.client.post(
            f"{path}/slip", data=form | {"file": (io.BytesIO(content), "slip.png")}, content_type="multipart/form-data"
        )
        assert sent.status_code == status
    page = deal.seller.open(path)
    assert f'src="/api/v1{path}/slip"' in page
    assert deal.buyer.client.get(f"/api/v1{path}/slip").content_type == "image/jpeg"


def test_the_slip_of_who_has_no_account_closes_the_consignment(deal: Deal) -> None:
    path = deal.sent(to__business=None, to__name="王示例", to__phone="0452-0000099")
    assert "which closes the consignment" in html.unescape(deal.seller.open(path))
    assert "leave the books as sold" in deal.seller.open(f"{path}/slip"), "said before it is done"
    form = dict(deal.seller.form(f"{path}/slip")["fields"])
    out = io.BytesIO()
    Image.new("RGB", (30, 20)).save(out, "PNG")
    deal.seller.client.post(
        f"{path}/slip", data=form | {"file": (io.BytesIO(out.getvalue()), "a.png")}, content_type="multipart/form-data"
    )
    page = deal.seller.open(path)
    assert "The consignment is closed" in page
    assert "signed for the goods on paper" in page
    assert api(deal, path)["state"] == "signed"
    assert "leave the books as sold" not in deal.seller.open(f"{path}/slip"), "another one only takes its place"


def test_the_note_is_printed_with_its_code(deal: Deal) -> None:
    path = deal.sent(driver__name="钱示例", driver__phone="13700000001")
    page = deal.seller.open(f"{path}/note")
    number = api(deal, path)["consignment_no"]
    for words in (number, deal.goods["owner"]["name"], deal.shop["owner"]["name"], "钱示例", "2 pieces + 1 unit"):
        assert words in page
    assert f"https://trace.example/D/{number}" in page
    assert '<svg class="cc-qr"' in page
    stranger = Reader.of(deal.app, deal.world.merchant(deal.world.business("别家")))
    stranger.open(f"{path}/note", 404)


def test_the_code_leads_to_the_page_that_confirms(deal: Deal, app: Flask) -> None:
    path = deal.sent()
    number = api(deal, path)["consignment_no"]
    nobody = app.test_client()
    first = nobody.get(f"/D/{number}")
    assert (first.status_code, first.headers["Location"]) == (303, f"/sign-in?next=%2FD%2F{number}")
    assert f'value="/D/{number}"' in html.unescape(nobody.get(first.headers["Location"]).get_data(as_text=True))
    page = deal.buyer.open(f"/D/{number.lower()}")
    assert deal.buyer.path == path
    head = page[: page.index("cc-cols")]
    assert f"{path}/confirm" in head, "the button is on top"
    stranger = Reader.of(deal.app, deal.world.merchant(deal.world.business("别家")))
    for wrong in (number, "FH210119-ZZZZZ", "x" * 300, "%00", "..%2f..", "<b>"):
        stranger.open(f"/D/{wrong}", 404)
    lab = Reader.of(deal.app, deal.goods["lab"][1])
    lab.open(f"/D/{number}", 403)


def test_to_a_name_the_sender_answers(deal: Deal) -> None:
    path = deal.sent(to__business=None, to__name="王示例", to__phone="0452-0000099")
    page = deal.seller.open(path)
    assert f"{path}/dispute" in page
    assert f"{path}/confirm" not in page
    deal.seller.open(f"{path}/dispute")
    deal.seller.send(f"{path}/dispute", 200, reason="车坏了", _lines__0__pieces="2", _lines__0__loose="1")
    deal.seller.open(f"{path}/settle")
    deal.seller.send(f"{path}/settle", 200, reason="拉回", lines__0__outcome="returned")
    assert "Rejected" in deal.seller.text


def test_what_waits_too_long_stands_in_a_list_of_its_own(deal: Deal) -> None:
    path = deal.sent()
    assert "unanswered=true" not in deal.seller.open("/consignments")
    with db.transaction() as session:
        session.execute(update(Consignment).values(recorded_at=clock.now() - timedelta(hours=30)))
    page = deal.seller.open("/consignments")
    assert "no answer for 30 h" in page
    page = deal.seller.open("/consignments?unanswered=true")
    assert path in page
    assert "No answer for 30 hours. Ring the receiver." in deal.seller.open(path)


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_every_page_is_drawn_in_both_languages(deal: Deal, lang: str) -> None:
    path = deal.sent()
    reader = Reader.of(deal.app, deal.world.merchant(deal.shop["owner"]), lang=lang)
    for address in (f"{path}/confirm", f"{path}/dispute", f"{path}/note", f"{path}/slip"):
        page = reader.open(address)
        assert page.count("<h1") == 1, address
    reader.open(f"{path}/dispute")
    reader.send(f"{path}/dispute", 200, reason="破损", _lines__0__pieces="1")
    assert reader.open(f"{path}/settle").count("<h1") == 1
    if lang == "zh_CN":
        main = re.sub(r"<[^>]+>", " ", reader.text[reader.text.index("<main") : reader.text.index("</main")])
        assert not re.search(r"[A-Za-z]{5}", re.sub(r"[A-Z0-9-]{5,}|TEST\w*", "", main)), main
