"""The card: composed from the rows by the reader's rights, on screen, on paper and for anybody (R16)."""

import re
import time
from dataclasses import replace

import pypdfium2 as pdfium
import pytest
from flask import Flask
from sqlalchemy import event

from coldchain.core import db, limits
from coldchain.core.errors import DomainError
from coldchain.core.pace import Pace
from coldchain.home import card, card_api
from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.world import World
from tests.home.test_stopped import main


def paper(speaker, business, size="a5"):
    """Return the words on a printed card."""
    answer = speaker.client.get(
        f"/api/v1/businesses/{business['business_id']}/card.pdf?paper={size}", headers=speaker._headers(None)
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    assert answer.content_type == "application/pdf"
    document = pdfium.PdfDocument(answer.data)
    words = document[0].get_textpage().get_text_bounded()
    document.close()
    return words


def stocked(world: World) -> dict:
    """An importer with clear goods, goods that lack papers, and a tenant's goods in its store."""
    made = world.cleared(100)
    owner, site, zone = made["owner"], made["site"], made["zone"]
    line = {"product_id": made["product"]["product_id"], "quantity_units": 13}
    made["bare"] = world.arrival(owner, site, zone, [line | {"production_date": "2020-12-01"}])
    made["tenant"] = world.business("租户示例")
    body = {
        "site_id": site["site_id"], "owner": made["tenant"]["business_id"], "entry_mode": "existing_stock",
        "arrived_at": "2021-01-05T08:00:00+08:00",
        "lines": [{"zone_id": zone["zone_id"], "product_id": made["product"]["product_id"],
                   "production_date": "2020-11-06", "expiry_date": "2022-11-05", "quantity_units": 600}],
    }  # fmt: skip
    world.regulator.post("/arrivals", body, 201)
    return made


def test_the_card_shows_what_the_rows_say_and_never_stales(app: Flask, world: World) -> None:
    made = stocked(world)
    owner = made["owner"]
    reader = Reader.of(app, world.merchant(owner))
    words = main(reader.open(f"/businesses/{owner['business_id']}/card"))
    product = made["product"]["name"]
    for said in (
        owner["card_no"], owner["uscc"], "张示例", "2021-01", made["site"]["name"], made["zone"]["code"], "−18 °C",
        product,
        "200 kg", "26 kg", "Together: 2 batches", "226 kg", "租户示例", "1.20 t", "Negative", "Awaiting verification",
    ):  # fmt: skip
        assert said in words, said
    assert "13800000000" not in words
    world.merchant(owner).post(
        "/sales",
        {"zone_id": made["zone"]["zone_id"], "lines": [{"batch_id": made["batch"]["batch_id"], "quantity_units": 40}]},
        201,
    )
    words = main(reader.open(f"/businesses/{owner['business_id']}/card"))
    assert "146 kg" in words
    shop = world.shop()
    sent = {
        "from_zone_id": made["zone"]["zone_id"], "to": {"business": shop["owner"]["uscc"]},
        "handover": "await_confirmation",
        "lines": [{"batch_id": made["batch"]["batch_id"], "quantity_units": 5}],
    }  # fmt: skip
    world.merchant(owner).post("/consignments", sent, 201)
    words = main(reader.open(f"/businesses/{owner['business_id']}/card"))
    assert "136 kg" in words
    assert "On the road, still its own: 10 kg" in words
    assert "在途 10 kg" in paper(world.regulator, owner)
    for link in re.findall(r'href="(/[^"#?]*)', reader.text[reader.text.index("<main") : reader.text.index("</main")]):
        if not link.startswith(("/api/", "/static/")):
            reader.open(link)


def test_the_paper_says_less_than_the_screen(app: Flask, world: World) -> None:
    made = stocked(world)
    owner = made["owner"]
    words = paper(world.merchant(owner), owner)
    for said in (
        "进口冷链食品经营者监管卡", owner["card_no"], "在册", "黑龙江省齐齐哈尔市建华区", "代存（他人货物）",
        "合计 2 批", "226", "待核验", "-18 ℃", "以扫码所见为准", "检测：阴性", "仅供测试，不得使用",
    ):  # fmt: skip
        assert said in words, said
    assert "租户示例" not in words, "whose goods are kept is nothing for customers"
    assert "13800000000" not in words
    assert "〓" not in words
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], public_url_is_trial=False)
    assert "仅供测试" not in paper(world.merchant(owner), owner)
    assert made["batch"]["batch_code"][:4] in paper(world.regulator, owner, "a4")


