"""Finding things of every kind by one query, kind after kind, within what the reader may see."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize, relation
from coldchain.batches.models import BATCH_STATES
from coldchain.core import limits, sign_code
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.core.text import search_terms
from coldchain.inspections import resolve
from coldchain.recall import drafts
from coldchain.registry import service as registry
from coldchain.registry.models import BUSINESS_STATES
from coldchain.registry.service import signs
from coldchain.search import batches, documents, numbers

STATES: Final = (*BATCH_STATES, *BUSINESS_STATES)


@dataclass(frozen=True)
class Query:
    """What is looked for: a text of which every term must match, and filters; dates include both ends."""

    q: str
    region_code: str | None = None
    status: str | None = None
    restriction: str | None = None
    production_date_from: date | None = None
    production_date_to: date | None = None
    arrived_from: date | None = None
    arrived_to: date | None = None

    @property
    def terms(self) -> tuple[str, ...]:
        """Return the normalised terms."""
        return search_terms(self.q, limit=limits.SEARCH_TERMS)

    @property
    def of_batches_only(self) -> bool:
        """Say whether a filter is given that only batches have."""
        return any(
            value is not None
            for value in (
                self.restriction,
                self.production_date_from,
                self.production_date_to,
                self.arrived_from,
                self.arrived_to,
            )
        )


@dataclass(frozen=True)
class Found:
    """One thing: its kind and id, how it is called, a second line, its page; `ids` names it and what it belongs to."""

    kind: str
    id: UUID
    title: str
    subtitle: str
    href: str | None
    status: str | None = None
    restriction: str | None = None
    ids: dict[str, Any] = field(default_factory=dict)


Finder = Callable[[Session, Actor, Query, int, str | None], tuple[list[Found], str | None]]


def _codes(session: Session, actor: Actor, query: Query, _limit: int, _cursor: str | None) -> Any:
    if relation(actor, "code.resolve") is None:
        return [], None
    if sign_code.read(query.q):
        return _signs(session, query.q), None
    try:
        found = resolve.resolve(session, actor, query.q)
    except (NotFound, Conflict):
        return [], None
    label = found.label.text
    return [
        Found(
            "code",
            found.batch.batch_id,
            found.shown_code,
            f"{found.product.name} {found.producer_name}",
            f"/C/{label}",
            ids={"code": label, "batch_code": found.batch.batch_code},
        )
    ], None


def _signs(session: Session, text: str) -> list[Found]:
    """Return the place of a sign's code; its address is open to everybody."""
    try:
        place = signs.find(session, text)
    except NotFound:
        return []
    return [Found("code", place.place_id, place.code, place.name, f"/C/{place.code}", ids={"code": place.code})]


def _batches(session: Session, actor: Actor, query: Query, limit: int, cursor: str | None) -> Any:
    if relation(actor, "batch.read") is None:
        return [], None
    rows, following = batches.find(
        session,
        actor,
        terms=query.terms,
        region_code=query.region_code,
        status=query.status,
        restriction=query.restriction,
        production=(query.production_date_from, query.production_date_to),
        arrived=(query.arrived_from, query.arrived_to),
        limit=limit,
        cursor=cursor,
    )
    return [
        Found(
            "batch",
            row["batch_id"],
            row["product"]["name"],
            " ".join(part for part in (row["batch_no"], f"{row['production_date']}", row["owner"]["name"]) if part),
            f"/batches/{row['batch_id']}",
            row["status"],
            row["restriction"],
            {"batch_id": row["batch_id"], "batch_code": row["batch_code"], "batch_no": row["batch_no"]},
        )
        for row in rows
    ], following


def _businesses(session: Session, actor: Actor, query: Query, limit: int, cursor: str | None) -> Any:
    rows, following = registry.search_businesses(
        session,
        actor,
        q=query.q or None,
        status=query.status,
        region_code=query.region_code,
        limit=limit,
        cursor=cursor,
    )
    return [
        Found(
            "business",
            row["business_id"],
            row["name"],
            row["uscc"] or row.get("temporary_no") or "",
            f"/businesses/{row['business_id']}",
            row["status"],
            ids={"business_id": row["business_id"], "uscc": row["uscc"], "former": _former(row)},
        )
        for row in rows
    ], following


def _former(row: dict[str, Any]) -> list[str]:
    """Return what a business was called before: names and temporary numbers of what was merged into it."""
    return [
        " ".join(part for part in (each["name"], each["temporary_no"]) if part) for each in row.get("also_known_as", ())
    ]


def _goods(actor: Actor, href: str) -> str | None:
    """Return the address of a list of batches, None for a reader who has none."""
    return href if relation(actor, "batch.read") is not None else None


def _products(session: Session, actor: Actor, query: Query, limit: int, cursor: str | None) -> Any:
    rows, following = registry.search_products(session, actor, q=query.q, limit=limit, cursor=cursor)
    return [
        Found(
            "product",
            row["product_id"],
            row["name"],
            " ".join(part for part in (row["series"], row["producer_name"], row["gtin"]) if part),
            _goods(actor, f"/batches?product_id={row['product_id']}"),
            ids={"product_id": row["product_id"], "producer_id": row["producer_id"]},
        )
        for row in rows
    ], following


