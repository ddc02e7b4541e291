"""Reads the demonstration's data files and checks them; touches no database.

A data file is a set of the demonstration: SETS names them, `load_sets()` reads some or all as one story, and later sets
build on what the first has made. Besides `events` a file may hold `plans`, short descriptions of many rows that
`invented.py` writes out. A further kind of event is a dataclass in `events.py`, a row in SECTIONS at its place in the
order, and a handler in `ops/demo_load.py: HANDLERS`; a further set is a file and a row in SETS.

`load()` gives accounts, offices and one list of events sorted by `at`, the moment at which the books learn each. Events
of one moment stand in the order of the sections below and of the files, which is the order in which each can be done:

1. the register before the notice: businesses, commitment letters, approvals, venues, sites, zones, stewards;
2. the catalogue: producers, products;
3. the merchant's trade: arrivals, their evidence, what officers said of it, disinfections with their orders, tubes,
   results, labels, dispatches, receipts;
4. the sweep: the draft, its announcement, places found on foot, findings, results of samples;
5. oversight: visits, what was found and answered, decisions and objections, measures of authorities.

Events of one moment are one transaction. Across moments it is one story. The register is filled and goods are traded
from 4 January 2021; imported stock is entered from 9 January; on 15 January comes the notice about ice cream, which
nothing matches; on 19 January at 12:00 that about cut chicken. Announcements make blanket tasks for all registered
sites of the area; findings follow. Stock that matches and is registered after the announcement is pulled in by the
books themselves: here it is only an arrival. A place is visited again for the second round of samples, and each such
finding repeats what is sealed there, since the latest finding of a task is the one that counts. A task is that of the
notice written down last: the findings of a sweep stand before the next notice. From 25 January the rest of the
register is entered by offices' lists.

A file that has a `day_of_loading` is told from that day: it is written as if it were loaded then, and all of its days
and moments move to the day on which it is. So what is due, what holds and what ends soon is so for whoever opens the
demonstration, years after the case.

What is real and what is invented is said at the head of each data file.
"""

import tomllib
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from coldchain.core.identifiers import check_container, check_food_licence, check_import_declaration, check_uscc
from coldchain.core.text import clean
from coldchain.ops.demo import events as e
from coldchain.ops.demo import invented
from coldchain.ops.demo import oversight as o
from coldchain.ops.demo.parts import Event, Part

FILE = Path(__file__).with_name("jianhua_sweep_b.toml")
SETS: Mapping[str, Path] = types.MappingProxyType(
    {
        "sweep_b": FILE,  # the others build on its register
        "register": FILE.with_name("jianhua_register.toml"),
        "sweep_a": FILE.with_name("jianhua_sweep_a.toml"),
        "dongxing": FILE.with_name("dongxing_stores.toml"),  # another place: its cold stores and their stewards
        "oversight": FILE.with_name("oversight.toml"),  # what is due and holds now, told from the day of loading
    }
)

SECTIONS: Mapping[str, type[Event]] = types.MappingProxyType(
    {
        "register_business": e.RegisterBusiness,
        "sign_commitment_letter": e.SignCommitmentLetter,
        "approve_business": e.ApproveBusiness,
        "register_venue": e.RegisterVenue,
        "register_site": e.RegisterSite,
        "register_zone": e.RegisterZone,
        "appoint_steward": e.AppointSteward,
        "record_licence": o.RecordLicence,
        "register_worker": o.RegisterWorker,
        "register_producer": e.RegisterProducer,
        "register_product": e.RegisterProduct,
        "register_arrival": e.RegisterArrival,
        "add_evidence": e.AddEvidence,
        "verify_papers": o.VerifyPapers,
        "record_disinfection": e.RecordDisinfection,
        "order_disinfection": o.OrderDisinfection,
        "do_disinfection_order": o.DoDisinfectionOrder,
        "register_tube": e.RegisterTube,
        "record_tube_result": e.RecordTubeResult,
        "make_labels": e.MakeLabels,
        "dispatch": e.Dispatch,
        "confirm_consignment": e.ConfirmConsignment,
        "draft_recall": e.DraftRecall,
        "announce_recall": e.AnnounceRecall,
        "find_on_foot": e.FindOnFoot,
        "record_finding": e.RecordFinding,
        "record_sample_result": e.RecordSampleResult,
        "record_visit": o.RecordVisit,
        "answer_finding": o.AnswerFinding,
        "review_finding": o.ReviewFinding,
        "decide": o.Decide,
        "object_to_decision": o.ObjectToDecision,
        "answer_objection": o.AnswerObjection,
        "record_measure": o.RecordMeasure,
    }
)
# days and moments that may lie ahead
LATER = ("expiry_date", "valid_to", "rectify_by", "starts_on", "ends_on", "ends_at", "expected_at")
NUMBER_CHECKS = types.MappingProxyType(
    {
        "uscc": check_uscc,
        "container_no": check_container,
        "customs_declaration_no": check_import_declaration,
        "licence_no": check_food_licence,
    }
)


