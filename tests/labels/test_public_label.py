"""The address on a label: what anybody reads, in which colour and why, and that nobody reads more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from coldchain.core import clock, db, sign_code
from coldchain.core.check_code import append_check
from coldchain.labels.code import LabelCode
from tests.factories.people import Speaker
from tests.factories.reader import Reader
from tests.factories.world import World

JSON = {"Accept": "application/json"}
PAGE_BYTES = 30_000  # html, its one sheet and its sign, as they lie on disk and go over the wire: not compressed


def code_of(made: dict[str, Any], piece_no: int = 0) -> str:
    """The label code of a batch, or of one of its pieces."""
    return LabelCode(made["batch"]["batch_code"], "piece" if piece_no else "batch", piece_no).text


def read(client: FlaskClient, code: str) -> dict[str, Any]:
    """What a program reads."""
    response = client.get(f"/C/{code}", headers=JSON)
    assert response.status_code == 200, response.get_data(as_text=True)
    found: dict[str, Any] = response.get_json()
    return found


def page(client: FlaskClient, code: str, lang: str = "zh", **headers: str) -> str:
    """What a person reads."""
    response = client.get(f"/C/{code}", headers={"Accept": "text/html", "Accept-Language": lang} | headers)
    assert response.status_code == 200, response.get_data(as_text=True)
    return unescape(response.get_data(as_text=True))


def words(html: str) -> str:
    """The visible words of a page, blanks folded."""
    return " ".join(re.sub(r"<div hidden>.*?</div>|<[^>]+>", " ", html, flags=re.DOTALL).split())


def signed_in(app: Flask, who: Speaker) -> FlaskClient:
    """A client that sends somebody's token."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {who.token}"
    return client


def announce(world: World, made: dict[str, Any], kind: str = "food_recall") -> dict[str, Any]:
    """Announce a recall of the batch's product."""
    recall = world.regulator.post(
        "/recalls",
        {
            "kind": kind, "notice_no": "示监召〔2021〕003号", "issuer": "示例区市场监管局", "title": "示例产品召回",
            "received_at": "2021-01-20T08:30:00+08:00", "reason": "示例",
            "criterion": {"product_ids": [made["product"]["product_id"]]},
        },
        201,
    )  # fmt: skip
    world.regulator.post(f"/recalls/{recall['recall_id']}/announce", {})
    return recall


def test_a_clear_batch_is_green(world: World, client: FlaskClient) -> None:
    made = world.cleared()
    found = read(client, code_of(made))
    assert found["batch_code"] == made["batch"]["batch_code"]
    assert found["product"] == made["product"]["name"]
    assert found["origin_country"] == "BR"
    assert (found["production_date"], found["expiry_date"]) == ("2020-11-06", "2022-11-05")
    assert found["importer"] == made["owner"]["name"]
    assert found["seller"] == made["owner"]["name"]
    assert found["badge"] == "green"
    assert found["reasons"] == []
    assert {"kind": "inspection_quarantine", "state": "entered"} in found["evidence"]
    assert {"kind": "test", "state": "met"} in found["evidence"]
    html = page(client, code_of(made))
    assert '<div class="cc-verdict go">' in html
    assert "可流通" in words(html)
    assert "随附证明齐全，每一件都已消毒。" in words(html)
    assert "已经买了怎么办" not in html
    assert "巴西" in html
    assert "2 kg × 6/件" in html


def test_goods_past_their_date_say_so(world: World, client: FlaskClient) -> None:
    """On its last day (of Beijing) a batch says nothing of it; from the day after anybody reads that it is over."""
    code = code_of(world.cleared())
    for moment, past in (("2022-11-05T23:59:00+08:00", False), ("2022-11-06T00:01:00+08:00", True)):
        with clock.simulated(datetime.fromisoformat(moment)):
            assert ("已过保质期 2022-11-05" in words(page(client, code))) is past, moment


def test_the_fields_are_exactly_these(world: World, client: FlaskClient) -> None:
    """Names and states only; a new field must be looked at (R16)."""
    found = read(client, code_of(world.cleared()))
    assert set(found) == {
        "batch_code", "product", "origin_country", "production_date", "expiry_date", "importer", "seller", "evidence",
        "badge", "reasons",
        "seller_in_published_decision",
        "code", "piece_no", "printed", "specification", "producer", "recalls", "as_of", "split_from", "made_from",
    }  # fmt: skip
    for row in found["evidence"]:
        assert set(row) == {"kind", "state"}


