"""The large-text switch (大字): kept in a cookie of the device, whoever signs in or out on it."""

from typing import Final

from flask import Response, has_request_context, request

COOKIE: Final = "text"
LARGE: Final = "large"
KEPT_S: Final = 31_536_000


def is_large() -> bool:
    """Say whether this device asked for large text."""
    return has_request_context() and request.cookies.get(COOKIE) == LARGE


def keep(response: Response, *, large: bool) -> Response:
    """Let the device remember which text it asked for."""
    if large:
        response.set_cookie(COOKIE, LARGE, max_age=KEPT_S, samesite="Lax", httponly=True)
    else:
        response.delete_cookie(COOKIE, samesite="Lax", httponly=True)
    return response
