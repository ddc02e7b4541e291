"""Who sends and who receives, and how they may deal with each other (R12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.core.i18n import N_
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Site


@dataclass(frozen=True)
class Receiver:
    """To whom goods go: a registered business and, if known, its site, or a name and a phone (R12)."""

    business: Business | None
    site: Site | None
    name: str | None
    phone: str | None
    address: str | None


def seller(session: Session, actor: Actor, ref: str | UUID | None, site: Site) -> Business:
    """Return whose goods are sent: the named business, else the actor's own, else that of the site.

    Raises Invalid `unknown_business`.
    """
    return _named(session, ref if ref is not None else actor.business_id or site.business_id, "/owner")


def _named(session: Session, ref: str | UUID, pointer: str) -> Business:
    try:
        return registry.find_business(session, ref)
    except NotFound as error:
        raise Invalid.of(pointer, "unknown_business", "There is no such business.") from error


def receiver(session: Session, to: Mapping[str, Any], to_site_id: UUID | None) -> Receiver:
    """Return to whom goods go; the site is the named one, else the receiver's only one.

    Raises Invalid `one_receiver`, `required`, `not_receivers_site`, `unknown_business`.
    """
    ref, name, phone, address = (to.get(key) for key in ("business", "name", "phone", "address"))
    if (ref is None) == (name is None) or (ref is not None and (phone or address)):
        raise Invalid.of("/to", "one_receiver", "Name a registered business, or a name and a phone.")
    if ref is None:
        if phone is None:
            raise Invalid.of("/to/phone", "required", "This is needed.")
        if to_site_id is not None:
            raise Invalid.of("/to_site_id", "not_receivers_site", "This site is not the receiver's.")
        return Receiver(None, None, name, phone, address)
    business = _named(session, ref, "/to/business")
    if to_site_id is None:
        return Receiver(business, registry.only_site(session, business.business_id), None, None, None)
    site = registry.sites(session, [to_site_id]).get(to_site_id)
    if site is None or site.business_id != business.business_id:
        raise Invalid.of("/to_site_id", "not_receivers_site", "This site is not the receiver's.")
    return Receiver(business, site, None, None, None)


def carrier(session: Session, ref: str | UUID | None) -> Business | None:
    """Return the registered carrier that takes goods, None for none named.

    Raises Invalid `unknown_business`, `not_a_carrier`.
    """
    if ref is None:
        return None
    business = _named(session, ref, "/carrier")
    if "carrier" not in business.kinds:
        raise Invalid.of("/carrier", "not_a_carrier", "This business is not registered as a carrier.")
    return business


def judge_receiver(figures: Mapping[str, Any], to: Receiver) -> list[dict[str, Any]]:
    """Return warnings about who receives; raises Conflict `receiver_not_active` where the rule book says block (R12).

    Who sends is judged by `sending`.
    """
    if to.business is None or registry.trading_state(to.business) != "registered":
        if figures["unregistered_party"] == "block":
            raise Conflict("The receiver is not registered as active.", code="receiver_not_active")
        return [
            {
                "code": "receiver_not_active",
                "message": N_("The receiver is not registered as active. Check who takes the goods."),
            }
        ]
    return []
