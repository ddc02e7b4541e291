"""Destruction: goods rendered harmless (无害化处理), locked ones too; who took them, the receipt, who was there."""

from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.trade.service.entries import proofs, reading


def destroy(
    session: Session,
    actor: Actor,
    *,
    method: str | None = None,
    receiver: str | None = None,
    receipt_no: str | None = None,
    witness: str | None = None,
    **given: Any,
) -> dict[str, Any]:
    """Record that units of each batch were destroyed; `given` as in `core.begin`; return the entry with its warnings.

    Locked goods may be destroyed, held units first, if receiver, receipt and witness are named: a lock is no reason to
    keep dangerous goods, and no way out of the books. Raises as `core.begin`, Invalid `required`, Conflict
    `insufficient_stock` (R8, R10).
    """
    detail = {"method": method, "receiver": receiver, "receipt_no": receipt_no}
    proof = {"/receiver": receiver, "/receipt_no": receipt_no, "/witness": witness}
    entry, warnings = proofs.dispose(
        session, actor, "destruction", "destroyed", proof, given | {"detail": detail, "witness": witness}
    )
    return reading.made(session, actor, entry, warnings)
