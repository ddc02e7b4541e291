"""Label runs over HTTP: who may order them, what is refused, how they are made, and who gets the files."""

from __future__ import annotations

import asyncio
import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from sqlalchemy import text

from coldchain.core import db, limits
from coldchain.core import jobs as queue
from coldchain.labels import files, jobs
from coldchain.labels.code import LabelCode
from config import Settings
from tests.factories.people import Speaker
from tests.factories.scenes import Scenes
from tests.factories.world import World


def _goods(world: World) -> dict[str, Any]:
    owner = world.business()
    site = world.site(owner)
    zone = world.zone(site)
    product = world.product(units_per_piece=6)
    arrival = world.arrival(owner, site, zone, [{"product_id": product["product_id"], "quantity_units": 240}])
    return {"owner": owner, "site": site, "zone": zone, "product": product, "batch": arrival["batches"][0]}


@pytest.fixture
def goods(scenes: Scenes) -> dict[str, Any]:
    """An importer with a batch of 40 pieces in its own store, no papers."""
    return scenes.of(_goods)


def order(who: Speaker, goods: dict[str, Any], body: dict[str, Any], expect: int = 202) -> Any:
    """Order labels of the batch."""
    return who.post(f"/batches/{goods['batch']['batch_id']}/label-runs", body, expect)


def rows(statement: str, **given: Any) -> list[Any]:
    """Read from the database as it is committed."""
    with db.engine().connect() as connection:
        return list(connection.execute(text(statement), given))


def fetch(app: Flask, who: Speaker, path: str) -> Any:
    """GET a file with somebody's token."""
    headers = {"Authorization": f"Bearer {who.token}"} if who.token else {}
    return app.test_client().get(path, headers=headers)


def test_an_order_is_answered_at_once_and_made_by_the_job(world: World, goods: dict[str, Any]) -> None:
    merchant = world.merchant(goods["owner"])
    answer = order(merchant, goods, {"piece_from": 3, "piece_to": 9})
    assert answer["state"] == "queued"
    assert (answer["done"], answer["total"]) == (0, 7)
    assert answer["files"] == {"pdf": None, "zip": None}
    queued = rows("SELECT task_name, args FROM procrastinate_jobs")
    assert [(row.task_name, row.args) for row in queued] == [("labels.run", {"run_id": answer["run_id"]})]
    jobs.run(run_id=answer["run_id"])
    made = merchant.get(f"/label-runs/{answer['run_id']}")
    assert made["state"] == "done"
    assert (made["done"], made["total"]) == (7, 7)
    assert made["files"]["pdf"].endswith("/sheet.pdf")
    assert made["files"]["zip"].endswith("/labels.zip")
    assert "png" not in made["files"] or made["files"]["png"] is None
    assert made["finished_at"]


def test_what_is_printed_leads_back_to_the_address(app: Flask, world: World, goods: dict[str, Any]) -> None:
    merchant = world.merchant(goods["owner"])
    run = order(merchant, goods, {"piece_from": 1, "piece_to": 23})
    jobs.run(run_id=run["run_id"])
    made = merchant.get(f"/label-runs/{run['run_id']}")
    wanted = {
        f"https://trace.example/C/{LabelCode(goods['batch']['batch_code'], 'piece', n).text}".upper()
        for n in range(1, 24)
    }
    archive = zipfile.ZipFile(io.BytesIO(fetch(app, merchant, made["files"]["zip"]).data))
    read = {zxingcpp.read_barcode(Image.open(io.BytesIO(archive.read(name)))).text for name in archive.namelist()}
    assert read == wanted
    sheet = pypdfium2.PdfDocument(fetch(app, merchant, made["files"]["pdf"]).data)
    assert len(sheet) == 3  # alignment page, 21, 2
    printed = {
        code.text for page in sheet for code in zxingcpp.read_barcodes(page.render(scale=4).to_pil().convert("L"))
    }
    assert printed == wanted


def test_a_batch_label_comes_as_a_picture_too(app: Flask, world: World, goods: dict[str, Any]) -> None:
    merchant = world.merchant(goods["owner"])
    run = order(merchant, goods, {"level": "batch"})
    jobs.run(run_id=run["run_id"])
    answer = fetch(app, merchant, merchant.get(f"/label-runs/{run['run_id']}")["files"]["png"])
    assert answer.content_type == "image/png"
    picture = Image.open(io.BytesIO(answer.data))
    assert picture.size == (480, 320)
    code = LabelCode(goods["batch"]["batch_code"], "batch", 0).text
    assert zxingcpp.read_barcode(picture).text == f"https://trace.example/C/{code}".upper()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{goods["batch"]["batch_code"]}.png"'


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/level", "one_of"),
        ({"level": "batch", "piece_from": 1, "piece_to": 2}, "/level", "one_of"),
        ({"level": "piece"}, "/level", "one_of"),
        ({"piece_from": 1}, "/piece_to", "required"),
        ({"piece_to": 4}, "/piece_from", "required"),
        ({"piece_from": 5, "piece_to": 4}, "/piece_to", "wrong_order"),
        ({"piece_from": 0, "piece_to": 4}, "/piece_from", "out_of_range"),
        ({"piece_from": 40, "piece_to": 41}, "/piece_to", "beyond_pieces"),
        ({"piece_from": 1, "piece_to": 10**30}, "/piece_to", "out_of_range"),
        ({"piece_from": "1", "piece_to": 4}, "/piece_from", "not_integer"),
        ({"piece_from": True, "piece_to": 4}, "/piece_from", "not_integer"),
        ({"level": "pallet"}, "/level", "not_one_of"),
        ({"level": "batch", "printer": "x"}, "/printer", "unknown_field"),
        ({"level": "batch", "occurred_at": "2099-01-01T00:00:00Z"}, "/occurred_at", "in_future"),
    ],
)
def test_a_wrong_order_names_its_field_and_makes_nothing(
    world: World, goods: dict[str, Any], body: dict[str, Any], pointer: str, code: str
) -> None:
    problem = order(world.merchant(goods["owner"]), goods, body, 422)
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]
    assert rows("SELECT 1 FROM label_run") == []
    assert rows("SELECT 1 FROM procrastinate_jobs") == []


