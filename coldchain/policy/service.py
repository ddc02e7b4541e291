"""The rule book in the database: loaded from the data files, read as plain values by whoever judges.

Invariant: a row is never changed; a correction is a new version of its code, a new figure a row with a later start.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, or_, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from coldchain.core import clock
from coldchain.core.ids import new_id
from coldchain.policy.books import RuleBook, by_producer
from coldchain.policy.engine import latest_versions
from coldchain.policy.facts import PolicyRow
from coldchain.policy.measures import CIRCUIT_BREAKER, IMPORT_SUSPENSION, LOCKDOWN, Measure
from coldchain.policy.models import DisinfectionProtocol, EvidencePolicy, MeasureVersion, PolicyParameter
from coldchain.policy.protocols import Protocol, in_force
from coldchain.regions.tree import ancestry

DATA = Path(__file__).parent / "data"

# What a process has read of the rule book, by the fingerprint of the rows that it read: asked at every dispatch.
_books: dict[tuple[str, ...], RuleBook] = {}
_figures: dict[str, list[tuple[date, str, Any]]] = {}
# Rows are never changed, so that their ids suffice.
_FINGERPRINT: Final = "SELECT md5(string_agg({key}::text, ',' ORDER BY {key})) FROM {table}"
_PARAMETERS_FINGERPRINT: Final = text(_FINGERPRINT.format(table="policy_parameter", key="parameter_id"))
_BOOK_FINGERPRINT: Final = text(
    "SELECT ({}), ({}), ({})".format(
        _FINGERPRINT.format(table="evidence_policy", key="policy_id"),
        _FINGERPRINT.format(table="disinfection_protocol", key="protocol_id"),
        _FINGERPRINT.format(table="measure_version", key="row_id") + f" WHERE kind = '{IMPORT_SUSPENSION}'",
    )
)
_MEASURE_FIELDS: Final = tuple(each.name for each in fields(Measure))
_TRADE_MEASURES: Final = select(MeasureVersion).where(
    or_(
        col(MeasureVersion.kind) == LOCKDOWN,
        col(MeasureVersion.business_id) == bindparam("business_id"),
    )
)


def _read(name: str, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))[table]
    return rows


def load(session: Session) -> int:
    """Add the shipped rows that are not there yet and return how many were added; a second run adds none."""
    now = clock.now()
    added = 0
    for model, rows in (
        (EvidencePolicy, _read("evidence_policies", "policy")),
        (DisinfectionProtocol, _read("disinfection_protocols", "protocol")),
    ):
        for row in rows:
            key = "policy_id" if model is EvidencePolicy else "protocol_id"
            values = row | {key: new_id(), "recorded_at": now}
            statement = insert(model).values(**values).on_conflict_do_nothing(index_elements=["code", "version"])
            added += session.execute(statement.returning(col(model.code))).fetchone() is not None
    known = {
        (row.name, row.valid_from, row.source)
        for row in session.exec(select(PolicyParameter).order_by(col(PolicyParameter.name)))
    }
    for row in _read("parameters", "parameter"):
        if (row["name"], row["valid_from"], row["source"]) not in known:
            session.add(PolicyParameter(**row, recorded_at=now))
            added += 1
    session.flush()
    return added


def rows(session: Session) -> list[PolicyRow]:
    """Return the newest version of every evidence policy as plain values; read again only when a row was added."""
    return list(book(session).policies)


def book(session: Session) -> RuleBook:
    """Return all that the gate judges by, in one statement unless a row was added since this process read it."""
    session.flush()  # a row that this very session adds counts too
    known = tuple(str(each) for each in session.execute(_BOOK_FINGERPRINT).one())
    found = _books.get(known)
    if found is None:
        _books.clear()
        found = _books[known] = RuleBook(
            tuple(latest_versions(policy_row(row) for row in session.exec(select(EvidencePolicy)))),
            MappingProxyType({row.protocol_id: as_protocol(row) for row in session.exec(select(DisinfectionProtocol))}),
            by_producer(
                as_measure(row)
                for row in session.exec(select(MeasureVersion).where(col(MeasureVersion.kind) == IMPORT_SUSPENSION))
            ),
        )
    return found


def policy_row(row: EvidencePolicy) -> PolicyRow:
    """Return a version of an evidence policy as plain values."""
    return PolicyRow(
        policy_id=row.policy_id,
        code=row.code,
        version=row.version,
        name_zh=row.name_zh,
        name_en=row.name_en,
        region_code=row.region_code,
        imported=row.imported,
        categories=None if row.categories is None else frozenset(row.categories),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        evidence=tuple(tuple(kinds) for kinds in row.evidence),
        disinfection=row.disinfection,
        testing=row.testing,
        code_required=row.code_required,
        supplier_required=row.supplier_required,
        requires_verified=row.requires_verified,
        grace_until=row.grace_until,
        source=row.source,
    )


def as_measure(row: MeasureVersion) -> Measure:
    """Return a version of a measure as plain values."""
    return Measure(
        **{name: getattr(row, name) for name in _MEASURE_FIELDS},
    )


def trade_measures(session: Session, business_id: UUID) -> list[Measure]:
    """Return every version of the lock-downs, and of what was measured about one business, in one statement (R18)."""
    return [as_measure(row) for row in session.scalars(_TRADE_MEASURES, {"business_id": business_id})]


def trade_measures_of(session: Session, business_ids: Sequence[UUID]) -> list[Measure]:
    """Return every version of the lock-downs, and of what was measured about some businesses, in one statement."""
    about = or_(col(MeasureVersion.kind) == LOCKDOWN, col(MeasureVersion.business_id).in_(business_ids))
    return [as_measure(row) for row in session.scalars(select(MeasureVersion).where(about))]


def trade_stops(session: Session) -> list[Measure]:
    """Return every version of the lock-downs and circuit breakers, whomever they are about, in one statement (R18)."""
    kinds = col(MeasureVersion.kind).in_((LOCKDOWN, CIRCUIT_BREAKER))
    return [as_measure(row) for row in session.scalars(select(MeasureVersion).where(kinds))]


def protocols(session: Session, region_code: str, on: date) -> list[Protocol]:
    """Return the disinfection protocols of treatments on a day in a region as plain values, in one statement (R7)."""
    statement = select(DisinfectionProtocol).order_by(col(DisinfectionProtocol.code), col(DisinfectionProtocol.version))
    rows = [as_protocol(row) for row in session.exec(statement)]
    return in_force(rows, regions=ancestry(region_code), on=on)


def as_protocol(row: DisinfectionProtocol) -> Protocol:
    """Return a version of a disinfection protocol as plain values."""
    return Protocol(
        protocol_id=row.protocol_id,
        code=row.code,
        version=row.version,
        agent=row.agent,
        ambient_from_c=_decimal(row.ambient_from_c),
        ambient_to_c=_decimal(row.ambient_to_c),
        concentration_min_mg_per_l=row.concentration_min_mg_per_l,
        contact_min=row.contact_min,
        volume_from_ml_per_m2=row.volume_from_ml_per_m2,
        volume_to_ml_per_m2=row.volume_to_ml_per_m2,
        additives=row.additives,
        name_zh=row.name_zh,
        name_en=row.name_en,
        source=row.source,
        region_code=row.region_code,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def _decimal(value: Decimal | int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def parameters(session: Session, on: date) -> Mapping[str, Any]:
    """Return every figure of the rules in force on a day by name; read again only when a row was added."""
    session.flush()  # a row that this very session adds counts too
    known = str(session.execute(_PARAMETERS_FINGERPRINT).scalar_one())
    found = _figures.get(known)
    if found is None:
        statement = select(PolicyParameter).order_by(
            col(PolicyParameter.valid_from), col(PolicyParameter.recorded_at), col(PolicyParameter.parameter_id)
        )
        _figures.clear()
        found = _figures[known] = [(row.valid_from, row.name, row.value) for row in session.exec(statement)]
    return MappingProxyType({name: value for valid_from, name, value in found if valid_from <= on})


def parameter(session: Session, name: str, on: date) -> Any:
    """Return one figure of the rules in force on a day. Raises LookupError when the rule book has none."""
    found = parameters(session, on)
    if name not in found:
        raise LookupError(f"the rule book has no {name} on {on}")
    return found[name]
