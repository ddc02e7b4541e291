"""`make run` as its user meets it: the real supervisor, database and web server, over small programs."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg
import pytest

from coldchain.core.embedded_postgres import EmbeddedPostgres
from config import ROOT
from tests.ops.helpers import command_line, eventually, processes_of

TRIAL = ("-m", "tests.ops.trial_supervisor")


@dataclass
class Run:
    """One supervisor on a port of its own."""

    var_dir: Path
    port: int
    processes: list["subprocess.Popen[str]"] = field(default_factory=list)

    def start(self, *arguments: str, **programs: list[str]) -> "subprocess.Popen[str]":
        known = ("PATH", "HOME", "LANG")
        environ = {name: os.environ[name] for name in known if name in os.environ}
        environ |= {"VAR_DIR": str(self.var_dir), "PORT": str(self.port), "TRIAL": json.dumps(programs)}
        process = subprocess.Popen(
            [sys.executable, *TRIAL, *arguments],
            cwd=ROOT,
            env=environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a terminal's foreground group
        )
        self.processes.append(process)
        return process

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def is_ready(self) -> bool:
        try:
            return self.get("/readyz") == "coldchain"
        except OSError:
            return False

    def members(self) -> list[int]:
        """Return every process of this run: named by its folders, or holding its VAR_DIR in its environment."""
        found = set(processes_of(str(EmbeddedPostgres(self.var_dir).home)))
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if f"VAR_DIR={self.var_dir}\0".encode() in (folder / "environ").read_bytes():
                    found.add(int(folder.name))
            except OSError:
                continue
        return sorted(found)

    def nothing_left(self) -> bool:
        for process in self.processes:
            process.poll()  # or its entry stays in the table until it is asked for
        return not self.members()

    def one(self, *words: str) -> int:
        """Return the oldest process of this run whose command line names all words, 0 when there is none."""
        return min((pid for pid in self.members() if all(word in command_line(pid) for word in words)), default=0)


@pytest.fixture
def run(var_dir: Path, free_port: int) -> Iterator[Run]:
    """Return a run of which nothing is left after the test."""
    it = Run(var_dir, free_port)
    yield it
    for process in it.processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
    for pid in it.members():
        os.kill(pid, signal.SIGKILL)


def finished(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    output, errors = process.communicate(timeout=40)
    return process.returncode, output, errors


def test_it_says_when_it_is_ready_ends_cleanly_and_keeps_the_data(run: Run) -> None:
    for start in (1, 2):
        process = run.start()
        assert process.stdout is not None
        assert process.stdout.readline() == f"Ready: http://127.0.0.1:{run.port}  (Ctrl-C stops it)\n"
        assert run.get("/readyz") == "coldchain"
        endpoint = EmbeddedPostgres(run.var_dir).find_running()
        assert endpoint is not None
        with psycopg.connect(endpoint.url) as connection:
            assert connection.execute("SELECT count(*) FROM starts").fetchone() == (start,)
        process.send_signal(signal.SIGTERM)
        assert finished(process) == (0, "", "")
        assert run.nothing_left()


def test_ctrl_c_ends_everything_in_good_order(run: Run) -> None:
    process = run.start()
    assert eventually(run.is_ready)
    os.killpg(process.pid, signal.SIGINT)
    status, _, errors = finished(process)
    assert (status, errors) == (0, "")
    assert run.nothing_left()


def test_a_killed_supervisor_leaves_no_process(run: Run) -> None:
    process = run.start()
    assert eventually(run.is_ready)
    assert len(run.members()) > 8  # supervisor, web and its two, worker, keeper, PostgreSQL and its own
    process.kill()
    assert eventually(run.nothing_left)


def test_a_killed_parent_of_the_supervisor_leaves_no_process(run: Run) -> None:
    process = run.start("--below-a-parent")
    assert eventually(run.is_ready)
    process.kill()
    assert eventually(run.nothing_left)


def test_a_supervisor_killed_while_it_prepares_leaves_no_process(run: Run) -> None:
    process = run.start(prepare=["-m", "coldchain.ops.run_child", "tests.ops.trial_supervisor", "worker"])
    assert eventually(lambda: run.one("run_child", "worker") != 0)
    process.kill()
    assert eventually(run.nothing_left)


@pytest.mark.parametrize("shares", [False, True], ids=["plain", "SO_REUSEPORT"])
def test_a_busy_port_is_one_line_and_starts_nothing(shares: bool, run: Run) -> None:
    with socket.socket() as other:
        if shares:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", run.port))
        other.listen()
        status, output, errors = finished(run.start())
    assert (status, output) == (1, "")
    assert errors.startswith(f"error: port {run.port} on 127.0.0.1 can't be had")
    assert errors.count("\n") == 1
    assert not EmbeddedPostgres(run.var_dir).data.exists()


def test_whatever_dies_is_started_again(run: Run) -> None:
    process = run.start()
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Ready: ")  # before that, a death ends the start
    web = run.one("run_web")
    os.kill(web, signal.SIGKILL)
    assert eventually(lambda: run.one("run_web") not in {0, web} and run.is_ready())
    worker = run.one("worker", "run_child")
    os.kill(worker, signal.SIGKILL)
    assert eventually(lambda: run.one("worker", "run_child") not in {0, worker})
    serving = int(run.get("/pid"))
    os.kill(serving, signal.SIGKILL)
    assert eventually(lambda: run.is_ready() and not Path(f"/proc/{serving}").exists())
    postgres = run.one("bin/postgres\0-D")
    os.kill(postgres, signal.SIGKILL)
    assert eventually(lambda: run.is_ready() and run.one("bin/postgres\0-D") not in {0, postgres})
    process.terminate()
    status, _, errors = finished(process)
    assert status == 0
    assert [line for line in errors.splitlines() if line.startswith("warning:")] == [
        f"warning: {name} ended and is started again" for name in ("web", "worker", "database")
    ]
    assert run.nothing_left()


@pytest.mark.parametrize(
    ("programs", "message"),
    [
        ({"prepare": ["-c", "raise SystemExit(3)"]}, "the database could not be prepared (exit status 3)"),
        ({"worker": ["-c", "raise SystemExit(4)"]}, "worker ended before it was ready (exit status 4)"),
        ({"web": ["-c", "raise SystemExit(5)"]}, "web ended before it was ready (exit status 5)"),
    ],
    ids=["prepare", "worker", "web"],
)
def test_what_can_not_start_is_one_line(programs: dict[str, list[str]], message: str, run: Run) -> None:
    status, output, errors = finished(run.start(**programs))
    assert (status, output, errors) == (1, "", f"error: {message}\n")
    assert run.nothing_left()


def test_an_application_that_can_not_be_imported_ends_the_start(run: Run) -> None:
    status, _, errors = finished(
        run.start(web=["-m", "coldchain.ops.run_web", "{descriptor}", "tests/ops/nowhere:app"])
    )
    assert status == 1
    assert errors.splitlines()[-1] == "error: web ended before it was ready (exit status 1)"
    assert run.nothing_left()


@pytest.mark.slow
def test_a_child_that_keeps_dying_is_given_up(run: Run) -> None:
    worker = ["-c", "import time; time.sleep(3)"]
    status, _, errors = finished(run.start(worker=worker))
    assert status == 1
    assert errors.splitlines()[-1] == "error: worker ended 6 times within 60 s"
    assert run.nothing_left()


def test_two_runs_side_by_side(make_var_dir: Callable[[str], Path], run: Run) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        other = Run(make_var_dir("other"), probe.getsockname()[1])
    first, second = run.start(), other.start()
    try:
        assert eventually(run.is_ready)
        assert eventually(other.is_ready)
        first.terminate()
        assert finished(first)[0] == 0
        assert run.nothing_left()
        assert other.is_ready()
    finally:
        second.terminate()
        finished(second)
    assert eventually(partial(Run.nothing_left, other))
