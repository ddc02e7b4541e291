"""Provisional identities and their mergers at the API."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, current_app
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import files_out, stored_files
from coldchain.core.edge import Blueprint, edge
from coldchain.core.uploads import Handed
from coldchain.registry import identity_schemas as schemas
from coldchain.registry import service
from coldchain.registry.catalogue_schemas import ProducerSchema, ProductSchema
from coldchain.registry.schemas import ContactSchema, LicenceSchema, ObjectionSchema
from coldchain.registry.service import (
    appeals,
    catalogue_merging,
    licences,
    merging,
    people_to_reach,
    producer_catalogue,
    product_catalogue,
    provisional,
)

blp = Blueprint(
    "identity", __name__, url_prefix="/api/v1", description="Businesses without a code, and what they become"
)

Body = dict[str, Any]


@blp.route("/businesses/provisional", methods=["POST"])
@blp.arguments(schemas.ProvisionalSchema, multipart=schemas.ProvisionalUploadSchema)
@edge("business.provisional")
@blp.response(201, schemas.ProvisionalAnswerSchema)
def register_provisional(session: Session, actor: Actor, data: Body) -> Body:
    """Give a business without a code a temporary number, on site; as multipart with a photograph of the place."""
    photo: Handed | None = data.pop("photo", None)
    content, var_dir = (photo.content if photo else None), current_app.config["SETTINGS"].var_dir
    made = provisional.register(session, actor, **data, photo=content, var_dir=var_dir)
    site = service.only_site(session, made.business_id)
    return service.read_business(session, actor, made.business_id) | {"site_id": site and site.site_id}


@blp.route("/businesses/<string:business>/photo", methods=["GET"])
@edge("business.read")
@blp.response(200, {"type": "string", "format": "binary"}, content_type="image/jpeg")
def read_photo(session: Session, actor: Actor, business: str) -> Response:
    """Return the photograph that an officer took where the business was found."""
    row = provisional.photo_of(session, actor, business)
    content = stored_files.content_of(current_app.config["SETTINGS"].var_dir, row)
    return files_out.answer(row, content, row.media_type)


@blp.route("/businesses/<string:business>/merge", methods=["GET"])
@blp.arguments(schemas.MergePreviewQuery, location="query")
@edge("business.merge")
@blp.response(200, schemas.MergerSchema)
def preview_merge(session: Session, actor: Actor, query: Body, business: str) -> Body:
    """Say what would go over if a provisional identity were merged into a business; nothing is changed."""
    return merging.preview(session, actor, business, into=query["into"])


@blp.route("/businesses/<string:business>/merge", methods=["POST"])
@blp.arguments(schemas.MergeSchema)
@edge("business.merge")
@blp.response(200, schemas.MergerSchema)
def merge_business(session: Session, actor: Actor, data: Body, business: str) -> Body:
    """Merge a provisional identity into the business that it turned out to be, with its whole history, for good."""
    return merging.merge(session, actor, business, **data)


@blp.route("/businesses/<string:business>/licences", methods=["POST"])
@blp.arguments(schemas.LicenceRecordSchema)
@edge("licence.record")
@blp.response(201, LicenceSchema)
def record_licence(session: Session, actor: Actor, data: Body, business: str) -> Body:
    """Record a licence with its last day; one of the same number is replaced by it."""
    return licences.describe(licences.record(session, actor, business, **data))


@blp.route("/licences/<uuid:licence_id>/end", methods=["POST"])
@edge("licence.record")
@blp.response(200, LicenceSchema)
def end_licence(session: Session, actor: Actor, licence_id: UUID) -> Body:
    """Note that a licence is not in force any more; 409 `wrong_state` when that was noted."""
    return licences.describe(licences.end(session, actor, licence_id))


@blp.route("/businesses/<string:business>/contacts", methods=["POST"])
@blp.arguments(schemas.ContactRecordSchema)
@edge("licence.record")
@blp.response(201, ContactSchema)
def add_contact(session: Session, actor: Actor, data: Body, business: str) -> Body:
    """Enter somebody to be reached at a business; 409 `too_many`."""
    return people_to_reach.add(session, actor, business, **data)


@blp.route("/contacts/<uuid:contact_id>/end", methods=["POST"])
@edge("licence.record")
@blp.response(200, ContactSchema)
def end_contact(session: Session, actor: Actor, contact_id: UUID) -> Body:
    """Note that somebody is not to be reached there any more; 409 `wrong_state` when that was noted."""
    return people_to_reach.end(session, actor, contact_id)


@blp.route("/businesses/<string:business>/objections", methods=["POST"])
@blp.arguments(schemas.ObjectionRaiseSchema)
@edge("business.object")
@blp.response(201, ObjectionSchema)
def raise_objection(session: Session, actor: Actor, data: Body, business: str) -> Body:
    """Object, once, to the last decision about a business; 409 `nothing_to_object_to`, `objected_already`."""
    return appeals.raise_(session, actor, business, **data)


@blp.route("/objections/<uuid:appeal_id>/answer", methods=["POST"])
@blp.arguments(schemas.ObjectionAnswerSchema)
@edge("business.decide")
@blp.response(200, ObjectionSchema)
def answer_objection(session: Session, actor: Actor, data: Body, appeal_id: UUID) -> Body:
    """Answer an objection; 409 `answered_already`. What is taken back is taken back by a decision of its own."""
    return appeals.answer(session, actor, appeal_id, **data)


@blp.route("/producers/<uuid:producer_id>/merge", methods=["POST"])
@blp.arguments(schemas.CatalogueMergeSchema)
@edge("catalogue.merge")
@blp.response(200, ProducerSchema)
def merge_producer(session: Session, actor: Actor, data: Body, producer_id: UUID) -> Body:
    """Merge a producer into another, for good: notices on either describe the goods of both, running ones at once."""
    return catalogue_merging.merge_producers(session, actor, producer_id, **data)


@blp.route("/products/<uuid:product_id>/merge", methods=["POST"])
@blp.arguments(schemas.CatalogueMergeSchema)
@edge("catalogue.merge")
@blp.response(200, ProductSchema)
def merge_product(session: Session, actor: Actor, data: Body, product_id: UUID) -> Body:
    """Merge a product into one that is the same but for the writing of its names; 409 `not_the_same`."""
    return catalogue_merging.merge_products(session, actor, product_id, **data)


@blp.route("/catalogue/duplicates", methods=["GET"])
@edge("catalogue.merge")
@blp.response(200, schemas.AlikeEntriesSchema)
def list_alike_entries(session: Session, actor: Actor) -> Body:
    """List producers and products that may be one. Nothing is merged by itself."""
    described: dict[str, tuple[list[Any], Callable[..., list[Body]]]] = {
        "producers": (catalogue_merging.alike_producers(session, actor), producer_catalogue.describe),
        "products": (catalogue_merging.alike_products(session, actor), product_catalogue.describe),
    }
    shown: Body = {}
    for name, (pairs, describe_entries) in described.items():
        rows = describe_entries(session, [row for pair in pairs for row in (pair.one, pair.other)])
        shown[name] = [{"one": one, "other": other} for one, other in zip(rows[::2], rows[1::2], strict=True)]
    return shown
