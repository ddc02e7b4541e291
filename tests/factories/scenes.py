"""Scenes: places that take seconds to build are built once a process; each test gets a copy, database and files."""

from __future__ import annotations

import copy
import shutil
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import Engine, text

from coldchain.core import db
from tests.factories.clones import Clones
from tests.factories.world import World

T = TypeVar("T")
EMPTY = "SELECT NOT EXISTS (SELECT 1 FROM business) AND NOT EXISTS (SELECT 1 FROM user_session)"


@dataclass(frozen=True)
class Kept:
    """A scene as it stood when it was built: what built it returned, its world, its database and its files."""

    made: Any
    world: World
    database: str
    files: Path


class Scenes:
    """Sets a test's place to a scene: `of(build, …)` is `build(world, …)`, and the same again from the second test on.

    A scene is set before anything else is written: what other fixtures wrote would be gone.
    """

    _kept: dict[tuple[Any, ...], Kept] = {}

    def __init__(self, app: Flask, world: World, database: Engine, clones: Clones) -> None:
        self.app, self.world, self.database, self.clones = app, world, database, clones
        self.name = str(database.url.database)
        self.files: Path = app.config["SETTINGS"].var_dir

    def of(self, build: Callable[..., T], *details: Any, **more: Any) -> T:
        """Return what `build` makes of an empty district, in a database and with files of this test's own."""
        with db.transaction() as session:
            assert session.scalar(text(EMPTY)), "something was written before the scene was set"
        key = (build, details, *more.items())
        if key not in self._kept:
            self._keep(key, build(self.world, *details, **more))
        kept = self._kept[key]
        self._leave()
        self.clones.put_under(kept.database, self.name)
        shutil.rmtree(self.files, ignore_errors=True)
        shutil.copytree(kept.files, self.files)
        made: T
        made, world = self._twin((kept.made, kept.world))
        self.world.__dict__.update(world.__dict__)
        return made

    def _keep(self, key: tuple[Any, ...], made: Any) -> None:
        self._leave()
        name = f"scene_{uuid.uuid4().hex[:12]}"
        self.clones.run(f"CREATE DATABASE {name} TEMPLATE {self.name} OWNER coldchain_owner STRATEGY file_copy")
        files = Path(tempfile.mkdtemp(prefix="cc-scene-"))
        if self.files.exists():
            shutil.copytree(self.files, files, dirs_exist_ok=True)
        self._kept[key] = Kept(*self._twin((made, self.world)), name, files)

    def _twin(self, things: Any) -> Any:
        return copy.deepcopy(things, {id(self.app): self.app})

    def _leave(self) -> None:
        self.database.dispose()
        db.engine().dispose()

    @classmethod
    def clear(cls, clones: Clones) -> None:
        """Remove what the scenes of this process left."""
        for kept in cls._kept.values():
            clones.forget(kept.database)
            shutil.rmtree(kept.files, ignore_errors=True)
        cls._kept.clear()
