"""The same request twice is one act."""

import threading
from typing import Any

from sqlalchemy import func, select

from coldchain.core import db
from coldchain.core.idempotency import IdempotencyRecord
from coldchain.registry.models import Business
from tests.factories.world import World, uscc


def body(code: str | None = None, name: str = "示例") -> dict[str, Any]:
    """Return a registration."""
    return {
        "uscc": code or uscc(), "name": name, "kinds": ["shop"], "handles_imported": False, "region_code": "230203",
        "legal_representative": "张示例", "phone": "13800000000", "address": "示例路",
    }  # fmt: skip


def businesses() -> int:
    """Return how many there are."""
    with db.transaction() as session:
        return session.scalar(select(func.count()).select_from(Business)) or 0


def test_same_key_same_content_same_bytes(world: World) -> None:
    """The answer is given again byte for byte, whatever the order of the fields; nothing is made twice."""
    registration = body()
    key = {"Idempotency-Key": "key-1"}
    first = world.regulator.post("/businesses", registration, 201, headers=key)
    again = world.regulator.post("/businesses", dict(reversed(registration.items())), 201, headers=key)
    assert again == first
    assert businesses() == 1


def test_other_content_is_refused(world: World) -> None:
    """One key, two contents: 422, and the second is not done."""
    key = {"Idempotency-Key": "key-1"}
    world.regulator.post("/businesses", body(), 201, headers=key)
    assert world.regulator.post("/businesses", body(), 422, headers=key)["code"] == "idempotency_mismatch"
    assert businesses() == 1


def test_refusals_are_not_kept(world: World) -> None:
    """A refused request may be mended and sent again with its key."""
    key = {"Idempotency-Key": "key-1"}
    world.regulator.post("/businesses", body() | {"kinds": []}, 422, headers=key)
    world.regulator.post("/businesses", body(), 201, headers=key)


def test_keys_belong_to_principal_and_route(world: World) -> None:
    """Another person's key, or the same key at another address, is another key."""
    key = {"Idempotency-Key": "key-1"}
    world.regulator.post("/businesses", body(), 201, headers=key)
    world.people.regulator("230200").post("/businesses", body(), 201, headers=key)
    producer = {"name": "示例", "country": "CN", "plant_no": "X1"}
    world.regulator.post("/producers", producer, 201, headers=key)


def test_odd_keys(world: World) -> None:
    """At the limit and one past it."""
    world.regulator.post("/businesses", body(), 201, headers={"Idempotency-Key": "k" * 200})
    for wrong in ("k" * 201, "a\tb"):
        refused = world.regulator.post("/businesses", body(), 422, headers={"Idempotency-Key": wrong})
        assert refused["errors"][0]["code"] == "invalid_key"


def test_sixty_four_at_once(world: World) -> None:
    """One is done; the others get its answer or are told that it is under way."""
    registration = body()
    barrier = threading.Barrier(64)
    token = world.regulator.token
    statuses: list[tuple[int, str]] = []

    def send() -> None:
        client = world.people.app.test_client()
        barrier.wait()
        response = client.post(
            "/api/v1/businesses", json=registration,
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "storm"},
        )  # fmt: skip
        statuses.append((response.status_code, response.get_json().get("code", "made")))

    threads = [threading.Thread(target=send) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {(201, "made"), (409, "in_progress")}
    assert (201, "made") in statuses
    assert businesses() == 1
    with db.transaction() as session:
        assert session.scalar(select(func.count()).select_from(IdempotencyRecord)) == 1
