"""What the gate adds to a dispatch in small and in huge books: statements and time, with 10³ and 10⁶ batches.

`python bench/gate_books.py [--batches 1000,1000000] [--rounds N]`, each size on a server of its own with fsync on. The
first thousand batches are entered through the services, papers and treatments and results and all. The rest are
copies of those rows made by INSERT … SELECT in SQL: arrival, batch, evidence, disinfection, tube, sample, result,
movement, posting and holding, each with ids of its own; facts in the journal are not copied, since a dispatch only adds
to it, and the index for finding batches by text is left out. Then single lines of batches drawn by lot are dispatched,
each in a transaction of its own, and what happens inside the gate is counted and timed apart.
"""

import argparse
import platform
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, event, text
from sqlmodel import Session

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.gate import fill
from coldchain.batches import service
from coldchain.batches.models import Batch
from coldchain.core import db
from coldchain.core.embedded_postgres import EmbeddedPostgres, Endpoint
from coldchain.ops import migrate
from coldchain.ops.reference import load_reference
from tests.ledger.books import Party, party
from tests.trade.parties import merchant, send

ENTERED = 1_000
WARM = 20
# table → the ids that a copy has of its own, the texts that are unique
COPIED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "arrival": (("arrival_id",), ("arrival_no",)),
    "batch": (("batch_id", "arrival_id"), ("batch_code",)),
    "evidence": (("evidence_id", "arrival_id"), ()),
    "disinfection": (("disinfection_id", "arrival_id"), ()),
    "tube": (("tube_id",), ("tube_no",)),
    "sample": (("sample_id", "tube_id", "batch_id"), ()),
    "test_result": (("result_id", "tube_id"), ()),
    "movement": (("movement_id", "batch_id", "arrival_id"), ()),
    "posting": (("posting_id", "movement_id", "batch_id"), ()),
    "holding": (("holding_id", "batch_id"), ()),
}


def copy(engine: Engine, times: int) -> None:
    """Copy every row of the books `times` times, table by table; a copy refers to copies as its original to originals.

    So that no reference of a million rows is looked up again, this is done as the server's administrator.
    """
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_batch_grams"))
    for table, (own, unique) in COPIED.items():
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            columns = connection.scalars(
                text(
                    "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
                    " AND table_name = :t AND is_generated = 'NEVER' ORDER BY ordinal_position"
                ),
                {"t": table},
            ).all()
            taken = [
                f"md5(t.{c}::text || n)::uuid" if c in own else f"t.{c} || '-' || n" if c in unique else f"t.{c}"
                for c in columns
            ]
            connection.execute(
                text(
                    f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(taken)}"  # noqa: S608  our own names
                    f" FROM {table} t, generate_series(1, :times) n"
                ),
                {"times": times},
            )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))  # what a server does by itself with rows that were not just written
        connection.execute(text("CHECKPOINT"))


class Inside:
    """Counts statements and seconds inside the gate, and altogether."""

    def __init__(self, engine: Engine) -> None:
        self.statements = self.in_gate = 0
        self.seconds = 0.0
        self._gate = service.gate
        event.listen(engine, "before_cursor_execute", self._said)

    def _said(self, *_: object) -> None:
        self.statements += 1

    def gate(self, session: Session, batch_ids: Iterable[UUID], region_code: str) -> Any:
        """Judge as the gate does, with a watch in the hand."""
        before, begin = self.statements, time.perf_counter()
        found = self._gate(session, batch_ids, region_code)
        self.seconds += time.perf_counter() - begin
        self.in_gate += self.statements - before
        return found


def dispatches(engine: Engine, parties: list[Party], buyer: Party, rounds: int) -> dict[str, float]:
    """Dispatch batches drawn by lot; return medians of milliseconds, and the statements of one."""
    inside, taken, judged = Inside(engine), [], []
    service.gate = inside.gate
    sellers = {of.business_id: of for of in parties}
    with Session(engine) as session:
        drawn = session.execute(text("SELECT batch_id FROM batch ORDER BY md5(batch_id::text) LIMIT :n"),
                                {"n": rounds + WARM}).scalars().all()  # fmt: skip
        random.Random(7).shuffle(drawn)
        owners = {key: session.get_one(Batch, key).owner_id for key in drawn}
    for number, batch_id in enumerate(drawn):
        seller = sellers[owners[batch_id]]
        if number == WARM:
            inside.statements = inside.in_gate = 0
        inside.seconds, begin = 0.0, time.perf_counter()
        with Session(engine) as session, session.begin():
            send(session, merchant(seller), seller, buyer, batch_id, 1)
        if number >= WARM:
            taken.append((time.perf_counter() - begin) * 1000)
            judged.append(inside.seconds * 1000)
    service.gate = inside._gate
    return {
        "statements": inside.statements / rounds, "in_gate": inside.in_gate / rounds,
        "ms": statistics.median(taken), "gate_ms": statistics.median(judged),
        "p95_ms": statistics.quantiles(taken, n=20)[-1], "gate_p95_ms": statistics.quantiles(judged, n=20)[-1],
    }  # fmt: skip


def measure(endpoint: Endpoint, batches: int, rounds: int) -> None:
    """Print one line for books of that many batches."""
    migrate.upgrade(endpoint.owner_url, "coldchain")
    engine = db.connect(endpoint.url)
    with Session(engine) as session, session.begin():
        version = session.execute(text("SHOW server_version")).scalar_one()
        load_reference(session)
        buyer = party(session, kind="import_dedicated")
    parties, _made, _seconds = fill(engine, ENTERED)
    begin = time.perf_counter()
    if batches > ENTERED:
        administrator = db.connect(endpoint.admin_url)
        copy(administrator, batches // ENTERED - 1)
        administrator.dispose()
    filled = time.perf_counter() - begin
    found = dispatches(engine, parties, buyer, rounds)
    with engine.connect() as connection:
        there, size = connection.execute(
            text("SELECT (SELECT count(*) FROM batch), pg_size_pretty(pg_database_size(current_database()))")
        ).one()
    print(
        f"Python {platform.python_version()}, PostgreSQL {version}: {there:,} batches ({size}, copied {filled:.0f} s): "
        f"a dispatch {found['ms']:.1f} ms (p95 {found['p95_ms']:.1f}), {found['statements']:.1f} statements; of it "
        f"the gate {found['gate_ms']:.2f} ms (p95 {found['gate_p95_ms']:.2f}), {found['in_gate']:.1f}",
        flush=True,
    )
    engine.dispose()


def main() -> None:
    """Measure each size on a server that is made for it and removed afterwards."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", default="1000,1000000")
    parser.add_argument("--rounds", type=int, default=300)
    options = parser.parse_args()
    for batches in map(int, options.batches.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            server = EmbeddedPostgres(Path(folder) / "var")
            try:
                with server as endpoint:
                    measure(endpoint, batches, options.rounds)
            finally:
                shutil.rmtree(server.home, ignore_errors=True)  # as root it does not lie in the folder


if __name__ == "__main__":
    main()
