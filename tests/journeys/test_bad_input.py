"""Bad input gets a clear problem with a stable code, and nothing is half done."""

import json
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from coldchain.core import db, limits
from coldchain.journal.models import JournalEntry
from tests.factories.people import Speaker
from tests.factories.world import World, uscc


def raw(speaker: Speaker, path: str, body: bytes, content_type: str = "application/json") -> Any:
    """POST bytes as they are."""
    return speaker.client.post(
        "/api/v1" + path, data=body, content_type=content_type, headers={"Authorization": f"Bearer {speaker.token}"}
    )


def entries() -> int:
    """Return how many facts the journal has."""
    with db.transaction() as session:
        return session.scalar(select(func.count()).select_from(JournalEntry)) or 0


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed"),
        (b"[" * 20_000 + b"]" * 20_000, "application/json", 400, "too_deep"),
        (b'{"uscc": ' + b"9" * 5_000 + b"}", "application/json", 400, "number_too_long"),
        (b'{"name": "a", "name": "b"}', "application/json", 400, "duplicate_key"),
        (b'"' + b"x" * 5_000_000 + b'"', "application/json", 413, "too_large"),
        (b"\xff\xfe{}", "application/json", 400, "not_utf8"),
        (b'{"name": "\\ud800"}', "application/json", 400, "malformed"),
        (b"name=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"<a/>", "text/xml", 415, "unsupported_media_type"),
        (b"[]", "application/json", 422, "invalid"),
        (b"null", "application/json", 422, "invalid"),
        (b"1", "application/json", 422, "invalid"),
    ],
)
def test_unreadable_bodies(world: World, body: bytes, content_type: str, status: int, code: str) -> None:
    """Size, depth, numbers, duplicates, encoding, media type, and things that are no object."""
    before = entries()
    response = raw(world.regulator, "/businesses", body, content_type)
    assert (response.status_code, response.get_json()["code"]) == (status, code)
    assert response.content_type.startswith("application/problem+json")
    assert {"type", "title", "status", "code", "detail", "errors", "request_id"} <= set(response.get_json())
    assert entries() == before


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"uscc": "91350100M000100Y4Z"}, "/uscc", None),
        ({"name": "a\u0000b"}, "/name", None),
        ({"name": "a\u202eb"}, "/name", None),
        ({"name": "x" * (limits.NAME_CHARS + 1)}, "/name", "too_long"),
        ({"name": 7}, "/name", "not_text"),
        ({"name": ""}, "/name", "required"),
        ({"kinds": []}, "/kinds", "wrong_count"),
        ({"kinds": ["pirate"]}, "/kinds/0", "not_one_of"),
        ({"handles_imported": "yes"}, "/handles_imported", "not_boolean"),
        ({"region_code": "999999"}, "/region_code", "unknown_region"),
        ({"surprise": 1}, "/surprise", "unknown_field"),
    ],
)
def test_bad_fields_are_named(world: World, change: dict[str, Any], pointer: str, code: str | None) -> None:
    """Each field's error names it by pointer, in the reader's language."""
    body = {
        "uscc": uscc(), "name": "示例", "kinds": ["shop"], "handles_imported": False, "region_code": "230203",
        "legal_representative": "张示例", "phone": "13800000000", "address": "示例路",
    } | change  # fmt: skip
    before = entries()
    problem = world.regulator.post("/businesses", body, 422)
    found = {error["pointer"]: error for error in problem["errors"]}
    assert pointer in found
    assert code is None or found[pointer]["code"] == code
    english = world.regulator.post("/businesses", body, 422, headers={"Accept-Language": "en"})
    assert english["errors"][0]["message"].isascii() or "…" in english["errors"][0]["message"]
    assert entries() == before


