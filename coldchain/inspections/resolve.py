"""What a scanned or typed code stands for, as far as the asker may know it.

Everybody signed in learns batch code and product, which the public label page says too. Officers learn verdict, locks
and causes of any batch, wherever it is, since goods travel; a merchant learns more of a batch that it may see; a
laboratory needs the batch's id for its tubes and nothing else.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import OWN, Resource, authorize, relation
from coldchain.batches import labelled, reach, states
from coldchain.batches import service as batches
from coldchain.batches.models import Batch, PlatformCode
from coldchain.core.errors import Conflict, NotFound
from coldchain.labels import code as label_code
from coldchain.labels import service as labels
from coldchain.labels.code import InvalidLabelCode, LabelCode
from coldchain.labels.specification import specification
from coldchain.ledger import holds as ledger_holds
from coldchain.ledger.models import Hold, Holding
from coldchain.policy.facts import Verdict
from coldchain.registry import service as registry
from coldchain.registry.models import Product

SHOWN_CHARS: Final = 60


@dataclass(frozen=True)
class Resolved:
    """A label and the batch that it is of.

    `batch` and `piece_no` (0: all of it) are what the goods are now, which a label older than a split doesn't say
    (`moved`). `may_open`: the asker may read the batch's page; `may_name`: it may learn the batch's id. `verdict`,
    `restriction` and `holds` are None or empty where the asker may not know them; `printed` False: no run made this
    label.
    """

    label: LabelCode
    batch: Batch
    piece_no: int
    moved: bool
    product: Product
    producer_name: str
    printed: bool
    may_open: bool
    may_name: bool
    verdict: Verdict | None
    restriction: str | None
    holds: tuple[Hold, ...]
    foreign: PlatformCode | None = None

    @property
    def bare(self) -> bool:
        """Say whether the code names the batch itself, of which no label was made."""
        return self.label.level == "batch" and not self.printed

    @property
    def shown_code(self) -> str:
        """The code as a page shows it: no label's where none was made."""
        return self.label.batch_code if self.bare else self.label.text

    @property
    def specification(self) -> str:
        """What one piece holds."""
        return specification(self.product.unit_mass_g, self.product.units_per_piece, self.product.ledger_unit)


def read_code(text: str) -> LabelCode:
    """Return the label that a text stands for. Raises NotFound with the reason's code: there is no such label."""
    try:
        return label_code.parse(text)
    except InvalidLabelCode as error:
        raise NotFound(error.message, code=error.code, **error.params) from error


def resolve(session: Session, actor: Actor, text: str) -> Resolved:
    """Return what a code stands for, with what `actor` may know of it.

    Takes what `labels.code.parse` takes, and a code of another platform. Raises NotFound: `label_code_…` when mistyped,
    `unknown_code`; Conflict `code_of_several`; Forbidden.
    """
    authorize(actor, "code.resolve", Resource())
    label, now, foreign = _found(session, text)
    batch = session.get_one(Batch, now.batch_id)
    product = registry.products(session, [batch.product_id])[batch.product_id]
    producer = registry.producers(session, [batch.producer_id])[batch.producer_id]
    may_open = _may_open(session, actor, batch)
    knows = may_open or actor.is_officer
    holds = _shown(session, actor, batch.batch_id) if knows else []
    return Resolved(
        label=label,
        batch=batch,
        piece_no=now.piece_no,
        moved=now.moved,
        product=product,
        producer_name=producer.name,
        printed=labels.printed(session, now.label_batch_id).covers(label),
        may_open=may_open,
        may_name=may_open or relation(actor, "tube.register") == OWN,
        verdict=batches.gate(session, [batch.batch_id], batch.region_code)[batch.batch_id] if knows else None,
        restriction=states.restriction(hold.grade for hold in holds) if knows else None,
        holds=tuple(holds),
        foreign=foreign,
    )


def _found(session: Session, text: str) -> tuple[LabelCode, labelled.Labelled, PlatformCode | None]:
    """Return the label that a text stands for, what it is of now, and the other platform's code that it was read as.

    Raises NotFound, Conflict `code_of_several`: both are shown, neither is chosen (R2).
    """
    refused = NotFound("No batch has this code.", code="unknown_code")
    try:
        label = read_code(text)
        now = labelled.find(session, label.batch_code, label.serial)
        if now is not None:
            return label, now, None
    except NotFound as error:
        refused = error
    listed = batches.find_platform_code(session, text)
    if not listed:
        raise refused
    if len(listed) > 1:
        codes = [batch.batch_code for _code, batch in listed]
        raise Conflict(
            "This code of another platform stands on several batches, to be checked: {codes}.",
            code="code_of_several",
            codes=", ".join(codes),
            extra={"batch_codes": codes},
        )
    foreign, batch = listed[0]
    label = LabelCode(batch.batch_code, "batch", 0)
    now = labelled.find(session, label.batch_code, label.serial)
    if now is None:
        raise refused
    return label, now, foreign


def _may_open(session: Session, actor: Actor, batch: Batch) -> bool:
    if relation(actor, "batch.read") is None:
        return False
    found = select(col(Batch.batch_id)).where(col(Batch.batch_id) == batch.batch_id, reach.visible_batches(actor))
    return session.scalar(found) is not None


def _shown(session: Session, actor: Actor, batch_id: UUID) -> list[Hold]:
    """Return the holds on the whole batch, and those on holdings that the actor sees."""
    active = ledger_holds.active(session, [batch_id]).get(batch_id, [])
    seen = set(
        session.scalars(
            select(col(Holding.holding_id)).where(col(Holding.batch_id) == batch_id, reach.visible_holdings(actor))
        )
    )
    return [hold for hold in active if hold.holding_id is None or hold.holding_id in seen]


def describe(found: Resolved) -> dict[str, Any]:
    """Return a resolved code as the API shows it; what the asker may not know is null."""
    knows = found.verdict is not None
    return {
        "code": found.label.text,
        "level": found.label.level,
        "serial": found.label.serial,
        "piece_no": found.piece_no,
        "moved": found.moved,
        "platform": found.foreign.platform if found.foreign else None,
        "platform_code": found.foreign.code if found.foreign else None,
        "printed": found.printed,
        "batch_id": found.batch.batch_id if found.may_name else None,
        "batch_code": found.batch.batch_code,
        "product": {
            "name": found.product.name,
            "name_en": found.product.name_en,
            "category": found.product.category,
            "origin_country": found.product.origin_country,
            "specification": found.specification,
            "producer": found.producer_name,
        },
        "production_date": found.batch.production_date,
        "expiry_date": found.batch.expiry_date,
        "gate": found.verdict.as_dict() if found.verdict else None,
        "restriction": found.restriction,
        "holds": [
            {
                "cause": {"kind": hold.cause_kind, "id": hold.cause_id, "version": hold.cause_version},
                "grade": hold.grade,
                "quantity_units": hold.quantity_units,
            }
            for hold in found.holds
        ]
        if knows
        else None,
    }


def visible(typed: object) -> str:
    """Return what somebody typed, fit to be shown: short, and characters that can't be seen by their number."""
    shown = "".join(c if c.isprintable() else f"[U+{ord(c):04X}]" for c in str(typed)[:SHOWN_CHARS])
    return shown + ("…" if len(str(typed)) > SHOWN_CHARS else "")
