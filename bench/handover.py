"""Hand-overs (dispatch and confirm) through the services, beside the same SQL in bare psycopg and beside one chain.

`python bench/handover.py [--seconds S] [--rounds N] [--clients 1,8,32] [--movements 100000,1000000] [--only PART]`,
on a server of its own with fsync on. A client is a process with goods of its own that hands over one line after
another: two transactions, two movements, two journal facts each. Ways, in turn within the same run:

* `services`: `trade.dispatch` and `trade.confirm`, as a request calls them.
* `same SQL`: the statements that those two calls sent, with their values, recorded in this run and sent again by bare
  psycopg with fresh ids: what is left when all of our Python is taken away.
* `one chain`: the services, and each journal entry locks the one row that holds the last hash and rewrites it, until
  its transaction ends, as a ledger with a global chain of hashes does.

Then what a hand-over reads and writes when the books are small and when they are large, the bytes that stay, and how
long an entry waits for a signed checkpoint while clients write.
"""

import argparse
import hashlib
import multiprocessing
import platform
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Engine, event, text
from sqlmodel import Session

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coldchain.core import db
from coldchain.core.embedded_postgres import EmbeddedPostgres, Endpoint
from coldchain.core.ids import new_id
from coldchain.journal import sequencer
from coldchain.journal import service as journal
from coldchain.ops import migrate, reference
from coldchain.trade import service as trade
from tests.ledger.books import Party, batch, party, product
from tests.trade.parties import merchant, send

WAYS = ("services", "same SQL", "one chain")
PLENTY = 10**9
MOVEMENTS_PER_HANDOVER = 2
SAMPLE = 200
CHAIN = "CREATE TABLE bench_chain (only_row boolean PRIMARY KEY, hash bytea NOT NULL)"
COUNTED = {
    "rows read": "tup_returned",
    "rows fetched by index": "tup_fetched",
    "rows written": "tup_inserted + tup_updated",
    "buffers": "blks_hit + blks_read",
}

Stall = tuple[Party, Party, UUID]  # seller, buyer, goods
Step = tuple[str, Any, bool]  # statement, its values, whether they are many; "COMMIT" ends a transaction


def stalls(engine: Engine, count: int) -> list[Stall]:
    """Give each client a seller with plenty of a batch, and a buyer."""
    with Session(engine) as session, session.begin():
        of = product(session)
        made = []
        for _ in range(count):
            seller, buyer = party(session), party(session)
            made.append((seller, buyer, batch(session, seller, of, PLENTY)))
        return made


def hand_over(engine: Engine, stall: Stall) -> None:
    """Dispatch one unit and confirm it, a transaction each, as the edge does."""
    seller, buyer, goods = stall
    with Session(engine, expire_on_commit=False) as session, session.begin():
        sent = send(session, merchant(seller), seller, buyer, goods, 1)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        lines = [{"batch_id": goods, "quantity_units": 1}]
        trade.confirm(session, merchant(buyer), sent["consignment_id"], zone_id=buyer.zone_id, lines=lines)


def recorded(engine: Engine, stall: Stall) -> list[Step]:
    """Return every statement of one hand-over with its values, as the driver gets them."""
    steps: list[Step] = []

    def on_statement(_c: Connection, _cu: Any, statement: str, values: Any, _x: Any, many: bool) -> None:
        steps.append((statement, values, many))

    def on_commit(_c: Connection) -> None:
        steps.append(("COMMIT", None, False))

    event.listen(engine, "before_cursor_execute", on_statement)
    event.listen(engine, "commit", on_commit)
    hand_over(engine, stall)
    event.remove(engine, "before_cursor_execute", on_statement)
    event.remove(engine, "commit", on_commit)
    return steps


def ids_in(value: Any) -> Iterator[UUID]:
    """Yield every id among the values of a statement."""
    if isinstance(value, UUID):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from ids_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from ids_in(inner)


