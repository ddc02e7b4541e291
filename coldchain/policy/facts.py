"""Pure: the facts that a verdict rests on, and the verdict. Plain values, no database, no framework."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from coldchain.policy.coverage import Piece, Range
from coldchain.policy.measures import Measure

GOODS_SITES = frozenset({"outer_pack", "inner_pack", "surface"})
TUBE_STATES = ("pending", "negative", "positive", "confirmed", "invalid")
NATION = "000000"


@dataclass(frozen=True)
class PolicyRow:
    """One version of an evidence policy; `region_code` None is the nation, `categories` None is every category."""

    policy_id: UUID | None
    code: str
    version: int
    name_zh: str
    name_en: str
    region_code: str | None
    imported: bool
    categories: frozenset[str] | None
    valid_from: date
    valid_to: date | None
    evidence: tuple[tuple[str, ...], ...]  # all of (any of)
    disinfection: str
    testing: str
    code_required: bool
    supplier_required: bool
    requires_verified: bool
    grace_until: date | None
    source: str


@dataclass(frozen=True)
class EvidenceFact:
    """A paper of the batch or of its arrival."""

    kind: str
    number: str
    verified: bool = False
    valid_to: date | None = None
    evidence_id: UUID | None = None
    refused: str | None = None  # why an officer doesn't accept it: it doesn't count
    issued_on: date | None = None
    of_batch: bool = False  # the batch's own paper, not one of its whole arrival


@dataclass(frozen=True)
class DisinfectionFact:
    """A disinfection record of the batch or of its arrival, judged against the protocols when it was entered."""

    piece: Piece
    protocol_state: str
    agent: str
    ambient_temperature_c: Decimal
    concentration_mg_per_l: int = 0
    contact_min: int = 0
    protocol_id: UUID | None = None  # the version of the protocol that it met


@dataclass(frozen=True)
class SampleFact:
    """A sample of this batch in a tube."""

    piece: Piece
    sample_site: str


@dataclass(frozen=True)
class TubeFact:
    """A tube that holds samples of this batch; `state` is what its results come to (one of TUBE_STATES).

    `rechecked`: positive on the re-check too, and not confirmed yet.
    """

    tube_id: UUID | None
    tube_no: str
    state: str
    samples: tuple[SampleFact, ...]
    rechecked: bool = False


@dataclass(frozen=True)
class BatchFacts:
    """All that a verdict on one batch rests on; `region_code` is the dispatching site's."""

    batch_id: UUID
    region_code: str
    imported: bool
    category: str
    arrived_on: date
    piece_count: int
    existing_stock: bool = False
    recorded_on: date | None = None
    supplier_known: bool = False
    code_made: bool = False
    evidence: tuple[EvidenceFact, ...] = ()
    disinfections: tuple[DisinfectionFact, ...] = ()
    tubes: tuple[TubeFact, ...] = ()
    batch_code: str = ""
    split_from: "SplitFrom | None" = None  # the parent's records are among the facts, mapped onto these pieces
    gone: tuple[Range, ...] = ()  # pieces that were split off into batches of their own
    not_here: str | None = None  # `declared`: it has not come yet; `withdrawn`: it never came in
    made_from: tuple[UUID, ...] = ()  # batches that it was processed from: it is as clear as all of them
    producer_ids: frozenset[UUID] = frozenset()  # the producer, under every id that it ever had
    was_cleared: bool = (
        False  # it, or what it was split from, counts as cleared in the books: suspensions come too late
    )
    suspensions: tuple[Measure, ...] = ()  # imports suspended of that producer, whenever and for whichever region


@dataclass(frozen=True)
class SplitFrom:
    """The pieces of another batch that a batch was split off as."""

    batch_id: UUID
    batch_code: str
    piece_from: int
    piece_to: int


@dataclass(frozen=True)
class Source:
    """A batch that another was processed from, with the verdict on it now."""

    batch_id: UUID
    batch_code: str
    verdict: "Verdict"


@dataclass(frozen=True)
class Missing:
    """One thing that keeps the batch from leaving, with what to do next, in both languages.

    `batch_id` and `batch_code` name the batch that lacks it when that is one that the batch was made from.
    """

    rule: str
    code: str
    kind: str
    message_zh: str
    message_en: str
    next_zh: str
    next_en: str
    kinds: tuple[str, ...] = ()
    uncovered: tuple[Range, ...] = ()
    tube_nos: tuple[str, ...] = ()
    batch_id: UUID | None = None
    batch_code: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the item as the API shows it."""
        return {
            "rule": self.rule,
            "code": self.code,
            "kind": self.kind,
            "message_zh": self.message_zh,
            "message_en": self.message_en,
            "next_zh": self.next_zh,
            "next_en": self.next_en,
            "kinds": list(self.kinds),
            "uncovered": [list(pair) for pair in self.uncovered],
            "tube_nos": list(self.tube_nos),
            "batch_id": str(self.batch_id) if self.batch_id else None,
            "batch_code": self.batch_code,
        }


@dataclass(frozen=True)
class Note:
    """Something worth knowing that doesn't change the verdict."""

    code: str
    message_zh: str
    message_en: str


@dataclass(frozen=True)
class Reference:
    """One version of one rule, and the SHA-256 of what it says."""

    kind: str
    code: str
    version: int
    digest: str

    def as_dict(self) -> dict[str, Any]:
        """Return the reference as answers and documents carry it."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.kind}:{self.code}.{self.version}@{self.digest}"


@dataclass(frozen=True)
class Verdict:
    """Whether a batch may leave, under which policy, what is missing, and what the judgement rests on."""

    clear: bool
    policy: PolicyRow | None
    missing: tuple[Missing, ...]
    basis: Mapping[str, Any]
    notes: tuple[Note, ...] = ()
    judged_for: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[Reference, ...] = ()  # the versions of the rules that it rests on

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as the API shows it and as a consignment line keeps it."""
        policy = self.policy
        return {
            "clear": self.clear,
            "policy": None
            if policy is None
            else {
                "code": policy.code,
                "version": policy.version,
                "name_zh": policy.name_zh,
                "name_en": policy.name_en,
                "region_code": policy.region_code,
                "valid_from": policy.valid_from.isoformat(),
                "source": policy.source,
            },
            "missing": [item.as_dict() for item in self.missing],
            "basis": dict(self.basis),
            "notes": [
                {"code": note.code, "message_zh": note.message_zh, "message_en": note.message_en} for note in self.notes
            ],
            "judged_for": dict(self.judged_for),
            "rules": [rule.as_dict() for rule in self.rules],
        }
