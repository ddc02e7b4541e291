"""Photographs that people hand in, kept by content hash below VAR_DIR/uploads; the database knows who gave them when.

What is kept is never what was sent: an image is decoded and written again, so that nothing hides behind its pixels and
no place or device stands in its metadata. The row and the name are the hash of what was written.
"""

import hashlib
import io
import os
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlmodel import Session, SQLModel, col, select

from coldchain.core import clock, limits
from coldchain.core.columns import key, moment, ref, whole, words
from coldchain.core.errors import Invalid
from coldchain.core.ids import new_id

FOLDER: Final = "uploads"
FORMATS: Final = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE: Final = "image/jpeg"
QUALITY: Final = 85


class StoredFile(SQLModel, table=True):
    """A file by the hash of its content; the same content is kept once."""

    __tablename__ = "stored_file"

    file_id: UUID = key()
    sha256: str = words(unique=True)
    media_type: str = words()
    size_bytes: int = whole()
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


def keep_image(session: Session, var_dir: Path, content: bytes, recorded_by: UUID | None, pointer: str) -> StoredFile:
    """Keep a photograph (JPEG, PNG or WebP by its content) as a JPEG without metadata; return its row.

    Raises Invalid at `pointer`: `too_large` beyond UPLOAD_BYTES or IMAGE_PIXELS_MAX, `not_an_image`. The file is on
    disk before the row is committed; a file without a row harms nobody.
    """
    if len(content) > limits.UPLOAD_BYTES:
        raise Invalid.of(pointer, "too_large", "At most {limit} MB.", limit=limits.UPLOAD_BYTES // 1024 // 1024)
    written = _as_jpeg(content, pointer)
    digest = hashlib.sha256(written).hexdigest()
    found = session.exec(select(StoredFile).where(col(StoredFile.sha256) == digest)).first()
    path = path_of(var_dir, digest)
    if not path.exists():
        _write(path, written)
    if found is not None:
        return found
    row = StoredFile(
        sha256=digest, media_type=MEDIA_TYPE, size_bytes=len(written), recorded_at=clock.now(), recorded_by=recorded_by
    )
    session.add(row)
    session.flush()
    return row


def path_of(var_dir: Path, sha256: str) -> Path:
    """Return where the file of that hash lies."""
    return var_dir / FOLDER / sha256[:2] / sha256


def _as_jpeg(content: bytes, pointer: str) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > limits.IMAGE_PIXELS_MAX:
                raise Invalid.of(
                    pointer, "too_large", "At most {limit} million pixels.", limit=limits.IMAGE_PIXELS_MAX // 10**6
                )
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Invalid.of(pointer, "not_an_image", "This is not a photograph (JPEG, PNG or WebP).") from error
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


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
