"""Regions (data, loaded from the GB/T 2260 table), supervision offices and their grids."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, UniqueConstraint
from sqlmodel import Field, SQLModel

from coldchain.core.columns import key, moment, ref, words


def day() -> Column[date]:
    """A date that may be unknown."""
    return Column(Date, nullable=True)


class Region(SQLModel, table=True):
    """A province, prefecture or county; the national level is `000000`.

    `valid_from`, `valid_to`: first and last day, both included, None when not known to have begun or ended.
    `successor_code`: what stands at the place of one that ended.
    """

    __tablename__ = "region"
    __table_args__ = (CheckConstraint("valid_to >= valid_from", name="span"),)

    code: str = words(primary=True)
    name_zh: str = words()
    name_en: str = words()
    level: str = words()  # nation, province, prefecture, county
    parent_code: str | None = words(null=True, index=True)
    valid_from: date | None = Field(default=None, sa_column=day())
    valid_to: date | None = Field(default=None, sa_column=day())
    successor_code: str | None = words(null=True)


class Office(SQLModel, table=True):
    """A market supervision office (市场监管所) below the district; one that ended stays for old records."""

    __tablename__ = "office"
    __table_args__ = (UniqueConstraint("region_code", "name"),)

    office_id: UUID = key()
    region_code: str = words(index=True)
    name: str = words()
    address: str | None = words(null=True)
    phone: str | None = words(null=True)
    recorded_at: datetime = moment()
    ended_on: date | None = Field(default=None, sa_column=day())


class Grid(SQLModel, table=True):
    """A grid (网格): the part of an office's area that one person looks after."""

    __tablename__ = "grid"
    __table_args__ = (UniqueConstraint("office_id", "code"),)

    grid_id: UUID = key()
    office_id: UUID = ref("office.office_id", index=False)
    code: str = words()
    name: str = words()
    recorded_at: datetime = moment()
    ended_on: date | None = Field(default=None, sa_column=day())
