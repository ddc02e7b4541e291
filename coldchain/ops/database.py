"""Finds the database of this checkout: the given one, the running embedded server, or one started for this process."""

import atexit
from dataclasses import replace
from pathlib import Path

from coldchain import schema
from coldchain.core.embedded_postgres import EmbeddedPostgres, Endpoint
from config import Settings

assert schema.metadata  # noqa: S101  every table is known to every process, whichever rooms it happens to import
_claims: list[EmbeddedPostgres] = []


def with_database(settings: Settings) -> Settings:
    """Return settings with the database addresses filled; the embedded server runs until this process ends at least."""
    if settings.database_url is not None:
        return settings
    server = EmbeddedPostgres(settings.var_dir, pg_bin=settings.pg_bin)
    endpoint = server.start()
    _claims.append(server)
    atexit.register(server.stop)
    return replace(settings, database_url=endpoint.url, database_owner_url=endpoint.owner_url)


def places(settings: Settings) -> list[Path]:
    """Return where files are written on this machine: VAR_DIR, and the embedded server's data when it is used."""
    server = EmbeddedPostgres(settings.var_dir)
    own = settings.database_url in {None, Endpoint.at(server.socket_dir).url}
    return [settings.var_dir, *([server.home] if own else [])]