def test_impossible_arrivals(world: World) -> None:
    """Negative, huge and fractional quantities, impossible dates, strangers' ids: nothing is entered."""
    owner = world.business()
    site = world.site(owner)
    zone = world.zone(site)
    product = world.product()
    good = {
        "product_id": product["product_id"], "zone_id": zone["zone_id"], "production_date": "2020-11-06",
        "expiry_date": "2022-11-05", "quantity_units": 10,
    }  # fmt: skip
    body = {"site_id": site["site_id"], "entry_mode": "arrived", "arrived_at": "2021-01-18T06:40:00+08:00"}
    before = entries()
    for change in (
        {"quantity_units": -1}, {"quantity_units": 0}, {"quantity_units": 1.5}, {"quantity_units": "10"},
        {"quantity_units": limits.QUANTITY_UNITS_MAX + 1}, {"quantity_units": True}, {"production_date": "2020-02-30"},
        {"production_date": "20201106"}, {"production_date": "2022-11-06"}, {"expiry_date": "2019-01-01"},
        {"product_id": str(uuid.uuid4())}, {"zone_id": str(uuid.uuid4())}, {"product_id": "x"}, {"batch_no": "\u2066"},
    ):  # fmt: skip
        merchant = world.merchant(owner)
        problem = merchant.post("/arrivals", body | {"lines": [good, good | change]}, 422)
        assert problem["errors"][0]["pointer"].startswith("/lines/1"), change
    for change in (
        {"arrived_at": "2021-01-18T06:40:00"}, {"arrived_at": "2099-01-18T06:40:00Z"}, {"lines": []},
        {"container_no": "CSQU3054384"}, {"customs_declaration_no": "19012021100004287"},
        {"site_id": str(uuid.uuid4())}, {"lines": [good] * (limits.LINES_PER_REQUEST + 1)},
    ):  # fmt: skip
        problem = world.merchant(owner).post("/arrivals", body | {"lines": [good]} | change, 422)
        assert problem["errors"]
    assert entries() == before


def test_strangers_ids_are_not_there(world: World) -> None:
    """What one may not see is answered like what does not exist, word for word but for the request's number."""
    have = world.cleared(10)
    other = world.merchant(world.business())
    for path in (
        f"/batches/{have['batch']['batch_id']}", f"/arrivals/{have['arrival']['arrival_id']}",
        f"/batches/{have['batch']['batch_id']}/gate",
    ):  # fmt: skip
        hidden = other.get(path, 404)
        absent = other.get(path.replace(have["batch"]["batch_id"], str(uuid.uuid4()))
                           .replace(have["arrival"]["arrival_id"], str(uuid.uuid4())), 404)  # fmt: skip
        assert {**hidden, "request_id": ""} == {**absent, "request_id": ""}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/batches?limit=0", 422), ("/batches?limit=201", 422), ("/batches?limit=x", 422), ("/batches?cursor=%00", 422),
        ("/batches?cursor=abc", 422), ("/batches?colour=red", 422), ("/me?x=1", 422), ("/batches/not-a-uuid", 404),
        ("/nothing", 404), ("/businesses?limit=1&limit=2", 422), ("/batches?_limit=1", 422),
    ],
)  # fmt: skip
def test_queries(world: World, path: str, status: int) -> None:
    """Unknown query fields are errors too."""
    answer = world.regulator.get(path, status)
    assert status == 200 or answer["code"]


def test_methods_and_tokens(client: FlaskClient, world: World) -> None:
    """405 names what is allowed; a wrong token is 401 with a challenge; a token wins over a cookie."""
    response = client.delete("/api/v1/businesses")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    for header in ("Bearer nonsense", "Basic YTpi", "Bearer ", "cc_x"):
        refused = client.get("/api/v1/me", headers={"Authorization": header})
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert client.get("/api/v1/me").status_code == 401
    assert world.regulator.get("/me")["role"] == "regulator"
    assert json.loads(client.get("/healthz").data)["status"] == "alive"


def test_an_empty_body_where_nothing_has_to_be_said(world: World) -> None:
    """A client that names JSON and sends nothing may approve; a registration is still no JSON."""
    made = world.business(active=False, handles_imported=False)
    assert raw(world.regulator, "/businesses", b"").status_code == 400
    assert raw(world.regulator, f"/businesses/{made['business_id']}/approve", b"").status_code == 200


@pytest.mark.parametrize("blank", ["\u200b", "\ufeff\u200d", "\u00a0\u2003", "\u0301", "\u0600"])
def test_a_name_shows_something(world: World, blank: str) -> None:
    """Zero-width signs, blanks of all widths and lone marks are no name, address or reason."""
    made = world.business(active=False)
    refused = world.regulator.post(f"/businesses/{made['business_id']}/reject", {"reason": blank}, 422)
    assert (refused["errors"][0]["pointer"], refused["errors"][0]["code"]) == ("/reason", "required")
