"""Finds the database of this checkout: the given one, the running embedded server, or one started for this process."""

import atexit
from dataclasses import replace

from coldchain import schema
from coldchain.core.embedded_postgres import EmbeddedPostgres
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