def test_a_run_has_at_most_as_many_labels_as_the_limit_says(world: World, goods: dict[str, Any]) -> None:
    owner = goods["owner"]
    big = world.arrival(
        owner,
        goods["site"],
        goods["zone"],
        [{"product_id": goods["product"]["product_id"], "quantity_units": 6 * 2 * limits.LABELS_PER_RUN}],
    )["batches"][0]
    path = f"/batches/{big['batch_id']}/label-runs"
    merchant = world.merchant(owner)
    assert merchant.post(path, {"piece_from": 11, "piece_to": 10 + limits.LABELS_PER_RUN}, 202)["total"] == 500
    problem = merchant.post(path, {"piece_from": 11, "piece_to": 11 + limits.LABELS_PER_RUN}, 422)
    assert problem["code"] == "too_many_labels"
    assert problem["errors"][0]["code"] == "too_many_labels"


def test_the_code_is_settled_when_the_run_is_recorded(world: World) -> None:
    """三证一码: everything is there but the code; the gate clears with the order, before any file is made."""
    owner = world.business()
    site = world.site(owner)
    product = world.product()
    arrival = world.arrival(
        owner, site, world.zone(site), [{"product_id": product["product_id"], "quantity_units": 60}]
    )
    world.papers(owner, arrival)
    world.disinfect(owner, arrival)
    lab = world.lab()
    batch_id = arrival["batches"][0]["batch_id"]
    world.result(lab, world.tube(lab, [batch_id]))
    merchant = world.merchant(owner)
    before = merchant.get(f"/batches/{batch_id}/gate")
    assert [item["code"] for item in before["missing"]] == ["code_missing"]
    merchant.post(f"/batches/{batch_id}/label-runs", {"piece_from": 1, "piece_to": 1}, 202)
    assert merchant.get(f"/batches/{batch_id}/gate")["clear"] is True
    assert merchant.get(f"/batches/{batch_id}")["status"] == "cleared"


def test_the_order_is_in_the_journal(world: World, goods: dict[str, Any]) -> None:
    run = order(world.regulator, goods, {"level": "batch"})
    entry = rows("SELECT business_id, region_code, body FROM journal_entry WHERE kind = 'label_run.ordered'")
    assert len(entry) == 1
    assert str(entry[0].business_id) == goods["owner"]["business_id"]
    assert entry[0].region_code == "230203"
    assert run["run_id"] in entry[0].body


def test_a_job_run_twice_makes_the_same_files_once(settings: Settings, world: World, goods: dict[str, Any]) -> None:
    run = order(world.merchant(goods["owner"]), goods, {"level": "batch"})
    folder = files.folder(settings.var_dir, UUID(run["run_id"]))
    jobs.run(run_id=run["run_id"])
    first = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    jobs.run(run_id=run["run_id"])  # done already: nothing is touched
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == first
    (folder / files.ARCHIVE).unlink()  # died half way, or cleared away
    with db.engine().begin() as connection:
        connection.execute(text("UPDATE label_run SET state = 'running', done = 0"))
    jobs.run(run_id=run["run_id"])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {n: b for n, (b, _) in first.items()}
    assert rows("SELECT state, done FROM label_run") == [("done", 1)]


def test_the_queue_itself_runs_the_job(settings: Settings, world: World, goods: dict[str, Any]) -> None:
    run = order(world.merchant(goods["owner"]), goods, {"piece_from": 1, "piece_to": 2})
    # in a thread of its own: a browser's test in the same process leaves a running loop behind in this one
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(queue.work(str(settings.database_url), wait=False))).result()
    assert world.merchant(goods["owner"]).get(f"/label-runs/{run['run_id']}")["state"] == "done"


def test_a_run_that_cannot_be_written_says_so_and_is_tried_again(
    settings: Settings, world: World, goods: dict[str, Any], tmp_path: Path
) -> None:
    run = order(world.merchant(goods["owner"]), goods, {"level": "batch"})
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    blocker = settings.var_dir / "labels"
    blocker.write_text("a file where the folder should be")
    with pytest.raises(NotADirectoryError):
        jobs.run(run_id=run["run_id"])
    assert rows("SELECT state, error FROM label_run") == [("failed", "internal")]
    blocker.unlink()
    jobs.run(run_id=run["run_id"])
    assert rows("SELECT state, error FROM label_run") == [("done", None)]


