"""What happened to a batch and what holds it, in the reader's words, for the batch's page.

A merchant reads that goods are locked and await a re-check; what was found in them is the officers' and the lab's until
it is confirmed, when the public reads it too (R8).
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may
from coldchain.batches import facts as batch_facts
from coldchain.batches import pages_words as words
from coldchain.batches.models import TestResult, Tube
from coldchain.batches.service.timeline import TimelineEntry
from coldchain.core import pages
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.home import batch_movements
from coldchain.recall import drafts
from coldchain.recall.models import Recall, RecallVersion
from coldchain.registry import service as registry
from coldchain.trade.models import Consignment, StockEntry

OWN_REASONS: dict[str, LazyText | str] = {
    "recheck_negative": _l("A re-check or the confirmation was negative"),
    "result_superseded": _l("The result was corrected"),
    "released_by_decision": _l("Released by an officer's decision"),
}


@dataclass(frozen=True)
class Shown:
    """One hold in words: chip, title, one line, where to read more if the reader may, since when, how much."""

    chip: str
    title: str
    note: str
    href: str | None
    since: datetime
    quantity_units: int | None


@dataclass(frozen=True)
class TubeOf:
    """The tube of a result that held something, and whether its re-check was positive too."""

    tube_no: str
    rechecked: bool

    def title(self, grade: str, *, merchant: bool) -> str:
        """Return why its result holds goods in this grade; a merchant reads of no positive before it is confirmed."""
        if grade == "confirmed":
            return _("Tube %(number)s is confirmed positive", number=self.tube_no)
        if merchant and self.rechecked:
            return _("Tube %(number)s awaits its confirmation", number=self.tube_no)
        if merchant:
            return _("Tube %(number)s awaits its re-check", number=self.tube_no)
        if self.rechecked:
            return _("Tube %(number)s was positive on its re-check, awaits its confirmation", number=self.tube_no)
        return _("Tube %(number)s was positive on its first test, awaits its re-check", number=self.tube_no)


@dataclass(frozen=True)
class Names:
    """What the ids in a batch's facts are called."""

    zones: Mapping[UUID, str]
    labs: Mapping[UUID, str]
    consignments: Mapping[UUID, str]
    entries: Mapping[UUID, str]
    causes: Mapping[UUID, tuple[str, str]]
    tubes: Mapping[UUID, TubeOf]
    confirmed: AbstractSet[str]  # numbers of the tubes whose positive was confirmed
    ended: AbstractSet[UUID]  # holds that hold nothing any more


def holds(session: Session, actor: Actor, listed: Sequence[Mapping[str, Any]]) -> list[Shown]:
    """Return the holds of a batch in words, oldest first."""
    merchant = actor.business_id is not None
    causes = _causes(session, {hold["cause"]["id"] for hold in listed})
    tubes = _tubes(session, {hold["cause"]["id"] for hold in listed if hold["cause"]["kind"] == "result"})
    recalls = {hold["cause"]["id"] for hold in listed if hold["cause"]["kind"] == "recall"}
    readable = {
        recall.recall_id
        for recall in session.scalars(select(Recall).where(col(Recall.recall_id).in_(recalls)))
        if may(actor, "recall.read", drafts.readable(session, actor, recall))
    }
    shown = []
    for hold in listed:
        kind, cause_id = hold["cause"]["kind"], hold["cause"]["id"]
        title, note = causes.get(cause_id, (_("Sealed on site") if kind == "inspection" else "", ""))
        chip = {"sealed": "sealed", "confirmed": "confirmed_positive"}.get(hold["grade"], "locked")
        if cause_id in tubes:
            title = tubes[cause_id].title(hold["grade"], merchant=merchant)
            if chip == "locked" and not merchant:
                found = "recheck_positive" if tubes[cause_id].rechecked else "preliminary_positive"
                chip = "pool_recheck" if hold["grade"] == "amber" else found
        shown.append(
            Shown(
                chip,
                title,
                note,
                f"/recalls/{cause_id}" if cause_id in readable else None,
                hold["occurred_at"],
                hold["quantity_units"],
            )
        )
    return shown


