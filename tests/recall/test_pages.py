"""Pages of recalls, as officers use them: from the notice to the bulletin, through forms alone."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from coldchain.core import db
from coldchain.inspections.models import Finding
from coldchain.recall.models import Recall, SweepTask
from coldchain.registry.models import Producer
from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.world import World

NOTICE = {
    "kind": "outbreak_sweep",
    "title": "Sweep of the series",
    "notice_no": "N 19",
    "issuer": "The headquarters",
    "received_at": "2021-01-19 12:00",
    "reason": "As the notice says.",
    "criterion__series": "分割鸡",
}


@pytest.fixture
def regulator(app: Flask, world: World) -> Reader:
    """The district's regulator at the pages."""
    return Reader.of(app, world.regulator)


@pytest.fixture
def inspector(app: Flask, world: World) -> Reader:
    """The district's inspector at the pages."""
    return Reader.of(app, world.inspector)


def _count(table: Any) -> int:
    with db.transaction() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def _stock(world: World, quantity_units: int = 23) -> dict[str, Any]:
    """A shop with matching domestic stock in its books."""
    owner = world.business("示例鸡架店", kinds=["shop"], handles_imported=False)
    site = world.site(owner, "shop")
    zone = world.zone(site, "general")
    product = world.product(imported=False, series="分割鸡", units_per_piece=10, unit_mass_g=1000)
    arrival = world.arrival(
        owner, site, zone, [{"product_id": product["product_id"], "quantity_units": quantity_units}],
        entry_mode="existing_stock", container_no=None, seal_no=None, customs_declaration_no=None, supplier=None,
    )  # fmt: skip
    return {"owner": owner, "site": site, "zone": zone, "product": product, "batch": arrival["batches"][0]}


def _announce(reader: Reader, **more: Any) -> str:
    """Walk the wizard and return the recall's id."""
    reader.open("/recalls/new")
    reader.send("/recalls/new", 200, _step="preview", **NOTICE | more)
    reader.send("/recalls/new", 200, _step="check")
    reader.send("/recalls/new", 200, _step="announce")
    found = re.fullmatch(r"/recalls/([0-9a-f-]{36})/announced", reader.path)
    assert found, reader.path
    return found[1]


def test_nothing_is_kept_before_the_last_step_and_all_of_it_at_once(regulator: Reader, world: World) -> None:
    stock = _stock(world)
    regulator.open("/recalls/new")
    preview = regulator.send("/recalls/new", 200, _step="preview", **NOTICE, blanket__site_kinds=["shop", "stall"])
    assert "1 batch in the books matches" in preview
    assert "23 kg" in preview
    check = regulator.send("/recalls/new", 200, _step="check")
    assert "Announce and lock 1 batch" in check
    assert "As the notice says." in check
    assert _count(Recall) == _count(SweepTask) == 0
    again = regulator.send("/recalls/new", 200, _step="edit")
    assert 'value="分割鸡"' in again
    regulator.send("/recalls/new", 200, _step="check")
    regulator.send("/recalls/new", 200, _step="announce")
    assert "23 kg in 1 batches" in regulator.text
    assert _count(Recall) == 1
    board = regulator.open(regulator.path.removesuffix("/announced"))
    assert stock["site"]["name"] in board
    held = world.regulator.get(f"/batches/{stock['batch']['batch_id']}")
    assert held["restriction"] == "locked"


def test_a_second_click_announces_once(regulator: Reader, world: World) -> None:
    _stock(world)
    regulator.open("/recalls/new")
    regulator.send("/recalls/new", 200, _step="check", **NOTICE)
    page, path = regulator.text, regulator.path
    regulator.send("/recalls/new", 200, _step="announce")
    receipt = regulator.path
    regulator.text, regulator.path = page, path
    regulator.send("/recalls/new", 200, _step="announce")
    assert regulator.path == receipt
    assert _count(Recall) == 1


def test_a_refused_notice_keeps_what_was_typed(regulator: Reader) -> None:
    regulator.open("/recalls/new")
    page = regulator.send(
        "/recalls/new", 422, _step="preview", **NOTICE | {"criterion__series": "", "received_at": "yesterday"}
    )
    assert "Errors: " in page
    assert 'value="yesterday"' in page
    assert 'href="#f-received_at"' in page
    page = regulator.send("/recalls/new", 422, _step="preview", received_at="2021-01-19 12:00", title="Kept title")
    assert "at least one part" in page
    assert 'value="Kept title"' in page
    assert _count(Recall) == 0


def test_producers_are_found_by_typing_with_and_without_script(regulator: Reader, world: World) -> None:
    product = world.product(imported=True)
    with db.transaction() as session:
        name = session.scalar(select(func.max(Producer.name))) or ""
    regulator.open("/recalls/new")
    page = regulator.send("/recalls/new", 200, _step="find", _producer=name[:4])
    assert product["producer_id"] in page
    ticked = product["producer_id"]
    part = regulator.open(f"/recalls/new/producers?_producer={name[:4]}&criterion-producer_ids={ticked}")
    assert f'value="{ticked}" checked' in part
    assert "<html" not in part


def test_a_draft_is_kept_and_announced_later(regulator: Reader, world: World) -> None:
    _stock(world)
    regulator.open("/recalls/new")
    regulator.send("/recalls/new", 200, _step="preview", **NOTICE)
    regulator.send("/recalls/new", 200, _step="keep")
    draft = regulator.path
    assert "Nothing is locked yet" in regulator.text
    check = regulator.open(f"{draft}/announce")
    assert "Announce and lock 1 batch" in check
    regulator.send(f"{draft}/announce", 200)
    assert regulator.path == f"{draft}/announced"
    for nothing in ("", "%00"):
        regulator.open(f"/recalls/new?from={nothing}x", 404)
    assert regulator.open(f"{draft}/announce")  # it is the board now
    assert regulator.path == draft


def test_a_drill_says_so_and_speaks_of_no_lock(regulator: Reader, inspector: Reader, world: World) -> None:
    """R9: a drill locks nothing, so nothing on its pages is locked, due to be locked, or sealed by its last button."""
    _stock(world)
    regulator.open("/recalls/new")
    regulator.send("/recalls/new", 200, _step="preview", **NOTICE | {"kind": "drill"})
    regulator.send("/recalls/new", 200, _step="keep")
    draft = regulator.path
    assert "This is a drill: nothing is locked." in regulator.text
    assert "Nothing is locked yet" not in regulator.text
    desk = regulator.open("/")
    assert "a drill, nothing is locked; received" in desk
    assert "to be locked within" not in desk
    regulator.open(f"{draft}/announce")
    regulator.send(f"{draft}/announce", 200)
    board = regulator.open(draft)
    title = board[board.index("<h1>") : board.index("As of when")]
    assert "Drill" in title
    assert "In progress" not in title
    rows = board[board.index('id="tasks"') :]
    assert '<span class="cc-chip booked' not in rows
    assert "Not checked" in rows
    assert "Drill" in rows
    assert "waits to be sealed" not in regulator.open("/")
    desk = inspector.open("/")
    assert "cc-chip booked" not in desk
    assert "cc-chip info" in desk
    task = world.inspector.get(f"{draft}/tasks")["items"][0]
    form = f"/sweep-tasks/{task['task_id']}/finding"
    banner = "Drill: no seals are put on, it is only recorded."
    assert banner in inspector.open(f"/sweep-tasks/{task['task_id']}")
    assert banner in inspector.open(f"{form}?outcome=found")
    check = inspector.send(form, 200, _step="check", _lines__0__pieces="2", _lines__0__loose="3")
    assert banner in check
    assert "Send the record" in check
    assert "danger" not in check
    receipt = inspector.send(form, 200, _step="record")
    assert banner in receipt
    assert "Sealed:" not in receipt


def test_a_finding_by_thumb_counts_in_the_bulletin(regulator: Reader, inspector: Reader, world: World) -> None:
    stock = _stock(world)
    recall_id = _announce(regulator)
    task = world.inspector.get(f"/recalls/{recall_id}/tasks")["items"][0]
    form = f"/sweep-tasks/{task['task_id']}/finding"
    first = inspector.open(form)
    assert "lines-0" not in first
    page = inspector.send(form, 200, outcome="found", _step="")
    assert stock["batch"]["batch_code"] in page
    check = inspector.send(
        form, 200, _step="check", _lines__0__pieces="2", _lines__0__loose="3", _lines__0__match="all",
        _lines__0__mass="computed", lines__0__disposition="sealed", lines__0__seal_no="JH-1", samples__0__pieces="4",
        samples__0__place="Market A", people_controlled="2", disinfected="true", second_officer="李示例",
    )  # fmt: skip
    assert "23 kg" in check
    assert "Seal 23 kg and send" in check
    assert "Not filled in: Photograph." in check
    assert _count(Finding) == 0
    inspector.send(form, 200, _step="record")
    assert re.search(r"/findings/[0-9a-f-]{36}$", inspector.path)
    report = world.regulator.get(f"/recalls/{recall_id}/report")["figures"]
    assert (report["sites_found"], report["sealed_mass_g"], report["locked_mass_g"]) == (1, 23_000, 0)
    assert report["samples"] == [{"round": 1, "place": "Market A", "pieces": 4, "state": "taken"}]
    assert report["people_controlled"] == 2
    board = regulator.open(f"/recalls/{recall_id}")
    assert "23 kg" in board
    assert "Market A" in board


