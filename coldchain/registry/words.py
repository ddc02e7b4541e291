"""What the registry's kinds are called on screen, in the reader's language."""

from typing import Final

from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p

BUSINESS_KINDS: Final[dict[str, LazyText]] = {
    "importer": _p("business kind", "Importer"),
    "producer": _p("business kind", "Producer"),
    "wholesaler": _p("business kind", "Wholesaler"),
    "supermarket": _p("business kind", "Supermarket"),
    "shop": _p("business kind", "Shop"),
    "caterer": _p("business kind", "Caterer"),
    "ecommerce": _p("business kind", "Online seller"),
    "cold_store": _p("business kind", "Cold store"),
    "carrier": _p("business kind", "Carrier"),
    "lab": _p("business kind", "Laboratory"),
    "disinfection_service": _p("business kind", "Disinfection service"),
    "market_operator": _p("business kind", "Market operator"),
}
SITE_KINDS: Final[dict[str, LazyText]] = {
    "cold_store": _p("site kind", "Cold store"),
    "stall": _p("site kind", "Stall"),
    "shop": _p("site kind", "Shop"),
    "supermarket": _p("site kind", "Supermarket"),
    "kitchen": _p("site kind", "Restaurant kitchen"),
    "plant": _p("site kind", "Plant"),
    "first_store": _p("site kind", "First store"),
}
VENUE_KINDS: Final[dict[str, LazyText]] = {
    "park": _p("venue kind", "Logistics park"),
    "market": _p("venue kind", "Market"),
    "mall": _p("venue kind", "Mall"),
}
ZONE_KINDS: Final[dict[str, LazyText]] = {
    "import_dedicated": _p("zone kind", "Zone for imports only"),
    "general": _p("zone kind", "General zone"),
    "sale_counter": _p("zone kind", "Sale counter for imported cold-chain food"),
    "quarantine": _p("zone kind", "Quarantine zone"),
    "processing": _p("zone kind", "Processing zone"),
}
TEMPERATURE_CLASSES: Final[dict[str, LazyText]] = {
    "chilled": _p("temperature class", "Chilled, 0 °C and above"),
    "frozen": _p("temperature class", "Frozen, −18 °C"),
    "ultra": _p("temperature class", "Deep frozen, −40 °C"),
}
STEWARD_KINDS: Final[dict[str, LazyText]] = {
    "territorial": _p("steward", "Steward of the area"),
    "industry": _p("steward", "Steward of the industry's regulator"),
    "enterprise": _p("steward", "Steward of the enterprise"),
}
CATEGORIES: Final[dict[str, LazyText]] = {
    "meat": _p("product category", "Meat"),
    "poultry": _p("product category", "Poultry"),
    "aquatic": _p("product category", "Aquatic products"),
    "dairy": _p("product category", "Dairy"),
    "ice": _p("product category", "Ice cream and ices"),
    "produce": _p("product category", "Fruit and vegetables"),
    "other": _p("product category", "Other"),
}
DECISIONS: Final[dict[str, LazyText]] = {
    "approve": _p("decision", "Approve"),
    "reject": _p("decision", "Reject"),
    "suspend": _p("decision", "Suspend"),
    "reinstate": _p("decision", "Reinstate"),
    "close": _p("decision", "Strike off"),
}
OUTCOMES: Final[dict[str, LazyText]] = {
    "stands": _l("The decision stands"),
    "taken_back": _l("The decision is taken back"),
}
DUPLICATE_REASONS: Final[dict[str, LazyText]] = {
    "phone": _l("the same phone"),
    "place": _l("the same address"),
    "name": _l("a similar name"),
}
PAIR_STATES: Final[dict[str, LazyText]] = {
    "open": _l("To look at"),
    "set_aside": _l("Set aside"),
}
CHANGED: Final[dict[str, LazyText]] = {
    "name": _l("the name"),
    "place": _l("the address"),
    "phone": _l("the phone"),
}
MOVES: Final[dict[str, LazyText]] = {  # what goes over in a merger, in the order of importance
    "batches": _l("Batches in stock"),
    "holds": _l("Seals and locks on its own goods"),
    "tasks": _l("Sweep tasks"),
    "visits": _l("Visits"),
    "findings": _l("Findings"),
    "decisions": _l("Decisions"),
    "consignments": _l("Consignments"),
    "stock_entries": _l("Stock entries"),
    "arrivals": _l("Arrivals"),
    "flags": _l("Flags"),
    "sites": _l("Sites"),
    "workers": _l("People at work"),
    "letters": _l("Commitment letters"),
    "licences": _l("Licences"),
    "contacts": _l("Contacts"),
    "consents_ended": _l("Consents that end: give them anew"),
}
DECIDED: Final[dict[str, LazyText]] = {
    "approve": _l("Approved. The business may trade, and its owner may let people in."),
    "reject": _l("Not approved. The business reads the reason, and may correct and send again."),
    "suspend": _l("Suspended. From now on its arrivals, dispatches and sales are refused; it reads the reason."),
    "reinstate": _l("Reinstated. The business reads it on its start page."),
    "close": _l("Struck off. The business may not trade any more; its records stay."),
}
