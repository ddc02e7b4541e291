"""Corrections of venues and sites, and the stewards of cold stores, for programs."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import Blueprint, edge
from coldchain.registry import places_schemas, schemas
from coldchain.registry.service import stewards, venues

blp = Blueprint("places", __name__, url_prefix="/api/v1", description="Venues, sites and the stewards of cold stores")
Body = dict[str, Any]


@blp.route("/venues/<uuid:venue_id>", methods=["GET"])
@edge("office.read")
@blp.response(200, schemas.VenueSchema)
def read_venue(session: Session, actor: Actor, venue_id: UUID) -> Body:
    """Read a park, market or mall."""
    return venues.read(session, actor, venue_id)


@blp.route("/venues/<uuid:venue_id>/correct", methods=["POST"])
@blp.arguments(places_schemas.VenueCorrectionSchema)
@edge("venue.register")
@blp.response(200, schemas.VenueSchema)
def correct_venue(session: Session, actor: Actor, data: Body, venue_id: UUID) -> Body:
    """Say anew what a venue is called and where it is; its sign keeps its code."""
    return venues.correct_venue(session, actor, venue_id, **data)


@blp.route("/sites/<uuid:site_id>/correct", methods=["POST"])
@blp.arguments(places_schemas.SiteCorrectionSchema)
@edge("site.register")
@blp.response(200, schemas.SiteSchema)
def correct_site(session: Session, actor: Actor, data: Body, site_id: UUID) -> Body:
    """Say anew what a site is called and where it is; its sign keeps its code."""
    return venues.correct_site(session, actor, site_id, **data)


@blp.route("/sites/<uuid:site_id>/stewards", methods=["GET"])
@edge("site.read")
@blp.response(200, places_schemas.StewardPage)
def list_stewards(session: Session, actor: Actor, site_id: UUID) -> Body:
    """List who has or had a post at a cold store, the last who began first."""
    return {"items": stewards.of_site(session, actor, site_id), "next": None}


@blp.route("/sites/<uuid:site_id>/stewards", methods=["POST"])
@blp.arguments(places_schemas.StewardAppointmentSchema)
@edge("steward.appoint")
@blp.response(201, places_schemas.StewardSchema)
def appoint_steward(session: Session, actor: Actor, data: Body, site_id: UUID) -> Any:
    """Enter a steward of a cold store; the term of who had the post ends with that day."""
    data["publish_phone"] = bool(data["publish_phone"])
    return stewards.appoint(session, actor, site_id, **data)


@blp.route("/stewards/<uuid:steward_id>/end", methods=["POST"])
@blp.arguments(places_schemas.StewardEndSchema)
@edge("steward.appoint")
@blp.response(200, places_schemas.StewardSchema)
def end_steward(session: Session, actor: Actor, data: Body, steward_id: UUID) -> Any:
    """End a steward's term without a successor."""
    return stewards.end(session, actor, steward_id, **data)


@blp.route("/stewards/lacking", methods=["GET"])
@blp.arguments(places_schemas.LackingQuery, location="query")
@edge("site.read")
@blp.response(200, places_schemas.LackingPage)
def list_lacking(session: Session, actor: Actor, query: Body) -> Body:
    """List the cold stores that lack a steward, with the posts that nobody holds."""
    query["none_at_all"] = bool(query["none_at_all"])
    items, following = stewards.search_lacking(session, actor, **query)
    return {"items": items, "next": following}
