"""What the figures of the rule book are called on screen, and their values in words."""

from collections.abc import Mapping
from typing import Any, Final

from coldchain.batches import pages_words as words
from coldchain.core import pages
from coldchain.core.i18n import LazyText, current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_pgettext as _p
from coldchain.policy import vocabulary
from coldchain.registry.words import CATEGORIES, STEWARD_KINDS, ZONE_KINDS

FIGURES: Final[dict[str, LazyText]] = {
    "late_after_min": _p("figure", "Marked as late when recorded after (minutes)"),
    "predeclare_h": _p("figure", "Declared before goods arrive (hours)"),
    "lock_within_h": _p("figure", "Locked after a notice came, within (hours)"),
    "retention_years": _p("figure", "Records kept without a shelf life, at least (years)"),
    "retention_after_shelf_life_months": _p("figure", "Records kept after the shelf life, at least (months)"),
    "new_worker_test_h": _p("figure", "First test of a person new at work, within (hours)"),
    "public_report_handle_h": _p("figure", "A report by phone is handled within (hours)"),
    "public_report_answer_workdays": _p("figure", "A report by phone is answered within (working days)"),
    "import_suspension_weeks": _p("figure", "Imports suspended at the first, second, third positive (weeks)"),
    "pool_size": _p("figure", "Samples in one pool (number)"),
    "pool_limit": _p("figure", "Samples in one pool, at most (number)"),
    "unregistered_party": _p("figure", "Trade with somebody who isn't registered"),
    "suspended_seller": _p("figure", "Sending and selling by a seller that is suspended"),
    "unanswered_after_h": _p("figure", "A consignment counts as not answered after (hours)"),
    "purchase_match_days": _p("figure", "Purchase and consignment lie apart by at most (days)"),
    "source_papers": _p("figure", "Papers that show where goods come from"),
    "chilled_temperature_c": _p("figure", "Temperature of chilled goods (°C)"),
    "frozen_temperature_c": _p("figure", "Temperature of frozen goods (°C)"),
    "ultra_temperature_c": _p("figure", "Temperature of deep-frozen goods (°C)"),
    "stocktake_tolerance_permille": _p("figure", "A count may differ by (‰)"),
    "made_mass_tolerance_permille": _p("figure", "What was made may differ from what was used by (‰)"),
    "audit_kept_years": _p("figure", "The audit log is kept for (years)"),
    "capture_back_days": _p("figure", "A visit is handed in at the latest after (days)"),
    "correction_shown_days": _p("figure", "A corrected result is shown for (days)"),
    "worker_test_h": _p("figure", "People at work are tested every (hours)"),
    "environment_test_h": _p("figure", "Surroundings are tested every (hours)"),
    "sampling_plan": _p("figure", "Where each piece of a batch is swabbed"),
    "licence_expiring_days": _p("figure", "A licence counts as ending soon before its last day by (days)"),
    "steward_duties": _p("figure", "What stewards answer for"),
}
PARTS: Final[dict[str, LazyText]] = {
    "coldest": _p("figure", "coldest"),
    "warmest": _p("figure", "warmest"),
    "unit": _p("figure", "goods by the piece"),
    "gram": _p("figure", "goods by weight"),
    "default": _p("figure", "others"),
    **CATEGORIES,
    **ZONE_KINDS,
    **STEWARD_KINDS,
}
ANSWERS: Final[dict[str, LazyText]] = {"warn": _p("figure", "entered with a warning"), "block": _p("figure", "refused")}


def figure(code: str) -> str:
    """Return what a figure is called; one that is newer than these words by its code."""
    return str(FIGURES.get(code, code))


def value(found: Any) -> str:
    """Return a figure's value in words: numbers as they are, words of vocabularies, lists and parts in order."""
    if isinstance(found, str):
        return _word(found)
    if isinstance(found, list):
        if any(isinstance(each, list) for each in found):
            rows = [_("piece %(number)s: %(text)s", number=n, text=value(each)) for n, each in enumerate(found, 1)]
            return _("; ").join(rows)
        return _(", ").join(value(each) for each in found)
    if isinstance(found, Mapping):
        if found.keys() == {"zh", "en"}:
            return str(found["zh" if current_locale() == "zh_CN" else "en"])
        parts = [
            _("%(label)s: %(message)s", label=PARTS.get(name, name), message=value(each))
            for name, each in found.items()
        ]
        return _("; ").join(parts)
    return pages.number(found)


def _word(code: str) -> str:
    if code in ANSWERS:
        return str(ANSWERS[code])
    if code in words.SAMPLE_SITES:
        return str(words.SAMPLE_SITES[code])
    return words.evidence_kind(code) if code in vocabulary.evidence_kinds() else code
