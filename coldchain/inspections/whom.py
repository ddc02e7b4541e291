"""Whom an officer visits, found by what is known on the spot: part of a name, a card, a code, or the name of a site."""

from typing import NamedTuple

from sqlalchemy import or_, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import scope
from coldchain.core.text_search import contains_all
from coldchain.registry.card_no import as_kept
from coldchain.registry.models import Business, Site
from coldchain.registry.service import businesses_within, sites_within

SHOWN = 20


class Whom(NamedTuple):
    """A business that may be visited, or one site of it."""

    business: Business
    site: Site | None


def card_holder(session: Session, typed: str) -> Business | None:
    """Return the business whose card bears exactly this number, None when no card does."""
    number = as_kept(typed)
    if number is None:
        return None
    return session.scalars(select(Business).where(col(Business.card_no) == number)).first()


def found(session: Session, actor: Actor, typed: str) -> list[Whom]:
    """Return what `typed` may mean where `actor` records visits: businesses by name, initials or number, then sites.

    At most SHOWN of each, by name. A business lies in the officer's area itself or with one of its sites.
    """
    reach = scope(actor, "visit.record")
    with_site = select(col(Site.business_id)).where(sites_within(reach))
    businesses = session.scalars(
        select(Business)
        .where(
            col(Business.merged_into_id).is_(None),
            contains_all(col(Business.search_text), typed),
            or_(businesses_within(reach), col(Business.business_id).in_(with_site)),
        )
        .order_by(col(Business.name), col(Business.business_id))
        .limit(SHOWN)
    )
    sites = session.execute(
        select(Business, Site)
        .join(Site, col(Site.business_id) == col(Business.business_id))
        .where(sites_within(reach), col(Site.name).contains(typed.strip(), autoescape=True))
        .order_by(col(Site.name), col(Site.site_id))
        .limit(SHOWN)
    )
    return [*(Whom(business, None) for business in businesses), *(Whom(*row) for row in sites)]
