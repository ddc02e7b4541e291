"""What the frame of every page needs: who reads, where the reader may go, whose data, how far the ledger is checked."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from flask import Flask, current_app, g, request
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.accounts.words import ROLES
from coldchain.core import clock, db, edge, marks
from coldchain.core.addresses import here
from coldchain.core.i18n import LazyText, current_locale
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.marks import DEMO_MARK
from coldchain.home import halted, stopped
from coldchain.home.tour_parts import month
from coldchain.journal import health
from coldchain.regions import service as regions
from coldchain.registry import service as registry
from coldchain.trade.entry_pages.kinds import ACTS
from coldchain.trade.service import suspensions
from config import Settings

KEPT_S: Final = 5.0  # a page may show the demonstration mark, a name or the journal's foot this late
KEPT_MAX: Final = 1_000
ROW: Final = 8  # entries of the navigation that fit into one row of a small desk's window


@dataclass(frozen=True)
class Entry:
    """One entry of the navigation: where it leads, its word, which other addresses belong to it.

    It is shown to whom its page is open, and of those to `whom`: everybody, who acts for a business, or who doesn't;
    `may` names another action that the reader must have, `kind` what the reader's business must be. Where a reader has
    more than ROW entries, those of less use every day (`rare`) stand behind 更多.
    """

    href: str
    label: LazyText
    prefixes: tuple[str, ...] = ()
    whom: Literal["all", "businesses", "authorities"] = "all"
    may: str | None = None
    kind: str | None = None
    rare: bool = False

    def is_for(self, actor: Actor, kinds: Collection[str] = ()) -> bool:
        """Say whether the entry is of use to a reader who may open its page."""
        fits = {"all": True, "businesses": actor.business_id is not None, "authorities": actor.business_id is None}
        wanted = self.kind is None or self.kind in kinds
        return wanted and fits[self.whom] and (self.may is None or relation(actor, self.may) is not None)


ENTRY_PAGES: Final = tuple(act.path.removesuffix("/new") for act in ACTS.values() if act.kind != "sale")
NAV: Final = (
    Entry("/", _l("Start")),
    Entry("/scan", _l("Scan a label"), may="finding.record"),
    Entry("/recalls", _l("Sweeps and recalls"), ("/recalls", "/sweep-tasks", "/assistance", "/holders")),
    Entry("/arrivals", _l("Arrivals"), ("/arrivals",), "businesses"),
    Entry(
        "/disinfection-orders", _l("Disinfection orders"), ("/disinfection-orders",), "businesses",
        kind="disinfection_service",
    ),
    Entry(
        "/batches", _l("Batches and stock"), ("/batches", "/stock", "/backchecks", "/stock-entries", *ENTRY_PAGES),
    ),
    Entry("/sales/new", _l("Sold today"), ("/sales",), "businesses"),
    Entry("/consignments", _l("Dispatch and receive"), ("/consignments",), "businesses"),
    Entry("/labels", _l("Labels"), ("/labels",), "businesses"),
    Entry("/businesses", _l("Businesses and cards"), ("/businesses", "/slips", "/people", "/letters"), "authorities"),
    Entry("/venues", _l("Venues and sites"), ("/venues", "/sites", "/stewards"), "authorities", rare=True),
    Entry("/businesses/mine", _l("My business"), ("/businesses", "/sites"), "businesses"),
    Entry("/people", _l("People"), ("/people",), "businesses", rare=True),
    Entry("/evidence", _l("Papers to verify"), ("/evidence",), "authorities", rare=True),
    Entry("/flags", _l("Flags"), ("/flags",), "authorities", rare=True),
    Entry("/findings", _l("Findings and decisions"), ("/findings", "/visits", "/decisions", "/finding-kinds")),
    Entry("/tubes", _l("Samples and results"), ("/tubes",), may="tube.register", rare=True),
    Entry("/rules", _l("Rule book"), ("/rules",), "authorities", rare=True),
    Entry("/measures", _l("Measures in force"), ("/measures",), rare=True),
    Entry("/sampling-due", _l("Due for sampling"), ("/sampling-due", "/workers"), rare=True),
    Entry("/accounts", _l("Accounts"), ("/accounts",)),
    Entry("/regions", _l("Regions and offices"), ("/regions", "/offices", "/grids"), may="office.manage", rare=True),
    Entry("/audit", _l("Audit log"), rare=True),
    Entry("/privacy", _l("Personal data"), ("/privacy", "/personal"), rare=True),
    Entry("/api/v1/docs", _l("API"), may="account.manage", rare=True),
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
    return {
        "display_name": actor.display_name,
        "role_label": str(ROLES.get(actor.role, actor.role)),
        "place": place,
    }


def _place(session: Session, actor: Actor) -> str:
    if actor.business_id is not None:
        return registry.brief(session, [actor.business_id])[actor.business_id].name
    names = regions.names(session, actor.regions, current_locale())
    return ", ".join(names[code] for code in actor.regions)


def _kinds(session: Session, actor: Actor) -> tuple[str, ...]:
    return tuple(registry.find_business(session, actor.business_id).kinds) if actor.business_id else ()


def _reachable(app: Flask) -> dict[str, str]:
    """Return the permission of every page that has a fixed address."""
    return {
        rule.rule: str(edge.permission_of(app, rule.endpoint))
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
    }


def nav(actor: Actor | None, reachable: dict[str, str], path: str, kinds: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the pages that the reader's role may open, in order, the one that the reader is on marked."""
    if actor is None:
        return []
    entries = [
        entry
        for entry in NAV
        if entry.href in reachable and _may(actor, reachable[entry.href]) and entry.is_for(actor, kinds)
    ]
    return [
        {
            "href": entry.href,
            "label": str(entry.label),
            "active": path == entry.href or any(_under(path, prefix) for prefix in entry.prefixes),
            "rare": entry.rare and len(entries) > ROW,
        }
        for entry in entries
    ]


