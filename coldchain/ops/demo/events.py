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

from coldchain.ops.demo.parts import Event, Part, maybe, ref


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
    imported: bool


@dataclass(frozen=True, kw_only=True)
class Person(Part):
    """A driver."""

    name: str
    phone: str


@dataclass(frozen=True, kw_only=True)
class Party(Part):
    """A supplier or receiver: a registered business, or a name and what is known of it."""

    business: str | None = maybe("business")
    name: str | None = None
    phone: str | None = None
    address: str | None = None


@dataclass(frozen=True, kw_only=True)
class ArrivalLine(Part):
    """One batch of an arrival."""

    product_id: str = ref("product")
    zone_id: str = ref("zone")
    batch_no: str | None = None
    production_date: date
    expiry_date: date
    quantity_units: int


@dataclass(frozen=True, kw_only=True)
class RegisterArrival(Event):
    """POST /arrivals; also makes one batch a line."""

    makes: ClassVar[str | None] = "arrival"

    site_id: str = ref("site")
    owner: str | None = maybe("business")
    entry_mode: str
    arrived_at: datetime
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
class TubeSample(Part):
    """What went into a tube."""

    batch_id: str | None = maybe("batch")
    zone_id: str | None = maybe("zone")
    sample_site: str
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
class GoodsLine(Part):
    """So many units of a batch."""

    batch_id: str = ref("batch")
    quantity_units: int


@dataclass(frozen=True, kw_only=True)
class Dispatch(Event):
    """POST /consignments."""

    makes: ClassVar[str | None] = "consignment"

    from_zone_id: str = ref("zone")
    owner: str | None = maybe("business")
    to: Party
    to_site_id: str | None = maybe("site")
    handover: str
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
class Criterion(Part):
    """What a recall selects."""

    producer_ids: tuple[str, ...] | None = maybe("producer")
    series: str | None = None
    batch_nos: tuple[str, ...] | None = None
    production_date_from: date | None = None
    production_date_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class Blanket(Part):
    """The area and the kinds of site that are all looked at."""

    region_code: str
    site_kinds: tuple[str, ...]


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
class Unlisted(Part):
    """Goods that the catalogue does not have."""

    name: str
    producer: str
    production_date: date | None = None
    batch_no: str | None = None


@dataclass(frozen=True, kw_only=True)
class FindingLine(Part):
    """One kind of goods that was examined; no `mass_g`: not weighed."""

    batch_id: str | None = maybe("batch")
    product_id: str | None = maybe("product")
    unlisted: Unlisted | None = None
    examined_units: int
    matched_units: int
    mass_g: int | None = None
    disposition: str
    seal_no: str | None = None


@dataclass(frozen=True, kw_only=True)
class FindingSample(Part):
    """Samples taken at one place for one round."""

    place: str
    round: int
    pieces: int


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
