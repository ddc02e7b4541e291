"""What happens in the demonstration, one frozen dataclass a kind of request.

Fields are those of the requests in the published contract, so that a replay is a loop: take the next event, set the
simulated clock to `at`, and call the service that answers that request as the account `by`, with `arguments(resolve)`.
A field that names something made by an earlier event holds that thing's `key` in the data file and carries the kind of
thing in its metadata; `arguments` gives each to `resolve(kind, key)`, which returns the identifier the books gave it.

Kinds: business (by USCC), venue, site, zone, producer, product, arrival, batch, tube, consignment, recall, task.
A batch is named `arrival key/line number`. A task is named by the key of its site, or by the key of the event that
found the place on foot.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from coldchain.ops.demo.parts import Event, maybe, ref
from coldchain.ops.demo.values import (
    ArrivalLine,
    Blanket,
    Criterion,
    FindingLine,
    FindingSample,
    GoodsLine,
    Party,
    Person,
    TubeSample,
)


@dataclass(frozen=True, kw_only=True)
class RegisterBusiness(Event):
    """POST /businesses; named by its USCC afterwards."""

    makes: ClassVar[str | None] = "business"

    uscc: str
    name: str
    kinds: tuple[str, ...]
    handles_imported: bool
    region_code: str
    office: str | None = None
    legal_representative: str
    phone: str
    address: str
    licence_no: str | None = None


@dataclass(frozen=True, kw_only=True)
class SignCommitmentLetter(Event):
    """POST /businesses/{b}/commitment-letters."""

    business: str = ref("business")
    version: str
    signed_by: str
    signed_on: date


@dataclass(frozen=True, kw_only=True)
class ApproveBusiness(Event):
    """POST /businesses/{b}/approve."""

    business: str = ref("business")


@dataclass(frozen=True, kw_only=True)
class RegisterVenue(Event):
    """POST /venues."""

    makes: ClassVar[str | None] = "venue"

    name: str
    kind: str
    region_code: str
    office: str | None = None
    address: str


@dataclass(frozen=True, kw_only=True)
class RegisterSite(Event):
    """POST /sites."""

    makes: ClassVar[str | None] = "site"

    business: str = ref("business")
    venue_id: str | None = maybe("venue")
    name: str
    kind: str
    region_code: str
    office: str | None = None
    address: str


@dataclass(frozen=True, kw_only=True)
class RegisterZone(Event):
    """POST /sites/{site_id}/zones."""

    makes: ClassVar[str | None] = "zone"

    site_id: str = ref("site")
    code: str
    kind: str
    temperature_class: str


@dataclass(frozen=True, kw_only=True)
class AppointSteward(Event):
    """POST /sites/{site_id}/stewards."""

    site_id: str = ref("site")
    kind: str
    name: str
    phone: str | None = None
    publish_phone: bool = False
    started_on: date


@dataclass(frozen=True, kw_only=True)
class RegisterProducer(Event):
    """POST /producers."""

    makes: ClassVar[str | None] = "producer"

    name: str
    country: str
    aliases: tuple[str, ...] | None = None
    plant_no: str | None = None
    licence_no: str | None = None


@dataclass(frozen=True, kw_only=True)
class RegisterProduct(Event):
    """POST /products."""

    makes: ClassVar[str | None] = "product"

    producer_id: str = ref("producer")
    name: str
    name_en: str | None = None
    series: str | None = None
    category: str
    origin_country: str
    hs_code: str | None = None
    ledger_unit: str
    units_per_piece: int
    unit_mass_g: int
    unit_word: str | None = None
    imported: bool


@dataclass(frozen=True, kw_only=True)
class RegisterArrival(Event):
    """POST /arrivals; also makes one batch a line."""

    makes: ClassVar[str | None] = "arrival"

    site_id: str = ref("site")
    owner: str | None = maybe("business")
    entry_mode: str
    arrived_at: datetime | None = None
    expected_at: datetime | None = None  # declared in advance
    supplier: Party | None = None
    container_no: str | None = None
    seal_no: str | None = None
    customs_declaration_no: str | None = None
    vehicle_plate: str | None = None
    driver: Person | None = None
    lines: tuple[ArrivalLine, ...]


@dataclass(frozen=True, kw_only=True)
class AddEvidence(Event):
    """POST /arrivals/{id}/evidence or /batches/{id}/evidence."""

    arrival_id: str | None = maybe("arrival")
    batch_id: str | None = maybe("batch")
    kind: str
    number: str
    issuer: str
    issued_on: date
    valid_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class RecordDisinfection(Event):
    """POST /arrivals/{id}/disinfections or /batches/{id}/disinfections."""

    arrival_id: str | None = maybe("arrival")
    batch_id: str | None = maybe("batch")
    occurred_at: datetime
    performed_by: str
    place: str
    object: str
    agent: str
    additives: str | None = None
    concentration_mg_per_l: int
    contact_min: int
    volume_ml_per_m2: int | None = None
    ambient_temperature_c: int
    basis: str
    piece_from: int | None = None
    piece_to: int | None = None


@dataclass(frozen=True, kw_only=True)
class RegisterTube(Event):
    """POST /tubes."""

    makes: ClassVar[str | None] = "tube"

    tube_no: str
    lab: str = ref("business")
    sampled_at: datetime
    sampled_by: str | None = None
    samples: tuple[TubeSample, ...]


@dataclass(frozen=True, kw_only=True)
class RecordTubeResult(Event):
    """POST /tubes/{tube_id}/results."""

    tube_id: str = ref("tube")
    stage: str
    result: str
    received_at: datetime
    reported_at: datetime
    report_no: str
    analyst: str | None = None


@dataclass(frozen=True, kw_only=True)
class MakeLabels(Event):
    """POST /batches/{id}/label-runs, either the batch's own label or a range of pieces."""

    batch_id: str = ref("batch")
    level: str | None = None
    piece_from: int | None = None
    piece_to: int | None = None