def test_stewards_licences_and_findings_stand_on_it(app: Flask, world: World) -> None:
    """Names of stewards and no phone, a dash for a free post; findings in the catalogue's words, not in free ones."""
    made = world.cleared(10)
    owner, site_id = made["owner"], made["site"]["site_id"]
    for kind, name in (("territorial", "辖区长"), ("enterprise", "企业长")):
        post = {"kind": kind, "name": name, "phone": "13900000009", "publish_phone": True, "started_on": "2021-01-10"}
        world.regulator.post(f"/sites/{site_id}/stewards", post, 201)
    licence = {"number": "JY12302039900233", "valid_to": "2031-05-01"}
    world.merchant(owner).post(f"/businesses/{owner['business_id']}/licences", licence, 201)
    found = [{"kind": "heilongjiang_mixed_storage"}, {"wording": "库门口有积水，王某说明天修"}]
    visit = world.inspector.post("/visits", {"site_id": site_id, "findings": found}, 201)
    catalogued = visit["findings"][0]["wording"]
    words = paper(world.merchant(owner), owner)
    for said in ("辖区长 / — / 企业长", "JY12302039900233 至 2031-05-01", catalogued[:12], "检查发现的其他问题"):
        assert said in words, said
    assert "13900000009" not in words
    assert "王某" not in words
    reader = Reader.of(app, world.merchant(owner), lang="zh_CN")
    shown = main(reader.open(f"/businesses/{owner['business_id']}/card"))
    for said in ("辖区长", "JY12302039900233", catalogued, "库门口有积水，王某说明天修"):
        assert said in shown, said


def test_visits_stand_among_the_last_checks_also_those_that_found_nothing(app: Flask, world: World) -> None:
    owner = world.business()
    site = world.site(owner)
    found = {"findings": [{"wording": "库门积水"}, {"wording": "无温度记录"}]}
    for body, at in ((found, "2021-01-10T09:00:00+08:00"), ({"findings": []}, "2021-01-12T09:00:00+08:00")):
        world.inspector.post("/visits", {"site_id": site["site_id"], "occurred_at": at} | body, 201)
    words = paper(world.merchant(owner), owner)
    assert words.index("未发现问题") < words.index("发现 2 个问题"), "the newest first"
    shown = main(Reader.of(app, world.regulator).open(f"/businesses/{owner['business_id']}/card"))
    assert shown.index("No problem was found") < shown.index("2 findings")
    assert site["name"] in shown


def test_a_positive_is_not_said_on_paper_and_a_lock_is(app: Flask, world: World) -> None:
    made = stocked(world)
    tube = world.tube(made["lab"], [made["batch"]["batch_id"]])
    world.result(made["lab"], tube, "positive")
    words = paper(world.merchant(made["owner"]), made["owner"])
    assert "阳性" not in words
    assert "复核中" in words
    assert "系统锁定" in words
    officer = Reader.of(app, world.regulator)
    assert "Preliminary positive" in main(officer.open(f"/businesses/{made['owner']['business_id']}/card"))


def test_a_suspended_card_says_so_everywhere(app: Flask, world: World, people: People) -> None:
    owner = world.business("停业示例")
    path = f"/businesses/{owner['business_id']}"
    anybody = Reader(app)
    assert "may deal in imported cold-chain food" in main(anybody.open(f"/K/{owner['card_no']}"))
    world.regulator.post(f"{path}/suspend", {"reason": "冷库温度记录造假"})
    words = paper(world.merchant(owner), owner)
    assert words.count("暂停经营") == 2, "as a state and as a band"
    assert "不得进货、发货、销售" in words
    page = anybody.open(f"/K/{owner['card_no']}")
    assert 'class="cc-verdict stop"' in page
    assert "may not take in, send or sell goods" in page
    assert "冷库温度记录造假" not in page, "the reason is between the business and its officers"
    world.regulator.post(f"{path}/close", {"reason": "迁出"})
    assert "本卡作废" in paper(world.regulator, owner)
    assert people.nobody().get(f"/cards/{owner['card_no']}")["status"] == "closed"


