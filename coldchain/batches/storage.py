"""Pure: which zones may take which goods (R4, 三专): imported goods have zones of their own, so have other goods."""

DEDICATED = ("import_dedicated", "sale_counter")
GENERAL = ("general",)
SHARED = ("quarantine", "processing")


def allowed_zones(imported: bool) -> tuple[str, ...]:
    """Return the kinds of zone that may take imported (or other) goods."""
    return (DEDICATED if imported else GENERAL) + SHARED


def fits(zone_kind: str, imported: bool) -> bool:
    """Say whether a zone of that kind may take imported (or other) goods (R4)."""
    return zone_kind in allowed_zones(imported)
