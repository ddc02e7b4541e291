"""The page of a batch: may it leave now, what is missing, what is met, what happened, what lies where, what holds it.

Composed here since it reads batches, ledger, trade, labels and recall. Nothing is decided here: the verdict is the
gate's, the locks are the ledger's.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, render_template
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may, relation, scope
from coldchain.batches import declarations
from coldchain.batches import pages_words as words
from coldchain.batches import service as batches
from coldchain.batches.models import NOT_HERE
from coldchain.batches.pages_platform_codes import platform_name
from coldchain.core import clock, pages
from coldchain.core.countries import country_name
from coldchain.core.edge import edge
from coldchain.core.errors import NotFound
from coldchain.core.i18n import current_locale, ngettext
from coldchain.core.i18n import gettext as _
from coldchain.home import batch_acts, batch_events, halted, hold_words, seal_lines
from coldchain.journal import receipts
from coldchain.journal import words as journal_words
from coldchain.labels.specification import specification
from coldchain.ledger import holds
from coldchain.regions import service as regions
from coldchain.registry import service as registry
from coldchain.registry.models import Site
from coldchain.registry.service import at, place
from coldchain.registry.words import TEMPERATURE_CLASSES, ZONE_KINDS

bp = Blueprint("batch_page", __name__)

EVENTS_SHOWN: Final = 12
ICONS: Final = {
    "arrival": "truck-delivery",
    "evidence": "file-x",
    "disinfection_record": "spray",
    "test": "test-pipe-2",
    "code": "qrcode",
    "supplier": "building-store",
    "policy": "notebook",
    "import_suspension": "ban",
}
MISSING_STATES: Final = {
    "evidence_unverified": "entered",
    "evidence_refused": "paper.refused",
    "disinfection_not_covered": "not_covered",
    "protocol_not_met": "not_covered",
    "test_not_covered": "not_covered",
    "import_suspended": "refused_gate",
    "test_pending": "sent",
    "test_positive": "rechecking",
    "test_invalid": "invalid",
}
RECORDS: Final = ("disinfection_record", "test")


@bp.get("/batches/<uuid:batch_id>")
@edge("batch.read")
def show_batch(session: Session, actor: Actor, batch_id: UUID) -> Any:
    """Show one batch to its owner, its holder or an officer."""
    batch = batches.read_batch(session, actor, batch_id)
    verdict = batches.read_gate(session, actor, batch_id)
    entries = batches.timeline(session, actor, batch_id)
    shown = batch_events.events(session, actor, entries, batch["product"])
    sites = registry.sites(session, [batch["site_id"], *(row["site_id"] for row in batch["stock"])])
    here = _resource(batch, sites)
    may_add = may(actor, "evidence.register", here)
    seen = batches.visible(session, actor, (item["batch_id"] for item in verdict["missing"]))
    merchant = actor.business_id is not None
    stopped, halt = halted.of_goods(session, actor, batch, sites)
    papers = {paper["evidence_id"]: paper_name(paper) for paper in batch["evidence"]}
    told = receipts.of_subject(session, scope(actor, "journal.read"), papers, journal_words.PAPER)
    return render_template(
        "home/batch.html",
        batch=batch,
        name=words.product_name(batch["product"]),
        pack=specification(*(batch["product"][k] for k in ("unit_mass_g", "units_per_piece", "ledger_unit"))),
        verdict=verdict,
        plate=plate(batch, verdict, halt),
        missing=[missing_item(actor, batch, item, verdict, may_add=may_add, seen=seen) for item in verdict["missing"]],
        met=met_items(batch, verdict),
        notes=[words.own_words(note, "message") for note in verdict["notes"]],
        policy=policy_line(session, verdict),
        events=shown[:EVENTS_SHOWN],
        more_events=shown[EVENTS_SHOWN:],
        stock=stock_rows(session, batch, sites),
        holds=list(
            zip(
                batch_events.holds(session, actor, batch["holds"]),
                hold_words.told(session, actor, batch["holds"]),
                seal_lines.told(session, actor, batch),
                strict=True,
            )
        ),
        ask=hold_words.ask(session, batch["stock"], sites),
        declarations_differ=declarations.shown(batch["customs_declaration_no"], batch["evidence"]),
        tubes=[(tube, words.tube_chip(tube, merchant=merchant)) for tube in batch["tubes"]],
        may_read_tubes=relation(actor, "tube.read") is not None,
        may_register_tube=relation(actor, "tube.register") is not None,
        may_label=may(actor, "label.make", here),
        may_add=may_add,
        may_record_code=may(actor, "platform_code.record", here),
        platform_name=platform_name,
        send_from=send_from(actor, batch, sites, stopped),
        acts=batch_acts.acts(session, actor, batch, clear=verdict["clear"], stopped=stopped),
        may_read_entries=relation(actor, "stock.read") is not None,
        arrival=readable_arrival(session, actor, batch["arrival_id"]),
        country=country_name(batch["product"]["origin_country"], current_locale()),
        now=clock.now(),
        today=regions.today(),
        receipts=journal_words.lines(told, papers),
        words=words,
    )


def paper_name(paper: Mapping[str, Any]) -> str:
    """Return a paper's kind and number."""
    return f"{words.evidence_kind(paper['kind'])} {paper['number']}"


