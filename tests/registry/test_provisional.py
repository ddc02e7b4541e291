"""Businesses without a code: found on site, merged later with their whole history."""

from collections import Counter
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from coldchain.core import clock, db
from coldchain.ledger import check
from tests.factories.reader import Reader


def found(world, **fields):
    body = {"name": "示例无照冻品摊", "place": "示例市场 3 排", "phone": "13700001111", "site_kind": "stall"} | fields
    return world.inspector.post("/businesses/provisional", body, 201)


def books_agree():
    with db.transaction() as session:
        assert check.stock_from_movements(session) is None
        assert check.movements_from_journal(session) is None


def send(world, seller, to, units, into=None):
    """Send units of a cleared batch, and with `into` let the receiver's officer confirm them there."""
    batch_id = seller["batch"]["batch_id"]
    body = {
        "from_zone_id": seller["zone"]["zone_id"], "to": {"business": to}, "handover": "await_confirmation",
        "lines": [{"batch_id": batch_id, "quantity_units": units}],
    }  # fmt: skip
    sent = world.merchant(seller["owner"]).post("/consignments", body, 201)
    if into:
        lines = [{"batch_id": batch_id, "quantity_units": units}]
        world.regulator.post(f"/consignments/{sent['consignment_id']}/confirm", {"zone_id": into, "lines": lines}, 200)
    return sent


def recall(world, product_id):
    made = world.regulator.post(
        "/recalls",
        {
            "kind": "outbreak_sweep", "notice_no": "示例通知 1 号", "issuer": "示例专班", "title": "示例排查",
            "received_at": "2021-01-19T12:00:00+08:00", "reason": "示例", "criterion": {"product_ids": [product_id]},
        },
        201,
    )  # fmt: skip
    world.regulator.post(f"/recalls/{made['recall_id']}/announce", None, 200)
    return made["recall_id"]


class TestFound:
    def test_a_temporary_number_and_a_site(self, world):
        made = found(world)
        assert (made["uscc"], made["status"], made["card_no"]) == (None, "pending", None)
        assert made["temporary_no"].startswith("T230203")
        assert made["phone"] == "13700001111"
        assert world.regulator.get(f"/businesses/{made['temporary_no'].lower()}")["business_id"] == made["business_id"]
        assert world.regulator.get(f"/sites/{made['site_id']}")["business"]["business_id"] == made["business_id"]
        assert found(world, site_kind=None)["site_id"] is None
        wrong = world.inspector.post("/businesses/provisional", {"name": "示例摊", "site_kind": "stall"}, 422)
        assert [e["pointer"] for e in wrong["errors"]] == ["/place"]

    @pytest.mark.parametrize("number", ["13912345678", "230203 19900101 1234"])
    def test_no_phone_and_no_identity_number_gets_onto_a_sign_by_a_name(self, world, number):
        name, owner = f"王五 {number}", world.business()
        place = {"name": name, "address": "示例路 1 号"}
        market, region = {"kind": "market"}, {"region_code": "230203"}
        site = world.site(owner)
        venue = world.regulator.post("/venues", place | market | region | {"name": "示例市场"}, 201)
        for path, body in (
            ("/businesses/provisional", {"name": name}),
            ("/venues", place | market | region),
            (f"/venues/{venue['venue_id']}/correct", place | market),
            ("/sites", place | region | {"kind": "cold_store", "business": owner["business_id"]}),
            (f"/sites/{site['site_id']}/correct", place),
        ):
            wrong = world.regulator.post(path, body, 422)["errors"]
            assert [(each["pointer"], each["code"]) for each in wrong] == [("/name", "names_a_person")], path

    def test_its_number_is_called_what_it_is(self, app, world):
        made = found(world)
        page = Reader.of(app, world.regulator).open("/businesses?provisional=true")
        cell = page[: page.index(made["temporary_no"])].rpartition("<td")[2]
        assert "Temporary number" in cell
        assert "USCC" not in cell

    def test_by_officers_of_the_area_only(self, world, people):
        body = {"name": "示例摊"}
        world.merchant(world.business()).post("/businesses/provisional", body, 403)
        world.inspector.post("/businesses/provisional", body | {"region_code": "511011"}, 404)
        made = found(world)
        people.inspector("511011").get(f"/businesses/{made['business_id']}/photo", 404)
        assert world.inspector.get(f"/businesses/{made['business_id']}/photo", 404)["code"] == "no_file"

    def test_nobody_approves_it_and_no_list_of_applications_has_it(self, world):
        made = found(world)
        refused = world.regulator.post(f"/businesses/{made['business_id']}/approve", {}, 409)
        assert refused["code"] == "provisional"
        listed = world.regulator.get("/businesses?provisional=true")["items"]
        assert [b["business_id"] for b in listed] == [made["business_id"]]
        assert world.regulator.get("/businesses?provisional=false")["items"] == []
        world.regulator.post(f"/businesses/{made['business_id']}/close", {"reason": "走访查无"}, 200)


