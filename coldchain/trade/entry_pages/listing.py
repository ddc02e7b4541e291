"""The list of stock entries, the page of one, and the receipt after one was made."""

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from flask import render_template, request
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may, relation, scope
from coldchain.batches import pages_words as goods_words
from coldchain.core import clock
from coldchain.core.edge import edge
from coldchain.core.i18n import gettext as _
from coldchain.core.page_forms import Form, load
from coldchain.journal import receipts
from coldchain.registry import service as registry
from coldchain.registry.service.reach import at
from coldchain.trade import entry_schemas as schemas
from coldchain.trade import pages_words as words
from coldchain.trade.entry_pages import made, rows
from coldchain.trade.entry_pages.blueprint import PAGE_ROWS, bp
from coldchain.trade.entry_pages.kinds import ACTS, LABELS
from coldchain.trade.models import ENTRY_KINDS
from coldchain.trade.service import entries
from coldchain.trade.service.entries import core
from coldchain.trade.service.entries.corrections import CORRECTABLE

NARROWING: Final = ("batch_id", "site_id", "business")


@bp.get("/stock-entries")
@edge("stock.read")
def list_entries(session: Session, actor: Actor) -> Any:
    """List the stock entries that the reader may see, newest first."""
    asked = {name: text for name, text in request.args.items() if name in {"cursor", "kind", *NARROWING} and text}
    query = load(schemas.EntryQuery(), Form(asked)) | {"limit": PAGE_ROWS}
    items, following = entries.search(session, actor, **query)
    narrowed = {name: query[name] for name in NARROWING}
    return render_template(
        "trade/entries.html",
        items=items,
        following=following,
        query=query,
        counts=entries.count_by_kind(session, actor, **narrowed),
        kinds=ENTRY_KINDS,
        kind_words=words.ENTRY_KINDS,
        narrowed=urlencode([(name, asked[name]) for name in NARROWING if name in asked]),
        acts=ACTS,
        own=actor.business_id,
        may_record=relation(actor, "stock.record") is not None and actor.business_id is not None,
    )


def shown(session: Session, actor: Actor, entry_id: UUID) -> dict[str, Any]:
    """Return what every page about one entry shows. Raises NotFound."""
    entry = entries.get(session, actor, entry_id)
    corrects = entries.get(session, actor, entry["corrects_id"]) if entry["corrects_id"] else None
    zones = registry.zones(session, [entry["zone_id"], entry["to_zone_id"]])
    zone, site = zones[entry["zone_id"]]
    parties = [entry["owner"].business_id, entry["to_owner"].business_id if entry["to_owner"] else None]
    facts = receipts.of_subject(session, scope(actor, "journal.read"), entry_id, core.FACTS.values())
    return {
        "entry": entry,
        "corrects": corrects,
        "products": rows.products_of(session, entry["lines"]),
        "made": made.made_batches(session, entry),
        "place": rows.Place(zone, site, 0),
        "target": rows.Place(*zones[entry["to_zone_id"]], 0) if entry["to_zone_id"] else None,
        "kind": words.ENTRY_KINDS[entry["kind"]],
        "act": ACTS.get(entry["kind"]),
        "flags": [goods_words.FLAG_KINDS[kind] for kind in entry["flags"]],
        "may_correct": entry["kind"] in CORRECTABLE
        and may(actor, "stock.correct", at(site, *parties)),
        "receipts": [
            {"entry_id": fact.entry_id, "title": words.ENTRY_KINDS[entry["kind"]], "about": entry["entry_no"],
             "recorded_at": fact.recorded_at}
            for fact in facts
        ],
        "labels": LABELS,
        "methods": words.METHODS,
        "sources": words.RECOVERED_FROM,
        "kind_words": words.ENTRY_KINDS,
        "own_words": rows.own_words,
        "words": goods_words,
        "own": actor.business_id,
        "officer": actor.business_id is None,
    }  # fmt: skip


@bp.get("/stock-entries/<uuid:entry_id>")
@edge("stock.read")
def show_entry(session: Session, actor: Actor, entry_id: UUID) -> Any:
    """Show one entry with its lines, its corrections both ways, and what was flagged."""
    return render_template("trade/entry.html", **shown(session, actor, entry_id))


@bp.get("/stock-entries/<uuid:entry_id>/receipt")
@edge("stock.read")
def entry_receipt(session: Session, actor: Actor, entry_id: UUID) -> Any:
    """Show what was just entered, its number, and what comes next."""
    page = shown(session, actor, entry_id)
    return render_template("trade/entry_receipt.html", steps=_next(page), now=clock.now(), **page)


def _next(page: dict[str, Any]) -> list[str]:
    """Return what comes after an entry, as sentences."""
    entry, steps = page["entry"], []
    if entry["kind"] == "opening":
        steps.append(_("Print the counter label and put it at the counter: whoever buys loose goods can scan it."))
    if entry["kind"] == "relocation":
        steps.append(_("Put the goods there now: the books say that they lie there."))
    if entry["kind"] == "destruction":
        steps.append(_("Keep the receipt with the papers of the goods."))
    if entry["late"] and entry["flags"]:
        steps.append(_("The authority sees this entry and may ask about it."))
    if entry["kind"] in CORRECTABLE:
        steps.append(_("Typed something wrong? Correct it: the right quantity counts, and the first stays readable."))
    else:
        steps.append(_("Typed something wrong? Enter it again: both stay readable."))
    return steps
