"""`flask journal verify | check-receipt | adopt-restore`.

Exit 0, or 1 with the first difference, with what is wrong with the receipt, or with why nothing is adopted.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from sqlmodel import Session

from coldchain.core import db, limits
from coldchain.journal import checkpoint, files, health, receipt, restore
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

    group.add_command(check_receipt)
    group.add_command(adopt_restore)
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


@click.command("check-receipt")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", "vkeys", multiple=True, help="A vkey that you trust; default: the key of this installation.")
@with_appcontext
def check_receipt(file: Path, vkeys: tuple[str, ...]) -> None:
    """Check a receipt without asking the database, and say what it proves."""
    try:
        text = file.read_bytes().decode("utf-8")
        verifiers = [checkpoint.parse_vkey(vkey) for vkey in vkeys] or [_own_key(receipt.origin_of(text))]
        proven = receipt.check(text, verifiers)
    except receipt.BadReceipt as error:
        click.echo(f"the receipt is not good: {error.code}: {error}")
        sys.exit(1)
    except UnicodeDecodeError:
        click.echo("the receipt is not good: malformed: it is not text")
        sys.exit(1)
    except (checkpoint.BadNote, files.FileUnusable, OSError) as error:
        raise click.ClickException(str(error)) from error
    for line in receipt.told(proven):
        click.echo(line)
    click.echo("the receipt is good")


def _own_key(origin: str) -> checkpoint.Verifier:
    """Return this installation's key under the origin that a receipt claims."""
    key = files.existing_key(current_app.config["SETTINGS"].var_dir)
    if key is None:
        raise click.ClickException("this installation has no key; give the one that you trust: --key VKEY")
    return checkpoint.verifier_of(origin, key)


@click.command("adopt-restore")
@click.option("--reason", default="the database was restored from an older copy", help="Published; name no persons.")
@click.option("--new-key", is_flag=True, help="The signing key is lost for good; the one in VAR_DIR takes its place.")
@with_appcontext
def adopt_restore(reason: str, *, new_key: bool) -> None:
    """Let the journal go on after a restore, under a new origin that names the last checkpoint signed."""
    if len(reason) > limits.TEXT_CHARS:
        raise click.ClickException(f"the reason has more than {limits.TEXT_CHARS} characters")
    try:
        done = restore.adopt(db.engine(), current_app.config["SETTINGS"].var_dir, reason=reason, new_key=new_key)
    except restore.NotAdopted as refusal:
        click.echo(f"nothing was adopted: {refusal.code}: {refusal}")
        sys.exit(1)
    except files.Superseded:
        click.echo("nothing was adopted: conflict: somebody signed at the same moment; look again")
        sys.exit(1)
    except OSError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"last signed before: {done.old.origin}, {done.old.size} entries")
    if done.archived is not None:
        click.echo(f"its checkpoint is kept in {done.archived}")
    click.echo(f"surviving entries: {done.leaves}, of which {done.covered} were signed before")
    click.echo(f"signed now: {done.head.origin}, {done.head.size} entries; entry {done.index} names the one before")
