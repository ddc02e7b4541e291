"""Room on disk: what a failed write said of it lately, and how much is left where files of ours lie."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

FREE_MIN_BYTES: Final = 32 * 1024 * 1024  # two segments of PostgreSQL's log: with less it may stop at any moment
REMEMBERED_S: Final = 10.0
NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT}
DISK_FULL: Final = "53100"  # the SQLSTATE of a database that finds no room

_seen: dict[str, float] = {}


def found_no_room(error: BaseException | None) -> bool:
    """Say whether an error, or what the database driver said beneath it, is a write that found no room; remember it."""
    driver = getattr(error, "orig", error)
    full = getattr(driver, "sqlstate", None) == DISK_FULL or (
        isinstance(driver, OSError) and driver.errno in NO_ROOM
    )  # fmt: skip
    if full:
        _seen["at"] = time.monotonic()
    return full


def is_full(places: Iterable[Path] = ()) -> bool:
    """Say whether this process met a full disk within REMEMBERED_S, or one of these places has less than it should."""
    if time.monotonic() - _seen.get("at", -REMEMBERED_S) < REMEMBERED_S:
        return True
    return any((free := free_bytes(place)) is not None and free < FREE_MIN_BYTES for place in places)


def free_bytes(place: Path) -> int | None:
    """Return the room left for us where `place` lies; None when it isn't there."""
    try:
        found = os.statvfs(place)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize
