"""The commitment letter (承诺书): its shipped versions, which one is asked for, and who signed which."""

import hashlib
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from coldchain.accounts.actor import Actor
from coldchain.accounts.rights import authorize
from coldchain.core import clock, stored_files
from coldchain.core.claims import claimed, claimed_day
from coldchain.core.errors import Conflict, Invalid
from coldchain.journal import personal
from coldchain.journal import service as journal
from coldchain.registry.models import Business, CommitmentLetter, CommitmentText
from coldchain.registry.service.business_view import resource
from coldchain.registry.service.lookups import find_business
from coldchain.registry.service.reach import on_behalf_of

DATA: Final = Path(__file__).resolve().parent.parent / "data" / "commitment_letters.toml"


def text_hash(text_zh: str, text_en: str) -> str:
    """Return the SHA-256 (hex) of a letter's text: Chinese, an empty line, English, in UTF-8."""
    return hashlib.sha256(f"{text_zh}\n\n{text_en}".encode()).hexdigest()


def load_reference(session: Session) -> int:
    """Add the shipped versions of the letter that are not there yet and return how many were added.

    Raises RuntimeError when a stored version's text is not the shipped one: what people signed is never rewritten.
    """
    letters = tomllib.loads(DATA.read_text(encoding="utf-8"))["letter"]
    kept = {row.version: row.text_hash for row in commitment_texts(session)}
    added = 0
    for letter in letters:
        text_zh = f"{letter['title_zh']}\n\n{letter['text_zh'].strip()}"
        text_en = f"{letter['title_en']}\n\n{letter['text_en'].strip()}"
        version, hashed = letter["version"], text_hash(text_zh, text_en)
        if kept.setdefault(version, hashed) != hashed:
            raise RuntimeError(f"the shipped text of commitment letter {version} is not the stored one")
        row = {"version": version, "text_zh": text_zh, "text_en": text_en, "text_hash": hashed}
        row["valid_from"] = letter["valid_from"]
        statement = insert(CommitmentText).values(**row, recorded_at=clock.now()).on_conflict_do_nothing()
        added += session.scalar(statement.returning(col(CommitmentText.version))) is not None
    return added


def commitment_texts(session: Session) -> list[CommitmentText]:
    """Return all versions of the letter's text, the newest version last."""
    return list(session.scalars(select(CommitmentText).order_by(col(CommitmentText.version))))


def current_text(session: Session) -> CommitmentText | None:
    """Return the version that is asked for today: the newest that is in force, None before the first."""
    today = clock.now().astimezone(clock.BEIJING).date()
    return session.scalars(
        select(CommitmentText)
        .where(col(CommitmentText.valid_from) <= today)
        .order_by(col(CommitmentText.version).desc())
        .limit(1)
    ).first()


def sign(
    session: Session,
    actor: Actor,
    ref: str | UUID,
    *,
    version: str,
    signed_by: str,
    signed_on: date,
    occurred_at: datetime | None = None,
    content: bytes | None = None,
    var_dir: Path | None = None,
) -> dict[str, Any]:
    """Record that a business signed a version of the commitment letter; an officer may enter it for the business.

    `content`: the signed paper as a photograph or PDF, kept below `var_dir`. Raises NotFound; Invalid
    `unknown_version`, `in_future`, what `stored_files.keep` refuses; Conflict `wrong_state` for a closed business.
    """
    business = find_business(session, ref)
    authorize(actor, "business.sign_commitment", resource(business))
    occurred = claimed(occurred_at)
    claimed_day(signed_on, "/signed_on")
    text = session.get(CommitmentText, version)
    if text is None:
        raise Invalid.of(
            "/version", "unknown_version", "There is no commitment letter of version {version}.", version=version
        )
    if business.status == "closed":
        raise Conflict("This business is closed.", code="wrong_state", extra={"state": business.status})
    paper = None
    if content is not None and var_dir is not None:
        paper = stored_files.keep(session, var_dir, content, actor.user_id, "/file")
    signer = personal.keep(
        session, signed_by, "signer", business_id=business.business_id, region_code=business.region_code
    )
    assert signer is not None  # noqa: S101 (the schema refuses an empty name)
    letter = CommitmentLetter(
        business_id=business.business_id,
        version=version,
        text_hash=text.text_hash,
        signed_by_id=signer.personal_id,
        signed_on=signed_on,
        file_id=paper.file_id if paper else None,
        recorded_at=clock.now(),
        recorded_by=actor.user_id,
        on_behalf_of=on_behalf_of(actor, business.business_id),
    )
    session.add(letter)
    session.flush()
    said = {"signed_by": signer.commitment, "sha256": paper.sha256 if paper else None}
    _tell(session, actor, business, letter, occurred, said)
    return {
        "letter_id": letter.letter_id,
        "business_id": business.business_id,
        "version": version,
        "text_hash": text.text_hash,
        "signed_by": signed_by,
        "signed_on": signed_on,
        "has_file": paper is not None,
        "recorded_at": letter.recorded_at,
    }


def _tell(
    session: Session,
    actor: Actor,
    business: Business,
    letter: CommitmentLetter,
    occurred_at: datetime,
    said: dict[str, Any],
) -> None:
    journal.append(
        session,
        actor,
        kind="commitment_letter.signed",
        subject_id=letter.letter_id,
        occurred_at=occurred_at,
        data={
            "business_id": business.business_id, "version": letter.version, "text_hash": letter.text_hash,
            "signed_on": letter.signed_on, "on_behalf_of": letter.on_behalf_of, **said,
        },
        business_id=business.business_id,
        region_code=business.region_code,
    )  # fmt: skip
