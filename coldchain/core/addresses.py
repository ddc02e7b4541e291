"""Addresses of this site to come back to."""

from flask import current_app, request


def here() -> str:
    """Return the address of the page that is shown, for coming back to it in another language or signed in."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    return request.path if is_page(request.path) else "/"


def is_page(path: str) -> bool:
    """Say whether something answers at this path when it is opened."""
    addresses = current_app.create_url_adapter(request)
    return addresses is not None and addresses.test(path, "GET")


def safe_target(target: str | None) -> str:
    """Return where to go on to: an address of this site only.

    Tabs and line ends are dropped on the way to the browser, so that what begins with `/` TAB `/` would lead elsewhere.
    """
    if target and target.startswith("/") and not target.startswith("//") and "\\" not in target:
        return target if target.isprintable() else "/"
    return "/"
