"""The card of a business that handles imported goods (监管卡, 一户一卡): composed from the rows, nothing of it is kept.

What lies in it follows the rights of the list that it comes from: an officer's card shows the sites, the stock and the
checks of the own area, the business's own card all of it. Nothing here says what only officers may read but `flags`,
which the screen shows them and the paper never.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_
from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import Resource, authorize, relation
from coldchain.batches import facts, flags
from coldchain.batches import pages_words as words
from coldchain.batches import service as batches
from coldchain.batches.models import Batch, Flag, Sample, Tube
from coldchain.core import clock
from coldchain.core.errors import NotFound
from coldchain.home import card_checks, halts
from coldchain.home.card_checks import Check
from coldchain.home.halts import Halt
from coldchain.inspections import site_findings
from coldchain.journal import personal
from coldchain.ledger import holds
from coldchain.ledger.models import Holding
from coldchain.registry import service as registry
from coldchain.registry.models import Business, CommitmentLetter, Product, Site
from coldchain.registry.service import letters, licences, place, places, stewards
from coldchain.registry.service.stewards import StewardShown
from coldchain.trade.service.stock import Here, accounts

SITES_SHOWN: Final = 200
STOCK_SHOWN: Final = 60
LACKING_SHOWN: Final = 40
FLAGS_SHOWN: Final = 20


@dataclass(frozen=True)
class Goods:
    """One batch of one owner on the card, wherever it lies: the code of its state, units, how many of them held."""

    batch: Batch
    product: Product
    owner: registry.BusinessBrief | None
    quantity_units: int
    held_units: int
    sealed_units: int

    @property
    def state(self) -> str:
        """Return what may be done with it: the strongest lock on any of its units, else the life of its evidence."""
        if not self.held_units:
            return self.batch.status
        return "sealed" if self.sealed_units >= self.held_units else "locked"

    @property
    def mass_g(self) -> int:
        """Return its net mass."""
        return self.quantity_units * self.product.unit_mass_g


@dataclass(frozen=True)
class Stock:
    """Goods, held ones first; how many lines and batches there are in all, what they weigh, how many lines are held."""

    goods: list[Goods] = field(default_factory=list)
    lines: int = 0
    batches: int = 0
    mass_g: int = 0
    held_lines: int = 0


@dataclass(frozen=True)
class Tested:
    """A tube with samples of these goods or zones: what its results come to."""

    tube: Tube
    lab: str
    state: str


@dataclass(frozen=True)
class Lacking:
    """A batch that may not leave yet, and what it lacks, in the reader's words."""

    batch: Batch
    product: Product
    missing: list[str]


@dataclass(frozen=True)
class Card:
    """All that the card says, as of one moment."""

    as_of: datetime
    business: Business
    legal_representative: str | None
    licences: list[dict[str, Any]]  # in force, the first to end first
    office: str | None
    letter: CommitmentLetter | None
    signer: str | None
    letter_outdated: bool
    sites: list[dict[str, Any]]
    stewards: dict[UUID, list[StewardShown]]  # by site, as its public sign names them
    own: Stock
    road_g: int  # own goods on the road
    elsewhere_g: int  # own goods that lie outside the reader's area
    kept: Stock
    checks: list[Check]
    tested: list[Tested]
    lacking: list[Lacking]
    findings: list[dict[str, Any]]  # of officers, still to be put right or decided
    flags: list[Flag]
    halt: Halt | None = None  # what keeps an active business from trading
    sites_beyond: int = 0  # sites, batches and flags that are not among those listed
    lacking_beyond: int = 0
    flags_beyond: int = 0

    @property
    def locked(self) -> list[Goods]:
        """Return the own goods that are held."""
        return [goods for goods in self.own.goods if goods.held_units]

    @property
    def locked_beyond(self) -> int:
        """Return how many more of the own goods are held."""
        return self.own.held_lines - len(self.locked)

    @property
    def zones(self) -> int:
        """Return how many zones the listed sites have."""
        return sum(len(site["zones"]) for site in self.sites)


def find(session: Session, actor: Actor, ref: str) -> Business:
    """Return the business whose card the reader may see. Raises Forbidden, NotFound `no_card` when it has none."""
    business = registry.find_business(session, ref)
    authorize(actor, "card.read", Resource.of(business.business_id, places=[place(business)]))
    if business.card_no is None:
        raise NotFound("This business handles no imported food and has no card.", code="no_card")
    return business


