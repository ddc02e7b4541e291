"""Codes for programs and scanners."""

from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import Blueprint, edge
from coldchain.inspections import code_schemas, resolve

blp = Blueprint("inspections", __name__, url_prefix="/api/v1", description="What a scanned code stands for")


@blp.route("/codes/<path:code>")
@edge("code.resolve")
@blp.response(200, code_schemas.ResolvedCodeSchema)
def resolve_code(session: Session, actor: Actor, code: str) -> Any:
    """Return what a label code, a batch code or a whole label address stands for, as far as you may know it."""
    return resolve.describe(resolve.resolve(session, actor, code))
