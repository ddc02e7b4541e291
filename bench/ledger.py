"""What the lock protocol costs, beside a ledger without its locks in the same run, and how long a lock waits.

`python bench/ledger.py [--seconds S] [--rounds N]`, on a server of its own with fsync on. A writer is a process that
posts one dispatch a transaction. Three shapes: each writer its own batch, one batch in a zone for each writer, one
batch in one zone. `naive` is the same code without the shared locks on batches, so the difference is what the protocol
costs; it isn't safe: tests/races show what it loses. Rounds alternate between the two; the median is printed. Then how
long a lock waits for a batch that all writers move at once, with and without the turnstile before the row locks, and
what a batch with thousands of holders costs to lock.
"""

import argparse
import multiprocessing
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, event, text
from sqlmodel import Session

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coldchain.accounts.actor import SYSTEM
from coldchain.core import db
from coldchain.core.embedded_postgres import EmbeddedPostgres, Endpoint
from coldchain.core.ids import new_id
from coldchain.ledger import check, holds, locks, service
from coldchain.ledger.holds import Cause
from coldchain.ledger.postings import Draft, dispatch
from coldchain.ops import migrate
from tests.ledger.books import NOW, batch, party, product

WRITERS = (1, 8)
WAYS = ("protocol", "naive")
SHAPES = ("own batches", "one batch, own zones", "one batch, one zone")
PLENTY = 10**9
LINES = (1, 10, 100)
HOLDERS = 5_000
LOCKS = 20

Place = tuple[UUID, UUID, UUID]  # owner, zone, batch


def places(engine: Engine, shape: str, writers: int) -> list[Place]:
    """Stock what each writer takes from."""
    with Session(engine) as session, session.begin():
        of = product(session)
        seller = party(session, writers)
        if shape == "own batches":
            return [(seller.business_id, seller.zone_id, batch(session, seller, of, PLENTY)) for _ in range(writers)]
        goods = batch(session, seller, of, PLENTY)
        if shape == "one batch, one zone":
            return [(seller.business_id, seller.zone_id, goods)] * writers
        session.execute(
            text("UPDATE holding SET quantity_units = :left WHERE batch_id = :batch"),
            {"left": PLENTY, "batch": goods},
        )
        for zone_id in seller.zones[1:]:
            session.execute(
                text("""INSERT INTO holding (
                            holding_id, batch_id, account, owner_id, zone_id, quantity_units, held_units)
                        VALUES (gen_random_uuid(), :batch, 'zone', :owner, :zone, :units, 0)"""),
                {"batch": goods, "owner": seller.business_id, "zone": zone_id, "units": PLENTY},
            )
        return [(seller.business_id, zone_id, goods) for zone_id in seller.zones]


def unlocked(session: Session, batch_ids: Iterable[UUID], *, exclusive: bool) -> list[UUID]:
    """Lock nothing."""
    session.flush()
    return sorted(set(batch_ids))


def rows_only(session: Session, batch_ids: Iterable[UUID], *, exclusive: bool) -> list[UUID]:
    """Lock the batch rows without the turnstile before them."""
    session.flush()
    kind = "UPDATE" if exclusive else "SHARE"
    statement = text(f"SELECT batch_id FROM batch WHERE batch_id = ANY(:ids) FOR {kind}")  # noqa: S608
    return list(session.execute(statement, {"ids": list(batch_ids)}).scalars())


def choose(way: str) -> None:
    """Let this process lock batches in that way."""
    lock = {"protocol": locks.lock_batches, "naive": unlocked, "rows only": rows_only}[way]
    service.lock_batches = holds.lock_batches = lock


def write(url: str, way: str, place: Place, start: float, seconds: float) -> int:
    """Post one dispatch after another until the time is over and return how many there were."""
    engine = db.connect(url)
    owner_id, zone_id, batch_id = place
    choose(way)
    count = 0
    with Session(engine) as session:
        session.execute(text("SELECT 1"))
        session.rollback()
        time.sleep(max(0.0, start - time.time()))
        while time.time() < start + seconds:
            road = new_id()
            entries = dispatch(owner_id, zone_id, road, 1)
            service.post(session, SYSTEM, [Draft("dispatch", batch_id, entries, NOW, consignment_id=road)])
            session.commit()
            count += 1
    choose("protocol")
    engine.dispose()
    return count


def compare(engine: Engine, url: str, shape: str, writers: int, options: argparse.Namespace) -> dict[str, float]:
    """Return the median of posts a second of several writer processes, for both ways in turn."""
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    with multiprocessing.get_context("spawn").Pool(writers) as pool:
        pool.map(time.sleep, [0.5] * writers, chunksize=1)  # so that all have been imported
        for way in WAYS * options.rounds:
            start = time.time() + 0.5
            tasks = [(url, way, place, start, options.seconds) for place in places(engine, shape, writers)]
            rates[way].append(sum(pool.starmap(write, tasks, chunksize=1)) / options.seconds)
    return {way: statistics.median(found) for way, found in rates.items()}


def lock_once(engine: Engine, batch_id: UUID) -> float:
    """Place a hold and take it away again at once; return the milliseconds until it stood."""
    cause = Cause("recall", new_id())
    with Session(engine) as session:
        begin = time.perf_counter()
        holds.place(session, SYSTEM, [batch_id], cause, "red", NOW)
        took_ms = (time.perf_counter() - begin) * 1000
        session.rollback()
    return took_ms


