"""The command line: `flask accounts …`, `flask backup …`, `flask journal …`."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError, ProgrammingError

from coldchain.accounts import service as accounts
from coldchain.accounts.models import POSITIONS, ROLES
from coldchain.accounts.service import admin, totp
from coldchain.core.db import transaction
from coldchain.core.errors import DomainError
from coldchain.core.problems import said
from coldchain.journal import cli as journal_cli
from coldchain.ops.backup import BOOK_CHECKS
from coldchain.ops.backup_cli import group as backup_group
from coldchain.regions import service as regions
from coldchain.registry import service as registry
from config import ADDRESS_FILE, Settings

accounts_group = AppGroup("accounts", help="Make users and tokens.")


@contextmanager
def _one_line() -> Iterator[None]:
    """Turn a domain error, or a database that isn't there or isn't ready, into one line and exit code 1."""
    try:
        yield
    except OperationalError as error:
        raise click.ClickException(f"database_unreachable: {str(error.orig).strip().splitlines()[0]}") from error
    except ProgrammingError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise click.ClickException(f"database_not_ready: {reason}; start the program once: make run") from error
    except DomainError as error:
        reasons = [f"{e.pointer}: {said(e.message, e.params)}" for e in error.errors]
        raise click.ClickException("; ".join(reasons) or said(error.message, error.params)) from error


@accounts_group.command("create")
@click.argument("username")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--uscc", help="The business that a merchant, lab or carrier acts for.")
@click.option("--position", type=click.Choice(POSITIONS), help="Of those who act for a business; default owner.")
@click.option("--region", "region_code", help="The region that an officer is assigned to, such as 230203.")
@click.option("--office", help="The one supervision office of that region that an officer is assigned to.")
def create(
    username: str, role: str, uscc: str | None, position: str | None, region_code: str | None, office: str | None
) -> None:
    """Make a user and print a one-time sign-in link."""
    with _one_line(), transaction() as session:
        business_id = registry.find_business(session, uscc).business_id if uscc else None
        office_id = None
        if region_code:
            regions.check(session, region_code)
            office_id = regions.find_office(session, region_code, office).office_id if office else None
        admin.refuse_needless(role, position, region_code, office)
        user = accounts.create_user(
            session,
            username=username,
            role=role,
            business_id=business_id,
            region_code=region_code,
            office_id=office_id,
            position=position or "owner",
        )
        secret = accounts.new_link(session, user)
    click.echo(f"{_address()}/link/{secret}")


@accounts_group.command("link")
@click.argument("username")
def link(username: str) -> None:
    """Print a one-time link by which a user chooses another password."""
    with _one_line(), transaction() as session:
        secret = accounts.new_link(session, accounts.user_by_name(session, username), kind="reset")
    click.echo(f"{_address()}/link/{secret}")


@accounts_group.command("forget-second-step")
@click.argument("username")
def forget_second_step(username: str) -> None:
    """Forget a user's second step and end the user's sessions: phone and recovery codes are both lost."""
    with _one_line(), transaction() as session:
        totp.drop(session, accounts.user_by_name(session, username))
    click.echo(f"{username} has no second step any more")


def _address() -> str:
    """Return where the program is found: what PUBLIC_URL says, else where it runs at this moment."""
    settings: Settings = current_app.config["SETTINGS"]
    running = settings.var_dir / ADDRESS_FILE
    if settings.public_url_is_trial and running.exists():
        return running.read_text(encoding="utf-8").strip()
    return settings.public_url


@accounts_group.command("token")
@click.argument("username")
def token(username: str) -> None:
    """Print a new full-scope API token of a user, alone on the last line."""
    with _one_line(), transaction() as session:
        made = accounts.new_token(session, accounts.user_by_name(session, username), "command line")
    click.echo(made)


def install(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(accounts_group)
    app.cli.add_command(backup_group)
    journal_cli.register(app.cli, BOOK_CHECKS)
