"""What judging the gate costs: many batches at once beside one after the other, and lists over a full book.

`python bench/gate.py [--batches N] [--rounds N]`, on a server of its own with fsync on. The books are filled through
the services: arrivals of 500 lines, each with its papers, a disinfection, and a tube with a negative result for every
hundred batches. `one by one` calls the same function once a batch, which is what the constant number of statements
avoids. The median of the rounds is printed.
"""

import argparse
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, event, text
from sqlmodel import Session

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coldchain.accounts.actor import SYSTEM, Actor
from coldchain.batches import service
from coldchain.batches.models import Batch
from coldchain.batches.service import preview
from coldchain.core import clock, db, limits
from coldchain.core.embedded_postgres import EmbeddedPostgres, Endpoint
from coldchain.ops import migrate
from coldchain.ops.reference import load_reference
from coldchain.policy import service as policy
from coldchain.registry.models import Business
from coldchain.trade.service import transforming
from tests.ledger.books import NOW, Party, party, product

SIZES = (1, 10, 100, 500)
SAMPLES = 100
DEPTHS = (1, 10, 100)


def fill(engine: Engine, batches: int) -> tuple[list[Party], list[UUID], float]:
    """Return owners, batches and seconds; each owner has arrivals of `limits.LINES_PER_REQUEST` lines."""
    parties, made = [], []
    begin = time.perf_counter()
    while len(made) < batches:
        with clock.simulated(NOW), Session(engine) as session, session.begin():
            owner = party(session, kind="import_dedicated")
            lab = session.get_one(Business, party(session).business_id)
            lab.kinds = ["lab"]
            line = {
                "product_id": product(session, imported=True).product_id, "zone_id": owner.zone_id,
                "production_date": date(2020, 11, 6), "expiry_date": date(2022, 11, 5), "quantity_units": 60,
            }  # fmt: skip
            arrival_id = service.register_arrival(
                session, SYSTEM, site_id=owner.site_id, owner=owner.business_id, entry_mode="arrived",
                lines=[line] * limits.LINES_PER_REQUEST,
            )  # fmt: skip
            listed = service.batch_ids_of(session, arrival_id)
            prove(session, arrival_id, listed, lab.business_id)
        parties.append(owner)
        made += listed
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return parties, made, time.perf_counter() - begin


def prove(session: Session, arrival_id: UUID, batch_ids: list[UUID], lab_id: UUID) -> None:
    """Give an arrival all that Heilongjiang asked for in January 2021."""
    for kind in ("inspection_quarantine", "nucleic_acid", "disinfection"):
        service.register_evidence(
            session, SYSTEM, arrival_id=arrival_id, kind=kind, number="N", issuer="示例", issued_on=NOW.date()
        )
    service.register_disinfection(
        session, SYSTEM, arrival_id=arrival_id, performed_by="示例", place="库", object="外包装",
        agent="chlorine_cacl2_ethanol", concentration_mg_per_l=3000, contact_min=10,
        ambient_temperature_c=Decimal(-18), basis="whole_batch",
    )  # fmt: skip
    for start in range(0, len(batch_ids), SAMPLES):
        tube = service.register_tube(
            session, SYSTEM, tube_no=f"T{start}", lab=lab_id, sampled_at=NOW,
            samples=[{"batch_id": b, "sample_site": "outer_pack"} for b in batch_ids[start : start + SAMPLES]],
        )  # fmt: skip
        service.report_result(
            session, SYSTEM, tube["tube_id"], stage="preliminary", result="negative", received_at=NOW,
            reported_at=NOW + timedelta(seconds=1), report_no="R",
        )  # fmt: skip
    service.note_code_made(session, batch_ids, NOW)


def processed(engine: Engine, owner: Party, batch_ids: list[UUID], depth: int) -> UUID:
    """Return a batch that was made in `depth` transformations, each of the last one and of a fresh batch."""
    with clock.simulated(NOW + timedelta(hours=1)), Session(engine) as session, session.begin():
        last = batch_ids[0]
        kind = session.get_one(Batch, last).product_id
        for source in batch_ids[1 : depth + 1]:
            made = transforming.transform(
                session, SYSTEM, zone_id=owner.zone_id, owner=owner.business_id, process="repack",
                lines=[{"batch_id": each, "quantity_units": 1} for each in (last, source)],
                outputs=[{"product_id": kind, "production_date": NOW.date(), "quantity_units": 2}],
            )  # fmt: skip
            last = made["outputs"][0]["batch_id"]
            service.note_code_made(session, [last], clock.now())
    return last