def _producers(session: Session, actor: Actor, query: Query, limit: int, cursor: str | None) -> Any:
    rows, following = registry.search_producers(session, actor, q=query.q, limit=limit, cursor=cursor)
    return [
        Found(
            "producer",
            row["producer_id"],
            row["name"],
            " ".join(part for part in (row["country"], row["plant_no"] or row["licence_no"]) if part),
            _goods(actor, f"/search?{urlencode({'kind': 'batch', 'q': row['name']})}"),
            ids={"producer_id": row["producer_id"]},
        )
        for row in rows
    ], following


def _documents(session: Session, actor: Actor, query: Query, limit: int, _cursor: str | None) -> Any:
    if relation(actor, "batch.read") is None:
        return [], None
    return [
        Found(
            "document",
            row.document_id,
            row.number,
            row.issuer,
            f"/batches/{row.batch_id}" if row.batch_id else f"/arrivals/{row.arrival_id}",
            ids={"document_kind": row.kind, "arrival_id": row.arrival_id, "batch_id": row.batch_id},
        )
        for row in documents.find(session, actor, query.q, limit)
    ], None


def _recalls(session: Session, actor: Actor, query: Query, limit: int, cursor: str | None) -> Any:
    if relation(actor, "recall.read") is None:
        return [], None
    rows, following = drafts.listing(session, actor, limit=limit, cursor=cursor, q=query.q)
    return [
        Found(
            "recall",
            row.recall_id,
            row.title,
            drafts.current_version(session, row).notice_no,
            f"/recalls/{row.recall_id}",
            f"recall.{row.state}",
            ids={"recall_id": row.recall_id},
        )
        for row in rows
    ], following


def _consignments(session: Session, actor: Actor, query: Query, limit: int, _cursor: str | None) -> Any:
    if relation(actor, "trade.read") is None:
        return [], None
    return [
        Found(
            "consignment",
            row.id,
            row.number,
            row.business,
            f"/consignments/{row.id}",
            row.state,
            ids={"consignment_id": row.id},
        )
        for row in numbers.consignments(session, actor, query.q, limit)
    ], None


def _decisions(session: Session, actor: Actor, query: Query, limit: int, _cursor: str | None) -> Any:
    if relation(actor, "enforcement.read") is None:
        return [], None
    return [
        Found("decision", row.id, row.number, row.business, f"/decisions/{row.id}", ids={"decision_id": row.id})
        for row in numbers.decisions(session, actor, query.q, limit)
    ], None


# In the order in which they are listed.
FINDERS: Final[dict[str, Finder]] = {
    "code": _codes,
    "batch": _batches,
    "business": _businesses,
    "product": _products,
    "producer": _producers,
    "document": _documents,
    "consignment": _consignments,
    "decision": _decisions,
    "recall": _recalls,
}
KINDS: Final = tuple(FINDERS)


def kinds_of(query: Query) -> tuple[str, ...]:
    """Return the kinds that a query's filters leave: a filter asks for what has it."""
    kinds = set(KINDS)
    if query.of_batches_only or query.status in BATCH_STATES:
        kinds &= {"batch"}
    if query.status in BUSINESS_STATES:
        kinds &= {"business"}
    if query.region_code is not None:
        kinds &= {"batch", "business"}
    return tuple(kind for kind in KINDS if kind in kinds)


def find(
    session: Session, actor: Actor, query: Query, *, kind: str | None = None, limit: int, cursor: str | None = None
) -> tuple[list[Found], str | None]:
    """Return up to `limit` things, kind after kind, and the cursor of what follows; no text finds nothing.

    Raises Forbidden, Invalid `invalid_cursor`.
    """
    authorize(actor, "search", Resource())
    kinds = kinds_of(query) if kind is None else tuple(each for each in kinds_of(query) if each == kind)
    if not query.terms and not query.q.strip():
        return [], None
    start, inner = _decode(cursor) if cursor else (kinds[0] if kinds else "", None)
    found: list[Found] = []
    for each in kinds[kinds.index(start) if start in kinds else 0 :]:
        rows, following = FINDERS[each](session, actor, query, limit - len(found), inner)
        inner = None
        found += rows
        if following is not None:
            return found, _encode(each, following)
        if len(found) >= limit:
            rest = kinds[kinds.index(each) + 1 :]
            return found, _encode(rest[0], "") if rest else None
    return found, None


def of_kind(
    session: Session, actor: Actor, query: Query, kind: str, *, limit: int, cursor: str | None = None
) -> tuple[list[Found], str | None]:
    """Return up to `limit` things of one kind, also by filters alone, and the cursor of what follows of it."""
    authorize(actor, "search", Resource())
    if kind not in kinds_of(query):
        return [], None
    return FINDERS[kind](session, actor, query, limit, cursor)


def first_of_each(session: Session, actor: Actor, query: Query, each: int) -> dict[str, tuple[list[Found], bool]]:
    """Return the first few things of each kind that has any, and whether there are more of it."""
    authorize(actor, "search", Resource())
    found = {}
    for kind in kinds_of(query):
        rows, following = FINDERS[kind](session, actor, query, each, None) if query.q.strip() else ([], None)
        if rows:
            found[kind] = (rows, following is not None)
    return found


def _encode(kind: str, inner: str) -> str:
    return base64.urlsafe_b64encode(f"{kind}:{inner}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[str, str | None]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        text = ""
    kind, colon, inner = text.partition(":")
    if not colon or kind not in FINDERS:
        raise Invalid.of("/cursor", "invalid_cursor", "This is not a cursor that was given out.")
    return kind, inner or None
