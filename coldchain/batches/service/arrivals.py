"""Registering an arrival: goods that came, or stock that was there already, become batches with a quantity each."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize
from coldchain.batches import flags, watch
from coldchain.batches.matching import Identity, identity_of
from coldchain.batches.models import MADE_MODES, Arrival, Batch
from coldchain.batches.service import arrival_lines, arrival_numbers
from coldchain.batches.service.arrival_lines import Line
from coldchain.batches.service.arrival_modes import entered_late, from_abroad, marks, moment_of, seen_at_once
from coldchain.batches.service.arrival_numbers import Number
from coldchain.batches.service.arrival_parties import owner_of, refuse_shut_out, site_of, supplier_of
from coldchain.batches.service.gate import refresh_status
from coldchain.core import check_code, clock
from coldchain.core.batch_code import RANDOM_BITS, new_batch_code
from coldchain.core.claims import claimed
from coldchain.core.errors import FieldError
from coldchain.core.gathered import Gathered
from coldchain.core.ids import new_id
from coldchain.core.text_search import searchable
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.journal.models import PersonalValue
from coldchain.ledger import service as ledger
from coldchain.ledger.postings import Draft, intake
from coldchain.registry import service as registry
from coldchain.registry.models import Business, Producer, Product, Site
from coldchain.registry.service.reach import at

HAPPENED: Final = ("existing_stock", "paper")  # entered afterwards: what lies wrong is flagged, not refused (R4)
NUMBER_SYMBOLS: Final = 4  # a million arrivals a day; random, since a count would tell strangers how many there are
DRAWS: Final = 6
NEEDED: Final = frozenset({"product_id", "zone_id", "production_date", "quantity_units"})
UNIQUE: Final = ("uq_batch_batch_code", "uq_arrival_arrival_no")

Made = TypeVar("Made")


@dataclass(frozen=True)
class Head:
    """What an arrival's lines share, checked."""

    arrival_id: UUID
    owner: Business
    site: Site
    entry_mode: str
    arrived_at: datetime
    late: bool
    supplier_id: UUID | None
    supplier_name: str | None
    on_behalf_of: UUID | None
    papers: Mapping[str, Any]
    driver: Mapping[str, PersonalValue | None]
    declared_at: datetime | None = None  # declared in advance then, and `arrived_at` is when it is expected

    @property
    def occurred_at(self) -> datetime:
        """Return when what is entered happened: the arrival, or that it was declared."""
        return self.declared_at or self.arrived_at


def register(
    session: Session,
    actor: Actor,
    *,
    site_id: UUID,
    entry_mode: str,
    lines: Sequence[Mapping[str, Any]],
    owner: str | UUID | None = None,
    arrived_at: datetime | None = None,
    expected_at: datetime | None = None,
    supplier: Mapping[str, Any] | None = None,
    container_no: str | None = None,
    container_override: str | None = None,
    seal_no: str | None = None,
    customs_declaration_no: str | None = None,
    vehicle_plate: str | None = None,
    driver: Mapping[str, Any] | None = None,
    occurred_at: datetime | None = None,
) -> UUID:
    """Enter an arrival with its batches and their stock, and return its `arrival_id`; declared goods have no stock yet.

    Goods may lie in another business's store: the owner is who has them, the site's business is their custodian.
    A batch that a running recall describes is held at once (R9). Raises Invalid (`required`, `in_past`, `in_future`,
    `not_yet`, `unknown_site`, the container's and the lines' codes), Conflict `zone_not_dedicated` (R4) or
    `business_suspended`. All fields that are wrong are said at once.
    """
    site = site_of(session, site_id)
    business = owner_of(session, actor, owner)
    authorize(actor, "arrival.register", at(site, business.business_id))
    refuse_shut_out(business)
    declared_at = claimed(occurred_at) if entry_mode == "declared" else None
    gathered = Gathered()
    moment = gathered.take(lambda: moment_of(entry_mode, arrived_at, expected_at, occurred_at))
    arrived = moment or clock.now()
    arrived_on = arrived.astimezone(clock.BEIJING).date() if moment else date.max
    checked = gathered.take(
        lambda: arrival_lines.check(session, site, arrived_on, lines, existing_stock=entry_mode in HAPPENED)
    )
    supplier_id, supplier_name = gathered.take(lambda: supplier_of(session, supplier)) or (None, None)
    numbers = (container_no, container_override, customs_declaration_no)
    number = gathered.take(lambda: arrival_numbers.read(*numbers)) or Number()
    gathered.refuse()
    checked = checked or []
    head = Head(
        arrival_id=new_id(),
        owner=business,
        site=site,
        entry_mode=entry_mode,
        arrived_at=arrived,
        late=entry_mode in {"arrived", "paper"} and entered_late(session, arrived),
        supplier_id=supplier_id,
        supplier_name=supplier_name,
        on_behalf_of=business.business_id if actor.is_officer else None,
        papers={
            "container_no": number.value,
            "seal_no": seal_no,
            "customs_declaration_no": number.declaration,
            "vehicle_plate": vehicle_plate,
            "expected_at": expected_at,
        },
        driver=keep_driver(session, driver or {}, business, site),
        declared_at=declared_at,
    )
    return _enter(session, actor, head, checked, number)


