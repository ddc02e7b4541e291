"""Health and metrics: alive, ready, and numbers for Prometheus."""

import hmac
import os
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col

from coldchain.core import db, disk, marks
from coldchain.core.clock import now
from coldchain.core.edge import PUBLIC, edge
from coldchain.core.errors import NotFound
from coldchain.home import desk_admin
from coldchain.journal import health as journal_health
from coldchain.ledger.models import Holding
from coldchain.ops import database, migrate
from coldchain.ops.worker import BEAT_MARK

bp = Blueprint("ops", __name__)

BEAT_LIMIT = timedelta(seconds=30)


def _alive() -> Response:
    return jsonify(status="alive")


_alive.permission = PUBLIC  # type: ignore[attr-defined]
bp.add_url_rule("/healthz", "healthz", _alive)


def readiness(session: Session) -> dict[str, str]:
    """Return the state of each part: database, migrations, worker, storage, journal; `ok` or what is wrong."""
    session.execute(text("SELECT 1"))
    at = migrate.current(db.engine())
    beat = marks.read(session, BEAT_MARK)
    fresh = beat is not None and now() - datetime.fromisoformat(beat["at"]) < BEAT_LIMIT
    return {
        "database": "ok",
        "migrations": "ok" if at == migrate.head() else f"at {at}, expected {migrate.head()}",
        "worker": "ok" if fresh else "no sign of life",
        "storage": storage(),
        "journal": journal_health.state(session),
    }


def storage() -> str:
    """Return whether there is room to write where the program's files lie, and the database's if it is our own."""
    return "no room left" if disk.is_full(database.places(current_app.config["SETTINGS"])) else "ok"


desk_admin.readiness.append(readiness)  # the administrator's desk shows the same


@bp.get("/readyz")
@edge(PUBLIC)
def readyz(session: Session, _actor: Any) -> Any:
    """Answer 200 when database, migrations, worker and storage are well, else 503 with what is not."""
    try:
        parts = readiness(session)
    except SQLAlchemyError:
        session.rollback()
        parts = {"database": "does not answer", "storage": storage()}
    ready = all(state == "ok" for name, state in parts.items() if name != "journal")
    response = jsonify(status="ready" if ready else "not ready", **parts)
    if not ready:
        response.status_code = 503
        response.headers["Retry-After"] = "1"
    return response


@bp.get("/metrics")
@edge(PUBLIC)
def metrics(session: Session, _actor: Any) -> Response:
    """Give numbers to Prometheus, on loopback or with METRICS_TOKEN; to others there is nothing here."""
    token = os.environ.get("METRICS_TOKEN")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    local = request.remote_addr in {"127.0.0.1", "::1"} and "X-Forwarded-For" not in request.headers
    if not local and not (token and hmac.compare_digest(token.encode(), given.encode())):
        raise NotFound
    registry = CollectorRegistry()
    for name, words, value in (
        ("coldchain_journal_pending", "Entries without a leaf", journal_health.pending(session)),
        ("coldchain_journal_pending_age_seconds", "How long the oldest entry without a leaf waits",
         journal_health.pending_age_s(session)),
        ("coldchain_journal_size", "Leaves of the journal", journal_health.size(session)),
        ("coldchain_journal_alarm", "1 while an alarm keeps the journal from being signed",
         journal_health.alarm(session) is not None),
        ("coldchain_holdings", "Custody accounts with stock",
         session.scalar(select(func.count()).where(col(Holding.quantity_units) > 0)) or 0),
        ("coldchain_pool_connections", "Database connections of this process in use", db.engine().pool.checkedout()),  # type: ignore[attr-defined]
    ):  # fmt: skip
        Gauge(name, words, registry=registry).set(value)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
