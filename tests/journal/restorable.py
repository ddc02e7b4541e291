"""A journal whose database can be copied and put back, as backups are."""

from pathlib import Path
from typing import Any

from sqlmodel import Session

from coldchain.core import db
from coldchain.core.embedded_postgres import Endpoint
from coldchain.core.ids import new_id
from coldchain.journal import identity, restore, sequencer
from tests.conftest import _admin, _at
from tests.journal.conftest import Forger, forger_of
from tests.journal.helpers import write
from tests.journal.test_sequencer import alarm, assert_verifies

REASON = "示例：恢复了昨天的备份"


class All:
    """The reach of an administrator."""

    everything = True
    business_id = None
    region_stems = ()


class Restorable:
    """A database of which a copy can be taken and put back, as a backup is."""

    def __init__(self, postgres: Endpoint, template: str, var_dir: Path) -> None:
        self.postgres, self.var_dir = postgres, var_dir
        self.copies: list[str] = []
        self.name = self._clone(template)
        self.engine = db.configure(_at(postgres.url, self.name))

    def _clone(self, source: str) -> str:
        name = f"clone_{new_id().hex}"
        _admin(self.postgres, f"CREATE DATABASE {name} TEMPLATE {source} OWNER coldchain_owner STRATEGY file_copy")
        self.copies.append(name)
        return name

    def copy(self) -> str:
        """Take a copy and return its name."""
        self.engine.dispose()
        return self._clone(self.name)

    def put_back(self, copy: str) -> None:
        """Let a copy take the database's place."""
        self.engine.dispose()
        self.name = self._clone(copy)
        self.engine = db.configure(_at(self.postgres.url, self.name))

    def grow(self, count: int) -> None:
        """Write some facts and sign them."""
        write(self.engine, count)
        sequencer.run_once(self.engine, self.var_dir)

    def sequence(self) -> str | None:
        """Run the sequencer once and return the alarm."""
        sequencer.run_once(self.engine, self.var_dir)
        return alarm(self.engine)

    def adopt(self, **options: Any) -> restore.Adopted:
        """Resume, and expect that everything verifies afterwards."""
        done = restore.adopt(self.engine, self.var_dir, reason=REASON, **options)
        assert alarm(self.engine) is None
        assert_verifies(self.engine, self.var_dir)
        return done

    def origin(self) -> str:
        """Return the origin that signs."""
        with Session(self.engine) as session:
            known = identity.read(session)
        assert known is not None
        return known.origin

    def forger(self) -> Forger:
        """Return a way past all triggers."""
        return forger_of(self.engine, self.postgres)

    def close(self) -> None:
        """Leave nothing behind."""
        self.engine.dispose()
        for name in self.copies:
            _admin(self.postgres, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
