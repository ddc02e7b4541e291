"""A typed number that is exactly one thing's leads straight to it, as far as the reader may see it."""

from typing import Final

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may
from coldchain.core.errors import NotFound
from coldchain.core.text import normalise_name
from coldchain.registry import service as registry
from coldchain.registry.card_no import as_kept
from coldchain.registry.models import Business
from coldchain.search import service
from coldchain.search.service import Found

LOOKED_AT: Final = 20  # things of a kind that hold the number as a part: among more the reader chooses
KINDS: Final = ("batch", "consignment", "decision", "document", "recall")


def way(session: Session, actor: Actor, typed: str) -> str | None:
    """Return the address of the one thing that bears exactly this number, None when none or several do."""
    if not any(sign.isdigit() for sign in typed) or len(typed.split()) > 4:
        return None
    named = _business(session, actor, typed)
    if named is not None:
        return named
    wanted, query = normalise_name(typed), service.Query(typed)
    found = {
        each.href
        for kind in KINDS
        for each in service.FINDERS[kind](session, actor, query, LOOKED_AT, None)[0]
        if each.href and normalise_name(_number(each)) == wanted
    }
    return found.pop() if len(found) == 1 else None


def _number(found: Found) -> str:
    if found.kind == "batch":
        return found.ids["batch_no"] or ""
    return found.subtitle if found.kind == "recall" else found.title


def _business(session: Session, actor: Actor, typed: str) -> str | None:
    """Return the way to the card or the business of a number; a merged temporary number leads to who stands now."""
    card_no = as_kept(typed)
    if card_no is not None:
        holder = session.scalars(select(Business).where(col(Business.card_no) == card_no)).first()
        if holder is None:
            return None
        here = Resource.of(holder.business_id, places=[registry.place(holder)])
        return f"/businesses/{holder.business_id}/card" if may(actor, "card.read", here) else f"/K/{card_no}"
    try:
        return f"/businesses/{registry.find_business(session, typed).business_id}"
    except NotFound:
        return None
