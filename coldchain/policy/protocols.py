"""Pure: whether a disinfection record meets a protocol of its day, place and temperature (R7)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from coldchain.regions.tree import NATION

MET, NOT_MET, NO_PROTOCOL = "met", "not_met", "no_protocol"


@dataclass(frozen=True)
class Protocol:
    """A way to disinfect that counts from `ambient_from_c` (inclusive) to `ambient_to_c` (exclusive); None is open.

    `region_code` None is the nation; `valid_from` and `valid_to`, both inclusive, are days of treatments.
    """

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
    region_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


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


def in_force(protocols: Iterable[Protocol], *, regions: Sequence[str], on: date) -> list[Protocol]:
    """Return the rows that hold on a day in one of `regions` (most specific first), those of the nearest first.

    Of a code the newest version that had begun counts, so that a stricter one leaves what was done before as it was.
    """
    begun: dict[str, Protocol] = {}
    for row in sorted(protocols, key=lambda row: row.version):
        if row.valid_from is None or row.valid_from <= on:
            begun[row.code] = row
    places = {region: place for place, region in enumerate([*regions, NATION])}
    rows = [row for row in begun.values() if row.valid_to is None or on <= row.valid_to]
    return sorted(
        (row for row in rows if (row.region_code or NATION) in places),
        key=lambda row: places[row.region_code or NATION],
    )


def judge_treatment(protocols: Sequence[Protocol], treatment: Treatment) -> tuple[str, Protocol | None]:
    """Return `met` and the protocol that is met, else `not_met`, or `no_protocol` for an agent without any row (R7).

    `protocols` are those `in_force`. A nearer region's rows for the agent at that temperature stand in for the others.
    """
    rows = [protocol for protocol in protocols if protocol.agent == treatment.agent]
    if not rows:
        return NO_PROTOCOL, None
    fitting = [row for row in rows if valid_at(row, treatment.ambient_temperature_c)]
    for protocol in fitting:
        if protocol.region_code == fitting[0].region_code and meets(protocol, treatment):
            return MET, protocol
    return NOT_MET, None
