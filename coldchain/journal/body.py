"""The body of an entry: RFC 8785 canonical JSON, byte for byte what the leaf hash covers. Pure.

Shape, final: `{v: 1, kind, subject, occurred_at, recorded_at, nonce, data}`. Inside `data` the names that begin with an
underscore belong to the journal: `_recorded_by`, `_business_id`, `_region_code` put the row's other columns under the
hash too. The nonce keeps a fact with few possible values from being guessed out of a published leaf hash.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import rfc8785

VERSION: Final = 1
NONCE_BYTES: Final = 16
INTEGER_MAX: Final = 2**53 - 1  # beyond this JSON readers lose digits, so the number travels as text
RESERVED_PREFIX: Final = "_"
ENVELOPE: Final = ("_recorded_by", "_business_id", "_region_code")
KIND: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")

_ENVELOPE_ORDER: Final = tuple(sorted(ENVELOPE))
# Names sort by code unit: after `_…` come lower-case ones only, so behind one of those no name of ours can follow.
_NO_ENVELOPE_LEFT: Final = re.compile(r'\}|,?"[a-z]')


class NotCanonical(ValueError):
    """A value has no canonical form in an entry body (a float, a naive time, an unknown type)."""


def moment(value: datetime) -> str:
    """Return an aware moment as RFC 3339 in UTC, always with six digits of a second. Raises NotCanonical."""
    if value.tzinfo is None:
        raise NotCanonical("a moment in the journal must be aware")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def plain(value: Any) -> Any:
    """Return `value` as str, int, bool, None, list or dict, the rest converted explicitly. Raises NotCanonical."""
    if value is None or isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, int):
        return int(value) if abs(value) <= INTEGER_MAX else str(int(value))
    if isinstance(value, Mapping):
        return {_name(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    raise NotCanonical(f"{type(value).__name__} has no form in the journal")


def _name(name: object) -> str:
    if not isinstance(name, str):
        raise NotCanonical("names in a journal entry are text")
    return str(name)


def compose(
    *,
    kind: str,
    subject_id: UUID,
    occurred_at: datetime,
    recorded_at: datetime,
    nonce: bytes,
    data: Mapping[str, Any],
    recorded_by: UUID | None,
    business_id: UUID | None,
    region_code: str | None,
) -> bytes:
    """Return the canonical body; `data` holds text, integers, booleans, None, lists, mappings, UUIDs, times, Decimals.

    Raises NotCanonical for floats, naive times, half characters, other types, and for names of the journal's own.
    """
    if not KIND.fullmatch(kind):
        raise NotCanonical("a kind is lower-case words with dots between them")
    facts = plain(data)
    if any(name.startswith(RESERVED_PREFIX) for name in facts):
        raise NotCanonical(f"names that begin with {RESERVED_PREFIX!r} are the journal's own")
    for name, value in zip(ENVELOPE, (recorded_by, business_id, region_code), strict=True):
        if value is not None:
            facts[name] = str(value)
    body = {
        "v": VERSION,
        "kind": kind,
        "subject": str(subject_id),
        "occurred_at": moment(occurred_at),
        "recorded_at": moment(recorded_at),
        "nonce": nonce.hex(),
        "data": facts,
    }
    try:
        return rfc8785.dumps(body)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise NotCanonical(str(error)) from error


def fits(
    content: str,
    kind: str,
    subject: str,
    recorded_by: str | None,
    business_id: str | None,
    region_code: str | None,
    occurred_at: str,
    recorded_at: str,
) -> bool:
    """Say whether a stored body says what the columns of its row say (ids and times as the body writes them).

    In canonical order the columns stand at the two ends of the body, so most bodies need not be parsed.
    """
    middle = f',"kind":"{kind}","nonce":"'
    end = f'","occurred_at":"{occurred_at}","recorded_at":"{recorded_at}","subject":"{subject}","v":{VERSION}}}'
    if not content.endswith(end) or not content.startswith(middle, len(content) - len(end) - 32 - len(middle)):
        return False
    if not KIND.fullmatch(kind):
        return False
    envelope = (business_id, recorded_by, region_code)
    head = '{"data":{' + ",".join(
        f'"{name}":"{value}"' for name, value in zip(_ENVELOPE_ORDER, envelope, strict=True) if value is not None
    )
    plain_code = region_code is None or region_code.isalnum()
    if plain_code and content.startswith(head) and _NO_ENVELOPE_LEFT.match(content, len(head)):
        return True
    return _parsed_fits(content, dict(zip(_ENVELOPE_ORDER, envelope, strict=True)))


def _parsed_fits(content: str, envelope: dict[str, str | None]) -> bool:
    try:
        data = json.loads(content)["data"]
        return all(data.get(name) == value for name, value in envelope.items())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
