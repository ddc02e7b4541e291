"""The way back: a page that answered a form is still there when somebody comes back to it.

What no browser keeps (`no-store`) can't be shown again: the way back to the answer of a form then shows an error in
place of what was typed. So the person's own browser may keep these answers until the sign-out (`Clear-Site-Data`) and
asks anew at any other time. Answers of the doors where secrets are shown once, to people who aren't signed in, and of
personal data that were looked up stay `no-store`. What is kept doesn't vary by cookie: a browser asks nobody when it
goes back, and after the next act its cookies are others.
"""

from typing import Final

from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from coldchain.core.edge import permission_of_view

SHOWN_AGAIN: Final = "private, no-cache"
DOORS_OF_SECRETS: Final = frozenset({"accounts", "admin_accounts", "me_pages", "people", "registration", "slips"})


def _shown_again(response: Response) -> Response:
    if request.method != "POST" or g.get("actor") is None or response.mimetype != "text/html":
        return response
    asked = permission_of_view(request.endpoint or "") or ""
    if response.status_code < 500 and request.blueprint not in DOORS_OF_SECRETS and not asked.startswith("personal."):
        response.headers.setdefault("Cache-Control", SHOWN_AGAIN)
    return response


class _Sessions(SecureCookieSessionInterface):
    """Flask's sessions, which speak last of all and say of every answer that it varies by cookie."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Save the session as Flask does."""
        super().save_session(app, session, response)
        if response.headers.get("Cache-Control") == SHOWN_AGAIN:
            del response.headers["Vary"]


def install(app: Flask) -> None:
    """Let the answers to forms be shown again by the browser of who sent them; call after what sets the default."""
    app.session_interface = _Sessions()
    app.after_request(_shown_again)
