"""What happens to a recall's goods after its announcement is pulled into the tasks: registered, moved, late (R9)."""

from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import watch
from coldchain.ledger import service as ledger
from coldchain.recall import assistance, late
from coldchain.recall.announce import add_from_books, add_moved
from coldchain.recall.models import Recall


def on_match(session: Session, actor: Actor, recall_id: UUID, _version: int, batch_ids: list[UUID]) -> None:
    """Add a newly registered batch's stock to its site's task, in the transaction that registered it."""
    recall = session.get(Recall, recall_id)
    if recall is None or recall.state != "announced":
        return
    found = [h for h in ledger.holdings(session, batch_ids) if h.quantity_units > 0]
    add_from_books(session, actor, recall, found)
    assistance.send(session, actor, recall)


def on_moved(session: Session, actor: Actor, recall_id: UUID, moved: watch.Moved) -> None:
    """See that somebody looks where locked goods were taken in or sent back to, in the transaction that moved them."""
    recall = session.get(Recall, recall_id)
    if recall is not None and recall.state == "announced":
        add_moved(session, actor, recall, moved)
        assistance.send(session, actor, recall)


def install() -> None:
    """Subscribe to matches of running watch criteria, to moves of what a recall holds, and to what had left it."""
    if on_match not in watch.on_match:
        watch.on_match.append(on_match)
        watch.on_moved.append(on_moved)
        watch.on_late.append(late.on_late)
