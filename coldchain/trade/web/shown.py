"""What every page about one consignment shows, and which answers the reader may give to it."""

from typing import Any
from uuid import UUID

from flask import current_app
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may, relation
from coldchain.batches import pages_words as goods_words
from coldchain.batches import service as batches
from coldchain.core import clock
from coldchain.registry import service as registry
from coldchain.trade import pages_words as words
from coldchain.trade import service, states, what_became
from coldchain.trade.models import Consignment
from coldchain.trade.service import dating, reading, slips
from config import Settings


def shown(session: Session, actor: Actor, consignment_id: UUID) -> dict[str, Any]:
    """Return a consignment with its products and zones, and the acts that the reader may do. Raises NotFound."""
    consignment = service.get(session, actor, consignment_id)
    row = session.get_one(Consignment, consignment_id)
    involved = reading.involved(session, row)
    linked = set[UUID]()
    if relation(actor, "batch.read") is not None:  # who only carries goods reads no batches
        linked = batches.visible(session, actor, [line["batch_id"] for line in consignment["lines"]])
    zone_ids = {consignment["from_zone_id"], consignment["to_zone_id"]}
    zone_ids |= {answer["zone_id"] for answer in consignment["answers"]}
    products = registry.products(session, [line["product"]["product_id"] for line in consignment["lines"]])
    return {
        "consignment": consignment,
        "registered": row.to_business_id is not None,
        "products": products,
        "became": what_became.of(consignment, products),
        "zones": registry.zones(session, zone_ids),
        "cold": service.temperatures_within(session, row),
        "may_read_sender": may(
            actor, "batch.read", Resource.of(consignment["owner"].business_id, places=[involved.answering])
        ),
        "linked": linked,
        "today": dating.day_of(clock.now()),
        "addresses": {
            site_id: site.address
            for site_id, site in registry.sites(
                session, [consignment["from_site_id"], consignment["to_site_id"]]
            ).items()
        },
        "words": goods_words,
        "handovers": words.HANDOVERS,
        "answer_kinds": words.ANSWER_KINDS,
        "outcomes": words.OUTCOMES,
        "own": actor.business_id,
        "address": address(row.consignment_no),
    } | _acts(actor, row, involved, consignment)


def _acts(actor: Actor, row: Consignment, involved: reading.Involved, consignment: dict[str, Any]) -> dict[str, bool]:
    """Return what the reader may say about a consignment now."""
    state = consignment["state"]
    answers = may(actor, "trade.answer", involved.answers)
    speaks = may(actor, "trade.answer", involved.parties)
    waits = any(line["open_units"] for line in consignment["lines"])
    unregistered = row.to_business_id is None
    return {
        "may_confirm": answers and not unregistered and waits and states.may_become(state, states.CONFIRMED),
        "may_reject": answers and waits and states.may_become(state, states.REJECTED),
        "may_dispute": (answers or (unregistered and speaks)) and waits and states.may_become(state, states.DISPUTED),
        "may_settle": speaks and states.may_become(state, states.SETTLED),
        "may_add_slip": speaks and reading.is_party(actor, row),
        "slip_closes": slips.closes(row),
        "waits": waits,
    }


def address(consignment_no: str) -> str:
    """Return the address that the code on a delivery note leads to."""
    settings: Settings = current_app.config["SETTINGS"]
    return f"{settings.public_url}/D/{consignment_no}"
