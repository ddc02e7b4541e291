"""Personal data over HTTP: what is held about somebody, and erasing it (R21)."""

from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.edge import Blueprint, edge
from coldchain.home import personal_records, privacy
from coldchain.home.privacy_schemas import (
    ErasedSchema,
    ErasePersonSchema,
    EraseSchema,
    ExportSchema,
    HeldValueSchema,
    PersonSchema,
)

blp = Blueprint("privacy", __name__, url_prefix="/api/v1", description="Personal data: what is held, and erasing it")


@blp.route("/privacy")
@edge("sign_in.manage")
@blp.response(200, ExportSchema)
def read_own_data(session: Session, actor: Actor) -> dict[str, Any]:
    """Read what is held about you."""
    return privacy.own(session, actor)


@blp.route("/privacy/exports", methods=["POST"])
@blp.arguments(PersonSchema)
@edge("personal.export", secret=True)
@blp.response(200, ExportSchema)
def export_person(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Read what is held about a person who asks, by whole name or phone, within your area; audited."""
    return privacy.of_person(session, actor, **data)


@blp.route("/personal/<uuid:personal_id>/erase", methods=["POST"])
@blp.arguments(EraseSchema)
@edge("personal.erase")
@blp.response(200, HeldValueSchema)
def erase_value(session: Session, actor: Actor, data: dict[str, Any], personal_id: UUID) -> dict[str, Any]:
    """Erase a name or phone for good; 409 `retention_runs` or `in_use` while it must be kept, `already_erased`."""
    return privacy.describe(personal_records.erase(session, actor, personal_id, **data))


@blp.route("/personal/erase", methods=["POST"])
@blp.arguments(ErasePersonSchema)
@edge("personal.erase", secret=True)
@blp.response(200, ErasedSchema)
def erase_person(session: Session, actor: Actor, data: dict[str, Any]) -> dict[str, Any]:
    """Erase what may be erased under a whole name or phone within your area; tells what stays.

    A name that stands in records of several businesses may be several people's: then `personal_ids` says which.
    """
    erased, kept = personal_records.erase_person(session, actor, **data)
    return {
        "erased": [privacy.describe(each) for each in erased],
        "kept": [privacy.describe(each) for each in kept],
    }
