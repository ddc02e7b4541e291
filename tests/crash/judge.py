"""What must be true after any crash."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlmodel import Session

from coldchain.core import db
from coldchain.journal import checkpoint, merkle, tree
from coldchain.journal import verify as journal_verify
from coldchain.ledger import check
from tests.crash.house import House
from tests.crash.traffic import Deed, Traffic


@contextmanager
def engine_of(house: House) -> Iterator[Engine]:
    engine = db.connect(house.endpoint.url)
    try:
        yield engine
    finally:
        engine.dispose()


def troubles(house: House, traffic: Traffic, since: dict[str, set[str]], deeds: Sequence[Deed]) -> list[str]:
    """Return everything that is not as it was promised."""
    found = [*traffic.wrong, *traffic.changed_answers(deeds), *traffic.unlike_the_books(since)]
    with engine_of(house) as engine, Session(engine) as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        difference = journal_verify.verify(session, house.var_dir).difference
        found += [str(each) for each in (difference, check.stock_from_movements(session)) if each is not None]
    return found


def inconsistent(house: House, notes: Sequence[str]) -> list[str]:
    """Return which of the checkpoints that were fetched don't belong to one growing tree."""
    vkey = house.send("GET", "/api/v1/journal/key").body.decode().strip()
    heads = sorted({checkpoint.open_checkpoint(note, checkpoint.parse_vkey(vkey)) for note in notes}, key=size_of)
    found = []
    with engine_of(house) as engine, Session(engine) as session:
        for old, new in itertools.pairwise(heads):
            proof = tree.consistency(session, old.size, new.size)
            if not merkle.verify_consistency(old.size, new.size, old.root, new.root, proof):
                found.append(f"{old.size} → {new.size}")
        if heads[-1].root != tree.root(session, heads[-1].size):
            found.append(f"{heads[-1].size} is not what is stored")
    return found


def size_of(head: checkpoint.Checkpoint) -> tuple[int, bytes]:
    return head.size, head.root
