"""The registry's use cases, one file each; other rooms import lookups and use cases from here."""

from coldchain.registry.service.business_view import read as read_business
from coldchain.registry.service.business_view import search as search_businesses
from coldchain.registry.service.businesses import decide
from coldchain.registry.service.businesses import register as register_business
from coldchain.registry.service.commitments import commitment_texts, current_text, load_reference
from coldchain.registry.service.commitments import sign as sign_commitment
from coldchain.registry.service.lookups import (
    BusinessBrief,
    Contact,
    aliases,
    brief,
    contacts,
    find_business,
    ids_of,
    named_business,
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
from coldchain.registry.service.places import (
    read_site,
    register_site,
    register_venue,
    register_zone,
    search_sites,
    search_venues,
)
from coldchain.registry.service.producer_catalogue import read as read_producer
from coldchain.registry.service.producer_catalogue import register as register_producer
from coldchain.registry.service.producer_catalogue import search as search_producers
from coldchain.registry.service.product_catalogue import read as read_product
from coldchain.registry.service.product_catalogue import register as register_product
from coldchain.registry.service.product_catalogue import search as search_products
from coldchain.registry.service.reach import at, businesses_within, place, sites_within, within_reach
from coldchain.registry.service.workers import describe as describe_workers
from coldchain.registry.service.workers import end as end_worker
from coldchain.registry.service.workers import register as register_worker

__all__ = [
    "BusinessBrief",
    "Contact",
    "aliases",
    "at",
    "brief",
    "businesses_within",
    "commitment_texts",
    "contacts",
    "current_text",
    "decide",
    "describe_workers",
    "end_worker",
    "find_business",
    "ids_of",
    "load_reference",
    "named_business",
    "only_site",
    "place",
    "producers",
    "products",
    "read_business",
    "read_producer",
    "read_product",
    "read_site",
    "register_business",
    "register_producer",
    "register_product",
    "register_site",
    "register_venue",
    "register_worker",
    "register_zone",
    "search_businesses",
    "search_producers",
    "search_products",
    "search_sites",
    "search_venues",
    "sign_commitment",
    "site",
    "site_of_zone",
    "sites",
    "sites_within",
    "trading_state",
    "within_reach",
    "zones",
    "zones_of_sites",
]
