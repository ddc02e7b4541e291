"""Make `.venv` and install the pinned requirements; do nothing when they are there already.

`python3 tools/install.py [--dev]`, with the standard library alone. A venv that was moved, made by another Python or
left half-installed starts over; two calls at once wait for each other.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
RECORD = VENV / "installed.json"
UNFINISHED = VENV / "unfinished"
PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet", "--only-binary=:all:")


def digest(file: str) -> str:
    """Return the SHA-256 of a requirements file."""
    return hashlib.sha256((ROOT / file).read_bytes()).hexdigest()


def wanted(*, dev: bool) -> dict[str, str]:
    """Return what a complete installation is recorded as: place, Python and the requirements' digests."""
    files = ("requirements.txt", "requirements-dev.txt") if dev else ("requirements.txt",)
    return {"path": str(ROOT), "python": f"{sys.base_prefix} {sys.version}"} | {file: digest(file) for file in files}


def recorded() -> dict[str, str]:
    """Return what is installed; nothing when the last installation did not come to its end."""
    if UNFINISHED.exists():
        return {}
    try:
        found: dict[str, str] = json.loads(RECORD.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def ensure_pip() -> None:
    """See that a venv can have pip: Debian packs that apart, and root can install it.

    Raises SystemExit with one line otherwise.
    """
    check = [sys.executable, "-c", "import ensurepip"]
    if subprocess.run(check, capture_output=True, check=False).returncode == 0:  # noqa: S603
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    apt = shutil.which("apt-get")
    if apt and os.getuid() == 0:
        say(f"Installing {package}, which this Python needs to make a venv")
        quiet = {"stdout": subprocess.DEVNULL, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run([apt, "-qq", "update"], check=False, **quiet)  # type: ignore[call-overload]  # noqa: S603
        subprocess.run([apt, "-qqy", "install", package], check=False, **quiet)  # type: ignore[call-overload]  # noqa: S603
        if subprocess.run(check, capture_output=True, check=False).returncode == 0:  # noqa: S603
            return
    sys.exit(f"error: this Python can't make a venv with pip; on Debian or Ubuntu: apt-get install {package}")


def install(*, dev: bool) -> None:
    """Bring `.venv` to the pinned requirements."""
    want, have = wanted(dev=dev), recorded()
    if all(have.get(name) == value for name, value in want.items()):
        return
    if any(have.get(name) != want[name] for name in ("path", "python")):
        shutil.rmtree(VENV, ignore_errors=True)
        have = {}
        ensure_pip()
        venv.create(VENV, with_pip=True, symlinks=True)
    say("Installing the pinned requirements into .venv")
    UNFINISHED.touch()
    # A tree that once held the tools of development keeps them in step with the rest.
    files = [file for file in ("requirements.txt", "requirements-dev.txt") if file in want or file in have]
    arguments = [part for file in files for part in ("-r", str(ROOT / file))]
    if subprocess.run([str(VENV / "bin" / "python"), *PIP, *arguments], check=False).returncode:  # noqa: S603
        sys.exit("error: pip could not install the pinned requirements, see above; the next run starts over")
    RECORD.write_text(json.dumps(want | {file: digest(file) for file in files}), encoding="utf-8")
    UNFINISHED.unlink()


def say(text: str) -> None:
    """Print a line at once, even into a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Install, one process at a time."""
    descriptor = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        install(dev="--dev" in sys.argv[1:])
    except OSError as reason:
        sys.exit(f"error: {reason.filename or ROOT}: {reason.strerror}")
    except subprocess.CalledProcessError as reason:
        sys.exit(f"error: the venv could not be made ({reason})")


if __name__ == "__main__":
    main()
