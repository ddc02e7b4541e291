"""Who acts in tests of trade."""

from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor, Area
from coldchain.core.ids import new_id
from coldchain.trade import service
from tests.ledger.books import Party


def merchant(of: Party) -> Actor:
    """A person of a business."""
    return Actor(new_id(), "merchant", "示例", "merchant", business_id=of.business_id)


def officer(*regions: str) -> Actor:
    """A regulator, of district 230203 unless said otherwise."""
    return Actor(new_id(), "regulator", "示例", "regulator", areas=tuple(map(Area, regions or ("230203",))))


def send(session: Session, actor: Actor, seller: Party, to: Any, goods: Any, units: int = 30, **more: Any) -> Any:
    """Send units of a batch (or lines) from a seller's first zone."""
    to = {"business": str(to.business_id)} if isinstance(to, Party) else to
    lines = goods if isinstance(goods, list) else [{"batch_id": goods, "quantity_units": units}]
    given = {"from_zone_id": seller.zone_id, "to": to, "handover": "await_confirmation", "lines": lines} | more
    return service.dispatch(session, actor, **given)
