"""The only field types that requests may use: strict, bounded, with a stable code for every refusal.

JSON and forms share them: `from_form` turns the text of a form field into the JSON value it stands for.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import marshmallow as ma

from coldchain.core import identifiers, limits
from coldchain.core.field_errors import GENERIC, Coded, refuse
from coldchain.core.text import TextError, clean, is_blank


def options(required: bool, doc: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return marshmallow's options of a field: one that isn't required may be left out or null, both mean the same."""
    found = dict(given)
    if doc:
        found["metadata"] = {**found.get("metadata", {}), "description": doc}
    if not required and not found.get("dump_only"):
        found.setdefault("load_default", None)
        found.setdefault("allow_none", True)
    return found


class Field(ma.fields.Field[Any]):
    """Base: an optional field may be left out or null, both mean the same; a required one may be neither."""

    default_error_messages = GENERIC
    json_type = "string"
    json_format: str | None = None

    def __init__(self, *, required: bool = False, doc: str | None = None, **kwargs: Any) -> None:
        super().__init__(required=required, **options(required, doc, kwargs))

    def from_form(self, text: str) -> Any:
        """Return the JSON value that the text of a form field stands for; empty means absent."""
        return text if text.strip() else None

    def from_query(self, text: str) -> Any:
        """Return the JSON value that the text of a query parameter stands for; programs write it in one form only."""
        return self.from_form(text)

    def openapi(self) -> dict[str, Any]:
        """Return the JSON schema of this field's value."""
        schema: dict[str, Any] = {"type": self.json_type}
        if self.json_format:
            schema["format"] = self.json_format
        return schema


class Text(Field):
    """NFC text without controls, surrogates or bidi controls, `1..chars` characters after trimming."""

    def __init__(
        self, chars: int = limits.TEXT_CHARS, *, pattern: str | None = None, multiline: bool = False, **kwargs: Any
    ) -> None:
        self.chars = chars
        self.multiline = multiline
        self.pattern = re.compile(pattern) if pattern else None
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise refuse("not_text", "This should be text.")
        try:
            text = clean(value, multiline=self.multiline)
        except TextError as error:
            raise refuse(error.code, error.message, **error.params) from error
        if is_blank(text):
            raise refuse("required", "This is needed.")
        if len(text) > self.chars:
            raise refuse(
                "too_long", "At most {limit} characters; these are {length}.", limit=self.chars, length=len(text)
            )
        if self.pattern and not self.pattern.fullmatch(text):
            raise refuse("invalid", "This value is not possible.")
        return self.check(text)

    def check(self, text: str) -> Any:
        """Return the value to keep; subclasses refuse more."""
        return text

    def openapi(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": self.chars}
        if self.pattern:
            schema["pattern"] = f"^{self.pattern.pattern}$"
        return schema


class Identifier(Text):
    """Text that a validator of `core.identifiers` normalises or refuses."""

    def __init__(self, validate_identifier: Callable[[str], Any], **kwargs: Any) -> None:
        self.validate_identifier = validate_identifier
        super().__init__(limits.CODE_CHARS, **kwargs)

    def check(self, text: str) -> Any:
        try:
            return self.validate_identifier(text)
        except identifiers.IdentifierError as error:
            raise refuse(error.code, error.message, **error.params) from error


class OneOf(Field):
    """One of a closed list of lower-snake words."""

    def __init__(self, values: tuple[str, ...], **kwargs: Any) -> None:
        self.values = values
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, str) or value not in self.values:
            raise refuse("not_one_of", "This should be one of: {values}.", values=", ".join(self.values))
        return value

    def openapi(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.values)}


