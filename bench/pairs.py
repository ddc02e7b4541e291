"""What the list of businesses that may be one costs: a page of it among N businesses of one district.

`python bench/pairs.py [--businesses N] [--rounds N]`, on a server of its own. Names are drawn as signs on shops are
(place, family, goods, kind), every tenth business has the phone and every twentieth the address of another; a tenth of
the pairs that are found is set aside. Told: time of a page, pairs, statements, their plans.
"""

import argparse
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import event, insert, text
from sqlmodel import Session

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coldchain import schema
from coldchain.accounts.actor import Actor, Area
from coldchain.core import clock, db
from coldchain.core.embedded_postgres import EmbeddedPostgres, Endpoint
from coldchain.core.ids import new_id
from coldchain.journal.models import PersonalValue
from coldchain.ops import migrate
from coldchain.ops.reference import load_reference
from coldchain.registry.models import Business
from coldchain.registry.models_identity import BusinessPairEvent
from coldchain.registry.service import duplicates

assert schema.metadata is not None

REGION = "230203"
FAMILIES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"
GIVEN = "国建文志明秀英华平荣福鼎兴发达利民便家乐鲜旺海江河山林松柏春秋东南西北中大成顺和丰裕泰安康宁"
GOODS = ("冻品", "水产", "果蔬", "生鲜", "副食", "粮油", "肉禽", "海鲜", "烧烤", "冷饮")
KINDS = ("店", "行", "批发部", "超市", "经营部", "商行", "有限公司", "摊")


def fill(session: Session, count: int) -> None:
    """Write the businesses with their phones."""
    drawn = random.Random(7)
    phones, rows = [], []
    for number in range(count):
        name = "建华区" + drawn.choice(FAMILIES) + drawn.choice(GIVEN) + drawn.choice(GIVEN)
        name += drawn.choice(GOODS) + drawn.choice(KINDS)
        phone = f"139{drawn.randrange(count) if number % 10 == 0 else number:08}"
        place = drawn.randrange(count) if number % 20 == 0 else number
        phones.append({"personal_id": new_id(), "value": phone, "salt": b"1", "commitment": "", "what": "phone",
                       "recorded_at": clock.now()})  # fmt: skip
        rows.append(
            {"business_id": new_id(), "uscc": f"U{number}", "name": name, "search_text": name, "kinds": ["shop"],
             "handles_imported": False, "region_code": REGION, "phone_id": phones[-1]["personal_id"],
             "address": f"示例路{place}号", "status": "active", "occurred_at": clock.now(), "recorded_at": clock.now()}
        )  # fmt: skip
    session.execute(insert(PersonalValue), phones)
    session.execute(insert(Business), rows)


def measure(endpoint: Endpoint, options: argparse.Namespace) -> None:
    """Fill the books, list, set aside, list again, and tell."""
    migrate.upgrade(endpoint.owner_url, "coldchain")
    engine = db.connect(endpoint.owner_url)
    officer = Actor(new_id(), "officer", "示例", "regulator", areas=(Area(REGION),))
    with Session(engine) as session, session.begin():
        load_reference(session)
        fill(session, options.businesses)
    with Session(engine) as session, session.begin():
        session.execute(text("ANALYZE"))
        found = duplicates.search(session, officer, limit=options.businesses)
        session.execute(
            insert(BusinessPairEvent),
            [
                {"event_id": new_id(), "one_id": pair.one.business_id, "other_id": pair.other.business_id,
                 "kind": "set_aside", "reason": "示例", "recorded_at": clock.now(),
                 "compared": {"one": duplicates.said_of(pair.one).kept(),
                              "other": duplicates.said_of(pair.other).kept()}}
                for pair in found.pairs[::10]
            ],
        )  # fmt: skip
    sent: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append((args[2], args[3])))
    times, busy = [], []
    for _round in range(options.rounds):
        with Session(engine) as session:
            sent.clear()
            begun, worked = time.perf_counter(), time.process_time()
            found = duplicates.search(session, officer, limit=20)
            times.append(time.perf_counter() - begun)
            busy.append(time.process_time() - worked)
    print(f"{options.businesses} businesses, pairs {dict(found.counts)}: {statistics.median(times) * 1000:.0f} ms,",
          f"{statistics.median(busy) * 1000:.0f} ms of it in this process")  # fmt: skip
    statements = list(sent)
    print(f"{len(statements)} statements")
    with engine.connect() as connection:
        for statement, given in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {statement}", given).scalars()
            print("---", " ".join(statement.split())[:90])
            print("\n".join(line[:150] for line in plan))


def main() -> None:
    """Run on a throw-away server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--businesses", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=7)
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
