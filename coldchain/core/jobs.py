"""Background jobs: procrastinate in the same database, enqueued in the caller's transaction, polled by the worker.

The NOTIFY triggers are dropped by the first migration (notifying commits serialise), so the worker asks every second.
A job that dies with its worker is found stalled and tried again; every task must bear being run twice.
"""

import json
from collections.abc import Callable
from typing import Any

import procrastinate
from sqlalchemy import text
from sqlmodel import Session

POLL_S = 1.0
QUEUE = "default"
RETRIES = 3

_tasks: dict[str, Callable[..., None]] = {}


def task(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function of JSON arguments as the task `name`; it opens its own transactions."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        _tasks[name] = function
        return function

    return decorate


def enqueue(session: Session, name: str, **arguments: Any) -> None:
    """Add a job in the caller's transaction: it exists exactly when the caller's rows do."""
    if name not in _tasks:
        raise LookupError(name)
    session.execute(
        text(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :name, 0, NULL, NULL, CAST(:args AS jsonb), NULL)"
            "::procrastinate_job_to_defer_v1])"
        ),
        {"queue": QUEUE, "name": name, "args": json.dumps(arguments, default=str)},
    )


def build(conninfo: str) -> procrastinate.App:
    """Return the queue's app with every registered task, connected to `conninfo` (libpq)."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo))
    for name, function in _tasks.items():
        app.task(name=name, retry=RETRIES)(function)
    return app


async def work(conninfo: str, *, wait: bool = True) -> None:
    """Run jobs one after another until cancelled; with `wait=False` until none is left."""
    app = build(conninfo)
    async with app.open_async():
        await app.run_worker_async(
            queues=[QUEUE],
            concurrency=1,
            wait=wait,
            listen_notify=False,
            fetch_job_polling_interval=POLL_S,
            install_signal_handlers=False,
        )
