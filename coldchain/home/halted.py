"""That a business may not send goods now (lock-down, circuit breaker, decision: R14, R18), in words for its pages."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may
from coldchain.core import clock
from coldchain.core.errors import Conflict
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.policy import service as policy
from coldchain.registry import service as registry
from coldchain.registry.models import Site
from coldchain.registry.service.reach import at
from coldchain.trade.service import sending, suspensions

WORDS: Final[dict[str, LazyText]] = {
    "locked_down": _l(
        "The area is locked down (%(source)s) and this business is not on the white list: it may not send or sell "
        "goods now. Ask the local market regulator to be put on the white list."
    ),
    "circuit_breaker": _l(
        "The authority stopped this business from trading (%(source)s): it may not send or sell goods now. Ask the "
        "local market regulator."
    ),
    suspensions.CODE: _l(
        "By decision %(number)s this business may not send or sell goods until %(until)s. Put right what the decision "
        "names and report it, or object to the decision."
    ),
}


def stops(session: Session, business_id: UUID, sites: Iterable[Site]) -> dict[UUID, Conflict]:
    """Return, by site, what stops a business from sending from there now."""
    figures = policy.parameters(session, clock.now().astimezone(clock.BEIJING).date())
    return sending.stops(session, figures, registry.find_business(session, business_id), sites)


def text(stop: Conflict) -> str:
    """Return why nothing may be sent, and what to do, in the reader's language."""
    if stop.code not in WORDS:
        return _("This business may not trade now.")
    return str(WORDS[stop.code]) % dict(stop.params)


def lines(session: Session, business_id: UUID) -> list[tuple[str, str]]:
    """Return code and words of whatever stops the sites of a business, each once; which of them, where not all are.

    That the business itself is suspended or closed is said elsewhere.
    """
    sites = session.exec(select(Site).where(col(Site.business_id) == business_id).order_by(col(Site.site_id))).all()
    found = stops(session, business_id, sites)
    said: dict[tuple[str, str], list[str]] = {}
    for site in sites:
        stop = found.get(site.site_id)
        if stop is not None and stop.code in WORDS:
            said.setdefault((stop.code, text(stop)), []).append(site.name)
    return [
        (code, told if len(names) == len(sites) else _(": ").join((_(", ").join(names), told)))
        for (code, told), names in said.items()
    ]


def of_goods(
    session: Session, actor: Actor, batch: Mapping[str, Any], sites: Mapping[UUID, Site]
) -> tuple[frozenset[UUID], str]:
    """Return from which sites the reader's business may not send goods of a batch now, and why if that is all of them.

    Nothing for who reads for an authority.
    """
    if actor.business_id is None:
        return frozenset(), ""
    lies = {
        row["site_id"]
        for row in batch["stock"]
        if row["zone_id"] and may(actor, "trade.dispatch", at(sites[row["site_id"]], row["owner"]["business_id"]))
    }
    found = stops(session, actor.business_id, [sites[site_id] for site_id in sorted(lies)]) if lies else {}
    return frozenset(found), text(next(iter(found.values()))) if found and len(found) == len(lies) else ""
