"""What the help says: for each role what it does and the pages for it; for everybody how pages are to be read."""

from dataclasses import dataclass
from typing import Final

from coldchain.core.i18n import LazyText
from coldchain.core.i18n import lazy_gettext as _l


@dataclass(frozen=True)
class Task:
    """One thing that a role does, and the page for it; shown to whoever may open that page."""

    href: str
    title: LazyText
    text: LazyText


@dataclass(frozen=True)
class Help:
    """A role's page: what it is there for, and what it does."""

    about: LazyText
    tasks: tuple[Task, ...]


SEARCH: Final = Task(
    "/search", _l("Search"), _l("Any number, name or code that you have: the field in the head of each page.")
)
PEOPLE: Final = Task("/people", _l("People"), _l("Let people in, and end it; a clerk may be limited to sites."))
SWEEPS: Final = Task(
    "/recalls",
    _l("Sweeps and recalls"),
    _l("Due, checked, found, none found, open: of each sweep, now or as known at a past moment."),
)
FINDINGS: Final = Task(
    "/findings",
    _l("Findings and decisions"),
    _l("What was found at visits, by when it is to be put right, and what was decided."),
)
MEASURES: Final = Task(
    "/measures", _l("Measures in force"), _l("Who may not send now, which plant's imports are suspended, until when.")
)
STOCK: Final = Task(
    "/stock",
    _l("Stock"),
    _l("What lies where, by owner and zone, also as of a past moment, as known then or now."),
)

HELP: Final[dict[str, Help]] = {
    "regulator": Help(
        _l("You look after an area: who is registered there, what may be sold, and that a notice reaches every place."),
        (
            Task(
                "/businesses",
                _l("Businesses and cards"),
                _l("Register a business, or decide about its own application; who has a card, who signed the letter."),
            ),
            Task(
                "/evidence",
                _l("Papers to verify"),
                _l("Compare a paper with what was entered: verified, or not accepted with a reason."),
            ),
            Task(
                "/recalls/new",
                _l("Write down a notice"),
                _l("A draft locks nothing. Announced, it locks what matches everywhere; each place becomes a task."),
            ),
            SWEEPS,
            FINDINGS,
            MEASURES,
            Task("/stewards", _l("Stewards of cold stores"), _l("Three at each store; which store lacks one.")),
            Task("/letters", _l("Commitment letters"), _l("Who has not signed the letter of today.")),
            Task("/flags", _l("Flags"), _l("Facts that an officer should look at. A flag is no violation.")),
            Task("/backchecks", _l("Backwards checks"), _l("What the books do not explain, and where it is solved.")),
            Task(
                "/handover", _l("Hand on an officer's work"), _l("Nobody leaves with an open task, draft or request.")
            ),
        ),
    ),
    "inspector": Help(
        _l("You go to places: look, record what you see, seal, take samples. A finding counts from when you saw it."),
        (
            Task(
                "/scan", _l("Scan a label"), _l("The camera of the phone opens the same page as the code typed here.")
            ),
            SWEEPS,
            Task(
                "/visits/new",
                _l("Record a visit"),
                _l("What you looked at and what you found, also if it was nothing."),
            ),
            FINDINGS,
            Task(
                "/assistance", _l("Requests of other regions"), _l("What another region or office asks you to look at.")
            ),
            Task("/tubes", _l("Samples and results"), _l("Tubes of your area, and those without a result.")),
            Task(
                "/sampling-due",
                _l("Due for sampling"),
                _l("People at work and surroundings that are to be sampled, overdue first."),
            ),
            Task("/businesses", _l("Businesses and cards"), _l("Who has which site, with phone and address.")),
        ),
    ),
    "merchant": Help(
        _l("You enter what comes, see whether it may leave, sell and send it. Goods are yours wherever they lie."),
        (
            Task(
                "/arrivals/new",
                _l("Register an arrival"),
                _l(
                    "A delivery: papers, disinfection and tubes once, a line for each batch. Late is better than never."
                ),
            ),
            Task("/batches", _l("Batches and stock"), _l("May it leave? If not, what it lacks and how to add it.")),
            Task(
                "/consignments", _l("Dispatch and receive"), _l("Send goods; confirm what came, or say what differs.")
            ),
            Task("/sales/new", _l("Sold today"), _l("At closing time: how much of each batch is gone.")),
            Task("/stocktakes/new", _l("Count the stock"), _l("What you count is what is there; say why it differs.")),
            Task("/labels", _l("Labels"), _l("Codes for batches and pieces, to print and stick on.")),
            STOCK,
            FINDINGS,
            Task("/businesses/mine", _l("My business"), _l("Card, licences, sites and zones, stewards, signs.")),
            PEOPLE,
        ),
    ),
    "lab": Help(
        _l("You register tubes and report results. A result belongs to its tube; what corrects it takes its place."),
        (
            Task(
                "/tubes/work",
                _l("Enter results one after the other"),
                _l("Or take the list as a spreadsheet and hand it in filled."),
            ),
            Task(
                "/tubes/new", _l("Register a tube"), _l("The number printed on the kit, what went in, when, by whom.")
            ),
            Task(
                "/tubes",
                _l("Samples and results"),
                _l("All your tubes; those that an officer entered for you wait to be confirmed."),
            ),
            FINDINGS,
        ),
    ),
    "carrier": Help(
        _l("You bring goods from one place to another and have the delivery note with you."),
        (
            Task(
                "/consignments",
                _l("Dispatch and receive"),
                _l("The consignments that you carry, with their delivery notes."),
            ),
            FINDINGS,
            MEASURES,
            Task("/businesses/mine", _l("My business"), _l("Card, licences, sites and zones, stewards, signs.")),
            PEOPLE,
        ),
    ),
    "admin": Help(
        _l("You make accounts and offices and see that the program is well. You read much and enter no goods."),
        (
            Task("/accounts", _l("Accounts"), _l("Make an account, stop it, send a link for a forgotten password.")),
            Task("/regions", _l("Regions and offices"), _l("Offices, their areas, and their grids.")),
            Task(
                "/rules", _l("Rule book"), _l("Which papers, treatments and tests are asked for, with their sources.")
            ),
            MEASURES,
            Task("/audit", _l("Audit log"), _l("Who signed in, who was refused what, who read personal data.")),
            Task("/privacy", _l("Personal data"), _l("What is kept about a person, for how long, and erasing it.")),
        ),
    ),
}