def _causes(session: Session, ids: set[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return title and note of each recall among `ids`."""
    if not ids:
        return {}
    found: dict[UUID, tuple[str, str]] = {}
    recalls = session.execute(
        select(Recall, RecallVersion)
        .join(RecallVersion, col(RecallVersion.recall_id) == col(Recall.recall_id))
        .where(col(Recall.recall_id).in_(ids), col(RecallVersion.version) == col(Recall.version))
    )
    for recall, version in recalls:
        found[recall.recall_id] = (recall.title, f"{version.issuer} {version.notice_no}")
    return found


def _tubes(session: Session, ids: set[UUID]) -> dict[UUID, TubeOf]:
    """Return the tube of each result among `ids`."""
    if not ids:
        return {}
    rows = session.execute(
        select(col(TestResult.result_id), col(Tube.tube_id), col(Tube.tube_no))
        .join(Tube, col(Tube.tube_id) == col(TestResult.tube_id))
        .where(col(TestResult.result_id).in_(ids))
    ).all()
    decided = batch_facts.decisions(session, [row.tube_id for row in rows])
    return {row.result_id: TubeOf(row.tube_no, decided[row.tube_id].rechecked) for row in rows}


def names(session: Session, entries: Sequence[TimelineEntry]) -> Names:
    """Return what the ids in these facts are called, in a constant number of statements."""
    details = [entry.details for entry in entries]
    zone_ids = {row.get(key) for row in details for key in ("zone_id", "from_zone_id", "to_zone_id")}
    zones = registry.zones(session, zone_ids)
    labs = registry.brief(session, {row.get("lab_id") for row in details})
    consignments = session.execute(
        select(col(Consignment.consignment_id), col(Consignment.consignment_no)).where(
            col(Consignment.consignment_id).in_({row["consignment_id"] for row in details if row.get("consignment_id")})
        )
    )
    documents = session.execute(
        select(col(StockEntry.entry_id), col(StockEntry.entry_no)).where(
            col(StockEntry.entry_id).in_({row["entry_id"] for row in details if row.get("entry_id")})
        )
    )
    return Names(
        zones={zone_id: f"{site.name} {zone.code}" for zone_id, (zone, site) in zones.items()},
        labs={lab_id: lab.name for lab_id, lab in labs.items()},
        consignments=dict(consignments.all()),
        entries=dict(documents.all()),
        causes=_causes(session, {row["cause_id"] for row in details if row.get("cause_id")}),
        tubes=_tubes(session, {row["cause_id"] for row in details if row.get("cause_kind") == "result"}),
        ended={entry.subject_id for entry in entries if entry.kind == "hold_ended"},
        confirmed={
            row["tube_no"]
            for row in details
            if (row.get("stage"), row.get("result")) == ("confirmation", "positive") and not row["superseded_at"]
        },
    )


def events(session: Session, actor: Actor, entries: Sequence[TimelineEntry], product: Any) -> list[dict[str, Any]]:
    """Return the facts of a timeline as the page shows them: when, what, when it was learned, on what it rests."""
    known = names(session, entries)
    merchant = actor.business_id is not None
    shown = []
    swabs = _swabs(entries)
    told: set[Any] = set()
    for entry in entries:
        if _swab_key(entry) in told:
            continue  # one line for the samples of one tube that are about the same pieces
        if entry.kind == "sampled":
            told.add(_swab_key(entry))
        text, notes = _told(entry, known, product, merchant=merchant)
        if not text:
            continue
        if entry.kind == "sampled":
            notes.insert(0, _(", ").join(swabs[_swab_key(entry)]))
        if entry.basis:
            notes.append(_("Basis: %(basis)s", basis=words.BASES[entry.basis]))
        if entry.late:
            notes.insert(0, _("Recorded %(moment)s", moment=pages.short_moment(entry.recorded_at)))
        shown.append(
            {"at": entry.occurred_at, "text": text, "notes": notes, "late": entry.late, "link": _link(entry, known)}
        )
    return shown


def _swab_key(entry: TimelineEntry) -> tuple[Any, ...]:
    return entry.kind, entry.subject_id, entry.basis, entry.piece_from, entry.piece_to


def _swabs(entries: Sequence[TimelineEntry]) -> dict[tuple[Any, ...], list[str]]:
    """Return where the swabs of each tube were taken, each place once."""
    found: dict[tuple[Any, ...], list[str]] = {}
    for entry in entries:
        if entry.kind == "sampled":
            site = str(words.SAMPLE_SITES[entry.details["sample_site"]])
            listed = found.setdefault(_swab_key(entry), [])
            if site not in listed:
                listed.append(site)
    return found


def _told(entry: TimelineEntry, known: Names, product: Any, *, merchant: bool) -> tuple[str, list[str]]:
    """Return a fact in one sentence, and its smaller parts."""
    facts = entry.details
    if entry.kind in {"declared", "arrived", "withdrawn", "corrected"}:
        return _came(entry.kind, facts, known, product)
    if entry.kind in {"evidence", "evidence_checked"}:
        return _paper(entry.kind, facts)
    if entry.kind == "disinfection":
        where = words.piece_words(entry.basis or "whole_batch", entry.piece_from, entry.piece_to)
        text = _("Disinfected: %(where)s, %(treatment)s", where=where, treatment=words.treatment_words(facts))
        state = facts["protocol_state"]
        return text, [str(words.PROTOCOL_STATES[state])] if state != "met" else []
    if entry.kind == "sampled":
        where = words.piece_words(entry.basis or "whole_batch", entry.piece_from, entry.piece_to)
        text = _("Sampled: %(where)s, tube %(number)s", where=where, number=facts["tube_no"])
        return text, [known.labs.get(facts["lab_id"], "")]
    if entry.kind == "result":
        return _result(facts, known, merchant=merchant)
    if entry.kind == "code_made":
        return _("Labels were made"), []
    if entry.kind in {"hold_placed", "hold_ended"}:
        return _held(entry, known, merchant=merchant)
    return _moved(facts, known, product)


def _came(kind: str, facts: Mapping[str, Any], known: Names, product: Any) -> tuple[str, list[str]]:
    """Return what became of the arrival that the batch came with."""
    if kind == "declared":
        return _("Declared in advance, expected %(moment)s", moment=pages.short_moment(facts["expected_at"])), []
    if kind == "withdrawn":
        return _("The arrival was withdrawn"), [facts["reason"]]
    if kind == "corrected":
        former, value = facts["former_value"], facts["value"]
        if facts["field"] == "product_id":
            return _("Corrected: %(field)s", field=words.IDENTITY_FIELDS["product_id"]), [facts["reason"]]
        text = _(
            "Corrected: %(field)s %(former)s → %(value)s", field=words.IDENTITY_FIELDS[facts["field"]],
            former=former or _("not given"), value=value,
        )  # fmt: skip
        return text, [facts["reason"]]
    return _arrived(facts, known, product)


def _paper(kind: str, facts: Mapping[str, Any]) -> tuple[str, list[str]]:
    name = words.evidence_kind(facts["kind"])
    if kind == "evidence_checked":
        if facts["outcome"] == "verified":
            return _("Paper verified by an officer: %(kind)s", kind=name), [facts["number"]]
        return _("Paper not accepted by an officer: %(kind)s", kind=name), [facts["number"], facts["reason"]]
    notes = [facts["number"], facts["issuer"]]
    if facts["replaced"]:
        notes.append(_("replaced by a newer one"))
    if facts["replaces"]:
        return _("Paper in place of another: %(kind)s", kind=name), notes
    return _("Paper: %(kind)s", kind=name), notes


def _arrived(facts: Mapping[str, Any], known: Names, product: Any) -> tuple[str, list[str]]:
    values = {
        "quantity": words.quantity(facts["quantity_units"], product),
        "place": known.zones.get(facts["zone_id"], ""),
    }
    if facts["entry_mode"] == "existing_stock":
        text = _("Existing stock entered: %(quantity)s, in %(place)s", **values)
    else:
        text = _("Arrived: %(quantity)s, into %(place)s", **values)
    container, seal = facts.get("container_no"), facts.get("seal_no")
    notes = [_("Container %(number)s", number=container)] if container else []
    return text, notes + ([_("Seal %(number)s", number=seal)] if seal else [])


def _result(facts: Mapping[str, Any], known: Names, *, merchant: bool) -> tuple[str, list[str]]:
    positive = facts["result"] == "positive"
    values = {
        "number": facts["tube_no"],
        "stage": words.STAGES[facts["stage"]],
        "result": words.RESULTS[facts["result"]],
    }
    corrected = facts["superseded_at"]
    notes = [_("Corrected %(moment)s", moment=pages.short_moment(corrected))] if corrected else []
    notes.append(known.labs.get(facts["lab_id"], ""))
    if positive and merchant and facts["tube_no"] not in known.confirmed:
        return _("Tube %(number)s awaits its re-check", number=facts["tube_no"]), notes
    notes.append(_("Report %(number)s", number=facts["report_no"]))
    if facts["entered_for_lab"]:
        notes.append(_("Entered for the laboratory"))
    return _("Tube %(number)s, %(stage)s: %(result)s", **values), notes


def _held(entry: TimelineEntry, known: Names, *, merchant: bool) -> tuple[str, list[str]]:
    title, note = known.causes.get(entry.details["cause_id"], ("", ""))
    tube = known.tubes.get(entry.details["cause_id"])
    if tube is not None:
        title = tube.title(entry.details["grade"], merchant=merchant)
        if entry.subject_id in known.ended:  # what it waited for is over
            title = _("Tube %(number)s", number=tube.tube_no)
    sealed = entry.details["grade"] == "sealed"
    if entry.kind == "hold_placed":
        return _("Sealed on site") if sealed else _("Locked in the books"), [title, note]
    reason = entry.details.get("reason") or ""
    if tube is not None and reason == "superseded_by_confirmation":
        return _("Stays locked: confirmed positive"), [title]
    return _("Unsealed") if sealed else _("Lock ended"), [title, str(OWN_REASONS.get(reason, reason))]


def _moved(facts: Mapping[str, Any], known: Names, product: Any) -> tuple[str, list[str]]:
    text = batch_movements.told(facts, words.quantity(facts["quantity_units"], product))
    zone_ids = dict.fromkeys(facts[key] for key in ("from_zone_id", "to_zone_id") if facts.get(key))
    number = known.consignments.get(facts.get("consignment_id") or UUID(int=0), "")
    places = [known.zones.get(zone_id, "") for zone_id in zone_ids]
    return text, [*places, _("Consignment %(number)s", number=number) if number else ""]


def _link(entry: TimelineEntry, known: Names) -> tuple[str, str] | None:
    """Return where more is said of a fact: address and words of the stock entry that it belongs to."""
    entry_id = entry.details.get("entry_id")
    number = known.entries.get(entry_id) if entry_id else None
    return (f"/stock-entries/{entry_id}", _("Entry %(number)s", number=number)) if number else None
