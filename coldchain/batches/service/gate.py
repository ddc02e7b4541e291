"""The gate: may this batch leave, and if not, what is missing (R1); the cached status that lists show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, or_, update
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import scope
from coldchain.batches import facts, reach
from coldchain.batches.models import NOT_HERE, Batch
from coldchain.batches.origins import descendants
from coldchain.core.errors import NotFound
from coldchain.ledger.models import Holding
from coldchain.policy import engine, references
from coldchain.policy import service as policy
from coldchain.policy.books import RuleBook
from coldchain.policy.facts import BatchFacts, Source, Verdict
from coldchain.registry.models import Site, Zone
from coldchain.registry.service.reach import sites_within


def gate(session: Session, batch_ids: Iterable[UUID], region_code: str) -> dict[UUID, Verdict]:
    """Return for each batch whether it may leave a site in that region (R1).

    The number of statements doesn't depend on the number of batches. Unknown ids are left out. Read it after the batch
    rows are locked, in the transaction that moves the goods.
    """
    return judge(session, dict.fromkeys(batch_ids, region_code))


def judge(session: Session, regions: Mapping[UUID, str]) -> dict[UUID, Verdict]:
    """Return for each batch whether it may leave a site in its region code of `regions`."""
    if not regions:
        return {}
    return judge_by(policy.book(session), facts.load(session, regions), regions)


def judge_by(book: RuleBook, found: Mapping[UUID, BatchFacts], regions: Mapping[UUID, str]) -> dict[UUID, Verdict]:
    """Return for each batch the verdict of a rule book, from facts that were loaded for all of them."""
    bench = _Bench(book, found)
    return {
        batch_id: bench.verdict(batch_id, region_code)
        for batch_id, region_code in regions.items()
        if batch_id in bench.facts
    }


class _Bench:
    """Judges batches, each once for a region, what they were processed from first."""

    def __init__(self, book: RuleBook, found: Mapping[UUID, BatchFacts]) -> None:
        self.book = book
        self.facts = found
        self.judged: dict[tuple[UUID, str], Verdict] = {}

    def verdict(self, batch_id: UUID, region_code: str) -> Verdict:
        """Return the verdict on a batch for a site in a region."""
        waiting, begun = [batch_id], set[UUID]()
        while waiting:
            each = waiting[-1]
            above = [b for b in self.facts[each].made_from if (b, region_code) not in self.judged and b not in begun]
            begun.add(each)
            if above:
                waiting += above
                continue
            waiting.pop()
            if (each, region_code) not in self.judged:
                self.judged[each, region_code] = self._judge(each, region_code)
        return self.judged[batch_id, region_code]

    def _judge(self, batch_id: UUID, region_code: str) -> Verdict:
        sources = []
        for above in self.facts[batch_id].made_from:
            known = self.judged.get((above, region_code))
            # what was made from itself, by whatever mistake, has only its own papers to show
            verdict = known or self._alone(replace(self._asked(above, region_code), made_from=()), ())
            sources.append(Source(above, self.facts[above].batch_code, verdict))
        return self._alone(self._asked(batch_id, region_code), sources)

    def _asked(self, batch_id: UUID, region_code: str) -> BatchFacts:
        found = self.facts[batch_id]
        return replace(found, region_code=region_code, suspensions=self.book.suspensions_of(found))

    def _alone(self, found: BatchFacts, sources: Sequence[Source]) -> Verdict:
        chosen = self.book.policy_for(
            region_code=found.region_code, on=found.arrived_on, category=found.category, imported=found.imported
        )
        verdict = engine.judge(chosen, found, sources)
        rules = [*references.used(chosen, found, self.book.protocols)]
        rules += [rule for source in sources for rule in source.verdict.rules]
        return replace(verdict, rules=tuple(dict.fromkeys(rules)))


def settle_status(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Lock batch rows, then bring their cached status up to date: for whoever has just entered a fact about them.

    What was made from them follows. The lock comes first, so that of two facts entered at once the second sees both,
    and what was being made of a batch is there. Children have later ids than their parents, so that the order holds.
    Not after a shared lock of these rows in the same transaction: two such would wait for each other.
    """
    session.flush()
    locked = lock_rows(session, set(batch_ids))
    made = descendants(session, locked) - set(locked)
    return refresh_status(session, [*locked, *(lock_rows(session, made) if made else ())])


def lock_rows(session: Session, batch_ids: Iterable[UUID]) -> list[UUID]:
    """Lock batch rows in id order for whoever enters a fact about them, and return the ids that exist."""
    return list(
        session.scalars(
            select(col(Batch.batch_id))
            .where(col(Batch.batch_id).in_(batch_ids))
            .order_by(col(Batch.batch_id))
            .with_for_update(key_share=True)
        )
    )