class DemoDataError(ValueError):
    """The data file contradicts itself; the message names the event."""


@dataclass(frozen=True, kw_only=True)
class Account(Part):
    """A demonstration account; `business` is the USCC that a merchant or a lab acts for, registered by an event."""

    username: str
    display_name: str
    role: str
    business: str | None = None
    region_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class Office(Part):
    """A market supervision office of the demonstration's district."""

    name: str
    region_code: str


@dataclass(frozen=True, kw_only=True)
class Demo(Part):
    """The whole demonstration."""

    title_zh: str
    title_en: str
    note_zh: str
    note_en: str
    told_of: date | None = None  # a day of the month of which the case is told
    accounts: tuple[Account, ...]
    offices: tuple[Office, ...]
    events: tuple[Event, ...]


def load_sets(names: Sequence[str] = (), today: date | None = None) -> Demo:
    """Return the demonstration of the named sets, checked; of all of them when none is named. Raises as `load` does."""
    return load(*(path for name, path in SETS.items() if not names or name in names), today=today)


def load(*paths: Path, today: date | None = None) -> Demo:
    """Return the demonstration of the data files, checked; of the first set when none is given.

    `today` is the day of loading, from which some files are told; None: the day that each of them is written for.
    Raises DemoDataError when a value has the wrong type, a number its wrong form, a name no earlier event, or a time
    lies after the moment at which the books learn it.
    """
    raw = [_told_from(today, tomllib.loads(path.read_text(encoding="utf-8"))) for path in paths or [FILE]]
    sections: dict[str, list[Any]] = {}
    for one in raw:
        for rows in (one.pop("events"), invented.expand(one.pop("plans", {}))):
            for section, some in rows.items():
                sections.setdefault(section, []).extend(some)
    if unknown := set(sections) - set(SECTIONS):
        raise DemoDataError(f"unknown sections {sorted(unknown)}")
    found = [
        _build(kind, row, f"{section}[{place}]")
        for section, kind in SECTIONS.items()
        for place, row in enumerate(sections.get(section, []))
    ]
    found.sort(key=lambda event: event.at)  # stable: sections and file order within one moment
    demo: Demo = _build(Demo, _together(raw) | {"events": tuple(found)}, "file")
    _check(demo)
    return demo


def _told_from(today: date | None, raw: dict[str, Any]) -> dict[str, Any]:
    """Return what a file says, moved to the day of loading when it is told from that."""
    written_for: date | None = raw.pop("day_of_loading", None)
    if written_for is None or today is None:
        return raw
    moved: dict[str, Any] = _moved(raw, today - written_for)
    return moved


def _moved(value: Any, by: timedelta) -> Any:
    if isinstance(value, dict):
        return {name: _moved(one, by) for name, one in value.items()}
    if isinstance(value, list):
        return [_moved(one, by) for one in value]
    return value + by if isinstance(value, date) else value


