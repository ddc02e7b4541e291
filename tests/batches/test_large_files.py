"""Files that are too large for a form of pages: said at their field with all that was typed, never a bare page."""

import io

import pytest
from PIL import Image

from coldchain.core import limits
from tests.batches.deliveries import Delivery, at
from tests.batches.test_arrival_wizard import NEW, filled
from tests.factories import hostile
from tests.factories.reader import Reader

MEGABYTE = 1024 * 1024


@pytest.fixture
def delivery(scenes):
    """An importer with a store."""
    with at():
        yield scenes.of(Delivery)


def sent(reader: Reader, path: str, fields: dict[str, str], files: dict[str, bytes]) -> str:
    """Send the page's form with files, as raw bytes: the test client leaves its own spool file of a large form open."""
    typed = {name.replace("__", "-"): text for name, text in fields.items()}
    pairs = dict(reader.form(path)["fields"]) | typed
    body = b"".join(
        f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in pairs.items()
    )
    for name, content in files.items():
        head = f'--cut\r\nContent-Disposition: form-data; name="{name}"; filename="a.jpg"\r\n\r\n'
        body += head.encode() + content + b"\r\n"
    answer = reader.client.post(
        path, data=body + b"--cut--\r\n", content_type="multipart/form-data; boundary=cut", follow_redirects=True
    )
    return reader._took(answer, None)


def picture(index: int) -> bytes:
    """Return an invented photograph of 4.2 MB."""
    out = io.BytesIO()
    Image.new("RGB", (40 + index, 30)).save(out, "JPEG")
    return out.getvalue().ljust(42 * MEGABYTE // 10, b"\0")


def test_a_file_that_is_too_large_is_said_at_its_row_and_everything_typed_stays(app, delivery) -> None:
    merchant = Reader.of(app, delivery.merchant)
    merchant.open(NEW)
    papers = {
        f"_papers__{n}__{name}": text
        for n in range(3)
        for name, text in {
            "kind": "inspection_quarantine",
            "number": f"N{n}",
            "issuer": "示例海关",
            "issued_on": "2021-01-17",
        }.items()
    }
    typed = filled(delivery, _step="check", seal_no="HL20771", **papers)
    large = hostile.photograph().ljust(limits.UPLOAD_BYTES + 1, b"\0")
    page = sent(merchant, NEW, typed, {"_papers-0-file": picture(0), "_papers-1-file": large})
    assert merchant.status == 422
    assert 'href="#f-_papers-1-file"' in page
    assert "At most 10 MB" in page
    for kept in ("HL20771", "N0", "N2", "The file is kept"):
        assert kept in page
    page = sent(merchant, NEW, {"_step": "check"}, {f"_papers-{n}-file": picture(n) for n in range(3)})
    assert merchant.status == 200, "three photographs of a telephone in three rows"
    merchant.send(NEW, 200, _step="send")
    (made,) = delivery.merchant.get("/arrivals")["items"]
    papers_kept = delivery.merchant.get(f"/arrivals/{made['arrival_id']}")["evidence"]
    assert [paper["file"] is not None for paper in papers_kept] == [True] * 3


def test_what_is_too_large_to_be_read_at_all_names_the_limits_and_the_way_back(app, delivery, monkeypatch) -> None:
    merchant = Reader.of(app, delivery.merchant, lang="zh_CN")
    merchant.open(NEW)
    monkeypatch.setattr(limits, "FORM_BYTES", 2 * MEGABYTE)
    page = sent(merchant, NEW, {}, {"_papers-0-file": bytes(2 * MEGABYTE)})
    assert merchant.status == 413
    assert "一共提交了 3 MB，一次最多提交 2 MB" in page
    assert "每个文件最多 10 MB" in page
    assert f'href="{NEW}"' in page
    stranger = Reader(app)
    answer = stranger.client.post("/sign-in", data=bytes(limits.UPLOAD_BYTES + 70_000))
    assert answer.status_code == 413, "who isn't signed in sends no more than one file"