def test_a_half_written_file_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = UUID("018f3a2b-0000-7000-8000-000000000001")
    files.write(tmp_path, run_id, files.SHEET, b"first")

    def fail(_descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        files.write(tmp_path, run_id, files.SHEET, b"second")
    folder = files.folder(tmp_path, run_id)
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [(files.SHEET, b"first")]


def test_who_may_order(world: World, goods: dict[str, Any]) -> None:
    body = {"piece_from": 1, "piece_to": 1}
    order(world.merchant(goods["owner"]), goods, body)
    order(world.regulator, goods, body)
    order(world.inspector, goods, body)
    order(world.people.inspector("511011"), goods, body, 404)
    order(world.lab()[1], goods, body, 403)
    order(world.people.admin(), goods, body, 403)
    order(world.merchant(world.business()), goods, body, 404)
    order(world.people.regulator("511011"), goods, body, 404)
    order(world.people.nobody(), goods, body, 401)


def test_a_store_keeper_of_others_goods_may_not_order(world: World, goods: dict[str, Any]) -> None:
    """The custodian sees the goods, the labels are the owner's affair."""
    keeper = world.business(kinds=["cold_store"])
    site = world.site(keeper)
    zone = world.zone(site)
    arrival = world.arrival(
        goods["owner"], site, zone, [{"product_id": goods["product"]["product_id"], "quantity_units": 12}]
    )
    path = f"/batches/{arrival['batches'][0]['batch_id']}/label-runs"
    world.merchant(keeper).post(path, {"level": "batch"}, 404)
    world.merchant(goods["owner"]).post(path, {"level": "batch"}, 202)


def test_only_the_entitled_see_a_run_and_get_its_files(app: Flask, world: World, goods: dict[str, Any]) -> None:
    owner = world.merchant(goods["owner"])
    run = order(owner, goods, {"level": "batch"})
    jobs.run(run_id=run["run_id"])
    paths = [f"/api/v1/label-runs/{run['run_id']}/{name}" for name in ("sheet.pdf", "labels.zip", "label.png")]
    for path in [f"/api/v1/label-runs/{run['run_id']}", *paths]:
        for who in (owner, world.regulator, world.inspector, world.people.admin()):
            assert fetch(app, who, path).status_code == 200
        for who in (world.merchant(world.business()), world.people.regulator("511011")):
            assert fetch(app, who, path).status_code == 404
        assert fetch(app, world.lab()[1], path).status_code == 403
        assert fetch(app, world.people.nobody(), path).status_code == 401


def test_files_are_absent_until_they_are_made(app: Flask, world: World, goods: dict[str, Any]) -> None:
    merchant = world.merchant(goods["owner"])
    run = order(merchant, goods, {"piece_from": 1, "piece_to": 2})
    path = f"/api/v1/label-runs/{run['run_id']}"
    assert fetch(app, merchant, f"{path}/sheet.pdf").status_code == 404
    jobs.run(run_id=run["run_id"])
    assert fetch(app, merchant, f"{path}/sheet.pdf").status_code == 200
    assert fetch(app, merchant, f"{path}/label.png").status_code == 404  # two labels have no one picture
    assert fetch(app, merchant, f"{path}/../../../etc/passwd").status_code == 404


def test_lists_hold_own_runs_only(world: World, goods: dict[str, Any]) -> None:
    mine = order(world.merchant(goods["owner"]), goods, {"level": "batch"})["run_id"]
    for_me = order(world.regulator, goods, {"piece_from": 1, "piece_to": 1})["run_id"]
    listed = world.merchant(goods["owner"]).get("/label-runs")["items"]
    assert [item["run_id"] for item in listed] == [for_me, mine]
    assert world.merchant(world.business()).get("/label-runs")["items"] == []
    assert len(world.inspector.get(f"/label-runs?batch_id={goods['batch']['batch_id']}")["items"]) == 2
    assert world.inspector.get("/label-runs?state=failed")["items"] == []
    assert world.people.inspector("511011").get("/label-runs")["items"] == []


def test_the_same_order_with_the_same_key_is_one_run(world: World, goods: dict[str, Any]) -> None:
    merchant = world.merchant(goods["owner"])
    path = f"/batches/{goods['batch']['batch_id']}/label-runs"
    answers = [merchant.post(path, {"level": "batch"}, 202, headers={"Idempotency-Key": "k-1"}) for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(rows("SELECT 1 FROM label_run")) == 1


def test_labels_for_a_trial_address_are_marked(
    app: Flask, settings: Settings, world: World, goods: dict[str, Any]
) -> None:
    app.config["SETTINGS"] = replace(settings, public_url_is_trial=True)
    assert order(world.merchant(goods["owner"]), goods, {"level": "batch"})["trial"] is True
    assert rows("SELECT trial FROM label_run") == [(True,)]
