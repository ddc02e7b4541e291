"""The commands of a fresh clone: the venv is made once, and anew when it can't be trusted; `make run` runs it all."""

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from config import ROOT
from tests.ops.conftest import none_of
from tests.ops.helpers import eventually

NO_INSTALL = "PYTHON=true"  # these tests run from an installed venv and must not touch it


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout that holds only what makes a venv, and requires nothing."""
    (tmp_path / "clone" / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "install.py", tmp_path / "clone" / "tools")
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / "clone" / name).write_text("# nothing\n")
    return tmp_path / "clone"


def install(checkout: Path, *arguments: str) -> str:
    program = [sys.executable, str(checkout / "tools" / "install.py"), *arguments]
    return subprocess.run(program, check=True, capture_output=True, text=True).stdout


@pytest.mark.slow
def test_the_venv_is_made_once_and_again_when_it_can_not_be_trusted(checkout: Path) -> None:
    said = "Installing the pinned requirements into .venv\n"
    mine = checkout / ".venv" / "mine"
    assert install(checkout) == said
    mine.touch()
    assert install(checkout) == ""
    assert install(checkout, "--dev") == said
    assert install(checkout, "--dev") == install(checkout) == ""
    (checkout / "requirements.txt").write_text("# changed\n")
    assert install(checkout) == said
    assert mine.exists()
    assert install(checkout, "--dev") == ""
    (checkout / ".venv" / "unfinished").touch()  # as an interrupted installation leaves it
    assert install(checkout) == said
    assert not mine.exists()
    moved = checkout.rename(checkout.with_name("moved"))
    (moved / ".venv" / "mine").touch()
    assert install(moved) == said
    assert not (moved / ".venv" / "mine").exists()
    assert (moved / ".venv" / "bin" / "pip").read_text().startswith(f"#!{moved}/.venv/bin/python")


@pytest.mark.slow
def test_requirements_that_can_not_be_installed_are_not_taken_for_installed(checkout: Path) -> None:
    (checkout / "requirements.txt").write_text("./nowhere\n")
    for _ in range(2):
        with pytest.raises(subprocess.CalledProcessError) as failure:
            install(checkout)
        assert failure.value.stderr.splitlines()[-1].startswith("error: pip could not install")


def test_without_a_python_make_says_so_in_one_line() -> None:
    result = subprocess.run(["make", "run", "PYTHON="], cwd=ROOT, check=False, capture_output=True, text=True)
    assert result.returncode == 2
    assert [line for line in result.stderr.splitlines() if not line.startswith("make")] == [
        "error: python3 of version 3.11 or newer is needed (Debian: apt-get install python3 python3-venv)"
    ]


@pytest.fixture
def make_run(var_dir: Path, free_port: int) -> Iterator["subprocess.Popen[str]"]:
    """Return `make run` of this very tree, without demonstration data, once it says that it is ready."""
    environ = os.environ | {"VAR_DIR": str(var_dir), "PORT": str(free_port), "COLDCHAIN_DEMO": "0"}
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "MAKEFLAGS", "MAKELEVEL"):
        environ.pop(name, None)
    command = ["make", "run", NO_INSTALL]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert f"http://127.0.0.1:{free_port}" in process.stdout.readline()
            yield process
        finally:
            process.kill()
    assert eventually(partial(none_of, str(var_dir)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_make_run_serves_and_ends_with_make(
    number: signal.Signals, make_run: "subprocess.Popen[str]", var_dir: Path, free_port: int
) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/readyz", timeout=10) as answer:
        assert answer.status == 200
    make_run.send_signal(number)
    make_run.wait(20)

    def left() -> list[Path]:
        mine = f"VAR_DIR={var_dir}\0".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mine in (folder / "environ").read_bytes():
                    found.append(folder)
            except OSError:
                continue
        return found

    assert eventually(lambda: not left())
