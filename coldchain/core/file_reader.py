"""Reads one file that a stranger handed in, in a process of its own with bounded memory and time. Run as a script.

`stored_files` starts it; nothing else of the program is imported here, and nothing of it is in this process: no
database, no keys, no environment. Standard input is the file; standard output is one line of JSON and, after it, what
is to be kept or shown (nothing: keep what was handed in). A refusal is `{"code": …}`. Whatever the readers of PDF and
images have wrong with them, or a file that unpacks without end, ends this process and not the program.
"""

import ctypes
import io
import json
import sys
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Final

try:
    import resource
except ImportError:  # Windows: no bounds but the time that the parent waits
    resource = None  # type: ignore[assignment]

PDF: Final = "application/pdf"
JPEG: Final = "image/jpeg"
IMAGES: Final = ("JPEG", "PNG", "WEBP")
QUALITY: Final = 85
PAGE_PIXELS: Final = 1_400  # the longer side of a page's picture
BLOCK_BYTES: Final = 1 << 20
NODES_MAX: Final = 2_000_000  # values looked at in one PDF

# What does something by itself, or carries something that does.
ACTIONS: Final = frozenset(
    {
        "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Movie", "/Sound", "/Rendition",
        "/RichMediaExecute", "/GoTo3DView",
    }
)  # fmt: skip
KEYS: Final = frozenset({"/JS", "/AA", "/XFA", "/EmbeddedFiles", "/EF", "/Collection", "/RichMediaContent"})
TYPES: Final = frozenset({"/EmbeddedFile", "/RichMedia"})
ANNOTATIONS: Final = frozenset({"/FileAttachment", "/Screen", "/Movie", "/Sound", "/3D", "/RichMedia"})
PICTURE_FILTERS: Final = frozenset({"/DCTDecode", "/DCT", "/JPXDecode", "/JBIG2Decode", "/CCITTFaxDecode", "/CCF"})
FLATE: Final = frozenset({"/FlateDecode", "/Fl"})


class Refused(Exception):
    """The file is not taken; the message is the code."""


def main() -> None:
    """Read the file, write what came of it."""
    options = json.loads(sys.argv[1])
    bound(options)
    content = sys.stdin.buffer.read()
    kept = b""
    try:
        said, kept = picture_of_page(content, options) if options.get("page") else look(content, options)
    except Refused as refused:
        said = {"code": str(refused)}
    except MemoryError:
        said = {"code": "unpacks_too_large"}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + kept)


def bound(options: dict[str, Any]) -> None:
    """Bound this process's memory, time and writing, and let it end with the program that started it."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (options["memory_bytes"],) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (options["seconds"],) * 2)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG


def look(content: bytes, options: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return what a file is, by its content, and what is to be kept of it. Raises Refused."""
    if content.startswith(b"%PDF-") and PDF in options["types"]:
        return pdf(content, options)
    return image(content, options)


def image(content: bytes, options: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return an image drawn anew as a JPEG on white, without metadata. Raises Refused."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # ours is asked before anything is decoded
    known = content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or content[8:12] == b"WEBP"
    try:
        with Image.open(io.BytesIO(content), formats=IMAGES) as opened:
            known = True
            width, height = opened.size
            if width * height > options["pixels"]:
                raise Refused("too_many_pixels")
            upright = ImageOps.exif_transpose(opened)
            if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
                drawn = upright.convert("RGBA")
                upright = Image.new("RGB", drawn.size, "white")
                upright.paste(drawn, mask=drawn.getchannel("A"))
            out = io.BytesIO()
            upright.convert("RGB").save(out, "JPEG", quality=QUALITY)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, OverflowError) as error:
        unknown = "not_an_image" if PDF not in options["types"] else "unknown_file_type"
        cut = known and isinstance(error, OSError | SyntaxError)
        raise Refused("image_damaged" if cut else unknown) from error
    return {"media_type": JPEG, "pages": 1}, out.getvalue()


