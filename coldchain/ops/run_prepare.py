"""Bring the database up to date: migrations, reference data, and demonstration data when the database has none.

A process of its own, so that what it needed is given back to the machine before web and worker start.
"""

from __future__ import annotations

import fcntl
import sys

from sqlalchemy.exc import OperationalError

from coldchain.core import db
from config import Settings, SettingsError


def prepare(settings: Settings) -> None:
    """Migrate and load, one process at a time: a second one must not take a load in progress for an interrupted one."""
    from coldchain.ops import migrate, reference

    if settings.database_url is None or settings.database_owner_url is None:
        raise SettingsError("database_url_missing", "nothing to prepare: DATABASE_URL is not set")
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    with (settings.var_dir / "prepare.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        migrate.upgrade(settings.database_owner_url, settings.service_role)
        db.configure(settings.database_url)
        with db.transaction() as session:
            reference.load_reference(session)
        if settings.demo:
            from coldchain.ops import demo_load

            demo_load.load_if_empty(settings)


if __name__ == "__main__":
    try:
        prepare(Settings.from_env())
    except SettingsError as reason:
        sys.exit(f"error: {reason}")
    except OperationalError as reason:
        sys.exit(f"error: database_unreachable: {str(reason.orig).strip().splitlines()[0]}")
