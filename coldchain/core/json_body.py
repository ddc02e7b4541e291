"""The one loader of JSON bodies: size, depth, duplicate keys and long numbers are refused before it builds.

The standard library's reader recurses and converts digits without bound (a 20,000-deep array or a 5,000-digit integer
would be a 500), so the text is scanned once for depth and number length first.
"""

import json
import re
from typing import Any

from coldchain.core import limits
from coldchain.core.errors import BadRequest, DomainError

# A text that never ends is one token too: looking for its end from each quote in it would take hours.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]|-?[0-9][0-9.eE+-]*', re.DOTALL)


def load(raw: bytes) -> Any:
    """Return the value of a JSON text in UTF-8. Raises BadRequest or a 413 DomainError."""
    if len(raw) > limits.JSON_BYTES:
        raise DomainError(
            "The request is larger than {limit} bytes.", code="too_large", status=413, limit=limits.JSON_BYTES
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest("The request is not UTF-8 text.", code="not_utf8") from error
    _scan(text)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate (\ud800) can't be stored anywhere
    except BadRequest:
        raise
    except UnicodeEncodeError as error:
        raise BadRequest("The request holds half a character (a lone surrogate).", code="malformed") from error
    except (ValueError, RecursionError) as error:
        raise BadRequest("The request is not valid JSON.", code="malformed") from error
    return value


def _scan(text: str) -> None:
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in "[{":
            depth += 1
            if depth > limits.JSON_DEPTH:
                raise BadRequest("The request is nested deeper than {limit}.", code="too_deep", limit=limits.JSON_DEPTH)
        elif token in "]}":
            depth -= 1
        elif token[0] != '"' and len(token) > limits.JSON_NUMBER_CHARS:
            raise BadRequest(
                "A number is longer than {limit} characters.", code="number_too_long", limit=limits.JSON_NUMBER_CHARS
            )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("An object names the same field twice.", code="duplicate_key")
    return found


def _constant(name: str) -> Any:
    raise BadRequest("{name} is not JSON.", code="malformed", name=name)
