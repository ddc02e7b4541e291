"""Copy the pinned front-end files from npm into ``coldchain/static`` (``make vendor``).

Runs ``npm ci`` from ``package-lock.json`` in a temporary folder and writes two things, both kept in the tree so that
nobody needs npm to run or test the service:

* ``coldchain/static/icons.svg``: one sprite of the Tabler outline icons named in ``tools/icons.txt``, with licence;
* ``coldchain/static/vendor/htmx-<version>/``: the minified script, its licence and ``SHA256SUMS``.

The output depends only on the lock file and on the icon list: running it twice changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "coldchain" / "static"
# Every icon that a page may name, one a line; tests/core/test_format.py refuses one that is used and not listed.
ICON_LIST = ROOT / "tools" / "icons.txt"
SVG_NAMESPACE = "{http://www.w3.org/2000/svg}"


def symbol(name: str, source: Path) -> str:
    """Return one ``<symbol>`` of the sprite: the icon's shapes without the empty bounding path."""
    shapes = []
    for shape in ET.fromstring(source.read_text(encoding="utf-8")):  # noqa: S314 - a file pinned by the lock file's hash
        if shape.get("stroke") == "none":
            continue
        tag = shape.tag.removeprefix(SVG_NAMESPACE)
        attributes = "".join(f' {key}="{value}"' for key, value in shape.attrib.items())
        shapes.append(f"<{tag}{attributes}/>")
    return f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(shapes)}</symbol>'


def write_sprite(package: Path) -> None:
    """Write the icon sprite and the icons' licence."""
    outline = package / "icons" / "outline"
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    names = sorted(set(ICON_LIST.read_text(encoding="utf-8").split()))
    symbols = "\n".join(symbol(name, outline / f"{name}.svg") for name in names)
    note = f"<!-- Tabler Icons {version}, MIT, see icons.LICENSE.txt. Made by tools/vendor.py. -->"
    (STATIC / "icons.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg">{note}\n{symbols}\n</svg>\n', encoding="utf-8"
    )
    shutil.copyfile(package / "LICENSE", STATIC / "icons.LICENSE.txt")


def write_htmx(package: Path) -> None:
    """Write htmx under a folder that carries its version, with the sums of its files."""
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    if not re.fullmatch(r"2\.0\.\d+", version):
        raise SystemExit(f"htmx {version}: only 2.0.x is known to work with our configuration")
    vendor = STATIC / "vendor"
    for old in vendor.glob("htmx-*"):
        shutil.rmtree(old)
    target = vendor / f"htmx-{version}"
    target.mkdir(parents=True)
    shutil.copyfile(package / "dist" / "htmx.min.js", target / "htmx.min.js")
    shutil.copyfile(package / "LICENSE", target / "LICENSE")
    sums = "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(target.iterdir())
    )
    (target / "SHA256SUMS").write_text(sums, encoding="ascii")


def main() -> None:
    """Install the pinned packages in a temporary folder and copy what the pages use."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is not installed; it is needed only to change a front-end pin")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(ROOT / name, Path(folder) / name)
        subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)  # noqa: S603
        modules = Path(folder) / "node_modules"
        write_sprite(modules / "@tabler" / "icons")
        write_htmx(modules / "htmx.org")


if __name__ == "__main__":
    main()