class TestMerger:
    def test_everything_follows(self, world):
        seller, made, into = world.cleared(), found(world), world.business("示例正主")
        old, new, batch_id = made["business_id"], into["business_id"], seller["batch"]["batch_id"]
        zone = world.zone({"site_id": made["site_id"]})["zone_id"]
        own = world.regulator.post(
            "/arrivals",
            {
                "site_id": made["site_id"], "owner": old, "entry_mode": "existing_stock",
                "arrived_at": "2021-01-10T08:00:00+08:00",
                "lines": [{
                    "product_id": world.product()["product_id"], "zone_id": zone, "production_date": "2020-11-06",
                    "expiry_date": "2022-11-05", "quantity_units": 12,
                }],
            },
            201,
        )  # fmt: skip
        send(world, seller, old, 70, zone)
        gives = {
            "zone_id": zone,
            "owner": old,
            "to_owner": new,
            "lines": [{"batch_id": batch_id, "quantity_units": 30}],
        }
        world.regulator.post("/owner-changes", gives, 201)  # the same batch of both in one zone
        travelling = send(world, seller, old, 10)
        back = {
            "from_zone_id": zone, "owner": old, "to": {"business": seller["owner"]["business_id"]},
            "handover": "await_confirmation", "lines": [{"batch_id": batch_id, "quantity_units": 5}],
        }  # fmt: skip
        world.regulator.post("/consignments", back, 201)
        recall_id = recall(world, seller["product"]["product_id"])
        (task,) = world.inspector.get(f"/recalls/{recall_id}/tasks?site_id={made['site_id']}")["items"]
        line = {"batch_id": batch_id, "owner": old, "zone_id": zone, "examined_units": 35, "matched_units": 35,
                "mass_g": 70_000, "disposition": "sealed", "seal_no": "FT-1"}  # fmt: skip
        world.inspector.post(f"/sweep-tasks/{task['task_id']}/findings", {"outcome": "found", "lines": [line]}, 201)
        before = world.regulator.get(f"/recalls/{recall_id}/report")["figures"]
        visit = {"site_id": made["site_id"], "findings": [{"kind": "heilongjiang_mixed_storage"}, {"wording": "积水"}]}
        seen = world.inspector.post("/visits", visit, 201)["findings"]
        decision = {
            "finding_ids": [seen[0]["finding_id"]], "kinds": ["order_to_rectify"], "number": "建〔2031〕1号",
            "reason": "混放", "basis": "规定",
            "ends_at": (datetime.now(clock.BEIJING) + timedelta(days=3)).isoformat(),
        }  # fmt: skip
        world.regulator.post("/decisions", decision, 201)

        would = world.regulator.get(f"/businesses/{old}/merge?into={into['uscc']}")
        merged = world.regulator.post(f"/businesses/{old}/merge", {"into": into["uscc"], "reason": "补办执照"}, 200)

        assert merged["moves"] == would["moves"]
        assert {k: v for k, v in merged["moves"].items() if v} == {
            "tasks": 1, "findings": 3, "visits": 1, "decisions": 1, "consignments": 3, "stock_entries": 1,
            "arrivals": 1, "batches_entered": 1, "batches": 2, "accounts": 3, "holds": 1, "sites": 1,
        }  # fmt: skip
        assert merged["from"]["merged_into"] == new
        (task,) = world.inspector.get(f"/recalls/{recall_id}/tasks?site_id={made['site_id']}")["items"]
        assert old not in {each["owner_id"] for each in task["expected"]}
        assert new in {each["owner_id"] for each in task["expected"]}
        answer = world.regulator.get(f"/businesses/{old}")
        assert answer["business_id"] == new
        assert [f["temporary_no"] for f in answer["also_known_as"]] == [made["temporary_no"]]

        merchant = world.merchant(into)
        stock = merchant.get(f"/stock?batch_id={batch_id}")["items"]
        assert {(s["owner"]["business_id"], s["zone_id"], s["quantity_units"], s["locked_units"]) for s in stock} == {
            (new, zone, 65, 65), (new, None, 5, 5), (seller["owner"]["business_id"], None, 10, 10),
        }  # fmt: skip
        assert (
            world.regulator.get(f"/stock?business={old}")["items"]
            == world.regulator.get(f"/stock?business={new}")["items"]
        )
        arrival = merchant.get(f"/arrivals/{own['arrival_id']}")
        assert arrival["owner"] == {"business_id": new, "uscc": into["uscc"], "name": into["name"]}
        assert [a["arrival_id"] for a in merchant.get(f"/arrivals?owner={new}")["items"]] == [own["arrival_id"]]
        assert {b["batch_id"] for b in merchant.get(f"/batches?owner={new}")["items"]} >= {
            batch_id, own["batches"][0]["batch_id"],
        }  # fmt: skip
        (task,) = world.inspector.get(f"/recalls/{recall_id}/tasks?business={new}")["items"]
        assert task["business"]["business_id"] == new
        assert world.regulator.get(f"/recalls/{recall_id}/report")["figures"] == before, "nothing moved but the name"
        lines = [{"batch_id": batch_id, "quantity_units": 10}]
        merchant.post(f"/consignments/{travelling['consignment_id']}/confirm", {"zone_id": zone, "lines": lines}, 200)
        (own_stock,) = [s for s in merchant.get(f"/stock?batch_id={batch_id}")["items"] if s["zone_id"]]
        assert (own_stock["quantity_units"], own_stock["locked_units"]) == (75, 75)
        merchant.get(f"/sites/{made['site_id']}", 200)
        books_agree()
        with db.transaction() as session:
            facts = session.execute(
                text("SELECT kind, subject_id::text FROM journal_entry WHERE kind IN "
                     "('business.merged', 'business.took_over')")
            )  # fmt: skip
            assert set(map(tuple, facts)) == {("business.merged", old), ("business.took_over", new)}

    def test_what_was_sold_before_comes_back_and_is_corrected_afterwards(self, world):
        """Sold stays told under the identity that sold it; taking it back puts it where the goods are now."""
        seller, made, into = world.cleared(), found(world), world.business()
        old, batch_id = made["business_id"], seller["batch"]["batch_id"]
        zone = world.zone({"site_id": made["site_id"]}, "sale_counter")["zone_id"]
        send(world, seller, old, 40, zone)
        sale = {"zone_id": zone, "owner": old, "lines": [{"batch_id": batch_id, "quantity_units": 15}]}
        sold = world.regulator.post("/sales", sale, 201)
        world.regulator.post(f"/businesses/{old}/merge", {"into": into["uscc"]}, 200)
        merchant = world.merchant(into)
        assert [e["entry_id"] for e in merchant.get(f"/stock-entries?business={old}")["items"]] == [sold["entry_id"]]
        less = {"reason": "多记", "lines": [{"batch_id": batch_id, "quantity_units": 10}]}
        merchant.post(f"/stock-entries/{sold['entry_id']}/correct", less, 201)
        back = {"zone_id": zone, "from": "sold", "lines": [{"batch_id": batch_id, "quantity_units": 10}]}
        merchant.post("/recoveries", back, 201)
        assert merchant.post("/recoveries", back, 409)["code"] == "insufficient_stock"
        (stock,) = merchant.get(f"/stock?batch_id={batch_id}")["items"]
        assert (stock["owner"]["business_id"], stock["quantity_units"]) == (into["business_id"], 40)
        books_agree()

    def test_chains_lead_to_the_business_that_stands(self, world):
        one, two, into = found(world), found(world, name="示例同一摊"), world.business()
        world.regulator.post(f"/businesses/{one['business_id']}/merge", {"into": two["temporary_no"]}, 200)
        world.regulator.post(f"/businesses/{two['business_id']}/merge", {"into": into["uscc"]}, 200)
        for ref in (one["temporary_no"], two["business_id"]):
            assert world.regulator.get(f"/businesses/{ref}")["business_id"] == into["business_id"]
        assert len(world.regulator.get(f"/businesses/{into['uscc']}")["also_known_as"]) == 2

    def test_a_search_by_what_it_was_called_finds_who_stands_now(self, app, world, people):
        """By number, name or initials, for who reads of the merger: another area and another business do not."""
        made, into, other = found(world, name="示例早市摊"), world.business("示例正主"), world.business("示例旁人")
        number, new = made["temporary_no"], into["business_id"]
        typed = (number, number[:-1], "示例早市摊", "slzst", f"早市 {number}")
        world.regulator.post(f"/businesses/{made['business_id']}/merge", {"into": into["uscc"]}, 200)
        for q in (*typed, into["uscc"]):
            (row,) = world.regulator.get(f"/businesses?{urlencode({'q': q})}")["items"]
            assert (row["business_id"], row["also_known_as"][0]["temporary_no"]) == (new, number)
            (row,) = world.regulator.get(f"/search?{urlencode({'q': q, 'kind': 'business'})}")["items"]
            assert (row["business_id"], row["former"]) == (new, [f"示例早市摊 {number}"])
        assert world.regulator.get(f"/businesses?{urlencode({'q': '早市 ' + into['uscc']})}")["items"] == []
        assert world.regulator.get(f"/businesses?q={number}&status=closed")["items"] == []
        assert [row["business_id"] for row in world.merchant(into).get("/businesses?q=slzst")["items"]] == [new]
        for stranger in (people.regulator("511011"), world.merchant(other), world.lab()[1]):
            assert stranger.get("/businesses?q=slzst")["items"] == []
            assert stranger.get("/search?kind=business&q=slzst")["items"] == []
        reader = Reader.of(app, world.regulator)
        for page in (reader.open("/businesses?q=slzst"), reader.open("/search?q=slzst")):
            assert "示例正主" in page
            assert f"示例早市摊 {number}" in page

    @pytest.mark.parametrize(
        ("case", "status", "code"),
        [
            ("registered", 409, "not_provisional"), ("itself", 422, "invalid"), ("again", 409, "business_merged"),
            ("closed", 409, "wrong_state"), ("unknown", 422, "invalid"), ("decided", 409, "business_merged"),
        ],
    )  # fmt: skip
    def test_refusals(self, world, case, status, code):
        made, into = found(world), world.business()
        path, target = f"/businesses/{made['business_id']}/merge", {"into": into["uscc"]}
        if case == "registered":
            path, target = f"/businesses/{into['uscc']}/merge", {"into": made["business_id"]}
        elif case == "itself":
            target = {"into": made["temporary_no"]}
        elif case == "unknown":
            target = {"into": "91350100M000100Y43"}
        elif case == "closed":
            world.regulator.post(f"/businesses/{into['uscc']}/close", {"reason": "注销"}, 200)
        else:
            world.regulator.post(path, target, 200)
        if case == "decided":
            path, target = f"/businesses/{made['business_id']}/close", {"reason": "误操作"}
        refused = world.regulator.post(path, target, status)
        assert (refused["code"] if status == 409 else "invalid") == code
        books_agree()

    def test_officers_of_both_areas_only(self, world, people):
        made, into = found(world), world.business()
        path, body = f"/businesses/{made['business_id']}/merge", {"into": into["uscc"]}
        world.inspector.post(path, body, 403)
        world.merchant(into).post(path, body, 403)
        people.regulator("511011").post(path, body, 404)
        people.regulator("230200").post(path, body, 200)


