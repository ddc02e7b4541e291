"""Where one-time links and slips lead: the address that PUBLIC_URL names, else the one that the reader used."""

from flask import current_app, request, url_for

from config import Settings


def absolute(endpoint: str, **values: str) -> str:
    """Return the whole address of a page, to be copied, sent or printed."""
    path: str = url_for(endpoint, **values)  # type: ignore[arg-type]
    settings: Settings = current_app.config["SETTINGS"]
    base = request.host_url.rstrip("/") if settings.public_url_is_trial else settings.public_url
    return base + path
