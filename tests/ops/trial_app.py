"""A WSGI application just big enough to be supervised: ready when its database answers, and it names its process."""

import os
from collections.abc import Callable, Iterable
from typing import Any

import psycopg


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer /readyz after asking the database who we are, anything else with our process id."""
    if environ["PATH_INFO"] == "/readyz":
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            row = connection.execute("SELECT current_user").fetchone()
        body = str(row and row[0])
    else:
        body = str(os.getpid())
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body.encode()]
