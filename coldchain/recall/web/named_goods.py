"""Which products a finding's form offers: those that the notice speaks of, and others only when they are looked for."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may
from coldchain.batches import matching
from coldchain.batches.criterion import given
from coldchain.core import limits
from coldchain.core.page_forms import Form
from coldchain.recall import drafts
from coldchain.recall.web import goods
from coldchain.registry import service as registry
from coldchain.registry.models import Product

FOUND_SHOWN: Final = 20
FIND: Final = "_find"  # the form's field for a product that the notice doesn't name
NAMING: Final = ("product_ids", "gtins", "series", "product_name_contains", "producer_ids", "plant_nos")
KINDS: Final = ("origin_countries", "imported")
NUMBERS: Final = ("batch_nos", "container_nos", "customs_declaration_nos")


def names_products(criterion: Mapping[str, Any]) -> bool:
    """Say whether a notice tells products apart; one by numbers or days alone fits the whole catalogue (R9)."""
    said = given(criterion)
    if any(name in said for name in NAMING):
        return True
    return any(name in said for name in KINDS) and not any(name in said for name in NUMBERS)


def of_notice(session: Session, criterion: Mapping[str, Any]) -> list[Product]:
    """Return the products that a notice names, else those of which the books have goods that it selects, by name."""
    if names_products(criterion):
        return matching.products_matching(session, criterion)
    known = goods.batches(session, drafts.matched_batches(session, dict(criterion)))
    products = {product.product_id: product for _batch, product in known.values()}
    return sorted(products.values(), key=lambda product: (product.name, product.product_id))


def others(session: Session, actor: Actor, form: Form, listed: Iterable[UUID | None]) -> list[Product]:
    """Return products beside `listed`: those chosen in the form's lines, and those that the typed name finds."""
    chosen = [_product_id(text) for name, text in form.items(multi=True) if name.endswith("-what")]
    found = list(registry.products(session, chosen).values())
    query = form.get(FIND, "").strip()[: limits.SEARCH_CHARS]
    if query and may(actor, "catalogue.read", Resource()):
        rows, _more = registry.search_products(session, actor, q=query, limit=FOUND_SHOWN)
        found += registry.products(session, [row["product_id"] for row in rows]).values()
    known = set(listed)
    return list({product.product_id: product for product in found if product.product_id not in known}.values())


def _product_id(key: str) -> UUID | None:
    try:
        return UUID(key.removeprefix("p:")) if key.startswith("p:") else None
    except ValueError:
        return None
