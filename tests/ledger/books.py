"""Rows that the ledger needs to stand on, written straight into the tables: invented businesses, zones, batches."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain import schema
from coldchain.accounts.actor import SYSTEM
from coldchain.batches.models import Arrival, Batch, Evidence
from coldchain.core.ids import new_id
from coldchain.journal import service as journal
from coldchain.ledger import postings, service
from coldchain.ledger.models import Holding, Movement
from coldchain.ledger.postings import Draft
from coldchain.registry.models import Business, Producer, Product, Site, Zone

NOW = datetime(2021, 1, 18, 4, 0, tzinfo=UTC)
_serial = itertools.count(1)
assert schema.metadata  # every table is known, whoever runs alone


@dataclass
class Party:
    """A business with one site and its zones."""

    business_id: UUID
    site_id: UUID
    zones: list[UUID] = field(default_factory=list)

    @property
    def zone_id(self) -> UUID:
        """The first zone."""
        return self.zones[0]


def party(
    session: Session,
    zones: int = 1,
    *,
    status: str = "active",
    kind: str = "general",
    region_code: str = "230203",
    site_kind: str = "shop",
) -> Party:
    """Add a business with one site of `zones` zones."""
    serial = next(_serial)
    business = Business(
        uscc=f"TEST{serial:014d}", name=f"示例{serial}", search_text=f"示例{serial}", kinds=["shop"],
        handles_imported=False, region_code=region_code, status=status, occurred_at=NOW, recorded_at=NOW,
    )  # fmt: skip
    session.add(business)
    session.flush()
    site = Site(
        business_id=business.business_id,
        name=f"示例店{serial}",
        kind=site_kind,
        region_code=region_code,
        recorded_at=NOW,
    )
    session.add(site)
    session.flush()
    made = [
        Zone(site_id=site.site_id, code=f"Z{number}", kind=kind, temperature_class="frozen", recorded_at=NOW)
        for number in range(zones)
    ]
    session.add_all(made)
    session.flush()
    return Party(business.business_id, site.site_id, [zone.zone_id for zone in made])


def product(session: Session, *, imported: bool = False, unit_mass_g: int = 2_000) -> Product:
    """Add a product and its producer."""
    serial = next(_serial)
    producer = Producer(
        name=f"示例厂{serial}", name_key=f"示例厂{serial}", search_text=f"示例厂{serial}", country="CN",
        plant_no=f"SIF{serial}", recorded_at=NOW,
    )  # fmt: skip
    session.add(producer)
    session.flush()
    category = "poultry" if imported else "other"
    made = Product(
        producer_id=producer.producer_id, identity_hash=f"hash{serial}", name=f"示例冻鸡{serial}", category=category,
        origin_country="BR" if imported else "CN", ledger_unit="unit", units_per_piece=6, unit_mass_g=unit_mass_g,
        imported=imported, search_text=f"示例冻鸡{serial}", recorded_at=NOW,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


SINCE_2023 = datetime(2023, 2, 1, 4, 0, tzinfo=UTC)
PAPERS = {True: ("inspection_quarantine", "customs_declaration"), False: ("purchase_receipt",)}


def batch(
    session: Session,
    owner: Party,
    of: Product,
    quantity_units: int = 100,
    *,
    stocked: bool = True,
    papers: bool = True,
    at: datetime = SINCE_2023,
    **head: Any,
) -> UUID:
    """Add a batch of an arrival of its own (`head`: its columns), lying in its owner's first zone when `stocked`.

    With `papers` it has what the national rows since 2023 ask for: the gate lets it leave.
    """
    serial = next(_serial)
    columns: dict[str, Any] = {
        "arrival_no": f"DH{serial}", "owner_id": owner.business_id, "site_id": owner.site_id, "entry_mode": "arrived",
        "arrived_at": at, "supplier_name": "示例贸易", "occurred_at": at, "recorded_at": at,
    }  # fmt: skip
    arrival = Arrival(**columns | head)
    session.add(arrival)
    session.flush()
    made = Batch(
        batch_code=f"TESTCODE{serial}", arrival_id=arrival.arrival_id, line_no=1, product_id=of.product_id,
        producer_id=of.producer_id, owner_id=owner.business_id, site_id=owner.site_id, zone_id=owner.zone_id,
        region_code="230203", batch_no=f"B{serial}", production_date=date(2020, 11, 6), quantity_units=quantity_units,
        piece_count=-(-quantity_units // 6), status="cleared" if papers else "held", search_text=f"b{serial}",
        code_made_at=at, occurred_at=at, recorded_at=at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    for kind in PAPERS[of.imported] if papers else ():
        session.add(
            Evidence(
                arrival_id=arrival.arrival_id, kind=kind, number=f"N{serial}", issuer="示例机构",
                issued_on=at.date(), occurred_at=at, recorded_at=at,
            )
        )  # fmt: skip
    session.flush()
    if stocked:
        entries = postings.intake(owner.business_id, owner.zone_id, quantity_units)
        posted(session, [Draft("intake", made.batch_id, entries, at, arrival.arrival_id)], arrival.arrival_id)
    return made.batch_id


def posted(session: Session, drafts: Sequence[Draft], subject_id: UUID | None = None) -> list[Movement]:
    """Post movements and tell the journal of them in one fact, as every service does."""
    made = service.post(session, SYSTEM, drafts)
    data = {"movements": service.told(made, drafts)}
    journal.append(
        session, SYSTEM, kind="test.posted", subject_id=subject_id or new_id(), occurred_at=NOW, data=data
    )  # fmt: skip
    return made


def sent(batch_id: UUID, owner: Party, quantity_units: int, zone_id: UUID | None = None) -> tuple[UUID, Draft]:
    """Return a new consignment's id and the movement that sends units on it."""
    consignment_id = new_id()
    entries = postings.dispatch(owner.business_id, zone_id or owner.zone_id, consignment_id, quantity_units)
    return consignment_id, Draft("dispatch", batch_id, entries, NOW, consignment_id=consignment_id)


def stock(session: Session, batch_id: UUID) -> dict[tuple[str, UUID | None], tuple[int, int]]:
    """Return units and held units by account and place, accounts that are empty left out."""
    rows = session.execute(
        select(
            col(Holding.account), col(Holding.zone_id), col(Holding.consignment_id), col(Holding.quantity_units),
            col(Holding.held_units),
        ).where(col(Holding.batch_id) == batch_id, col(Holding.quantity_units) > 0)
    )  # fmt: skip
    return {(account, zone or road): (units, held) for account, zone, road, units, held in rows}
