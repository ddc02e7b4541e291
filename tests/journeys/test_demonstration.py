"""The whole demonstration, replayed through the services: totals, both sweeps as known at each moment, its tour.

It is loaded once for all tests here; each test has a clone of that database.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select
from sqlmodel import col

from coldchain.accounts import service as accounts
from coldchain.accounts.actor import SYSTEM
from coldchain.batches.models import Batch
from coldchain.core import clock, db, marks
from coldchain.core.embedded_postgres import Endpoint
from coldchain.core.identifiers import check_uscc
from coldchain.journal import sequencer
from coldchain.ledger import check
from coldchain.ops import demo_load
from coldchain.ops.demo import data
from coldchain.recall import bulletin, drafts, figures, findings, report, samples, tasks
from coldchain.recall.models import Recall
from coldchain.registry.models import Business
from config import Settings
from tests.conftest import _at
from tests.factories.clones import Clones
from tests.factories.people import People
from tests.factories.reader import Reader

PASSWORD = "demonstration password"
BY_PLACE = {
    "华博冷库": 61, "福鼎市场": 44, "方兴市场": 31, "永辉超市": 22, "星光市场": 20, "荣哥果蔬": 16, "西园市场": 8,
}  # fmt: skip


def beijing(text: str) -> datetime:
    """Return a Beijing time."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.BEIJING)


def known(moment: str, title: str = "分割鸡") -> report.Report:
    """Return the report of the sweep whose title has these words, as of a Beijing time."""
    with db.transaction() as session:
        recall = session.scalars(select(Recall).where(col(Recall.title).contains(title))).one()
        return report.report(session, SYSTEM, recall.recall_id, beijing(moment))


@pytest.fixture(scope="module")
def said() -> io.StringIO:
    """What the load prints."""
    return io.StringIO()


@pytest.fixture(scope="module")
def var(tmp_path_factory: Any) -> Path:
    """Where the load keeps files."""
    return Path(tmp_path_factory.mktemp("var"))


@pytest.fixture(scope="module")
def template(postgres: Endpoint, template: str, clones: Clones, said: io.StringIO, var: Path) -> Iterator[str]:
    """A database with the whole demonstration, that the tests here clone."""
    name = clones.take(template)
    base = Settings.from_env({"COLDCHAIN_ENV": "test", "VAR_DIR": str(var), "COLDCHAIN_DEMO": "0"})
    chosen = replace(
        base, demo=True, demo_password=PASSWORD, database_url=_at(postgres.url, name),
        database_owner_url=_at(postgres.owner_url, name),
    )  # fmt: skip
    assert demo_load.load_if_empty(chosen, said)
    db.engine().dispose()
    yield name
    clones.forget(name)


@pytest.fixture
def demo(settings: Settings, said: io.StringIO) -> tuple[Settings, str]:
    """The loaded demonstration and what the loading said."""
    return replace(settings, demo=True, demo_password=PASSWORD), said.getvalue()