def test_the_check_shows_the_books_beside_what_was_seen(regulator: Reader, inspector: Reader, world: World) -> None:
    """More, fewer, the same, nothing recorded: facts before sending, and none of them stops the record."""
    stock = _stock(world)
    recall_id = _announce(regulator)
    task = world.inspector.get(f"/recalls/{recall_id}/tasks")["items"][0]
    form = f"/sweep-tasks/{task['task_id']}/finding"
    calm = "More or less than the books is no mistake"
    for pieces, loose, said in (
        ("2", "3", "2 pieces + 3 units, as seen"),
        ("3", "0", "2 pieces + 3 units; 7 units more were seen"),
        ("1", "3", "2 pieces + 3 units; 1 piece fewer were seen"),
    ):
        inspector.open(f"{form}?outcome=found")
        check = inspector.send(form, 200, _step="check", _lines__0__pieces=pieces, _lines__0__loose=loose)
        assert said in check
        assert calm in check
        assert "cc-error" not in check
    inspector.open(f"{form}?outcome=found")
    unlisted = {"_lines__0__what": "u", "lines__0__unlisted__name": "Bag"}
    check = inspector.send(form, 200, _step="check", _lines__0__pieces="1", _lines__0__mass="none", **unlisted)
    assert f"batch {stock['batch']['batch_code']}" in check
    assert "2 pieces + 3 units; nothing recorded of it now" in check
    inspector.send(form, 200, _step="record")
    assert "Recorded: Found" in inspector.text
    inspector.open(f"/sweep-tasks/{task['task_id']}")
    nothing = inspector.send(form, 200, _step="none_found")
    assert "2 pieces + 3 units; nothing recorded of it now" in nothing


def test_the_second_visit_begins_with_what_was_sealed(inspector: Reader, regulator: Reader, world: World) -> None:
    _stock(world)
    recall_id = _announce(regulator)
    task = world.inspector.get(f"/recalls/{recall_id}/tasks")["items"][0]
    form = f"/sweep-tasks/{task['task_id']}/finding"
    inspector.open(f"{form}?outcome=found")
    bare = inspector.send(form, 200, _step="check", _lines__0__pieces="2", _lines__0__loose="3")
    assert "Not filled in: Seal number, Second officer, Photograph." in bare
    left = inspector.send(form, 200, _step="check", lines__0__disposition="left")
    assert "Not filled in" not in left, "nothing is sealed"
    inspector.send(form, 200, _step="check", lines__0__disposition="sealed", lines__0__seal_no="JH-7")
    inspector.send(form, 200, _step="record")
    page = inspector.open(f"{form}?outcome=found")
    assert "Recorded already." in page
    assert 'value="JH-7"' in page
    fields = dict(inspector.form(form)["fields"])
    assert (fields["_lines-0-pieces"], fields["_lines-0-loose"], fields["_lines-0-mass"]) == ("2", "3", "computed")


def test_a_finding_that_is_refused_keeps_what_was_typed(inspector: Reader, regulator: Reader, world: World) -> None:
    _stock(world)
    recall_id = _announce(regulator)
    task = world.inspector.get(f"/recalls/{recall_id}/tasks")["items"][0]
    form = f"/sweep-tasks/{task['task_id']}/finding"
    inspector.open(f"{form}?outcome=found")
    page = inspector.send(
        form, 422, _step="check", _lines__0__pieces="two", _lines__0__match="part", lines__0__seal_no="JH-9",
        second_officer="李示例",
    )  # fmt: skip
    assert 'href="#f-_lines-0-pieces"' in page
    assert 'value="two"' in page
    assert 'value="JH-9"' in page
    assert 'value="李示例"' in page
    page = inspector.send(form, 422, _step="check", _lines__0__pieces="1", _lines__0__match="none")
    assert "Found means that at least one line matches." in page
    page = inspector.send(form, 422, _step="check", _lines__0__code="ABCD1234", _lines__0__match="all")
    assert 'href="#f-_lines-0-code"' in page
    assert _count(Finding) == 0


