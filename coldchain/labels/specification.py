"""Pure: how much is in a piece, in words that need no language: `450 g × 6`, `2 kg × 6`, `10 kg`."""

from coldchain.core.pages import GRAMS_PER_KG, kilograms


def net_mass(mass_g: int) -> str:
    """Return grams as a pack says them: `450 g` below a kilogram, else `2 kg`."""
    return f"{mass_g} g" if mass_g < GRAMS_PER_KG else kilograms(mass_g)


def specification(unit_mass_g: int, units_per_piece: int, ledger_unit: str) -> str:
    """Return what one piece holds: net mass of a unit (g) times units; gram ledgers: net mass of the piece."""
    if ledger_unit == "gram":
        return net_mass(units_per_piece * unit_mass_g)
    if units_per_piece == 1:
        return net_mass(unit_mass_g)
    return f"{net_mass(unit_mass_g)} × {units_per_piece}"
