"""A place that was found on foot gets a provisional identity: a temporary number, and a site that sweeps count."""

from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.core import clock
from coldchain.core.errors import Conflict
from coldchain.journal import service as journal
from coldchain.recall import tasks
from coldchain.recall.models import SweepTask
from coldchain.registry import service as registry
from coldchain.registry.models import Business
from coldchain.registry.service import provisional


def identify(
    session: Session, actor: Actor, task_id: UUID, *, var_dir: Path | None = None, **said: Any
) -> tuple[SweepTask, Business]:
    """Give the business at a task's place a temporary number, and hang the task onto it; `said` as in `provisional`.

    Raises NotFound, Forbidden, Conflict `wrong_state` when the task names a business already, Invalid as there.
    """
    task, _recall = tasks.get(session, actor, task_id, "business.provisional")
    session.scalars(  # two officers at one place: one number
        select(SweepTask)
        .where(col(SweepTask.task_id) == task_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if task.business_id is not None or task.site_id is not None or task.consignment_id is not None:
        raise Conflict("This task names a business already.", code="wrong_state")
    said["region_code"] = task.region_code
    said["office"] = str(task.office_id) if task.office_id else None
    business = provisional.register(session, actor, var_dir=var_dir, **said)
    site = registry.only_site(session, business.business_id)
    task.business_id, task.site_id = business.business_id, site.site_id if site else None
    session.add(task)
    session.flush()
    journal.append(
        session,
        actor,
        kind="sweep_task.identified",
        subject_id=task.task_id,
        occurred_at=clock.now(),
        region_code=task.region_code,
        data={"business_id": business.business_id, "temporary_no": business.temporary_no, "site_id": task.site_id},
        business_id=business.business_id,
    )
    return task, business