def test_what_was_known_when(demo: tuple[Settings, str], database: Engine) -> None:
    """43 sites with 10.87 t by 19:00; 66 by the 22nd 08:00, 23 not weighed; 912 negative, 413 pending at 17:00."""
    total = len(data.load_sets().events)
    assert f"{total}/{total}" in demo[1]
    evening = known("2021-01-19T19:00").figures
    assert (evening.sites_found, evening.sites_weighed, evening.sealed_mass_g) == (43, 43, 10_870_000)
    first = {row["place"]: row["pieces"] for row in evening.samples if row["round"] == 1}
    assert first == BY_PLACE
    assert sum(first.values()) == 202
    assert evening.samples_by_state == {"negative": 202}
    # in nobody's books as a match at noon; the two that were registered at 18:20 are pulled in
    noon = known("2021-01-19T13:00").figures
    assert (noon.batches_held, noon.sites_by_origin["from_books"]) == (0, 0)
    assert (evening.sites_by_origin["from_books"], evening.locked_mass_g) == (2, 280_000)
    morning = known("2021-01-22T08:00").figures
    assert (morning.sites_found, morning.sites_weighed, morning.sealed_mass_g) == (66, 43, 10_870_000)
    assert morning.samples_by_state["negative"] == 202 + 912
    afternoon = known("2021-01-22T17:00")
    assert afternoon.figures.samples_by_state == {"negative": 202 + 912, "sent": 413}
    assert afternoon.figures.people_controlled == 167
    assert afternoon.figures.sites_found == 66
    assert known("2021-01-23T18:00").figures.samples_by_state == {"negative": 202 + 912 + 413}
    for words in ("10.87", "43", "66", "413", "167"):
        assert words in afternoon.text_zh
        assert words in afternoon.text_en
    # a second look at the evening says the same, although much was recorded since
    assert known("2021-01-19T19:00").figures == evening
    # the books agree with themselves, and there is work for every account
    with db.transaction() as session:
        assert check.stock_from_movements(session) is None
        assert check.movements_from_journal(session) is None
        assert session.scalar(select(func.count()).where(col(Business.status) == "pending")) == 3
        assert {*session.scalars(select(Batch.status).distinct())} >= {"held", "cleared"}
        assert marks.read(session, "demo") is not None
    sequencer.run_once(database, demo[0].var_dir)
    said = io.StringIO()
    assert not demo_load.load_if_empty(replace(demo[0], demo_password="another long password"), said)
    assert "merchant" in said.getvalue()
    with db.transaction() as session:
        assert accounts.check_password(session, "merchant", "another long password", "here") is not None


def test_changing_one_finding_changes_the_report(demo: tuple[Settings, str]) -> None:
    """A later finding of one of the 43 with other units and mass moves exactly the figures that it should."""
    before = known("2021-01-23T18:00").figures
    with db.transaction() as session, clock.simulated(beijing("2021-01-23T18:30")):
        recall = session.scalars(select(Recall).where(col(Recall.title).contains("分割鸡"))).one()
        views = tasks.views(session, tasks.all_tasks(session, recall))
        view = next(v for v in views if v.state == "found" and v.finding is not None)
        line = {
            "unlisted": {"name": "分割鸡", "producer": "示例"}, "examined_units": 1, "matched_units": 1, "mass_g": 1,
            "disposition": "sealed",
        }  # fmt: skip
        old = _mass(session, view)
        findings.record(session, SYSTEM, view.task.task_id, outcome="found", lines=[line], people_controlled=0)
    with clock.simulated(beijing("2021-01-23T19:00")):
        after = known("2021-01-23T19:00").figures
    assert after.sealed_mass_g == before.sealed_mass_g - old + 1
    assert after.sites_found == before.sites_found
    assert known("2021-01-23T18:00").figures == before


def _mass(session: Any, view: Any) -> int:
    from coldchain.inspections import service as inspections

    lines = inspections.lines_of(session, [view.finding.finding_id])[view.finding.finding_id]
    return sum(line.mass_g or 0 for line in lines)


def test_the_report_knows_no_figure_of_the_case() -> None:
    """The modules that compute and word reports hold none of the numbers that they state."""
    for module in (figures, bulletin, report, samples, tasks, drafts):
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        for figure in (43, 66, 202, 912, 413, 167, 10.87, 10870, 23, *BY_PLACE.values()):
            if figure not in {8, 16, 20, 22}:  # too short to be told from other numbers
                assert not re.search(rf"(?<![\w.]){figure}(?![\w.])", source), (module.__name__, figure)
        assert not any(place in source for place in BY_PLACE)


def everything(speaker: Any, path: str) -> list[Any]:
    """Return all items of a list of the API."""
    found, cursor = [], None
    while True:
        page = speaker.get(f"{path}{'&' if '?' in path else '?'}limit=200" + (f"&cursor={cursor}" if cursor else ""))
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


