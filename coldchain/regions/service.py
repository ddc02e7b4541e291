"""The table of regions over time and the supervision offices below the district.

A code that ended is found and named for old records for ever; nothing new is registered there.
"""

import csv
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from coldchain.core import clock, paging
from coldchain.core.errors import Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.core.text import normalise_name
from coldchain.regions.models import Office, Region
from coldchain.regions.tree import stem

DATA: Final = Path(__file__).resolve().parent / "data" / "gbt2260.tsv"
_CODE = re.compile(r"[0-9]{6}")


def load(session: Session) -> int:
    """Bring the table of regions to the shipped state and return how many rows changed; a second run changes none."""
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = [
            {
                "code": row["code"],
                "name_zh": row["name_zh"],
                "name_en": row["name_en"],
                "level": row["level"],
                "parent_code": row["parent"] or None,
                "valid_from": date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
                "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
                "successor_code": row["successor"] or None,
            }
            for row in csv.DictReader(file, delimiter="\t")
        ]
    fresh = insert(Region).values(rows)
    columns = ("name_zh", "name_en", "level", "parent_code", "valid_from", "valid_to", "successor_code")
    upsert = fresh.on_conflict_do_update(
        index_elements=["code"],
        set_={name: fresh.excluded[name] for name in columns},
        where=tuple_(*(getattr(Region, name) for name in columns)).is_distinct_from(
            tuple_(*(fresh.excluded[name] for name in columns))
        ),
    )
    return len(session.execute(upsert.returning(col(Region.code))).all())


def exists(session: Session, code: str) -> bool:
    """Say whether a region code is in the table."""
    return session.scalar(select(col(Region.code)).where(col(Region.code) == code)) is not None


def today() -> date:
    """Return the day in Beijing."""
    return clock.now().astimezone(clock.BEIJING).date()


def in_force(on: date) -> ColumnElement[bool]:
    """Return the condition that a region stood on a day."""
    begun = or_(col(Region.valid_from).is_(None), col(Region.valid_from) <= on)
    return and_(begun, or_(col(Region.valid_to).is_(None), col(Region.valid_to) >= on))


def check(session: Session, code: str, pointer: str = "/region_code") -> None:
    """Raise Invalid at `pointer` unless something new may be registered in a region: it stands today.

    `unknown_region`; `former_region` with what stands in its place now, where that is known; `future_region`.
    """
    region = session.get(Region, code)
    if region is None:
        raise Invalid.of(pointer, "unknown_region", "There is no region with the code {region_code}.", region_code=code)
    on = today()
    if region.valid_from is not None and region.valid_from > on:
        raise Invalid.of(
            pointer, "future_region", "Region {region_code} begins on {day}.", region_code=code, day=region.valid_from
        )
    if region.valid_to is None or region.valid_to >= on:
        return
    successor = session.get(Region, region.successor_code) if region.successor_code else None
    if successor is None:
        raise Invalid.of(
            pointer, "former_region", "Region {region_code} ended on {day}.", region_code=code, day=region.valid_to
        )
    raise Invalid.of(
        pointer,
        "former_region",
        "Region {region_code} ended on {day}. In its place stands {successor}.",
        region_code=code,
        day=region.valid_to,
        successor=f"{successor.code} {successor.name_zh}",
    )


def get(session: Session, code: str) -> Region:
    """Return a region. Raises NotFound."""
    region = session.get(Region, code) if _CODE.fullmatch(code) else None
    if region is None:
        raise NotFound
    return region


def names(session: Session, codes: Iterable[str], locale: str) -> dict[str, str]:
    """Return the name of each region code in a language, in one statement; an unknown code stands for itself."""
    wanted = set(codes)
    column = col(Region.name_zh) if locale.lower().startswith("zh") else col(Region.name_en)
    found = dict(iter(session.execute(select(col(Region.code), column).where(col(Region.code).in_(wanted)))))
    return {code: found.get(code, code) for code in wanted}


def name(session: Session, code: str, locale: str) -> str:
    """Return the name of a region code in a language; an unknown code stands for itself."""
    return names(session, [code], locale)[code]


