"""Correction: the right quantities of an entry (更正). Nothing is changed: delta movements are added that name theirs.

Less is always possible while the goods are where they went. More is judged like the kind of entry that it adds to:
sales, uses and losses as facts entered late, the rest as of now (R8, R10, R11).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may
from coldchain.batches import watch
from coldchain.core import clock
from coldchain.core.errors import Conflict, Forbidden, Invalid
from coldchain.ledger import postings
from coldchain.ledger import service as ledger
from coldchain.ledger.postings import Entry
from coldchain.policy import service as policy
from coldchain.registry import service as registry
from coldchain.registry.service.reach import at, on_behalf_of
from coldchain.trade.models import StockEntry, StockEntryLine
from coldchain.trade.service import goods, lateness
from coldchain.trade.service.entries import core, openings, reading, recoveries, relocations, storing
from coldchain.trade.service.entries.core import Document, Line
from coldchain.trade.service.lateness import Leaving, Passage

LEFT_TO: Final = {"sale": "sold", "use": "used", "loss": "lost", "destruction": "destroyed", "return": "returned"}
FACTS: Final = frozenset({"sale", "use", "loss"})
GATED: Final = frozenset({"sale", "use", "owner_change"})
CORRECTABLE: Final = frozenset(LEFT_TO) | {"relocation", "owner_change", "opening", "recovery"}
# Takes back what was said: what is held meanwhile goes back with its hold.
TAKES_BACK: Final[Mapping[str, Any]] = {"moves_locked": True, "takes_held": "last"}


def correct(
    session: Session, actor: Actor, entry_id: UUID, *, reason: str, lines: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Set the right quantities of batches of an entry (0 takes a line back); return the correction with its warnings.

    By the owner or an officer; less of a change of owner by who has the goods now, or an officer. Raises NotFound,
    Forbidden, Conflict `not_correctable` (extra `kind`), `insufficient_stock` when goods have gone on, `locked`,
    `gate_refused`, Invalid `not_in_entry`, `nothing_changed`, `not_whole_pieces`.
    """
    original = reading.find(session, actor, entry_id)
    if original.kind not in CORRECTABLE:
        raise Conflict(
            "This kind of entry can't be corrected: enter what is right anew.",
            code="not_correctable",
            extra={"kind": original.kind, "corrects_id": str(original.corrects_id) if original.corrects_id else None},
        )
    wanted = goods.wanted(lines)
    moved = _movements(session, entry_id)
    for number, batch_id in enumerate(wanted):
        if batch_id not in moved:
            raise Invalid.of(f"/lines/{number}/batch_id", "not_in_entry", "This batch is not in the entry.")
    ledger.lock_batches(session, wanted, exclusive=True)
    former = reading.current_units(session, entry_id)
    less = {i: former[i] - units for i, units in wanted.items() if units < former[i]}
    more = {i: units - former[i] for i, units in wanted.items() if units > former[i]}
    document = _document(session, actor, original, wanted, reason)
    _authorize(session, actor, original, document, taken=bool(less), added=bool(more))
    if not less and not more:
        raise Invalid.of("/lines", "nothing_changed", "These are the quantities that the entry has already.")
    leaving, passage, marks = _judge_more(session, original, document, more)
    back, back_passage = _judge_less(session, original, document, less)
    owners = _owners_now(session, original)
    made = [
        Line(
            batch_id,
            units,
            _draft(original, document, batch_id, units - former[batch_id], marks, moved[batch_id], owners),
            book_units=former[batch_id],
            verdict=passage.verdict(batch_id),
        )
        for batch_id, units in wanted.items()
    ]
    entry = core.write(session, actor, document, made)
    told = [*_tell(session, actor, leaving, passage, entry), *_tell(session, actor, back, back_passage, entry)]
    _tell_moved(session, actor, original, made)
    return reading.made(session, actor, entry, core.warned(sorted(set(told))))


def _movements(session: Session, entry_id: UUID) -> dict[UUID, UUID | None]:
    """Return the movement of each batch of an entry."""
    rows = session.execute(
        select(col(StockEntryLine.batch_id), col(StockEntryLine.movement_id)).where(
            col(StockEntryLine.entry_id) == entry_id
        )
    )
    return {row[0]: row[1] for row in rows}


def _document(session: Session, actor: Actor, original: StockEntry, units: Mapping[UUID, int], reason: str) -> Document:
    """Return the correction as a document: about the same goods, place and moment, learned now."""
    zone, site = registry.site_of_zone(session, original.zone_id)
    return Document(
        "correction",
        registry.find_business(session, original.owner_id),
        zone,
        site,
        units,
        original.occurred_at,
        late=True,
        on_behalf_of=on_behalf_of(actor, original.owner_id),
        figures=policy.parameters(session, clock.now().astimezone(clock.BEIJING).date()),
        reason=reason,
        to_owner_id=original.to_owner_id,
        to_zone_id=original.to_zone_id,
        corrects_id=original.entry_id,
    )


