"""The worker process: gives journal entries their places and signs checkpoints every second, runs jobs, keeps house.

Beats its heart into `system_mark` so that `/readyz` can tell a dead worker from a live one.
"""

import asyncio
import logging
import os
import signal
import sys
from typing import Any

import psycopg
from procrastinate.exceptions import ConnectorException
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from coldchain.accounts.service import purge as accounts_purge
from coldchain.core import db, disk, jobs, marks
from coldchain.core.clock import now
from coldchain.exchange import service as exchange
from coldchain.journal import sequencer
from coldchain.ops import presence, upkeep
from config import Settings

log = logging.getLogger(__name__)

BEAT_MARK = "worker_beat"
BEAT_EVERY_S = 5.0
SEQUENCE_EVERY_S = 1.0
PURGE_EVERY_S = 3600.0
UPKEEP_EVERY_S = 86_400.0


def beat() -> None:
    """Record that the worker lives."""
    with db.transaction() as session:
        marks.write(session, BEAT_MARK, {"at": now().isoformat(), "pid": os.getpid()})


def sequence(settings: Settings) -> None:
    """Sequence what is pending and sign."""
    sequencer.run_once(db.engine(), settings.var_dir)


def purge() -> None:
    """Delete what is not needed any more."""
    with db.transaction() as session:
        accounts_purge.purge(session)
        exchange.purge(session)


async def _repeat(every_s: float, action: object, *arguments: object) -> None:
    while True:
        try:
            await asyncio.to_thread(action, *arguments)  # type: ignore[arg-type]
        except SQLAlchemyError as error:
            _told(error)
        await asyncio.sleep(every_s)


async def _jobs(conninfo: str) -> None:
    """Run jobs; a database that is away for a while ends them, not the worker."""
    while True:
        try:
            await jobs.work(conninfo)
        except (ConnectorException, psycopg.Error, SQLAlchemyError) as error:
            _told(error)
        await asyncio.sleep(SEQUENCE_EVERY_S)


def _told(error: Exception) -> None:
    """Log an outage in one line, anything else with its trace."""
    reason = str(getattr(error, "orig", None) or error.__cause__ or error).strip().partition("\n")[0]
    if disk.found_no_room(error) or isinstance(error, OperationalError | ConnectorException | psycopg.OperationalError):
        log.warning("the worker could not reach the database; it tries again: %s", reason)
    else:
        log.error("the worker failed; it tries again", exc_info=error)


async def main(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    assert settings.database_url is not None  # noqa: S101  filled by with_database
    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(_repeat(BEAT_EVERY_S, beat)),
        asyncio.create_task(_repeat(SEQUENCE_EVERY_S, sequence, settings)),
        asyncio.create_task(_repeat(PURGE_EVERY_S, purge)),
        asyncio.create_task(_jobs(settings.database_url)),
        asyncio.create_task(_repeat(UPKEEP_EVERY_S, upkeep.daily)),
    ]
    stopped: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done - {stopped}:
        task.result()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    from coldchain.app import create_app
    from coldchain.ops.database import with_database

    worker_settings = with_database(Settings.from_env())
    presence.stay(worker_settings.var_dir)
    create_app(worker_settings)  # registers every room's tasks and connects
    asyncio.run(main(worker_settings))
