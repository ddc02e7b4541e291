"""The form door: `lines-0-product_id=…` becomes the same nested value that JSON would bring, for the same schema."""

import re
from collections.abc import Iterable
from typing import Any

import marshmallow as ma

from coldchain.core import field_errors, fields, limits

_INDEX = re.compile(r"^([0-9]{1,4})$")


def nested(schema: ma.Schema, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the JSON-like value of form or query `pairs` for `schema`; empty optional fields are left out.

    Unknown names are kept, so that the schema refuses them by name. Names that start with `_` belong to the page.
    """
    tree: dict[str, Any] = {}
    for name, text in pairs:
        if name.startswith("_") or name == "csrf_token":
            continue
        *path, last = name.split("-")[: limits.JSON_DEPTH]
        here = tree
        for part in path:
            step = here.setdefault(part, {})
            if not isinstance(step, dict):
                break
            here = step
        else:
            here.setdefault(last, []).append(text) if isinstance(here.get(last, []), list) else None
    return _object(schema, tree)


def query(schema: ma.Schema, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the JSON-like value of a program's query `pairs` for `schema`: flat names, no local forms of values.

    Unknown names are kept, so that the schema refuses them by name. Raises ValidationError (code `repeated`) for a
    single value that is given twice.
    """
    given: dict[str, list[str]] = {}
    for name, text in pairs:
        given.setdefault(name, []).append(text)
    known = {field.data_key or name: field for name, field in schema.load_fields.items()}
    result: dict[str, Any] = {}
    for name, texts in given.items():
        field = known.get(name)
        many = isinstance(field, ma.fields.List)
        if len(texts) > 1 and not many:
            raise ma.ValidationError({name: [field_errors.Coded("This is given more than once.", "repeated")]})
        inner = field.inner if isinstance(field, ma.fields.List) else field
        values = [inner.from_query(text) if isinstance(inner, fields.Field) else text for text in texts]
        if (found := [value for value in values if value is not None]) or field is None:
            result[name] = found if many else (found or texts)[0]
    return result


def _object(schema: ma.Schema, tree: dict[str, Any]) -> dict[str, Any]:
    known = {field.data_key or name: field for name, field in schema.load_fields.items()}
    result = {}
    for name, value in tree.items():
        converted = _value(known.get(name), value)
        if converted is not None:
            result[name] = converted
    return result


def _value(field: Any, value: Any) -> Any:
    if isinstance(field, ma.fields.Nested) and isinstance(value, dict):
        return _object(field.schema, value) or None
    if isinstance(field, ma.fields.List):
        if isinstance(value, dict):  # lines-0-…, lines-1-…
            rows = [value[k] for k in sorted((k for k in value if _INDEX.match(k)), key=int)]
            items = [_value(field.inner, row) for row in rows]
        else:
            items = [_value(field.inner, [text]) for text in value]
        return [item for item in items if item is not None] or None
    if isinstance(value, dict):
        return value
    text = value[-1]
    return field.from_form(text) if isinstance(field, fields.Field) else text


def flat(value: Any, prefix: str = "") -> dict[str, str]:
    """Return `{name: text}` of a nested value, the inverse of `nested`, to fill a form again."""
    if isinstance(value, dict):
        items: Iterable[tuple[str, Any]] = value.items()
    elif isinstance(value, list):
        items = ((str(index), item) for index, item in enumerate(value))
    else:
        return {} if value is None else {prefix: str(value)}
    result: dict[str, str] = {}
    for name, item in items:
        result |= flat(item, f"{prefix}-{name}" if prefix else name)
    return result
