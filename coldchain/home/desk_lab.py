"""A laboratory's desk: tubes without a result, the oldest first to hand, and what was reported last."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.batches import pages_words as words
from coldchain.batches import service as batches
from coldchain.batches.models import TestResult, Tube
from coldchain.core import clock
from coldchain.registry import service as registry

TUBES_SHOWN: Final = 8
RESULTS_SHOWN: Final = 5


def context(session: Session, actor: Actor) -> dict[str, Any]:
    """Return what the page shows, all of it computed now."""
    later = aliased(TestResult)
    business_id = actor.business_id or UUID(int=0)
    waiting, more = batches.search_tubes(session, actor, pending=True, limit=TUBES_SHOWN)
    to_confirm, _more = batches.search_tubes(session, actor, to_confirm=True, limit=TUBES_SHOWN)
    own = select(func.count()).select_from(Tube).where(col(Tube.lab_id) == business_id)
    reported = session.execute(
        select(TestResult, Tube)
        .join(Tube, col(Tube.tube_id) == col(TestResult.tube_id))
        .where(col(Tube.lab_id) == business_id)
        .order_by(col(TestResult.recorded_at).desc())
        .limit(RESULTS_SHOWN)
    ).all()
    by_result = dict(
        session.execute(
            select(col(TestResult.result), func.count())
            .join(Tube, col(Tube.tube_id) == col(TestResult.tube_id))
            .outerjoin(later, col(later.supersedes_id) == col(TestResult.result_id))
            .where(col(Tube.lab_id) == business_id, col(later.result_id).is_(None))
            .group_by(col(TestResult.result))
        ).all()
    )
    return {
        "business": registry.brief(session, [business_id])[business_id],
        "as_of": clock.now(),
        "waiting": waiting,
        "to_confirm": to_confirm,
        "more": more is not None,
        "tubes": session.scalar(own) or 0,
        "by_result": by_result,
        "reported": [(result, tube) for result, tube in reported],
        "words": words,
    }
