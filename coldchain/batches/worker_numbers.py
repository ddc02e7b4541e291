"""The number by which a sampling list names a person at work, so that a laboratory needs no list of people.

The last eight signs of the person's id, random since they are drawn: they tell nothing and fit two people hardly ever;
then neither is found, and the whole id is typed.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import Text, cast, func
from sqlmodel import Session, col, select

from coldchain.registry.models import Worker

SIGNS: Final = 8
WHOLE: Final = 32


def number(worker_id: UUID) -> str:
    """Return the number of a person as it is shown: `3F9A 2C71`."""
    signs = worker_id.hex[-SIGNS:].upper()
    return f"{signs[:4]} {signs[4:]}"


def find(session: Session, texts: Iterable[str]) -> dict[str, UUID]:
    """Return who works now under each typed number or whole id; what fits nobody, or two, is left out."""
    wanted = {text: signs for text in texts if len(signs := _signs(text)) in {SIGNS, WHOLE}}
    if not wanted:
        return {}
    end = func.right(func.replace(cast(col(Worker.worker_id), Text), "-", ""), SIGNS)
    rows = session.scalars(
        select(col(Worker.worker_id)).where(
            end.in_({signs[-SIGNS:] for signs in wanted.values()}), col(Worker.ended_on).is_(None)
        )
    ).all()
    fits = {text: [row for row in rows if row.hex.endswith(signs)] for text, signs in wanted.items()}
    return {text: found[0] for text, found in fits.items() if len(found) == 1}


def _signs(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower().replace("-", "").replace(" ", "").replace("o", "0")