def read(session: Session, actor: Actor, ref: str) -> Card:
    """Return the card of a business, composed now in a constant number of statements. Raises as `find`."""
    business = find(session, actor, ref)
    described = registry.read_business(session, actor, business.business_id)
    listed, sites_beyond = _sites(session, actor, business.business_id)
    site_ids = [site["site_id"] for site in listed]
    zone_ids = [zone.zone_id for site in listed for zone in site["zones"]]
    anywhere = accounts(session, actor).where(col(Holding.quantity_units) > 0)
    here = anywhere.where(col(Holding.zone_id).is_not(None))
    mine = col(Holding.owner_id) == business.business_id
    kept = (col(Holding.owner_id) != business.business_id) & (col(Here.business_id) == business.business_id)
    own = _stock(session, here.where(mine))
    letter, signer = _letter(session, business.business_id)
    lacking, lacking_beyond = _lacking(session, here.where(mine))
    standing, flags_beyond = _flags(session, actor, business.business_id)
    current = registry.current_text(session)
    return Card(
        as_of=clock.now(),
        business=business,
        legal_representative=described.get("legal_representative"),
        licences=licences.running(session, [business.business_id])[business.business_id],
        office=described["office"].name if described.get("office") else None,
        letter=letter,
        signer=signer,
        letter_outdated=letter is not None and current is not None and letter.version < current.version,
        sites=listed,
        stewards=stewards.stewards_of(session, site_ids, public=True),
        own=own,
        road_g=_grams(session, anywhere.where(mine, col(Holding.zone_id).is_(None))),
        elsewhere_g=_all_own(session, business.business_id) - own.mass_g if actor.is_officer else 0,
        kept=_stock(session, here.where(kept)),
        checks=card_checks.looked_at(
            session, actor, business.business_id, {site["site_id"]: site["name"] for site in listed}
        ),
        tested=_tested(session, here.where(mine), zone_ids),
        lacking=lacking,
        findings=_findings(session, actor, business.business_id),
        flags=standing,
        halt=halts.of(session, [business]).get(business.business_id),
        sites_beyond=sites_beyond,
        lacking_beyond=lacking_beyond,
        flags_beyond=flags_beyond,
    )


def _sites(session: Session, actor: Actor, business_id: UUID) -> tuple[list[dict[str, Any]], int]:
    """Return the sites that the reader may see, and how many there are beyond them."""
    if relation(actor, "site.read") is None:
        return [], 0
    listed, following = registry.search_sites(session, actor, business=str(business_id), limit=SITES_SHOWN)
    if following is None:
        return listed, 0
    mine = select(func.count()).where(places.visible_sites(actor), col(Site.business_id) == business_id)
    return listed, (session.scalar(mine) or 0) - len(listed)


def _letter(session: Session, business_id: UUID) -> tuple[CommitmentLetter | None, str | None]:
    letter = letters.latest(session, business_id)
    if letter is None:
        return None, None
    return letter, personal.reveal(session, [letter.signed_by_id]).get(letter.signed_by_id)


def _imported(here: Select[Any]) -> Select[Any]:
    """Return accounts narrowed to imported goods, with batch and product beside them."""
    return (
        here.join(Batch, col(Batch.batch_id) == col(Holding.batch_id))
        .join(Product, col(Product.product_id) == col(Batch.product_id))
        .where(col(Product.imported).is_(True))
    )


def _stock(session: Session, here: Select[Any]) -> Stock:
    """Return goods by batch and owner, held ones first, then those that lack something, then the heaviest."""
    units, held, mass = col(Holding.quantity_units), col(Holding.held_units), col(Product.unit_mass_g)
    goods = _imported(here)
    pair = func.row(col(Holding.batch_id), col(Holding.owner_id))
    lines, count, grams, held_lines = session.execute(
        goods.with_only_columns(
            func.count(func.distinct(pair)), func.count(func.distinct(col(Holding.batch_id))), func.sum(units * mass),
            func.count(func.distinct(pair)).filter(held > 0),
        )
    ).one()  # fmt: skip
    if not count:
        return Stock()
    total: Any = func.sum(units)
    cleared: ColumnElement[bool] = col(Batch.status) == "cleared"
    rows = session.execute(
        goods.with_only_columns(
            col(Holding.batch_id), col(Holding.owner_id), total, func.sum(held), func.array_agg(col(Holding.holding_id))
        )
        .group_by(col(Holding.batch_id), col(Holding.owner_id), col(Batch.status), col(Product.unit_mass_g))
        .order_by(
            (func.sum(held) > 0).desc(), cleared, (total * mass).desc(), col(Holding.batch_id), col(Holding.owner_id)
        )
        .limit(STOCK_SHOWN)
    ).all()
    found = {
        batch.batch_id: (batch, product)
        for batch, product in session.execute(
            select(Batch, Product)
            .join(Product, col(Product.product_id) == col(Batch.product_id))
            .where(col(Batch.batch_id).in_({row[0] for row in rows}))
        )
    }
    owners = registry.brief(session, [row[1] for row in rows])
    sealed = holds.sealed_units(session, [i for row in rows if row[3] for i in row[4]])
    return Stock(
        [
            Goods(
                *found[batch_id], owners.get(owner_id), int(quantity), int(held_units),
                sum(sealed.get(holding_id, 0) for holding_id in holding_ids),
            )
            for batch_id, owner_id, quantity, held_units, holding_ids in rows
        ],
        int(lines),
        int(count),
        int(grams),
        int(held_lines),
    )  # fmt: skip


