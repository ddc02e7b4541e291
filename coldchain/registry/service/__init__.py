"""The registry's use cases, one file each; other rooms import from here."""

from coldchain.registry.service.lookups import (
    BusinessBrief,
    Contact,
    aliases,
    brief,
    contacts,
    find_business,
    only_site,
    producers,
    products,
    site,
    site_of_zone,
    sites,
    trading_state,
    zones,
    zones_of_sites,
)

__all__ = [
    "BusinessBrief",
    "Contact",
    "aliases",
    "brief",
    "contacts",
    "find_business",
    "only_site",
    "producers",
    "products",
    "site",
    "site_of_zone",
    "sites",
    "trading_state",
    "zones",
    "zones_of_sites",
]
