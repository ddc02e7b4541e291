"""Tables of the journal. All but `journal_pending` and the erasing of personal values are append-only."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Index, LargeBinary, Uuid
from sqlmodel import Field, SQLModel

from coldchain.core.columns import key, moment, ref, whole, words


def octets(*, null: bool = False) -> Column[bytes]:
    """A bytea column."""
    return Column(LargeBinary, nullable=null)


class JournalEntry(SQLModel, table=True):
    """One fact: its canonical body (RFC 8785 JSON `{v, kind, subject, occurred_at, recorded_at, nonce, data}`)."""

    __tablename__ = "journal_entry"

    entry_id: UUID = key()
    kind: str = words(index=True)
    subject_id: UUID = ref()
    business_id: UUID | None = ref(null=True)
    region_code: str | None = words(null=True)
    occurred_at: datetime = moment()
    recorded_at: datetime = moment(index=True)
    recorded_by: UUID | None = ref(null=True, index=False)
    body: str = words()
    leaf_hash: bytes = Field(sa_column=octets())


class JournalPending(SQLModel, table=True):
    """An entry that has no leaf yet."""

    __tablename__ = "journal_pending"

    entry_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("journal_entry.entry_id"), primary_key=True))


class JournalLeaf(SQLModel, table=True):
    """The dense sequence: index 0, 1, 2, …"""

    __tablename__ = "journal_leaf"

    index: int = whole(primary=True)
    entry_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("journal_entry.entry_id"), nullable=False, unique=True))
    leaf_hash: bytes = Field(sa_column=octets())


class JournalNode(SQLModel, table=True):
    """A complete interior node: the root over leaves `index·2^level … (index+1)·2^level − 1`."""

    __tablename__ = "journal_node"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 62", name="level"),)

    level: int = whole(primary=True)
    index: int = whole(primary=True)
    hash: bytes = Field(sa_column=octets())


class JournalCheckpoint(SQLModel, table=True):
    """A signed note over the tree of one size."""

    __tablename__ = "journal_checkpoint"

    size: int = whole(primary=True)
    origin: str = words()
    root: bytes = Field(sa_column=octets())
    note: str = words()
    signed_at: datetime = moment()


class PersonalValue(SQLModel, table=True):
    """A person's name or phone, apart from the facts: the journal holds SHA-256(salt ‖ value) only (R21).

    `what` it is (driver_phone, signer …), whose record it stands in and where; `purge_on`: the day from which it may be
    erased before the end of retention, of lists of people only.
    """

    __tablename__ = "personal_value"
    __table_args__ = (Index("ix_personal_value_value", "value", postgresql_using="hash"),)

    personal_id: UUID = key()
    salt: bytes | None = Field(default=None, sa_column=octets(null=True))
    value: str | None = words(null=True)
    commitment: str = words()
    what: str = words()
    business_id: UUID | None = ref(null=True, index=False)
    region_code: str | None = words(null=True)
    purge_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))
    recorded_at: datetime = moment()
    erased_at: datetime | None = moment(null=True)
    erased_reason: str | None = words(null=True)
