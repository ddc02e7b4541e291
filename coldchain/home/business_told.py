"""What was registered and decided about a business, and what it changed when it sent its application again."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.core.i18n import LazyText, current_locale
from coldchain.core.i18n import gettext as _
from coldchain.core.i18n import lazy_gettext as _l
from coldchain.journal import history, personal
from coldchain.journal.history import Told
from coldchain.regions import service as regions
from coldchain.registry import states, words
from coldchain.registry.models import CommitmentLetter
from coldchain.registry.service import ids_of, overview
from coldchain.registry.web import LABELS

LETTER: Final = "commitment_letter.signed"
SAID: Final = ("business.registered", "business.corrected")  # each tells all that the business said of itself
KINDS: Final[Mapping[str, LazyText]] = {
    "business.registered": _l("Registered"),
    "business.corrected": _l("Corrected and sent again"),
    LETTER: _l("Commitment letter signed"),
    "business.objected": _l("Objected to the decision"),
    "business.objection_answered": _l("Objection answered"),
    "licence.recorded": _l("Licence recorded"),
    "licence.ended": _l("Licence not in force any more"),
    "business.provisional": _l("Found on site, temporary number given"),
    "business.merged": _l("Merged into a registered business"),
    "business.took_over": _l("Took over what was recorded under a temporary number"),
    **{fact: words.DECISIONS[decision] for decision, fact in states.FACTS.items()},
}
COMPARED: Final = ("uscc", "name", "kinds", "handles_imported", "region_code", "office_id", "address", "licence_no")
PERSONS: Final = {"legal_representative": "legal_representative_id", "phone": "phone_id"}


def told(session: Session, business_id: UUID) -> list[dict[str, Any]]:
    """Return what was registered, signed and decided, newest first; the caller has checked the right to all of it."""
    ids = ids_of(session, business_id)
    letters = session.exec(select(CommitmentLetter.letter_id).where(col(CommitmentLetter.business_id).in_(ids)))
    facts = [fact for each in ids for fact in history.of_subject(session, each, KINDS)]
    facts += [fact for letter_id in letters for fact in history.of_subject(session, letter_id, [LETTER])]
    facts.sort(key=lambda fact: fact.recorded_at)
    reasons = overview.reasons(session, [fact.data.get("reason_id") for fact in facts])
    officers = overview.names(session, [fact.recorded_by for fact in facts])
    changes = _changes(session, facts)
    return [
        {
            "at": fact.occurred_at,
            "text": _("Corrected") if "before" in fact.data else str(KINDS[fact.kind]),
            "notes": [
                *_letter(fact),
                fact.data.get("temporary_no") or fact.data.get("number") or "",
                *changes.get(number, ()),
                reasons.get(str(fact.data.get("reason_id")), ""),
                officers.get(fact.recorded_by, ""),
            ],
        }
        for number, fact in reversed(list(enumerate(facts)))
    ]


def _letter(fact: Told) -> list[str]:
    if fact.kind != LETTER:
        return []
    signed = _("signed %(day)s", day=fact.data["signed_on"])
    return [_("Version %(version)s", version=fact.data["version"]), signed]


def _changes(session: Session, facts: Sequence[Told]) -> dict[int, list[str]]:
    """Return, by place among `facts`, what each correction says differently from what was said before."""
    said = [(number, fact.data) for number, fact in enumerate(facts) if fact.kind in SAID]
    if len(said) < 2:
        return {}
    ids = {data.get(name) for _number, data in said for name in PERSONS.values()}
    persons = personal.reveal(session, [UUID(i) for i in ids if i])
    regions_named = regions.names(session, {data["region_code"] for _number, data in said}, current_locale())
    offices = regions.offices_by_id(session, [UUID(data["office_id"]) for _n, data in said if data["office_id"]])
    names = {"region_code": regions_named, "office_id": {str(i): office.name for i, office in offices.items()}}
    found = {}
    for (_before, old), (number, new) in pairwise(said):
        lines = [
            _changed(name, _words(name, old[name], names), _words(name, new[name], names))
            for name in COMPARED
            if old[name] != new[name]
        ]
        for name, key in PERSONS.items():
            if not old.get(key) or not new.get(key):
                continue  # written before the journal named them
            was, now = (persons.get(UUID(data[key]), _("erased")) for data in (old, new))
            lines += [_changed(name, was, now)] if was != now else []
        found[number] = lines or [_("Nothing was changed.")]
    return found


def _changed(name: str, was: str, now: str) -> str:
    label = LABELS["office" if name == "office_id" else name]
    return _("%(label)s: %(was)s → %(now)s", label=label, was=was or "—", now=now or "—")


def _words(name: str, value: Any, names: Mapping[str, Mapping[str, str]]) -> str:
    if name == "kinds":
        return _(", ").join(str(words.BUSINESS_KINDS[kind]) for kind in value)
    if name == "handles_imported":
        return _("Yes") if value else _("No")
    return names[name].get(value, "") if name in names else value or ""
