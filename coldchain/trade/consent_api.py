"""Standing consents over HTTP: whom an owner lets send its goods on."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import Blueprint, edge
from coldchain.core.fields import PageQuery
from coldchain.trade.consent_schemas import ConsentSchema, StandingConsentPageSchema, StandingConsentSchema
from coldchain.trade.service import consents

blp = Blueprint("consents", __name__, url_prefix="/api/v1", description="Standing consents of owners")


@blp.route("/businesses/<string:business>/standing-consents", methods=["POST"])
@blp.arguments(ConsentSchema)
@edge("consent.give")
@blp.response(201, StandingConsentSchema)
def give_consent(session: Session, actor: Actor, data: dict[str, Any], business: str) -> dict[str, Any]:
    """Let the keeper of goods send them on; given before: the same consent again."""
    return consents.give(session, actor, business, **data)


@blp.route("/businesses/<string:business>/standing-consents", methods=["GET"])
@blp.arguments(PageQuery, location="query")
@edge("trade.read")
@blp.response(200, StandingConsentPageSchema)
def list_consents(session: Session, actor: Actor, query: dict[str, Any], business: str) -> dict[str, Any]:
    """List the running consents that a business gave or was given."""
    items, following = consents.listing(session, actor, business, **query)
    return {"items": items, "next": following}


@blp.route("/businesses/<string:business>/standing-consents/<uuid:consent_id>", methods=["DELETE"])
@edge("consent.give")
@blp.response(200, StandingConsentSchema)
def withdraw_consent(session: Session, actor: Actor, business: str, consent_id: UUID) -> dict[str, Any]:
    """Withdraw a consent; what was sent by it stays sent."""
    return consents.withdraw(session, actor, business, consent_id)
