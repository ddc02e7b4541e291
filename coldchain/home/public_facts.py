"""What the public label page rests on: a constant number of statements, no unit of work, nothing personal (R16).

The verdict comes from the one gate of the batches' room, over the same connection; who buys, drives or works is never
read here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, DateTime, and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from coldchain.batches import labelled
from coldchain.batches import service as batches
from coldchain.batches.models import Arrival, Batch
from coldchain.core import clock
from coldchain.labels.code import LabelCode
from coldchain.labels.models import LabelRun
from coldchain.ledger.models import Hold, Holding
from coldchain.policy.facts import Verdict
from coldchain.recall.models import Recall, RecallVersion
from coldchain.registry.models import Business, Producer, Product
from coldchain.registry.models_decisions import EnforcementDecision
from coldchain.registry.service.decisions import Identity, published

Station = aliased(Business)
_NOW: Final[Any] = bindparam("now", type_=DateTime(timezone=True))


def _in_published_decision(business: Any) -> Any:
    """Return whether a published decision about a business holds (R14); it is shown beside the seller."""
    mine = or_(col(Identity.business_id) == col(business.business_id),
               col(Identity.merged_into_id) == col(business.business_id))  # fmt: skip
    holds = select(col(EnforcementDecision.decision_id)).join(
        Identity, col(Identity.business_id) == col(EnforcementDecision.business_id)
    )
    return holds.where(mine, published(_NOW)).correlate(business).exists()


# A label was made when a run that did not fail covers it; the batch code stands on every label of its batch.
_PRINTED: Final = exists().where(
    col(LabelRun.batch_id) == labelled.NOW.c.label_batch_id,
    col(LabelRun.state) != "failed",
    or_(
        bindparam("serial") == 0,
        and_(col(LabelRun.piece_from) <= bindparam("serial"), col(LabelRun.piece_to) >= bindparam("serial")),
    ),
)
_BATCH: Final[Any] = (
    select(
        col(Batch.batch_id),
        col(Batch.batch_code),
        col(Batch.batch_no),
        col(Batch.production_date),
        col(Batch.expiry_date),
        col(Batch.region_code),
        col(Batch.status),
        col(Product.name).label("product"),
        col(Product.name_en).label("product_en"),
        col(Product.origin_country),
        col(Product.imported),
        col(Product.unit_mass_g),
        col(Product.units_per_piece),
        col(Product.ledger_unit),
        col(Producer.name).label("producer"),
        col(Station.name).label("station"),
        col(Station.kinds).label("station_kinds"),
        _in_published_decision(Station).label("station_decided"),
        labelled.NOW.c.piece_no,
        _PRINTED.label("printed"),
    )
    .join(labelled.NOW, labelled.NOW.c.batch_id == col(Batch.batch_id))
    .join(Product, col(Product.product_id) == col(Batch.product_id))
    .join(Producer, col(Producer.producer_id) == col(Batch.producer_id))
    .join(Arrival, col(Arrival.arrival_id) == col(Batch.arrival_id))
    .join(Station, col(Station.business_id) == col(Arrival.owner_id))
)
_HOLDS: Final[Any] = (
    select(
        col(Hold.grade),
        col(Hold.cause_kind),
        col(Hold.holding_id).is_(None).label("whole"),
        col(Recall.kind).label("recall_kind"),
        col(Recall.title),
        col(Recall.announced_at),
        col(RecallVersion.notice_no),
        col(RecallVersion.issuer),
    )
    .outerjoin(Recall, and_(col(Hold.cause_kind) == "recall", col(Recall.recall_id) == col(Hold.cause_id)))
    .outerjoin(
        RecallVersion,
        and_(
            col(RecallVersion.recall_id) == col(Recall.recall_id), col(RecallVersion.version) == col(Hold.cause_version)
        ),
    )
    .where(col(Hold.batch_id) == bindparam("batch_id"), col(Hold.ended_at).is_(None))
    .distinct()
)
# Two are enough to know that there is not just one.
_HOLDERS: Final[Any] = (
    select(col(Business.name), _in_published_decision(Business).label("decided"))
    .where(
        col(Business.business_id).in_(
            select(col(Holding.owner_id)).where(
                col(Holding.batch_id) == bindparam("batch_id"), col(Holding.quantity_units) > 0
            )
        )
    )
    .limit(2)
)


@dataclass(frozen=True)
class Notice:
    """A running recall's notice, as anybody may read it."""

    kind: str
    notice_no: str
    title: str
    issuer: str
    announced_at: datetime