def _resource(batch: Mapping[str, Any], sites: Mapping[UUID, Site]) -> Resource:
    """Return what rights about a batch are asked of: who entered it and who has some of it, where it came and lies."""
    holders = (row["owner"]["business_id"] for row in batch["stock"])
    return Resource.of(batch["owner"]["business_id"], *holders, places=map(place, sites.values()), site_ids=sites)


def plate(batch: Mapping[str, Any], verdict: Mapping[str, Any], halt: str = "") -> dict[str, str]:
    """Return the answer of the page: kind, word and one or two sentences; `halt`: why the reader may send nothing."""
    there = sum(row["quantity_units"] for row in batch["stock"])
    if not there:
        return {"kind": "idle", "word": str(_("Depleted")), "text": _("None of it is in stock any more.")}
    if any(hold["grade"] == "confirmed" for hold in batch["holds"]):
        text = _(
            "Confirmed positive. It must not be moved, sold or used; it is destroyed, returned or recovered as the "
            "authority's notice says."
        )
        return {"kind": "stop", "word": _("Must not leave"), "text": text}
    if batch["holds"]:
        text = _("Locked. It must not be moved, sold or used; set it apart and wait for the authority.")
        return {"kind": "stop", "word": _("Must not leave"), "text": text}
    if verdict["clear"] and halt:
        return {"kind": "stop", "word": _("Must not leave"), "text": halt}
    expires = batch["expiry_date"]
    if verdict["clear"] and expires and expires < clock.now().astimezone(clock.BEIJING).date():
        said = [
            _("Everything that is asked for is there."),
            _("Its expiry date has passed (%(day)s): it may not be sold or used.", day=pages.day(expires)),
        ]
        return {"kind": "wait", "word": _("Clear to circulate"), "text": words.sentences(said)}
    if verdict["clear"]:
        return {"kind": "go", "word": _("Clear to circulate"), "text": _("Everything that is asked for is there.")}
    text = ngettext(
        "%(num)s thing is missing. When it is there the batch clears by itself.",
        "%(num)s things are missing. When they are there the batch clears by itself.",
        len(verdict["missing"]),
    )
    return {"kind": "stop", "word": _("Must not leave"), "text": words.sentences([text, halt]) if halt else text}


def missing_item(
    actor: Actor,
    batch: Mapping[str, Any],
    item: Mapping[str, Any],
    verdict: Mapping[str, Any],
    *,
    may_add: bool,
    seen: AbstractSet[UUID] = frozenset(),
) -> dict[str, Any]:
    """Return one missing thing as the page shows it, with its one act if the reader may do it.

    What a batch lacks that this one was made from is done there, by whoever may see it (`seen`).
    """
    if item["batch_id"] is None:
        href, label, icon = _act(actor, batch, item, may_add=may_add)
    else:
        there = UUID(item["batch_id"]) in seen
        href = f"/batches/{item['batch_id']}" if there else ""
        label, icon = _("To batch %(code)s", code=item["batch_code"]), "chevron-right"
    return {
        "title": _title(item),
        "state": _missing_state(batch, item),
        "text": words.sentences([words.own_words(item, "message"), words.own_words(item, "next")]),
        "icon": ICONS.get(item["kind"], "file-x"),
        "cover": _cover(batch, item, verdict),
        "href": href,
        "label": label,
        "act_icon": icon,
    }