def test_who_may_see_a_card(app: Flask, world: World, people: People) -> None:
    owner, other = world.business(), world.business()
    plain = world.business("国产", handles_imported=False)
    path = f"/businesses/{owner['business_id']}/card"
    for speaker, status in (
        (world.merchant(owner), 200), (world.regulator, 200), (world.inspector, 200), (people.admin(), 200),
        (world.merchant(other), 404), (people.regulator("511011"), 404), (world.lab()[1], 403), (people.nobody(), 401),
    ):  # fmt: skip
        for ending in ("pdf", "png"):
            answer = speaker.client.get(f"/api/v1{path}.{ending}", headers=speaker._headers(None))
            assert answer.status_code == status, (speaker.user and speaker.user.username, ending)
    assert world.regulator.get(f"/businesses/{plain['business_id']}/card.pdf", 404)["code"] == "no_card"
    refused = world.regulator.get(f"{path}.pdf?paper=a3", 422)
    assert refused["errors"][0]["pointer"] == "/paper"
    by_code = world.regulator.client.get(
        f"/api/v1/businesses/{owner['uscc']}/card.png", headers=world.regulator._headers(None)
    )
    assert by_code.data.startswith(b"\x89PNG")


def test_what_is_not_listed_is_counted(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sites, stock, locks and what goods lack are bounded on a card: it says how many more there are of each."""
    made = stocked(world)
    owner, product = made["owner"], made["product"]["product_id"]
    for limit in ("SITES_SHOWN", "STOCK_SHOWN", "LACKING_SHOWN"):
        monkeypatch.setattr(card, limit, 1)
    world.zone(world.site(owner))
    for number in range(2):
        line = {"product_id": product, "quantity_units": 7, "batch_no": f"M{number}"}
        world.arrival(owner, made["site"], made["zone"], [line])
    shown = main(Reader.of(app, world.merchant(owner)).open(f"/businesses/{owner['business_id']}/card"))
    assert "1 more is not listed here." in shown, "the other site"
    assert "2 more are not listed here." in shown, "of three batches that lack papers"
    assert "3 more are not listed here; the sum has all." in shown, "of four batches"
    words = paper(world.merchant(owner), owner)
    assert "其余 1 个场所，扫码查看" in words
    assert "其余 3 项，扫码查看" in words
    assert "其余 2 项，扫码查看" in words


def test_on_screen_it_begins_with_who_and_what_is_open_and_long_lists_are_folded(app: Flask, world: World) -> None:
    made = stocked(world)
    owner = made["owner"]
    line = {"product_id": made["product"]["product_id"], "quantity_units": 7}
    reader = Reader.of(app, world.merchant(owner))
    path = f"/businesses/{owner['business_id']}/card"
    page = reader.open(path)
    order = [
        page.index(f'id="{part}"') for part in ("who", "letter", "open", "sites", "stock", "kept", "checks", "tests")
    ]
    assert order == sorted(order)
    assert "cc-rest" not in page
    world.arrival(owner, made["site"], made["zone"], [line | {"batch_no": f"F{number}"} for number in range(7)])
    page = reader.open(path)
    stock = page[page.index('id="stock"') : page.index('id="kept"')]
    before, folded = stock.split('<details class="cc-rest">')
    assert before.count('class="cc-rowhead"') == 6
    assert folded.count('class="cc-rowhead"') == 3
    assert "3 more" in folded
    assert "Together: 9 batches" in main(page)
    visits = page[page.index('id="checks"') : page.index('id="tests"')]
    assert "No visit is on record." in visits
    assert "Tube" not in visits


def test_a_card_takes_the_same_statements_whatever_lies_in_it(app: Flask, world: World) -> None:
    made = stocked(world)
    merchant = world.merchant(made["owner"])
    path = f"/api/v1/businesses/{made['owner']['business_id']}/card.pdf"

    def statements() -> int:
        counted: list[str] = []
        listener = lambda *args: counted.append(args[2])  # noqa: E731
        event.listen(db.engine(), "before_cursor_execute", listener)
        assert merchant.client.get(path, headers=merchant._headers(None)).status_code == 200
        event.remove(db.engine(), "before_cursor_execute", listener)
        return len(counted)

    before = statements()
    line = {"product_id": made["product"]["product_id"], "quantity_units": 7}
    world.arrival(made["owner"], made["site"], made["zone"], [line | {"batch_no": f"N{n}"} for n in range(12)])
    world.zone(world.site(made["owner"]))
    assert statements() == before


class TestPublicRegister:
    def test_who_holds_a_card_is_found_by_name_and_number(self, app: Flask, world: World, people: People) -> None:
        held = world.business("名录示例")
        world.business("待审示例", active=False)
        world.business("国产示例", handles_imported=False)
        nobody = people.nobody()
        listed = nobody.get("/cards?limit=200")["items"]
        assert [row["name"] for row in listed] == [held["name"]], "neither who waits nor who has no card"
        (row,) = listed
        assert row == {
            "card_no": held["card_no"], "name": held["name"], "status": "active", "kinds": ["importer"],
            "region_code": "230203", "region": "建华区", "stopped": None,
        }  # fmt: skip
        for q in ("名录", "mlsl", held["card_no"], held["card_no"].lower().replace("-", "")):
            assert [row["name"] for row in nobody.get(f"/cards?q={q}")["items"]] == [held["name"]], q
        assert nobody.get("/cards?q=没有的")["items"] == []
        assert nobody.get("/cards?status=suspended")["items"] == []
        assert nobody.get("/cards?region_code=511011")["items"] == []
        nobody.get("/cards?status=pending", 422)
        nobody.get("/cards?phone=1", 422)
        words = main(Reader(app).open("/cards?q=名录"))
        assert held["name"] in words
        assert held["card_no"] in words

    def test_no_person_and_no_stock_is_told(self, app: Flask, world: World, people: People) -> None:
        made = stocked(world)
        owner = made["owner"]
        told = [str(people.nobody().get(f"/cards/{owner['card_no']}")), str(people.nobody().get("/cards"))]
        told += [Reader(app).open(f"/K/{owner['card_no']}"), Reader(app).open("/cards")]
        answer = app.test_client().get(f"/K/{owner['card_no']}", headers={"Accept": "application/json"})
        assert answer.get_json() == people.nobody().get(f"/cards/{owner['card_no']}") | {
            "as_of": answer.get_json()["as_of"]
        }
        told.append(answer.get_data(as_text=True))
        for text in told:
            for secret in (
                "张示例", "13800000000", "示例路", owner["uscc"], owner["business_id"], made["site"]["site_id"],
                made["product"]["name"], made["zone"]["code"], made["site"]["name"],
            ):  # fmt: skip
                assert secret not in text, secret

    def test_pages_go_on_and_statements_stay(self, world: World, people: People) -> None:
        for _number in range(3):
            world.business("翻页示例")
        nobody = people.nobody()
        first = nobody.get("/cards?limit=2")
        second = nobody.get(f"/cards?limit=2&cursor={first['next']}")
        names = [row["name"] for row in first["items"] + second["items"]]
        assert len(set(names)) == 3
        assert second["next"] is None
        assert nobody.get("/cards?cursor=x!", 422)["errors"][0]["code"] == "invalid_cursor"

    def test_a_number_that_is_nobodys(self, app: Flask, world: World, people: People) -> None:
        for number in ("NOPE", "230203-7K3M-9QXX", "%00", "x" * 300):
            page = Reader(app).open(f"/K/{number}", 404)
            assert "There is no such card." in page
        assert people.nobody().get("/cards/NOPE", 404)["code"] == "unknown_card"

    def test_who_may_read_all_of_it_is_led_there(self, app: Flask, world: World) -> None:
        owner, other = world.business(), world.business()
        reader = Reader.of(app, world.regulator)
        reader.open(f"/K/{owner['card_no']}")
        assert reader.path == f"/businesses/{owner['business_id']}/card"
        reader.open(f"/K/{owner['card_no']}?view=public")
        assert reader.path.startswith("/K/")
        stranger = Reader.of(app, world.merchant(other))
        stranger.open(f"/K/{owner['card_no']}")
        assert stranger.path == f"/K/{owner['card_no']}"

    def test_one_address_is_slowed_down_and_others_are_not(self, app: Flask, people: People, monkeypatch) -> None:
        pace = Pace()
        for _question in range(limits.PUBLIC_QUESTIONS_PER_MIN):
            pace.admit("192.0.2.1", 7)
        pace.admit("192.0.2.2", 7)
        with pytest.raises(DomainError) as refused:
            pace.admit("192.0.2.1", 7)
        assert refused.value.status == 429
        pace.admit("192.0.2.1", 8)  # the next minute
        monkeypatch.setattr(card_api, "PACE", pace)
        for minute in (0, 1):  # whichever it is when the request comes
            pace._minute = int(time.monotonic() // 60) + minute
            pace._asked = {"127.0.0.1": limits.PUBLIC_QUESTIONS_PER_MIN}
            if people.nobody().client.get("/api/v1/cards").status_code == 429:
                break
        else:
            raise AssertionError("one question more than the limit was answered")
        assert people.nobody().get("/cards", 429)["code"] == "too_many_requests"
        people.regulator().get("/cards")