@dataclass(frozen=True)
class HoldFact:
    """A kind of hold that is in force: on the whole batch, or on a part of it."""

    grade: str
    cause_kind: str
    whole: bool


@dataclass(frozen=True)
class PublicFacts:
    """What anybody may know of a label. `importer` None: domestic goods; `seller` as `_seller` says.

    `batch_code` and `piece_no`: of the batch that the goods belong to now, which is not the one printed on a label that
    is older than the split.
    """

    label: LabelCode
    batch_code: str
    piece_no: int
    batch_no: str | None
    product: str
    product_en: str | None
    origin_country: str
    imported: bool
    unit_mass_g: int
    units_per_piece: int
    ledger_unit: str
    production_date: date
    expiry_date: date | None
    producer: str
    station: str
    station_imports: bool
    seller: str
    seller_decided: bool
    status: str
    printed: bool
    verdict: Verdict
    holds: tuple[HoldFact, ...]
    notices: tuple[Notice, ...]

    @property
    def importer(self) -> str | None:
        """Who brought imported goods in (R2: the first station)."""
        return self.station if self.imported else None

    @property
    def bare(self) -> bool:
        """Say whether the code names the batch itself, of which no label was made: it stands on papers and signs."""
        return self.label.level == "batch" and not self.printed

    @property
    def moved(self) -> bool:
        """Say whether the piece was split off into another batch after its label was printed."""
        return self.batch_code != self.label.batch_code


def read(connection: Connection, label: LabelCode) -> PublicFacts | None:
    """Return what anybody may know of a label, None when no batch has its code."""
    now = clock.now()
    asked = {"batch_code": label.batch_code, "serial": label.serial, "now": now}
    row = connection.execute(_BATCH, asked).mappings().first()
    if row is None:
        return None
    batch_id: UUID = row["batch_id"]
    held = connection.execute(_HOLDS, {"batch_id": batch_id}).mappings().all()
    holders = [(each.name, each.decided) for each in connection.execute(_HOLDERS, {"batch_id": batch_id, "now": now})]
    seller, decided = _seller((row["station"], row["station_decided"]), holders)
    with Session(connection) as session:
        verdict = batches.gate(session, [batch_id], row["region_code"])[batch_id]
    return PublicFacts(
        label=label,
        batch_code=row["batch_code"],
        piece_no=row["piece_no"],
        batch_no=row["batch_no"],
        product=row["product"],
        product_en=row["product_en"],
        origin_country=row["origin_country"],
        imported=row["imported"],
        unit_mass_g=row["unit_mass_g"],
        units_per_piece=row["units_per_piece"],
        ledger_unit=row["ledger_unit"],
        production_date=row["production_date"],
        expiry_date=row["expiry_date"],
        producer=row["producer"],
        station=row["station"],
        station_imports="importer" in row["station_kinds"],
        seller=seller,
        seller_decided=decided,
        status=row["status"],
        printed=row["printed"],
        verdict=verdict,
        holds=tuple(HoldFact(hold["grade"], hold["cause_kind"], hold["whole"]) for hold in held),
        notices=_notices(held),
    )


def _seller(station: tuple[str, bool], holders: list[tuple[str, bool]]) -> tuple[str, bool]:
    """Return who sells, as far as the books can tell, and whether a published decision about it holds.

    The books know how much of a batch a business has, not which pieces. So the seller is named when one business has
    all of it; with several, or none left, it is the first station, and nobody's customers are told to anybody.
    """
    return holders[0] if len(holders) == 1 else station


def _notices(held: Any) -> tuple[Notice, ...]:
    found: dict[str, Notice] = {}
    for hold in held:
        if hold["notice_no"] is not None and hold["announced_at"] is not None:
            notice = _notice(hold)
            found[notice.notice_no] = notice
    return tuple(sorted(found.values(), key=lambda notice: notice.announced_at, reverse=True))


def _notice(hold: Mapping[str, Any]) -> Notice:
    return Notice(hold["recall_kind"], hold["notice_no"], hold["title"], hold["issuer"], hold["announced_at"])
