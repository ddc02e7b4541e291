"""People at work from a spreadsheet: name, post, first day, and the site where that is known."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.batches.workers_api import WorkerRegistrationSchema
from coldchain.core import sheet_cells
from coldchain.core.claims import claimed_day
from coldchain.core.errors import DomainError, FieldError, Invalid
from coldchain.core.gathered import Gathered
from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.core.i18n import lazy_pgettext as _p
from coldchain.core.sheet_cells import key
from coldchain.core.sheet_import import Column, Row, Table
from coldchain.exchange import partly
from coldchain.exchange.engine import Said, Unit
from coldchain.registry import service as registry
from coldchain.registry.models import Business

SITES_MAX = 200
COLUMNS: tuple[Column, ...] = (
    Column("name", _p("person", "Name"), needed=True, also=("姓名", "人员姓名", "员工姓名"), example="王示例"),
    Column("post", _l("Post"), needed=True, also=("岗位", "工种", "职务"), example="搬运",
           about=_l("What the person does there.")),
    Column("started_on", _l("Works there since"), sheet_cells.day, needed=True,
           also=("上岗日期", "入职日期", "入职时间"), example="2021-01-04", about=_l("A date with its year.")),
    Column("site", _l("Site"), also=("场所", "工作场所", "门店"), example="1 号冷库",
           about=_l("The site's name, where it is known.")),
)  # fmt: skip


class Workers:
    """The kind of spreadsheet whose rows are people who work for a business."""

    name = "workers"
    action = "worker.register"
    title = _l("People at work from a spreadsheet")
    columns: tuple[Column, ...] = COLUMNS
    of_business = True
    remarks: tuple[LazyText, ...] = (
        _l("Names are kept apart as personal data. The file itself is let go after a day at the latest."),
    )

    def prepare(
        self, session: Session, actor: Actor, business: Business | None, table: Table, said: Sequence[Said]
    ) -> list[Unit]:
        """Return the people that can be made out; the same person at the same post twice is named."""
        if business is None:
            raise Invalid.of("/business", "required", "This is needed.")
        ref = str(business.business_id)
        sites = registry.search_sites(session, actor, business=ref, limit=SITES_MAX)[0]
        seen: dict[tuple[str, ...], int] = {}
        units = []
        for row, each in said:
            data: dict[str, Any] = {name: each[name] for name in ("name", "post", "started_on") if name in each}
            named = table.bad_count
            if "site" in each:
                site_id = next((site["site_id"] for site in sites if key(site["name"]) == key(each["site"])), None)
                if site_id is None:
                    names = ", ".join(site["name"] for site in sites[:5])
                    told = "There is no such site. Yours: {names}."
                    table.refuse(row, "site", FieldError("", "unknown_site", told, {"names": names}))
                else:
                    data["site_id"] = str(site_id)
            if table.bad_count > named or not {"name", "post", "started_on"} <= set(data):
                _check_rest(table, row, data)
                continue
            twice = seen.setdefault((data["name"], data["post"], data["started_on"]), row.number)
            if twice != row.number:
                told = "Row {row} says the same."
                table.refuse(row, "name", FieldError("", "twice", told, {"row": twice}))
                continue
            summary = {"post": data["post"], "started_on": data["started_on"]}
            units.append(Unit([row], data | {"business": ref}, summary))
        return units

    def enter(self, session: Session, actor: Actor, unit: Unit) -> dict[str, Any]:
        """Enter somebody as the API does."""
        made = registry.register_worker(session, actor, **WorkerRegistrationSchema().load(unit.data))
        return {"worker_id": str(made["worker_id"])}

    def refuse(self, table: Table, unit: Unit, error: DomainError) -> Unit | None:
        """Name what was refused."""
        table.refuse_all(unit.rows[0], error, "name", {"site_id": "site"})
        return None


def _check_rest(table: Table, row: Row, data: Mapping[str, Any]) -> None:
    """Name what else is wrong in a row that has a bad cell already."""
    read, errors = partly.load(WorkerRegistrationSchema(), data)
    gathered = Gathered()
    if read.get("started_on"):
        gathered.take(lambda: claimed_day(read["started_on"], "/started_on"))
    for error in (*errors, *gathered.errors):
        name = error.pointer.strip("/")
        if name in data and (row.number, name) not in table.named:
            table.refuse(row, name, error)
