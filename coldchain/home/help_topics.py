"""How things are done that take more than one page: a few short sentences each, for the roles that they concern."""

from dataclasses import dataclass
from typing import Final

from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_gettext as _l

OFFICERS: Final = ("regulator", "inspector")
AUTHORITIES: Final = (*OFFICERS, "admin")
TRADERS: Final = ("merchant", "carrier")
SERVICE: Final = "disinfection"  # a business that disinfects for others: a merchant by its role, with work of its own


@dataclass(frozen=True)
class Topic:
    """One thing and how it is done: for whom, its sentences, and the page to begin with, where there is one."""

    code: str
    roles: tuple[str, ...]
    title: LazyText
    lines: tuple[LazyText, ...]
    href: str


TOPICS: Final = (
    Topic(
        "findings", OFFICERS, _l("Visits, findings, decisions"),
        (
            _l("Record what you saw: of the list, or in your own words. A finding is no violation yet."),
            _l("The business puts it right and reports it. Then an officer looks a second time."),
            _l("Put right: the finding is closed. Not yet: it is given back, with the reason and a new day."),
            _l("Only a decision makes a violation. It has a number, a reason, a first and a last day."),
            _l("During a suspension nothing is sent, sold or used. A publication ends by itself on its last day."),
            _l("The business may object once. The decision goes on holding until you answer: uphold it, or lift it."),
        ),
        "/findings",
    ),
    Topic(
        "findings", (*TRADERS, "lab", SERVICE), _l("When something was found at your place"),
        (
            _l("The page of the finding says what it is, on what basis, and by which day it is to be put right."),
            _l("Put it right, write what you did, and add a photograph if you can."),
            _l("An officer looks a second time and closes it, or gives it back with the reason."),
            _l("Do you not agree with a decision? You may object once. It goes on holding until it is answered."),
            _l("What was published is taken down by itself on the last day."),
        ),
        "/findings",
    ),
    Topic(
        "measures", AUTHORITIES, _l("Measures of authorities"),
        (
            _l("There are four: imports of a plant suspended, an area locked down, the white list, circuit breakers."),
            _l("Enter each with its source and its dates. Open to all: /measures/public, without circuit breakers."),
            _l("A suspension of imports counts by the day of declaration. What was cleared before stays clear."),
            _l("In an area that is locked down only businesses of the white list may send."),
            _l("A measure is never rewritten: a change is a new version, and lifting it ends it."),
        ),
        "/measures",
    ),
    Topic(
        "measures", (*TRADERS, SERVICE), _l("When a measure stops you"),
        (
            _l("The head of each page says which measure it is, and until when."),
            _l("You cannot send, sell or use goods. Receiving, counting and entering what happened go on."),
            _l("Goods that were declared before a plant was suspended are not touched."),
        ),
        "/measures",
    ),
    Topic(
        "stewards", OFFICERS, _l("Stewards and signs"),
        (
            _l("Each cold store has three: of the area, of the industry's regulator, of the enterprise."),
            _l("A business names its own steward. Officers name the other two."),
            _l("A phone stands on the sign only when its owner let it be published."),
            _l("Each market, site and zone has a code of its own. Print its sign and hang it up."),
            _l("Scan a sign: the page says first what is wrong there. The public sees only what is open to all."),
        ),
        "/stewards",
    ),
    Topic(
        "stewards", ("merchant",), _l("Your card, stewards and signs"),
        (
            _l("Name the steward of your store and let the sign be printed: it hangs at the door."),
            _l("Print the card on A5 or A4. It is made from the books, so print it anew when something has changed."),
            _l("Each site and each zone has a sign with a code. Your people scan it to get to the right page."),
        ),
        "/businesses/mine",
    ),
    Topic(
        "identities", OFFICERS, _l("Somebody without a code, and mergers"),
        (
            _l("Register on site: name and place are enough. The business gets a temporary number."),
            _l("Goods can be entered and sealed under it at once. Nothing waits for the code."),
            _l("When the code is known, a regulator merges the temporary number into the business."),
            _l("Stock, tasks and findings go along, and the old number leads to the new page."),
            _l("A merger is for good: look at both sides before you confirm."),
        ),
        "/businesses",
    ),
    Topic(
        "sheets", ("regulator",), _l("Many businesses at once, by spreadsheet"),
        (
            _l("Download the template and fill it in. Keep the first row."),
            _l("Hand it in: first nothing is entered, and each wrong cell is named with what is wrong."),
            _l("When all is right, all of it is entered together, or nothing."),
            _l("The same rows handed in twice are entered once."),
        ),
        "/sheets/businesses",
    ),
    Topic(
        "sheets", ("merchant",), _l("Many lines at once, by spreadsheet"),
        (
            _l("Download the template and fill it in. Keep the first row."),
            _l("Hand it in: first nothing is entered, and each wrong cell is named with what is wrong."),
            _l("When all is right, all of it is entered together, or nothing."),
            _l("The same rows handed in twice are entered once."),
        ),
        "/sheets/arrivals",
    ),
    Topic(
        "rules", AUTHORITIES, _l("The rule book"),
        (
            _l("It says which papers, treatments and tests are asked for, where, since when, and by which source."),
            _l("The rule of the day of arrival counts. Each verdict names the versions that it rests on."),
            _l("An administrator adds a version and sees first which batches would be judged otherwise."),
        ),
        "/rules",
    ),
    Topic(
        "orders", ("merchant",), _l("Let goods be disinfected"),
        (
            _l("On the page of an arrival or a batch, choose a disinfection service of the register."),
            _l("It sees these goods and your note, and nothing else of yours."),
            _l("It enters what it did itself. Record and certificate then stand with the goods: you type nothing."),
            _l("A treatment that meets no rule is kept but does not count, and there is no certificate of it."),
        ),
        "/arrivals",
    ),
    Topic(
        "orders", (SERVICE,), _l("Do an order, issue the certificate"),
        (
            _l("Open the order: where the goods are, what they are, what the customer asks."),
            _l("Enter agent, strength, minutes and temperature as they were. The program says which rule they meet."),
            _l("The certificate is drawn at once, with number and code. The customer has it the same moment."),
            _l("A treatment that meets no rule is kept but does not count, and there is no certificate of it."),
        ),
        "/disinfection-orders",
    ),
    Topic(
        "licences", (*TRADERS, "lab", SERVICE), _l("Licences and whom to reach"),
        (
            _l("Enter each licence with its last day. The desk says when one ends soon."),
            _l("A newer one of the same number takes the place of the old one, which stays to be read."),
            _l("Enter who can be reached, with phone. The public does not see it."),
        ),
        "/businesses/mine",
    ),
    Topic(
        "licences", ("regulator",), _l("Licences"),
        (
            _l("Each licence has its last day. Those that end soon or have ended are listed."),
            _l("The business enters the newer one itself, or you do it on the page of the business."),
        ),
        "/businesses",
    ),
)  # fmt: skip


def of(role: str) -> tuple[Topic, ...]:
    """Return what concerns a role, in order."""
    return tuple(topic for topic in TOPICS if role in topic.roles)