def test_what_is_missing_is_amber_and_named(world: World, client: FlaskClient) -> None:
    owner = world.business()
    site = world.site(owner)
    product = world.product()
    arrival = world.arrival(
        owner, site, world.zone(site), [{"product_id": product["product_id"], "quantity_units": 60}]
    )
    made = {"batch": arrival["batches"][0], "product": product, "owner": owner}
    world.merchant(owner).post(f"/batches/{made['batch']['batch_id']}/label-runs", {"level": "batch"}, 202)
    found = read(client, code_of(made))
    assert found["badge"] == "amber"
    codes = [reason["code"] for reason in found["reasons"]]
    assert codes == ["evidence_missing"] * 3 + ["disinfection_missing", "test_missing"]
    assert found["reasons"][0]["message_zh"] == "缺这份证明：入境货物检验检疫证明"
    assert found["reasons"][0]["message_en"].startswith("This paper is missing: Inspection and quarantine")
    html = words(page(client, code_of(made)))
    assert "待核验" in html
    assert "缺这份证明：核酸检测合格证明" in html
    assert "已经买了怎么办" in html
    assert "拨打 12345" in html


def test_a_preliminary_positive_reads_paused_and_never_positive(world: World, client: FlaskClient) -> None:
    """R8: before confirmation the public reads 暂停销售, 等待复核."""
    made = world.cleared()
    tube = world.tube(made["lab"], [made["batch"]["batch_id"]])
    world.result(made["lab"], tube, "positive")
    found = read(client, code_of(made))
    assert found["badge"] == "amber"
    assert found["reasons"][0]["code"] == "awaiting_recheck"
    assert {"kind": "nucleic_acid", "state": "rechecking"} in found["evidence"]
    for lang in ("zh", "en"):
        html = page(client, code_of(made), lang)
        assert '<div class="cc-verdict wait">' in html
        assert not re.search(r"阳性|positive|alarm", html, re.IGNORECASE)
        assert tube["tube_no"] not in html
        assert made["lab"][0]["name"] not in html
    assert "暂停销售" in words(page(client, code_of(made)))
    assert "等待复核" in words(page(client, code_of(made)))
    assert "positive" not in str(found)


def test_a_negative_recheck_makes_it_green_again(world: World, client: FlaskClient) -> None:
    made = world.cleared()
    tube = world.tube(made["lab"], [made["batch"]["batch_id"]])
    world.result(made["lab"], tube, "positive")
    world.result(made["lab"], tube, "negative", stage="recheck", reported_at="2021-01-19T18:00:00+08:00")
    assert read(client, code_of(made))["badge"] == "green"


def test_a_confirmed_positive_is_red(world: World, client: FlaskClient) -> None:
    made = world.cleared()
    tube = world.tube(made["lab"], [made["batch"]["batch_id"]])
    world.result(made["lab"], tube, "positive")
    world.result(made["lab"], tube, "positive", stage="confirmation", reported_at="2021-01-19T18:00:00+08:00")
    found = read(client, code_of(made))
    assert found["badge"] == "red"
    assert found["reasons"][0]["code"] == "confirmed_positive"
    html = page(client, code_of(made))
    assert '<div class="cc-verdict stop">' in html
    assert "不得出库" in words(html)
    assert "cc-chip alarm" not in html


@pytest.mark.parametrize(
    ("kind", "word", "reason"), [("food_recall", "已召回", "recalled"), ("outbreak_sweep", "不得出库", "under_check")]
)
def test_an_announced_recall_is_red_with_its_notice(
    world: World, client: FlaskClient, kind: str, word: str, reason: str
) -> None:
    made = world.cleared()
    announce(world, made, kind)
    found = read(client, code_of(made))
    assert found["badge"] == "red"
    assert found["reasons"][0]["code"] == reason
    assert [(recall["notice_no"], recall["title"]) for recall in found["recalls"]] == [
        ("示监召〔2021〕003号", "示例产品召回")
    ]
    html = page(client, code_of(made))
    assert '<div class="cc-verdict stop">' in html
    assert f"<h1>{word}</h1>" in html
    assert "示监召〔2021〕003号" in html
    assert "示例产品召回" in html


