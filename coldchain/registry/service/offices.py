"""Supervision offices (市场监管所) and their grids (网格): added, renamed, ended by officers of the region; audited.

One that ended is found and named by old records; nothing new goes under it.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, authorize
from coldchain.accounts.service import audit
from coldchain.accounts.service.officers import anybody_assigned
from coldchain.core import clock
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.core.text import normalise_name
from coldchain.regions import service as regions
from coldchain.regions.models import Grid, Office

ACTION = "office.manage"


def _audit(session: Session, actor: Actor, kind: str, subject_kind: str, subject: UUID, **detail: str | None) -> None:
    audit(
        session, kind, actor.user_id, action=ACTION, subject_kind=subject_kind, subjects=[subject], **detail
    )  # fmt: skip


def read(session: Session, office_id: UUID) -> Office:
    """Return an office; everybody may know offices. Raises NotFound."""
    office = session.get(Office, office_id)
    if office is None:
        raise NotFound
    return office


def _managed(session: Session, actor: Actor, office_id: UUID) -> Office:
    """Return an office that `actor` may change, locked. Raises Forbidden, NotFound, Conflict `wrong_state`."""
    office = session.scalars(select(Office).where(col(Office.office_id) == office_id).with_for_update()).first()
    if office is None:
        authorize(actor, ACTION, Resource())
        raise NotFound
    authorize(actor, ACTION, Resource.of(places=[Area(office.region_code, office.office_id)]))
    if office.ended_on is not None:
        raise Conflict("This office has ended.", code="wrong_state")
    return office


def _free(session: Session, region_code: str, name: str, but: UUID | None = None) -> str:
    """Return a name that no office of the region has. Raises Conflict `office_exists`."""
    key = normalise_name(name)
    for other in session.scalars(select(Office).where(col(Office.region_code) == region_code)):
        if other.office_id != but and normalise_name(other.name) == key:
            raise Conflict("There is or was an office of this name in the region.", code="office_exists")
    return name


def add(
    session: Session,
    actor: Actor,
    *,
    region_code: str,
    name: str,
    address: str | None = None,
    phone: str | None = None,
) -> Office:
    """Add an office to a region. Raises Forbidden, NotFound, Invalid of regions.check, Conflict `office_exists`."""
    authorize(actor, ACTION, Resource.of(regions=[region_code]))
    regions.check(session, region_code)
    office = Office(
        region_code=region_code,
        name=_free(session, region_code, name),
        address=address,
        phone=phone,
        recorded_at=clock.now(),
    )
    session.add(office)
    session.flush()
    _audit(session, actor, "office_added", "office", office.office_id, region_code=region_code)
    return office


def change(session: Session, actor: Actor, office_id: UUID, **values: str | None) -> Office:
    """Change name, address or phone of an office; what is None stays. Raises what `add` raises."""
    office = _managed(session, actor, office_id)
    given = {name: value for name, value in values.items() if value is not None and value != getattr(office, name)}
    if "name" in given:
        _free(session, office.region_code, given["name"], office_id)
    before = office.name
    for name, value in given.items():
        setattr(office, name, value)
    if given:
        changed = ",".join(sorted(given))
        renamed = before if "name" in given else None
        _audit(session, actor, "office_changed", "office", office_id, fields=changed, former_name=renamed)
    return office


def end(session: Session, actor: Actor, office_id: UUID, *, ended_on: date | None = None) -> Office:
    """End an office with its grids; what lies under it keeps it.

    Raises Invalid `in_future`, Conflict `office_has_officers` while somebody is assigned to it, what `_managed` raises.
    """
    office = _managed(session, actor, office_id)
    if anybody_assigned(session, office_id):
        raise Conflict(
            "Officers are assigned to this office. End or move their assignments first.", code="office_has_officers"
        )
    office.ended_on = _day(ended_on)
    for grid in session.scalars(select(Grid).where(col(Grid.office_id) == office_id, col(Grid.ended_on).is_(None))):
        grid.ended_on = office.ended_on
    _audit(session, actor, "office_ended", "office", office_id, on=office.ended_on.isoformat())
    return office


def _day(given: date | None) -> date:
    today = regions.today()
    if given is not None and given > today:
        raise Invalid.of("/ended_on", "in_future", "This lies in the future.")
    return given or today


def grids(session: Session, office_ids: Iterable[UUID], *, former: bool = True) -> dict[UUID, list[Grid]]:
    """Return the grids of offices by code, in one statement."""
    wanted = list(office_ids)
    found: dict[UUID, list[Grid]] = {office_id: [] for office_id in wanted}
    statement = select(Grid).where(col(Grid.office_id).in_(wanted)).order_by(col(Grid.code))
    if not former:
        statement = statement.where(col(Grid.ended_on).is_(None))
    for grid in session.scalars(statement) if wanted else ():
        found[grid.office_id].append(grid)
    return found


def grids_by_id(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, Grid]:
    """Return grids by id, in one statement; None and unknown ids are left out."""
    wanted = {i for i in ids if i}
    found = session.scalars(select(Grid).where(col(Grid.grid_id).in_(wanted))) if wanted else ()
    return {grid.grid_id: grid for grid in found}


def find_grid(session: Session, office_id: UUID | None, code: str) -> Grid:
    """Return the grid of an office by its code, one that stands. Raises Invalid `unknown_grid`."""
    statement = select(Grid).where(
        col(Grid.office_id) == office_id, col(Grid.code) == code, col(Grid.ended_on).is_(None)
    )
    grid = session.scalars(statement).first()
    if grid is None:
        raise Invalid.of("/grid", "unknown_grid", "The office has no grid with the number {code}.", code=code)
    return grid


def grids_offered(session: Session, region_code: str) -> list[tuple[str, str]]:
    """Return number and words of the grids of a region's offices that stand, for a form to offer."""
    listed = regions.offices(session, region_code)
    below = grids(session, [office.office_id for office in listed], former=False)
    return [
        (grid.code, f"{office.name} {grid.code} {grid.name}") for office in listed for grid in below[office.office_id]
    ]


def add_grid(session: Session, actor: Actor, office_id: UUID, *, code: str, name: str) -> Grid:
    """Add a grid below an office. Raises Conflict `grid_exists`, what `change` raises."""
    office = _managed(session, actor, office_id)
    if any(grid.code == code for grid in grids(session, [office_id])[office_id]):
        raise Conflict("There is or was a grid of this number.", code="grid_exists")
    grid = Grid(office_id=office.office_id, code=code, name=name, recorded_at=clock.now())
    session.add(grid)
    session.flush()
    _audit(session, actor, "grid_added", "grid", grid.grid_id, office=str(office_id))
    return grid


def change_grid(
    session: Session,
    actor: Actor,
    grid_id: UUID,
    *,
    name: str | None = None,
    end: bool | None = None,
    ended_on: date | None = None,
) -> Grid:
    """Rename a grid or end it. Raises Conflict `wrong_state` for one that ended, what `change` raises."""
    grid, _office = grid_of(session, actor, grid_id)
    if name is not None and name != grid.name:
        _audit(session, actor, "grid_changed", "grid", grid_id, former_name=grid.name)
        grid.name = name
    if end:
        grid.ended_on = _day(ended_on)
        _audit(session, actor, "grid_ended", "grid", grid_id, on=grid.ended_on.isoformat())
    return grid


def grid_of(session: Session, actor: Actor, grid_id: UUID) -> tuple[Grid, Office]:
    """Return a grid that `actor` may change and its office. Raises Forbidden, NotFound, Conflict `wrong_state`."""
    grid = session.get(Grid, grid_id)
    office = _managed(session, actor, grid.office_id if grid else grid_id)  # an absent one costs what a hidden one does
    if grid is None:
        raise NotFound
    if grid.ended_on is not None:
        raise Conflict("This grid has ended.", code="wrong_state")
    return grid, office


def describe(session: Session, offices: Iterable[Office]) -> list[dict[str, Any]]:
    """Return offices with their grids, in one more statement."""
    rows = list(offices)
    below = grids(session, [office.office_id for office in rows])
    return [office.model_dump() | {"grids": below[office.office_id]} for office in rows]
