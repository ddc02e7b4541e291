"""What the worker does once a day: lets go what the rule book no longer keeps."""

import logging
from datetime import timedelta

from sqlalchemy import text

from coldchain.accounts.service import audit
from coldchain.core import clock, db
from coldchain.policy import service as policy

log = logging.getLogger(__name__)

KEPT = "audit_kept_years"
SLACK = timedelta(days=1)  # the database's clock decides; a cutoff of this very moment could be a second too young


def purge_audit_log() -> int:
    """Delete lines of the audit log that are older than the rule book keeps them and return how many went.

    The service role can't delete there: a function of the owner's does, which checks the cutoff itself.
    """
    now = clock.now()
    with db.transaction() as session:
        years = int(policy.parameter(session, KEPT, now.date()))
        cutoff = now - timedelta(days=366 * years) - SLACK
        removed = int(session.execute(text("SELECT cc_purge_audit(:before)"), {"before": cutoff}).scalar_one())
        if removed:
            audit(session, "audit_purged", None, lines=str(removed), older_than=cutoff.date().isoformat())
    return removed


def daily() -> None:
    """Do all of it; each by itself, so that one that fails leaves the others."""
    removed = purge_audit_log()
    if removed:
        log.info("lines of the audit log let go: %s", removed)
