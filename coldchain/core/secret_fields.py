"""Fields for what nobody may read again: taken as typed, never trimmed, never shown, never part of a kept answer."""

from collections.abc import Mapping
from typing import Any

from coldchain.core import limits
from coldchain.core.field_errors import refuse
from coldchain.core.fields import Field


class Password(Field):
    """A new password, as it was typed."""

    json_format = "password"

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise refuse("not_text", "This should be text.")
        if not limits.PASSWORD_CHARS_MIN <= len(value) <= limits.PASSWORD_CHARS_MAX:
            raise refuse(
                "wrong_length", "A password has {minimum} to {maximum} characters.",
                minimum=limits.PASSWORD_CHARS_MIN, maximum=limits.PASSWORD_CHARS_MAX,
            )  # fmt: skip
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise refuse("invalid", "This value is not possible.") from error
        return value

    def openapi(self) -> dict[str, Any]:
        return super().openapi() | {
            "minLength": limits.PASSWORD_CHARS_MIN, "maxLength": limits.PASSWORD_CHARS_MAX, "writeOnly": True,
        }  # fmt: skip
