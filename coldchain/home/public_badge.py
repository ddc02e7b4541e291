"""Pure: what the public reads about a batch (R8, R16): green, amber or red, why, and what to do with goods at home.

Before a positive is confirmed the public reads 暂停销售, 等待复核 and no word of a result; tube numbers, laboratories
and holders are never named. The plates have one order: confirmed, recalled or under a check, awaiting a re-check,
sealed in part, not proven, a label that nobody made, clear.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from coldchain.core.i18n import N_, current_locale, gettext, use_locale
from coldchain.home.public_facts import PublicFacts
from coldchain.policy import vocabulary

KINDS: Final = {"green": "go", "amber": "wait", "red": "stop"}
DISINFECTION, TEST = "disinfection_record", "test"


@dataclass(frozen=True)
class Reason:
    """One reason for the badge: stable code, message id, and the kind of paper that fills it."""

    code: str
    message: str
    paper: str | None = None

    def text(self) -> str:
        """Return the reason in the locale in force."""
        return gettext(self.message, paper=evidence_name(self.paper)) if self.paper else gettext(self.message)

    def as_dict(self) -> dict[str, str]:
        """Return the reason in both languages."""
        found = {"code": self.code}
        for locale, name in (("zh_CN", "message_zh"), ("en", "message_en")):
            with use_locale(locale):
                found[name] = self.text()
        return found


@dataclass(frozen=True)
class Badge:
    """The plate's colour, word and sentence, why, and what to do when one has bought (message ids)."""

    badge: str
    word: str
    text: str
    reasons: tuple[Reason, ...] = ()
    todo: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The plate's kind."""
        return KINDS[self.badge]

    @property
    def details(self) -> tuple[Reason, ...]:
        """The reasons that the plate's own sentence doesn't say."""
        return tuple(reason for reason in self.reasons if reason not in ON_PLATE)


CONFIRMED: Final = Reason("confirmed_positive", N_("A test of these goods was confirmed positive."))
RECALLED: Final = Reason("recalled", N_("These goods are recalled by a notice."))
UNDER_CHECK: Final = Reason("under_check", N_("The authorities are looking for these goods by a notice."))
RECHECK: Final = Reason("awaiting_recheck", N_("Sale is paused until a re-check is over."))
SEALED: Final = Reason("sealed_in_part", N_("Part of these goods was sealed on site."))
NOT_ARRIVED: Final = Reason("not_arrived", N_("These goods have been declared and have not arrived."))
WITHDRAWN: Final = Reason("withdrawn", N_("The entry of these goods was taken back; the books hold nothing of them."))
ABSENT: Final = {"declared": NOT_ARRIVED, "withdrawn": WITHDRAWN}
NOT_PRINTED: Final = Reason("code_not_printed", N_("No label with this code was ever made."))

ON_PLATE: Final = frozenset({CONFIRMED, RECALLED, UNDER_CHECK, RECHECK})

_PAPERS: Final = {
    "evidence_missing": N_("This paper is missing: %(paper)s"),
    "evidence_unverified": N_("This paper has not been verified yet: %(paper)s"),
    "evidence_expired": N_("This paper had expired: %(paper)s"),
    "evidence_refused": N_("This paper was not accepted by an officer: %(paper)s"),
}
_TESTS: Final = {
    "test_positive": RECHECK,
    "test_pending": Reason("test_pending", N_("The goods were sampled; the result is not there yet.")),
}
_NOT_TESTED: Final = Reason("test_missing", N_("The test that is required is not on record for all of the goods."))
_OTHERS: Final = {
    DISINFECTION: Reason("disinfection_missing", N_("The disinfection of every piece is not on record.")),
    "code": Reason("code_missing", N_("The goods have not been given a code yet.")),
    "supplier": Reason("supplier_missing", N_("Who supplied the goods is not on record.")),
    "policy": Reason("policy_missing", N_("No rule is on record for such goods at this place.")),
    "import_suspension": Reason(
        "import_suspended", N_("Imports from this producer were suspended when the goods were declared.")
    ),
}

_LEAVE_IT: Final = N_("Do not eat it for now; keep it frozen in its package.")
_KEEP_IT: Final = N_("Do not give it to others.")
_KEEP_PACKAGE: Final = N_("Do not eat it; keep the package.")
_TODO_RECALLED: Final = (
    _KEEP_PACKAGE,
    N_("Take it back to the shop; the shop should refund it."),
    N_("If the shop refuses, dial 12345."),
)
_TODO_STOP: Final = (_KEEP_PACKAGE, _KEEP_IT, N_("Dial 12345 and do as you are told there."))
_TODO_WAIT: Final = (_LEAVE_IT, _KEEP_IT, N_("Wait for this page to change: the outcome will stand here."))
_TODO_UNPROVEN: Final = (
    _LEAVE_IT,
    N_("Ask the shop for what is missing below."),
    N_("Look at this page again: it changes as soon as everything is there."),
)
_TODO_UNKNOWN: Final = (
    N_("Compare code, product and dates below with the package."),
    N_("Ask the shop where the goods come from."),
    N_("If something differs, do not eat it and dial 12345."),
)