# A business that disinfects for others: a merchant by its role, with work of its own.
HELP_OF_SERVICE: Final = Help(
    _l("You disinfect goods of others, enter what you did, and issue the certificate."),
    (
        Task("/disinfection-orders", _l("Disinfection orders"), _l("What you are asked to do, and what you did.")),
        FINDINGS,
        Task("/businesses/mine", _l("My business"), _l("Card, licences, sites and zones, stewards, signs.")),
        PEOPLE,
    ),
)


# (code of the chip, what it means): the same words stand on every page, print and label.
STATES: Final[tuple[tuple[str, LazyText], ...]] = (
    ("cleared", _l("All papers, treatments and tests that the place asks for are there.")),
    ("held", _l("Something is missing; the batch names it. Nothing of it may be sent, sold or used until then.")),
    (
        "locked",
        _l("The books let nothing leave: a notice, a result or an inspection is the cause. No officer was there yet."),
    ),
    ("sealed", _l("An officer was there and sealed it. Leave the seal as it is.")),
    (
        "late",
        _l("Entered later than it happened. It counts from when it happened; telling it late is no fault by itself."),
    ),
)
READING: Final[tuple[LazyText, ...]] = (
    _l("Every figure says as of when it is true. What is not known is said, never shown as nothing."),
    _l("A fact has two times: when it happened, and when the books learned it."),
    _l("What was entered is never overwritten: a correction is added and names what it corrects."),
    _l("If something is refused, the page says why, that nothing was changed, and what to do next."),
)
