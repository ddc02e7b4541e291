"""What roles, positions and assignments are called on screen, in the reader's language."""

from typing import Final

from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p

ROLES: Final[dict[str, LazyText]] = {
    "regulator": _p("role", "Regulator"),
    "inspector": _p("role", "Inspector"),
    "merchant": _p("role", "Business"),
    "lab": _p("role", "Laboratory"),
    "carrier": _p("role", "Carrier"),
    "admin": _p("role", "Administrator"),
}
POSITIONS: Final[dict[str, LazyText]] = {
    "owner": _p("position", "Owner"),
    "clerk": _p("position", "Clerk"),
}
POSITION_HINTS: Final[dict[str, LazyText]] = {
    "owner": _l("does everything for the business, and lets people in"),
    "clerk": _l("does the daily work, may be limited to sites"),
}
ASSIGNMENTS: Final[dict[str, LazyText]] = {
    "standing": _p("assignment", "Standing"),
    "support": _p("assignment", "Support loan"),
}
ASSIGNMENT_HINTS: Final[dict[str, LazyText]] = {
    "standing": _l("until it is ended"),
    "support": _l("lent to another district until a day that is known"),
}
LABELS: Final[dict[str, LazyText]] = {
    "display_name": _l("Your name"),
    "phone": _l("Mobile phone number"),
    "password": _l("Password"),
    "position": _l("What this person is"),
    "site_ids": _l("Sites"),
    "username": _l("Name of the account"),
    "role": _l("Role"),
    "business": _l("Business"),
    "region_code": _l("Region"),
    "office": _l("Office"),
    "kind": _l("Kind"),
    "valid_from": _l("In force from"),
    "valid_to": _l("In force until"),
    "pin": _l("PIN"),
    "again": _l("The same PIN again"),
}
