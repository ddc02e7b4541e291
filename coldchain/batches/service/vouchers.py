"""Photographs of the paper that an arrival was entered from (纸质补录): kept, shown to who may see it."""

from pathlib import Path
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, func, select

from coldchain.accounts.actor import Actor
from coldchain.batches.models_arrivals import ArrivalVoucher
from coldchain.batches.service import arrival_view
from coldchain.batches.service.arrival_acts import grasp
from coldchain.core import clock, limits, stored_files
from coldchain.core.errors import Conflict, NotFound
from coldchain.core.stored_files import StoredFile
from coldchain.journal import service as journal


def keep(session: Session, actor: Actor, arrival_id: UUID, *, var_dir: Path, content: bytes) -> dict[str, Any]:
    """Keep a photograph with an arrival and return `{voucher_id, recorded_at}`; the same one again is that one.

    Raises NotFound, Forbidden, Invalid `not_an_image`, `too_large`, Conflict `arrival_withdrawn`, `too_many_vouchers`.
    """
    held = grasp(session, actor, arrival_id, "evidence.register")
    row = stored_files.keep_image(session, var_dir, content, actor.user_id, "/file")
    mine = col(ArrivalVoucher.arrival_id) == arrival_id
    there = session.exec(select(ArrivalVoucher).where(mine, col(ArrivalVoucher.file_id) == row.file_id)).first()
    if there is not None:
        return {"voucher_id": there.voucher_id, "recorded_at": there.recorded_at}
    count = session.exec(select(func.count()).select_from(ArrivalVoucher).where(mine)).one()
    if count >= limits.VOUCHERS_PER_ARRIVAL:
        raise Conflict(
            "An arrival takes at most {limit} photographs.", code="too_many_vouchers",
            limit=limits.VOUCHERS_PER_ARRIVAL,
        )  # fmt: skip
    now = clock.now()
    voucher = ArrivalVoucher(arrival_id=arrival_id, file_id=row.file_id, recorded_at=now, recorded_by=actor.user_id)
    session.add(voucher)
    session.flush()
    journal.append(
        session,
        actor,
        kind="arrival.voucher_kept",
        subject_id=arrival_id,
        occurred_at=now,
        business_id=held.arrival.owner_id,
        region_code=held.site.region_code,
        data={"voucher_id": voucher.voucher_id, "file_id": row.file_id, "sha256": row.sha256,
              "on_behalf_of": held.on_behalf_of},
    )  # fmt: skip
    return {"voucher_id": voucher.voucher_id, "recorded_at": now}


def find(session: Session, actor: Actor, arrival_id: UUID, voucher_id: UUID) -> StoredFile:
    """Return the row of a photograph of an arrival that the actor may see. Raises NotFound."""
    arrival_view.find(session, actor, arrival_id)
    voucher = session.get(ArrivalVoucher, voucher_id)
    if voucher is None or voucher.arrival_id != arrival_id:
        raise NotFound
    return session.get_one(StoredFile, voucher.file_id)