def renewed(value: Any, fresh: dict[UUID, UUID], name: str = "") -> Any:
    """Return the values with the ids of this hand-over, and a number of a consignment that nobody has."""
    if isinstance(value, UUID):
        return fresh.get(value, value)
    if isinstance(value, dict):
        return {key: renewed(inner, fresh, key) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [renewed(inner, fresh, name) for inner in value]
    if isinstance(value, str) and name.startswith("consignment_no"):
        return f"FH-{random.getrandbits(60):x}"
    return value


def replay(connection: psycopg.Connection[Any], steps: list[Step], own: set[UUID]) -> None:
    """Send the statements of one hand-over again, with fresh ids instead of its `own`."""
    fresh = {former: new_id() for former in own}
    with connection.cursor() as cursor:
        for statement, values, many in steps:
            if statement == "COMMIT":
                connection.commit()
            elif many:
                cursor.executemany(statement, renewed(values, fresh))
            else:
                cursor.execute(statement, renewed(values, fresh))
                if cursor.description:
                    cursor.fetchall()


def chained(append: Callable[..., list[UUID]]) -> Callable[..., list[UUID]]:
    """Return `append` with a global chain: the last hash is locked, read, hashed on and written back."""

    def linked(session: Session, actor: Any, facts: Any) -> list[UUID]:
        made = append(session, actor, facts)
        last = session.execute(text("SELECT hash FROM bench_chain FOR UPDATE")).scalar_one()
        digest = hashlib.sha256(bytes(last) + b"".join(one.bytes for one in made)).digest()
        session.execute(text("UPDATE bench_chain SET hash = :digest"), {"digest": digest})
        return made

    return linked


def client(url: str, way: str, stall: Stall, start: float, seconds: float) -> int:
    """Hand over until the time is over and return how often."""
    engine = db.connect(url)
    plain = journal.append_many
    if way == "one chain":
        journal.append_many = chained(plain)
    count = 0
    try:
        first, second = recorded(engine, stall), recorded(engine, stall)
        own = set(ids_in([values for _, values, _ in first])) - set(ids_in([values for _, values, _ in second]))
        with psycopg.connect(url, options="-c timezone=UTC") as connection:
            once = (lambda: replay(connection, first, own)) if way == "same SQL" else (lambda: hand_over(engine, stall))
            for _ in range(6):  # the driver prepares what it has seen five times
                once()
            time.sleep(max(0.0, start - time.time()))
            while time.time() < start + seconds:
                once()
                count += 1
    finally:
        journal.append_many = plain
        engine.dispose()
    return count


def compare(engine: Engine, url: str, clients: int, options: argparse.Namespace) -> dict[str, float]:
    """Return the median of hand-overs a second of several client processes, for each way in turn."""
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    with multiprocessing.get_context("spawn").Pool(clients) as pool:
        pool.map(time.sleep, [0.5] * clients, chunksize=1)  # so that all have been imported
        for way in WAYS * options.rounds:
            start = time.time() + 1.0 + clients * 0.3
            tasks = [(url, way, stall, start, options.seconds) for stall in stalls(engine, clients)]
            rates[way].append(sum(pool.starmap(client, tasks, chunksize=1)) / options.seconds)
    return {way: statistics.median(found) for way, found in rates.items()}


def fill(admin_url: str, engine: Engine, movements: int) -> None:
    """Bring the books to `movements`: history of other goods, written by the server itself, each movement balanced.

    Without triggers, as a restore does it; half of them intakes, half sales of what came in.
    """
    with Session(engine) as session:
        there = session.execute(text("SELECT count(*) FROM movement")).scalar_one()
    missing = (movements - there) // 2
    if missing <= 0:
        return
    seller, _, _ = stalls(engine, 1)[0]
    with Session(engine) as session, session.begin():
        of = product(session)
        goods = [batch(session, seller, of, 6, stocked=False) for _ in range(1_000)]
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET statement_timeout = 0")
        for begin in range(0, missing, 500_000):
            connection.execute(
                FILL,
                {
                    "from": begin, "to": min(begin + 500_000, missing) - 1, "goods": goods,
                    "owner": seller.business_id, "zone": seller.zone_id,
                },
            )  # fmt: skip
        connection.execute("VACUUM ANALYZE")


FILL = """
WITH one AS (
    SELECT number, (%(goods)s::uuid[])[1 + number %% 1000] AS batch_id,
           uuidv7() AS came, uuidv7() AS went, timestamptz '2023-02-01' + number * interval '1 second' AS moment
    FROM generate_series(%(from)s::bigint, %(to)s::bigint) AS number
), moved AS (
    INSERT INTO movement (movement_id, batch_id, kind, late, occurred_at, recorded_at)
    SELECT came, batch_id, 'intake', false, moment, moment FROM one
    UNION ALL SELECT went, batch_id, 'sale', false, moment, moment FROM one
)
INSERT INTO posting (posting_id, movement_id, line_no, batch_id, account, owner_id, zone_id, quantity_units)
SELECT uuidv7(), side.movement_id, side.line_no, one.batch_id, side.account, %(owner)s,
       CASE WHEN side.account = 'zone' THEN %(zone)s::uuid END, side.units
FROM one CROSS JOIN LATERAL (VALUES
    (came, 1, 'opening', -1), (came, 2, 'zone', 1), (went, 1, 'zone', -1), (went, 2, 'sold', 1)
) AS side (movement_id, line_no, account, units)
"""


def counted(engine: Engine, stall: Stall) -> dict[str, float]:
    """Return statements, rows and buffers of one movement, the mean of SAMPLE hand-overs."""
    said: list[int] = [0]

    def listen(*_: Any) -> None:
        said[0] += 1

    for _ in range(10):
        hand_over(engine, stall)
    before = _statistics(engine)
    event.listen(engine, "before_cursor_execute", listen)
    for _ in range(SAMPLE):
        hand_over(engine, stall)
    event.remove(engine, "before_cursor_execute", listen)
    after = _statistics(engine)
    moved = SAMPLE * MOVEMENTS_PER_HANDOVER
    return {"statements": said[0] / moved} | {name: (after[name] - before[name]) / moved for name in COUNTED}


def _statistics(engine: Engine) -> dict[str, int]:
    """Return the server's counters of this database after the one backend that works has told what it did."""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
    listed = ", ".join(f'{expression} AS "{name}"' for name, expression in COUNTED.items())
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        row = connection.execute(
            text(f"SELECT {listed} FROM pg_stat_database WHERE datname = current_database()")  # noqa: S608
        )
        return dict(row.mappings().one())


def bytes_each(engine: Engine) -> dict[str, float]:
    """Return the bytes a movement, indexes included, of the ledger's tables and of the journal's."""
    with engine.connect() as connection:
        size = lambda *tables: sum(  # noqa: E731
            connection.execute(text("SELECT pg_total_relation_size(:t)"), {"t": table}).scalar_one() for table in tables
        )
        count = {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608
            for table in ("movement", "journal_entry")
        }
        return {
            "ledger, bytes a movement": size("movement", "posting") / count["movement"],
            "journal, bytes a fact": size("journal_entry", "journal_leaf", "journal_node", "journal_pending")
            / max(1, count["journal_entry"]),
        }


def lag(engine: Engine, url: str, var_dir: Path, clients: int, seconds: float) -> tuple[float, float, int]:
    """Return median and 99th percentile of seconds from an entry's record to its signed checkpoint, and the entries."""
    while sequencer.run_once(engine, var_dir):
        pass
    with engine.connect() as connection:
        begin = connection.execute(text("SELECT coalesce(max(index) + 1, 0) FROM journal_leaf")).scalar_one()
    with multiprocessing.get_context("spawn").Pool(clients) as pool:
        pool.map(time.sleep, [0.5] * clients, chunksize=1)
        start = time.time() + 1.0 + clients * 0.3
        tasks = [(url, "services", stall, start, seconds) for stall in stalls(engine, clients)]
        work = pool.starmap_async(client, tasks, chunksize=1)
        while not work.ready():
            sequencer.run_once(engine, var_dir)
            time.sleep(1.0)  # as the worker does
        work.get()
        sequencer.run_once(engine, var_dir)
    with engine.connect() as connection:
        found = connection.execute(LAG, {"begin": begin}).one()
    return float(found[0]), float(found[1]), int(found[2])


LAG = text("""
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY waited), percentile_cont(0.99) WITHIN GROUP (ORDER BY waited),
           count(*)
    FROM (
        SELECT extract(epoch FROM (
                   SELECT signed_at FROM journal_checkpoint WHERE size > leaf.index ORDER BY size LIMIT 1
               ) - entry.recorded_at) AS waited
        FROM journal_leaf AS leaf JOIN journal_entry AS entry USING (entry_id) WHERE leaf.index >= :begin
    ) AS entries
""")


def measure(endpoint: Endpoint, options: argparse.Namespace, var_dir: Path) -> None:
    """Print one line a measurement."""
    migrate.upgrade(endpoint.owner_url, "coldchain")
    with psycopg.connect(endpoint.owner_url, autocommit=True) as connection:
        connection.execute(CHAIN)
        connection.execute("INSERT INTO bench_chain VALUES (true, '\\x00')")
        connection.execute("GRANT ALL ON bench_chain TO coldchain")
    engine = db.connect(endpoint.url)
    with Session(engine) as session, session.begin():
        reference.load_reference(session)
    with engine.connect() as connection:
        version = connection.execute(text("SHOW server_version")).scalar_one()
        synced = connection.execute(text("SHOW fsync")).scalar_one()
    cores = multiprocessing.cpu_count()
    print(f"Python {platform.python_version()}, PostgreSQL {version}, fsync {synced}, {cores} cores", flush=True)
    if options.only in (None, "rate"):
        for clients in options.clients:
            found = compare(engine, endpoint.url, clients, options)
            words = ", ".join(f"{way} {speed:,.0f}/s" for way, speed in found.items())
            of_raw, of_chain = (found["services"] / found[way] for way in WAYS[1:])
            print(f"hand-overs, {clients} clients: {words}; {of_raw:.0%} of the same SQL, {of_chain:.2f} x one chain",
                  flush=True)  # fmt: skip
    if options.only in (None, "lag"):
        median, longest, entries = lag(engine, endpoint.url, var_dir, 8, max(10.0, options.seconds))
        print(f"entry to signed checkpoint while 8 clients write: median {median:.2f} s, p99 {longest:.2f} s, "
              f"{entries:,} entries", flush=True)  # fmt: skip
    if options.only in (None, "size"):
        stall = stalls(engine, 1)[0]
        for movements in options.movements:
            fill(endpoint.admin_url, engine, movements)
            words = ", ".join(f"{name} {number:.1f}" for name, number in counted(engine, stall).items())
            print(f"a movement in books of {movements:,}: {words}", flush=True)
        print(", ".join(f"{name} {number:,.0f}" for name, number in bytes_each(engine).items()), flush=True)
    engine.dispose()


def main() -> None:
    """Measure on a server that is made for it and removed afterwards."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = lambda given: tuple(int(number) for number in given.split(","))  # noqa: E731
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each client works in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=numbers, default=(1, 8, 32))
    parser.add_argument("--movements", type=numbers, default=(100_000, 1_000_000))
    parser.add_argument("--only", choices=("rate", "lag", "size"))
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