def search(
    session: Session,
    *,
    q: str | None = None,
    level: str | None = None,
    parent_code: str | None = None,
    on: date | None = None,
    former: bool | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[Region], str | None]:
    """Return up to `limit` regions in code order whose name holds `q` or whose code begins so, and the next cursor.

    Those that stand on a day (default today); with `former` those that ended before it. Raises Invalid
    `invalid_cursor`.
    """
    day = on or today()
    statement = select(Region).where(col(Region.valid_to) < day if former else in_force(day))
    if cursor is not None:
        if not _CODE.fullmatch(cursor):
            raise Invalid.of("/cursor", "invalid_cursor", "This is not a cursor that was given out.")
        statement = statement.where(col(Region.code) > cursor)
    if q is not None:
        statement = statement.where(
            or_(
                col(Region.name_zh).contains(q, autoescape=True),
                col(Region.name_en).icontains(q, autoescape=True),
                col(Region.code).startswith(q, autoescape=True),
            )
        )
    if level is not None:
        statement = statement.where(col(Region.level) == level)
    if parent_code is not None:
        statement = statement.where(col(Region.parent_code) == parent_code)
    rows = list(session.scalars(statement.order_by(col(Region.code)).limit(limit + 1)))
    return rows[:limit], rows[limit - 1].code if len(rows) > limit else None


def districts_within(session: Session, codes: Iterable[str], limit: int) -> list[str]:
    """Return the codes of the districts (or of what has none below it) within some regions, at most `limit`, sorted."""
    wanted = sorted(set(codes))
    if not wanted:
        return []
    below = aliased(Region)
    has_below = select(col(below.code)).where(col(below.parent_code) == col(Region.code)).exists()
    statement = select(col(Region.code)).where(
        or_(*(col(Region.code).startswith(stem(code)) for code in wanted)), ~has_below
    )
    return list(session.scalars(statement.order_by(col(Region.code)).limit(limit)))


def offices(session: Session, region: str) -> list[Office]:
    """Return the offices of a region and of all regions within it, by region and name."""
    statement = select(Office).where(col(Office.region_code).startswith(stem(region)), col(Office.ended_on).is_(None))
    return list(session.scalars(statement.order_by(col(Office.region_code), col(Office.name))))


def search_offices(
    session: Session,
    *,
    region_code: str | None = None,
    q: str | None = None,
    former: bool | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[Office], str | None]:
    """Return a page of offices, newest first, and the next cursor; with `former` those that ended.

    Raises Invalid `invalid_cursor`.
    """
    statement = select(Office).where(col(Office.ended_on).is_not(None) if former else col(Office.ended_on).is_(None))
    if region_code is not None:
        statement = statement.where(col(Office.region_code).startswith(stem(region_code)))
    if q is not None:
        statement = statement.where(col(Office.name).icontains(q, autoescape=True))
    return paging.page(session, statement, col(Office.office_id), limit, cursor)


def offices_by_id(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, Office]:
    """Return the offices of some ids, in one statement; None and unknown ids are left out."""
    wanted = {i for i in ids if i}
    found = session.scalars(select(Office).where(col(Office.office_id).in_(wanted))) if wanted else ()
    return {office.office_id: office for office in found}


def find_office(session: Session, region_code: str, name: str, pointer: str = "/office") -> Office:
    """Return the office of exactly this region that a name or an `office_id` names. Raises Invalid `unknown_office`."""
    here = select(Office).where(col(Office.region_code) == region_code, col(Office.ended_on).is_(None))
    of_region = session.scalars(here).all()
    key = normalise_name(name)
    for office in of_region:
        if str(office.office_id) == name.strip().lower() or normalise_name(office.name) == key:
            return office
    raise Invalid.of(
        pointer,
        "unknown_office",
        "There is no office named {name} in region {region_code}.",
        name=name,
        region_code=region_code,
    )


def ensure_office(session: Session, region_code: str, name: str) -> Office:
    """Return the office of a region by its name, made when it is new; for the demonstration and the command line.

    Raises Invalid `unknown_region`.
    """
    check(session, region_code)
    session.execute(
        insert(Office)
        .values(office_id=new_id(), region_code=region_code, name=name, recorded_at=clock.now())
        .on_conflict_do_nothing(index_elements=["region_code", "name"])
    )
    return find_office(session, region_code, name)
