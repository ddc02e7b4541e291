"""Return: goods go back to whom they came from (退货、退运): by a consignment, or out of the books."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.core.errors import Invalid
from coldchain.trade.service import dispatching
from coldchain.trade.service.entries import proofs, reading


def give_back(
    session: Session,
    actor: Actor,
    *,
    to: Mapping[str, Any] | None = None,
    receipt_no: str | None = None,
    **given: Any,
) -> dict[str, Any]:
    """Record that units of each batch went back; `given` as in `core.begin`; return the entry with its warnings.

    To a registered business (`to.business`) a consignment with purpose `return` is made, which it confirms; the answer
    then names `consignment_id`. To a name out of the register, or abroad (`to.country`), they leave the books. Locked
    goods may go, held units first. Raises as `core.begin` or `dispatching.dispatch_return`, Invalid `one_receiver`,
    `required`, Conflict `insufficient_stock` (R8, R10).
    """
    receiver = {key: value for key, value in (to or {}).items() if value is not None}
    if "business" in receiver:
        if len(receiver) > 1 or receipt_no is not None:
            raise Invalid.of("/to", "one_receiver", "Name a registered business alone: a consignment is made for it.")
        zone_id = given.pop("zone_id")
        sent = dispatching.dispatch_return(session, actor, from_zone_id=zone_id, to=receiver, **given)
        return reading.as_consignment(sent)
    detail = {"receiver": receiver.get("name"), "country": receiver.get("country"), "receipt_no": receipt_no}
    proof = {"/to": receiver.get("name") or receiver.get("country"), "/receipt_no": receipt_no}
    entry, warnings = proofs.dispose(session, actor, "return", "returned", proof, given | {"detail": detail})
    return reading.made(session, actor, entry, warnings)
