"""Loads the reference data that every database needs, any number of times: regions, rule book, catalogue, texts."""

from sqlmodel import Session

from coldchain.policy import findings
from coldchain.policy import service as policy
from coldchain.regions import service as regions
from coldchain.registry import service as registry


def load_reference(session: Session) -> None:
    """Add what is missing; rows that are there stay as they are."""
    regions.load(session)
    policy.load(session)
    findings.load(session)
    registry.load_reference(session)