def signed_in(app: Flask, username: str, lang: str = "en") -> Reader:
    """Return a demonstration account's reader."""
    reader = Reader(app, lang=lang)
    reader.open("/sign-in")
    reader.send("/sign-in", username=username, password=PASSWORD)
    assert reader.status == 200
    return reader


def test_the_totals_are_what_was_reported(demo: Any, app: Flask, people: People) -> None:
    """23 card holders with letters, 454 registered businesses, 152,600 kg of imported stock: by API and on the desk."""
    officer = people.get("reader", "regulator", region_code="230203")
    businesses = everything(officer, "/businesses?region_code=230203")
    assert len(businesses) == 454
    assert len({check_uscc(business["uscc"]) for business in businesses}) == 454
    assert len({business["name"] for business in businesses}) == 454
    assert all("示例" in business["name"] and "虚构" in business["name"] for business in businesses)
    holders = [one for one in businesses if one["handles_imported"] and one["status"] == "active"]
    assert len(holders) == 23
    assert all(one["card_no"] for one in holders)
    products = {one["product_id"]: one for one in everything(officer, "/products")}
    stock = [row for row in everything(officer, "/stock") if row["zone_id"] is not None]
    imported = [row for row in stock if products[row["product"]["product_id"]]["imported"]]
    unit_g = {product_id: product["unit_mass_g"] for product_id, product in products.items()}
    assert sum(row["quantity_units"] * unit_g[row["product"]["product_id"]] for row in imported) == 152_600_000
    assert {row["owner"]["business_id"] for row in imported} == {one["business_id"] for one in holders}
    owners: dict[str, set[str]] = {}
    for row in imported:
        owners.setdefault(row["site_id"], set()).add(row["owner"]["business_id"])
    assert sorted(len(some) for some in owners.values())[-2:] == [6, 9], "stores that keep many owners' goods"
    desk = signed_in(app, "regulator")
    desk.open("/")
    words = re.sub(r"<[^>]+>", " ", desk.text)
    for shown in ("454", "23", "152.60"):
        assert re.search(rf"(?<![\\d.]){re.escape(shown)}(?![\\d.])", words), shown


def test_batches_are_held_for_real_reasons(demo: Any, people: People) -> None:
    """What is not clear says why, and no two kinds of trouble are the same; the clear ones are the most."""
    officer = people.get("reader", "regulator", region_code="230203")
    held = [one for one in everything(officer, "/batches?status=held") if one["product"]["imported"]]
    clear = everything(officer, "/batches?status=cleared")
    assert len(clear) > len(held) > 20
    reasons: Counter[str] = Counter()
    for one in held:
        verdict = officer.get(f"/batches/{one['batch_id']}/gate")
        assert verdict["clear"] is False
        reasons.update({item["code"] for item in verdict["missing"]})
    assert set(reasons) >= {
        "evidence_missing", "evidence_expired", "protocol_not_met", "disinfection_missing", "disinfection_not_covered",
        "test_pending", "test_missing", "code_missing",
    }  # fmt: skip


def test_sweep_a_found_nothing_everywhere(demo: Any, people: People) -> None:
    """452 pieces and 132 loose boxes, 360.42 kg, no match, every place seen within two days of the notice."""
    officer = people.get("reader", "regulator", region_code="230203")
    recall = next(one for one in everything(officer, "/recalls") if "冰淇淋" in one["title"])
    told = officer.get(f"/recalls/{recall['recall_id']}/report?as_of=2021-01-17T14:00:00%2B08:00")
    found = told["figures"]
    assert (found["examined_mass_g"], found["matched_mass_g"], found["sites_found"], found["batches_held"]) == (
        360_420,
        0,
        0,
        0,
    )
    assert found["sites_due"] == found["sites_checked"] == found["sites_none"] > 40
    assert "360.42公斤" in told["text_zh"]
    assert "360.42 kg" in told["text_en"]
    products = {one["product_id"]: one for one in everything(officer, "/products")}
    pieces = loose = grams = 0
    packs = set()
    for task in everything(officer, f"/recalls/{recall['recall_id']}/tasks"):
        latest = officer.get(f"/sweep-tasks/{task['task_id']}/findings")["items"][0]
        for line in latest["lines"]:
            product = products[line["product_id"]]
            more, rest = divmod(line["examined_units"], product["units_per_piece"])
            pieces, loose, grams = pieces + more, loose + rest, grams + line["mass_g"]
            packs.add((product["units_per_piece"], product["unit_mass_g"]))
            assert "示例规格" in product["name"]
            assert line["mass_g"] == line["examined_units"] * product["unit_mass_g"]
    assert (pieces, loose, grams) == (452, 132, 360_420)
    assert len(packs) > 1
    evening = known("2021-01-15T19:00", "冰淇淋").figures
    assert 0 < evening.sites_checked < evening.sites_due


