"""Files as people hand them in, and as an attacker would: each really made, none kept in the tree."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image

Change = Callable[[pikepdf.Pdf], Any]


def pdf(change: Change | None = None, pages: int = 1, **saved: Any) -> bytes:
    """A PDF of blank pages, changed before it is written."""
    document = pikepdf.new()
    for _page in range(pages):
        document.add_blank_page(page_size=(595, 842))
    if change is not None:
        change(document)
    out = io.BytesIO()
    document.save(out, **saved)
    return out.getvalue()


def script_on_opening(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert('示例')")


def script_by_name(document: pikepdf.Pdf) -> None:
    script = document.make_indirect(Dictionary(S=Name.JavaScript, JS=document.make_stream(b"app.alert(1)")))
    document.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array(["x", script])))


def script_hidden_from_pages(document: pikepdf.Pdf) -> None:
    """In an object that no page leads to, one level down in an array."""
    document.Root.Odd = Array([Dictionary(Any=Array([Dictionary(S=Name("/JavaScript"), JS="1")]))])


def launch(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = Dictionary(S=Name.Launch, F="calc.exe")


def on_closing(document: pikepdf.Pdf) -> None:
    document.pages[0].AA = Dictionary(C=Dictionary(S=Name.URI, URI="https://example.org/"))


def submit(document: pikepdf.Pdf) -> None:
    field = Dictionary(
        FT=Name.Btn, T="ok", Type=Name.Annot, Subtype=Name.Widget, Rect=Array([0, 0, 9, 9]),
        A=Dictionary(S=Name.SubmitForm, F="https://example.org/"),
    )  # fmt: skip
    document.Root.AcroForm = Dictionary(Fields=Array([document.make_indirect(field)]))


def xfa(document: pikepdf.Pdf) -> None:
    document.Root.AcroForm = Dictionary(Fields=Array([]), XFA=document.make_stream(b"<xdp/>"))


def file_inside(document: pikepdf.Pdf) -> None:
    document.attachments["x.exe"] = pikepdf.AttachedFileSpec(document, b"MZ" + bytes(40), filename="x.exe")


def film(document: pikepdf.Pdf) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.RichMedia, Rect=Array([0, 0, 9, 9]))
    document.pages[0].Annots = Array([document.make_indirect(note)])


def remote(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = Dictionary(S=Name.GoToR, F="//example.org/share/x.pdf")


ACTIVE: dict[str, Change] = {
    made.__name__: made
    for made in (
        script_on_opening, script_by_name, script_hidden_from_pages, launch, on_closing, submit, xfa, file_inside,
        film, remote,
    )
}  # fmt: skip


def opens_at_a_page(document: pikepdf.Pdf) -> None:
    """Harmless, and common."""
    document.Root.OpenAction = Array([document.pages[0].obj, Name.Fit])


def signed_form(document: pikepdf.Pdf) -> None:
    """A form with the field of an electronic seal, and a link: harmless."""
    seal = Dictionary(FT=Name.Sig, T="seal", Type=Name.Annot, Subtype=Name.Widget, Rect=Array([0, 0, 0, 0]))
    document.Root.AcroForm = Dictionary(Fields=Array([document.make_indirect(seal)]), SigFlags=3)
    link = Dictionary(
        Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]),
        A=Dictionary(S=Name.URI, URI="https://example.org/check"),
    )  # fmt: skip
    document.pages[0].Annots = Array([document.make_indirect(link)])


def inflating(*sizes: int, rounds: int = 1) -> Change:
    """Streams that unpack to these sizes, packed so many times."""

    def change(document: pikepdf.Pdf) -> None:
        packed: dict[int, bytes] = {}
        for number, size in enumerate(sizes):
            if size not in packed:
                packed[size] = zlib.compress(bytes(size), 9)
            raw = packed[size]
            for _round in range(rounds - 1):
                raw = zlib.compress(raw, 9)
            stream = pikepdf.Stream(document, b"")
            stream.write(raw, filter=Array([Name.FlateDecode] * rounds))
            document.Root[f"/X{number}"] = stream

    return change


def picture_inside(width: int, height: int) -> Change:
    """An image that claims so many pixels."""

    def change(document: pikepdf.Pdf) -> None:
        image = pikepdf.Stream(document, zlib.compress(b"\0"))
        image.Subtype, image.Type, image.Filter = Name.Image, Name.XObject, Name.FlateDecode
        image.Width, image.Height, image.ColorSpace, image.BitsPerComponent = width, height, Name.DeviceGray, 8
        document.Root.Picture = image

    return change


def objects_bomb(megabytes: int) -> bytes:
    """A PDF written by hand whose one packed set of objects unpacks to that much."""
    packer = zlib.compressobj(9)
    block = packer.compress(b"2 0 <</Type/Catalog>>") + b"".join(
        packer.compress(b" " * 10**6) for _ in range(megabytes)
    )
    raw = block + packer.flush()
    head = b"%%PDF-1.5\n1 0 obj\n<</Type/ObjStm/N 1/First 4/Length %d/Filter/FlateDecode>>\nstream\n" % len(raw)
    body = head + raw + b"\nendstream\nendobj\n"
    rows = struct.pack(">BHB", 0, 0, 0) + struct.pack(">BHB", 1, 9, 0) + struct.pack(">BHB", 2, 1, 0)
    index = (
        b"3 0 obj\n<</Type/XRef/Size 3/W[1 2 1]/Root 2 0 R/Length %d>>\nstream\n" % len(rows) + rows
        + b"\nendstream\nendobj\n"
    )  # fmt: skip
    return body + index + b"startxref\n%d\n%%%%EOF\n" % len(body)


def zip_in_pdf() -> bytes:
    """A PDF that is an archive as well."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x.html", "<script>alert(1)</script>")
    return pdf() + out.getvalue()