@dataclass(frozen=True, kw_only=True)
class Dispatch(Event):
    """POST /consignments."""

    makes: ClassVar[str | None] = "consignment"

    from_zone_id: str = ref("zone")
    owner: str | None = maybe("business")
    to: Party
    to_site_id: str | None = maybe("site")
    handover: str
    carrier: str | None = maybe("business")
    vehicle_plate: str | None = None
    driver: Person | None = None
    lines: tuple[GoodsLine, ...]


@dataclass(frozen=True, kw_only=True)
class ConfirmConsignment(Event):
    """POST /consignments/{id}/confirm."""

    consignment_id: str = ref("consignment")
    zone_id: str = ref("zone")
    lines: tuple[GoodsLine, ...]


@dataclass(frozen=True, kw_only=True)
class DraftRecall(Event):
    """POST /recalls."""

    makes: ClassVar[str | None] = "recall"

    kind: str
    notice_no: str
    issuer: str
    title: str
    received_at: datetime
    reason: str
    criterion: Criterion
    blanket: Blanket


@dataclass(frozen=True, kw_only=True)
class AnnounceRecall(Event):
    """POST /recalls/{id}/announce."""

    recall_id: str = ref("recall")


@dataclass(frozen=True, kw_only=True)
class FindOnFoot(Event):
    """POST /recalls/{id}/tasks: a place that is not in the register."""

    makes: ClassVar[str | None] = "task"

    recall_id: str = ref("recall")
    place_name: str
    region_code: str
    office: str | None = None
    address: str


@dataclass(frozen=True, kw_only=True)
class RecordFinding(Event):
    """POST /sweep-tasks/{task_id}/findings."""

    task_id: str = ref("task")
    outcome: str
    captured_at: datetime
    lines: tuple[FindingLine, ...] = ()
    samples: tuple[FindingSample, ...] = ()
    people_controlled: int = 0
    disinfected: bool = False


@dataclass(frozen=True, kw_only=True)
class RecordSampleResult(Event):
    """POST /recalls/{id}/sample-results, for one place or for some tasks."""

    recall_id: str = ref("recall")
    round: int
    place: str | None = None
    task_ids: tuple[str, ...] | None = maybe("task")
    pieces: int
    state: str
    occurred_at: datetime
