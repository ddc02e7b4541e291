"""One realm for all tests of rights in a process; whatever they ask is rolled back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from coldchain.core import db
from coldchain.core.embedded_postgres import Endpoint
from config import Settings
from tests import conftest as shared
from tests.factories.clones import Clones
from tests.rights.realm import Realm
from tests.rights.undone import Undone


@pytest.fixture(scope="package")
def realm_and_engine(
    postgres: Endpoint, template: str, clones: Clones, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Realm, Undone]]:
    """The realm, and the one connection on which it is asked."""
    from coldchain.app import create_app

    name = clones.take(template)
    url = shared._at(postgres.url, name)
    var: Path = tmp_path_factory.mktemp("var")
    base = Settings.from_env({"COLDCHAIN_ENV": "test", "VAR_DIR": str(var), "COLDCHAIN_DEMO": "0"})
    before = db._state.get("engine")
    db._state.pop("engine", None)
    app = create_app(replace(base, database_url=url, database_owner_url=url, public_url="https://trace.example"))
    app.testing = False
    realm = Realm(app)
    db.engine().dispose()
    undone = Undone(url)
    yield realm, undone
    undone.dispose()
    if before is not None:
        db._state["engine"] = before
    clones.drop(name)


@pytest.fixture
def realm(realm_and_engine: tuple[Realm, Undone]) -> Iterator[Realm]:
    """The realm; what a test asks of it is undone."""
    made, engine = realm_and_engine
    before = db._state.get("engine")
    db._state["engine"] = engine.engine
    engine.undo()
    yield made
    engine.undo()
    if before is not None:
        db._state["engine"] = before


@pytest.fixture
def undone(realm_and_engine: tuple[Realm, Undone], realm: Realm) -> Undone:
    """The connection on which the realm is asked: `undo()`, `statements`."""
    return realm_and_engine[1]