def pdf(content: bytes, options: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return a PDF that does nothing by itself: as it came, or written anew when it had to be repaired.

    Raises Refused: `pdf_encrypted`, `pdf_active`, `pdf_damaged`, `polyglot`, `too_many_pages`, `too_many_pixels`,
    `unpacks_too_large`.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            if document.is_encrypted:
                raise Refused("pdf_encrypted")
            pages = _pages(document, options)
            Walk(pikepdf, options).check(document)
            written = io.BytesIO()
            if document.get_warnings() or not content.rstrip(b"\0\r\n\t ").endswith(b"%%EOF"):
                document.save(written)
    except pikepdf.PasswordError as error:
        raise Refused("pdf_encrypted") from error
    except (pikepdf.PdfError, RecursionError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise Refused("pdf_damaged") from error
    if zipfile.is_zipfile(io.BytesIO(written.getvalue() or content)):
        raise Refused("polyglot")
    return {"media_type": PDF, "pages": pages}, written.getvalue()


def _pages(document: Any, options: dict[str, Any]) -> int:
    pages = len(document.pages)
    if pages < 1:
        raise Refused("pdf_damaged")
    if pages > options["pages"]:
        raise Refused("too_many_pages")
    return pages


class Walk:
    """Looks at every value of a PDF, those that no page leads to as well."""

    def __init__(self, pikepdf: Any, options: dict[str, Any]) -> None:
        self.pikepdf = pikepdf
        self.options = options
        self.nodes = 0
        self.unpacked = 0

    def check(self, document: Any) -> None:
        """Raise Refused for what is active or unpacks too far."""
        for value in [document.trailer, *document.objects]:
            self._value(value)

    def _value(self, start: Any) -> None:
        waiting = [start]
        while waiting:
            value = waiting.pop()
            self.nodes += 1
            if self.nodes > NODES_MAX:
                raise Refused("unpacks_too_large")
            if isinstance(value, self.pikepdf.Array):
                waiting += [each for each in value if self._is_own(each)]
            elif isinstance(value, self.pikepdf.Dictionary | self.pikepdf.Stream):
                self._dictionary(value)
                waiting += [each for _key, each in value.items() if self._is_own(each)]
                if isinstance(value, self.pikepdf.Stream):
                    self._stream(value)

    def _is_own(self, value: Any) -> bool:
        """Say whether a value is to be looked at here: a container, and not an object that has its own turn."""
        kinds = self.pikepdf.Array | self.pikepdf.Dictionary | self.pikepdf.Stream
        return isinstance(value, kinds) and not value.is_indirect

    def _dictionary(self, found: Any) -> None:
        keys = set(found.keys())
        if keys & KEYS or str(found.get("/Type")) in TYPES:
            raise Refused("pdf_active")
        if str(found.get("/S")) in ACTIONS:
            raise Refused("pdf_active")
        if str(found.get("/Subtype")) in ANNOTATIONS and ("/Rect" in keys or str(found.get("/Type")) == "/Annot"):
            raise Refused("pdf_active")
        opening = found.get("/OpenAction")
        if opening is not None and not self._turns_a_page(opening):
            raise Refused("pdf_active")

    def _turns_a_page(self, opening: Any) -> bool:
        """Say whether what happens on opening is nothing but that a page is shown."""
        if isinstance(opening, self.pikepdf.Array):
            return True
        return isinstance(opening, self.pikepdf.Dictionary) and str(opening.get("/S")) == "/GoTo"

    def _stream(self, found: Any) -> None:
        if str(found.get("/Subtype")) == "/Image":
            pixels = int(found.get("/Width", 0)) * int(found.get("/Height", 0))
            if pixels > self.options["pixels"]:
                raise Refused("too_many_pixels")
        filters = found.get("/Filter")
        names = [str(each) for each in filters] if isinstance(filters, self.pikepdf.Array) else [str(filters)]
        for size in self._sizes(found, names if filters is not None else []):
            if size > self.options["stream_bytes"]:
                raise Refused("unpacks_too_large")
            self.unpacked += size
            if self.unpacked > self.options["unpacked_bytes"]:
                raise Refused("unpacks_too_large")

    def _sizes(self, found: Any, names: list[str]) -> Iterator[int]:
        """Yield how large a stream is after each of its filters; pictures have their pixels as a bound."""
        raw = bytes(found.read_raw_bytes())
        yield len(raw)
        while names and names[0] in FLATE:
            raw = self._inflated(raw)
            yield len(raw)
            names = names[1:]
        if not names or set(names) <= PICTURE_FILTERS:
            return
        has_picture = bool(PICTURE_FILTERS & set(names))
        if has_picture and FLATE & set(names):  # nobody writes this, and its size can't be told
            raise Refused("pdf_damaged")
        if not has_picture:
            yield len(bytes(found.read_bytes()))  # bounded by this process's memory

    def _inflated(self, raw: bytes) -> bytes:
        unpacker = zlib.decompressobj()
        try:
            found = unpacker.decompress(raw, self.options["stream_bytes"] + 1)
        except zlib.error:  # readers show what they can of it; qpdf wrote it anew or will
            return b""
        if len(found) > self.options["stream_bytes"]:
            raise Refused("unpacks_too_large")
        return found


def picture_of_page(content: bytes, options: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return one page of a kept PDF as a JPEG of at most PAGE_PIXELS. Raises Refused `no_page`."""
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    if not 1 <= options["page"] <= len(document):
        raise Refused("no_page")
    page = document[options["page"] - 1]
    longer = max(1.0, *page.get_size())
    out = io.BytesIO()
    page.render(scale=min(PAGE_PIXELS / longer, 4.0)).to_pil().convert("RGB").save(out, "JPEG", quality=QUALITY)
    return {"media_type": JPEG, "pages": len(document)}, out.getvalue()


if __name__ == "__main__":
    main()
