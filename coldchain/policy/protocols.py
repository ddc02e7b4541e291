"""Pure: whether a disinfection record meets a protocol at its temperature (R7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

MET, NOT_MET, NO_PROTOCOL = "met", "not_met", "no_protocol"


@dataclass(frozen=True)
class Protocol:
    """A way to disinfect that counts from `ambient_from_c` (inclusive) to `ambient_to_c` (exclusive); None is open."""

    protocol_id: UUID | None
    code: str
    version: int
    agent: str
    ambient_from_c: Decimal | None
    ambient_to_c: Decimal | None
    concentration_min_mg_per_l: int
    contact_min: int
    volume_from_ml_per_m2: int | None
    volume_to_ml_per_m2: int | None
    additives: str | None
    name_zh: str
    name_en: str
    source: str


@dataclass(frozen=True)
class Treatment:
    """The figures of a record that a protocol is compared with; `volume_ml_per_m2` None: nobody noted it."""

    agent: str
    concentration_mg_per_l: int
    contact_min: int
    ambient_temperature_c: Decimal
    volume_ml_per_m2: int | None = None


def valid_at(protocol: Protocol, ambient_c: Decimal) -> bool:
    """Say whether `protocol` is meant for that ambient temperature."""
    above = protocol.ambient_from_c is None or ambient_c >= protocol.ambient_from_c
    below = protocol.ambient_to_c is None or ambient_c < protocol.ambient_to_c
    return above and below


def meets(protocol: Protocol, treatment: Treatment) -> bool:
    """Say whether `treatment` is at least what `protocol` asks; a volume that nobody noted is not held against it."""
    wet_enough = (
        protocol.volume_from_ml_per_m2 is None
        or treatment.volume_ml_per_m2 is None
        or treatment.volume_ml_per_m2 >= protocol.volume_from_ml_per_m2
    )
    return (
        protocol.agent == treatment.agent
        and valid_at(protocol, treatment.ambient_temperature_c)
        and treatment.concentration_mg_per_l >= protocol.concentration_min_mg_per_l
        and treatment.contact_min >= protocol.contact_min
        and wet_enough
    )


def judge_treatment(protocols: Sequence[Protocol], treatment: Treatment) -> tuple[str, Protocol | None]:
    """Return `met` and the protocol that is met, else `not_met`, or `no_protocol` for an agent without any row (R7)."""
    rows = [protocol for protocol in protocols if protocol.agent == treatment.agent]
    if not rows:
        return NO_PROTOCOL, None
    for protocol in rows:
        if meets(protocol, treatment):
            return MET, protocol
    return NOT_MET, None
