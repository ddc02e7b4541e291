"""Pure: the figures of a report from rows as they stood at a time. No figure of any case is written here."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

CHECKED = ("found", "none_found")
ORIGINS = ("from_books", "blanket", "on_foot")
Key = tuple[str, UUID | None]  # region and office


@dataclass(frozen=True)
class LineFact:
    """A finding's line: units examined and matched, grams of what was examined (None: not weighed)."""

    batch_id: UUID | None
    examined_units: int
    matched_units: int
    mass_g: int | None
    disposition: str

    @property
    def matched_mass_g(self) -> int | None:
        """Return the matched part of the mass in grams, by units; None when it was not weighed."""
        if self.mass_g is None:
            return None
        if self.examined_units == self.matched_units:
            return self.mass_g
        return self.mass_g * self.matched_units // self.examined_units


@dataclass(frozen=True)
class TaskFact:
    """A task as of a time: its state is `open` or the latest outcome, its lines are those of the latest finding."""

    task_id: UUID
    site_id: UUID | None
    origin: str
    office_id: UUID | None
    region_code: str
    state: str
    seen: bool
    people_controlled: int
    lines: tuple[LineFact, ...]
    found_before: bool = False  # some finding there, of then or earlier, had goods that match

    @property
    def reopened(self) -> bool:
        """Whether somebody looked here, and goods came since that nobody has looked at."""
        return self.state == "open" and self.seen

    @property
    def has_matched(self) -> bool:
        """Whether goods that match were found at the latest look."""
        return self.state == "found" or any(line.matched_units for line in self.lines)


@dataclass(frozen=True)
class StockFact:
    """Units of a held batch in the books at one place."""

    batch_id: UUID
    site_id: UUID | None
    consignment_id: UUID | None
    quantity_units: int
    unit_mass_g: int
    region_code: str = ""
    office_id: UUID | None = None


@dataclass
class OfficeFigures:
    """Counts of one office."""

    office_id: UUID | None
    sites_due: int = 0
    sites_checked: int = 0
    sites_found: int = 0
    sites_none: int = 0
    sites_open: int = 0
    sites_reopened: int = 0


@dataclass
class PlaceFigures(OfficeFigures):
    """Counts of one office within one region (`office_id` None: places of none), and what is locked there in grams."""

    region_code: str = ""
    locked_mass_g: int = 0


@dataclass
class Figures:
    """Everything that a bulletin states. Masses in grams; `sites_open` = due − checked.

    `sites_reopened` were looked at and have more to look at now: open, but not `sites_not_reached_yet`; at
    `sites_reopened_found` of them goods that match were found, which the masses and `sites_weighed` hold too.
    `sites_found_before` had such goods at an earlier look and none at the latest. `unseen_mass_g` is the part of
    `locked_mass_g` that is in the books of `sites_unseen` checked sites and was not seen there;
    `sites_locked_unchecked` are the places of `sites_locked` where nobody has looked at what is locked.
    """

    sites_due: int = 0
    sites_checked: int = 0
    sites_found: int = 0
    sites_none: int = 0
    sites_open: int = 0
    sites_reopened: int = 0
    sites_reopened_found: int = 0
    sites_found_before: int = 0
    sites_closed: int = 0
    sites_unreachable: int = 0
    sites_refused: int = 0
    sites_not_reached_yet: int = 0
    sites_by_origin: dict[str, int] = field(default_factory=dict)
    sites_weighed: int = 0
    examined_mass_g: int = 0
    matched_mass_g: int = 0
    sealed_mass_g: int = 0
    practised_mass_g: int = 0
    taken_off_mass_g: int = 0
    left_mass_g: int = 0
    sites_sealed: int = 0
    sites_practised: int = 0
    held_mass_g: int = 0
    locked_mass_g: int = 0
    sites_locked: int = 0
    sites_locked_unchecked: int = 0
    unseen_mass_g: int = 0
    sites_unseen: int = 0
    batches_held: int = 0
    people_controlled: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list)
    samples_total: int = 0
    samples_by_state: dict[str, int] = field(default_factory=dict)
    offices: list[OfficeFigures] = field(default_factory=list)
    places: list[PlaceFigures] = field(default_factory=list)
    elsewhere: list[PlaceFigures] = field(default_factory=list)
    late_entries: int = 0
    late_mass_g: int = 0


def compute(
    tasks: Iterable[TaskFact],
    stock: Iterable[StockFact],
    samples: Iterable[tuple[int, str, str, int]],
    late: Iterable[tuple[UUID, int]] = (),
    *,
    drill: bool = False,
) -> Figures:
    """Return the figures of tasks, held stock, samples as (round, place, state, pieces), late lines as (document, g).

    `held_mass_g` is all that the books hold for this recall; `locked_mass_g` the part that no officer has sealed yet
    (系统锁定，待现场封存). It is never added to `sealed_mass_g` (R9). `elsewhere` is the reader's: the caller fills it.
    In a `drill` no seal is put on: what was recorded as sealed counts as practised and never as sealed.
    """
    figures = Figures(sites_by_origin=dict.fromkeys(ORIGINS, 0))
    offices: dict[UUID | None, OfficeFigures] = {}
    places: dict[Key, PlaceFigures] = {}
    books = _Looked()
    for task in tasks:
        office = offices.setdefault(task.office_id, OfficeFigures(task.office_id))
        _count(figures, (figures, office, _place(places, task.region_code, task.office_id)), task)
        for line in task.lines:
            _weigh(figures, line)
        books.add(task)
    _books(figures, places, stock, books)
    _samples(figures, samples)
    gone = list(late)
    figures.late_entries = len({document for document, _mass_g in gone})
    figures.late_mass_g = sum(mass_g for _document, mass_g in gone)
    if drill:
        figures.practised_mass_g, figures.sealed_mass_g = figures.sealed_mass_g, 0
        figures.sites_practised, figures.sites_sealed = figures.sites_sealed, 0
    figures.offices = sorted(offices.values(), key=lambda office: (office.office_id is None, str(office.office_id)))
    figures.places = [places[key] for key in sorted(places, key=str)]
    return figures