def refresh_status(session: Session, batch_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Bring the cached `status` of batches up to date with the facts (`held` or `cleared`), and return it.

    Judged for the site where the batch entered the books; what has not come stays as it is. That nothing is left of a
    batch is not cached here but read from the stock (`reach.current_status`), so that a sale never has to write the
    batch's row.
    """
    session.flush()
    former = {
        batch_id: (region_code, status)
        for batch_id, region_code, status in session.exec(
            select(Batch.batch_id, Batch.region_code, Batch.status).where(col(Batch.batch_id).in_(set(batch_ids)))
        )
    }
    here = {batch_id: region for batch_id, (region, status) in former.items() if status not in NOT_HERE}
    now = {batch_id: status for batch_id, (_, status) in former.items() if batch_id not in here}
    verdicts = judge(session, here)
    now |= {batch_id: "cleared" if verdict.clear else "held" for batch_id, verdict in verdicts.items()}
    changed = [
        {"key": batch_id, "value": now[batch_id]} for batch_id in sorted(now) if now[batch_id] != former[batch_id][1]
    ]
    if changed:
        table = Batch.__table__  # type: ignore[attr-defined]
        statement = update(table).where(table.c.batch_id == bindparam("key")).values(status=bindparam("value"))
        session.connection().execute(statement, changed)
        for batch in list(session.identity_map.values()):
            if isinstance(batch, Batch) and batch.batch_id in now:
                session.expire(batch, ["status"])
    return now


def note_code_made(session: Session, batch_ids: Iterable[UUID], made_at: datetime) -> None:
    """Note that labels were made for batches, the first time only (R2, 无码禁售), and refresh their status."""
    wanted = set(batch_ids)
    session.execute(
        update(Batch)
        .where(col(Batch.batch_id).in_(wanted), col(Batch.code_made_at).is_(None))
        .values(code_made_at=made_at)
        .execution_options(synchronize_session="fetch")
    )
    settle_status(session, wanted)


def batch_ids_of(session: Session, arrival_id: UUID) -> list[UUID]:
    """Return the batches of an arrival in line order; no rights are asked."""
    return list(
        session.scalars(
            select(col(Batch.batch_id)).where(col(Batch.arrival_id) == arrival_id).order_by(col(Batch.line_no))
        )
    )


def read(session: Session, actor: Actor, batch_id: UUID, *, zone_id: UUID | None = None) -> dict[str, Any]:
    """Return the verdict on one batch as `actor` may see it, for the site of `zone_id`.

    Without a zone: for the asker's only holding, else for the site where the batch entered the books. Raises NotFound,
    also for a zone where neither the asker's reach nor the asker's goods go.
    """
    region_code = session.scalar(
        select(Batch.region_code).where(col(Batch.batch_id) == batch_id, reach.visible_batches(actor))
    )
    if region_code is None:
        raise NotFound
    if zone_id is not None:
        region_code = _place_asked(session, actor, zone_id)
    elif actor.business_id is not None:
        region_code = _only_place(session, actor.business_id, batch_id) or region_code
    return gate(session, [batch_id], region_code)[batch_id].as_dict() | {"batch_id": batch_id}


def _place_asked(session: Session, actor: Actor, zone_id: UUID) -> str:
    """Return the region of a zone that `actor` may ask about: of an own site or area, or where own goods ever lay."""
    lay = select(col(Holding.zone_id)).where(
        col(Holding.zone_id) == zone_id, col(Holding.owner_id).in_(actor.business_ids), col(Holding.account) == "zone"
    )
    found = session.scalar(
        select(col(Site.region_code))
        .join(Zone, col(Zone.site_id) == col(Site.site_id))
        .where(
            col(Zone.zone_id) == zone_id,
            or_(sites_within(scope(actor, "batch.read")), col(Zone.zone_id).in_(lay)),
        )
    )
    if found is None:
        raise NotFound
    return found


def _only_place(session: Session, business_id: UUID, batch_id: UUID) -> str | None:
    """Return the region of the only zone where a business has some of a batch, None when there is not just one."""
    rows = session.exec(
        select(Zone.zone_id, Site.region_code)
        .join(Holding, col(Holding.zone_id) == col(Zone.zone_id))
        .join(Site, col(Site.site_id) == col(Zone.site_id))
        .where(
            col(Holding.batch_id) == batch_id,
            col(Holding.owner_id) == business_id,
            col(Holding.quantity_units) > 0,
        )
    ).all()
    return rows[0][1] if len(rows) == 1 else None
