"""Sampling a whole arrival: which lines go into which tube, and the tube's form with them filled in."""

import re
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import relation
from coldchain.batches import service
from coldchain.core import clock, limits
from coldchain.core.errors import Forbidden, NotFound
from coldchain.core.page_forms import Form
from coldchain.policy import service as policy

_LINES: Final = re.compile(r"(\d{1,4})-(\d{1,4})")


def pool_size(session: Session) -> int:
    """Return about how many samples go into a tube (data)."""
    return int(policy.parameter(session, "pool_size", clock.now().astimezone(clock.BEIJING).date()))


def tubes_of(session: Session, actor: Actor, arrival: dict[str, Any]) -> list[tuple[int, int]]:
    """Return the lines of an arrival that share a tube, as first and last; none for who enters no tubes."""
    if relation(actor, "tube.register") is None or arrival["state"] != "arrived":
        return []
    count = len(arrival["batches"])
    tubes = max(1, round(count / pool_size(session)))
    edges = [round(count * number / tubes) for number in range(tubes + 1)]
    return [(first + 1, last) for first, last in pairwise(edges) if last > first]


def samples_of(session: Session, actor: Actor, arrival_id: str, lines: str) -> Form:
    """Return the samples of a tube's form for some lines of an arrival; nothing for one that is not the reader's."""
    form: Form = Form()
    try:
        arrival = service.read_arrival(session, actor, UUID(arrival_id))
    except (ValueError, NotFound, Forbidden):
        return form
    found = _LINES.fullmatch(lines)
    first, last = (int(found[1]), int(found[2])) if found else (1, limits.SAMPLES_PER_TUBE)
    wanted = [batch for batch in arrival["batches"] if batch["status"] != "withdrawn"]
    for index, batch in enumerate(wanted[max(0, first - 1) : last][: limits.SAMPLES_PER_TUBE]):
        form[f"_samples-{index}-code"] = batch["batch_code"]
        form[f"samples-{index}-sample_site"] = "outer_pack"
    return form
