"""Numbers of an arrival whose check digit may be overridden with a reason: real numbers exist that fail (ISO 6346)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from coldchain.batches.flags import Mark
from coldchain.batches.models import Arrival
from coldchain.core.errors import Invalid
from coldchain.core.gathered import Gathered
from coldchain.core.identifiers import IdentifierError, check_container, check_import_declaration
from coldchain.registry.models import Site


@dataclass(frozen=True)
class Number:
    """A container number as it is kept, and why it is kept although its check digit fails (None: it fits)."""

    value: str | None = None
    override: str | None = None
    declaration: str | None = None  # of customs, which has no override


def read(container_no: str | None, container_override: str | None, customs_declaration_no: str | None) -> Number:
    """Return the numbers of an arrival as they are kept. Raises Invalid with all of them that are wrong."""
    gathered = Gathered()
    number = gathered.take(lambda: container(container_no, container_override)) or Number()
    said = gathered.take(lambda: declaration(customs_declaration_no))
    gathered.refuse()
    return replace(number, declaration=said)


def declaration(text: str | None) -> str | None:
    """Return a customs declaration number of imported goods. Raises Invalid at `/customs_declaration_no`."""
    if text is None:
        return None
    try:
        return check_import_declaration(text)
    except IdentifierError as error:
        raise Invalid.of("/customs_declaration_no", error.code, error.message, **dict(error.params)) from error


def container(text: str | None, override: str | None) -> Number:
    """Return a container number, with the reason that overrides its check digit where that is needed.

    Raises Invalid at `/container_no`: `container_length`, `container_shape`, `container_check` without a reason.
    """
    if text is None:
        return Number()
    try:
        return Number(check_container(text))
    except IdentifierError as error:
        if error.overridable and override:
            return Number(str(error.params["value"]), override)
        raise Invalid.of("/container_no", error.code, error.message, **dict(error.params)) from error


def marks(number: Number, arrival: Arrival, site: Site, occurred_at: datetime) -> Iterable[Mark]:
    """Return what an officer is told of a number that was kept although its check digit fails."""
    if number.override is not None:
        data = {"container_no": number.value, "reason": number.override}
        yield Mark("number_override", "arrival", arrival.arrival_id, site.region_code, occurred_at,
                   business_id=arrival.owner_id, data=data)  # fmt: skip
