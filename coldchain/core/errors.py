"""Errors of the domain: a stable code, an HTTP status, and words that the reader's language is found for later.

`message` is an English message id with `{placeholders}`; `params` fills them. Codes are part of the contract, they
never change.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field: JSON pointer, stable code, English message id, its parameters."""

    pointer: str
    code: str
    message: str
    params: dict[str, Any] = field(default_factory=dict)


class DomainError(Exception):
    """Base of all refusals; nothing was changed when one is raised."""

    status = 409
    code = "conflict"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        errors: tuple[FieldError, ...] | list[FieldError] = (),
        extra: dict[str, Any] | None = None,
        **params: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.status = status or self.status
        self.params = params
        self.errors = tuple(errors)
        self.extra = extra or {}

    def __str__(self) -> str:
        return f"{self.code}: {self.message.format_map(_Lenient(self.params))}"


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


class BadRequest(DomainError):
    """The request could not be read at all."""

    status = 400
    code = "malformed"


class Unauthenticated(DomainError):
    """Nobody is signed in."""

    status = 401
    code = "unauthenticated"


class Forbidden(DomainError):
    """The reader may see the thing but not do this to it."""

    status = 403
    code = "forbidden"


class FreshSignInRequired(Forbidden):
    """The reader may do this, but has to prove first, once more, who they are."""

    code = "fresh_sign_in_required"

    def __init__(self, message: str = "Say once more who you are: sign in again first.", **kwargs: Any) -> None:
        super().__init__(message, **kwargs)


class NotFound(DomainError):
    """There is no such thing, or the reader may not see it: the same answer."""

    status = 404
    code = "not_found"

    def __init__(self, message: str = "There is nothing here that you may see.", **kwargs: Any) -> None:
        super().__init__(message, **kwargs)


class Conflict(DomainError):
    """The request is well formed but the state of the books refuses it."""


class Invalid(DomainError):
    """The shape or a value of the request is wrong; `errors` name each field."""

    status = 422
    code = "invalid"

    def __init__(self, message: str = "Some fields need to be changed.", **kwargs: Any) -> None:
        super().__init__(message, **kwargs)

    @classmethod
    def of(cls, pointer: str, code: str, message: str, /, **params: Any) -> "Invalid":
        """Return an error about one field."""
        return cls(errors=[FieldError(pointer, code, message, params)])