def timed(engine: Engine, rounds: int, work: Callable[[Session], object]) -> tuple[float, int]:
    """Return the median milliseconds and the statements of `work`, each in a session of its own."""
    said: list[str] = []

    def listen(_c: object, _cu: object, statement: str, *_: object) -> None:
        said.append(statement)

    taken = []
    for _ in range(rounds):
        with Session(engine) as session:
            session.execute(text("SELECT 1"))
            event.listen(engine, "before_cursor_execute", listen)
            begin = time.perf_counter()
            work(session)
            taken.append((time.perf_counter() - begin) * 1000)
            event.remove(engine, "before_cursor_execute", listen)
    return statistics.median(taken), len(said) // rounds


def one_by_one(batch_ids: list[UUID]) -> Callable[[Session], object]:
    """Return the work of judging batches one after the other."""
    return lambda session: [service.gate(session, [batch_id], "230203") for batch_id in batch_ids]


def previewed(engine: Engine, rounds: int) -> None:
    """Print what it costs to see which batches another version of a policy would judge otherwise."""

    def work(limit: int) -> Callable[[Session], object]:
        def run(session: Session) -> object:
            before = policy.book(session)
            row = next(each for each in before.policies if each.code == "three_papers_one_code_heilongjiang")
            after = before.with_policy(replace(row, version=row.version + 1, requires_verified=True))
            found = preview.changes(session, before, after, ["230000"], limit=limit)
            seen[:] = [found]
            return found

        return run

    seen: list[preview.Preview] = []
    for limit in (200, limits.PREVIEW_BATCHES):
        took_ms, statements = timed(engine, rounds, work(limit))
        found = seen[0]
        print(
            f"preview of a stricter policy, {found.candidates:,} candidates, {found.judged} judged twice, "
            f"{found.to_held} would be held: {took_ms:.0f} ms in {statements} statements"
        )


def measure(endpoint: Endpoint, options: argparse.Namespace) -> None:
    """Print one line a measurement."""
    migrate.upgrade(endpoint.owner_url, "coldchain")
    engine = db.connect(endpoint.url)
    with Session(engine) as session, session.begin():
        version = session.execute(text("SHOW server_version")).scalar_one()
        load_reference(session)
    print(f"Python {platform.python_version()}, PostgreSQL {version}")
    parties, batch_ids, seconds = fill(engine, options.batches)
    print(f"{len(batch_ids):,} batches entered with their evidence through the services: {seconds:.0f} s")
    with Session(engine) as session:
        verdicts = service.gate(session, batch_ids[: SIZES[-1]], "230203")
        assert all(verdict.clear for verdict in verdicts.values())
    for size in SIZES:
        some = batch_ids[:: max(1, len(batch_ids) // size)][:size]
        took_ms, statements = timed(
            engine, options.rounds, lambda session, some=some: service.gate(session, some, "230203")
        )
        slow_ms, many = timed(engine, options.rounds, one_by_one(some))
        print(
            f"gate of {size} batches: {took_ms:.1f} ms in {statements} statements; "
            f"one by one {slow_ms:.1f} ms in {many} statements"
        )
    for depth in DEPTHS:
        last = processed(engine, parties[0], batch_ids, depth)
        took_ms, statements = timed(
            engine, options.rounds, lambda session, last=last: service.gate(session, [last], "230203")
        )
        print(f"gate of a batch made in {depth} steps, two batches a step: {took_ms:.1f} ms in {statements} statements")
    previewed(engine, options.rounds)
    merchant = Actor(None, "m", "m", "merchant", parties[0].business_id)
    officer = Actor(None, "r", "r", "regulator", None, ("230203",))
    for name, actor in (("merchant", merchant), ("officer", officer), ("administrator", SYSTEM)):
        for query in ({}, {"status": "cleared", "restriction": "none"}):
            took_ms, statements = timed(
                engine, options.rounds,
                lambda session, actor=actor, query=query: service.search_batches(session, actor, limit=50, **query),
            )  # fmt: skip
            print(f"first page of batches, {name}, {query or 'no filter'}: {took_ms:.1f} ms, {statements} statements")
    engine.dispose()


def main() -> None:
    """Measure on a server that is made for it and removed afterwards."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=5_000)
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