def _all_own(session: Session, business_id: UUID) -> int:
    """Return what all imported goods of a business in zones weigh, wherever they are; its page says as much."""
    return _grams(session, select(Holding).where(
        col(Holding.owner_id) == business_id, col(Holding.quantity_units) > 0, col(Holding.zone_id).is_not(None)
    ))  # fmt: skip


def _grams(session: Session, here: Select[Any]) -> int:
    grams: Any = func.sum(col(Holding.quantity_units) * col(Product.unit_mass_g))
    return int(session.scalar(_imported(here).with_only_columns(grams)) or 0)


def _tested(session: Session, here: Select[Any], zone_ids: Sequence[UUID]) -> list[Tested]:
    """Return the tubes taken last of goods that are here now, or of the zones themselves."""
    goods = _imported(here).with_only_columns(col(Holding.batch_id))
    tubes = session.exec(
        select(Tube)
        .where(
            col(Tube.tube_id).in_(
                select(col(Sample.tube_id)).where(
                    or_(col(Sample.batch_id).in_(goods), col(Sample.zone_id).in_(zone_ids))
                )
            )
        )
        .order_by(col(Tube.sampled_at).desc(), col(Tube.tube_id).desc())
        .limit(card_checks.CHECKS_SHOWN)
    ).all()
    decided = facts.decisions(session, [tube.tube_id for tube in tubes])
    labs = registry.brief(session, [tube.lab_id for tube in tubes])
    return [
        Tested(tube, labs[tube.lab_id].name if tube.lab_id in labs else "", decided[tube.tube_id].state)
        for tube in tubes
    ]


def _lacking(session: Session, here: Select[Any]) -> tuple[list[Lacking], int]:
    """Return what own goods that are not held and may not leave lack, the newest first; how many more batches do."""
    goods = _imported(here).where(
        col(Batch.status) == "held", col(Holding.held_units) == 0, col(Holding.account) == "zone"
    )
    counted: Any = func.count(func.distinct(col(Holding.batch_id)))
    rows = session.execute(
        goods.with_only_columns(Batch, Product).distinct().order_by(col(Batch.batch_id).desc()).limit(LACKING_SHOWN)
    ).all()
    whole = session.scalar(goods.with_only_columns(counted)) if len(rows) == LACKING_SHOWN else len(rows)
    verdicts = batches.judge(session, {batch.batch_id: batch.region_code for batch, _product in rows})
    found = [
        Lacking(
            batch, product, [words.own_words(item, "message") for item in verdicts[batch.batch_id].as_dict()["missing"]]
        )
        for batch, product in rows
        if not verdicts[batch.batch_id].clear
    ]
    return found, (whole or 0) - len(rows)


def _findings(session: Session, actor: Actor, business_id: UUID) -> list[dict[str, Any]]:
    if relation(actor, "site_finding.read") is None:
        return []
    return site_findings.open_findings(session, actor, business_id)


def _flags(session: Session, actor: Actor, business_id: UUID) -> tuple[list[Flag], int]:
    """Return what stands out about the business and nobody has closed, how many more; officers alone read flags."""
    if relation(actor, "flag.read") is None:
        return [], 0
    still = (flags.visible_flags(actor), col(Flag.business_id) == business_id, col(Flag.closed_at).is_(None))
    listed = session.exec(select(Flag).where(*still).order_by(col(Flag.flag_id).desc()).limit(FLAGS_SHOWN)).all()
    if len(listed) < FLAGS_SHOWN:
        return list(listed), 0
    return list(listed), (session.scalar(select(func.count()).where(*still)) or 0) - len(listed)
