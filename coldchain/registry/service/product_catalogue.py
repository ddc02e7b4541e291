"""The catalogue of products: equal identity fields are one product."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, false, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize
from coldchain.core import clock, limits, paging
from coldchain.core.claims import claimed
from coldchain.core.errors import Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.core.text import search_terms
from coldchain.core.text_search import contains, searchable
from coldchain.journal import service as journal
from coldchain.registry.identity import product_identity
from coldchain.registry.models import Producer, Product
from coldchain.registry.service import lookups
from coldchain.registry.service.businesses import named

GRAM_UNIT_MASS_G = 1


def register(
    session: Session,
    actor: Actor,
    *,
    producer_id: UUID,
    name: str,
    category: str,
    origin_country: str,
    ledger_unit: str,
    units_per_piece: int,
    unit_mass_g: int,
    imported: bool,
    name_en: str | None = None,
    series: str | None = None,
    gtin: str | None = None,
    hs_code: str | None = None,
    unit_word: str | None = None,
    occurred_at: datetime | None = None,
) -> tuple[dict[str, Any], bool]:
    """Return a product and whether it is new: one with equal identity fields is the one that is there.

    `unit_word` is no identity field: a product that has none takes it.
    By weight (`ledger_unit` gram) a unit is one gram, and `units_per_piece` the grams of a piece. Raises Invalid
    `unknown_producer`, `gram_unit_mass`, `piece_too_heavy`, `invalid` for a name without any letter, `in_future`.
    """
    authorize(actor, "catalogue.register", Resource())
    occurred = claimed(occurred_at)
    maker = session.get(Producer, producer_id)
    if maker is None:
        raise Invalid.of("/producer_id", "unknown_producer", "There is no such producer.")
    _check_mass(ledger_unit, units_per_piece, unit_mass_g)
    fields: dict[str, Any] = {
        "name": named(name), "name_en": name_en, "series": series, "category": category,
        "origin_country": origin_country, "gtin": gtin, "hs_code": hs_code, "ledger_unit": ledger_unit,
        "units_per_piece": units_per_piece, "unit_mass_g": unit_mass_g, "imported": imported,
    }  # fmt: skip
    identity_hash, product = _known(session, producer_id, fields)
    if product is None and maker.merged_into_id is not None:  # entered anew under the producer that stands
        producer_id = maker.merged_into_id
        identity_hash, product = _known(session, producer_id, fields)
    created = product is None and _enter(session, actor, producer_id, identity_hash, fields | {"unit_word": unit_word})
    if product is None:
        product = session.scalars(select(Product).where(col(Product.identity_hash) == identity_hash)).one()
    if created:
        journal.append(
            session,
            actor,
            kind="product.registered",
            subject_id=product.product_id,
            occurred_at=occurred,
            data={"producer_id": producer_id, "identity_hash": identity_hash, "unit_word": unit_word, **fields},
            business_id=actor.business_id,
        )
    if product.merged_into_id is not None:
        product = session.get_one(Product, product.merged_into_id)
    if unit_word is not None and product.unit_word is None:
        _name_unit(session, actor, product, unit_word, occurred)
    return describe(session, [product])[0], created


def _enter(session: Session, actor: Actor, producer_id: UUID, identity_hash: str, fields: dict[str, Any]) -> bool:
    """Enter a product and say whether it is new: who enters the same at the same moment gets that one."""
    made = session.scalar(
        insert(Product)
        .values(
            product_id=new_id(),
            producer_id=producer_id,
            identity_hash=identity_hash,
            search_text=searchable(
                fields["name"], fields["name_en"], fields["series"], numbers=(fields["gtin"], fields["hs_code"])
            ),
            recorded_at=clock.now(),
            recorded_by=actor.user_id,
            **fields,
        )
        .on_conflict_do_nothing(index_elements=["identity_hash"])
        .returning(col(Product.product_id))
    )
    return made is not None


def _name_unit(session: Session, actor: Actor, product: Product, unit_word: str, occurred: datetime) -> None:
    """Keep what the smallest unit of a known product is called; whoever says it first."""
    product.unit_word = unit_word
    session.add(product)
    session.flush()
    journal.append(
        session,
        actor,
        kind="product.unit_named",
        subject_id=product.product_id,
        occurred_at=occurred,
        data={"unit_word": unit_word},
        business_id=actor.business_id,
    )


def _check_mass(ledger_unit: str, units_per_piece: int, unit_mass_g: int) -> None:
    if ledger_unit == "gram" and unit_mass_g != GRAM_UNIT_MASS_G:
        raise Invalid.of("/unit_mass_g", "gram_unit_mass", "Goods counted in grams have a unit of 1 g.")
    if units_per_piece * unit_mass_g > limits.MASS_G_MAX:
        raise Invalid.of(
            "/units_per_piece", "piece_too_heavy", "A piece would weigh more than {limit} g.", limit=limits.MASS_G_MAX
        )


def _known(session: Session, producer_id: UUID, fields: Mapping[str, Any]) -> tuple[str, Product | None]:
    identity_hash = product_identity(producer_id=str(producer_id), **fields)
    return identity_hash, session.scalars(select(Product).where(col(Product.identity_hash) == identity_hash)).first()


def describe(session: Session, products: Sequence[Product]) -> list[dict[str, Any]]:
    """Return products with their producers' names, in one more statement."""
    makers = lookups.producers(session, (p.producer_id for p in products))
    return [
        {
            "product_id": p.product_id,
            "producer_id": p.producer_id,
            "producer_name": makers[p.producer_id].name,
            "name": p.name,
            "name_en": p.name_en,
            "series": p.series,
            "category": p.category,
            "origin_country": p.origin_country,
            "gtin": p.gtin,
            "hs_code": p.hs_code,
            "ledger_unit": p.ledger_unit,
            "units_per_piece": p.units_per_piece,
            "unit_mass_g": p.unit_mass_g,
            "unit_word": p.unit_word,
            "imported": p.imported,
            "merged_into": p.merged_into_id,
            "recorded_at": p.recorded_at,
        }
        for p in products
    ]


def read(session: Session, actor: Actor, product_id: UUID) -> dict[str, Any]:
    """Return a product. Raises NotFound."""
    authorize(actor, "catalogue.read", Resource())
    product = session.get(Product, product_id)
    if product is None:
        raise NotFound
    return describe(session, [product])[0]


def search(
    session: Session,
    actor: Actor,
    *,
    q: str | None = None,
    producer_id: UUID | None = None,
    category: str | None = None,
    gtin: str | None = None,
    imported: bool | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of products, newest first, and the next cursor.

    `q` is a search box over the product's and its producer's names and numbers; every term must be in one of them.
    """
    authorize(actor, "catalogue.read", Resource())
    statement = select(Product).where(col(Product.merged_into_id).is_(None))
    if q is not None:
        by_term = [
            or_(
                contains(col(Product.search_text), term),
                col(Product.producer_id).in_(
                    select(col(Producer.producer_id)).where(contains(col(Producer.search_text), term))
                ),
            )
            for term in search_terms(q, limit=limits.SEARCH_TERMS)
        ]
        statement = statement.where(and_(*by_term) if by_term else false())
    if producer_id is not None:
        statement = statement.where(col(Product.producer_id) == producer_id)
    if category is not None:
        statement = statement.where(col(Product.category) == category)
    if gtin is not None:
        statement = statement.where(col(Product.gtin) == gtin)
    if imported is not None:
        statement = statement.where(col(Product.imported) == imported)
    rows, following = paging.page(session, statement, col(Product.product_id), limit, cursor)
    return describe(session, rows), following
