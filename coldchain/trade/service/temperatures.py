"""How cold goods were when they left and when they came, against what their zone keeps. A warning, never a refusal."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from sqlmodel import Session

from coldchain.core import clock
from coldchain.core.i18n import N_
from coldchain.policy import service as policy
from coldchain.registry import service as registry
from coldchain.trade.models import Consignment

PARAMETER: Final = "{temperature_class}_temperature_c"  # {coldest?, warmest?} in °C, both belong to the class
MESSAGES: Final = {
    "departure": N_("The temperature on departure is outside of what these goods are kept at."),
    "arrival": N_("The temperature on arrival is outside of what these goods are kept at."),
}


def within(figures: Mapping[str, Any], temperature_class: str, temperature_c: Decimal) -> bool:
    """Say whether a temperature (°C) lies in the bounds of a zone's class (chilled, frozen, ultra)."""
    bounds = figures[PARAMETER.format(temperature_class=temperature_class)]
    coldest, warmest = bounds.get("coldest"), bounds.get("warmest")
    if coldest is not None and temperature_c < Decimal(str(coldest)):
        return False
    return warmest is None or temperature_c <= Decimal(str(warmest))


def judge(
    figures: Mapping[str, Any], when: str, temperature_class: str, temperature_c: Decimal | None
) -> list[dict[str, str]]:
    """Return the warning `<when>_temperature` for a temperature out of the class; `when`: departure or arrival."""
    if temperature_c is None or within(figures, temperature_class, temperature_c):
        return []
    return [{"code": f"{when}_temperature", "message": MESSAGES[when]}]


def of_consignment(session: Session, consignment: Consignment) -> dict[str, bool]:
    """Say of each temperature that was measured (departure, arrival) whether it lies in the class of its zone."""
    measured = {
        "departure": (consignment.departure_temperature_c, consignment.from_zone_id),
        "arrival": (consignment.arrival_temperature_c, consignment.to_zone_id),
    }
    zones = registry.zones(session, [zone_id for _celsius, zone_id in measured.values()])
    figures = policy.parameters(session, consignment.recorded_at.astimezone(clock.BEIJING).date())
    return {
        when: within(figures, zones[zone_id][0].temperature_class, celsius)
        for when, (celsius, zone_id) in measured.items()
        if celsius is not None and zone_id is not None
    }
