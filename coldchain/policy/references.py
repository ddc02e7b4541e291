"""Pure: which versions of which rules a verdict rests on, each with a digest of what that version says.

A dispatch writes them into the journal, so that years later the row that is shown can be held against what was judged.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from coldchain.policy.facts import BatchFacts, PolicyRow, Reference
from coldchain.policy.measures import Measure
from coldchain.policy.protocols import Protocol

EVIDENCE_POLICY: Final = "evidence_policy"
PROTOCOL: Final = "disinfection_protocol"
MEASURE: Final = "measure"
_PLACED: Final = frozenset({"region_code", "valid_from", "valid_to"})
_OWN_KEYS: Final = frozenset({"policy_id", "protocol_id"})  # the database's, not what the row says


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else str(value)


@lru_cache(maxsize=4_096)
def digest(row: PolicyRow | Protocol | Measure) -> str:
    """Return the SHA-256 of what a row says: its fields by name as JSON, without keys that are the database's own."""
    said = {name: value for name, value in asdict(row).items() if name not in _OWN_KEYS}
    if isinstance(row, Protocol):  # a row from before it could say where and when keeps the digest that it had
        said = {name: value for name, value in said.items() if name not in _PLACED or value is not None}
    text = json.dumps(said, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def of_policy(row: PolicyRow) -> Reference:
    """Return the reference to a version of an evidence policy."""
    return Reference(EVIDENCE_POLICY, row.code, row.version, digest(row))


def of_protocol(row: Protocol) -> Reference:
    """Return the reference to a version of a disinfection protocol."""
    return Reference(PROTOCOL, row.code, row.version, digest(row))


def of_measure(row: Measure) -> Reference:
    """Return the reference to a version of a measure."""
    return Reference(MEASURE, str(row.measure_id), row.version, digest(row))


def used(policy: PolicyRow | None, facts: BatchFacts, protocols: Mapping[UUID, Protocol]) -> Iterable[Reference]:
    """Yield what the verdict on a batch rests on: its policy, the protocols that its records met, suspensions asked."""
    if policy is not None:
        yield of_policy(policy)
    for record in facts.disinfections:
        if record.protocol_id is not None and record.protocol_id in protocols:
            yield of_protocol(protocols[record.protocol_id])
    for suspension in facts.suspensions:
        yield of_measure(suspension)
