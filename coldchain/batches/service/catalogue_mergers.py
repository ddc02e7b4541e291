"""What running notices describe after two entries of the catalogue became one: held at once (R9)."""

from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.batches import kin, watch
from coldchain.batches.matching import select_matching
from coldchain.batches.models import Batch
from coldchain.batches.origins import descendants
from coldchain.ledger import holds
from coldchain.ledger import service as ledger
from coldchain.ledger.holds import Cause
from coldchain.registry.service import catalogue_merging


def before(session: Session, _actor: Actor) -> None:
    """Keep announcements and new goods out until the merger is done: either they see it, or it sees them."""
    watch.lock_exclusive(session)


def after(session: Session, actor: Actor) -> None:
    """Hold what a running notice describes now and did not before, with what was made from it."""
    running = watch.running(session)
    if not running:
        return
    merged = kin.load(session)
    entered = select(Batch.batch_id).where(
        col(Batch.producer_id).in_(merged.producers) | col(Batch.product_id).in_(merged.products)
    )
    of_merged = set(session.exec(entered).all())
    for criterion in running:
        cause = Cause("recall", criterion.cause_id, criterion.cause_version)
        described: set[UUID] = set(select_matching(session, criterion.criterion)) & of_merged
        described |= set(descendants(session, described))
        held = holds.active(session, described)
        new = {b for b in described if cause not in {holds.cause_of(hold) for hold in held.get(b, [])}}
        if new:
            ledger.lock_batches(session, new, exclusive=True)
            watch.hold(session, actor, [watch.Match(cause, tuple(sorted(new)))])


def install() -> None:
    """Take part in mergers of the catalogue, once."""
    if before not in catalogue_merging.before_merger:
        catalogue_merging.before_merger.append(before)
        catalogue_merging.after_merger.append(after)