def test_a_drill_changes_nothing_for_the_public(world: World, client: FlaskClient) -> None:
    made = world.cleared()
    announce(world, made, "drill")
    assert read(client, code_of(made))["badge"] == "green"


def test_a_piece_is_known_only_when_its_label_was_made(world: World, client: FlaskClient) -> None:
    made = world.cleared()
    batch_id = made["batch"]["batch_id"]
    world.merchant(made["owner"]).post(f"/batches/{batch_id}/label-runs", {"piece_from": 3, "piece_to": 5}, 202)
    for piece_no, printed in ((2, False), (3, True), (5, True), (6, False), (99_999, False)):
        found = read(client, code_of(made, piece_no))
        assert (found["printed"], found["piece_no"]) == (printed, piece_no)
        assert found["badge"] == ("green" if printed else "amber")
        assert [reason["code"] for reason in found["reasons"]] == ([] if printed else ["code_not_printed"])
    assert "这个码没有印制记录" in words(page(client, code_of(made, 2)))
    with db.engine().begin() as connection:
        connection.execute(text("UPDATE label_run SET state = 'failed' WHERE level = 'piece'"))
    assert read(client, code_of(made, 4))["printed"] is False


def test_a_batch_code_without_labels_names_the_batch_and_accuses_nobody(
    app: Flask, world: World, client: FlaskClient
) -> None:
    """Typed as it stands on a paper: that is the batch; a piece that was never printed keeps its words."""
    made = world.cleared()
    batch_code = made["batch"]["batch_code"]
    with db.engine().begin() as connection:
        connection.execute(text("UPDATE label_run SET state = 'failed'"))
    label = code_of(made)
    for typed in (batch_code, label):
        found = read(client, typed)
        assert (found["printed"], found["badge"], found["reasons"]) == (False, "green", [])
        html = words(page(client, typed))
        assert "没有印制记录" not in html
        assert "这是整个批次的批次码（散货牌）" in html
        assert f"{batch_code[:4]} {batch_code[4:]}" in html
        assert label not in html.replace(" ", ""), "no label is made up"
    officer = Reader.of(app, world.inspector).open(f"/C/{batch_code}")
    assert "Code of the whole batch" in officer
    assert "No label with this code was ever made" not in officer
    assert "No label with this code was ever made" in Reader.of(app, world.inspector).open(f"/C/{code_of(made, 2)}")
    assert [reason["code"] for reason in read(client, code_of(made, 2))["reasons"]] == ["code_not_printed"]


def test_the_seller_is_named_while_one_business_has_all_of_it(world: World, client: FlaskClient) -> None:
    """R16: which pieces a business has is not known, so with several holders it is the first station."""
    made, shop = world.cleared(60), world.shop()
    body = {
        "from_zone_id": made["zone"]["zone_id"], "to": {"business": shop["owner"]["business_id"]},
        "to_site_id": shop["site"]["site_id"], "handover": "await_confirmation",
    }  # fmt: skip

    def send(quantity_units: int) -> None:
        lines = [{"batch_id": made["batch"]["batch_id"], "quantity_units": quantity_units}]
        sent = world.merchant(made["owner"]).post("/consignments", body | {"lines": lines}, 201)
        world.merchant(shop["owner"]).post(
            f"/consignments/{sent['consignment_id']}/confirm", {"zone_id": shop["zone"]["zone_id"], "lines": lines}
        )

    assert read(client, code_of(made))["seller"] == made["owner"]["name"]
    send(30)
    found = read(client, code_of(made))
    assert (found["importer"], found["seller"]) == (made["owner"]["name"], made["owner"]["name"])
    assert shop["owner"]["name"] not in page(client, code_of(made))
    send(30)
    found = read(client, code_of(made))
    assert (found["importer"], found["seller"]) == (made["owner"]["name"], shop["owner"]["name"])


def test_domestic_goods_have_a_producer_and_no_importer(world: World, client: FlaskClient) -> None:
    owner = world.business(handles_imported=False, kinds=["wholesaler"])
    site = world.site(owner)
    product = world.product(imported=False)
    arrival = world.arrival(
        owner,
        site,
        world.zone(site, "general"),
        [{"product_id": product["product_id"], "quantity_units": 60}],
        container_no=None,
        seal_no=None,
        customs_declaration_no=None,
    )
    found = read(client, code_of({"batch": arrival["batches"][0]}))
    assert found["importer"] is None
    assert found["producer"]
    assert "进口商" not in page(client, code_of({"batch": arrival["batches"][0]}))


