"""Adding to the rule book: a new version of a row, a new row, a new figure; each is one fact of the journal (R1, R7).

Invariant: a version is never changed. Whoever adds one says which version was seen (`based_on`, 0 for a new row), so
that of two who write at once the second is told. Nothing here decides what a change does to batches: `preview` of the
batches' room does, with the draft that `draft` returns.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize
from coldchain.core import clock, jobs
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.core.ids import new_id
from coldchain.journal import service as journal
from coldchain.policy import figures, references, service
from coldchain.policy.facts import Reference
from coldchain.policy.models import DisinfectionProtocol, EvidencePolicy, PolicyParameter
from coldchain.regions import service as regions
from coldchain.regions.tree import NATION

_Row = TypeVar("_Row")

READ: Final = "rules.read"
CHANGE: Final = "rules.change"
REJUDGE: Final = "batches.rejudge"
CODE: Final = re.compile(r"[a-z][a-z0-9_]{2,59}")
POLICY: Final = "evidence_policy"
PROTOCOL: Final = "disinfection_protocol"
PARAMETER: Final = "policy_parameter"


@dataclass(frozen=True)
class Saved:
    """A row that was added to the rule book."""

    code: str
    version: int


def policies(session: Session) -> list[EvidencePolicy]:
    """Return every version of every evidence policy, by code, newest version first."""
    order = (col(EvidencePolicy.code), col(EvidencePolicy.version).desc())
    return list(session.scalars(select(EvidencePolicy).order_by(*order)))


def protocols(session: Session) -> list[DisinfectionProtocol]:
    """Return every version of every disinfection protocol, by code, newest version first."""
    order = (col(DisinfectionProtocol.code), col(DisinfectionProtocol.version).desc())
    return list(session.scalars(select(DisinfectionProtocol).order_by(*order)))


def parameters(session: Session) -> list[PolicyParameter]:
    """Return every row of every figure, by name, the latest start first; the first that has begun is in force."""
    order = (
        col(PolicyParameter.name), col(PolicyParameter.valid_from).desc(), col(PolicyParameter.recorded_at).desc(),
        col(PolicyParameter.parameter_id).desc(),
    )  # fmt: skip
    return list(session.scalars(select(PolicyParameter).order_by(*order)))


def policy_versions(session: Session, code: str) -> list[EvidencePolicy]:
    """Return the versions of an evidence policy, newest first. Raises NotFound."""
    return _versions([row for row in policies(session) if row.code == code])


def protocol_versions(session: Session, code: str) -> list[DisinfectionProtocol]:
    """Return the versions of a disinfection protocol, newest first. Raises NotFound."""
    return _versions([row for row in protocols(session) if row.code == code])


def parameter_rows(session: Session, name: str) -> list[PolicyParameter]:
    """Return the rows of a figure, the latest start first. Raises NotFound."""
    return _versions([row for row in parameters(session) if row.name == name])


def _versions(rows: list[_Row]) -> list[_Row]:
    if not rows:
        raise NotFound
    return rows


def draft(session: Session, actor: Actor, *, code: str, based_on: int, **values: Any) -> EvidencePolicy:
    """Return the version of an evidence policy that would be added, checked and not added.

    Raises Forbidden; Invalid `invalid`, `before_start`, `unknown_region`; Conflict `newer_version`, `rule_exists`.
    """
    authorize(actor, CHANGE, Resource())
    known = [row for row in policies(session) if row.code == code]
    version = _next(code, known[0].version if known else 0, based_on)
    _place(session, values)
    values["categories"] = values.get("categories") or None
    return EvidencePolicy(
        policy_id=new_id(), code=code, version=version, recorded_at=clock.now(), recorded_by=actor.user_id, **values
    )


def _place(session: Session, values: dict[str, Any]) -> None:
    """Write where a row holds as the rule book does. Raises Invalid `unknown_region`, `before_start`."""
    region_code = values.get("region_code")
    if region_code == NATION:
        values["region_code"] = region_code = None
    if region_code is not None and not regions.exists(session, region_code):
        raise Invalid.of(
            "/region_code", "unknown_region", "There is no region with the code {region_code}.", region_code=region_code
        )
    valid_from, valid_to = values.get("valid_from"), values.get("valid_to")
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise Invalid.of("/valid_to", "before_start", "The last day lies before the first.")


def _next(code: str, newest: int, based_on: int) -> int:
    """Return the number of the version to add. Raises Invalid `invalid`, Conflict `rule_exists`, `newer_version`."""
    if not CODE.fullmatch(code):
        raise Invalid.of("/code", "invalid", "Small letters, digits and _, at least three, a letter first.")
    if based_on == 0 and newest:
        raise Conflict("There is a row with this code.", code="rule_exists", extra={"version": newest})
    if based_on != newest:
        raise Conflict(
            "Somebody changed this meanwhile: look at the newer version first.",
            code="newer_version",
            extra={"version": newest},
        )
    return newest + 1


def save_policy(session: Session, actor: Actor, *, code: str, based_on: int, **values: Any) -> Saved:
    """Add a version of an evidence policy. Raises what `draft` raises."""
    _turn(session, POLICY, code)
    row = draft(session, actor, code=code, based_on=based_on, **values)
    session.add(row)
    session.flush()
    plain = service.policy_row(row)
    _tell(session, actor, row, POLICY, references.of_policy(plain), row.region_code)
    known = [each.region_code for each in policies(session) if each.code == code]
    for region_code in {each or NATION for each in known}:  # where it held before, and where it holds now
        jobs.enqueue(session, REJUDGE, region_code=region_code)
    return Saved(code, row.version)


def save_protocol(session: Session, actor: Actor, *, code: str, based_on: int, **values: Any) -> Saved:
    """Add a version of a disinfection protocol; records that were judged before stay as they were judged.

    Raises Forbidden; Invalid `invalid`, `upside_down`, `before_start`, `unknown_region`; Conflict `newer_version`,
    `rule_exists`.
    """
    authorize(actor, CHANGE, Resource())
    _turn(session, PROTOCOL, code)
    known = [row for row in protocols(session) if row.code == code]
    version = _next(code, known[0].version if known else 0, based_on)
    _place(session, values)
    for low, high in (("ambient_from_c", "ambient_to_c"), ("volume_from_ml_per_m2", "volume_to_ml_per_m2")):
        lowest, highest = values.get(low), values.get(high)
        if lowest is not None and highest is not None and not lowest < highest:
            raise Invalid.of(f"/{high}", "upside_down", "The upper figure is not above the lower one.")
    row = DisinfectionProtocol(
        protocol_id=new_id(), code=code, version=version, recorded_at=clock.now(), recorded_by=actor.user_id, **values
    )
    session.add(row)
    session.flush()
    _tell(session, actor, row, PROTOCOL, references.of_protocol(service.as_protocol(row)), row.region_code)
    return Saved(code, version)


def save_parameter(
    session: Session, actor: Actor, *, name: str, based_on: int, value: str, valid_from: date, source: str
) -> Saved:
    """Add a figure of the rules from a day on; `value` is JSON text of the shape that the figure has so far.

    `based_on` is the number of its rows that were seen. Raises Forbidden, NotFound for a name that no rule asks for;
    Invalid `not_json`, `wrong_shape`; Conflict `newer_version`.
    """
    authorize(actor, CHANGE, Resource())
    _turn(session, PARAMETER, name)
    known = parameter_rows(session, name)
    if based_on != len(known):
        raise Conflict(
            "Somebody changed this meanwhile: look at the newer version first.",
            code="newer_version",
            extra={"version": len(known)},
        )
    row = PolicyParameter(
        parameter_id=new_id(), name=name, valid_from=valid_from, source=source,
        value=figures.read(value, known[0].value, below_zero=name.endswith("_temperature_c")),
        recorded_at=clock.now(), recorded_by=actor.user_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _tell(session, actor, row, PARAMETER, None, None)
    return Saved(name, len(known) + 1)


def _turn(session: Session, kind: str, code: str) -> None:
    """Wait for whoever adds a version of the same row: rows are never updated, so that none of them can be locked."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{kind} {code}", 1))))


def _tell(
    session: Session, actor: Actor, row: Any, kind: str, reference: Reference | None, region_code: str | None
) -> None:
    """Write the one fact of a new row: all that it says, and the digest by which verdicts name it."""
    said = {name: _plain(value) for name, value in row.model_dump(exclude={"recorded_at", "recorded_by"}).items()}
    key = next(name for name in ("policy_id", "protocol_id", "parameter_id") if name in said)
    journal.append(
        session,
        actor,
        kind=f"{kind}.added",
        subject_id=UUID(str(said.pop(key))),
        occurred_at=row.recorded_at,
        data=said | ({"digest": reference.digest} if reference else {}),
        region_code=region_code,
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, date | Decimal | UUID) else value
