"""What a change to the rule book would do: the draft, and the batches whose verdict it would change, within no reach.

Only who may change the rule book asks; that is nobody who is limited to an area.
"""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, SQLModel

from coldchain.accounts.actor import Actor
from coldchain.batches.service import preview
from coldchain.core import paging
from coldchain.policy import rulebook
from coldchain.policy import service as policy
from coldchain.regions.tree import NATION


def what_changes(
    session: Session, actor: Actor, *, limit: int, cursor: str | None = None, **values: Any
) -> preview.Preview:
    """Return which batches a version of an evidence policy would judge otherwise; raises what `rulebook.draft` does."""
    drafted = rulebook.draft(session, actor, **values)
    before = policy.book(session)
    former = [row.region_code for row in before.policies if row.code == drafted.code]
    areas = [region_code or NATION for region_code in [*former, drafted.region_code]]
    after = before.with_policy(policy.policy_row(drafted))
    return preview.changes(session, before, after, areas, limit=limit, cursor=cursor)


def listed(
    rows: Sequence[SQLModel], key: str, code: str | None, limit: int, cursor: str | None, by: str = "code"
) -> dict[str, Any]:
    """Return a page of rows of the rule book, those of one code alone where it is named."""
    wanted = [row for row in rows if code is None or getattr(row, by) == code]
    items, following = paging.part(wanted, lambda row: getattr(row, key), limit, cursor, newest_first=True)
    return {"items": items, "next": following}


def described(found: preview.Preview) -> dict[str, Any]:
    """Return a preview as answers show it."""
    return {
        "candidates": found.candidates,
        "judged": found.judged,
        "to_clear": found.to_clear,
        "to_held": found.to_held,
        "reasons": found.reasons,
        "next": found.following,
        "items": [
            {
                "batch_id": change.batch_id,
                "batch_code": change.batch_code,
                "region_code": change.region_code,
                "clear_before": change.before.clear,
                "clear_after": change.after.clear,
                "missing_before": [item.code for item in change.before.missing],
                "missing_after": [item.code for item in change.after.missing],
            }
            for change in found.changes
        ],
    }
