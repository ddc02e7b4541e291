"""The photograph of the slip that somebody signed: kept with the consignment, shown to its parties and officers."""

from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, may
from coldchain.core import clock, stored_files
from coldchain.core.errors import Forbidden, NotFound
from coldchain.core.i18n import N_
from coldchain.core.stored_files import StoredFile
from coldchain.journal import service as journal
from coldchain.registry.service.reach import on_behalf_of
from coldchain.trade.models import Consignment
from coldchain.trade.service import reading

NO_SLIP = N_("There is no photograph of a signed slip.")


def keep(session: Session, actor: Actor, consignment_id: UUID, *, var_dir: Path, content: bytes) -> dict[str, Any]:
    """Keep the photograph of a signed slip (JPEG, PNG, WebP) with its consignment; return the consignment.

    By sender, receiver, or an officer of their regions; a newer one takes the place of the last, the journal knows
    both. Raises NotFound, Forbidden, Invalid `not_an_image`, `too_large`.
    """
    consignment, involved = _seen(session, actor, consignment_id, lock=True)
    parties = Resource.of(consignment.owner_id, consignment.to_business_id, regions=involved.resource.regions)
    if not may(actor, "trade.answer", parties):
        raise Forbidden("Only sender and receiver, or an officer of their regions, add the signed slip.")
    row = stored_files.keep_image(session, var_dir, content, actor.user_id, "/file")
    replaced, consignment.slip_file_id = consignment.slip_file_id, row.file_id
    session.add(consignment)
    session.flush()
    journal.append(
        session,
        actor,
        kind="consignment.slip_kept",
        subject_id=consignment_id,
        occurred_at=clock.now(),
        business_id=consignment.owner_id,
        region_code=involved.left_region,
        data={
            "file_id": row.file_id,
            "sha256": row.sha256,
            "replaces_id": replaced,
            "on_behalf_of": on_behalf_of(actor, consignment.owner_id),
        },
    )
    return reading.describe(session, consignment)


def find(session: Session, actor: Actor, consignment_id: UUID) -> StoredFile:
    """Return the row of a consignment's photograph. Raises NotFound for who may not see it, and where there is none."""
    consignment, _involved = _seen(session, actor, consignment_id, lock=False)
    row = session.get(StoredFile, consignment.slip_file_id) if consignment.slip_file_id else None
    if row is None:
        raise NotFound(NO_SLIP, code="no_file")
    return row


def _seen(session: Session, actor: Actor, consignment_id: UUID, *, lock: bool) -> tuple[Consignment, reading.Involved]:
    """Return a consignment whose persons the actor may know of: its two parties and officers (R16)."""
    for_update = {"key_share": True} if lock else None
    consignment = session.get(Consignment, consignment_id, with_for_update=for_update, populate_existing=True)
    if consignment is None:
        raise NotFound("There is no such consignment.")
    involved = reading.involved(session, consignment)
    if not may(actor, "trade.read", involved.resource) or not reading.is_party(actor, consignment):
        raise NotFound("There is no such consignment.")
    return consignment, involved
