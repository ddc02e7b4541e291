"""What rights cost: one check, and lists scoped to a reader beside the same list unscoped, in a province's register.

`python bench/rights.py [--businesses N] [--rounds N]`, on a server of its own. The books are written by set-based SQL:
each business has a site, a zone, batches with stock, and some send to the next one. A list is the first page of 21
rows, newest first; `unscoped` is the same statement without the condition. For each it is told which large tables are
read from end to end.
"""

import argparse
import platform
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, select, text, true
from sqlmodel import Session, col

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coldchain import schema
from coldchain.accounts.actor import Actor, Area
from coldchain.accounts.rights import Resource, may
from coldchain.accounts.visible import visible
from coldchain.batches import flags
from coldchain.batches.models import Arrival, Batch
from coldchain.core import db
from coldchain.core.embedded_postgres import EmbeddedPostgres, Endpoint
from coldchain.core.ids import new_id
from coldchain.ops import migrate
from coldchain.ops.reference import load_reference
from coldchain.registry.models import Business, Site
from coldchain.trade.models import Consignment, StockEntry
from coldchain.trade.service import entries, roads

assert schema.metadata is not None
assert flags is not None
assert entries is not None

PAGE_ROWS = 21
CHECKS = 100_000
DISTRICTS = 100
BATCHES_EACH = 5
LISTS: tuple[tuple[str, Any, str], ...] = (
    ("business", Business, "business_id"), ("site", Site, "site_id"), ("arrival", Arrival, "arrival_id"),
    ("batch", Batch, "batch_id"), ("consignment", Consignment, "consignment_id"),
    ("stock_entry", StockEntry, "entry_id"),
)  # fmt: skip
FILL = """
CREATE TEMP TABLE b AS SELECT n, uuidv7() AS business_id, uuidv7() AS site_id,
    uuidv7() AS zone_id, '23' || lpad((n % :districts + 100)::text, 4, '0') AS region_code
    FROM generate_series(1, :businesses) AS n;
INSERT INTO business (business_id, uscc, name, search_text, kinds, handles_imported, region_code, status,
    occurred_at, recorded_at) SELECT business_id, 'U' || n, '示例' || n, '示例' || n, '{shop}', false, region_code,
    'active', now(), now() FROM b;
INSERT INTO office (office_id, region_code, name, recorded_at)
    SELECT uuidv7(), region_code, '所' || n, now() FROM b WHERE n <= 4 * :districts;
INSERT INTO site (site_id, sign_code, business_id, name, kind, region_code, office_id, recorded_at)
    SELECT site_id, 'S' || n, business_id, '店' || n, 'shop', b.region_code, (SELECT office_id FROM office WHERE
    office.region_code = b.region_code ORDER BY office_id OFFSET n / :districts % 4 LIMIT 1), now() FROM b;
INSERT INTO zone (zone_id, sign_code, site_id, code, kind, temperature_class, recorded_at)
    SELECT zone_id, 'Z' || n, site_id, 'A', 'general', 'frozen', now() FROM b;
CREATE TEMP TABLE g AS SELECT b.*, uuidv7() AS batch_id, uuidv7() AS arrival_id,
    uuidv7() AS movement_id, row_number() OVER () AS k FROM b, generate_series(1, :batches_each);
CREATE INDEX ON g (business_id);
CREATE INDEX ON b (n);
ANALYZE b;
ANALYZE g;
INSERT INTO arrival (arrival_id, arrival_no, owner_id, site_id, entry_mode, arrived_at, supplier_name, occurred_at,
    recorded_at) SELECT arrival_id, 'A' || k, business_id, site_id, 'arrived', now(), '示例', now(), now() FROM g;
INSERT INTO batch (batch_id, batch_code, arrival_id, line_no, product_id, producer_id, owner_id, site_id, zone_id,
    region_code, production_date, quantity_units, piece_count, status, search_text, code_made_at, occurred_at,
    recorded_at) SELECT batch_id, 'B' || k, arrival_id, 1, :product_id, :producer_id, business_id, site_id, zone_id,
    region_code, '2020-11-06', 100, 17, 'cleared', '', now(), now(), now() FROM g;
INSERT INTO movement (movement_id, kind, batch_id, arrival_id, late, occurred_at, recorded_at)
    SELECT movement_id, 'intake', batch_id, arrival_id, false, now(), now() FROM g;
INSERT INTO posting (posting_id, movement_id, line_no, batch_id, account, owner_id, zone_id, quantity_units)
    SELECT uuidv7(), movement_id, line_no, batch_id, account, business_id,
    CASE account WHEN 'zone' THEN zone_id END, units
    FROM g, (VALUES (1, 'opening', -100), (2, 'zone', 100)) AS side (line_no, account, units);
INSERT INTO holding (holding_id, batch_id, account, owner_id, zone_id, quantity_units, held_units)
    SELECT uuidv7(), batch_id, 'zone', business_id, zone_id, 100, 0 FROM g;
INSERT INTO consignment (consignment_id, consignment_no, owner_id, from_zone_id, from_site_id, to_business_id,
    to_site_id, purpose, handover, state, late, occurred_at, recorded_at)
    SELECT uuidv7(), 'C' || b.n, b.business_id, b.zone_id, b.site_id, o.business_id, o.site_id, 'delivery',
    'await_confirmation', CASE WHEN b.n % 10 = 0 THEN 'in_transit' ELSE 'confirmed' END, false, now(), now()
    FROM b JOIN b AS o ON o.n = b.n % :businesses + 1;
INSERT INTO consignment_line (consignment_id, line_no, batch_id, quantity_units, disputed_units, verdict)
    SELECT consignment_id, 1, (SELECT batch_id FROM g WHERE g.business_id = consignment.owner_id LIMIT 1), 1, 0, '{}'
    FROM consignment;
INSERT INTO stock_entry (entry_id, entry_no, kind, owner_id, zone_id, site_id, region_code, late, detail, occurred_at,
    recorded_at) SELECT uuidv7(), 'S' || k, 'sale', business_id, zone_id, site_id, region_code, false, '{}',
    now(), now() FROM g;
"""


