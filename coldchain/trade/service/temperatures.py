"""How cold goods were when they left and when they came, against what their zone keeps. A warning, never a refusal."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from coldchain.core.i18n import N_

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
