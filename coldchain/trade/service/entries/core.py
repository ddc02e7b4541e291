"""What all stock entries have in common: who may, which lines, and how one is written: rows, movements, one fact.

A use case begins a Document, judges it, makes a Line of each batch, and writes them all at once: a constant number of
statements however many lines, all or nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import clock
from coldchain.core.claims import claimed
from coldchain.core.ids import new_id
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.ledger import service as ledger
from coldchain.ledger.postings import Draft, Entry
from coldchain.policy import service as policy
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Site, Zone
from coldchain.registry.service.reach import on_behalf_of
from coldchain.trade import numbers
from coldchain.trade.models import StockEntry, StockEntryLine
from coldchain.trade.service import goods, lateness, parties
from coldchain.trade.service.lateness import Leaving, Passage
from coldchain.trade.service.numbered import insert_numbered

FACTS: Final = {
    "sale": "sale.recorded",
    "use": "use.recorded",
    "loss": "loss.recorded",
    "relocation": "goods.relocated",
    "owner_change": "goods.owner_changed",
    "opening": "piece.opened",
    "transformation": "goods.transformed",
    "destruction": "goods.destroyed",
    "return": "goods.returned",
    "stocktake": "stock.counted",
    "split": "batch.split",
    "recovery": "goods.recovered",
    "correction": "entry.corrected",
}
# Held goods may leave so, and go first; what holds them shrinks with them or follows them (R8).
PASSES_LOCKS: Final[Mapping[str, Any]] = {"moves_locked": True, "takes_held": "first"}


@dataclass(frozen=True)
class Document:
    """A stock entry whose words have been read and whose asker has the right to it; nothing is written yet."""

    kind: str
    owner: Business
    zone: Zone
    site: Site
    units: Mapping[UUID, int]
    occurred_at: datetime
    late: bool
    on_behalf_of: UUID | None
    figures: Mapping[str, Any]
    reason: str | None = None
    to_owner_id: UUID | None = None
    to_zone_id: UUID | None = None
    corrects_id: UUID | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    witness: str | None = None
    entry_id: UUID = field(default_factory=new_id)

    @property
    def owner_id(self) -> UUID:
        """Return whose goods it is about."""
        return self.owner.business_id

    def leaving(
        self, *, happened: bool, gated: bool, units: Mapping[UUID, int] | None = None, kind: str | None = None
    ) -> Leaving:
        """Return what leaves the zone by this entry, all of it unless `units` says otherwise; `kind` as corrected."""
        wanted = self.units if units is None else units
        return Leaving(
            self.owner_id, self.zone.zone_id, self.site, wanted, self.occurred_at, self.late, happened, gated,
            sends=(kind or self.kind) != "use",
        )  # fmt: skip

    def draft(self, movement_kind: str, batch_id: UUID, entries: tuple[Entry, ...], **marks: Any) -> Draft:
        """Return a movement of this entry; `marks` are fields of Draft, `late` is the entry's unless they say so."""
        return Draft(
            movement_kind, batch_id, entries, marks.pop("occurred_at", self.occurred_at), entry_id=self.entry_id,
            reason=marks.pop("reason", self.reason), late=marks.pop("late", self.late),
            on_behalf_of=self.on_behalf_of, **marks,
        )  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One batch of an entry: units, the movement that it makes (none when a count agrees), what it was judged by."""

    batch_id: UUID
    quantity_units: int
    draft: Draft | None
    book_units: int | None = None
    reason: str | None = None
    verdict: Mapping[str, Any] | None = None


def begin(
    session: Session,
    actor: Actor,
    kind: str,
    *,
    zone_id: UUID,
    lines: Sequence[Mapping[str, Any]],
    owner: str | UUID | None = None,
    occurred_at: datetime | None = None,
    reason: str | None = None,
    **more: Any,
) -> Document:
    """Return a document about goods of one owner in a zone; `more` are fields of Document.

    Raises NotFound for a zone or batch that the actor may not see, Forbidden for who only keeps the goods, Invalid
    `duplicate_batch`, `in_future`, `unknown_business`, `before_intake`.
    """
    zone, site = registry.site_of_zone(session, zone_id)
    business = parties.seller(session, actor, owner, site)
    goods.require_owner(session, actor, "stock.record", business, zone_id, site)
    units = goods.wanted(lines)
    occurred = claimed(occurred_at)
    figures = policy.parameters(session, clock.now().astimezone(clock.BEIJING).date())
    late = lateness.entered_late(figures, occurred)
    goods.require_known(session, business.business_id, list(units), occurred if late else None)
    behalf = on_behalf_of(actor, business.business_id)
    return Document(kind, business, zone, site, units, occurred, late, behalf, figures, reason, **more)


def write(
    session: Session, actor: Actor, document: Document, lines: Sequence[Line], made_here: Sequence[Draft] = ()
) -> StockEntry:
    """Write an entry, its movements and lines, and the one fact that tells of them; return its row.

    `made_here`: movements of batches that this transaction made, which nobody else sees: no line, no lock.
    Raises what `ledger.post` raises: Conflict `locked`, `insufficient_stock` (R8, R10).
    """
    of: dict[str, Any] = {"business_id": document.owner_id, "region_code": document.site.region_code}
    witness = personal.keep(session, document.witness, "witness", **of)
    reasons = personal.keep(session, _typed(document, lines), "reason", **of)
    row = _row(actor, document, witness.personal_id if witness else None)
    entry = insert_numbered(session, row, "entry_no", numbers.entry_no, clock.now())
    drafts = [line.draft for line in lines if line.draft is not None]
    made = ledger.post(session, actor, drafts) if drafts else []
    if made_here:
        made += ledger.post(session, actor, made_here, fresh=True)
        drafts += made_here
    movement_ids = {movement.batch_id: movement.movement_id for movement in made}
    session.execute(
        insert(StockEntryLine).execution_options(render_nulls=True),  # else lines with and without are told apart
        [
            {
                "entry_id": document.entry_id, "line_no": number, "batch_id": line.batch_id,
                "quantity_units": line.quantity_units, "book_units": line.book_units,
                "movement_id": movement_ids.get(line.batch_id), "reason": line.reason, "verdict": line.verdict,
            }
            for number, line in enumerate(lines, 1)
        ],
    )  # fmt: skip
    people = {"witness": witness, "reason": reasons}
    journal.append(
        session,
        actor,
        kind=FACTS[document.kind],
        subject_id=document.entry_id,
        occurred_at=document.occurred_at,
        business_id=document.owner_id,
        region_code=document.site.region_code,
        data={
            "entry_no": entry.entry_no,
            "kind": entry.kind,
            "owner_id": entry.owner_id,
            "site_id": entry.site_id,
            "zone_id": entry.zone_id,
            "to_owner_id": entry.to_owner_id,
            "to_zone_id": entry.to_zone_id,
            "corrects_id": entry.corrects_id,
            "late": entry.late,
            "on_behalf_of": entry.on_behalf_of,
            "detail": dict(document.detail),
            "people": {name: kept.commitment for name, kept in people.items() if kept},
            "lines": [_told(line) for line in lines],
            "movements": ledger.told(made, drafts),
        },
    )
    return entry


def warned(told: Sequence[str]) -> list[dict[str, str]]:
    """Return the warnings that go with what `lateness.tell` told others."""
    return [{"code": code, "message": lateness.MESSAGES[code]} for code in told]


def leave(
    session: Session, actor: Actor, document: Document, leaving: Leaving, lines: Sequence[Line], passage: Passage
) -> tuple[StockEntry, list[dict[str, str]]]:
    """Write an entry by which goods leave, tell who has to know, and return it with its warnings (R8)."""
    entry = write(session, actor, document, lines)
    told = lateness.tell(session, actor, leaving, passage, subject_kind="stock_entry", subject_id=document.entry_id)
    return entry, warned(told)


def _row(actor: Actor, document: Document, witness_id: UUID | None) -> StockEntry:
    return StockEntry(
        entry_id=document.entry_id,
        entry_no="",
        kind=document.kind,
        owner_id=document.owner_id,
        zone_id=document.zone.zone_id,
        site_id=document.site.site_id,
        region_code=document.site.region_code,
        to_owner_id=document.to_owner_id,
        to_zone_id=document.to_zone_id,
        corrects_id=document.corrects_id,
        late=document.late,
        reason=document.reason,
        detail=dict(document.detail),
        witness_id=witness_id,
        occurred_at=document.occurred_at,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        on_behalf_of=document.on_behalf_of,
    )


def _typed(document: Document, lines: Sequence[Line]) -> str | None:
    """Return all that was typed as a reason in one text: the journal commits to it as a whole (R21)."""
    typed = [document.reason] if document.reason else []
    return "\n".join(typed + [f"{number}: {line.reason}" for number, line in enumerate(lines, 1) if line.reason])


def _told(line: Line) -> dict[str, Any]:
    """Return a line as the journal tells it; the verdict by its policy and whether it was clear."""
    told: dict[str, Any] = {"batch_id": line.batch_id, "quantity_units": line.quantity_units}
    if line.book_units is not None:
        told["book_units"] = line.book_units
    if line.verdict is not None:
        judged_by = line.verdict["policy"]
        told["clear"] = line.verdict["clear"]
        told["policy"] = f"{judged_by['code']}.{judged_by['version']}" if judged_by else None
        told["rules"] = ["{kind}:{code}.{version}@{digest}".format(**rule) for rule in line.verdict.get("rules", ())]
    return told
