"""What officers and authorities do beside the sweeps, and what businesses answer: further kinds of event.

As in `events.py`: fields are those of the requests in the published contract. Further kinds of things: worker, visit,
finding (named `visit/number`), decision, order.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from coldchain.ops.demo.parts import Event, Part, maybe, ref


@dataclass(frozen=True, kw_only=True)
class RecordLicence(Event):
    """POST /businesses/{b}/licences."""

    business: str = ref("business")
    number: str
    valid_from: date | None = None
    valid_to: date


@dataclass(frozen=True, kw_only=True)
class RegisterWorker(Event):
    """POST /workers."""

    makes: ClassVar[str | None] = "worker"

    business: str | None = maybe("business")
    site_id: str | None = maybe("site")
    name: str
    post: str
    started_on: date


@dataclass(frozen=True, kw_only=True)
class VerifyPapers(Event):
    """POST /evidence/{id}/verify or /refuse for the papers of some arrivals, or for those of some kinds alone."""

    arrival_ids: tuple[str, ...] = ref("arrival")
    kinds: tuple[str, ...] | None = None
    refused_for: str | None = None


@dataclass(frozen=True, kw_only=True)
class Found(Part):
    """What was found at a visit: of the catalogue or in free words."""

    kind: str | None = None
    wording: str | None = None
    batch_ids: tuple[str, ...] | None = maybe("batch")
    rectify_by: date | None = None


@dataclass(frozen=True, kw_only=True)
class RecordVisit(Event):
    """POST /visits; also makes its findings."""

    makes: ClassVar[str | None] = "visit"

    site_id: str | None = maybe("site")
    business: str | None = maybe("business")
    occurred_at: datetime
    note: str | None = None
    findings: tuple[Found, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AnswerFinding(Event):
    """POST /findings/{id}/answer."""

    finding_id: str = ref("finding")
    text: str


@dataclass(frozen=True, kw_only=True)
class ReviewFinding(Event):
    """POST /findings/{id}/review."""

    finding_id: str = ref("finding")
    outcome: str
    text: str | None = None
    rectify_by: date | None = None


@dataclass(frozen=True, kw_only=True)
class Decide(Event):
    """POST /decisions."""

    makes: ClassVar[str | None] = "decision"

    finding_ids: tuple[str, ...] = ref("finding")
    kinds: tuple[str, ...]
    number: str
    reason: str
    basis: str
    starts_at: datetime | None = None
    ends_at: datetime
    site_only: bool = False


@dataclass(frozen=True, kw_only=True)
class ObjectToDecision(Event):
    """POST /decisions/{id}/objection."""

    decision_id: str = ref("decision")
    text: str


@dataclass(frozen=True, kw_only=True)
class AnswerObjection(Event):
    """POST /decisions/{id}/answer."""

    decision_id: str = ref("decision")
    outcome: str
    text: str


@dataclass(frozen=True, kw_only=True)
class RecordMeasure(Event):
    """POST /measures."""

    kind: str
    region_code: str
    starts_on: date
    ends_on: date | None = None
    producer_id: str | None = maybe("producer")
    business: str | None = maybe("business")
    site_id: str | None = maybe("site")
    positive_no: int | None = None
    document_no: str | None = None
    source: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class OrderDisinfection(Event):
    """POST /arrivals/{id}/disinfection-orders or /batches/{id}/disinfection-orders."""

    makes: ClassVar[str | None] = "order"

    service: str = ref("business")
    arrival_id: str | None = maybe("arrival")
    batch_id: str | None = maybe("batch")
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class DoDisinfectionOrder(Event):
    """POST /disinfection-orders/{id}/disinfections, with its certificate."""

    order_id: str = ref("order")
    occurred_at: datetime
    place: str
    object: str
    agent: str
    additives: str | None = None
    concentration_mg_per_l: int
    contact_min: int
    volume_ml_per_m2: int | None = None
    ambient_temperature_c: int
    basis: str
    certificate: bool = True
    valid_to: date | None = None