def test_the_journal_agrees(demo: tuple[Settings, str], app: Flask, database: Engine) -> None:
    """`flask journal verify` is content with every entry of the load."""
    sequencer.run_once(database, demo[0].var_dir)
    said = app.test_cli_runner().invoke(args=["journal", "verify"])
    assert said.exit_code == 0, said.output


@pytest.mark.parametrize(
    ("username", "most", "kinds"),
    [
        (
            "regulator",
            16,
            {
                "/businesses/*",
                "/batches/*",
                "/recalls/*",
                "/tubes/*/positive",
                "/findings/*",
                "/decisions/*",
                "/published-decisions",
                "/measures/*",
                "/evidence",
                "/stewards",
                "/businesses/*/card",
            },
        ),
        (
            "inspector",
            11,
            {
                "/recalls/*/route",
                "/sweep-tasks/*",
                "/scan",
                "/batches/*",
                "/sites/*",
                "/visits/new",
                "/findings/*",
                "/sampling-due",
            },
        ),
        (
            "merchant",
            12,
            {
                "/batches/*",
                "/C/*",
                "/consignments/*",
                "/findings/*",
                "/disinfection-orders/*",
                "/businesses/*/card",
                "/businesses/*/particulars",
                "/measures/*",
            },
        ),
        ("buyer", 9, {"/consignments/*", "/batches/*", "/findings/*", "/decisions/*", "/businesses/*/card"}),
        ("lab", 6, {"/tubes/*"}),
        ("admin", 7, {"/accounts", "/rules", "/measures/*"}),
        ("carrier", 5, {"/consignments/*", "/findings/*"}),
        ("disinfection", 5, {"/disinfection-orders/*"}),
    ],
)
def test_the_tour_leads_to_pages_that_are_there(
    demo: Any, app: Flask, username: str, most: int, kinds: set[str]
) -> None:
    """Different steps for each role, each opens; desk and strip lead to the tour, and the help stands beside it."""
    reader = signed_in(app, username)
    reader.open("/")
    assert reader.text.count('href="/tour"') == 2, "on the strip and on the desk"
    assert 'href="/help"' in reader.text
    reader.open("/tour")
    assert "the case is told as of January 2021" in reader.text
    steps = re.findall(r'<li><div><a href="([^"]+)">', reader.text.partition("cc-tour")[2])
    assert 4 <= len(steps) <= most
    assert len(set(steps)) == len(steps)
    met = {re.sub(r"/C/.*", "/C/*", re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "*", re.split(r"[?#]", s)[0])) for s in steps}
    assert kinds <= met
    for step in steps:
        reader.open(unescape(step).partition("#")[0])
    reader.open("/help")
    assert "What your role does" in reader.text
    topics = re.findall(r'<a class="cc-tap" href="#([a-z]+)">', reader.text)
    assert topics == re.findall(r'<section class="cc-sheet" id="([a-z]+)">', reader.text)
    assert "rules" in topics if username in {"regulator", "inspector", "admin"} else "findings" in topics
    beside = re.findall(r'<p><a href="([^"]+)">Open the page for it', reader.text)
    assert len(beside) == len(topics) == len(set(topics)) > 0
    for path in {*beside, *re.findall(r'<li><div><a href="([^"]+)">', reader.text.partition("cc-tour")[2])}:
        reader.open(path)


