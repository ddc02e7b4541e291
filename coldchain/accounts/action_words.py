"""What actions are called where a person chooses among them: an API key's reach, the reason to sign in again."""

from typing import Final

from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_pgettext as _p

WORDS: Final[dict[str, LazyText]] = {
    "business.lookup": _p("action", "Look up businesses"),
    "business.read": _p("action", "Read particulars of businesses"),
    "business.register": _p("action", "Register businesses"),
    "business.sign_commitment": _p("action", "Hand in commitment letters"),
    "business.decide": _p("action", "Approve, suspend, close or reinstate businesses"),
    "venue.register": _p("action", "Register markets and parks"),
    "site.register": _p("action", "Register sites"),
    "site.read": _p("action", "Read sites"),
    "zone.register": _p("action", "Register zones"),
    "catalogue.register": _p("action", "Register producers and products"),
    "catalogue.read": _p("action", "Read producers and products"),
    "office.read": _p("action", "Read regions and offices"),
    "arrival.register": _p("action", "Register arrivals"),
    "arrival.read": _p("action", "Read arrivals"),
    "arrival.correct": _p("action", "Withdraw or correct arrivals"),
    "evidence.register": _p("action", "Hand in papers and disinfections"),
    "evidence.read": _p("action", "Read papers and their files"),
    "evidence.verify": _p("action", "Verify or refuse papers"),
    "tube.register": _p("action", "Register samples"),
    "tube.read": _p("action", "Read samples and results"),
    "result.register": _p("action", "Report results"),
    "batch.read": _p("action", "Read batches"),
    "label.make": _p("action", "Make labels"),
    "platform_code.record": _p("action", "Record codes of other platforms"),
    "label.read": _p("action", "Read labels"),
    "trade.dispatch": _p("action", "Dispatch goods"),
    "consent.give": _p("action", "Let a keeper send goods on"),
    "trade.answer": _p("action", "Receive or turn away goods"),
    "trade.read": _p("action", "Read consignments"),
    "stock.read": _p("action", "Read stock"),
    "stock.record": _p("action", "Record sales, use, losses and counts"),
    "stock.correct": _p("action", "Correct stock entries"),
    "backcheck.read": _p("action", "Read the backwards checks"),
    "flag.read": _p("action", "Read flags"),
    "flag.close": _p("action", "Close flags"),
    "code.resolve": _p("action", "Read label codes"),
    "recall.draft": _p("action", "Draft notices"),
    "recall.announce": _p("action", "Announce notices and lock goods"),
    "recall.read": _p("action", "Read sweeps and recalls"),
    "recall.find_on_foot": _p("action", "Add places found on foot"),
    "finding.record": _p("action", "Record findings"),
    "sample.record": _p("action", "Record counts of samples"),
    "journal.read": _p("action", "Read the journal"),
    "search": _p("action", "Search"),
    "account.manage": _p("action", "Manage accounts and rights"),
    "account.reset": _p("action", "Give links for forgotten passwords"),
    "sign_in.manage": _p("action", "Look after one's own sign-in"),
    "sweep_task.assign": _p("action", "Give sweep tasks to officers"),
    "assistance.take_over": _p("action", "Take over requests for assistance"),
    "assistance.note": _p("action", "Note something on requests for assistance"),
    "handover.do": _p("action", "Hand on the work of an officer"),
    "business.correct": _p("action", "Correct a refused registration"),
    "people.manage": _p("action", "Manage the people of a business"),
    "slip.print": _p("action", "Print sign-in slips"),
    "device.end": _p("action", "End devices that sign in by PIN"),
    "audit.read": _p("action", "Read the audit log"),
    "personal.erase": _p("action", "Erase personal data"),
    "personal.export": _p("action", "Give out what is held about a person"),
    "office.manage": _p("action", "Manage offices and grids"),
}


def word(action: str) -> str:
    """Return what an action is called in the reader's language."""
    return str(WORDS.get(action, action))