def _together(raw: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what stands beside the events of some files as that of one: lists in their order, texts joined."""
    merged = dict(raw[0])
    for one in raw[1:]:
        for name, value in one.items():
            joint = "；" if name.endswith("_zh") else "; "
            if name not in merged:
                merged[name] = value
            else:
                merged[name] = merged[name] + value if isinstance(value, list) else f"{merged[name]}{joint}{value}"
    return merged


def _build(kind: Any, value: Any, where: str) -> Any:
    """Return `value` of the data file as the type of a field: dataclass, tuple, optional or plain value."""
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        return _build(next(inner for inner in get_args(kind) if inner is not types.NoneType), value, where)
    if origin is tuple:
        return tuple(_build(get_args(kind)[0], one, f"{where}[{place}]") for place, one in enumerate(value))
    if isinstance(kind, type) and isinstance(value, kind) and issubclass(kind, Part):
        return value
    if isinstance(kind, type) and issubclass(kind, Part):
        return _build_part(kind, value, where)
    if type(value) is not kind:  # exactly: True is no number, a moment is no day
        raise DemoDataError(f"{where}: {value!r} is not {kind.__name__}")
    return clean(value) if kind is str else value


def _build_part(kind: type[Part], value: Any, where: str) -> Part:
    """Return a table of the data file as a dataclass; unknown and missing fields are errors."""
    if not isinstance(value, dict):
        raise DemoDataError(f"{where}: {value!r} is not a table")
    members = {member.name: member for member in fields(kind)}  # type: ignore[arg-type]
    if unknown := set(value) - set(members):
        raise DemoDataError(f"{where}: unknown fields {sorted(unknown)}")
    if missing := {name for name, m in members.items() if m.default is MISSING and name not in value}:
        raise DemoDataError(f"{where}: missing fields {sorted(missing)}")
    hints = get_type_hints(kind)
    return kind(**{name: _build(hints[name], one, f"{where}.{name}") for name, one in value.items()})


def _check(demo: Demo) -> None:
    """Raise DemoDataError unless every event can be done when its turn comes."""
    usernames = {account.username for account in demo.accounts}
    offices = {(office.region_code, office.name) for office in demo.offices}
    known: set[tuple[str, str]] = set()
    for event in demo.events:
        where = f"{type(event).__name__} at {event.at.isoformat()} ({event.key})"
        if event.by not in usernames:
            raise DemoDataError(f"{where}: no account {event.by}")
        for reference in event.references():
            if reference not in known:
                raise DemoDataError(f"{where}: there is no {reference[0]} {reference[1]} yet")
        _check_times(event, event.at, where)
        _check_numbers(event, where)
        office = getattr(event, "office", None)
        if office is not None and (getattr(event, "region_code", None), office) not in offices:
            raise DemoDataError(f"{where}: no office {office}")
        for made in _makes(event, where):
            if made in known:
                raise DemoDataError(f"{where}: {made} is made twice")
            known.add(made)
    for account in demo.accounts:
        if account.business is not None and ("business", account.business) not in known:
            raise DemoDataError(f"account {account.username}: no business {account.business}")


def _makes(event: Event, where: str) -> list[tuple[str, str]]:
    """Return what later events may name after this one."""
    if isinstance(event, e.RegisterBusiness):
        return [("business", event.uscc)]
    if event.makes is None:
        return []
    if event.key is None:
        raise DemoDataError(f"{where}: a key is needed")
    made = [(event.makes, event.key)]
    if isinstance(event, e.RegisterSite):
        made.append(("task", event.key))
    if isinstance(event, e.RegisterArrival):
        made += [("batch", f"{event.key}/{line}") for line in range(1, len(event.lines) + 1)]
    if isinstance(event, o.RecordVisit):
        made += [("finding", f"{event.key}/{number}") for number in range(1, len(event.findings) + 1)]
    return made


def _check_times(part: Part, at: datetime, where: str) -> None:
    """Raise DemoDataError for a claimed time without offset or after the moment at which the books learn it."""
    for member in fields(part):  # type: ignore[arg-type]
        value = getattr(part, member.name)
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise DemoDataError(f"{where}: {member.name} has no offset")
            if value > at and member.name not in LATER:
                raise DemoDataError(f"{where}: {member.name} lies after it is recorded")
        elif isinstance(value, date) and member.name not in LATER and value > at.date():
            raise DemoDataError(f"{where}: {member.name} lies after it is recorded")
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, Part):
                _check_times(inner, at, where)


def _check_numbers(event: Event, where: str) -> None:
    """Raise DemoDataError for a number that its own rule would refuse."""
    for name, check in NUMBER_CHECKS.items():
        number = getattr(event, name, None)
        if number is None:
            continue
        try:
            kept = check(number)
        except ValueError as error:
            raise DemoDataError(f"{where}: {error}") from error
        if kept != number:
            raise DemoDataError(f"{where}: {name} should be written {kept}")
