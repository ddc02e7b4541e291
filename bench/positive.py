"""What a positive costs on a batch that many hold, and what others notice of it meanwhile.

`python bench/positive.py [--holders N,N,…] [--rounds N]`, on a server of its own with fsync on. One batch lies with
that many businesses, a tenth of it on the road; a laboratory reports a preliminary positive (every holder is locked)
and a negative re-check (every holder is free again), each in one transaction as one request does. Statements are
counted. A process of its own sends other goods meanwhile, as a merchant does, and says its p95 while nothing else
happens and while positives are reported one after the other.
"""

import argparse
import multiprocessing
import platform
import shutil
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, event, text
from sqlmodel import Session

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coldchain.accounts.actor import SYSTEM
from coldchain.batches import service
from coldchain.core import clock, db
from coldchain.core.embedded_postgres import EmbeddedPostgres, Endpoint
from coldchain.ledger import postings
from coldchain.ledger.postings import Draft
from coldchain.ops import migrate
from coldchain.ops.reference import load_reference
from coldchain.registry.models import Business
from tests.ledger.books import NOW, Party, batch, party, posted, product, sent
from tests.trade.parties import merchant, send

HOLDERS = "50,500,5000"
UNITS_EACH = 2
PART = 500  # holders that are written in one transaction
OTHERS_S = 20.0
WARM = 20


def fill(engine: Engine, holders: int) -> tuple[UUID, UUID]:
    """Return a batch that `holders` businesses have some of, and the laboratory."""
    with Session(engine) as session, session.begin():
        maker = party(session)
        lab = party(session)
        session.get_one(Business, lab.business_id).kinds = ["lab"]
        goods = batch(session, maker, product(session), holders * UNITS_EACH)
    for start in range(0, holders, PART):
        with Session(engine) as session, session.begin():
            leaving, coming = [], []
            for number in range(start, min(start + PART, holders)):
                road, draft = sent(goods, maker, UNITS_EACH)
                leaving.append(draft)
                if number % 10:  # the rest stays on the road
                    buyer = party(session)
                    entries = postings.confirm(maker.business_id, buyer.business_id, buyer.zone_id, road, UNITS_EACH)
                    coming.append(Draft("confirmation", goods, entries, NOW, consignment_id=road))
            posted(session, leaving)
            posted(session, coming)
    return goods, lab.business_id


def report(engine: Engine, tube_id: UUID, stage: str, result: str) -> None:
    """Report a result as one request does."""
    now = clock.now()
    with Session(engine) as session, session.begin():
        service.report_result(
            session, SYSTEM, tube_id, stage=stage, result=result, received_at=now,
            reported_at=now + timedelta(milliseconds=1), report_no="R",
        )  # fmt: skip


def tube_of(engine: Engine, goods: UUID, lab_id: UUID, number: str) -> UUID:
    """Register a tube of the batch."""
    with Session(engine) as session, session.begin():
        made = service.register_tube(
            session, SYSTEM, tube_no=number, lab=lab_id, sampled_at=clock.now(),
            samples=[{"batch_id": goods, "sample_site": "outer_pack"}],
        )  # fmt: skip
    return UUID(str(made["tube_id"]))


def cost(engine: Engine, goods: UUID, lab_id: UUID, rounds: int) -> dict[str, tuple[float, int]]:
    """Return the median seconds and the statements of a positive and of the re-check that ends it."""
    counted: list[str] = []

    def listen(_c: object, _cu: object, statement: str, *_: object) -> None:
        counted.append(statement)

    found: dict[str, list[tuple[float, int]]] = {"positive": [], "re-check": []}
    for number in range(rounds):
        tube_id = tube_of(engine, goods, lab_id, f"C{number}")
        for name, stage, result in (("positive", "preliminary", "positive"), ("re-check", "recheck", "negative")):
            counted.clear()
            event.listen(engine, "before_cursor_execute", listen)
            begin = time.perf_counter()
            report(engine, tube_id, stage, result)
            found[name].append((time.perf_counter() - begin, len(counted)))
            event.remove(engine, "before_cursor_execute", listen)
    return {name: (statistics.median(s for s, _n in rows), rows[-1][1]) for name, rows in found.items()}


def others(
    url: str, seller: Party, buyer: Party, goods: UUID, busy: Event, over: Event, ready: Event, out: Any
) -> None:
    """Send other goods until it is over; tell the milliseconds of each request, idle and busy apart."""
    engine = db.connect(url)
    actor, taken = merchant(seller), {False: [], True: []}
    for _ in range(WARM):
        with Session(engine) as session, session.begin():
            send(session, actor, seller, buyer, goods, 1)
    ready.set()
    while not over.is_set():
        was = busy.is_set()
        begin = time.perf_counter()
        with Session(engine) as session, session.begin():
            send(session, actor, seller, buyer, goods, 1)
        taken[was].append((time.perf_counter() - begin) * 1000)
        time.sleep(0.01)
    out.put((taken[False], taken[True]))
    engine.dispose()


def meanwhile(endpoint: Endpoint, engine: Engine, goods: UUID, lab_id: UUID) -> tuple[list[float], list[float], int]:
    """Return what others' requests took while nothing and while positives happened, and how many those were."""
    with Session(engine) as session, session.begin():
        seller, buyer = party(session), party(session)
        other = batch(session, seller, product(session), 1_000_000)
    context = multiprocessing.get_context("spawn")
    busy, over, ready, out = context.Event(), context.Event(), context.Event(), context.Queue()
    process = context.Process(target=others, args=(endpoint.url, seller, buyer, other, busy, over, ready, out))
    process.start()
    ready.wait(120)
    time.sleep(OTHERS_S)
    busy.set()
    begin, count = time.perf_counter(), 0
    while time.perf_counter() - begin < OTHERS_S:
        tube_id = tube_of(engine, goods, lab_id, f"M{count}")
        report(engine, tube_id, "preliminary", "positive")
        report(engine, tube_id, "recheck", "negative")
        count += 1
    over.set()
    idle, while_busy = out.get(timeout=60)
    process.join(60)
    return idle, while_busy, count


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def measure(endpoint: Endpoint, options: argparse.Namespace) -> None:
    """Print one line a measurement."""
    migrate.upgrade(endpoint.owner_url, "coldchain")
    engine = db.connect(endpoint.url)
    with Session(engine) as session, session.begin():
        version = session.execute(text("SHOW server_version")).scalar_one()
        load_reference(session)
    print(f"Python {platform.python_version()}, PostgreSQL {version}")
    for holders in map(int, options.holders.split(",")):
        goods, lab_id = fill(engine, holders)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
        for name, (seconds, statements) in cost(engine, goods, lab_id, options.rounds).items():
            print(f"{holders:,} holders, {name}: {seconds * 1000:.0f} ms in {statements} statements")
    idle, while_busy, count = meanwhile(endpoint, engine, goods, lab_id)
    print(
        f"others' dispatches: idle p95 {p95(idle):.1f} ms ({len(idle)}); while {count} positives and re-checks on "
        f"{holders:,} holders were reported p95 {p95(while_busy):.1f} ms ({len(while_busy)}), "
        f"{p95(while_busy) / p95(idle):.2f} ×"
    )
    engine.dispose()


def main() -> None:
    """Measure on a server that is made for it and removed afterwards."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--holders", default=HOLDERS)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedPostgres(Path(folder) / "var")
        try:
            with server as endpoint:
                measure(endpoint, options)
        finally:
            shutil.rmtree(server.home, ignore_errors=True)  # as root it does not lie in the folder


if __name__ == "__main__":
    main()
