"""The rule book in the database: loaded from the data files, read as plain values by whoever judges.

Invariant: a row is never changed; a correction is a new version of its code, a new figure a row with a later start.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from coldchain.core import clock
from coldchain.core.ids import new_id
from coldchain.policy.facts import PolicyRow
from coldchain.policy.models import DisinfectionProtocol, EvidencePolicy, PolicyParameter
from coldchain.policy.protocols import Protocol

DATA = Path(__file__).parent / "data"

# What a process has read of the rule book, by the fingerprint of the rows that it read: asked at every dispatch.
_policies: dict[str, list[PolicyRow]] = {}
_figures: dict[str, list[tuple[date, str, Any]]] = {}
_FINGERPRINT: Final = "SELECT md5(string_agg({key}::text, ',' ORDER BY {key})) FROM {table}"
_FINGERPRINTS: Final = {
    table: text(_FINGERPRINT.format(table=table, key=key))
    for table, key in (("evidence_policy", "policy_id"), ("policy_parameter", "parameter_id"))
}


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


def _known(session: Session, kind: str) -> str:
    """Return a fingerprint of the rows of a table of the rule book; rows are never changed, so their ids suffice."""
    session.flush()  # a row that this very session adds counts too
    return str(session.execute(_FINGERPRINTS[kind]).scalar_one())


def rows(session: Session) -> list[PolicyRow]:
    """Return every version of every evidence policy as plain values; read again only when a row was added."""
    known = _known(session, "evidence_policy")
    found = _policies.get(known)
    if found is None:
        _policies.clear()
        found = _policies[known] = _rows(session)
    return found


def _rows(session: Session) -> list[PolicyRow]:
    return [
        PolicyRow(
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
        for row in session.exec(select(EvidencePolicy).order_by(col(EvidencePolicy.code), col(EvidencePolicy.version)))
    ]


def protocols(session: Session) -> list[Protocol]:
    """Return the newest version of every disinfection protocol as plain values, in one statement (R7)."""
    newest: dict[str, Protocol] = {}
    statement = select(DisinfectionProtocol).order_by(col(DisinfectionProtocol.code), col(DisinfectionProtocol.version))
    for row in session.exec(statement):
        newest[row.code] = Protocol(
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
        )
    return list(newest.values())


def _decimal(value: Decimal | int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def parameters(session: Session, on: date) -> Mapping[str, Any]:
    """Return every figure of the rules in force on a day by name; read again only when a row was added."""
    known = _known(session, "policy_parameter")
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