def _authorize(
    session: Session, actor: Actor, original: StockEntry, document: Document, *, taken: bool, added: bool
) -> None:
    """Raise Forbidden, NotFound unless the actor may correct so: nobody takes goods back that are another's now."""
    new_owner_id = original.to_owner_id
    if new_owner_id in actor.business_ids and added:
        raise Forbidden("Only the owner of goods, or an officer, sends them on.")
    if new_owner_id is None or added:
        goods.require_owner(session, actor, "stock.correct", document.owner, original.zone_id, document.site)
    here = at(document.site, new_owner_id)
    if new_owner_id is not None and taken and not may(actor, "stock.correct", here):
        raise Forbidden("Only who has the goods now, or an officer, gives them back.")


def _judge_more(
    session: Session, original: StockEntry, document: Document, more: Mapping[UUID, int]
) -> tuple[Leaving, Passage, dict[str, Any]]:
    """Judge what is added to an entry like the entry's kind; return what leaves, its passage, marks of its drafts."""
    kind = original.kind
    leaving = document.leaving(happened=kind in FACTS, gated=kind in GATED, units=more, kind=kind)
    if not more:
        return leaving, Passage(), {}
    if kind in FACTS:
        return leaving, lateness.judge(session, leaving), lateness.as_fact(leaving)
    if kind in LEFT_TO:
        held = lateness.held_units(session, leaving)
        if held and None in (original.detail.get("receiver"), original.detail.get("receipt_no")):
            raise Conflict(
                "Locked goods leave only if it is said who took them and what shows it: make an entry of its own.",
                code="locked",
            )
        return leaving, Passage(), dict(core.PASSES_LOCKS)
    if kind == "recovery":
        recoveries.require_left(session, document.owner_id, original.detail["from"], more)
        return leaving, Passage(), {"moves_locked": True}
    if kind == "relocation" and original.to_zone_id is not None:
        target, _site = registry.site_of_zone(session, original.to_zone_id)
        return leaving, Passage(), relocations.judge(session, replace(document, units=more), target)
    if kind == "opening":
        openings.require_whole_pieces(storing.products_of(session, document.units), document.units.items())
    return leaving, lateness.judge(session, leaving), {}


def _judge_less(
    session: Session, original: StockEntry, document: Document, less: Mapping[UUID, int]
) -> tuple[Leaving, Passage]:
    """Judge what is taken back of an entry: only of a recovery do goods leave by that, which the authority learns."""
    leaving = document.leaving(happened=True, gated=False, units=less)
    if not less:
        return leaving, Passage()
    if original.kind == "sale":
        recoveries.require_left(session, document.owner_id, "sold", less)
    if original.kind == "opening":
        openings.require_whole_pieces(storing.products_of(session, document.units), document.units.items())
    return leaving, lateness.judge(session, leaving) if original.kind == "recovery" else Passage()


def _owners_now(session: Session, original: StockEntry) -> dict[UUID, UUID]:
    """Return by the owners that an entry names who they are now: an identity may have been merged since."""
    named = [i for i in (original.owner_id, original.to_owner_id) if i]
    return {i: registry.find_business(session, i).business_id for i in named}


def _draft(
    original: StockEntry,
    document: Document,
    batch_id: UUID,
    difference: int,
    marks: Mapping[str, Any],
    movement_id: UUID | None,
    owners: Mapping[UUID, UUID],
) -> postings.Draft | None:
    if difference == 0:
        return None
    entries = postings.standing(_entries(original, abs(difference)), owners)
    if difference < 0:
        entries, marks = postings.reverse(entries), TAKES_BACK
    given = dict(marks) | {"late": True, "corrects_id": movement_id}
    return document.draft("correction", batch_id, entries, **given)


def _entries(original: StockEntry, units: int) -> tuple[Entry, ...]:
    """Return the entries that `units` more of the original would have written."""
    owner_id, zone_id = original.owner_id, original.zone_id
    if original.kind in LEFT_TO:
        return postings.leave(LEFT_TO[original.kind], owner_id, zone_id, units)
    if original.kind == "recovery":
        return postings.recover(original.detail["from"], owner_id, zone_id, units)
    if original.kind == "opening":
        return postings.open_pieces(owner_id, zone_id, units)
    if original.to_owner_id is not None:
        return postings.change_owner(owner_id, original.to_owner_id, zone_id, units)
    if original.to_zone_id is not None:
        return postings.relocate(owner_id, zone_id, original.to_zone_id, units)
    raise AssertionError(f"an entry of kind {original.kind} is not corrected")


def _tell(session: Session, actor: Actor, leaving: Leaving, passage: Passage, entry: StockEntry) -> list[str]:
    return lateness.tell(session, actor, leaving, passage, subject_kind="stock_entry", subject_id=entry.entry_id)


def _tell_moved(session: Session, actor: Actor, original: StockEntry, lines: Sequence[Line]) -> None:
    """Tell running recalls of held goods that lie somewhere again, or somewhere else, by this correction (R9)."""
    if original.kind in {"opening", "owner_change"}:
        return
    gained: dict[tuple[UUID, UUID], dict[UUID, int]] = {}
    for line in lines:
        for side in line.draft.entries if line.draft else ():
            if side.account == "zone" and side.quantity_units > 0 and side.zone_id is not None:
                gained.setdefault((side.owner_id, side.zone_id), {})[line.batch_id] = side.quantity_units
    for (owner_id, zone_id), units in sorted(gained.items()):
        watch.tell_moved(session, actor, watch.Moved(units, owner_id, zone_id, None))
