"""Keyset paging of every list: the cursor names the last key that was given."""

import base64
import math
import struct
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import Session

from coldchain.core.errors import Invalid


def encode(key: UUID) -> str:
    """Return the cursor of a key."""
    return base64.urlsafe_b64encode(key.bytes).decode().rstrip("=")


def decode(cursor: str) -> UUID:
    """Return the key of a cursor. Raises Invalid `invalid_cursor`."""
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError) as error:
        raise Invalid.of("/cursor", "invalid_cursor", "This is not a cursor that was given out.") from error


def encode_sorted(order: Sequence[float], *keys: UUID) -> str:
    """Return the cursor of a row that is listed by figures first and by keys where those are equal."""
    packed = struct.pack(f">{len(order)}d", *order) + b"".join(key.bytes for key in keys)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def decode_sorted(cursor: str, figures: int, keys: int) -> tuple[tuple[float, ...], tuple[UUID, ...]]:
    """Return the figures and keys of such a cursor. Raises Invalid `invalid_cursor`."""
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        order = struct.unpack(f">{figures}d", packed[: 8 * figures])
        rest = packed[8 * figures :]
        if len(rest) != 16 * keys or not all(math.isfinite(figure) for figure in order):
            raise ValueError(cursor)
        return order, tuple(UUID(bytes=rest[16 * i : 16 * (i + 1)]) for i in range(keys))
    except (ValueError, struct.error) as error:
        raise Invalid.of("/cursor", "invalid_cursor", "This is not a cursor that was given out.") from error


def part(
    rows: Sequence[Any], key: Callable[[Any], UUID], limit: int, cursor: str | None, *, newest_first: bool = False
) -> tuple[list[Any], str | None]:
    """Return up to `limit` of rows that are there already, in key order, after `cursor`, and the next cursor."""
    ordered = sorted(rows, key=key, reverse=newest_first)
    if cursor is not None:
        after = decode(cursor)
        ordered = [row for row in ordered if (key(row) < after if newest_first else key(row) > after)]
    return ordered[:limit], encode(key(ordered[limit - 1])) if len(ordered) > limit else None


def page(
    session: Session, statement: Select[Any], key: Any, limit: int, cursor: str | None, *, newest_first: bool = True
) -> tuple[list[Any], str | None]:
    """Return up to `limit` rows (scalars of the first column) in key order after `cursor`, and the next cursor."""
    if cursor is not None:
        after = decode(cursor)
        statement = statement.where(key < after if newest_first else key > after)
    ordered = statement.order_by(key.desc() if newest_first else key).limit(limit + 1)
    rows = list(session.scalars(ordered))
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode(getattr(rows[limit - 1], key.key))