def test_a_merger_and_dispatches_at_one_moment(world):
    """Whoever is first: units are neither lost nor doubled, and nothing is left under the identity that ended."""
    seller, into = world.cleared(), world.business()
    batch_id, outcomes = seller["batch"]["batch_id"], Counter()
    for turn in range(4):
        made = found(world, name=f"示例摊{turn}")
        zone = world.zone({"site_id": made["site_id"]})["zone_id"]
        send(world, seller, made["business_id"], 8, zone)
        goods = {
            "from_zone_id": zone, "owner": made["business_id"], "to": {"business": seller["owner"]["business_id"]},
            "handover": "await_confirmation", "lines": [{"batch_id": batch_id, "quantity_units": 1}],
        }  # fmt: skip
        answers = at_once_each(world.regulator, [
            (f"/businesses/{made['business_id']}/merge", {"into": into["uscc"]}),
            *[("/consignments", goods)] * 5,
        ])  # fmt: skip
        outcomes.update(a.status_code for a in answers)
        if answers[0].status_code == 503:
            world.regulator.post(f"/businesses/{made['business_id']}/merge", {"into": into["uscc"]}, 200)
        with db.transaction() as session:
            left = session.scalar(
                text("SELECT coalesce(sum(quantity_units), 0) FROM holding WHERE owner_id = CAST(:id AS uuid)"),
                {"id": made["business_id"]},
            )
            assert left == 0
        books_agree()
    assert set(outcomes) <= {200, 201, 409, 503}
    with db.transaction() as session:
        total = "SELECT sum(quantity_units) FROM holding WHERE batch_id = CAST(:id AS uuid)"
        assert session.scalar(text(total), {"id": batch_id}) == 100


def at_once_each(speaker, requests):
    """POST each (path, body) from a thread of its own at one moment; return the answers."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    start = Barrier(len(requests))

    def ask(request):
        client = speaker.client.application.test_client()
        start.wait(30)
        return client.post(
            "/api/v1" + request[0], json=request[1], headers={"Authorization": f"Bearer {speaker.token}"}
        )

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(ask, requests))