def test_the_first_evening_of_the_tour_says_what_was_known(demo: Any, app: Flask, people: People) -> None:
    """The step back in time shows 43 places and 10.87 t, the step beside it 66; the sweep without a match its mass.

    What a visitor does meanwhile is no part of the case.
    """
    officer = people.get("reader", "regulator", region_code="230203")
    drill = {
        "kind": "drill", "notice_no": "YL-1", "issuer": "示例", "title": "示例演练", "reason": "演练",
        "received_at": clock.now().isoformat(), "criterion": {"product_name_contains": "鸡"},
    }  # fmt: skip
    recall_id = officer.post("/recalls", drill, 201)["recall_id"]
    officer.post(f"/recalls/{recall_id}/announce", {}, 200)
    reader = signed_in(app, "regulator")
    reader.open("/tour")
    assert "47 sites seen, 360.42 kg examined" in reader.text
    assert "Found at 66 of 146 sites" in reader.text
    assert recall_id not in reader.text
    evening = next(step for step in re.findall(r'href="([^"]+)"', reader.text) if "as_of=" in step)
    words = re.sub(r"<[^>]+>", " ", reader.open(unescape(evening)))
    assert re.search(r"\b43\b", words)
    assert "10.87" in words


def test_what_is_due_now_beside_the_case(demo: Any, app: Flask, people: People) -> None:
    """Findings in every state, decisions in force, ended and lifted, measures, papers, stewards, licences, letters."""
    officer = people.get("reader", "regulator", region_code="230203")
    findings = Counter(one["state"] for one in everything(officer, "/findings"))
    assert findings == {"open": 3, "answered": 2, "rectified": 2, "decided": 5}
    assert len(everything(officer, "/findings?state=overdue")) == 1
    decisions = Counter(one["state"] for one in everything(officer, "/decisions"))
    assert decisions == {"in_force": 2, "ended": 1, "lifted": 1}
    published = everything(officer, "/published-decisions")
    assert Counter(one["objection"] for one in published) == {"waiting": 1, "none": 1}
    held = Counter(one["kind"] for one in everything(officer, "/measures?in_force=true"))
    assert held == {"import_suspension": 1, "lockdown": 1, "white_list": 2, "circuit_breaker": 1}
    assert len(everything(officer, "/measures")) == 6
    papers = {
        state: len(everything(officer, f"/evidence?state={state}")) for state in ("entered", "verified", "refused")
    }
    assert papers["verified"] > papers["entered"] > 40
    assert papers["refused"] == 1
    assert [one["lacking"] for one in everything(officer, "/stewards/lacking")] == [["industry"]]
    ending = everything(officer, "/businesses?licence_expiring=true")
    assert len(ending) == 2
    lacking = everything(officer, "/commitment-letters/lacking")
    assert {one["status"] for one in lacking} == {"pending"}


def test_the_service_and_the_carrier_have_work(demo: Any, app: Flask, var: Path) -> None:
    """The service has an order open, and one done whose certificate is a file; the carrier has a load on the road."""
    service = signed_in(app, "disinfection")
    service.open("/disinfection-orders")
    service.open(next(href for href in re.findall(r'href="(/disinfection-orders/[^"]+)"', service.text)))
    service.open("/tour")
    done = re.findall(r'href="(/disinfection-orders/[^"]+)"', service.text)[-1]
    assert re.search(r'href="/[^"]+/certificate.pdf"', service.open(done))
    assert any(path.read_bytes().startswith(b"%PDF") for path in var.rglob("*") if path.is_file())
    carrier = signed_in(app, "carrier")
    assert len(re.findall(r"FH\d{6}-", carrier.open("/"))) == 1
    due = signed_in(app, "inspector").open("/sampling-due")
    assert "never" in due.lower()
    assert "Overdue" in due
