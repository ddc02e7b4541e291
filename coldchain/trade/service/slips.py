"""The photograph of the slip that somebody signed: kept with the consignment, shown to its parties and officers.

Who has no account can't confirm: there the photograph of its signature does, and the goods leave the books.
"""

from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import may
from coldchain.core import clock, stored_files
from coldchain.core.errors import Forbidden, NotFound
from coldchain.core.i18n import N_
from coldchain.core.stored_files import StoredFile
from coldchain.journal import service as journal
from coldchain.ledger import postings
from coldchain.ledger.postings import Draft
from coldchain.registry.service.reach import on_behalf_of
from coldchain.trade import states
from coldchain.trade.models import Consignment
from coldchain.trade.service import answers, reading, settling
from coldchain.trade.service.answers import Answer, Said

KEPT: Final = "slip_kept"
NO_SLIP = N_("There is no photograph of a signed slip.")


def keep(session: Session, actor: Actor, consignment_id: UUID, *, var_dir: Path, content: bytes) -> dict[str, Any]:
    """Keep the photograph of a signed slip (JPEG, PNG, WebP) with its consignment; return the consignment.

    By sender, receiver, or an officer of their regions; a newer one takes the place of the last, the journal knows
    both. To a receiver without an account it closes what is on its way (`closes`): `signed`, what was open is sold.
    Raises NotFound, Forbidden, Invalid `not_an_image`, `too_large`.
    """
    consignment, involved = _seen(session, actor, consignment_id, lock=True)
    if not may(actor, "trade.answer", involved.parties):
        raise Forbidden("Only sender and receiver, or an officer of their regions, add the signed slip.")
    row = stored_files.keep_image(session, var_dir, content, actor.user_id, "/file")
    replaced, consignment.slip_file_id = consignment.slip_file_id, row.file_id
    told = {"file_id": row.file_id, "sha256": row.sha256, "replaces_id": replaced}
    if closes(consignment):
        return _sign(session, actor, consignment, involved, told)
    session.add(consignment)
    session.flush()
    journal.append(
        session,
        actor,
        kind=f"consignment.{KEPT}",
        subject_id=consignment_id,
        occurred_at=clock.now(),
        business_id=consignment.owner_id,
        region_code=involved.left_region,
        data=told | {"on_behalf_of": on_behalf_of(actor, consignment.owner_id)},
    )
    return reading.describe(session, consignment)


def closes(consignment: Consignment) -> bool:
    """Say whether a signed slip closes it: its receiver has no account, it is on its way, nothing is disputed."""
    return consignment.to_business_id is None and consignment.state == states.IN_TRANSIT


def _sign(
    session: Session, actor: Actor, consignment: Consignment, involved: reading.Involved, told: dict[str, Any]
) -> dict[str, Any]:
    """Take what is open off the road and out of the books, under its lock; held goods are flagged (R8)."""
    answer = Answer(consignment, involved, reading.lines_so_far(session, consignment), clock.now(), late=False)
    answer.said += [
        Said(batch_id, states.DELIVERED, line.open_units) for batch_id, line in answer.lines.items() if line.open_units
    ]
    behalf = on_behalf_of(actor, consignment.owner_id)
    marks = answers.take_locks(session, answer)
    held = settling.held_units(session, answer)
    road = consignment.consignment_id
    drafts = [
        Draft(
            settling.KIND, said.batch_id, postings.settle("sold", consignment.owner_id, road, said.quantity_units),
            answer.occurred_at, consignment_id=road, on_behalf_of=behalf, **marks,
        )
        for said in answer.said
    ]  # fmt: skip
    movements = answers.post(session, actor, drafts)
    settling.flag_gone(session, actor, answer, held)
    return answers.write(
        session, actor, answer, states.SETTLED, reason=None, behalf=behalf, movements=movements,
        region_code=involved.left_region, data=told, state=states.SIGNED, fact=KEPT,
    )  # fmt: skip


def find(session: Session, actor: Actor, consignment_id: UUID) -> StoredFile:
    """Return the row of a consignment's photograph. Raises NotFound for who may not see it, and where there is none."""
    consignment, _involved = _seen(session, actor, consignment_id, lock=False)
    row = session.get(StoredFile, consignment.slip_file_id) if consignment.slip_file_id else None
    if row is None:
        raise NotFound(NO_SLIP, code="no_file")
    return row


def _seen(session: Session, actor: Actor, consignment_id: UUID, *, lock: bool) -> tuple[Consignment, reading.Involved]:
    """Return a consignment whose persons the actor may know of: its two parties and officers (R16)."""
    consignment = reading.seen(session, actor, consignment_id, lock=lock)
    if not reading.is_party(actor, consignment):
        raise NotFound
    involved = reading.involved(session, consignment)
    return consignment, involved
