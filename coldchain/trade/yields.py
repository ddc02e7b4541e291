"""Pure: what goes into a processing comes out of it or is lost (R10), within a tolerance that is data."""

from dataclasses import dataclass
from typing import Final

PROCESSES: Final = ("cut", "repack", "cook", "mix")
ADDING: Final = frozenset({"cook", "mix"})  # other ingredients, water and salt, may go in besides the batches
KEEPS_SHELF_LIFE: Final = frozenset({"cut", "repack"})  # goods don't keep longer for it


@dataclass(frozen=True)
class MassBalance:
    """Grams that went in (of batches, and `added_g` of other ingredients), that came out, that were declared lost."""

    input_g: int
    added_g: int
    output_g: int
    loss_g: int
    tolerance_permille: int

    @property
    def difference_g(self) -> int:
        """Grams that nobody accounts for; below zero more came out than went in."""
        return self.input_g + self.added_g - self.output_g - self.loss_g

    @property
    def allowed_g(self) -> int:
        """Grams that may be unaccounted for: scales and glaze."""
        return (self.input_g + self.added_g) * self.tolerance_permille // 1000

    @property
    def fits(self) -> bool:
        """Say whether the masses balance: nothing appears, and no more disappears than the tolerance (R10)."""
        return 0 <= self.difference_g <= self.allowed_g
