"""Files that people hand in, kept by content hash below VAR_DIR/uploads; the database knows who gave them when.

What a file is, its content says, never a name or a header. An image is never kept as it was sent: it is decoded and
drawn again, so that nothing hides behind its pixels and no place or device stands in its metadata. A PDF is kept only
when it does nothing by itself, and as it came, so that a seal in it stays good; one that had to be repaired is written
anew. Both are read in a process of its own with bounded memory and time (`file_reader.py`). The row and the name are
the hash of what was kept.
"""

import hashlib
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, SQLModel, col, select

from coldchain.core import clock, file_reader, limits
from coldchain.core.columns import key, moment, ref, whole, words
from coldchain.core.errors import Invalid, NotFound
from coldchain.core.i18n import N_
from coldchain.core.ids import new_id

FOLDER: Final = "uploads"
PDF: Final = file_reader.PDF
JPEG: Final = file_reader.JPEG
PHOTOGRAPHS: Final = (JPEG,)
PAPERS: Final = (JPEG, PDF)
ENDINGS: Final = {JPEG: "jpg", PDF: "pdf"}
UNREADABLE: Final = "file_unreadable"
REFUSALS: Final = {
    "not_an_image": N_("This is not a photograph (JPEG, PNG or WebP)."),
    "image_damaged": N_(
        "This photograph is damaged: part of it is missing, perhaps it was not copied whole. Choose it again or "
        "take it anew."
    ),
    "unknown_file_type": N_("This is neither a PDF nor a photograph (JPEG, PNG or WebP), whatever its name says."),
    "pdf_encrypted": N_("This PDF is locked by a password. Save it without one, or photograph the paper."),
    "pdf_active": N_(
        "This PDF holds a script, an action or other files inside. Print it to a new PDF, or photograph the paper."
    ),
    "pdf_damaged": N_("This PDF can't be read. Save it anew, or photograph the paper."),
    "polyglot": N_("This PDF is another kind of file as well. Print it to a new PDF, or photograph the paper."),
    "too_many_pages": N_("At most {limit} pages."),
    "too_many_pixels": N_("At most {limit} million pixels."),
    "unpacks_too_large": N_("This file unpacks to more than can be read. Photograph the paper."),
    UNREADABLE: N_("This file can't be read within the time and memory for one file. Photograph the paper."),
}
_LIMITS: Final = {"too_many_pages": limits.PDF_PAGES, "too_many_pixels": limits.IMAGE_PIXELS_MAX // 10**6}


class StoredFile(SQLModel, table=True):
    """A file by the hash of its content; the same content is kept once."""

    __tablename__ = "stored_file"

    file_id: UUID = key()
    sha256: str = words(unique=True)
    media_type: str = words()
    size_bytes: int = whole()
    pages: int = whole()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


def keep(
    session: Session,
    var_dir: Path,
    content: bytes,
    recorded_by: UUID | None,
    pointer: str,
    types: tuple[str, ...] = PAPERS,
) -> StoredFile:
    """Keep a file of one of `types` by its content, photographs as JPEG without metadata; return its row.

    Raises Invalid at `pointer`: `too_large` beyond UPLOAD_BYTES, and the codes of REFUSALS. The file is on disk before
    the row is committed; a file without a row harms nobody.
    """
    if len(content) > limits.UPLOAD_BYTES:
        raise Invalid.of(pointer, "too_large", "At most {limit} MB.", limit=limits.UPLOAD_BYTES // 1024 // 1024)
    said, written = _read(content, {"types": types})
    code = said.get("code")
    if code is not None:
        raise Invalid.of(pointer, code, REFUSALS[code], limit=_LIMITS.get(code, 0))
    written = written or content
    digest = hashlib.sha256(written).hexdigest()
    found = session.exec(select(StoredFile).where(col(StoredFile.sha256) == digest)).first()
    path = path_of(var_dir, digest)
    if not path.exists():
        _write(path, written)
    if found is not None:
        return found
    row = StoredFile(
        sha256=digest,
        media_type=said["media_type"],
        size_bytes=len(written),
        pages=said["pages"],
        recorded_at=clock.now(),
        recorded_by=recorded_by,
    )
    session.add(row)
    session.flush()
    return row


def keep_image(session: Session, var_dir: Path, content: bytes, recorded_by: UUID | None, pointer: str) -> StoredFile:
    """Keep a photograph (JPEG, PNG or WebP by its content) as a JPEG without metadata; return its row.

    Raises Invalid at `pointer`: `too_large`, `too_many_pixels`, `not_an_image`, `file_unreadable`.
    """
    return keep(session, var_dir, content, recorded_by, pointer, PHOTOGRAPHS)


def content_of(var_dir: Path, row: StoredFile) -> bytes:
    """Return the bytes of a kept file. Raises NotFound `no_file` when they are not on disk any more."""
    try:
        return path_of(var_dir, row.sha256).read_bytes()
    except FileNotFoundError as error:
        raise NotFound("The file is not there any more.", code="no_file") from error


def page_of(var_dir: Path, row: StoredFile, page: int) -> bytes:
    """Return a page of a kept file (1 is the first) as a JPEG: a photograph is its own. Raises NotFound `no_page`."""
    content = content_of(var_dir, row)
    if row.media_type == JPEG and page == 1:
        return content
    shown = b""
    if row.media_type == PDF and 1 <= page <= row.pages:
        said, shown = _read(content, {"page": page})
        shown = b"" if "code" in said else shown
    if not shown:
        raise NotFound("There is no picture of this page.", code="no_page")
    return shown


def _read(content: bytes, asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return what the process that reads files says of this one, and the bytes that it gives out."""
    options = asked | {
        "pixels": limits.IMAGE_PIXELS_MAX,
        "pages": limits.PDF_PAGES,
        "stream_bytes": limits.PDF_STREAM_BYTES,
        "unpacked_bytes": limits.PDF_UNPACKED_BYTES,
        "memory_bytes": limits.FILE_READER_BYTES,
        "seconds": limits.FILE_READER_S,
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own script; what was handed in is its input only
            [sys.executable, "-I", file_reader.__file__, json.dumps(options)],
            input=content,
            capture_output=True,
            check=False,
            cwd="/",
            env={"LANG": "C.UTF-8"},
            timeout=2 * limits.FILE_READER_S,
        )
    except subprocess.TimeoutExpired:
        return {"code": UNREADABLE}, b""
    if done.returncode != 0:
        return {"code": UNREADABLE}, b""
    head, _end, given = done.stdout.partition(b"\n")
    return json.loads(head), given


def path_of(var_dir: Path, sha256: str) -> Path:
    """Return where the file of that hash lies."""
    return var_dir / FOLDER / sha256[:2] / sha256


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    spare = path.with_name(f".{path.name}.{new_id().hex}")
    handle = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        spare.replace(path)
        for folder in (path.parent, path.parent.parent):  # else a loss of power may forget the name
            _sync(folder)
    except OSError:
        spare.unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