def fill(engine: Engine, businesses: int) -> None:
    """Write the register and the books of a province."""
    from tests.ledger.books import product

    with Session(engine) as session, session.begin():
        goods = product(session)
        given = {"businesses": businesses, "product_id": goods.product_id, "producer_id": goods.producer_id,
                 "districts": DISTRICTS, "batches_each": BATCHES_EACH}  # fmt: skip
        for statement in FILL.split(";\n"):
            if statement.strip():
                session.execute(text(statement), {k: v for k, v in given.items() if f":{k}" in statement})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def readers(session: Session) -> dict[str, Actor]:
    """Return who reads: a district's and an office's officer, a business's owner, a clerk of one site."""
    site = session.scalars(select(Site).where(col(Site.name) == "店777")).one()
    own = {"role": "merchant", "business_id": site.business_id}
    return {
        "district": Actor(new_id(), "o", "o", "regulator", areas=(Area(site.region_code),)),
        "office": Actor(new_id(), "o", "o", "inspector", areas=(Area(site.region_code, site.office_id),)),
        "business": Actor(new_id(), "m", "m", position="owner", **own),
        "clerk": Actor(new_id(), "m", "m", position="clerk", site_ids=frozenset({site.site_id}), **own),
    }


def timed(session: Session, statement: Any, rounds: int) -> float:
    """Return the median milliseconds of a statement."""
    session.execute(statement).all()
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        session.execute(statement).all()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


def whole_reads(session: Session, statement: Any) -> str:
    """Return which large tables the plan reads from end to end."""
    compiled = statement.compile(session.connection().engine, compile_kwargs={"literal_binds": True})
    plan = [row[0] for row in session.connection().exec_driver_sql(f"EXPLAIN {compiled}".replace("%", "%%"))]
    large = ("business", "site", "zone", "arrival", "batch", "holding", "posting", "consignment", "stock_entry")
    found = [line.split("Seq Scan on ")[1].split(" ")[0] for line in plan if "Seq Scan on " in line]
    return ", ".join(sorted({table for table in found if table in large})) or "none"


def measure(endpoint: Endpoint, options: argparse.Namespace) -> None:
    """Print a table."""
    migrate.upgrade(endpoint.owner_url, "coldchain")
    engine = db.connect(endpoint.url)
    with Session(engine) as session, session.begin():
        version = session.execute(text("SHOW server_version")).scalar_one()
        load_reference(session)
    roads.install()
    print(f"Python {platform.python_version()}, PostgreSQL {version}, {options.businesses} businesses")
    owner = db.connect(endpoint.owner_url)
    fill(owner, options.businesses)
    owner.dispose()
    with Session(engine) as session:
        people = readers(session)
        check(people)
        for name, model, key in LISTS:
            page = select(model).order_by(col(getattr(model, key)).desc()).limit(PAGE_ROWS)
            floor = timed(session, page.where(true()), options.rounds)
            print(f"{name:12} unscoped {floor:8.2f} ms")
            for who, actor in people.items():
                scoped = page.where(visible(actor, name))
                took = timed(session, scoped, options.rounds)
                rows = len(session.execute(scoped).all())
                print(f"{'':12} {who:8} {took:8.2f} ms  {took / floor:6.1f} ×  {rows:3} rows  "
                      f"read whole: {whole_reads(session, scoped)}")  # fmt: skip
    engine.dispose()


def check(people: dict[str, Actor]) -> None:
    """Print what one question costs beside looking something up in a dictionary."""
    things: dict[str, UUID] = {"a": new_id()}
    begin = time.perf_counter()
    for _ in range(CHECKS):
        things.get("a")
    floor = (time.perf_counter() - begin) / CHECKS * 1e9
    for who, actor in people.items():
        about = Resource.of(actor.business_id, places=actor.areas, site_ids=actor.site_ids or ())
        begin = time.perf_counter()
        for _ in range(CHECKS):
            may(actor, "batch.read", about)
        took = (time.perf_counter() - begin) / CHECKS * 1e9
        print(f"may(…) for {who:8} {took:6.0f} ns; looking up in a dict {floor:4.0f} ns")


def main() -> None:
    """Run on a throw-away server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--businesses", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=9)
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
