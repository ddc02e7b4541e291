"""What else is wrong with goods that have a bad cell already: what did read is judged as the service judges it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches import service
from coldchain.batches.schemas.arrivals import ArrivalRegistrationSchema
from coldchain.core import limits
from coldchain.core.errors import FieldError, Forbidden, NotFound
from coldchain.core.sheet_import import Row
from coldchain.exchange import partly

Say = Callable[[Row | None, str, FieldError], None]
_NOTHING: Final = str(UUID(int=0))
_STANDS_IN: Final[dict[str, Any]] = {  # for what didn't read; what is said of these is dropped
    "product_id": _NOTHING, "zone_id": _NOTHING, "quantity_units": 1, "expiry_date": None,
    "production_date": date(limits.DATE_YEAR_MIN, 1, 1).isoformat(),
}  # fmt: skip


def check(
    session: Session, actor: Actor, data: Mapping[str, Any], lines: Sequence[tuple[Row, Mapping[str, Any]]], say: Say
) -> None:
    """Say what is wrong in a delivery and in those of its lines that can't be entered; enters nothing.

    `say` takes the row, None for what the delivery shares, the field's name and what is wrong.
    """
    sent = dict(data) | {"lines": [{**_STANDS_IN, **line} for _row, line in lines]}
    read, errors = partly.load(ArrivalRegistrationSchema(), sent)
    try:
        errors += service.arrival_faults(session, actor, read)
    except (NotFound, Forbidden):  # no matter of a cell
        return
    for each in errors:
        parts = each.pointer.strip("/").split("/")
        if parts[0] != "lines":
            say(None, "/".join(parts), each)
        elif len(parts) > 2 and parts[2] in lines[int(parts[1])][1]:
            say(lines[int(parts[1])][0], parts[2], each)
