"""What people hand in as files: what is kept, what is refused by name, with hostile files really made."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
import zlib
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from sqlmodel import Session

from coldchain.core import limits, stored_files
from coldchain.core.errors import Invalid, NotFound
from coldchain.core.stored_files import StoredFile
from tests.factories import hostile


def keep(session: Session, tmp_path: Path, content: bytes) -> tuple[StoredFile, bytes]:
    """Keep a file, and return its row and the bytes on disk."""
    row = stored_files.keep(session, tmp_path, content, None, "/file")
    return row, stored_files.content_of(tmp_path, row)


def refused(session: Session, tmp_path: Path, content: bytes) -> str:
    """Return the code by which a file is refused; nothing is kept of it."""
    with pytest.raises(Invalid) as caught:
        stored_files.keep(session, tmp_path, content, None, "/file")
    assert not list((tmp_path / "uploads").rglob("*")) if (tmp_path / "uploads").exists() else True
    (error,) = caught.value.errors
    assert error.pointer == "/file"
    return error.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_is_drawn_anew_without_its_place(session: Session, tmp_path: Path, kind: str) -> None:
    row, kept = keep(session, tmp_path, hostile.photograph(kind))
    assert (row.media_type, row.pages, row.size_bytes) == ("image/jpeg", 1, len(kept))
    assert row.sha256 == hashlib.sha256(kept).hexdigest()
    with Image.open(io.BytesIO(kept)) as image:
        assert (image.size, dict(image.getexif())) == ((40, 30), {})
    assert stored_files.page_of(tmp_path, row, 1) == kept


def test_what_lies_behind_the_last_pixel_is_gone(session: Session, tmp_path: Path) -> None:
    _row, kept = keep(session, tmp_path, hostile.page_in_photograph())
    assert b"script" not in kept
    assert not zipfile.is_zipfile(io.BytesIO(kept))


def test_what_is_transparent_becomes_paper(session: Session, tmp_path: Path) -> None:
    _row, kept = keep(session, tmp_path, hostile.photograph("PNG", mode="RGBA"))
    with Image.open(io.BytesIO(kept)) as image:
        assert image.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("change", [None, hostile.opens_at_a_page, hostile.signed_form])
def test_a_quiet_pdf_is_kept_as_it_came(session: Session, tmp_path: Path, change: hostile.Change | None) -> None:
    content = hostile.pdf(change, pages=3)
    row, kept = keep(session, tmp_path, content)
    assert (row.media_type, row.pages, kept) == ("application/pdf", 3, content)
    again, _kept = keep(session, tmp_path, content)
    assert again.file_id == row.file_id  # the same content is kept once
    with Image.open(io.BytesIO(stored_files.page_of(tmp_path, row, 3))) as image:
        assert image.format == "JPEG"
        assert max(image.size) <= 1_400
    for page in (0, 4):
        with pytest.raises(NotFound):
            stored_files.page_of(tmp_path, row, page)


@pytest.mark.parametrize("name", hostile.ACTIVE)
def test_a_pdf_that_does_something_is_refused(session: Session, tmp_path: Path, name: str) -> None:
    for options in ({}, {"object_stream_mode": pikepdf.ObjectStreamMode.generate}):
        assert refused(session, tmp_path, hostile.pdf(hostile.ACTIVE[name], **options)) == "pdf_active"


def test_a_name_written_in_code_hides_nothing(session: Session, tmp_path: Path) -> None:
    content = hostile.pdf(hostile.script_on_opening).replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/#4AS")
    assert b"/JavaScript" not in content
    assert refused(session, tmp_path, content) == "pdf_active"


def test_a_locked_pdf_is_refused(session: Session, tmp_path: Path) -> None:
    for owner, user in (("o", "u"), ("o", "")):
        content = hostile.pdf(encryption=pikepdf.Encryption(owner=owner, user=user))
        assert refused(session, tmp_path, content) == "pdf_encrypted"


@pytest.mark.parametrize("made", [hostile.zip_in_pdf, hostile.zip_hidden_in_pdf])
def test_a_pdf_is_nothing_else_as_well(session: Session, tmp_path: Path, made: object) -> None:
    """What stands behind the end is left out; an archive inside is refused."""
    assert callable(made)
    content = made()
    assert zipfile.is_zipfile(io.BytesIO(content))
    if made is hostile.zip_hidden_in_pdf:
        assert refused(session, tmp_path, content) == "polyglot"
        return
    row, kept = keep(session, tmp_path, content)
    assert row.media_type == "application/pdf"
    assert not zipfile.is_zipfile(io.BytesIO(kept))


@pytest.mark.parametrize(
    "content",
    [
        b"MZ" + bytes(500),  # a program, whatever its name
        b"\x7fELF" + bytes(500),
        b"<html><script>alert(1)</script>" + hostile.pdf(),  # a page before a PDF
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"GIF89a" + bytes(20),
        b"PK\x03\x04" + bytes(100),
        b"\0",
    ],
)
def test_other_kinds_are_refused_by_their_content(session: Session, tmp_path: Path, content: bytes) -> None:
    assert refused(session, tmp_path, content) == "unknown_file_type"


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"%PDF-1.4\n" + os.urandom(3000), b"%PDF-1.4\n%%EOF"])
def test_what_only_begins_like_a_pdf_is_refused(session: Session, tmp_path: Path, content: bytes) -> None:
    assert refused(session, tmp_path, content) == "pdf_damaged"


def test_a_damaged_pdf_that_can_be_repaired_is_written_anew(session: Session, tmp_path: Path) -> None:
    content = hostile.pdf().replace(b"startxref", b"startxxxx")
    _row, kept = keep(session, tmp_path, content)
    assert kept != content
    with pikepdf.open(io.BytesIO(kept)) as document:
        assert (len(document.pages), document.get_warnings()) == (1, [])


def test_the_pixels_of_an_image_are_bounded_before_it_is_drawn(session: Session, tmp_path: Path) -> None:
    assert limits.IMAGE_PIXELS_MAX == 5_000 * 10_000
    assert refused(session, tmp_path, hostile.claimed_png(50_000, 50_000)) == "too_many_pixels"
    assert refused(session, tmp_path, hostile.real_png(5_000, 10_001)) == "too_many_pixels"
    row, _kept = keep(session, tmp_path, hostile.real_png(5_000, 10_000))
    assert row.media_type == "image/jpeg"


def test_the_pixels_of_a_picture_in_a_pdf_are_bounded(session: Session, tmp_path: Path) -> None:
    assert keep(session, tmp_path / "a", hostile.pdf(hostile.picture_inside(5_000, 10_000)))[0].pages == 1
    assert refused(session, tmp_path, hostile.pdf(hostile.picture_inside(5_000, 10_001))) == "too_many_pixels"


def test_the_pages_of_a_pdf_are_bounded(session: Session, tmp_path: Path) -> None:
    assert keep(session, tmp_path / "a", hostile.pdf(pages=limits.PDF_PAGES))[0].pages == limits.PDF_PAGES
    assert refused(session, tmp_path, hostile.pdf(pages=limits.PDF_PAGES + 1)) == "too_many_pages"


def test_what_a_stream_unpacks_to_is_bounded(session: Session, tmp_path: Path) -> None:
    most = limits.PDF_STREAM_BYTES
    assert keep(session, tmp_path / "a", hostile.pdf(hostile.inflating(most), compress_streams=False))[0].pages == 1
    over = hostile.pdf(hostile.inflating(most + 1), compress_streams=False)
    assert refused(session, tmp_path, over) == "unpacks_too_large"


def test_what_all_streams_unpack_to_is_bounded(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = hostile.pdf(hostile.inflating(100_000, 100_000, 100_000), compress_streams=False)
    whole = 3 * (100_000 + len(zlib.compress(bytes(100_000), 9)))  # packed and unpacked
    assert whole < limits.PDF_UNPACKED_BYTES
    monkeypatch.setattr(limits, "PDF_UNPACKED_BYTES", whole - 1)
    assert refused(session, tmp_path, content) == "unpacks_too_large"
    monkeypatch.setattr(limits, "PDF_UNPACKED_BYTES", whole)
    assert keep(session, tmp_path, content)[1] == content


def test_a_stream_packed_several_times_is_unpacked_with_a_bound(session: Session, tmp_path: Path) -> None:
    content = hostile.pdf(hostile.inflating(limits.PDF_STREAM_BYTES + 1, rounds=3), compress_streams=False)
    assert len(content) < 10_000
    assert refused(session, tmp_path, content) == "unpacks_too_large"


def test_objects_that_unpack_without_end_end_their_reader_alone(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = hostile.objects_bomb(300)
    assert len(content) < 400_000
    monkeypatch.setattr(limits, "FILE_READER_BYTES", limits.FILE_READER_BYTES // 6)
    assert keep(session, tmp_path / "a", hostile.pdf())[0].pages == 1  # enough for what is none
    assert refused(session, tmp_path, content) in {"pdf_damaged", "unpacks_too_large", "file_unreadable"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_that_was_cut_is_damaged_and_no_other_kind(session: Session, tmp_path: Path, kind: str) -> None:
    whole = hostile.photograph(kind, size=(300, 200))
    for kept in (len(whole) * 2 // 3, 40):
        assert refused(session, tmp_path, whole[:kept]) == "image_damaged"


def test_a_comment_that_unpacks_without_end(session: Session, tmp_path: Path) -> None:
    assert refused(session, tmp_path, hostile.text_bomb()) == "unknown_file_type"


def test_a_file_is_bounded_in_bytes(session: Session, tmp_path: Path) -> None:
    content = hostile.pdf() + bytes(limits.UPLOAD_BYTES)
    assert refused(session, tmp_path, content[: limits.UPLOAD_BYTES + 1]) == "too_large"
    row, kept = keep(session, tmp_path, content[: limits.UPLOAD_BYTES])  # what only fills up is left out
    assert (row.media_type, len(kept) < 10_000) == ("application/pdf", True)


def test_the_reader_is_bounded_in_memory_and_time(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = hostile.real_png(5_000, 8_000)
    monkeypatch.setattr(limits, "FILE_READER_BYTES", 120_000_000)
    assert refused(session, tmp_path, content) in {"file_unreadable", "unpacks_too_large"}
    monkeypatch.undo()
    monkeypatch.setattr(limits, "FILE_READER_S", 0)
    assert refused(session, tmp_path, content) == "file_unreadable"
