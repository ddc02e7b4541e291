"""What people do with goods, through the services of trade, and what every batch's accounts must be afterwards.

The oracle is the change: each rule says by how many units which account of which batch changes, whatever it was before,
and whether it may be refused. Everything else must stay as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import Engine, text
from sqlmodel import Session

from coldchain.batches import service as batches
from coldchain.core.errors import DomainError
from coldchain.ledger.holds import Cause
from tests.ledger.books import Party, batch, party, product
from tests.trade.entries import zone
from tests.trade.parties import merchant, officer

Key = tuple[UUID, str, UUID, UUID | None]  # batch, account, whose, zone (of zones alone)
State = Counter[Key]
REGION = "230203"
_STATE = text("""
    SELECT batch_id, account, owner_id, CASE WHEN account = 'zone' THEN zone_id END AS zone_id,
           sum(quantity_units)::bigint AS units
    FROM posting WHERE batch_id = ANY(CAST(:batch_ids AS uuid[])) GROUP BY 1, 2, 3, 4""")
_HELD = text("""
    SELECT held_units FROM holding
    WHERE batch_id = :batch_id AND account = 'zone' AND owner_id = :owner_id AND zone_id = :zone_id""")


@dataclass(frozen=True)
class Lot:
    """Goods of one batch and owner in one zone: what there is, and how much of it is free of any hold."""

    batch_id: UUID
    owner: int
    zone_id: UUID
    units: int
    free_units: int
    whole: bool

    def refusal(self, mode: str, wanted: int) -> str | None:
        """Return the code with which `wanted` units are refused: `intended` by locks, a fact only when they lack."""
        if mode == "intended" and (self.whole or self.free_units < wanted <= self.units):
            return "locked"
        return "insufficient_stock" if wanted > self.units else None


@dataclass
class Sent:
    """A consignment of one batch as its people know it."""

    consignment_id: UUID
    batch_id: UUID
    seller: int
    buyer: int
    from_zone: UUID
    open_units: int
    disputed_units: int = 0
    surplus_units: int = 0
    surplus_zone: UUID | None = None


@dataclass
class Entered:
    """A stock entry of one line that can be corrected: what one unit of it does to the accounts."""

    entry_id: UUID
    kind: str
    units: int
    each: State


class Trading(RuleBasedStateMachine):
    """Three businesses, each with two zones and a quarantine, and the books of what they say."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.connection = self.engine.connect()
        self.connection.begin()
        self.session = Session(self.connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        self.parties: list[Party] = [party(self.session, 2) for _ in range(3)]
        self.quarantines = [zone(self.session, each, "quarantine") for each in self.parties]
        self.home = {
            zone_id: number
            for number, each in enumerate(self.parties)
            for zone_id in (*each.zones, self.quarantines[number])
        }
        self.product, self.made_of = product(self.session), product(self.session)
        self.batches: list[UUID] = []
        self.entered_here: set[UUID] = set()  # by an arrival, long ago
        self.sent: list[Sent] = []
        self.entries: list[Entered] = []
        self.whole: list[tuple[Cause, set[UUID]]] = []
        self.parts: list[Cause] = []
        self.state: State = Counter()

    def teardown(self) -> None:
        self.session.close()
        self.connection.rollback()
        self.connection.close()

    def actor(self, owner: int, zone_id: UUID) -> Any:
        """Who enters it: the owner at home, an officer elsewhere."""
        return merchant(self.parties[owner]) if self.home[zone_id] == owner else officer()

    def of(self, owner: int) -> UUID:
        """Return an owner's business."""
        return self.parties[owner].business_id

    def new_batch(self, owner: int, units: int) -> None:
        """Goods arrive with all their papers."""
        made = batch(self.session, self.parties[owner], self.product, units)
        self.batches.append(made)
        self.entered_here.add(made)
        self.state = self.read()

    def read(self) -> State:
        """Return what is on every account of every batch."""
        rows = self.session.execute(_STATE, {"batch_ids": self.batches})
        return Counter({(row.batch_id, row.account, row.owner_id, row.zone_id): row.units for row in rows if row.units})

    def draw_lot(self, data: st.DataObject) -> Lot | None:
        """Choose goods that lie somewhere, those with a hold on a part of them more often."""
        owners = {each.business_id: number for number, each in enumerate(self.parties)}
        lots = [
            self.lot(key[0], owners[key[2]], key[3])
            for key, units in sorted(self.state.items(), key=str)
            if key[1] == "zone" and units > 0 and key[3] is not None
        ]
        apart = [lot for lot in lots if not lot.whole and lot.free_units < lot.units]
        if not lots:
            return None
        if apart and data.draw(st.booleans(), label="held"):
            return data.draw(st.sampled_from(apart), label="lot")
        return data.draw(st.sampled_from(lots), label="lot")

    def lot(self, batch_id: UUID, owner: int, zone_id: UUID) -> Lot:
        """Look at what an owner has of a batch in a zone."""
        given = {"batch_id": batch_id, "owner_id": self.of(owner), "zone_id": zone_id}
        held = self.session.execute(_HELD, given).scalar() or 0
        units = self.state[batch_id, "zone", self.of(owner), zone_id]
        return Lot(batch_id, owner, zone_id, units, units - held, self.is_whole(batch_id))

    def is_whole(self, batch_id: UUID) -> bool:
        """Say whether a cause holds the whole batch."""
        return any(batch_id in held for _, held in self.whole)

    def clear(self, batch_id: UUID) -> bool:
        """Ask the gate: what was made of others may lack papers of its own."""
        return batches.gate(self.session, [batch_id], REGION)[batch_id].clear

    def attempt(
        self,
        act: Callable[[], Any],
        change: Mapping[Key, int] | Callable[[Any], Mapping[Key, int]],
        refused: str | set[str] | None = None,
    ) -> Any:
        """Act as one request does and compare: the change exactly, or the refusal foretold and no change at all.

        `refused`: the code, None when it must succeed, a set when one of these codes or success will do. Returns what
        the service answered, None when it was refused.
        """
        refusal, made = None, None
        try:
            with self.session.begin_nested():
                made = act()
        except DomainError as error:
            refusal = error
        foretold = refused if isinstance(refused, set) else {refused} - {None}
        codes = set() if refusal is None else {refusal.code, *(error.code for error in refusal.errors)}
        assert not codes or codes & foretold, f"{refused} expected: {refusal}"
        assert codes or not isinstance(refused, str), f"{refused} expected"
        expected = Counter(self.state)
        if refusal is None:
            for key, units in (change(made) if callable(change) else change).items():
                expected[key] += units
        self.state = self.read()
        assert self.state == Counter({key: units for key, units in expected.items() if units})
        return made
