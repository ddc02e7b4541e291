"""What the rest of the house calls to make labels: a PNG, a zip of PNGs, A4 sheets as PDF. Pure: faces in, bytes out.

`unprintable(face)` names the characters that come out as 〓; ask it before printing and tell the person.
"""

import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from io import BytesIO

from coldchain.core import limits
from coldchain.labels import png, sheet
from coldchain.labels.face import LabelFace, unprintable
from coldchain.labels.qr import AddressTooLong

__all__ = ["AddressTooLong", "LabelFace", "render_png", "render_sheet", "render_zip", "unprintable"]

_PROGRESS_EVERY = 20
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say: the same faces give the same bytes


def _ignore(_done: int) -> None:
    """Take a progress report that nobody asked for."""


def _refuse_wrong_number(faces: Sequence[LabelFace]) -> None:
    if not 1 <= len(faces) <= limits.LABELS_PER_RUN:
        raise ValueError(f"a run has 1 to {limits.LABELS_PER_RUN} labels")


def render_png(face: LabelFace) -> bytes:
    """Return one label as a 1-bit PNG of 480 x 320 dots (60 x 40 mm at 203 dpi); raises AddressTooLong."""
    return png.write(face)


def render_zip(faces: Sequence[LabelFace], progress: Callable[[int], None] = _ignore) -> bytes:
    """Return a zip with `{code}.png` for each of 1 to 500 faces, a repeated code once; `progress(done)` every 20.

    Raises ValueError for another number of faces, AddressTooLong.
    """
    _refuse_wrong_number(faces)
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:  # PNGs are compressed already
        written: set[str] = set()
        for done, face in enumerate(faces, start=1):
            if face.code not in written:
                archive.writestr(zipfile.ZipInfo(f"{face.code}.png", _ZIP_EPOCH), png.write(face))
                written.add(face.code)
            if done % _PROGRESS_EVERY == 0 or done == len(faces):
                progress(done)
    return stream.getvalue()


def render_sheet(faces: Sequence[LabelFace], printed_at: datetime, progress: Callable[[int], None] = _ignore) -> bytes:
    """Return an A4 PDF of 1 to 500 faces: alignment page, then 21 labels a page; `progress(done)` after each page.

    `printed_at` is aware, printed in Beijing time. Raises ValueError for another number of faces or a naive time,
    AddressTooLong.
    """
    _refuse_wrong_number(faces)
    if printed_at.tzinfo is None:
        raise ValueError("printed_at must be aware")
    return sheet.write(faces, printed_at, progress)
