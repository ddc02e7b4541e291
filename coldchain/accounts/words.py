"""What the screens call roles."""

from typing import Final

from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_pgettext as _p

ROLES: Final[dict[str, LazyText]] = {
    "regulator": _p("role", "Regulator"),
    "inspector": _p("role", "Inspector"),
    "merchant": _p("role", "Business"),
    "lab": _p("role", "Laboratory"),
    "carrier": _p("role", "Carrier"),
    "admin": _p("role", "Administrator"),
}
