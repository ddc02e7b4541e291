"""Pages of arrivals, batches and tubes: what each role reads, what a refused form keeps, what is not there for some."""

import re
from uuid import uuid4

import pytest
from flask import Flask

from tests.factories.reader import Reader
from tests.factories.world import World

NEW = "/arrivals/new"


@pytest.fixture
def merchant(app: Flask, case) -> Reader:  # type: ignore[no-untyped-def]
    """The importer of the case, signed in."""
    return Reader.of(app, case.merchant)


def _filled(case, **fields):  # type: ignore[no-untyped-def]
    """Return an arrival's form: one line of the case's product, 12 pieces of 6 and 3 loose units."""
    return {
        "entry_mode": "arrived", "site_id": case.site["site_id"], "arrived_at": "2021-01-18 06:40",
        "_supplier": "示例贸易", "customs_declaration_no": "190120211000042871",
        "lines__0__product_id": case.product["product_id"], "lines__0__zone_id": case.zone["zone_id"],
        "_lines__0__pieces": "12", "_lines__0__loose": "3",
        "lines__0__production_date": "2020-11-06", "lines__0__expiry_date": "2022-11-05",
    } | fields  # fmt: skip


def _register(reader: Reader, case, **fields) -> str:  # type: ignore[no-untyped-def]
    reader.open(NEW)
    reader.send(NEW, 200, _step="check", **_filled(case, **fields))
    return reader.send(NEW, 200, _step="send")


# --- the form of an arrival ---


def test_the_receipt_asks_for_labels_where_labels_alone_are_missing(app: Flask, world: World) -> None:
    owner = world.business()
    site, product = world.site(owner), world.product()
    line = {"product_id": product["product_id"], "quantity_units": 100}
    arrival = world.arrival(owner, site, world.zone(site), [line])
    world.papers(owner, arrival)
    world.disinfect(owner, arrival)
    batch = arrival["batches"][0]
    lab = world.lab()
    world.result(lab, world.tube(lab, [batch["batch_id"]]))
    left = world.merchant(owner).get(f"/batches/{batch['batch_id']}/gate")["missing"]
    assert [each["kind"] for each in left] == ["code"]
    page = Reader.of(app, world.merchant(owner)).open(f"/arrivals/{arrival['arrival_id']}/receipt")
    assert f'class="cc-b" href="/batches/{batch["batch_id"]}/labels"' in page
    assert page.count('class="cc-b" href=') == 1, "one filled button"