def test_strangers_learn_nothing_personal(world: World, client: FlaskClient) -> None:
    """No phone, person, driver, buyer, tube, zone, site or id stands on the page or in the answer (R16)."""
    made, shop = world.cleared(60), world.shop()
    lines = [{"batch_id": made["batch"]["batch_id"], "quantity_units": 12}]
    world.merchant(made["owner"]).post(
        "/consignments",
        {
            "from_zone_id": made["zone"]["zone_id"], "to": {"business": shop["owner"]["business_id"]},
            "to_site_id": shop["site"]["site_id"], "handover": "await_confirmation", "vehicle_plate": "黑B00001",
            "driver": {"name": "赵示例", "phone": "13900000001"}, "lines": lines,
        },
        201,
    )  # fmt: skip
    secrets = [
        "13800000000", "13900000001", "张示例", "李示例", "赵示例", "黑B00001", shop["owner"]["name"],
        shop["site"]["name"], made["site"]["name"], "LJ-", "NAT-1", "CSQU3054383", "190120211000042871",
        made["batch"]["batch_id"], made["owner"]["business_id"], made["owner"]["uscc"], made["lab"][0]["name"],
    ]  # fmt: skip
    seen = page(client, code_of(made)) + page(client, code_of(made), "en") + str(read(client, code_of(made)))
    assert [secret for secret in secrets if secret in seen] == []


def test_neither_page_nor_answer_needs_signing_in_script_or_other_files(world: World, client: FlaskClient) -> None:
    made = world.cleared()
    html = page(client, code_of(made))
    assert "<script" not in html
    fetched = set(re.findall(r'(?:src|href)="([^"#]+)"', html))
    assert {re.sub(r"\?.*", "", path) for path in fetched if path.startswith("/static/")} == {
        "/static/css/coldchain.css", "/static/chop.svg"
    }  # fmt: skip
    used = set(re.findall(r'<use href="#([a-z0-9-]+)"', html))
    assert used <= set(re.findall(r'<symbol id="([a-z0-9-]+)"', html))
    assert "icons.svg" not in html


def test_the_page_weighs_less_than_thirty_kilobytes_uncompressed(app: Flask, world: World, client: FlaskClient) -> None:
    """Page, sheet and sign together, in the longest case: red, with a notice and every reason."""
    made = world.cleared(name="示例" * 40, name_en="Sample " * 20)
    tube = world.tube(made["lab"], [made["batch"]["batch_id"]])
    world.result(made["lab"], tube, "positive")
    announce(world, made)
    static = Path(str(app.static_folder))
    styles = (static / "css" / "coldchain.css").stat().st_size + (static / "chop.svg").stat().st_size
    for lang in ("zh", "en"):
        response = client.get(f"/C/{code_of(made, 7)}", headers={"Accept-Language": lang})
        assert "Content-Encoding" not in response.headers
        assert len(response.data) + styles <= PAGE_BYTES


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that the program sends."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


def test_the_number_of_statements_does_not_grow(world: World, client: FlaskClient) -> None:
    made, plain = world.cleared(60), world.cleared(60)
    for _ in range(4):
        tube = world.tube(made["lab"], [made["batch"]["batch_id"]])
        world.result(made["lab"], tube, "negative")
    announce(world, made)
    world.merchant(made["owner"]).post(
        f"/batches/{made['batch']['batch_id']}/label-runs", {"piece_from": 1, "piece_to": 4}, 202
    )
    read(client, code_of(made))
    numbers = []
    for code in (code_of(made), code_of(plain), code_of(made, 3)):
        with counted() as sent:
            read(client, code)
        numbers.append(len(sent))
        assert not [statement for statement in sent if re.match(r"\s*(INSERT|UPDATE|DELETE|BEGIN)", statement)]
    assert len(set(numbers)) == 1
    assert numbers[0] <= 10


HOSTILE = [
    "A" * 5_000, "🦠" * 20, "7K3M9Q2X0017V/../../etc/passwd", "\x00", "%00", "..", "//", "a/b/c", "\u202e7K3M9Q2X",
    "<script>alert(1)</script>", "'; DROP TABLE batch; --", "7K3M9Q2X0017Ｖ", "\ufffd" * 9,
    "٠١٢٣٤٥٦٧", "ß" * 8, "0" * 8, "1", " ", "\r\nSet-Cookie: a=b", "{{7*7}}", "%(x)s {y}",
]  # fmt: skip