def lock_waits(engine: Engine, url: str, way: str, writers: int, options: argparse.Namespace) -> list[float]:
    """Return how many ms each of LOCKS locks took while `writers` processes move that very batch without a break."""
    choose(way)
    given = places(engine, "one batch, own zones", max(writers, 1))
    if not writers:
        return sorted(lock_once(engine, given[0][2]) for _ in range(LOCKS))
    with multiprocessing.get_context("spawn").Pool(writers) as pool:
        pool.map(time.sleep, [0.5] * writers, chunksize=1)
        start = time.time() + 0.2
        seconds = max(options.seconds, 4.0)
        work = pool.starmap_async(write, [(url, way, place, start, seconds) for place in given], chunksize=1)
        time.sleep(0.7)
        waits = []
        while len(waits) < LOCKS and time.time() < start + seconds - 0.5:
            waits.append(lock_once(engine, given[0][2]))
            time.sleep(0.05)
        work.get()
    return sorted(waits)


def lines_a_post(engine: Engine, lines: int, seconds: float) -> float:
    """Return lines a second of one writer whose dispatches have that many lines."""
    with Session(engine) as session, session.begin():
        seller, of = party(session), product(session)
        goods = [batch(session, seller, of, PLENTY) for _ in range(lines)]
    count, begin = 0, time.perf_counter()
    with Session(engine) as session:
        while time.perf_counter() - begin < seconds:
            road = new_id()
            service.post(session, SYSTEM, [
                Draft("dispatch", one, dispatch(seller.business_id, seller.zone_id, road, 1), NOW, consignment_id=road)
                for one in goods
            ])  # fmt: skip
            session.commit()
            count += lines
    return count / (time.perf_counter() - begin)


def many_holders(engine: Engine) -> UUID:
    """Return a batch that HOLDERS zones hold."""
    with Session(engine) as session, session.begin():
        seller = party(session)
        goods = batch(session, seller, product(session), HOLDERS)
        session.execute(
            text("""WITH made AS (
                        INSERT INTO zone (zone_id, sign_code, site_id, code, kind, temperature_class, recorded_at)
                        SELECT gen_random_uuid(), 'Z' || n, :site, 'N' || n, 'general', 'frozen', :now
                        FROM generate_series(1, :count) AS n RETURNING zone_id)
                    INSERT INTO holding (holding_id, batch_id, account, owner_id, zone_id, quantity_units, held_units)
                    SELECT gen_random_uuid(), :batch, 'zone', :owner, zone_id, 1, 0 FROM made"""),
            {"site": seller.site_id, "now": NOW, "count": HOLDERS, "batch": goods, "owner": seller.business_id},
        )
    return goods


def verified(engine: Engine) -> tuple[int, float]:
    """Return movements and seconds of comparing stock with all of them (the zones that were filled by hand differ)."""
    with Session(engine) as session:
        count = session.execute(text("SELECT count(*) FROM movement")).scalar_one()
        begin = time.perf_counter()
        for statement, _ in check.CHECKS:
            session.execute(statement)
        return count, time.perf_counter() - begin


def measure(endpoint: Endpoint, options: argparse.Namespace) -> None:
    """Print one line a measurement."""
    migrate.upgrade(endpoint.owner_url, "coldchain")
    engine = db.connect(endpoint.url)
    with engine.connect() as connection:
        version = connection.execute(text("SHOW server_version")).scalar_one()
        synced = connection.execute(text("SHOW fsync")).scalar_one()
    cores = multiprocessing.cpu_count()
    print(f"Python {platform.python_version()}, PostgreSQL {version}, fsync {synced}, {cores} cores")
    for shape in SHAPES:
        for writers in WRITERS:
            if writers > 1 or shape == SHAPES[0]:
                found = compare(engine, endpoint.url, shape, writers, options)
                words = ", ".join(f"{way} {speed:,.0f}/s" for way, speed in found.items())
                print(f"dispatches, {shape}, {writers} writers: {words}")
    for lines in LINES:
        print(f"dispatches of {lines} lines, 1 writer: {lines_a_post(engine, lines, options.seconds):,.0f} lines/s")
    for way in ("protocol", "rows only"):
        for writers in (0, 8):
            waits = lock_waits(engine, endpoint.url, way, writers, options)
            print(
                f"a lock on a batch that {writers} writers move without a break, {way}: "
                f"median {statistics.median(waits):.1f} ms, longest of {len(waits)} {waits[-1]:.1f} ms"
            )
    choose("protocol")
    timed(engine)
    engine.dispose()


def timed(engine: Engine) -> None:
    """Print what large books cost."""
    said: list[str] = []

    def listen(_c: object, _cu: object, statement: str, *_: object) -> None:
        said.append(statement)

    count, seconds = verified(engine)
    print(f"stock recomputed from {count:,} movements: {seconds:.1f} s")
    goods = many_holders(engine)
    event.listen(engine, "before_cursor_execute", listen)
    print(f"a lock on a batch of {HOLDERS:,} holders: {lock_once(engine, goods):.0f} ms in {len(said)} statements")


def main() -> None:
    """Measure on a server that is made for it and removed afterwards."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each writer writes in a round")
    parser.add_argument("--rounds", type=int, default=3)
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
