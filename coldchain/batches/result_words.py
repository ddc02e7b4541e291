"""What a positive means for people, zones, vehicles and other things: who reads of it, what is to be done (R15).

Nothing is locked by these; goods of the same tube are spoken of where their locks are counted.
"""

from collections.abc import Mapping
from typing import Any, Final

from coldchain.batches import states
from coldchain.core.i18n import gettext as _

FOUND: Final = (states.POSITIVE, states.CONFIRMED)


def consequences(tube: Mapping[str, Any], state: str, *, rechecked: bool) -> list[str]:
    """Return finished sentences, none when the tube is not positive or holds goods only."""
    samples = [sample for sample in tube["samples"] if sample["batch"] is None]
    if state not in FOUND or not samples:
        return []
    people = any(sample["worker"] for sample in samples)
    zones = any(sample["zone_id"] for sample in samples)
    said = [_("Officers read of it on their desks at once.")]
    if people or zones:
        said = [_("Officers and the business of the person or the zone read of it on their desks at once.")]
    if people:
        said.append(_("The person goes off work at once and touches no goods."))
    if zones:
        said.append(_("Disinfect the zone and have it sampled again."))
    if any(sample["vehicle_plate"] or sample["unlisted"] for sample in samples):
        said.append(_("Disinfect it and have it sampled again."))
    if len(samples) < len(tube["samples"]):  # of goods too, which say themselves what the laboratory does next
        return said
    if state == states.POSITIVE and rechecked:
        said.append(_("The laboratory confirms the result with the same tube."))
    elif state == states.POSITIVE:
        said.append(_("The laboratory re-checks the same tube."))
    return said