def _enter(session: Session, actor: Actor, head: Head, checked: Sequence[Line], number: Number) -> UUID:
    """Write an arrival that was found right, post its stock, and tell whom it concerns; return its id."""
    watch.lock_shared(session)  # before anything is written, so that an announcement sees all of it or none
    arrival, batches = write(session, actor, head, checked)
    batch_ids = [batch.batch_id for batch in batches]
    found = watch.find(session, identities(session, arrival, checked, batches))
    if found:  # before the posting locks them shared: nobody may make a shared lock exclusive later
        ledger.lock_batches(session, batch_ids, exclusive=True)
    movements = _post(session, actor, head, batches) if head.declared_at is None else []
    more = [{"movements": [movement]} for movement in movements] or [{}] * len(batches)
    tell(session, actor, head, arrival, checked, more, batches)
    told = arrival_numbers.marks(number, arrival, head.site, head.occurred_at)
    flags.raise_(session, actor, [*marks(session, arrival, head.site, checked), *told])
    watch.hold(session, actor, found)
    refresh_status(session, batch_ids)
    return arrival.arrival_id


def faults(session: Session, actor: Actor, read: Mapping[str, Any]) -> list[FieldError]:
    """Return what is wrong in the readable fields of an arrival whose other fields can't be read; changes nothing.

    What a line lacks was said already; its dates are held against each other and the arrival all the same. Raises
    NotFound, Forbidden.
    """
    mode, site_id = read.get("entry_mode"), read.get("site_id")
    site = session.get(Site, site_id) if site_id else None
    if mode is None or site is None:
        return []
    authorize(actor, "arrival.register", at(site, owner_of(session, actor, read.get("owner")).business_id))
    gathered = Gathered()
    times = (read.get(name) for name in ("arrived_at", "expected_at", "occurred_at"))
    moment = gathered.take(lambda: moment_of(mode, *times))
    on = moment.astimezone(clock.BEIJING).date() if moment else date.max
    whole = [n for n, line in enumerate(read.get("lines") or ()) if {k for k, v in line.items() if v} >= NEEDED]
    lines = [read["lines"][n] for n in whole]
    gathered.take(lambda: arrival_lines.check(session, site, on, lines, existing_stock=mode in HAPPENED))
    found = [replace(each, pointer=_as_typed(each.pointer, whole)) for each in gathered.errors]
    for n, line in enumerate(read.get("lines") or ()):
        if n not in whole and line.get("production_date"):
            found += arrival_lines.wrong_dates(f"/lines/{n}", line["production_date"], line.get("expiry_date"), on)
    return found