def zip_hidden_in_pdf() -> bytes:
    """The same, with the archive inside a stream where nothing stands behind the PDF's end."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x.html", "<script>alert(1)</script>")

    def change(document: pikepdf.Pdf) -> None:
        document.Root.Odd = pikepdf.Stream(document, out.getvalue())

    return pdf(change, compress_streams=False)


def photograph(kind: str = "JPEG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **saved: Any) -> bytes:
    """An invented photograph, with where it was taken in its metadata."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at 示例路7号"
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 21.0, 0.0), 3: "E", 4: (123.0, 57.0, 0.0)})
    Image.new(mode, size).save(out, kind, exif=exif, **saved)
    return out.getvalue()


def page_in_photograph() -> bytes:
    """A JPEG with a page and an archive behind its last pixel."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x.html", "<script>alert(1)</script>")
    return photograph() + b"<html><script>alert(1)</script></html>" + out.getvalue()


def claimed_png(width: int, height: int, rows: bytes = b"") -> bytes:
    """A PNG that says it is that large, whatever is in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def real_png(width: int, height: int) -> bytes:
    """A PNG of one bit a pixel that really is that large."""
    packer = zlib.compressobj(9)
    row = b"\0" + bytes((width + 7) // 8)
    rows = b"".join(packer.compress(row) for _line in range(height)) + packer.flush()
    found = claimed_png(width, height)
    return found[: found.index(b"IDAT") - 4] + _idat(rows) + found[found.index(b"IEND") - 4 :]


def _idat(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + b"IDAT" + data + struct.pack(">I", zlib.crc32(b"IDAT" + data))


def text_bomb() -> bytes:
    """A small PNG whose comment unpacks to a hundred million letters."""
    found = claimed_png(8, 8, b"\0\0" * 8)
    comment = b"Comment\0\0" + zlib.compress(b"x" * 100_000_000, 9)
    chunk = struct.pack(">I", len(comment)) + b"zTXt" + comment + struct.pack(">I", zlib.crc32(b"zTXt" + comment))
    at = found.index(b"IDAT") - 4
    return found[:at] + chunk + found[at:]
