"""Regions (data, loaded from the GB/T 2260 table) and supervision offices."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import SQLModel

from coldchain.core.columns import key, moment, words


class Region(SQLModel, table=True):
    """A province, prefecture or county; the national level is `000000`."""

    __tablename__ = "region"

    code: str = words(primary=True)
    name_zh: str = words()
    name_en: str = words()
    level: str = words()  # nation, province, prefecture, county
    parent_code: str | None = words(null=True, index=True)


class Office(SQLModel, table=True):
    """A market supervision office (市场监管所) below the district."""

    __tablename__ = "office"
    __table_args__ = (UniqueConstraint("region_code", "name"),)

    office_id: UUID = key()
    region_code: str = words(index=True)
    name: str = words()
    recorded_at: datetime = moment()
