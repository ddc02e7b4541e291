"""Putting right what was decided (整改): the business reports it, an officer looks a second time (复查).

What may follow what is the table in `registry/decisions.py`. That it was put right ends what the decision orders, from
then on: the business may send again. The decision stays, and what it made a violation stays one (R14).
"""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, col, select

from coldchain.accounts.actor import Actor
from coldchain.core import clock, limits, stored_files
from coldchain.core.errors import Conflict, Invalid, NotFound
from coldchain.core.stored_files import StoredFile
from coldchain.inspections import decision_events, enforcement
from coldchain.journal import service as journal
from coldchain.registry import decisions as rules
from coldchain.registry.models_decisions import EnforcementDecision, EnforcementEvent, EnforcementPhoto


def report(
    session: Session,
    actor: Actor,
    decision_id: UUID,
    *,
    text: str,
    var_dir: Path | None = None,
    photos: Sequence[bytes] = (),
) -> EnforcementDecision:
    """Let the business say that it has put right what was decided, perhaps with photographs; what holds goes on.

    Raises NotFound, Forbidden, Conflict `wrong_state` while an officer is to look or when it is over, Invalid
    `not_an_image`, `too_large`, `too_many_photos`.
    """
    row = enforcement.held(session, actor, decision_id, "enforcement.report")
    _require(session, row, rules.REPORTED)
    if len(photos) > limits.PHOTOS_PER_REPORT:
        raise Invalid.of(
            "/file", "too_many_photos", "At most {limit} photographs.", limit=limits.PHOTOS_PER_REPORT
        )  # fmt: skip
    event = enforcement.say(session, actor, row, rules.REPORTED, text, None)
    if var_dir is not None:
        for content in photos:
            file = stored_files.keep_image(session, var_dir, content, actor.user_id, "/file")
            _keep(session, actor, row, event, file)
    return row


def review(
    session: Session, actor: Actor, decision_id: UUID, *, outcome: str, text: str | None = None
) -> EnforcementDecision:
    """Look a second time: `rectified` ends what is ordered from now on; `not_rectified` gives it back with a reason.

    An officer who has seen it may accept without a report. Raises NotFound, Forbidden, Conflict `wrong_state`, Invalid
    `required` (why it is given back).
    """
    row = enforcement.held(session, actor, decision_id, "enforcement.review")
    kind = rules.RECTIFIED if outcome == rules.RECTIFIED else rules.RETURNED
    _require(session, row, kind)
    if kind == rules.RETURNED:
        if text is None:
            raise Invalid.of("/text", "required", "This is needed.")
        enforcement.say(session, actor, row, kind, text, None)
    else:
        enforcement.say(session, actor, row, kind, text, clock.now())
    return row


def _require(session: Session, row: EnforcementDecision, kind: str) -> None:
    """Raise Conflict `wrong_state` unless `kind` may be said of the decision now."""
    stage = rules.stage(decision_events.kinds(session, row.decision_id))
    if not rules.may_say(stage, kind):
        raise Conflict("This was dealt with already. Open it again to see how.", code="wrong_state",
                       extra={"state": stage})  # fmt: skip


def _keep(session: Session, actor: Actor, row: EnforcementDecision, event: EnforcementEvent, file: StoredFile) -> None:
    there = select(EnforcementPhoto).where(
        col(EnforcementPhoto.event_id) == event.event_id, col(EnforcementPhoto.file_id) == file.file_id
    )
    if session.exec(there).first() is not None:  # the same one twice in one report
        return
    now = clock.now()
    photo = EnforcementPhoto(event_id=event.event_id, file_id=file.file_id, recorded_at=now, recorded_by=actor.user_id)
    session.add(photo)
    session.flush()
    journal.append(
        session,
        actor,
        kind="enforcement.photo_kept",
        subject_id=row.decision_id,
        occurred_at=now,
        business_id=row.business_id,
        region_code=row.region_code,
        data={"photo_id": photo.photo_id, "event_id": event.event_id, "sha256": file.sha256},
    )


def find_photo(session: Session, actor: Actor, decision_id: UUID, photo_id: UUID) -> StoredFile:
    """Return the file of a photograph of what was reported, to who may read the decision. Raises NotFound."""
    enforcement.read(session, actor, decision_id)
    photo = session.exec(
        select(EnforcementPhoto)
        .join(EnforcementEvent, col(EnforcementEvent.event_id) == col(EnforcementPhoto.event_id))
        .where(col(EnforcementEvent.decision_id) == decision_id, col(EnforcementPhoto.photo_id) == photo_id)
    ).first()
    if photo is None:
        raise NotFound
    return session.get_one(StoredFile, photo.file_id)
