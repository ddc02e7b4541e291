"""The journal for the public: its newest signed checkpoint and the key that verifies it."""

from typing import Any

from flask import Response
from sqlmodel import Session

from coldchain.core.edge import PUBLIC, Blueprint, edge
from coldchain.core.errors import DomainError
from coldchain.journal import health, identity

blp = Blueprint("journal", __name__, url_prefix="/api/v1", description="The append-only journal")

TEXT = "text/plain; charset=utf-8"


def _not_ready() -> DomainError:
    return DomainError("The journal has not been signed yet. Try again soon.", code="checkpoint_not_ready", status=503)


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
        raise _not_ready()
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
        raise _not_ready()
    return Response(f"{known.vkeys[-1]}\n", content_type=TEXT)