def _as_typed(pointer: str, whole: Sequence[int]) -> str:
    """Return a pointer to a line as the request has it, of one among the lines that are whole."""
    parts = pointer.split("/")
    if parts[1] != "lines":
        return pointer
    return "/".join([*parts[:2], str(whole[int(parts[2])]), *parts[3:]])


def keep_driver(
    session: Session, driver: Mapping[str, Any], owner: Business, site: Site
) -> dict[str, PersonalValue | None]:
    """Keep who drives as personal values; the record names them."""
    of: dict[str, Any] = {"business_id": owner.business_id, "region_code": site.region_code}
    return {name: personal.keep(session, driver.get(name), f"driver_{name}", **of) for name in ("name", "phone")}


def write(session: Session, actor: Actor, head: Head, lines: Sequence[Line]) -> tuple[Arrival, list[Batch]]:
    """Insert the arrival and its batches; a number or code that is taken already is drawn again."""
    return drawn(session, lambda: _insert(session, actor, head, lines))


def drawn(session: Session, insert: Callable[[], Made]) -> Made:
    """Return what `insert` made, done again with other random numbers when one of them is taken already."""
    for _ in range(DRAWS - 1):
        try:
            with session.begin_nested():
                return insert()
        except IntegrityError as error:
            if not any(name in str(error.orig) for name in UNIQUE):
                raise
    return insert()


def _insert(session: Session, actor: Actor, head: Head, lines: Sequence[Line]) -> tuple[Arrival, list[Batch]]:
    now = clock.now()
    name, phone = head.driver["name"], head.driver["phone"]
    arrival = Arrival(
        arrival_id=head.arrival_id,
        arrival_no=_arrival_no(head.entry_mode, head.arrived_at),
        owner_id=head.owner.business_id,
        site_id=head.site.site_id,
        entry_mode=head.entry_mode,
        arrived_at=None if head.declared_at else head.arrived_at,
        supplier_id=head.supplier_id,
        supplier_name=head.supplier_name,
        driver_name_id=name.personal_id if name else None,
        driver_phone_id=phone.personal_id if phone else None,
        occurred_at=head.occurred_at,
        recorded_at=now,
        recorded_by=actor.user_id,
        on_behalf_of=head.on_behalf_of,
        **head.papers,
    )
    session.add(arrival)
    session.flush()
    producer_ids = {line.product.producer_id for line in lines}
    producers = registry.producers(session, producer_ids)
    aliases = registry.aliases(session, producer_ids)
    batches = []
    for line in lines:
        product, producer = line.product, producers[line.product.producer_id]
        code = new_batch_code(secrets.randbits(RANDOM_BITS))
        batches.append(
            Batch(
                batch_id=new_id(),
                batch_code=code,
                arrival_id=arrival.arrival_id,
                line_no=line.line_no,
                product_id=product.product_id,
                producer_id=producer.producer_id,
                owner_id=head.owner.business_id,
                site_id=head.site.site_id,
                zone_id=line.zone.zone_id,
                region_code=head.site.region_code,
                batch_no=line.batch_no,
                production_date=line.production_date,
                expiry_date=line.expiry_date,
                quantity_units=line.quantity_units,
                piece_count=line.piece_count,
                status="declared" if head.declared_at else "held",
                search_text=search_text(
                    product, producer, aliases[producer.producer_id], head.owner, arrival, code, line.batch_no
                ),
                occurred_at=head.occurred_at,
                recorded_at=now,
                recorded_by=actor.user_id,
            )
        )  # fmt: skip
    session.add_all(batches)
    session.flush()
    return arrival, batches


def search_text(
    product: Product,
    producer: Producer,
    aliases: Sequence[str],
    owner: Business,
    arrival: Arrival,
    batch_code: str,
    batch_no: str | None,
) -> str:
    """Return all that a batch is found by: its numbers, its product's, producer's and owner's names and numbers."""
    return searchable(
        product.name, product.name_en, product.series, producer.name, *aliases, owner.name,
        numbers=(batch_code, batch_no, arrival.arrival_no, arrival.container_no, arrival.customs_declaration_no,
                 product.gtin, producer.plant_no, owner.uscc),
    )  # fmt: skip


