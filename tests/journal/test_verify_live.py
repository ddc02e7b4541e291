"""Verification on a journal that grows: whatever is written and signed meanwhile is never taken for a difference."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from coldchain.journal import identity, sequencer, verify
from config import ROOT
from tests.journal.helpers import write
from tests.journal.test_sequencer import alarm


def verified(engine: Engine, var_dir: Path) -> verify.Report:
    """Verify as the command does: one snapshot, begun by the verification itself."""
    with Session(engine) as session, session.begin():
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        return verify.verify(session, var_dir)


def test_what_is_signed_after_the_snapshot_is_no_difference(
    database: Engine, var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file outside is newer than the snapshot by then; it must have been read before."""
    write(database, 5)
    sequencer.run_once(database, var_dir)
    read = identity.read

    def meanwhile(session: Session) -> identity.Identity | None:
        monkeypatch.setattr(identity, "read", read)
        write(database, 3)
        sequencer.run_once(database, var_dir)
        return read(session)

    monkeypatch.setattr(identity, "read", meanwhile)
    report = verified(database, var_dir)
    assert (report.difference, report.leaves) == (None, 5)
    report = verified(database, var_dir)
    assert (report.difference, report.leaves) == (None, 8)


def test_it_fits_at_every_moment(database: Engine, var_dir: Path, rounds: Callable[[int, int], int]) -> None:
    """A sequencer as a process of its own and a writer, both without a pause, and verification again and again."""
    seconds, stop, total = rounds(3, 30), threading.Event(), [0]

    def keep_writing() -> None:
        while not stop.is_set():
            total[0] += len(write(database, 1 + total[0] % 50))

    url = database.url.render_as_string(hide_password=False)
    command = [
        sys.executable,
        "-m",
        "tests.journal.sequencer_process",
        url,
        str(var_dir),
        "",
        "60000",
        str(seconds + 1),
    ]
    process, writer = subprocess.Popen(command, cwd=ROOT), threading.Thread(target=keep_writing)
    writer.start()
    try:
        sizes, until = [], time.monotonic() + seconds
        while time.monotonic() < until:
            report = verified(database, var_dir)
            assert report.difference is None
            sizes.append(report.leaves)
    finally:
        stop.set()
        writer.join()
        code = process.wait(60)
    assert code == 0
    assert len(set(sizes)) > 1, "it grew meanwhile"
    assert sizes == sorted(sizes)
    sequencer.run_once(database, var_dir)
    report = verified(database, var_dir)
    assert (report.difference, report.leaves, report.pending) == (None, total[0], 0)
    assert alarm(database) is None
