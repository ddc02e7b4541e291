"""Who may not trade now although its card stands: decisions (停业整改, R14), circuit breakers and lock-downs (R18).

Judged as trade judges it, for any number of businesses in a constant number of statements. The public reads why only of
a decision that is published, else that trading is paused and no more (R16).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from coldchain.core import clock
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext
from coldchain.policy import measures
from coldchain.policy import service as policy
from coldchain.policy.measures import CIRCUIT_BREAKER, LOCKDOWN, Measure
from coldchain.regions.tree import stem
from coldchain.registry.decisions import PUBLICATION, SUSPENSION
from coldchain.registry.models import Business, Site
from coldchain.registry.models_decisions import EnforcementDecision
from coldchain.registry.service import decisions

NOT_SAID: Final = "stopped"  # to the public: that it is so, not why
PUBLIC_CODES: Final = (SUSPENSION, NOT_SAID)
WORDS: Final = {
    SUSPENSION: lazy_pgettext("decision kind", "Suspension until put right"),
    CIRCUIT_BREAKER: _l("Trading stopped by the authority"),
    LOCKDOWN: _l("The area is locked down"),
}


@dataclass(frozen=True)
class Halt:
    """What stops a business now: of which kind, until when (None: until further notice), by which decision.

    `whole`: at all of its sites. `number` is for officers and the business; `published_number` for anybody.
    """

    code: str
    until: datetime | None
    whole: bool = True
    number: str | None = None
    published_number: str | None = None

    @property
    def word(self) -> Any:
        """Return what it is called for those who may know why."""
        return WORDS[self.code]

    def public(self) -> dict[str, Any]:
        """Return what anybody may read of it: why, until when and by which decision only once that is published."""
        if self.published_number is None:
            return {"code": NOT_SAID, "until": None, "number": None, "whole": self.whole}
        return {"code": self.code, "until": self.until, "number": self.published_number, "whole": self.whole}


def of(session: Session, businesses: Sequence[Business], at: datetime | None = None) -> dict[UUID, Halt]:
    """Return what stops each of some businesses at a moment, now if none is named; who may trade is not in it."""
    at = at or clock.now()
    ids = [business.business_id for business in businesses]
    decided, measured = _stopping(session, ids, at)
    if not decided and not measured:
        return {}
    sites: dict[UUID, list[tuple[UUID | None, str]]] = defaultdict(list)
    rows = session.execute(
        select(col(Site.business_id), col(Site.site_id), col(Site.region_code)).where(col(Site.business_id).in_(ids))
    )
    for business_id, site_id, region_code in rows:
        sites[business_id].append((site_id, region_code))
    found = {}
    for business in businesses:
        mine, places = decided.get(business.business_id, []), sites[business.business_id]
        halt = _halt(business.business_id, mine, measured, places or [(None, business.region_code)], at)
        if halt is not None:
            found[business.business_id] = halt
    return found


def suspects(session: Session, at: datetime) -> ColumnElement[bool]:
    """Return the condition on `Business` of those whom anything may stop at a moment; `of` judges them one by one."""
    measured = [each for each in measures.latest(policy.trade_stops(session)) if measures.in_force(each, at)]
    holder = aliased(Business)
    decided: Any = (
        select(func.coalesce(col(holder.merged_into_id), col(holder.business_id)))
        .join(EnforcementDecision, col(EnforcementDecision.business_id) == col(holder.business_id))
        .where(col(EnforcementDecision.kinds).contains([SUSPENSION]), decisions.in_force(at))
    )
    found: list[ColumnElement[bool]] = [col(Business.business_id).in_(decided)]
    for each in measured:
        if each.kind == CIRCUIT_BREAKER:
            found.append(col(Business.business_id) == each.business_id)
            continue
        inside = stem(each.region_code)
        there: Any = select(col(Site.business_id)).where(col(Site.region_code).startswith(inside))
        found.append(col(Business.region_code).startswith(inside) | col(Business.business_id).in_(there))
    return or_(*found)


def at_sites(session: Session, sites: Sequence[Site]) -> dict[UUID, Halt]:
    """Return what stops each of some sites now: its whole business, or it alone."""
    at = clock.now()
    decided, measured = _stopping(session, list({site.business_id for site in sites}), at)
    found = {}
    for site in sites:
        mine, here = decided.get(site.business_id, []), [(site.site_id, site.region_code)]
        halt = _halt(site.business_id, mine, measured, here, at)
        if halt is not None:
            found[site.site_id] = halt
    return found


def _stopping(
    session: Session, ids: Sequence[UUID], at: datetime
) -> tuple[dict[UUID, list[EnforcementDecision]], list[Measure]]:
    """Return the suspensions and the measures in force that may stop some businesses."""
    if not ids:
        return {}, []
    known = measures.latest(policy.trade_measures_of(session, ids))
    return _decided(session, ids, at), [each for each in known if measures.in_force(each, at)]


def _decided(session: Session, ids: Sequence[UUID], at: datetime) -> dict[UUID, list[EnforcementDecision]]:
    """Return the suspensions that hold, by the business that stands (merged ones included), the last to end first."""
    into = col(Business.merged_into_id)
    rows = session.execute(
        select(EnforcementDecision, into)
        .join(Business, col(Business.business_id) == col(EnforcementDecision.business_id))
        .where(
            col(Business.business_id).in_(ids) | into.in_(ids),
            col(EnforcementDecision.kinds).contains([SUSPENSION]),
            decisions.in_force(at),
        )
        .order_by(col(EnforcementDecision.ends_at).desc(), col(EnforcementDecision.decision_id))
    )
    found: dict[UUID, list[EnforcementDecision]] = defaultdict(list)
    for decision, standing in rows:
        found[standing or decision.business_id].append(decision)
    return found


def _halt(
    business_id: UUID,
    decided: Sequence[EnforcementDecision],
    measured: Sequence[Measure],
    places: Iterable[tuple[UUID | None, str]],
    at: datetime,
) -> Halt | None:
    """Return what stops a business: what stops all of it before what stops a site, a published decision before all."""
    whole, causes = True, list[EnforcementDecision | Measure]()
    for site_id, region_code in places:
        here: list[EnforcementDecision | Measure] = [
            each for each in decided if each.site_id is None or each.site_id == site_id
        ]
        stopping = measures.stopping(measured, business_id=business_id, site_id=site_id, region_code=region_code, at=at)
        here += [stopping] if stopping else []
        whole = whole and bool(here)
        causes += here
    if not causes:
        return None
    first = min(causes, key=_weight)
    if isinstance(first, Measure):
        return Halt(first.kind, _end(first.ends_on), whole)
    number = first.number
    return Halt(SUSPENSION, first.ends_at, whole, number, number if PUBLICATION in first.kinds else None)


def _weight(cause: EnforcementDecision | Measure) -> tuple[bool, bool, bool]:
    if isinstance(cause, Measure):
        return True, cause.site_id is not None, cause.kind == LOCKDOWN
    return False, PUBLICATION not in cause.kinds, cause.site_id is not None


def _end(day: date | None) -> datetime | None:
    """Return the moment at which a measure's last day is over."""
    return datetime.combine(day + timedelta(days=1), time(), clock.BEIJING) if day else None
