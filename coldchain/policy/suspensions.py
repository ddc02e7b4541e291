"""Pure: imports suspended by plant (暂停进口申报, R18) as an input of the verdict: judged by the day of declaration."""

from datetime import date
from typing import Any, Final

from coldchain.policy import measures, messages, wording
from coldchain.policy.facts import BatchFacts, Missing, Note
from coldchain.policy.measures import Measure
from coldchain.regions.tree import within

PAPERS: Final = ("customs_declaration", "inspection_quarantine")


def declared_on(facts: BatchFacts) -> tuple[date, str]:
    """Return the day on which goods count as declared to customs, and what says so (R18).

    The customs declaration says it: the batch's own before that of the arrival, of several the latest. Without one the
    inspection and quarantine certificate stands for it, else the arrival: both come after the declaration, so that
    goods which were here before a suspension began are never touched by it. No paper makes it later than the arrival.
    """
    by = "arrival"
    for kind in PAPERS:
        papers = [paper for paper in facts.evidence if paper.kind == kind and not paper.refused]
        nearest = [paper for paper in papers if paper.of_batch] or papers
        days = [paper.issued_on for paper in nearest if paper.issued_on is not None]
        if days and max(days) <= facts.arrived_on:
            return max(days), kind
        by = "arrival_before_paper" if days else by
    return facts.arrived_on, by


def _asked(facts: BatchFacts) -> list[Measure]:
    """Return the suspensions of the producer that hold where the goods are to leave; none for what is no import."""
    if not facts.imported or facts.made_from:
        return []
    found = [measure for measure in facts.suspensions if within(facts.region_code, measure.region_code)]
    return sorted(found, key=lambda measure: (measure.starts_on, measure.measure_id))


def judge(facts: BatchFacts) -> tuple[list[Missing], list[Note]]:
    """Return what stops goods that were declared while imports of their producer were suspended, and what doesn't.

    Stock that was cleared before the suspension was known stays clear (R18).
    """
    missing, notes = [], []
    day, by = declared_on(facts)
    for measure in _asked(facts):
        if measure.void:
            continue
        until = measure.last_day.isoformat() if measure.last_day else None
        words = {
            "first": measure.starts_on.isoformat(),
            "last_zh": until or messages.UNTIL_NOTICE[0],
            "last_en": until or messages.UNTIL_NOTICE[1],
            "source": measure.source,
            "day": day.isoformat(),
            "by_zh": messages.DECLARED_BY[by][0],
            "by_en": messages.DECLARED_BY[by][1],
        }
        if measures.on_day(measure, day) and facts.was_cleared:
            notes.append(wording.note("suspension_too_late", words))
        elif measures.on_day(measure, day):
            missing.append(wording.missing("import_suspended", "import_suspension", words))
        elif facts.arrived_on >= measure.starts_on:
            notes.append(wording.note("suspension_untouched", words))
    return missing, notes


def shown(facts: BatchFacts) -> dict[str, Any]:
    asked = _asked(facts)
    if not asked:
        return {}
    day, by = declared_on(facts)
    rows = [
        {
            "measure_id": str(measure.measure_id),
            "version": measure.version,
            "starts_on": measure.starts_on.isoformat(),
            "last_day": measure.last_day.isoformat() if measure.last_day else None,
            "stops": measures.on_day(measure, day) and not facts.was_cleared,
        }
        for measure in asked
    ]
    return {"import_suspension": {"declared_on": day.isoformat(), "declared_by": by, "suspensions": rows}}