def _may(actor: Actor, permission: str) -> bool:
    return permission in {edge.PUBLIC, edge.SIGNED_IN} or relation(actor, permission) is not None


def may_open(app: Flask, actor: Actor, href: str) -> bool:
    """Say whether a page with a fixed address is there and the reader may open it."""
    permission = _reachable(app).get(href)
    return permission is not None and _may(actor, permission)


def _under(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix + "/")


def _foot(session: Session) -> dict[str, Any] | None:
    found = health.foot(session)
    return None if found is None else {"size": found[0], "verified_at": found[1]}


def install(app: Flask) -> None:
    """Give every template the frame's context; a frame without its database still frames the error."""
    reachable = _reachable(app)

    @app.context_processor
    def frame() -> dict[str, Any]:
        if "frame" not in g:
            g.frame = _frame(g.get("actor"), reachable)
        return dict(g.frame)


def _trades(actor: Actor) -> bool:
    return relation(actor, "trade.dispatch") is not None


def _halts(business_id: UUID) -> list[str]:
    """Return what keeps a business from sending now; the desk says in full what a decision stops."""
    lines = kept(f"halted {business_id}", lambda session: halted.lines(session, business_id))
    return [text for code, text in lines if request.path != "/" or code != suspensions.CODE]


def _address() -> str:
    """Return where this page is, as it is printed below it."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.public_url.rstrip("/") + here().partition("?")[0]


def _frame(actor: Actor | None, reachable: dict[str, str]) -> dict[str, Any]:
    base: dict[str, Any] = {
        "lang": current_locale(),
        "here_url": here(),
        "nav": nav(actor, reachable, request.path),
        "viewer": None,
        "demo": False,
        "demo_month": None,
        "stopped": None,
        "halts": (),
        "journal_foot": None,
        "help_url": "/help" if actor is not None else None,
        "paper_foot": {"made_at": clock.now(), "address": _address()} if actor is not None else None,
    }
    try:
        mark = kept(DEMO_MARK, lambda session: marks.read(session, DEMO_MARK))
        base["demo"] = mark is not None
        base["demo_month"] = month((mark or {}).get("told_of"))
        base["viewer"] = viewer(actor)
        if actor is not None and actor.business_id is not None and _trades(actor) and request.path != "/":
            of, business_id = stopped.of, actor.business_id
            base["stopped"] = kept(f"stopped {business_id}", lambda session: of(session, business_id))
        if actor is not None and actor.business_id is not None and _trades(actor):
            base["halts"] = _halts(actor.business_id)
        if actor is not None and actor.business_id is not None:
            found = kept(f"kinds {actor.business_id}", lambda session: _kinds(session, actor))
            base["nav"] = nav(actor, reachable, request.path, found)
        if actor is not None:
            base["journal_foot"] = kept("foot", _foot)
    except Exception:  # noqa: S110  the page being shown may be the one that says what is wrong
        pass
    return base