def _missing_state(batch: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    """Return the chip of a missing thing; what was made of a batch is held in the same grade as that one (R8)."""
    if item["code"] == "test_positive" and any(hold["grade"] == "confirmed" for hold in batch["holds"]):
        return "confirmed_positive"
    return MISSING_STATES.get(item["code"], "missing")


def _title(item: Mapping[str, Any]) -> str:
    if item["kinds"]:
        return _(" or ").join(words.evidence_kind(kind) for kind in item["kinds"])
    titles = {
        "arrival": _("Arrival"),
        "disinfection_record": _("Disinfection record"),
        "test": _("Test of the goods"),
        "code": _("Traceability code"),
        "supplier": _("Supplier"),
        "policy": _("Evidence policy"),
        "import_suspension": _("Import declarations suspended"),
    }
    return titles.get(str(item["kind"]), str(item["kind"]))


def _act(actor: Actor, batch: Mapping[str, Any], item: Mapping[str, Any], *, may_add: bool) -> tuple[str, str, str]:
    """Return address, text and icon of the button that helps with a missing thing; empty for none."""
    base = f"/batches/{batch['batch_id']}"
    if item["kind"] == "test":
        if item["code"] in {"test_pending", "test_positive"}:
            return "#tubes", _("See the tube"), "test-pipe-2"
        if relation(actor, "tube.register") is not None:
            return f"/tubes/new?batch={batch['batch_code']}", _("Register a tube"), "plus"
        return "", "", ""
    if not may_add or item["code"] == "evidence_unverified":
        return "", "", ""
    if item["kind"] == "disinfection_record":
        gap = list(item["uncovered"][0]) if len(item["uncovered"]) == 1 else [1, batch["piece_count"]]
        pieces = "" if gap == [1, batch["piece_count"]] else f"?piece_from={gap[0]}&piece_to={gap[1]}"
        return f"{base}/disinfections/new{pieces}", _("Add a disinfection"), "plus"
    if item["code"] == "not_arrived" and relation(actor, "arrival.register") is not None:
        return f"/arrivals/{batch['arrival_id']}/intake", _("Take in"), "truck-delivery"
    if item["kind"] == "code" and batch["status"] not in NOT_HERE:
        return f"{base}/labels", _("Make labels"), "tag"
    if item["kind"] == "import_suspension":
        return f"{base}/evidence/new?kind=customs_declaration", _("Add the customs declaration"), "plus"
    if item["kind"] == "supplier":
        return f"{base}/evidence/new?kind=purchase_receipt", _("Add the purchase receipt"), "plus"
    if item["kinds"]:
        return _paper_act(batch, item)
    return "", "", ""


def _paper_act(batch: Mapping[str, Any], item: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return the button that adds a paper, in place of the last one that was refused or ran out."""
    base = f"/batches/{batch['batch_id']}/evidence/new"
    if item["code"] in {"evidence_refused", "evidence_expired"}:
        former = [paper for paper in batch["evidence"] if paper["kind"] in item["kinds"] and not paper["replaced_by"]]
        if former and former[-1]["batch_id"] in {None, batch["batch_id"]}:
            return f"{base}?replaces={former[-1]['evidence_id']}", _("Replace the paper"), "plus"
    return f"{base}?kind={item['kinds'][0]}", _("Add the paper"), "plus"


def _cover(batch: Mapping[str, Any], item: Mapping[str, Any], verdict: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the bar of pieces of a missing record that covers some of them."""
    if item["kind"] not in RECORDS or item["batch_id"] is not None:
        return None
    part = verdict["basis"].get("disinfection" if item["kind"] == "disinfection_record" else "test")
    if not part or not part["covered"]:
        return None
    covered = [tuple(pair) for pair in part["covered"]]
    uncovered = [tuple(pair) for pair in part["uncovered"]]
    done, left = pages.piece_ranges(covered), pages.piece_ranges(uncovered)
    if item["kind"] == "test":
        texts = _("pieces %(ranges)s tested", ranges=done), _("pieces %(ranges)s not tested", ranges=left)
    else:
        texts = _("pieces %(ranges)s disinfected", ranges=done), _("pieces %(ranges)s not disinfected", ranges=left)
    return {"total": batch["piece_count"], "ranges": covered, "covered": texts[0], "uncovered": texts[1]}


def met_items(batch: Mapping[str, Any], verdict: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what the policy asks for and what meets it."""
    basis = verdict["basis"]
    papers = {paper["number"]: paper for paper in batch["evidence"]}
    found = []
    for group in basis.get("evidence", ()):
        if group["state"] == "missing":
            continue
        paper = papers.get(group["number"], {})
        issued = _("Issued %(day)s", day=pages.day(paper["issued_on"])) if paper else ""
        found.append(
            {
                "title": words.evidence_kind(group["kind"]),
                "state": "verified" if group["state"] == "verified" else "met",
                "facts": [group["number"], paper.get("issuer", ""), issued],
                "icon": "file-check",
            }
        )
    for name, title, icon in (
        ("disinfection", _("Disinfection record"), "spray"),
        ("test", _("Test of the goods"), "test-pipe-2"),
    ):
        part = basis.get(name)
        if part and part["state"] == "met":
            rests = _(", ").join(str(words.BASES[code]) for code in part["bases"])
            pieces = sum(last - first + 1 for first, last in part["covered"])  # what was split off is no part of it
            facts = [_("All %(count)s pieces", count=pieces), _("Basis: %(basis)s", basis=rests)]
            facts += [_("Tube %(number)s", number=no) for no in (part.get("tubes") or {}).get("negative", ())]
            found.append({"title": title, "state": "met", "facts": facts, "icon": icon})
    if basis.get("made_from") and all(source["clear"] for source in basis["made_from"]):
        codes = [source["batch_code"] for source in basis["made_from"]]
        found.append({"title": _("All that it was made of"), "state": "met", "facts": codes, "icon": "arrows-split"})
    if basis.get("code", {}).get("required") and basis["code"]["made"]:
        made = _("On the labels of the batch that it was split off")
        if batch["code_made_at"]:
            made = _("Labels made %(day)s", day=pages.day(batch["code_made_at"]))
        found.append({"title": _("Traceability code"), "state": "met", "facts": [made], "icon": "qrcode"})
    if basis.get("supplier", {}).get("required") and basis["supplier"]["known"]:
        found.append({"title": _("Supplier"), "state": "met", "facts": [], "icon": "building-store"})
    return found


def policy_line(session: Session, verdict: Mapping[str, Any]) -> str:
    """Return by which policy, from when, and for which day and place the verdict was given."""
    judged = verdict["judged_for"]
    place = regions.name(session, judged["region_code"], current_locale())
    policy = verdict["policy"]
    if policy is None:
        return _("No evidence policy applies. Judged for %(place)s, arrived %(day)s.", place=place,
                 day=judged["arrived_on"])  # fmt: skip
    name = policy["name_zh"] if current_locale() == "zh_CN" else policy["name_en"]
    return _(
        "Judged by: %(name)s, in force from %(start)s; for %(place)s, arrived %(day)s.",
        name=name,
        start=policy["valid_from"],
        place=place,
        day=judged["arrived_on"],
    )


def stock_rows(session: Session, batch: Mapping[str, Any], sites: Mapping[UUID, Site]) -> list[dict[str, Any]]:
    """Return what lies where: the owner, the zone or the road, how much, how much of it is held or sealed."""
    zones = registry.zones(session, [row["zone_id"] for row in batch["stock"]])
    sealed = holds.sealed_units(session, [row["holding_id"] for row in batch["stock"]])
    rows = []
    for row in batch["stock"]:
        if row["zone_id"]:
            zone, site = zones[row["zone_id"]]
            there = [site.name, zone.code, str(ZONE_KINDS[zone.kind]), str(TEMPERATURE_CLASSES[zone.temperature_class])]
        else:
            bound = sites.get(row["site_id"])
            there = [_("On the road"), _("to %(place)s", place=bound.name) if bound else ""]
        href = f"/consignments/{row['consignment_id']}" if row["consignment_id"] else None
        rows.append(row | {"place": there, "href": href, "sealed_units": sealed.get(row["holding_id"], 0)})
    return rows


def send_from(
    actor: Actor, batch: Mapping[str, Any], sites: Mapping[UUID, Site], stopped: AbstractSet[UUID] = frozenset()
) -> str | None:
    """Return the address of the dispatch form for these goods, if the reader may send some that nothing holds."""
    for row in batch["stock"]:
        owner_id = row["owner"]["business_id"]
        lies = row["zone_id"] and row["quantity_units"] > row["locked_units"] and row["site_id"] not in stopped
        if lies and may(actor, "trade.dispatch", at(sites[row["site_id"]], owner_id)):
            owner = "" if actor.business_id else f"&owner={owner_id}"
            return f"/consignments/new?zone_id={row['zone_id']}&batch_id={batch['batch_id']}{owner}"
    return None


def readable_arrival(session: Session, actor: Actor, arrival_id: UUID) -> dict[str, Any] | None:
    """Return the arrival that a batch came with, None when the reader may not see it."""
    try:
        return batches.read_arrival(session, actor, arrival_id)
    except NotFound:
        return None
