"""What a field says when it refuses a value: a message in English with the stable code that never changes."""

from typing import Any

import marshmallow as ma


class Coded(str):
    """An English message id that carries its stable code and parameters through marshmallow's error trees."""

    __slots__ = ("code", "params")
    code: str
    params: dict[str, Any]

    def __new__(cls, message: str, code: str, /, **params: Any) -> "Coded":
        coded = super().__new__(cls, message)
        coded.code = code
        coded.params = params
        return coded

    def __deepcopy__(self, memo: Any) -> "Coded":  # marshmallow copies the fields of every schema; this never changes
        return self


def refuse(code: str, message: str, /, **params: Any) -> ma.ValidationError:
    """Return a validation error with a stable code; the caller raises it."""
    return ma.ValidationError([Coded(message, code, **params)])


GENERIC: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": Coded("This is needed.", "required"),
    "null": Coded("This may not be empty.", "required"),
    "validator_failed": Coded("This value is not possible.", "invalid"),
    "unknown": Coded("There is no such field.", "unknown_field"),
}
