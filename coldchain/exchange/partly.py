"""Rows of which some cell can't be read: what did read is checked with the rest of the table, so that all is said."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from coldchain.core import problems
from coldchain.core.errors import FieldError


def load(schema: ma.Schema, data: Mapping[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
    """Return what a schema could read of `data`, and what it refused."""
    try:
        return dict(schema.load(data)), []
    except ma.ValidationError as error:
        read = error.valid_data if isinstance(error.valid_data, dict) else {}
        return read, list(problems.as_domain_error(error).errors)
