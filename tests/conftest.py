"""Fixtures: a throw-away PostgreSQL, a migrated template, a clone for whoever commits, a rolled-back session else."""

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import Engine
from sqlmodel import Session
from xdist.scheduler import LoadScopeScheduling

from coldchain.accounts import passwords
from coldchain.core import db
from coldchain.core.embedded_postgres import EmbeddedPostgres, Endpoint
from coldchain.core.i18n import DEFAULT_LOCALE, use_locale
from config import Settings
from tests.factories.clones import Clones
from tests.factories.people import People
from tests.factories.scenes import Scenes
from tests.factories.world import World
from tests.live import TEST_ENV, live  # noqa: F401  (a fixture)

_program: list[Flask] = []
_engines: list[Engine] = []
_connect = db.connect


class TogetherScheduling(LoadScopeScheduling):
    """Gives tests to processes one by one, but to one process what shares something dear, or would disturb each other.

    (The marks of pytest-xdist for this, `xdist_group`, have no effect from pytest 9.2 on.)
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/rights/"):
            return "rights of the API" if nodeid.endswith("[API]") else "rights of pages"
        return "crash" if nodeid.startswith(("tests/crash/", "tests/ops/test_backup_drill.py")) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TogetherScheduling:
    """Distribute tests as above."""
    return TogetherScheduling(config, log)


@pytest.fixture(autouse=True)
def default_language() -> Iterator[None]:
    """Each test begins in the default language; a test client's request leaves its own behind in this thread."""
    with use_locale(DEFAULT_LOCALE):
        yield


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> None:
    """Hash with argon2 as the program does, at the least cost: what a hash costs is no question of these tests."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True, scope="session")
def compiled_once() -> None:
    """Let all engines of this process share what SQLAlchemy has compiled: each test has an engine of its own."""

    def connect(url: str, **options: Any) -> Engine:
        engine = _connect(url, **options)
        _engines.append(engine)
        del _engines[1:]
        engine.dialect, engine._compiled_cache = _engines[0].dialect, _engines[0]._compiled_cache
        return engine

    db.connect = connect


@pytest.fixture(scope="session")
def postgres() -> Iterator[Endpoint]:
    """One throw-away server for all processes of this test run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")
    server = EmbeddedPostgres.throwaway(Path(tempfile.gettempdir()) / f"cc-test-{run[:16]}")
    with server as endpoint:
        yield endpoint


def _at(url: str, name: str) -> str:
    return url.replace("/coldchain?", f"/{name}?")


def _admin(postgres: Endpoint, statement: str) -> None:
    with psycopg.connect(_at(postgres.admin_url, "postgres"), autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.fixture(scope="session")
def clones(postgres: Endpoint) -> Iterator[Clones]:
    """Copies of databases of this process."""
    clones = Clones(_at(postgres.admin_url, "postgres"))
    yield clones
    clones.close()


@pytest.fixture(scope="session")
def template(postgres: Endpoint, clones: Clones) -> Iterator[str]:
    """A database made by the migrations, with the reference data, that tests clone."""
    from coldchain.ops import migrate
    from coldchain.ops.reference import load_reference

    name = f"template_{uuid.uuid4().hex[:12]}"
    _admin(postgres, f"CREATE DATABASE {name} OWNER coldchain_owner")
    migrate.upgrade(_at(postgres.owner_url, name), "coldchain")
    engine = db.configure(_at(postgres.url, name))
    with db.transaction() as session:
        load_reference(session)
    engine.dispose()
    yield name
    clones.forget(name)


@pytest.fixture
def database(postgres: Endpoint, template: str, clones: Clones) -> Iterator[Engine]:
    """A fresh database for a test that commits; `db.transaction()` uses it."""
    name = clones.take(template)
    engine = db.configure(_at(postgres.url, name), pool_size=20, max_overflow=80)
    yield engine
    engine.dispose()
    clones.drop(name)


@pytest.fixture
def owner_url(database: Engine, postgres: Endpoint) -> str:
    """The address of the same database for its owner role."""
    return _at(postgres.owner_url, str(database.url.database))


@pytest.fixture(scope="session")
def shared_database(postgres: Endpoint, template: str, clones: Clones) -> Iterator[Engine]:
    """One clone for all tests that roll back."""
    name = clones.take(template)
    engine = db.connect(_at(postgres.url, name))
    yield engine
    engine.dispose()
    clones.drop(name)


@pytest.fixture
def session(shared_database: Engine) -> Iterator[Session]:
    """A session whose work is rolled back at the end; savepoints inside are fine."""
    with shared_database.connect() as connection:
        outer = connection.begin()
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
        outer.rollback()


@pytest.fixture
def settings(tmp_path: Path, database: Engine) -> Settings:
    """Settings of a test process on the fresh database."""
    (tmp_path / "var").mkdir(exist_ok=True)
    base = Settings.from_env(TEST_ENV | {"VAR_DIR": str(tmp_path / "var")})
    url = database.url.render_as_string(hide_password=False).replace("postgresql+psycopg://", "postgresql://")
    return replace(base, database_url=url, database_owner_url=url, public_url="https://trace.example")


@pytest.fixture
def app(settings: Settings):  # type: ignore[no-untyped-def]
    """The whole program on the fresh database: made once a process, it serves each test's place in turn."""
    from coldchain.app import create_app, serve

    if not _program:
        _program.append(create_app(settings, connect=False))
    app = _program[0]
    hooks = {blueprint: list(functions) for blueprint, functions in app.before_request_funcs.items()}
    serve(app, settings)
    yield app
    app.before_request_funcs.clear()
    app.before_request_funcs.update(hooks)
    db.engine().dispose()


@pytest.fixture
def people(app) -> People:  # type: ignore[no-untyped-def]
    """Users with tokens, and clients that speak for them."""
    return People(app)


@pytest.fixture
def client(app):  # type: ignore[no-untyped-def]
    """A client of nobody."""
    return app.test_client()


@pytest.fixture
def rounds() -> Callable[[int, int], int]:
    """How many rounds a race runs: `rounds(20, 200)`; `COLDCHAIN_LONG=1` takes the long figure."""
    return lambda short, long: long if os.environ.get("COLDCHAIN_LONG") == "1" else short


@pytest.fixture(scope="session")
def scene_store(clones: Clones) -> Iterator[Clones]:
    """Where the databases of scenes are copied; they go at the end."""
    yield clones
    Scenes.clear(clones)


@pytest.fixture
def scenes(app: Flask, world: World, database: Engine, scene_store: Clones) -> Scenes:
    """Places that are dear to build."""
    return Scenes(app, world, database, scene_store)


@pytest.fixture
def world(people: People) -> World:
    """A district to play in."""
    return World(people)