class Int(Field):
    """A JSON integer (no booleans, no strings, no fractions) within bounds."""

    json_type = "integer"

    def __init__(self, minimum: int = 0, maximum: int = limits.COUNT_MAX, **kwargs: Any) -> None:
        self.minimum, self.maximum = minimum, maximum
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise refuse("not_integer", "This should be a whole number.")
        if not self.minimum <= value <= self.maximum:
            raise refuse(
                "out_of_range",
                "This should be a whole number from {minimum} to {maximum}.",
                minimum=self.minimum,
                maximum=self.maximum,
            )
        return value

    def from_form(self, text: str) -> Any:
        text = text.strip().replace(",", "").replace("，", "")
        if not text:
            return None
        return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text

    def from_query(self, text: str) -> Any:
        if not text:
            return None
        return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text

    def openapi(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


class Units(Int):
    """A quantity in the batch's ledger unit."""

    def __init__(self, minimum: int = 1, **kwargs: Any) -> None:
        super().__init__(minimum, limits.QUANTITY_UNITS_MAX, **kwargs)


class MassG(Int):
    """A mass in whole grams."""

    def __init__(self, minimum: int = 0, **kwargs: Any) -> None:
        super().__init__(minimum, limits.MASS_G_MAX, **kwargs)


class Number(Field):
    """A JSON number within bounds, kept as an exact decimal with at most `places` places."""

    json_type = "number"

    def __init__(self, minimum: int, maximum: int, *, places: int = 2, **kwargs: Any) -> None:
        self.minimum, self.maximum, self.places = minimum, maximum, places
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise refuse("not_number", "This should be a number.")
        number = Decimal(str(value))
        if not number.is_finite() or not self.minimum <= number <= self.maximum:
            raise refuse(
                "out_of_range",
                "This should be a number from {minimum} to {maximum}.",
                minimum=self.minimum,
                maximum=self.maximum,
            )
        return number.quantize(Decimal(1).scaleb(-self.places))

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else float(value)

    def from_form(self, text: str) -> Any:
        text = text.strip().replace("−", "-")
        if not text:
            return None
        return float(text) if re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", text) else text

    def openapi(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self.minimum, "maximum": self.maximum}


class Flag(Field):
    """JSON true or false."""

    json_type = "boolean"

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise refuse("not_boolean", "This should be true or false.")
        return value

    def from_form(self, text: str) -> Any:
        return {"": None, "true": True, "on": True, "yes": True, "false": False, "no": False}.get(
            text.strip().lower(), text
        )

    def from_query(self, text: str) -> Any:
        return {"": None, "true": True, "false": False}.get(text, text)


class Day(Field):
    """A calendar date `YYYY-MM-DD`."""

    json_format = "date"

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.ASCII):
                raise ValueError(value)
            day = date.fromisoformat(value)
        except ValueError as error:
            raise refuse("not_date", "This should be a date such as 2021-01-19.") from error
        if not limits.DATE_YEAR_MIN <= day.year <= limits.DATE_YEAR_MAX:
            raise refuse(
                "out_of_range",
                "The year should be from {minimum} to {maximum}.",
                minimum=limits.DATE_YEAR_MIN,
                maximum=limits.DATE_YEAR_MAX,
            )
        return day

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.isoformat()

    def from_form(self, text: str) -> Any:
        parts = re.fullmatch(r"\s*([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?\s*", text)
        if not parts:
            return text if text.strip() else None
        year, month, day = (int(part) for part in parts.groups())
        return f"{year:04d}-{month:02d}-{day:02d}"

    def from_query(self, text: str) -> Any:
        return text or None


_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class Moment(Field):
    """An RFC 3339 time with an offset, kept in UTC."""

    json_format = "date-time"

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            if not isinstance(value, str) or not _RFC3339.fullmatch(value):
                raise ValueError(value)
            moment = datetime.fromisoformat(re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", value.upper()))
            if not limits.DATE_YEAR_MIN <= moment.year <= limits.DATE_YEAR_MAX:
                raise ValueError(value)
            return moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise refuse(
                "not_time", "This should be a time with its offset, such as 2021-01-19T12:00:00+08:00."
            ) from error

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def from_form(self, text: str) -> Any:
        """A form's local time (`2021-01-19T12:00`) is Beijing time."""
        text = text.strip()
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?", text):
            return text.replace(" ", "T") + "+08:00"
        return text or None

    def from_query(self, text: str) -> Any:
        """The offset is needed; its plus sign may have come as a space, which is what `+` means in a query."""
        return re.sub(r" (?=[0-9]{2}:[0-9]{2}$)", "+", text) if "T" in text.upper() else text or None


class Key(Field):
    """A UUID."""

    json_format = "uuid"

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            if not isinstance(value, str) or len(value) != 36:
                raise ValueError(value)
            return UUID(value)
        except ValueError as error:
            raise refuse("not_id", "This should be an identifier such as 018f3a2b-….") from error

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else str(value)


class BusinessRef(Text):
    """A business named by its USCC or its `business_id`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(limits.CODE_CHARS, **kwargs)


class Items(ma.fields.List[Any]):
    """A list of `minimum..maximum` values of one kind."""

    default_error_messages = {**GENERIC, "invalid": Coded("This should be a list.", "not_list")}

    def __init__(
        self,
        inner: Any,
        *,
        minimum: int = 0,
        maximum: int = limits.LINES_PER_REQUEST,
        required: bool = False,
        doc: str | None = None,
        **kw: Any,
    ) -> None:
        self.minimum, self.maximum = minimum, maximum
        super().__init__(inner, required=required, **options(required, doc, kw))
        # a list holds values: one that isn't there is left out, never null, and nothing stands in for it
        self.inner.allow_none, self.inner.load_default = False, ma.missing

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if not self.minimum <= len(value) <= self.maximum:
            raise refuse(
                "wrong_count",
                "There should be {minimum} to {maximum} of these; there are {count}.",
                minimum=self.minimum,
                maximum=self.maximum,
                count=len(value),
            )
        return super()._deserialize(value, attr, data, **kwargs)


class Part(ma.fields.Nested):
    """An object within the object."""

    default_error_messages = {**GENERIC, "type": Coded("This should be an object.", "not_object")}

    def __init__(self, nested: Any, *, required: bool = False, doc: str | None = None, **kwargs: Any) -> None:
        super().__init__(nested, required=required, **options(required, doc, kwargs))


class Anything(Field):
    """A value passed out as it is (answers only)."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        raise refuse("invalid", "This value is not possible.")

    def openapi(self) -> dict[str, Any]:
        return {}


class Schema(ma.Schema):
    """Base of all schemas: unknown fields are errors, in the body and in the query."""

    error_messages = {
        "unknown": Coded("There is no such field.", "unknown_field"),
        "type": Coded("This should be an object.", "not_object"),
    }

    class Meta:
        unknown = ma.RAISE


class PageQuery(Schema):
    """Paging of every list."""

    limit = Int(1, limits.PAGE_MAX, load_default=limits.PAGE_DEFAULT, allow_none=False)
    cursor = Text(limits.CURSOR_CHARS)
