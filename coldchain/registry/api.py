"""The registry's routes."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Response, request
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import PUBLIC, SIGNED_IN, Blueprint, edge
from coldchain.core.errors import DomainError, Invalid
from coldchain.core.identifiers import Problem
from coldchain.core.page_forms import attempt
from coldchain.core.problems import respond, said
from coldchain.registry import catalogue_schemas, schemas, service
from coldchain.registry.service import businesses, correcting, producer_catalogue, registration

blp = Blueprint("registry", __name__, url_prefix="/api/v1", description="Businesses, places and the catalogue")

Body = dict[str, Any]


def _listed(page: tuple[list[Any], str | None]) -> Body:
    return {"items": page[0], "next": page[1]}


def _warned(found: Iterable[tuple[str, Problem]]) -> list[Body]:
    return [
        {"pointer": pointer, "code": problem.code, "message": said(problem.message, dict(problem.params))}
        for pointer, problem in found
    ]


@blp.route("/businesses", methods=["POST"])
@blp.arguments(schemas.SelfRegistrationSchema)
@edge(PUBLIC)
@blp.response(201, schemas.BusinessSchema)
def register_business(session: Session, actor: Actor | None, data: Body) -> Body | Response:
    """Register a business; it is pending until it is approved. Without a sign-in: your own, `account` is its owner."""
    account = data.pop("account")
    if actor is None:
        registration.admit(session, request.remote_addr or "")
        try:
            with attempt(session):
                made = registration.register_self(session, account=account, **data)
        except DomainError as error:
            return respond(error)  # not raised: that it was tried stays counted
    elif account is not None:
        raise Invalid.of("/account", "not_needed", "Only somebody without a sign-in registers an account.")
    else:
        made = service.register_business(session, actor, **data)
    return made | {"warnings": _warned(businesses.doubts(data["licence_no"]))}


@blp.route("/businesses/<string:business>/resubmit", methods=["POST"])
@blp.arguments(schemas.BusinessRegistrationSchema)
@edge("business.correct")
@blp.response(200, schemas.BusinessSchema)
def resubmit_business(session: Session, actor: Actor, data: Body, business: str) -> Body:
    """Send an application that was not approved again, corrected; it is pending as of now."""
    made = registration.correct(session, actor, business, **data)
    return made | {"warnings": _warned(businesses.doubts(data["licence_no"]))}


@blp.route("/businesses/<string:business>/correct", methods=["POST"])
@blp.arguments(schemas.BusinessCorrectionSchema)
@edge("business.amend")
@blp.response(200, schemas.BusinessSchema)
def correct_business(session: Session, actor: Actor, data: Body, business: str) -> Body:
    """Correct what stands of a business; its owner: phone and address. 409 `imported_stock`, `other_role`."""
    made = correcting.correct(session, actor, business, **data)
    return made | {"warnings": _warned(businesses.doubts(data["licence_no"]))}


@blp.route("/businesses", methods=["GET"])
@blp.arguments(schemas.BusinessQuery, location="query")
@edge("business.lookup")
@blp.response(200, schemas.BusinessPage)
def list_businesses(session: Session, actor: Actor, query: Body) -> Body:
    """Look businesses up."""
    return _listed(service.search_businesses(session, actor, **query))


@blp.route("/businesses/<string:business>", methods=["GET"])
@edge("business.lookup")
@blp.response(200, schemas.BusinessSchema)
def read_business(session: Session, actor: Actor, business: str) -> Body:
    """Read a business, as far as you may."""
    found = service.read_business(session, actor, business)
    return found | (correcting.former(session, found["business_id"]) if "card_no" in found else {})


@blp.route("/commitment-texts", methods=["GET"])
@edge(SIGNED_IN)
@blp.response(200, schemas.CommitmentTextPage)
def list_commitment_texts(session: Session, _actor: Actor) -> Body:
    """Read the versions of the commitment letter's text."""
    return _listed((service.commitment_texts(session), None))


@blp.route("/businesses/<string:business>/approve", methods=["POST"])
@blp.arguments(schemas.ApprovalSchema)
@edge("business.decide")
@blp.response(200, schemas.BusinessSchema)
def approve_business(session: Session, actor: Actor, data: Body, business: str) -> Body:
    """Approve a pending business."""
    return service.decide(session, actor, business, decision="approve", **data)


@blp.route("/businesses/<string:business>/reject", methods=["POST"])
@blp.arguments(schemas.DecisionSchema)
@edge("business.decide")
@blp.response(200, schemas.BusinessSchema)
def reject_business(session: Session, actor: Actor, data: Body, business: str) -> Body:
    """Reject a pending business."""
    return service.decide(session, actor, business, decision="reject", **data)


@blp.route("/businesses/<string:business>/suspend", methods=["POST"])
@blp.arguments(schemas.DecisionSchema)
@edge("business.decide")
@blp.response(200, schemas.BusinessSchema)
def suspend_business(session: Session, actor: Actor, data: Body, business: str) -> Body:
    """Suspend an active business."""
    return service.decide(session, actor, business, decision="suspend", **data)


