"""Several checks of one request: all that they refuse is said at once, not one thing after the other."""

from collections.abc import Callable
from typing import TypeVar

from coldchain.core.errors import DomainError, FieldError, Invalid

Found = TypeVar("Found")


class Gathered:
    """Takes what checks say of the fields; what is no matter of a field is raised as it comes."""

    def __init__(self) -> None:
        self.refused: list[DomainError] = []

    def take(self, check: Callable[[], Found]) -> Found | None:
        """Return what a check found, None when it refused fields. Raises what is not about fields."""
        try:
            return check()
        except DomainError as error:
            if not error.errors:
                raise
            self.refused.append(error)
            return None

    @property
    def errors(self) -> list[FieldError]:
        """What was refused, field by field."""
        return [each for error in self.refused for each in error.errors]

    def refuse(self) -> None:
        """Raise what was refused: the one refusal as it was, several as Invalid with all their fields."""
        if len(self.refused) == 1:
            raise self.refused[0]
        if self.refused:
            raise Invalid(errors=self.errors)
