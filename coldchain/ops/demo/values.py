"""What events of the demonstration are made of: people, lines, samples, criteria; fields as `events.py` says."""

from dataclasses import dataclass
from datetime import date

from coldchain.ops.demo.parts import Part, maybe, ref


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
class TubeSample(Part):
    """What went into a tube."""

    batch_id: str | None = maybe("batch")
    zone_id: str | None = maybe("zone")
    worker_id: str | None = maybe("worker")
    sample_site: str
    basis: str
    piece_from: int | None = None
    piece_to: int | None = None


@dataclass(frozen=True, kw_only=True)
class GoodsLine(Part):
    """So many units of a batch."""

    batch_id: str = ref("batch")
    quantity_units: int


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
