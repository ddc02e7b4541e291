"""Pages of findings and decisions: from the officer's visit to the public page, read by people."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from coldchain.core import clock
from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.inspections.test_decisions import END, NOON, deciding, found
from tests.inspections.test_findings import MIXED, photograph

BLAME = ("iolation", "违法", "fine", "penalt")


@pytest.fixture
def goods(world: World) -> dict[str, Any]:
    """A store with one cleared batch."""
    return world.cleared(100)


def test_from_the_scan_to_the_answer_and_the_second_look(app: Flask, world: World, goods: dict[str, Any]) -> None:
    officer = Reader.of(app, world.inspector)
    page = officer.open(f"/C/{goods['batch']['batch_code']}")
    start = f"/visits/new?batch={goods['batch']['batch_id']}"
    assert f'href="{start}"' in page
    page = officer.open(start)
    assert goods["owner"]["name"] in page
    assert page.index("Heilongjiang") < page.index("Shandong"), "the own region's list stands first"
    officer.send("/visits/new", 422, kinds=[MIXED], wording="地面有积水", batch_codes="NOSUCHCODE", note="记<b>一</b>")
    assert 'href="#f-batch_codes"' in officer.text
    assert "记&lt;b&gt;一&lt;/b&gt;" in officer.text, "what was typed is kept"
    assert f'value="{MIXED}" checked' in officer.text
    code = goods["batch"]["batch_code"]
    officer.send("/visits/new", 200, batch_codes=f"{code[:4]} {code[4:]}", photo=(BytesIO(photograph()), "a.png"))
    assert officer.path.startswith("/findings?business=")
    assert "The business reads what is to be put right." in officer.text
    (first, _second) = sorted(world.inspector.get("/findings")["items"], key=lambda row: row["kind"] is None)
    path = f"/findings/{first['finding_id']}"

    merchant = Reader.of(app, world.merchant(goods["owner"]))
    desk = merchant.open("/")
    assert f'href="{path}"' in desk
    assert not any(word in desk for word in BLAME)
    page = merchant.open(path)
    assert not any(word in page for word in BLAME)
    assert "an officer looks at it again" in page
    assert "cc-photo" in page
    merchant.send(f"{path}/answer", 422, text=" ")
    assert 'href="#f-text"' in merchant.text
    merchant.send(f"{path}/answer", 200, text="已分区<script>", file=(BytesIO(photograph(9)), "b.png"))
    assert "已分区&lt;script&gt;" in merchant.text
    assert "Reported as put right" in merchant.text
    assert f'action="{path}/answer"' not in merchant.text

    assert "1 finding is reported as put right" in officer.open("/")
    officer.open(path)
    officer.send(f"{path}/review", 422, outcome="not_rectified", text="")
    officer.send(f"{path}/review", 200, outcome="rectified", text="复查合格")
    assert "The finding is closed." in officer.text
    assert "reported as put right" not in officer.open("/")


def test_what_is_past_its_day_stands_on_the_officers_desks(app: Flask, world: World) -> None:
    shop = world.shop()
    readers = [Reader.of(app, speaker) for speaker in (world.inspector, world.regulator)]
    with clock.simulated(clock.now()):
        for days, late in ((3, False), (4, True)):
            seen = (clock.now() - timedelta(days=days)).isoformat()
            body = {"site_id": shop["site"]["site_id"], "findings": [{"kind": MIXED}], "occurred_at": seen}
            world.inspector.post("/visits", body, 201)
            for reader in readers:
                assert ("1 finding is past its day" in reader.open("/")) is late
        for reader in readers:
            assert shop["owner"]["name"] in reader.open("/findings?state=overdue")


def test_deciding_is_checked_first_and_the_business_reads_what_to_do(
    app: Flask, world: World, goods: dict[str, Any]
) -> None:
    officer = Reader.of(app, world.regulator)
    finding = found(world, goods)
    officer.open(f"/findings/{finding}")
    assert f'href="/decisions/new?finding={finding}"' in officer.text
    page = officer.open(f"/decisions/new?finding={finding}")
    assert "六个一律" in page or "Heilongjiang" in page, "the basis of the catalogue is offered"
    typed = {"kinds": ["suspension", "publication"], "number": "建市监〔2021〕7号", "_step": "check"}
    officer.send("/decisions/new", 422, reason="电话 13912345678", **typed)
    assert 'href="#f-reason"' in officer.text
    assert "建市监〔2021〕7号" in officer.text
    officer.send("/decisions/new", 200, reason="混放未整改", **typed)
    assert "Look once more that no person is named" in officer.text
    assert world.regulator.get("/decisions")["items"] == [], "the check changes nothing"
    officer.send("/decisions/new", 200, _step="change")
    assert "混放未整改" in officer.text
    officer.send("/decisions/new", 200, _step="check")
    officer.send("/decisions/new", 200, _step="send")
    assert officer.path.startswith("/decisions/")
    path = officer.path

    merchant = Reader.of(app, world.merchant(goods["owner"]))
    desk = merchant.open("/")
    assert "Sending is stopped by a decision" in desk
    assert "建市监〔2021〕7号" in desk
    page = merchant.open(path)
    assert "report it here: an officer looks at it again, and what is ordered may be over before its end" in page
    merchant.send(f"{path}/objection", 200, text="已整改")
    assert "The decision holds meanwhile" not in merchant.text
    assert f'action="{path}/objection"' not in merchant.text
    assert "Objection to decision 建市监〔2021〕7号" in officer.open("/")
    assert "已整改" in officer.open(path).partition('id="answer"')[2].partition("</form>")[0], "what is answered"
    officer.send(f"{path}/answer", 422, outcome="lifted", text="")
    officer.send(f"{path}/answer", 200, outcome="lifted", text="复查合格")
    assert "The decision is lifted from that moment on." in officer.text
    assert "Sending is stopped" not in merchant.open("/")
    finding = world.regulator.get("/findings?state=lifted")["items"][0]
    assert (finding["state"], finding["lifted"]) == ("decided", True)
    assert world.regulator.get("/findings?state=decided")["items"] == [], "only a decision makes a violation (R14)"
    for reader in (officer, merchant):
        page = reader.open(f"/findings/{finding['finding_id']}")
        assert "it is no violation any more" in page
        assert "made it one" not in page
        listed = reader.open("/findings")
        assert "Decision lifted" in listed
        assert "state=decided" not in listed
        assert "<h3>Violations</h3>" not in reader.open(path)


def test_the_label_leads_to_the_public_page_only_while_the_decision_holds(
    app: Flask, world: World, people: People, goods: dict[str, Any]
) -> None:
    anybody, said = Reader(app), "A published decision about the seller holds"
    label = f"/C/{goods['batch']['batch_code']}"
    other = f"/C/{world.cleared()['batch']['batch_code']}"
    with clock.simulated(NOON):
        made = world.regulator.post("/decisions", deciding(found(world, goods), reason="<script>混放</script>"), 201)
    for moment, shown in ((NOON - timedelta(seconds=1), False), (NOON, True), (END, False)):
        with clock.simulated(moment):
            assert (said in anybody.open(label)) is shown
            page = anybody.open("/published-decisions")
            assert (made["number"] in page) is shown
            assert (goods["owner"]["name"] in page) is shown
            assert "<script>混放" not in page
            as_json = anybody.client.get(label, headers={"Accept": "application/json"}).get_json()
            assert as_json["seller_in_published_decision"] is shown
            assert said not in anybody.open(other), "it is about one seller"
    assert "138" not in page
    assert len(page.encode()) < 30_000


def test_the_catalogue_says_what_is_reconstructed_and_a_visit_asks_for_its_business(app: Flask, world: World) -> None:
    officer = Reader.of(app, world.inspector)
    page = officer.open("/finding-kinds")
    assert page.count("the official wording was not found") == 1
    assert "官方原文未找到" in page
    page = officer.open("/visits/new")
    assert 'name="business"' in page
    officer.open("/visits/new?business=91230203000000000X", 404)
    assert 'href="#f-business"' in officer.text
    shop = world.shop()
    page = officer.open(f"/visits/new?business={shop['owner']['uscc']}")
    assert shop["site"]["name"] in page
    officer.send("/visits/new", 200)
    assert "nothing was found" in officer.text


def test_the_form_tells_nothing_of_places_elsewhere(app: Flask, world: World, people: People) -> None:
    shop, tenant = world.shop(), World(people, "230202").business()
    far = Reader.of(app, people.inspector("230202"))
    far.open(f"/visits/new?site_id={shop['site']['site_id']}", 404)
    assert shop["site"]["name"] not in far.text
    far.open(f"/visits/new?business={shop['owner']['business_id']}", 404)
    here = Reader.of(app, world.inspector)
    page = here.open(f"/visits/new?site_id={shop['site']['site_id']}&business={tenant['business_id']}")
    assert tenant["name"] in page
    assert shop["site"]["name"] in page
    assert "The business as a whole" not in page, "its own district visits it as a whole"
    here.send("/visits/new", 200, kinds=[MIXED])
    assert tenant["name"] in here.text


def test_who_is_visited_is_found_by_name_card_or_site(app: Flask, people: People, world: World) -> None:
    """What is typed finds by name, initials and site in the officer's area alone; a card's number leads straight on."""
    shop = world.shop()
    owner, site = shop["owner"], shop["site"]
    here = Reader.of(app, world.inspector)
    here.open("/visits/new")
    by_name = here.open("/visits/new?business=冻品店")
    assert f'href="/visits/new?business={owner["business_id"]}"' in by_name
    assert f'href="/visits/new?business={owner["business_id"]}"' in here.open("/visits/new?business=sldpd")
    by_site = here.open(f"/visits/new?business={site['name']}")
    assert f'href="/visits/new?site_id={site["site_id"]}"' in by_site
    by_card = here.open(f"/visits/new?business={owner['card_no'].lower()}")
    assert f'name="business" value="{owner["business_id"]}"' in by_card, "a card names one business"
    assert "There is no such business." in here.open("/visits/new?business=无此店", 404)
    here.open("/visits/new?business=%00%E2%80%AE", 200)
    far = Reader.of(app, people.inspector("230202"))
    for typed in ("冻品店", site["name"]):
        assert owner["business_id"] not in far.open(f"/visits/new?business={typed}", 404)
    assert site["name"] not in far.open(f"/visits/new?business={owner['card_no']}", 404)


def test_from_a_place_to_a_visit_of_it_in_one_tap(app: Flask, people: People, world: World) -> None:
    """The sign of a store or a zone, and its page, lead to the form with the site chosen; a zone shows findings."""
    shop = world.shop()
    site, zone = shop["site"], shop["zone"]
    here = Reader.of(app, world.inspector)
    href = f"/visits/new?site_id={site['site_id']}"
    for path in (f"/C/{site['sign_code']}", f"/C/{zone['sign_code']}", f"/sites/{site['site_id']}"):
        assert f'href="{href}"' in here.open(path), path
    assert f'<option value="{site["site_id"]}" selected' in here.open(href)
    here.send("/visits/new", 200, kinds=[MIXED])
    (finding,) = world.inspector.get("/findings")["items"]
    assert f"/findings/{finding['finding_id']}" in here.open(f"/C/{zone['sign_code']}")
    own = Reader.of(app, world.merchant(shop["owner"]))
    assert href not in own.open(f"/sites/{site['site_id']}")
    stranger = Reader.of(app, people.inspector("230202"))
    for path in (f"/C/{site['sign_code']}", f"/C/{zone['sign_code']}"):
        assert href not in stranger.open(path)
        assert finding["finding_id"] not in stranger.text
