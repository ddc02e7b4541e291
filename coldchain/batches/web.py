"""Pages of arrivals, batches and sampling tubes. They call the services that the API calls."""

from coldchain.batches import (
    flags_web,
    pages_arrival_acts,
    pages_arrivals,
    pages_disinfection_orders,
    pages_due,
    pages_lab,
    pages_lists,
    pages_papers,
    pages_platform_codes,
    pages_results,
    pages_tube_form,
    pages_tubes,
    pages_verification,
)
from coldchain.batches.pages_blueprint import bp

__all__ = [
    "bp",
    "flags_web",
    "pages_arrival_acts",
    "pages_arrivals",
    "pages_disinfection_orders",
    "pages_due",
    "pages_lab",
    "pages_lists",
    "pages_papers",
    "pages_platform_codes",
    "pages_results",
    "pages_tube_form",
    "pages_tubes",
    "pages_verification",
]
