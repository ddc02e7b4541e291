"""How fast the journal appends, sequences and verifies, beside a naive chain of hashes measured in the same run.

`python bench/journal.py [--entries N] [--seconds S] [--rounds N]`, on a server of its own with fsync on. Each writer is
a process that commits one entry a transaction, as requests do: once the bare entry, once with other work of the same
transaction after it (a sleep in the database), since a request does more than write its journal. The naive chain is
what the journal avoids: every entry holds the hash of the one before, so each transaction waits for the end of the last
one. It stores less: no columns, no index but its key. Rounds alternate between the two; the median is printed.
"""

import argparse
import hashlib
import multiprocessing
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import psycopg
from sqlalchemy import Engine, text
from sqlmodel import Session

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coldchain.core import db
from coldchain.core.embedded_postgres import EmbeddedPostgres, Endpoint
from coldchain.core.ids import new_id
from coldchain.journal import body, sequencer, service, verify
from coldchain.ops import migrate

WRITERS = (1, 8)
WAYS = ("journal", "chain")
WORK_MS = (0.0, 5.0)
MOMENT = datetime(2021, 1, 19, 11, 0, tzinfo=UTC)
CHAIN = "CREATE TABLE naive_chain (number bigint PRIMARY KEY, body text NOT NULL, hash bytea NOT NULL)"


class Clerk:
    """Whoever writes."""

    user_id = new_id()


def fact() -> service.Fact:
    """Return a fact of the usual size: one movement with two entries."""
    entries = [
        {"account": name, "owner": new_id(), "zone": new_id(), "quantity_units": 452} for name in ("zone", "transit")
    ]
    data = {"batch": new_id(), "consignment": new_id(), "kind": "dispatch", "entries": entries}
    return service.Fact("movement.posted", new_id(), MOMENT, data, new_id(), "230203")


def append(session: Session) -> None:
    """Write one entry as the services do."""
    one = fact()
    service.append(
        session, Clerk(), kind=one.kind, subject_id=one.subject_id, occurred_at=one.occurred_at, data=one.data,
        business_id=one.business_id, region_code=one.region_code,
    )  # fmt: skip


def chain(session: Session) -> None:
    """Write one link: lock the chain, read the last hash, hash over it."""
    one = fact()
    content = body.compose(
        kind=one.kind, subject_id=one.subject_id, occurred_at=MOMENT, recorded_at=MOMENT, nonce=bytes(16),
        data=one.data, recorded_by=Clerk.user_id, business_id=one.business_id, region_code=one.region_code,
    )  # fmt: skip
    session.execute(text("SELECT pg_advisory_xact_lock(1)"))
    last = session.execute(text("SELECT number, hash FROM naive_chain ORDER BY number DESC LIMIT 1")).one_or_none()
    number, former = (last.number + 1, bytes(last.hash)) if last else (0, bytes(32))
    session.execute(
        text("INSERT INTO naive_chain VALUES (:number, :body, :hash)"),
        {"number": number, "body": content.decode(), "hash": hashlib.sha256(former + content).digest()},
    )


def write(url: str, way: str, work_ms: float, start: float, seconds: float) -> int:
    """Commit one entry after another until the time is over and return how many there were."""
    engine = db.connect(url)
    step: Callable[[Session], None] = {"journal": append, "chain": chain}[way]
    count = 0
    with Session(engine) as session:
        session.execute(text("SELECT 1"))
        session.rollback()
        time.sleep(max(0.0, start - time.time()))
        while time.time() < start + seconds:
            step(session)
            if work_ms:
                session.execute(text("SELECT pg_sleep(:s)"), {"s": work_ms / 1000})
            session.commit()
            count += 1
    engine.dispose()
    return count


def compare(url: str, writers: int, work_ms: float, options: argparse.Namespace) -> dict[str, float]:
    """Return the median of commits a second of several writer processes, for both ways in turn."""
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    with multiprocessing.get_context("spawn").Pool(writers) as pool:
        pool.map(time.sleep, [0.5] * writers, chunksize=1)  # so that all have been imported
        for way in WAYS * options.rounds:
            task = (url, way, work_ms, time.time() + 0.5, options.seconds)
            rates[way].append(sum(pool.starmap(write, [task] * writers, chunksize=1)) / options.seconds)
    return {way: statistics.median(found) for way, found in rates.items()}


