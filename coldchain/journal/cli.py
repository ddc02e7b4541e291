"""`flask journal verify`: recompute everything, exit 0, or 1 with the first difference on standard output."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
from flask import current_app
from flask.cli import AppGroup
from sqlmodel import Session

from coldchain.core import db
from coldchain.journal import health
from coldchain.journal import verify as journal_verify

Check = Callable[[Session, journal_verify.Progress], str | None]


@contextmanager
def _progress(label: str) -> Iterator[journal_verify.Progress]:
    """Show a bar on standard error while a person watches; nothing otherwise."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield show


def register(app_cli: click.Group, extra_checks: Sequence[tuple[str, Check]] = ()) -> None:
    """Add `journal verify` to the program's commands; `extra_checks` are (what, check) of higher rooms.

    A check gets a session and a progress and returns the first difference in words, or None.
    """
    group = AppGroup("journal", help="The append-only journal.")

    @group.command("verify")
    def verify() -> None:
        """Recompute leaves, tree, checkpoints and what is built on them."""
        with Session(db.engine()) as session, session.begin():
            # One snapshot for all of it: a sequencer may run meanwhile.
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            found = _journal(session)
            for what, check in extra_checks if found is None else ():
                with _progress(what) as progress:
                    found = check(session, progress)
                if found is not None:
                    found = f"{what}: {found}"
                    break
                click.echo(f"{what}: fits")
            raised = health.alarm(session)
        if raised is not None:
            click.echo(f"note: nothing is signed since {raised['since']}: {raised['code']}: {raised['detail']}")
        if found is not None:
            click.echo(f"first difference: {found}")
            sys.exit(1)
        click.echo("no difference")

    app_cli.add_command(group)


def _journal(session: Session) -> str | None:
    """Verify the journal, say what is in it, and return the first difference."""
    with _progress("journal") as progress:
        report = journal_verify.verify(session, current_app.config["SETTINGS"].var_dir, progress)
    click.echo(
        f"journal {report.origin or '(not signed yet)'}: {report.entries} entries, {report.leaves} leaves, "
        f"{report.pending} pending, {report.checkpoints} checkpoints"
    )
    if report.difference is not None:
        return str(report.difference)
    click.echo(f"root of {report.leaves} leaves: {report.root.hex()}")
    return None
