"""Provisional identities and their mergers at the API."""

from typing import Any

from flask import Response, current_app
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core import files_out, stored_files
from coldchain.core.edge import Blueprint, edge
from coldchain.core.uploads import Handed
from coldchain.registry import identity_schemas as schemas
from coldchain.registry import service
from coldchain.registry.service import merging, provisional

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