def timed(work: Callable[[], int]) -> tuple[int, float]:
    """Return what `work` counted and how many a second that was."""
    begin = time.perf_counter()
    count = work()
    return count, count / (time.perf_counter() - begin)


def bulk(engine: Engine, entries: int) -> int:
    """Append entries in one transaction, as the demonstration's loader and imports do."""
    with Session(engine) as session, session.begin():
        return len(service.append_many(session, Clerk(), [fact() for _ in range(entries)]))


def drain(engine: Engine, var_dir: Path) -> int:
    """Sequence and sign until nothing waits."""
    total = 0
    while count := sequencer.run_once(engine, var_dir):
        total += count
    return total


def keep_alive(url: str, var_dir: str, stop: Event) -> int:
    """Append, sequence and sign as a live system of one province does, about 50 entries a second, until told to end."""
    engine, written = db.connect(url), 0
    while not stop.is_set():
        written += bulk(engine, 50)
        sequencer.run_once(engine, Path(var_dir))
        stop.wait(1.0)
    engine.dispose()
    return written


def check_live(engine: Engine, url: str, var_dir: Path) -> tuple[int, float]:
    """Verify while another process writes and signs; return the number of leaves and how many a second that was."""
    with (
        multiprocessing.get_context("spawn").Manager() as manager,
        multiprocessing.get_context("spawn").Pool(1) as pool,
    ):
        stop = manager.Event()
        other = pool.apply_async(keep_alive, (url, str(var_dir), stop))
        time.sleep(2.0)
        found = timed(lambda: check(engine, var_dir))
        stop.set()
        if not other.get(60):
            sys.exit("nothing was written meanwhile")
    return found


def check(engine: Engine, var_dir: Path) -> int:
    """Verify everything in one snapshot, as the command does, and return the number of leaves."""
    with Session(engine) as session, session.begin():
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        report = verify.verify(session, var_dir)
    if report.difference is not None:
        sys.exit(f"the journal does not fit: {report.difference}")
    return report.leaves


def measure(endpoint: Endpoint, options: argparse.Namespace, var_dir: Path) -> None:
    """Print one line a measurement."""
    url = endpoint.url
    migrate.upgrade(endpoint.owner_url, "coldchain")
    with psycopg.connect(endpoint.owner_url, autocommit=True) as connection:
        connection.execute(CHAIN)
        connection.execute("GRANT ALL ON naive_chain TO coldchain")
    engine = db.connect(url)
    with engine.connect() as connection:
        version = connection.execute(text("SHOW server_version")).scalar_one()
        synced = connection.execute(text("SHOW fsync")).scalar_one()
    cores = multiprocessing.cpu_count()
    print(f"Python {platform.python_version()}, PostgreSQL {version}, fsync {synced}, {cores} cores")
    for work_ms in WORK_MS:
        for writers in WRITERS:
            found = compare(url, writers, work_ms, options)
            words = ", ".join(f"{way} {speed:,.0f}/s" for way, speed in found.items())
            print(f"one entry a transaction, {work_ms:g} ms of other work, {writers} writers: {words}")
    print(f"append in bulk: {timed(lambda: bulk(engine, options.entries))[1]:,.0f} entries/s")
    count, speed = timed(lambda: drain(engine, var_dir))
    print(f"sequence {count:,} entries and sign: {speed:,.0f} entries/s")
    count, speed = timed(lambda: check(engine, var_dir))
    print(f"verify {count:,} entries: {speed:,.0f} entries/s")
    count, speed = check_live(engine, url, var_dir)
    print(f"verify {count:,} entries while others are written and signed: {speed:,.0f} entries/s")
    engine.dispose()


def main() -> None:
    """Measure on a server that is made for it and removed afterwards."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=40_000, help="how many to append in bulk")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each writer writes in a round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        var_dir = Path(folder) / "var"
        server = EmbeddedPostgres(var_dir)
        try:
            with server as endpoint:
                measure(endpoint, options, var_dir)
        finally:
            shutil.rmtree(server.home, ignore_errors=True)  # as root it does not lie in the folder


if __name__ == "__main__":
    main()
