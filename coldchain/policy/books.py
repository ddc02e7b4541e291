"""Pure: a rule book, all that the gate judges by; two of them are held against each other to see what would change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from uuid import UUID

from coldchain.policy import engine
from coldchain.policy.facts import BatchFacts, PolicyRow
from coldchain.policy.measures import Measure, latest
from coldchain.policy.protocols import Protocol
from coldchain.regions.tree import ancestry


@dataclass(frozen=True)
class RuleBook:
    """The newest version of each evidence policy, every version of each protocol by id, suspensions by producer."""

    policies: tuple[PolicyRow, ...]
    protocols: Mapping[UUID, Protocol]
    suspensions: Mapping[UUID, tuple[Measure, ...]]

    def with_policy(self, row: PolicyRow) -> "RuleBook":
        """Return the same book with one more version of an evidence policy."""
        return replace(self, policies=tuple(engine.latest_versions([*self.policies, row])))

    def policy_for(self, *, region_code: str, on: date, category: str, imported: bool) -> PolicyRow | None:
        """Return the evidence policy of goods that came on a day and are to leave a site in a region (R1)."""
        return engine.choose(self.policies, regions=ancestry(region_code), on=on, category=category, imported=imported)

    def suspensions_of(self, facts: BatchFacts) -> tuple[Measure, ...]:
        """Return the suspensions of a batch's producer, under whichever of its ids (R18)."""
        return tuple(
            each for producer_id in sorted(facts.producer_ids) for each in self.suspensions.get(producer_id, ())
        )


def by_producer(measures: Iterable[Measure]) -> Mapping[UUID, tuple[Measure, ...]]:
    """Return the newest version of each suspension by its producer."""
    found: dict[UUID, list[Measure]] = {}
    for measure in latest(measures):
        if measure.producer_id is not None:
            found.setdefault(measure.producer_id, []).append(measure)
    return MappingProxyType({producer_id: tuple(listed) for producer_id, listed in found.items()})
