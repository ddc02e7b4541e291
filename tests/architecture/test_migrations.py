"""Migrations that move what is there: nothing of it is lost or changed."""

import hashlib
import uuid

import psycopg
import pytest
from psycopg.rows import dict_row

from coldchain.core import db
from coldchain.core.embedded_postgres import Endpoint
from coldchain.ops import migrate
from tests.conftest import _admin, _at


@pytest.fixture
def empty(postgres: Endpoint):  # type: ignore[no-untyped-def]
    """An empty database of the owner, by name."""
    name = f"migrated_{uuid.uuid4().hex[:12]}"
    _admin(postgres, f"CREATE DATABASE {name} OWNER coldchain_owner")
    yield name
    _admin(postgres, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def upgraded(postgres: Endpoint, name: str, revision: str) -> None:
    """Bring a database to a revision."""
    engine = db.connect(_at(postgres.owner_url, name))
    with engine.begin() as connection:
        migrate.upgrade_within(connection, revision)
    engine.dispose()


def test_a_receivers_address_is_kept_apart(postgres: Endpoint, empty: str) -> None:
    """0011: the address of a consignment becomes a personal value under a salt of its own, beside the name."""
    upgraded(postgres, empty, "0010")
    business, name_id, with_address, without = (uuid.uuid4() for _each in range(4))
    with psycopg.connect(_at(postgres.admin_url, empty), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # rows of one table alone
        connection.execute(
            "INSERT INTO personal_value (personal_id, commitment, what, business_id, region_code, recorded_at) "
            "VALUES (%s, 'x', 'receiver_name', %s, '230203', now())", [name_id, business],
        )  # fmt: skip
        for consignment_id, address in ((with_address, "示例路9号"), (without, None)):
            connection.execute(
                "INSERT INTO consignment (consignment_id, consignment_no, owner_id, from_zone_id, from_site_id, "
                "to_name_id, to_address, purpose, handover, state, late, occurred_at, recorded_at) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, 'delivery', 'await_confirmation', 'in_transit', false, now(), now())",  # noqa: E501
                [consignment_id, str(consignment_id), business, business, business, name_id, address],
            )
    upgraded(postgres, empty, "0011")
    with psycopg.connect(_at(postgres.admin_url, empty), row_factory=dict_row) as connection:
        rows = connection.execute(
            "SELECT c.consignment_id, p.* FROM consignment c LEFT JOIN personal_value p ON personal_id = to_address_id"
        ).fetchall()
    found = {row["consignment_id"]: row for row in rows}
    assert found[without]["personal_id"] is None
    kept = found[with_address]
    assert (kept["value"], kept["what"], kept["business_id"]) == ("示例路9号", "receiver_address", business)
    assert kept["commitment"] == hashlib.sha256(bytes(kept["salt"]) + "示例路9号".encode()).hexdigest()
