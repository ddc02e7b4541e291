"""What the frame of every page needs: who reads, where the reader may go, whose data, how far the ledger is checked."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, current_app, g, request
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.core import db, edge, marks
from coldchain.core.i18n import LazyText, current_locale
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p
from coldchain.journal import health
from coldchain.regions import service as regions
from coldchain.registry import service as registry
from coldchain.trade.entry_pages.kinds import ACTS

DEMO_MARK: Final = "demo"
KEPT_S: Final = 5.0  # a page may show the demonstration mark, a name or the journal's foot this late
KEPT_MAX: Final = 1_000

ROLES: Final[dict[str, LazyText]] = {
    "regulator": _p("role", "Regulator"),
    "inspector": _p("role", "Inspector"),
    "merchant": _p("role", "Business"),
    "lab": _p("role", "Laboratory"),
    "admin": _p("role", "Administrator"),
}


@dataclass(frozen=True)
class Entry:
    """One entry of the navigation: where it leads, its word, which other addresses belong to it, whose it is."""

    href: str
    label: LazyText
    prefixes: tuple[str, ...] = ()
    roles: tuple[str, ...] = tuple(ROLES)


ENTRY_PAGES: Final = tuple(act.path.removesuffix("/new") for act in ACTS.values() if act.kind != "sale")
NAV: Final = (
    Entry("/", _l("Start")),
    Entry("/scan", _l("Scan a label"), roles=("regulator", "inspector")),
    Entry("/recalls", _l("Sweeps and recalls"), ("/recalls", "/sweep-tasks", "/assistance")),
    Entry("/arrivals", _l("Arrivals"), ("/arrivals",), ("merchant",)),
    Entry(
        "/batches", _l("Batches and stock"), ("/batches", "/stock", "/backchecks", "/stock-entries", *ENTRY_PAGES),
        ("regulator", "inspector", "merchant", "admin"),
    ),
    Entry("/sales/new", _l("Sold today"), ("/sales",), ("merchant",)),
    Entry("/consignments", _l("Dispatch and receive"), ("/consignments",), ("merchant",)),
    Entry("/labels", _l("Labels"), ("/labels",), ("merchant",)),
    Entry("/businesses", _l("Businesses and cards"), ("/businesses", "/sites"), ("regulator", "inspector", "admin")),
    Entry("/businesses/mine", _l("My business"), ("/businesses", "/sites"), ("merchant",)),
    Entry("/flags", _l("Flags"), ("/flags",), ("regulator", "inspector", "admin")),
    Entry("/tubes", _l("Samples and results"), ("/tubes",), ("regulator", "inspector", "lab")),
    Entry("/api/v1/docs", _l("API"), roles=("admin",)),
)  # fmt: skip

_kept: dict[tuple[str, str, str], tuple[float, Any]] = {}


def kept(name: str, compute: Callable[[Session], Any]) -> Any:
    """Return what `compute` says, at most KEPT_S seconds old; each database and language has its own."""
    key = (str(db.engine().url), current_locale(), name)
    found = _kept.get(key)
    if found is not None and time.monotonic() - found[0] < KEPT_S:
        return found[1]
    with db.transaction() as session:
        value = compute(session)
    if len(_kept) >= KEPT_MAX:
        _kept.clear()
    _kept[key] = (time.monotonic(), value)
    return value


def viewer(actor: Actor | None) -> dict[str, str] | None:
    """Return who reads: name, role and place in the reader's language."""
    if actor is None:
        return None
    place = kept(f"place {actor.user_id}", lambda session: _place(session, actor))
    return {"display_name": actor.display_name, "role_label": str(ROLES.get(actor.role, actor.role)), "place": place}


def _place(session: Session, actor: Actor) -> str:
    if actor.business_id is not None:
        return registry.brief(session, [actor.business_id])[actor.business_id].name
    names = regions.names(session, actor.regions, current_locale())
    return ", ".join(names[code] for code in actor.regions)


def _reachable(app: Flask) -> dict[str, str]:
    """Return the permission of every page that has a fixed address."""
    return {
        rule.rule: str(edge.permission_of(app, rule.endpoint))
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
    }


def nav(actor: Actor | None, reachable: dict[str, str], path: str) -> list[dict[str, Any]]:
    """Return the pages that the reader's role may open, in order, the one that the reader is on marked."""
    if actor is None:
        return []
    entries = [
        entry
        for entry in NAV
        if actor.role in entry.roles and entry.href in reachable and _may(actor, reachable[entry.href])
    ]
    return [
        {
            "href": entry.href,
            "label": str(entry.label),
            "active": path == entry.href or any(_under(path, prefix) for prefix in entry.prefixes),
        }
        for entry in entries
    ]


def _may(actor: Actor, permission: str) -> bool:
    return permission in {edge.PUBLIC, edge.SIGNED_IN} or relation(actor, permission) is not None


def _under(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix + "/")


def _foot(session: Session) -> dict[str, Any] | None:
    found = health.foot(session)
    return None if found is None else {"size": found[0], "verified_at": found[1]}


def here() -> str:
    """Return the address of the page that is shown, for coming back to it in another language or signed in."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    addresses = current_app.create_url_adapter(request)
    return request.path if addresses is not None and addresses.test(request.path, "GET") else "/"


def install(app: Flask) -> None:
    """Give every template the frame's context; a frame without its database still frames the error."""
    reachable = _reachable(app)

    @app.context_processor
    def frame() -> dict[str, Any]:
        if "frame" not in g:
            g.frame = _frame(g.get("actor"), reachable)
        return dict(g.frame)


def _frame(actor: Actor | None, reachable: dict[str, str]) -> dict[str, Any]:
    base: dict[str, Any] = {
        "lang": current_locale(),
        "here_url": here(),
        "nav": nav(actor, reachable, request.path),
        "viewer": None,
        "demo": False,
        "journal_foot": None,
    }
    try:
        base["demo"] = kept(DEMO_MARK, lambda session: marks.read(session, DEMO_MARK) is not None)
        base["viewer"] = viewer(actor)
        if actor is not None:
            base["journal_foot"] = kept("foot", _foot)
    except Exception:  # noqa: S110  the page being shown may be the one that says what is wrong
        pass
    return base