def decide(facts: PublicFacts) -> Badge:
    """Return the badge of a label's batch with every reason for it."""
    reasons = tuple(dict.fromkeys(_reasons(facts)))
    codes = {reason.code for reason in reasons}
    if CONFIRMED in reasons:
        text = N_("The test result was confirmed positive. Stop selling, stop eating.")
        return Badge("red", N_("Must not leave"), text, reasons, _TODO_STOP)
    if RECALLED in reasons:
        text = N_("Stop selling, stop eating. Goods on sale are locked.")
        return Badge("red", N_("Recalled"), text, reasons, _TODO_RECALLED)
    if UNDER_CHECK in reasons:
        text = N_("The authorities are looking for these goods. Stop selling, stop eating; goods on sale are locked.")
        return Badge("red", N_("Must not leave"), text, reasons, _TODO_STOP)
    if RECHECK in reasons:
        text = N_("Awaiting a re-check. Until it is over, shops must not sell these goods.")
        return Badge("amber", N_("Sale paused"), text, reasons, _TODO_WAIT)
    if SEALED in reasons:
        text = N_("Part of these goods was sealed on site. Until that is settled, shops must not sell them.")
        return Badge("amber", N_("Sale paused"), text, reasons, _TODO_WAIT)
    if codes - {NOT_PRINTED.code}:
        text = N_("Not everything that is required is there. Until it is, shops must not sell these goods.")
        return Badge("amber", N_("Awaiting verification"), text, reasons, _TODO_UNPROVEN)
    if reasons:
        text = N_("No label with this code was ever made, so this page can't speak for the goods in your hands.")
        return Badge("amber", N_("Awaiting verification"), text, reasons, _TODO_UNKNOWN)
    return Badge("green", N_("Clear to circulate"), _proven(facts))


def _proven(facts: PublicFacts) -> str:
    basis = facts.verdict.basis
    if basis.get("made_from"):
        return N_("Everything that is asked for is there for all that these goods were made of.")
    if not basis.get("evidence"):
        return N_("No papers are required for these goods at this place.")
    if basis["disinfection"]["state"] == "met":
        return N_("The required papers are complete and every piece was disinfected.")
    return N_("The required papers are complete.")


def _reasons(facts: PublicFacts) -> Iterable[Reason]:
    if any(hold.grade == "confirmed" for hold in facts.holds):
        yield CONFIRMED
    if any(hold.cause_kind == "recall" for hold in facts.holds):
        yield RECALLED if any(notice.kind == "food_recall" for notice in facts.notices) else UNDER_CHECK
    if awaits_recheck(facts):
        yield RECHECK
    if any(hold.cause_kind == "inspection" for hold in facts.holds):
        yield SEALED
    if facts.status in ABSENT:
        yield ABSENT[facts.status]
    for item in facts.verdict.missing:
        if item.code in _PAPERS:
            yield Reason(item.code, _PAPERS[item.code], item.kind)
        elif item.kind == TEST:
            if item.code != "test_positive" or not is_confirmed(facts):
                yield _TESTS.get(item.code, _NOT_TESTED)
        elif item.kind in _OTHERS:  # that it isn't here was said above
            yield _OTHERS[item.kind]
    if not facts.printed and not facts.bare:
        yield NOT_PRINTED


def is_confirmed(facts: PublicFacts) -> bool:
    """Say whether a positive result was confirmed (R8: only then the public reads of it)."""
    return any(hold.grade == "confirmed" for hold in facts.holds)


def awaits_recheck(facts: PublicFacts) -> bool:
    """Say whether a result holds the goods that no confirmation has settled."""
    return any(hold.cause_kind == "result" and hold.grade != "confirmed" for hold in facts.holds)


def evidence(facts: PublicFacts) -> list[dict[str, str]]:
    """Return `{kind, state}` of each paper and record that the policy asks for; states are those of the vocabulary."""
    basis = facts.verdict.basis
    if "evidence" not in basis:
        return []
    rechecking = awaits_recheck(facts) or any(item.code == "test_positive" for item in facts.verdict.missing)
    rechecking = rechecking and not is_confirmed(facts)
    rows = [
        {"kind": row["kind"], "state": "rechecking" if row["kind"] == "nucleic_acid" and rechecking else row["state"]}
        for row in basis["evidence"]
    ]
    treated, tested = basis["disinfection"], basis["test"]
    if treated["required"] != "none":
        rows.append({"kind": DISINFECTION, "state": _cover_state(treated)})
    if tested["required"] != "none" and not is_confirmed(facts):
        codes = {item.code for item in facts.verdict.missing}
        state = "rechecking" if rechecking else "sent" if "test_pending" in codes else _cover_state(tested)
        rows.append({"kind": TEST, "state": state})
    return rows


def _cover_state(cover: dict[str, object]) -> str:
    return "missing" if cover["state"] == "not_covered" and not cover["covered"] else str(cover["state"])


def evidence_name(kind: str) -> str:
    """Return what a kind of evidence is called in the locale in force."""
    if kind == DISINFECTION:
        return gettext("Disinfection of every piece")
    if kind == TEST:
        return gettext("Test of the goods")
    word = vocabulary.evidence_kinds()[kind]
    return word.name_zh if current_locale() == "zh_CN" else word.name_en
