"""A sweep by thumb: nothing found in one press; photographs of what was seen, drawn anew, for the place's officers."""

from __future__ import annotations

import io
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from coldchain.core import limits
from tests.factories.people import People
from tests.factories.reader import Reader
from tests.factories.scenes import Scenes
from tests.factories.world import World
from tests.inspections.test_findings import photograph
from tests.recall.test_sweep import announced


@dataclass
class Sweep:
    """A running sweep with a place where the books expect goods, and one where they expect nothing."""

    world: World
    expected: str
    blanket: str


def _sweep(world: World) -> Sweep:
    goods = world.cleared(100, series="分割鸡")
    shop = world.shop()
    blanket = {"region_code": "230203", "site_kinds": ["shop", "cold_store"]}
    recall = announced(world, blanket=blanket)
    tasks = world.regulator.get(f"/recalls/{recall['recall_id']}/tasks?limit=200")["items"]
    by_site = {task["site_id"]: task["task_id"] for task in tasks}
    return Sweep(world, by_site[goods["site"]["site_id"]], by_site[shop["site"]["site_id"]])


@pytest.fixture
def sweep(scenes: Scenes) -> Sweep:
    """A running sweep."""
    return scenes.of(_sweep)


def gps() -> bytes:
    """Return a photograph that tells where it was taken."""
    out = io.BytesIO()
    image = Image.new("RGB", (40, 30), "#405060")
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (47.0, 21.0, 0.0)}
    exif[0x010F] = "SECRETPHONE"
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def findings(sweep: Sweep, task: str) -> list[dict[str, Any]]:
    """Return what is recorded of a task."""
    found: list[dict[str, Any]] = sweep.world.inspector.get(f"/sweep-tasks/{task}/findings")["items"]
    return found


def test_nothing_found_is_one_press_where_nothing_is_expected(app: Flask, sweep: Sweep) -> None:
    """From the task's page and from the form; where the books expect goods, or somebody was there, it is looked at."""
    officer = Reader.of(app, sweep.world.inspector)
    page, form = f"/sweep-tasks/{sweep.blanket}", f"/sweep-tasks/{sweep.blanket}/finding"
    assert "Nothing found here: send at once" in officer.open(form)
    officer.open(page)
    officer.send(form, 200, _step="none_found")
    assert officer.path.startswith(f"{page}/findings/"), "recorded, without another page between"
    (finding,) = findings(sweep, sweep.blanket)
    assert (finding["outcome"], finding["lines"]) == ("none_found", [])
    officer.open(page)
    officer.send(form, 200, _step="none_found")
    assert len(findings(sweep, sweep.blanket)) == 1, "recorded before: it is looked at once more"
    assert "Check before sending" in officer.text

    officer.open(f"/sweep-tasks/{sweep.expected}")
    officer.send(f"/sweep-tasks/{sweep.expected}/finding", 200, _step="none_found")
    assert findings(sweep, sweep.expected) == []
    assert "Check before sending" in officer.text
    officer.send(f"/sweep-tasks/{sweep.expected}/finding", 200, _step="record")
    assert [each["outcome"] for each in findings(sweep, sweep.expected)] == ["none_found"]


def test_a_photograph_goes_with_the_form_and_stays_over_an_error(app: Flask, sweep: Sweep, people: People) -> None:
    """Chosen once, kept over an error and the check; drawn anew; read by the place's officers and by nobody else."""
    officer = Reader.of(app, sweep.world.inspector)
    task = sweep.blanket
    form = f"/sweep-tasks/{task}/finding"
    officer.open(f"{form}?outcome=closed")
    wrong = {"captured_at": "yesterday", "photo__file": (BytesIO(gps()), "a.jpg")}
    officer.send(form, 422, _step="check", **wrong)
    assert "The file is kept" in officer.text
    officer.send(form, 200, _step="check", captured_at="")
    assert "one, sent with the record" in officer.text
    assert findings(sweep, task) == []
    officer.send(form, 200, _step="record")
    (finding,) = findings(sweep, task)
    start = f"/api/v1/sweep-tasks/{task}/findings/{finding['finding_id']}/photos/"
    photo = start + officer.text.partition(f'src="{start}')[2].partition('"')[0]
    assert photo in officer.open(f"/sweep-tasks/{task}")
    content = officer.client.get(photo).get_data()
    assert content[:3] == b"\xff\xd8\xff"
    assert b"SECRETPHONE" not in content
    assert Image.open(io.BytesIO(content)).getexif() == {}
    far = people.inspector("230202")
    for stranger, status in ((far, 404), (sweep.world.merchant(sweep.world.business()), 403)):
        answer = stranger.client.get(photo, headers={"Authorization": f"Bearer {stranger.token}"})
        assert answer.status_code == status
    other = f"/api/v1/sweep-tasks/{sweep.expected}/findings/{finding['finding_id']}/photos/{photo.rpartition('/')[2]}"
    assert officer.client.get(other).status_code == 404, "of another task"


def test_a_photograph_can_follow_and_has_bounds(
    app: Flask, sweep: Sweep, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the one press a photograph is added on the receipt; as many as fit; no PDF, no text, no stranger's."""
    officer = Reader.of(app, sweep.world.inspector)
    task = sweep.blanket
    officer.open(f"/sweep-tasks/{task}")
    officer.send(f"/sweep-tasks/{task}/finding", 200, _step="none_found")
    (finding,) = findings(sweep, task)
    add = f"/sweep-tasks/{task}/findings/{finding['finding_id']}/photos"
    monkeypatch.setattr(limits, "PHOTOS_PER_FINDING", 2)
    for number, shown in ((1, 1), (2, 2), (2, 2), (3, 2)):
        officer.send(add, 200, file=(BytesIO(photograph(number)), "b.png"))
        assert officer.text.count(f'src="/api/v1{add}/') == shown, number
    assert "A finding takes at most 2 photographs." in officer.text
    for content in (b"%PDF-1.4 no photograph", b"plain"):
        officer.send(add, 200, file=(BytesIO(content), "c.png"))
        assert "This is not a photograph" in officer.text
    officer.send(add, 200)
    assert "This is needed." in officer.text
    far = people.inspector("230202")
    answer = far.client.post(
        f"/api/v1{add}", data={"file": (BytesIO(photograph(4)), "d.png")}, content_type="multipart/form-data",
        headers={"Authorization": f"Bearer {far.token}"},
    )  # fmt: skip
    assert answer.status_code == 404