def _arrival_no(entry_mode: str, arrived_at: datetime) -> str:
    """Return a number that people can read out: the arrival's day in Beijing and four symbols; JG: made here (加工)."""
    symbols = "".join(secrets.choice(check_code.ALPHABET) for _ in range(NUMBER_SYMBOLS))
    return f"{'JG' if entry_mode in MADE_MODES else 'DH'}{arrived_at.astimezone(clock.BEIJING):%y%m%d}-{symbols}"


def _post(session: Session, actor: Actor, head: Head, batches: Sequence[Batch]) -> list[dict[str, Any]]:
    """Post the intake of each batch; return its movement as the journal tells it, in the order of `batches`."""
    drafts = [
        Draft(
            kind="intake",
            batch_id=batch.batch_id,
            entries=intake(head.owner.business_id, batch.zone_id, batch.quantity_units),
            occurred_at=head.arrived_at,
            arrival_id=head.arrival_id,
            late=head.late,
            on_behalf_of=head.on_behalf_of,
            moves_locked=True,
        )
        for batch in batches
    ]
    return ledger.told(ledger.post(session, actor, drafts, fresh=True), drafts)


def tell(
    session: Session,
    actor: Actor,
    head: Head,
    arrival: Arrival,
    lines: Sequence[Line],
    more: Sequence[Mapping[str, Any]],
    batches: Sequence[Batch],
) -> None:
    """Journal an arrival and its batches, each with what is `more` to be said of it."""
    name, phone = head.driver["name"], head.driver["phone"]
    mixed = [line.line_no for line in lines if line.mixed]
    imports = from_abroad((line.product, head.site) for line in lines)
    business_id, region_code = head.owner.business_id, head.site.region_code
    facts = [
        journal.Fact(
            "arrival.registered",
            arrival.arrival_id,
            head.occurred_at,
            {
                "arrival_no": arrival.arrival_no,
                "owner_id": head.owner.business_id,
                "site_id": head.site.site_id,
                "entry_mode": head.entry_mode,
                "supplier_id": head.supplier_id,
                "supplier_name": head.supplier_name,
                "driver_name": name.commitment if name else None,
                "driver_phone": phone.commitment if phone else None,
                "late": head.late,
                "flags": seen_at_once(arrival, mixed, imports=imports),
                "mixed_lines": mixed,
                "batch_ids": [batch.batch_id for batch in batches],
                "on_behalf_of": head.on_behalf_of,
                **head.papers,
            },
            business_id,
            region_code,
        )
    ]
    facts += [
        journal.Fact(
            "batch.registered",
            batch.batch_id,
            head.occurred_at,
            told(batch) | dict(said),
            business_id,
            region_code,
        )
        for batch, said in zip(batches, more, strict=True)
    ]
    journal.append_many(session, actor, facts)


def told(batch: Batch) -> dict[str, Any]:
    """Return what the journal says of a batch that was registered."""
    return {
        "arrival_id": batch.arrival_id,
        "batch_code": batch.batch_code,
        "line_no": batch.line_no,
        "product_id": batch.product_id,
        "zone_id": batch.zone_id,
        "batch_no": batch.batch_no,
        "production_date": batch.production_date,
        "expiry_date": batch.expiry_date,
        "quantity_units": batch.quantity_units,
        "piece_count": batch.piece_count,
    }


def identities(session: Session, arrival: Arrival, lines: Sequence[Line], batches: Sequence[Batch]) -> list[Identity]:
    """Return what a notice looks at in each new batch."""
    producers = registry.producers(session, {line.product.producer_id for line in lines})
    return [
        identity_of(line.product, producers[line.product.producer_id], batch, arrival)
        for line, batch in zip(lines, batches, strict=True)
    ]