def test_an_arrival_is_checked_then_entered_with_its_papers(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    before = merchant.open("/arrivals").count("/arrivals/01")
    merchant.open(NEW)
    paper = {
        "_papers__0__kind": "inspection_quarantine", "_papers__0__number": "CIQ-7", "_papers__0__issuer": "示例海关",
        "_papers__0__issued_on": "2021-01-15",
    }  # fmt: skip
    page = merchant.send(NEW, 200, _step="check", **_filled(case, **paper))
    assert "12 pieces + 3 units" in page  # 75 units in the ledger
    assert "CIQ-7" in page
    assert merchant.open("/arrivals").count("/arrivals/01") == before, "the check enters nothing"
    merchant.open(NEW)
    merchant.send(NEW, 200, _step="check", **_filled(case, **paper))
    page = merchant.send(NEW, 200, _step="send")
    assert merchant.path.endswith("/receipt")
    assert "The arrival is entered" in page
    assert "See the" in page
    assert "Add what each batch lacks" in page, "the receipt says what comes next, not that all is there"
    assert re.search(r'class="cc-b" href="/arrivals/[^"]+/evidence/new"', page), "a paper is missing first"
    assert "Make labels</a>" not in page
    arrival = case.merchant.get("/arrivals")["items"][0]
    assert [line["quantity_units"] for line in arrival["batches"]] == [75]
    assert arrival["supplier"]["name"] == "示例贸易"
    assert [p["number"] for p in case.merchant.get(f"/arrivals/{arrival['arrival_id']}")["evidence"]] == ["CIQ-7"]
    assert arrival["batches"][0]["batch_code"][:4] in page


def test_a_supplier_of_the_register_is_named_by_its_code(merchant: Reader, case, world: World) -> None:  # type: ignore[no-untyped-def]
    seller = world.business("供货")
    _register(merchant, case, _supplier=seller["uscc"])
    assert case.merchant.get("/arrivals")["items"][0]["supplier"]["business"]["business_id"] == seller["business_id"]


def test_the_same_form_sent_twice_is_one_arrival(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    merchant.open(NEW)
    page = merchant.send(NEW, 200, _step="check", **_filled(case))
    merchant.send(NEW, 200, _step="send")
    first, count = merchant.path, len(case.merchant.get("/arrivals")["items"])
    merchant.text, merchant.path = page, NEW
    merchant.send(NEW, 200, _step="send")
    assert merchant.path == first
    assert len(case.merchant.get("/arrivals")["items"]) == count


def test_what_is_wrong_is_said_at_its_field_and_all_is_kept(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    merchant.open(NEW)
    wrong = {
        "customs_declaration_no": "1901202110000428", "container_no": "CSQU3054384", "_lines__0__loose": "three",
        "_papers__0__kind": "nucleic_acid", "_papers__0__number": "", "_papers__0__issuer": "示例",
        "_papers__0__issued_on": "soon",
    }  # fmt: skip
    page = merchant.send(NEW, 422, _step="check", **_filled(case, **wrong))
    for name in ("customs_declaration_no", "container_no", "_lines-0-loose", "_papers-0-number", "_papers-0-issued_on"):
        assert f'href="#f-{name}"' in page, name
        assert f'id="f-{name}-error"' in page, name
    kept = dict(merchant.form(NEW)["fields"])
    assert kept["customs_declaration_no"] == "1901202110000428"
    assert kept["_lines-0-loose"] == "three"
    assert kept["_papers-0-issued_on"] == "soon"
    assert kept["lines-0-product_id"] == case.product["product_id"]
    assert "Errors: " in page


def test_a_rule_of_the_service_is_said_at_its_line(merchant: Reader, case, world: World) -> None:  # type: ignore[no-untyped-def]
    general = world.zone(case.site, "general")
    merchant.open(NEW)
    page = merchant.send(NEW, 409, _step="check", **_filled(case, lines__0__zone_id=general["zone_id"]))
    assert 'id="f-lines-0-zone_id-error"' in page
    merchant.open(NEW)
    page = merchant.send(NEW, 422, _step="check", **_filled(case, lines__0__expiry_date="2020-01-01"))
    assert "before the production date" in page


def test_without_script_lines_come_and_go_and_keep_what_was_typed(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    merchant.open(NEW)
    page = merchant.send(NEW, 200, _add="lines", **_filled(case))
    assert page.count('value="lines-1"') == 2, "it can be looked for and removed"
    asked = page.count('-kind"')
    page = merchant.send(NEW, 200, _add="papers", **{"_lines__1__pieces": "9"})
    assert page.count('-kind"') > asked
    page = merchant.send(NEW, 200, _remove="lines-0")
    kept = dict(merchant.form(NEW)["fields"])
    assert kept["_lines-0-pieces"] == "9"
    assert "_lines-1-pieces" not in kept
    page = merchant.send(NEW, 200, _remove="papers-0")
    assert page.count('-kind"') == asked


def test_empty_lines_are_left_out(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    merchant.open(NEW)
    zone = {"lines__1__zone_id": case.zone["zone_id"], "_lines__1__pieces": ""}
    merchant.send(NEW, 200, _step="check", **_filled(case, **zone))
    assert merchant.send(NEW, 200, _step="send").count('class="cc-rowhead"') == 1


def test_a_product_is_found_by_two_characters(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    name = case.product["name"]
    assert name not in merchant.open(f"/catalogue/products?_lines-3-find={name[:1]}")
    page = merchant.open(f"/catalogue/products?_lines-3-find={name}")
    assert name in page
    assert 'name="lines-3-product_id"' in page
    assert "checked" in page, "the only one found is chosen"
    merchant.open("/catalogue/products?_producer-find=x", 404)
    merchant.open(NEW)
    page = merchant.send(NEW, 200, _find="lines-0", **{"_lines__0__find": name, "seal_no": "HL1"})
    assert f'value="{case.product["product_id"]}"' in page
    assert dict(merchant.form(NEW)["fields"])["seal_no"] == "HL1"


def test_a_new_product_is_registered_within_the_form(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    merchant.open(NEW)
    merchant.send(NEW, 200, _new="lines-0", **_filled(case, lines__0__product_id=None))
    new = {
        "_producer__name": "示例牧场", "_producer__country": "巴西", "_producer__plant_no": "SIF900",
        "_product__name": "示例牛腱", "_product__imported": "true", "_product__category": "meat",
        "_product__ledger_unit": "gram", "_product__units_per_piece": "",
    }  # fmt: skip
    page = merchant.send(NEW, 422, _register="lines-0", **new)
    assert 'id="f-_product-units_per_piece-error"' in page
    assert dict(merchant.form(NEW)["fields"])["_producer-country"] == "巴西"
    merchant.send(NEW, 200, _register="lines-0", **{"_product__units_per_piece": "20000"})
    chosen = dict(merchant.form(NEW)["fields"])["lines-0-product_id"]
    product = case.merchant.get(f"/products/{chosen}")
    assert (product["origin_country"], product["unit_mass_g"], product["units_per_piece"]) == ("BR", 1, 20000)
    merchant.send(NEW, 200, _step="check", **{"_lines__0__pieces": "2", "_lines__0__loose": "500"})
    merchant.send(NEW, 200, _step="send")
    assert case.merchant.get("/arrivals")["items"][0]["batches"][0]["quantity_units"] == 40_500


def test_an_officer_enters_for_a_business_and_it_is_recorded_so(app: Flask, world: World, case) -> None:  # type: ignore[no-untyped-def]
    officer = Reader.of(app, world.regulator)
    assert "For which business?" in officer.open(NEW)
    officer.open(f"{NEW}?owner=nobody", 422)
    page = officer.open(f"{NEW}?owner={case.owner['uscc']}")
    assert case.owner["name"] in page
    officer.send(NEW, 200, _step="check", **_filled(case))
    officer.send(NEW, 200, _step="send")
    assert case.merchant.get("/arrivals")["items"][0]["on_behalf_of"] == case.owner["business_id"]


# --- the page of a batch ---


def test_the_batch_page_answers_first_and_names_each_missing_thing(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    page = merchant.open(f"/batches/{case.first}")
    missing = len(case.missing())
    assert page.index("Must not leave") < page.index("What happened")
    assert f"{missing} things are missing" in page
    assert page.count('class="cc-item need"') == missing
    assert f"/batches/{case.first}/disinfections/new" in page
    assert f"/batches/{case.first}/labels" in page
    case.papers()
    case.disinfect()
    case.result(case.tube(case.first, case.second), "negative")
    case.merchant.post(f"/batches/{case.first}/label-runs", {"level": "batch"}, 202)
    page = merchant.open(f"/batches/{case.first}")
    assert "Clear to circulate" in page
    assert 'class="cc-item need"' not in page
    assert f"/consignments/new?zone_id={case.zone['zone_id']}&amp;batch_id={case.first}" in page


def test_the_batch_page_shows_which_pieces_are_left(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    case.disinfect(f"/batches/{case.first}", basis="declared_range", piece_from=1, piece_to=15)
    page = merchant.open(f"/batches/{case.first}")
    assert "pieces 1–15 disinfected" in page
    assert "pieces 16–20 not disinfected" in page
    assert "disinfections/new?piece_from=16&amp;piece_to=20" in page
    assert "Entered late" in page


def test_a_merchant_never_reads_positive_an_officer_does(app: Flask, world: World, merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    case.result(case.tube(case.first), "positive")
    page = merchant.open(f"/batches/{case.first}")
    assert "Must not leave" in page
    assert "Locked in the books" in page
    assert "awaits its re-check" in page
    assert "ositive" not in page
    assert "ositive" not in merchant.open("/")
    assert "ositive" not in merchant.open("/batches")
    assert "Preliminary positive" in Reader.of(app, world.inspector).open(f"/batches/{case.first}")


def test_stock_is_shown_by_owner_and_place(app: Flask, world: World, merchant: Reader) -> None:
    goods, shop = world.cleared(100, unit_word="bag"), world.shop()
    seller = Reader.of(app, world.merchant(goods["owner"]))
    world.merchant(goods["owner"]).post(
        "/consignments",
        {
            "from_zone_id": goods["zone"]["zone_id"], "to": {"business": shop["owner"]["uscc"]},
            "handover": "await_confirmation", "lines": [{"batch_id": goods["batch"]["batch_id"], "quantity_units": 6}],
        },
        201,
    )  # fmt: skip
    left = " ".join(re.sub("<[^>]+>", " ", seller.open("/batches")).split())
    assert "15 pieces + 4 bags 188 kg In transit 1 piece 12 kg" in left, "on hand and on the road stand apart (R10)"
    assert "16 pieces" not in left
    page = seller.open(f"/batches/{goods['batch']['batch_id']}")
    assert "On the road" in page
    assert "15 pieces + 4 bags" in page
    buyer = Reader.of(app, world.merchant(shop["owner"]))
    assert "0 pieces 0 kg In transit 1 piece 12 kg" in " ".join(re.sub("<[^>]+>", " ", buyer.open("/batches")).split())
    page = buyer.open(f"/batches/{goods['batch']['batch_id']}")
    assert "15 pieces + 4 bags" not in page, "what the seller has left is not the buyer's to know"
    assert "/arrivals/" not in page


def test_what_is_not_ones_own_is_not_there(app: Flask, world: World, case) -> None:  # type: ignore[no-untyped-def]
    stranger = Reader.of(app, world.merchant(world.business("别家")))
    arrival = case.arrival["arrival_id"]
    tube = case.tube(case.first)["tube_id"]
    for path in (
        f"/batches/{case.first}", f"/batches/{case.first}/evidence/new", f"/batches/{case.first}/disinfections/new",
        f"/arrivals/{arrival}", f"/arrivals/{arrival}/receipt", f"/arrivals/{arrival}/evidence/new",
        f"/batches/{uuid4()}", f"/arrivals/{uuid4()}",
    ):  # fmt: skip
        stranger.open(path, 404)
    stranger.open("/tubes", 403)
    stranger.open(f"/tubes/{tube}", 403)
    assert case.first not in stranger.open("/batches")
    assert arrival not in stranger.open("/arrivals")
    other_lab = Reader.of(app, world.lab()[1])
    other_lab.open(f"/tubes/{tube}", 404)
    other_lab.open(f"/tubes/{tube}/results/new", 404)
    other_lab.open("/batches", 403)


# --- papers and disinfections ---


def test_a_paper_is_entered_for_the_whole_arrival_or_for_one_batch(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    path = f"/batches/{case.first}/evidence/new"
    merchant.open(f"{path}?kind=nucleic_acid")
    page = merchant.send(path, 422, number="", issuer="示例检测", issued_on="2021-13-01")
    kept = dict(merchant.form(path)["fields"])
    assert (kept["kind"], kept["issuer"], kept["issued_on"]) == ("nucleic_acid", "示例检测", "2021-13-01")
    assert 'id="f-number-error"' in page
    merchant.send(path, 200, number="NAT-5", issued_on="2021-01-17", _level="arrival")
    assert merchant.path == f"/batches/{case.first}"
    assert "NAT-5" in merchant.open(f"/batches/{case.second}")
    merchant.open(f"{path}?kind=disinfection")
    merchant.send(path, 200, number="DIS-5", issuer="示例", issued_on="2021-01-17", _level="batch")
    assert "DIS-5" not in merchant.open(f"/batches/{case.second}")


def test_a_disinfection_says_whether_it_counts(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    path = f"/batches/{case.first}/disinfections/new"
    page = merchant.open(f"{path}?piece_from=5&piece_to=9")
    assert "−18 °C: chlorine 3000 mg/L" in page
    kept = dict(merchant.form(path)["fields"])
    assert (kept["basis"], kept["piece_from"], kept["piece_to"]) == ("declared_range", "5", "9")
    done = {
        "occurred_at": "2021-01-18 09:10", "performed_by": "示例消毒", "place": "1 号库", "agent": "chlorine",
        "concentration_mg_per_l": "500", "contact_min": "30", "ambient_temperature_c": "-18",
    }  # fmt: skip
    page = merchant.send(path, 200, **done)
    assert "doesn&#39;t count" in page or "doesn't count" in page
    merchant.open(path)
    page = merchant.send(path, 422, **done | {"basis": "declared_range", "piece_from": "1", "piece_to": "99"})
    assert 'id="f-piece_to-error"' in page


# --- tubes and results ---


def test_a_tube_is_registered_by_typed_or_scanned_codes(app: Flask, case) -> None:  # type: ignore[no-untyped-def]
    lab = Reader.of(app, case.lab[1])
    code = case.batch()["batch_code"]
    lab.open("/tubes/new")
    typed = {"tube_no": "LJ-77", "sampled_at": "2021-01-18 10:00", "_samples__0__code": "NOCODE"}
    page = lab.send("/tubes/new", 422, **typed)
    assert 'id="f-_samples-0-code-error"' in page
    assert dict(lab.form("/tubes/new")["fields"])["_samples-0-code"] == "NOCODE"
    page = lab.send("/tubes/new", 200, _add="samples")
    assert 'name="_samples-1-code"' in page
    other = case.batch(case.second)["batch_code"]
    scanned = {
        "_samples__0__code": f"{code[:4]} {code[4:]}".lower(),
        "_samples__1__code": f"https://trace.example/C/{other}0000X",
        "samples__1__piece_from": "1", "samples__1__piece_to": "3",
    }  # fmt: skip
    page = lab.send("/tubes/new", 200, **scanned)
    assert re.fullmatch(r"/tubes/[0-9a-f-]{36}", lab.path)
    tube = case.lab[1].get(lab.path)
    assert {sample["batch"]["batch_id"] for sample in tube["samples"]} == {case.first, case.second}
    assert "pieces 1–3" in page
    assert case.owner["name"] not in page, "a laboratory sees code and product only"


def test_a_positive_is_checked_before_it_locks(app: Flask, merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    lab = Reader.of(app, case.lab[1])
    tube = case.tube(case.first, case.second)["tube_id"]
    path = f"/tubes/{tube}/results/new"
    assert f'href="{path}"' in lab.open("/")
    lab.open(path)
    typed = {
        "stage": "preliminary", "result": "positive", "received_at": "2021-01-17 10:00",
        "reported_at": "2021-01-18 18:00", "report_no": "R-1",
    }  # fmt: skip
    page = lab.send(path, 422, _step="check", **typed)
    assert 'id="f-received_at-error"' in page
    page = lab.send(path, 200, _step="check", received_at="2021-01-18 12:00")
    assert "2 batches will be locked" in page
    assert re.search(r'class="cc-b danger"[^>]*>Report positive and lock 2 batches', page)
    assert case.batch()["restriction"] == "none", "the check locks nothing"
    page = lab.send(path, 200, _step="edit")
    assert dict(lab.form(path)["fields"])["report_no"] == "R-1"
    lab.send(path, 200, _step="check")
    page = lab.send(path, 200, _step="send")
    assert "2 batches are locked now" in page
    assert case.owner["name"] not in page
    assert case.batch()["restriction"] == "locked"
    lab.open(path)
    assert dict(lab.form(path)["fields"])["stage"] == "recheck"
    lab.send(
        path,
        200,
        _step="check",
        **typed
        | {
            "stage": "recheck",
            "result": "negative",
            "received_at": "2021-01-18 12:00",
            "reported_at": "2021-01-19 08:00",
        },
    )
    assert "2 batches will be unlocked" in lab.text
    lab.send(path, 200, _step="send")
    assert case.batch()["restriction"] == "none"


def test_officers_register_tubes_and_report_only_for_the_laboratory(app: Flask, world: World, case) -> None:  # type: ignore[no-untyped-def]
    inspector = Reader.of(app, world.inspector)
    page = inspector.open(f"/tubes/new?batch={case.batch()['batch_code']}")
    assert case.lab[0]["name"] in page
    inspector.send("/tubes/new", 200, tube_no="LJ-88", lab=case.lab[0]["business_id"], sampled_at="2021-01-18 10:00")
    path = f"{inspector.path}/results/new"
    assert "Enter for the laboratory" in inspector.text
    inspector.open(path)
    typed = {
        "stage": "preliminary", "result": "negative", "received_at": "2021-01-18 12:00",
        "reported_at": "2021-01-18 18:00", "report_no": "R-1",
    }  # fmt: skip
    page = inspector.send(path, 422, _step="check", **typed)
    assert 'id="f-photo-error"' in page


# --- lists ---


def test_filters_carry_their_counts_and_keep_to_themselves(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    page = merchant.open("/batches")
    assert re.search(r">All 2</a>", page)
    assert re.search(r'href="/batches\?status=held"[^>]*>Awaiting verification 2</a>', page)
    case.result(case.tube(case.first), "positive")
    page = merchant.open("/batches?restriction=locked")
    assert case.first in page
    assert case.second not in page
    assert re.search(r'href="/batches\?restriction=locked"[^>]*>Locked in the books 1</a>', page)
    merchant.open("/batches?status=eaten", 422)
    merchant.open("/batches?cursor=!", 422)


def test_long_lists_go_on_by_pages(merchant: Reader, case, world: World) -> None:  # type: ignore[no-untyped-def]
    line = {"product_id": case.product["product_id"], "quantity_units": 6}
    world.arrival(case.owner, case.site, case.zone, [line] * 21)
    page = merchant.open("/batches")
    assert "20 batches on this page" in page
    following = re.search(r'href="(/batches\?cursor=[^"]+)" rel="next"', page)
    assert following is not None
    assert "3 batches on this page" in merchant.open(following[1])


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_every_page_is_drawn_in_both_languages(app: Flask, world: World, case, lang: str) -> None:  # type: ignore[no-untyped-def]
    case.paper("nucleic_acid")
    case.disinfect()
    tube = case.tube(case.first)
    case.result(tube, "negative")
    arrival = f"/arrivals/{case.arrival['arrival_id']}"
    merchant = Reader.of(app, case.merchant, lang=lang)
    for path in (
        "/", "/batches", "/arrivals", NEW, arrival, f"{arrival}/receipt", f"{arrival}/evidence/new",
        f"{arrival}/disinfections/new", f"/batches/{case.first}", f"/batches/{case.second}",
    ):  # fmt: skip
        page = merchant.open(path)
        assert page.count("<h1") == 1, path
    lab = Reader.of(app, case.lab[1], lang=lang)
    for path in ("/", "/tubes", "/tubes/new", f"/tubes/{tube['tube_id']}", f"/tubes/{tube['tube_id']}/results/new"):
        assert lab.open(path).count("<h1") == 1, path
    officer = Reader.of(app, world.regulator, lang=lang)
    for path in ("/batches", "/arrivals", "/tubes", arrival, f"/batches/{case.first}"):
        officer.open(path)
    Reader.of(app, world.people.admin(), lang=lang).open(f"/batches/{case.first}")


def test_an_error_of_a_line_says_which_line(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    merchant.open(NEW)
    second = {"lines__1__product_id": case.product["product_id"], "_lines__1__pieces": "4"}
    page = merchant.send(NEW, 422, _step="check", **_filled(case, **second))
    assert re.search(r'href="#f-lines-1-zone_id">Goods 2 – ', page)


def test_loose_units_of_a_product_of_single_units_are_refused(merchant: Reader, case, world: World) -> None:  # type: ignore[no-untyped-def]
    """20 pieces and 500 loose would silently become 520 pieces."""
    single = world.product(name="示例整块", units_per_piece=1)
    merchant.open(NEW)
    typed = {"lines__0__product_id": single["product_id"], "_lines__0__pieces": "20", "_lines__0__loose": "500"}
    page = merchant.send(NEW, 422, _step="check", **_filled(case, **typed))
    assert 'href="#f-_lines-0-loose"' in page


def test_another_line_goes_into_the_zone_above(merchant: Reader, case) -> None:  # type: ignore[no-untyped-def]
    merchant.open(NEW)
    page = merchant.send(NEW, 200, _add="lines", **_filled(case))
    below = page[page.index('name="lines-1-zone_id"') :]
    assert re.search(rf'value="{case.zone["zone_id"]}" selected', below[: below.index("</select>")])


def test_a_form_sent_without_being_signed_in_leads_back_to_it(app: Flask) -> None:
    """The page says that nothing was sent, so that the browser keeps what was typed, and signing in leads back."""
    page = app.test_client().post(NEW, data={}, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "data-not-done" in page
    assert 'href="/sign-in?next=/arrivals/new"' in page