def _place(places: dict[Key, PlaceFigures], region_code: str, office_id: UUID | None) -> PlaceFigures:
    return places.setdefault((region_code, office_id), PlaceFigures(office_id, region_code=region_code))


def _count(figures: Figures, counts: Iterable[Figures | OfficeFigures], task: TaskFact) -> None:
    figures.sites_by_origin[task.origin] += 1
    for counted in counts:
        counted.sites_due += 1
        counted.sites_checked += task.state in CHECKED
        counted.sites_found += task.state == "found"
        counted.sites_none += task.state == "none_found"
        counted.sites_open += task.state not in CHECKED
        counted.sites_reopened += task.reopened
    figures.sites_closed += task.state == "closed"
    figures.sites_unreachable += task.state == "unreachable"
    figures.sites_refused += task.state == "refused"
    figures.sites_not_reached_yet += task.state == "open" and not task.reopened
    figures.sites_reopened_found += task.reopened and task.has_matched
    figures.sites_found_before += task.found_before and not task.has_matched
    figures.sites_weighed += (task.state == "found" or task.reopened) and any(
        line.mass_g is not None and line.matched_units for line in task.lines
    )
    figures.sites_sealed += any(line.disposition == "sealed" and line.matched_units for line in task.lines)
    figures.people_controlled += task.people_controlled


def _weigh(figures: Figures, line: LineFact) -> None:
    figures.examined_mass_g += line.mass_g or 0
    matched = line.matched_mass_g or 0
    figures.matched_mass_g += matched
    if line.disposition == "sealed":
        figures.sealed_mass_g += matched
    elif line.disposition == "taken_off":
        figures.taken_off_mass_g += matched
    else:
        figures.left_mass_g += matched


class _Looked:
    """What officers saw of each batch at each site, and at which checked sites every line names its batch."""

    def __init__(self) -> None:
        self.sealed: Counter[tuple[UUID | None, UUID | None]] = Counter()
        self.other: Counter[tuple[UUID | None, UUID | None]] = Counter()
        self.told: set[UUID | None] = set()
        self.checked: set[UUID | None] = set()

    def add(self, task: TaskFact) -> None:
        """Count a task's latest look."""
        for line in task.lines:
            if line.batch_id:
                sealed = line.matched_units if line.disposition == "sealed" else 0
                self.sealed[(line.batch_id, task.site_id)] += sealed
                self.other[(line.batch_id, task.site_id)] += line.examined_units - sealed
        if task.site_id and task.state in CHECKED:
            self.checked.add(task.site_id)
            if all(line.batch_id for line in task.lines):
                self.told.add(task.site_id)


def _books(figures: Figures, by_place: dict[Key, PlaceFigures], stock: Iterable[StockFact], looked: _Looked) -> None:
    places: dict[UUID | None, int] = defaultdict(int)
    unseen_at: set[UUID | None] = set()
    batches = set()
    for row in sorted(stock, key=lambda row: (str(row.batch_id), str(row.site_id), row.quantity_units)):
        if row.quantity_units <= 0:
            continue
        batches.add(row.batch_id)
        sealed = unseen = 0
        if row.consignment_id is None:
            key = (row.batch_id, row.site_id)
            sealed = min(looked.sealed[key], row.quantity_units)
            looked.sealed[key] -= sealed
            seen = min(looked.other[key], row.quantity_units - sealed)
            looked.other[key] -= seen
            unseen = row.quantity_units - sealed - seen if row.site_id in looked.told else 0
        waiting = row.quantity_units - sealed
        figures.unseen_mass_g += unseen * row.unit_mass_g
        if unseen:
            unseen_at.add(row.site_id)
        figures.held_mass_g += row.quantity_units * row.unit_mass_g
        figures.locked_mass_g += waiting * row.unit_mass_g
        if waiting:
            _place(by_place, row.region_code, row.office_id).locked_mass_g += waiting * row.unit_mass_g
            places[row.site_id or row.consignment_id] += waiting
    figures.sites_locked = len(places)
    figures.sites_locked_unchecked = len(places.keys() - looked.checked)
    figures.sites_unseen = len(unseen_at)
    figures.batches_held = len(batches)


def _samples(figures: Figures, samples: Iterable[tuple[int, str, str, int]]) -> None:
    total: Counter[tuple[int, str, str]] = Counter()
    by_state: Counter[str] = Counter()
    for number, place, state, pieces in samples:
        total[(number, place, state)] += pieces
        by_state[state] += pieces
    figures.samples = [
        {"round": number, "place": place, "pieces": pieces, "state": state}
        for (number, place, state), pieces in sorted(total.items())
        if pieces
    ]
    figures.samples_total = sum(by_state.values())
    figures.samples_by_state = {state: pieces for state, pieces in sorted(by_state.items()) if pieces}
