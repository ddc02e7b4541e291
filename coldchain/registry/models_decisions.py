"""Tables of officers' decisions about businesses (R14): stored low, so that trade may ask what is in force."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import SQLModel

from coldchain.core.columns import key, moment, one_of, ref, wordlist, words
from coldchain.registry.decisions import EVENTS, KINDS

_LISTED = ", ".join(f"'{kind}'" for kind in KINDS)


class EnforcementDecision(SQLModel, table=True):
    """What an officer decided about a business, or about one site of it, from when until when (append-only)."""

    __tablename__ = "enforcement_decision"
    __table_args__ = (
        CheckConstraint(f"cardinality(kinds) > 0 AND kinds <@ ARRAY[{_LISTED}]", name="kinds"),
        CheckConstraint("ends_at > starts_at", name="period"),
        UniqueConstraint("region_code", "number"),
    )

    decision_id: UUID = key()
    number: str = words()
    business_id: UUID = ref("business.business_id")
    site_id: UUID | None = ref("site.site_id", null=True)  # only this site of it; null: the whole business
    kinds: list[str] = wordlist()
    reason: str = words()
    basis: str = words()
    starts_at: datetime = moment()
    ends_at: datetime = moment(index=True)  # the first moment at which it does not hold any more
    region_code: str = words()
    office_id: UUID | None = ref("office.office_id", null=True, index=False)
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)


class EnforcementEvent(SQLModel, table=True):
    """What was said of a decision later: the business's objection, the officer's answer (append-only)."""

    __tablename__ = "enforcement_event"
    __table_args__ = (
        one_of("kind", EVENTS),
        CheckConstraint("(kind = 'lifted') = (effective_at IS NOT NULL)", name="effective_at"),
        UniqueConstraint("decision_id", "kind"),  # each is said once
    )

    event_id: UUID = key()
    decision_id: UUID = ref("enforcement_decision.decision_id", index=False)
    kind: str = words()
    text: str = words()
    effective_at: datetime | None = moment(null=True)  # of `lifted`: from when on
    recorded_at: datetime = moment()
    recorded_by: UUID | None = ref(null=True, index=False)
