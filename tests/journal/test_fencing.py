"""Two sequencers, and one that is stopped anywhere and goes on later, as processes: no place is given twice, nothing is
signed twice, and what lies outside never goes back."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from coldchain.journal import files, sequencer
from config import ROOT
from tests.journal.helpers import rows, write
from tests.journal.sequencer_process import BLIND, LEFT_BEHIND
from tests.journal.test_sequencer import alarm, assert_verifies, assert_whole, sizes

POINTS = (
    "queue taken, not committed",
    "leaves committed, not signed",
    "signed, file not looked at",
    "file looked at, not replaced",
    "file replaced, not committed",
)
IN_TRANSACTION = set(POINTS) - {"leaves committed, not signed"}
SHORT_MS, LONG_MS = 300, 60_000

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(database: Engine, var_dir: Path) -> Iterator[Start]:
    """Start sequencers; whatever is left of them is killed at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(point: str = "", idle_ms: int = LONG_MS, seconds: float = 0) -> "subprocess.Popen[bytes]":
        url = database.url.render_as_string(hide_password=False)
        command = [sys.executable, "-m", "tests.journal.sequencer_process", url, str(var_dir), point, str(idle_ms)]
        started.append(subprocess.Popen([*command, str(seconds)], cwd=ROOT))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def wait_stopped(process: "subprocess.Popen[bytes]") -> None:
    """Wait until the process has stopped itself."""
    pid, status = os.waitpid(process.pid, os.WUNTRACED)
    assert pid == process.pid
    assert os.WIFSTOPPED(status), f"it ended instead: {status}"


def outside_size(var_dir: Path) -> int:
    note = files.last_checkpoint(var_dir)
    return -1 if note is None else int(note.split("\n")[1])


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sequencer of this process does not wait long for the file."""
    monkeypatch.setattr(files, "LOCK_WAIT_S", 0.2)


@pytest.mark.parametrize("point", [POINTS[2], POINTS[4]])
def test_one_that_was_killed_at_the_first_signature_leaves_no_alarm(
    database: Engine, var_dir: Path, start: Start, point: str
) -> None:
    """What lies outside by then names an origin that the database must know."""
    write(database, 4)
    killed = start(point)
    wait_stopped(killed)
    killed.kill()
    killed.wait()
    write(database, 1)
    sequencer.run_once(database, var_dir)
    assert alarm(database) is None
    assert outside_size(var_dir) == sizes(database)[-1] == 5
    assert_verifies(database, var_dir)


@pytest.mark.parametrize("end", ["resumed", "killed"])
@pytest.mark.parametrize("point", POINTS)
def test_one_that_was_stopped_does_no_harm(database: Engine, var_dir: Path, start: Start, point: str, end: str) -> None:
    """Others go on without it as soon as the database has given it up; what it does afterwards changes nothing."""
    write(database, 3)
    sequencer.run_once(database, var_dir)
    write(database, 4)
    stopped = start(point, SHORT_MS)
    wait_stopped(stopped)

    write(database, 5)
    sequencer.run_once(database, var_dir)  # waits until the stopped one's transaction is ended
    holds_file = point == "file looked at, not replaced"
    assert alarm(database) == ("files_busy" if holds_file else None)
    assert rows(database, "SELECT count(*) FROM journal_leaf")[0][0] == 12, "places are given all the same"
    assert sizes(database) == ([3] if holds_file else [3, 12])
    before = outside_size(var_dir)
    assert before == (3 if holds_file else 12)

    if end == "killed":
        stopped.kill()
        stopped.wait()
    else:
        stopped.send_signal(signal.SIGCONT)
        assert stopped.wait(30) == (LEFT_BEHIND if point in IN_TRANSACTION else 0)
    assert outside_size(var_dir) >= before, "what lies outside never goes back"

    write(database, 1)
    sequencer.run_once(database, var_dir)
    assert alarm(database) is None
    assert sizes(database)[-1] == outside_size(var_dir) == 13
    assert_whole(database, 13)
    assert_verifies(database, var_dir)


@pytest.mark.parametrize("point", POINTS)
def test_one_that_is_stopped_for_a_moment_goes_on(database: Engine, var_dir: Path, start: Start, point: str) -> None:
    write(database, 3)
    sequencer.run_once(database, var_dir)
    write(database, 4)
    stopped = start(point, LONG_MS)
    wait_stopped(stopped)
    stopped.send_signal(signal.SIGCONT)
    assert stopped.wait(30) == 0
    assert sizes(database) == [3, 7]
    assert outside_size(var_dir) == 7
    assert_whole(database, 7)
    assert_verifies(database, var_dir)


def test_one_that_wakes_up_after_another_signed_leaves_the_file_alone(
    database: Engine, var_dir: Path, start: Start
) -> None:
    """Its checkpoint is older than the one outside: the very case in which a blind writer would turn the file back."""
    write(database, 4)
    stopped = start("signed, file not looked at", SHORT_MS)
    wait_stopped(stopped)
    for _ in range(3):
        write(database, 2)
        sequencer.run_once(database, var_dir)
    kept = (var_dir / files.CHECKPOINT_FILE).read_bytes()
    stopped.send_signal(signal.SIGCONT)
    assert stopped.wait(30) == LEFT_BEHIND
    assert (var_dir / files.CHECKPOINT_FILE).read_bytes() == kept
    assert sizes(database) == [6, 8, 10]
    assert_verifies(database, var_dir)


def test_a_blind_writer_would_turn_the_file_back(database: Engine, var_dir: Path, start: Start) -> None:
    """The control of the test above: the same process without the comparison does the harm."""
    write(database, 4)
    stopped = start(f"{BLIND}: signed, file not looked at", SHORT_MS)
    wait_stopped(stopped)
    write(database, 2)
    sequencer.run_once(database, var_dir)
    assert outside_size(var_dir) == 6
    stopped.send_signal(signal.SIGCONT)
    assert stopped.wait(30) == LEFT_BEHIND
    assert outside_size(var_dir) == 4


def test_two_processes_share_the_work(
    database: Engine, var_dir: Path, start: Start, rounds: Callable[[int, int], int]
) -> None:
    """Both run without a pause while entries come in."""
    seconds = rounds(3, 30)
    both = [start(seconds=seconds) for _ in range(2)]
    total, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        total += len(write(database, 1 + total % 7))
        time.sleep(0.003)
    assert [process.wait(60) for process in both] == [0, 0]
    sequencer.run_once(database, var_dir)
    assert_whole(database, total)
    found = sizes(database)
    assert found == sorted(set(found))
    assert found[-1] == total == outside_size(var_dir)
    assert alarm(database) is None
    assert_verifies(database, var_dir)