@blp.route("/businesses/<string:business>/reinstate", methods=["POST"])
@blp.arguments(schemas.DecisionSchema)
@edge("business.decide")
@blp.response(200, schemas.BusinessSchema)
def reinstate_business(session: Session, actor: Actor, data: Body, business: str) -> Body:
    """Reinstate a suspended business, or take a rejected one up again (it is pending then)."""
    return service.decide(session, actor, business, decision="reinstate", **data)


@blp.route("/businesses/<string:business>/close", methods=["POST"])
@blp.arguments(schemas.DecisionSchema)
@edge("business.decide")
@blp.response(200, schemas.BusinessSchema)
def close_business(session: Session, actor: Actor, data: Body, business: str) -> Body:
    """Close a business for good."""
    return service.decide(session, actor, business, decision="close", **data)


@blp.route("/venues", methods=["POST"])
@blp.arguments(schemas.VenueRegistrationSchema)
@edge("venue.register")
@blp.response(201, schemas.VenueSchema)
def register_venue(session: Session, actor: Actor, data: Body) -> Body:
    """Register a park, market or mall."""
    return service.register_venue(session, actor, **data)


@blp.route("/venues", methods=["GET"])
@blp.arguments(schemas.VenueQuery, location="query")
@edge("office.read")
@blp.response(200, schemas.VenuePage)
def list_venues(session: Session, actor: Actor, query: Body) -> Body:
    """List venues."""
    return _listed(service.search_venues(session, actor, **query))


@blp.route("/sites", methods=["POST"])
@blp.arguments(schemas.SiteRegistrationSchema)
@edge("site.register")
@blp.response(201, schemas.SiteSchema)
def register_site(session: Session, actor: Actor, data: Body) -> Body:
    """Register a site of a business."""
    return service.register_site(session, actor, **data)


@blp.route("/sites", methods=["GET"])
@blp.arguments(schemas.SiteQuery, location="query")
@edge("site.read")
@blp.response(200, schemas.SitePage)
def list_sites(session: Session, actor: Actor, query: Body) -> Body:
    """List the sites that you may see."""
    return _listed(service.search_sites(session, actor, **query))


@blp.route("/sites/<uuid:site_id>", methods=["GET"])
@edge("site.read")
@blp.response(200, schemas.SiteSchema)
def read_site(session: Session, actor: Actor, site_id: UUID) -> Body:
    """Read a site with its zones."""
    return service.read_site(session, actor, site_id)


@blp.route("/sites/<uuid:site_id>/zones", methods=["POST"])
@blp.arguments(schemas.ZoneRegistrationSchema)
@edge("zone.register")
@blp.response(201, schemas.ZoneSchema)
def register_zone(session: Session, actor: Actor, data: Body, site_id: UUID) -> Any:
    """Register a zone of a site."""
    return service.register_zone(session, actor, site_id, **data)


@blp.route("/producers", methods=["POST"])
@blp.arguments(catalogue_schemas.ProducerRegistrationSchema)
@edge("catalogue.register")
@blp.response(201, catalogue_schemas.ProducerSchema)
@blp.alt_response(
    200, schema=catalogue_schemas.ProducerSchema, description="The same again: the one that is there", success=True
)
def register_producer(session: Session, actor: Actor, data: Body) -> tuple[Body, int]:
    """Register a producer, or find it again by its numbers."""
    made, created = service.register_producer(session, actor, **data)
    warnings = _warned(producer_catalogue.doubts(data["plant_no"], data["licence_no"]))
    return made | {"warnings": warnings}, 201 if created else 200


@blp.route("/producers", methods=["GET"])
@blp.arguments(catalogue_schemas.ProducerQuery, location="query")
@edge("catalogue.read")
@blp.response(200, catalogue_schemas.ProducerPage)
def list_producers(session: Session, actor: Actor, query: Body) -> Body:
    """List producers."""
    return _listed(service.search_producers(session, actor, **query))


@blp.route("/producers/<uuid:producer_id>", methods=["GET"])
@edge("catalogue.read")
@blp.response(200, catalogue_schemas.ProducerSchema)
def read_producer(session: Session, actor: Actor, producer_id: UUID) -> Body:
    """Read a producer."""
    return service.read_producer(session, actor, producer_id)


@blp.route("/products", methods=["POST"])
@blp.arguments(catalogue_schemas.ProductRegistrationSchema)
@edge("catalogue.register")
@blp.response(201, catalogue_schemas.ProductSchema)
@blp.alt_response(
    200, schema=catalogue_schemas.ProductSchema, description="The same again: the one that is there", success=True
)
def register_product(session: Session, actor: Actor, data: Body) -> tuple[Body, int]:
    """Register a product, or find it again by its identity."""
    made, created = service.register_product(session, actor, **data)
    return made, 201 if created else 200


@blp.route("/products", methods=["GET"])
@blp.arguments(catalogue_schemas.ProductQuery, location="query")
@edge("catalogue.read")
@blp.response(200, catalogue_schemas.ProductPage)
def list_products(session: Session, actor: Actor, query: Body) -> Body:
    """List products."""
    return _listed(service.search_products(session, actor, **query))


@blp.route("/products/<uuid:product_id>", methods=["GET"])
@edge("catalogue.read")
@blp.response(200, catalogue_schemas.ProductSchema)
def read_product(session: Session, actor: Actor, product_id: UUID) -> Body:
    """Read a product."""
    return service.read_product(session, actor, product_id)
