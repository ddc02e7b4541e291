"""`flask backup create | verify | restore`: one line of error and exit code 1 when something is wrong."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from coldchain.ops import backup
from coldchain.ops.backup_archive import Archive, BackupError, Manifest

group = AppGroup("backup", help="Database, uploads, keys and checkpoint in one file.")
FILE = click.Path(dir_okay=False, path_type=Path)


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        raise click.ClickException(str(error)) from error


@group.command("create")
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace FILE when it is there.")
def create(file: Path, force: bool) -> None:
    """Write a backup of the running system to FILE (mode 0600; it holds keys and personal data)."""
    with _one_line():
        made = backup.create(current_app.config["SETTINGS"], file, force=force)
    _describe(made.manifest)
    click.echo(f"sha256 {made.sha256}  {file}")


@group.command("verify")
@click.argument("file", type=FILE)
def verify(file: Path) -> None:
    """Recompute what FILE holds in a throw-away database: every hash, journal, signatures, stock. Restores nothing."""
    with _one_line(), Archive(file) as archive, tempfile.TemporaryDirectory(prefix="coldchain-verify-") as scratch:
        _describe(archive.manifest)
        found = backup.verify(archive, Path(scratch), current_app.config["SETTINGS"].pg_bin)
        click.echo(f"sha256 {archive.sha256()}  {file}")
    _say(found)
    if found.difference is not None:
        sys.exit(1)


@group.command("restore")
@click.argument("file", type=FILE)
@click.option("--despite-differences", is_flag=True, help="Restore what does not fit too, as it is.")
def restore(file: Path, despite_differences: bool) -> None:
    """Verify FILE and put it into an empty database and VAR_DIR; web and worker must be stopped."""
    with _one_line(), Archive(file) as archive:
        _describe(archive.manifest)
        settings = current_app.config["SETTINGS"]
        found, notes = backup.restore(archive, settings, despite_differences=despite_differences)
    _say(found)
    for note in notes:
        click.echo(note)
    click.echo("restored")


def _describe(manifest: Manifest) -> None:
    rows = sum(part.rows for part in manifest.tables.values())
    size = sum(part.size_bytes for part in manifest.members().values())
    click.echo(
        f"of {manifest.created_at}, revision {manifest.revision}, PostgreSQL {manifest.server}: {rows} rows in "
        f"{len(manifest.tables)} tables, {len(manifest.files)} files, {size / 1e6:.1f} MB unpacked"
    )


def _say(found: backup.Verified) -> None:
    report = found.journal
    click.echo(
        f"journal {report.origin or '(not signed yet)'}: {report.entries} entries, {report.leaves} leaves, "
        f"{report.pending} pending, {report.checkpoints} checkpoints, root {report.root.hex()}"
    )
    click.echo("no difference" if found.difference is None else f"first difference: {found.difference}")
