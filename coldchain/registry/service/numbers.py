"""The unified social credit code of a business: kept although its check character fails, when somebody says why."""

from coldchain.core.errors import FieldError, Invalid
from coldchain.core.identifiers import IdentifierError, check_uscc


def override_of(uscc: str, reason: str | None) -> str | None:
    """Return why a code is kept although its check character fails, None for one that fits, whatever was said.

    Raises Invalid at `/uscc` `uscc_check` when it fails and nobody says why.
    """
    try:
        check_uscc(uscc)
    except IdentifierError as error:
        if error.overridable and reason:
            return reason
        wrong = FieldError("/uscc", error.code, error.message, dict(error.params))
        raise Invalid(errors=[wrong]) from error
    return None
