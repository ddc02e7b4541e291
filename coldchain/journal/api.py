"""The journal over HTTP: for the public what verifies it, for readers with a right to them its entries and receipts."""

import base64
from typing import Any
from uuid import UUID

from flask import Response
from sqlmodel import Session

from coldchain.core import limits
from coldchain.core.edge import PUBLIC, Blueprint, edge, reach
from coldchain.core.errors import Invalid, NotFound
from coldchain.journal import health, history, identity, receipts, schemas, tree

blp = Blueprint("journal", __name__, url_prefix="/api/v1", description="The append-only journal")

TEXT = "text/plain; charset=utf-8"
NOT_SIGNED = "Only {size} entries are signed."


@blp.route("/journal/checkpoint")
@edge(PUBLIC)
@blp.response(
    200,
    {"type": "string"},
    content_type="text/plain",
    description="C2SP signed note (tlog-checkpoint): origin, size, base64 root, blank line, signatures",
)
def checkpoint(session: Session, _actor: Any) -> Response:
    """Give the newest signed checkpoint; 503 `checkpoint_not_ready` before the first."""
    last = health.last_checkpoint(session)
    if last is None:
        raise receipts.not_ready()
    return Response(last.note, content_type=TEXT)


@blp.route("/journal/key")
@edge(PUBLIC)
@blp.response(
    200, {"type": "string"}, content_type="text/plain", description="C2SP vkey: name+hash+base64(0x01 ‖ public key)"
)
def key(session: Session, _actor: Any) -> Response:
    """Give the key that signs checkpoints; 503 `checkpoint_not_ready` before the first."""
    known = identity.read(session)
    if known is None:
        raise receipts.not_ready()
    return Response(f"{known.vkeys[-1]}\n", content_type=TEXT)


@blp.route("/journal/origins")
@edge(PUBLIC)
@blp.response(200, schemas.OriginsSchema)
def origins(session: Session, _actor: Any) -> Any:
    """List the journal's origins and keys; one that began after a restore names the checkpoints it comes after."""
    known = identity.read(session)
    if known is None:
        raise receipts.not_ready()
    items = [
        {
            "origin": epoch.origin,
            "keys": epoch.vkeys,
            "first_size": epoch.first_size,
            "after": history.named_at(session, epoch.first_size - 1) if epoch.first_size else [],
        }
        for epoch in known.epochs
    ]
    return {"items": items, "next": None}


@blp.route("/journal/inclusion")
@blp.arguments(schemas.InclusionQuery, location="query")
@edge(PUBLIC)
@blp.response(200, schemas.ProofSchema)
def inclusion(session: Session, _actor: Any, query: dict[str, int]) -> Any:
    """Prove an entry in a tree that is signed or older than one that is (RFC 6962, 2.1.1).

    422 `not_signed` for a tree that no checkpoint covers, `not_in_tree` for an entry that comes after it.
    """
    signed = receipts.signed_size(session)
    if query["tree_size"] > signed:
        raise Invalid.of("/tree_size", "not_signed", NOT_SIGNED, size=signed)
    if query["index"] >= query["tree_size"]:
        raise Invalid.of("/index", "not_in_tree", "The tree of that size has no such entry; places count from 0.")
    return _proof(lambda: tree.inclusion(session, query["index"], query["tree_size"]))


@blp.route("/journal/consistency")
@blp.arguments(schemas.ConsistencyQuery, location="query")
@edge(PUBLIC)
@blp.response(200, schemas.ProofSchema)
def consistency(session: Session, _actor: Any, query: dict[str, int]) -> Any:
    """Prove that one tree extends another (RFC 6962, 2.1.2); empty when `first` is 0 or equal to `second`.

    422 `not_signed` for a tree that no checkpoint covers, `wrong_order` when the first is the larger one.
    """
    signed = receipts.signed_size(session)
    if query["second"] > signed:
        raise Invalid.of("/second", "not_signed", NOT_SIGNED, size=signed)
    if query["first"] > query["second"]:
        raise Invalid.of("/first", "wrong_order", "The first tree must not be the larger one.")
    return _proof(lambda: tree.consistency(session, query["first"], query["second"]))


def _proof(hashes: Any) -> dict[str, list[str]]:
    try:
        return {"proof": [base64.b64encode(digest).decode("ascii") for digest in hashes()]}
    except tree.MissingNode as error:
        raise receipts.damaged() from error


@blp.route("/journal/entries")
@blp.arguments(schemas.FactQuery, location="query")
@edge("journal.read")
@blp.response(200, schemas.FactsSchema)
def list_facts(session: Session, actor: Any, query: dict[str, Any]) -> Any:
    """List what was written about a subject, oldest first, to find the entry that a receipt is wanted of."""
    items, following = receipts.search(session, reach(actor, "journal.read"), **query)
    return {"items": items, "next": following}


@blp.route("/journal/entries/<int:index>")
@edge("journal.read")
@blp.response(200, schemas.EntrySchema)
def entry(session: Session, actor: Any, index: int) -> Any:
    """Give the entry at a place as it was hashed: leaf = SHA-256(0x00 ‖ body)."""
    if index > limits.JOURNAL_LEAVES_MAX:
        raise NotFound
    found = receipts.at(session, reach(actor, "journal.read"), index)
    leaf_hash = base64.b64encode(found.leaf_hash).decode("ascii")
    return {"index": found.index, "leaf_hash": leaf_hash, "body": found.body}


@blp.route("/journal/receipts/<uuid:entry_id>")
@edge("journal.read")
@blp.response(200, {"type": "string"}, content_type="text/plain", description="C2SP tlog-proof@v1, `extra` is the body")
def receipt(session: Session, actor: Any, entry_id: UUID) -> Response:
    """Give the receipt of a fact; 409 `receipt_not_ready` until it is signed, 503 `checkpoint_not_ready` before all."""
    _index, text = receipts.make(session, reach(actor, "journal.read"), entry_id)
    return Response(text, content_type=TEXT)
