"""Where the request that is being served comes from, for those who know no HTTP: its address and its number."""

from contextvars import ContextVar
from dataclasses import dataclass

from flask import Flask, request

from coldchain.core import problems


@dataclass(frozen=True)
class Origin:
    """The peer's address and the request's number; neither is known of a command or a job."""

    address: str | None = None
    request_id: str | None = None


NOWHERE = Origin()
_current: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def current() -> Origin:
    """Return where the work at hand comes from."""
    return _current.get()


def install(app: Flask) -> None:
    """Know the origin of every request from its beginning to its end; threads serve one after another."""

    @app.before_request
    def begin() -> None:
        _current.set(Origin(request.remote_addr, problems.request_id()))

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        _current.set(NOWHERE)