def test_lines_are_added_and_taken_away_without_script(inspector: Reader, regulator: Reader, world: World) -> None:
    _stock(world)
    recall_id = _announce(regulator)
    task = world.inspector.get(f"/recalls/{recall_id}/tasks")["items"][0]
    form = f"/sweep-tasks/{task['task_id']}/finding"
    inspector.open(f"{form}?outcome=found")
    page = inspector.send(form, 200, _add="lines", _lines__0__pieces="5")
    assert "_lines-1-pieces" in page
    page = inspector.send(form, 200, _remove="lines-0", _lines__1__what="u", lines__1__unlisted__name="Bag", **{
        "_lines__1__pieces": "7"})  # fmt: skip
    assert "_lines-1-pieces" not in page
    fields = dict(inspector.form(form)["fields"])
    assert (fields["_lines-0-pieces"], fields["lines-0-unlisted-name"]) == ("7", "Bag")
    inspector.send(form, 422, _step="check", _lines__0__mass="computed")
    assert "have no known size" in inspector.text
    inspector.send(form, 200, _step="check", _lines__0__mass="weighed", _lines__0__mass_kg="12.5")
    assert "12.5 kg" in inspector.text


def test_a_closed_door_needs_no_goods(inspector: Reader, regulator: Reader, world: World) -> None:
    _stock(world)
    recall_id = _announce(regulator)
    task = world.inspector.get(f"/recalls/{recall_id}/tasks")["items"][0]
    form = f"/sweep-tasks/{task['task_id']}/finding"
    inspector.open(form)
    inspector.send(form, 200, outcome="closed", _step="")
    inspector.send(form, 200, _step="check", note="Called twice")
    inspector.send(form, 200, _step="record")
    assert "stays on the list" in inspector.text
    assert world.inspector.get(f"/sweep-tasks/{task['task_id']}")["state"] == "closed"


def test_a_site_found_on_foot_and_results_of_samples(inspector: Reader, regulator: Reader, world: World) -> None:
    recall_id = _announce(regulator)
    form = f"/recalls/{recall_id}/tasks/new"
    inspector.open(form)
    inspector.send(form, 422, name="")
    assert 'href="#f-name"' in inspector.text
    inspector.send(form, 200, name="Stall without a sign", address="Behind the market")
    finding = inspector.path
    assert re.fullmatch(r"/sweep-tasks/[0-9a-f-]{36}/finding", finding)
    inspector.send(finding, 200, outcome="none_found", _step="")
    inspector.send(finding, 200, _step="check", samples__0__pieces="3", samples__0__place="Market B")
    inspector.send(finding, 200, _step="record")
    results = f"/recalls/{recall_id}/sample-results/new"
    inspector.open(results)
    inspector.send(results, 422, _target="1|Market B", pieces="9", state="sent")
    assert "Only 3 pieces" in inspector.text
    assert "checked" in inspector.text
    inspector.send(results, 200, pieces="3")
    figures = world.regulator.get(f"/recalls/{recall_id}/report")["figures"]
    assert figures["samples"] == [{"round": 1, "place": "Market B", "pieces": 3, "state": "sent"}]


def test_the_board_as_of_a_moment(regulator: Reader, world: World) -> None:
    _stock(world)
    recall_id = _announce(regulator, blanket__site_kinds=["shop"])
    board = regulator.open(f"/recalls/{recall_id}")
    assert "How much there is outside the books is not known." in board
    assert "<style" not in board
    assert "<script>" not in board
    early = regulator.open(f"/recalls/{recall_id}?as_of=2021-01-01T00:00", expect=None)
    assert regulator.status == 200
    assert early.count("The notice had not come yet.") == 2, "on top, and at the field"
    wrong = regulator.open(f"/recalls/{recall_id}?as_of=soon")
    assert 'value="soon"' in wrong
    route = regulator.open(f"/recalls/{recall_id}/route")
    assert "13800000000" in route


def test_who_may_open_what(app: Flask, world: World, people: People, regulator: Reader, inspector: Reader) -> None:
    stock = _stock(world)
    recall_id = _announce(regulator)
    task_id = world.inspector.get(f"/recalls/{recall_id}/tasks")["items"][0]["task_id"]
    pages = ["/recalls", f"/recalls/{recall_id}", f"/recalls/{recall_id}/route", f"/sweep-tasks/{task_id}"]
    forms = ["/recalls/new", f"/recalls/{recall_id}/announce"]
    for page in pages:
        inspector.open(page)
    for page in forms:
        inspector.open(page, 403)
        regulator.open(page)
    merchant = Reader.of(app, world.merchant(stock["owner"]))
    stranger = Reader.of(app, people.regulator("511011"))
    for page in [*pages, *forms]:
        merchant.open(page, 403)
    for page in pages[1:]:
        stranger.open(page, 404)
    nobody = Reader(app)
    for page in pages:
        nobody.open(page, 401)


def test_forms_without_their_token_are_refused(app: Flask, regulator: Reader) -> None:
    response = regulator.client.post("/recalls/new", data={"_step": "preview"})
    assert response.status_code == 400