@pytest.mark.parametrize("code", HOSTILE)
def test_hostile_codes_are_answered_with_a_page(client: FlaskClient, code: str) -> None:
    response = client.get("/C/" + quote(code, safe=""), headers={"Accept": "text/html"})
    assert response.status_code in {308, 404}
    html = response.get_data(as_text=True)
    assert "<script>" not in html
    assert "\u202e" not in html
    assert "\x00" not in html
    problem = client.get("/C/" + quote(code, safe=""), headers=JSON)
    if problem.status_code == 404:
        assert problem.content_type == "application/problem+json"
        assert problem.get_json()["code"] in {
            "label_code_symbol", "label_code_length", "label_code_check", "label_code_serial", "label_code_level",
            "label_code_sign", "unknown_code", "not_found",
        }  # fmt: skip


def test_a_mistyped_code_says_what_is_wrong_and_what_to_check(world: World, client: FlaskClient) -> None:
    code = code_of(world.cleared(), 17)
    wrong = ("0" if code[0] != "0" else "1") + code[1:]
    response = client.get(f"/C/{wrong}", headers={"Accept-Language": "zh"})
    assert response.status_code == 404
    html = words(response.get_data(as_text=True))
    assert "校验位不符" in html
    assert "请核对" in html
    assert wrong in html
    problem = client.get(f"/C/{wrong}", headers=JSON).get_json()
    assert problem["code"] == "label_code_check"


def test_a_mistyped_sign_is_not_taken_for_goods(client: FlaskClient) -> None:
    code = sign_code.new_sign_code("site", 12345)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    response = client.get(f"/C/{wrong}", headers={"Accept-Language": "zh"})
    assert response.status_code == 404
    html = words(response.get_data(as_text=True))
    assert "看起来是场所码" in html
    assert wrong in html
    for unsaid in ("批次码 8 位", "不要购买", "12345"):
        assert unsaid not in html
    assert client.get(f"/C/{wrong}", headers=JSON).get_json()["code"] == "label_code_sign"


def test_an_unknown_code_says_that_it_is_unknown(client: FlaskClient) -> None:
    code = LabelCode(append_check("7K3M9Q2"), "piece", 17).text
    response = client.get(f"/C/{code}", headers={"Accept-Language": "zh"})
    assert response.status_code == 404
    assert "登记记录里没有这个码的货" in words(response.get_data(as_text=True))
    assert client.get(f"/C/{code}", headers=JSON).get_json()["code"] == "unknown_code"


def test_a_code_is_read_however_it_is_written(world: World, client: FlaskClient) -> None:
    made = world.cleared()
    code = code_of(made, 17)
    groups = " ".join(code[start : start + 4] for start in range(0, len(code), 4))
    for written in (code.lower(), groups, groups.replace(" ", "-"), made["batch"]["batch_code"]):
        assert read(client, quote(written))["batch_code"] == made["batch"]["batch_code"]


def test_both_languages_speak(world: World, client: FlaskClient) -> None:
    made = world.cleared(name_en="Frozen boneless chicken leg")
    english = words(page(client, code_of(made), "en"))
    assert "Clear to circulate" in english
    assert "Frozen boneless chicken leg" in english
    assert "Brazil" in english
    assert not re.search(r"[\u4e00-\u9fff]", english.replace(made["owner"]["name"], "").split("Country of origin")[0]
                         .replace("冷 链 溯 源", "").replace("中文", ""))  # fmt: skip


def test_a_merchant_gets_the_way_to_its_own_batch_only(app: Flask, world: World) -> None:
    made = world.cleared()
    link = f'href="/batches/{made["batch"]["batch_id"]}"'
    assert link in page(signed_in(app, world.merchant(made["owner"])), code_of(made))
    for who in (world.merchant(world.business()), made["lab"][1]):
        assert made["batch"]["batch_id"] not in page(signed_in(app, who), code_of(made))


def test_an_officers_program_reads_the_same_json_as_anybody(app: Flask, world: World, client: FlaskClient) -> None:
    made = world.cleared()
    ours = read(signed_in(app, world.inspector), code_of(made))
    theirs = read(client, code_of(made))
    assert {**ours, "as_of": None} == {**theirs, "as_of": None}
