"""Two hands at one paper at the same moment: one replaces it, the other is told so; the queue never sees two heirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from coldchain.accounts.actor import SYSTEM
from coldchain.batches import service
from coldchain.batches.models import Evidence, EvidenceCheck, Flag
from coldchain.core import db
from coldchain.core.errors import Conflict
from tests.batches.conftest import Case
from tests.factories.world import World
from tests.races.meeting import meet


def enter(case: Case, number: str, **fields: object) -> Callable[[Session], object]:
    def act(session: Session) -> object:
        return service.register_evidence(
            session, SYSTEM, kind="nucleic_acid", number=number, issuer="示例", issued_on=date(2021, 1, 17),
            batch_id=UUID(case.first), **fields,
        )  # fmt: skip

    return act


def test_of_two_that_replace_a_paper_one_does(world: World, rounds: Callable[[int, int], int]) -> None:
    case = Case(world)
    for number in range(rounds(5, 50)):
        paper = UUID(case.paper("nucleic_acid", f"/batches/{case.first}", number=f"A-{number}")["evidence_id"])
        came = meet([enter(case, f"B-{number}-{each}", replaces=paper) for each in range(3)])
        lost = [each for each in came if isinstance(each, Conflict)]
        assert [each.code for each in lost] == ["replaced_already"] * 2, came
        with db.transaction() as session:
            heirs = session.scalars(select(Evidence).where(col(Evidence.supersedes_id) == paper)).all()
        assert len(heirs) == 1


def test_an_officers_word_and_a_newer_paper_come_one_after_the_other(
    world: World, rounds: Callable[[int, int], int]
) -> None:
    case = Case(world)
    for number in range(rounds(5, 50)):
        paper = UUID(case.paper("nucleic_acid", f"/batches/{case.first}", number=f"A-{number}")["evidence_id"])
        words = [lambda session, paper=paper: service.verify_paper(session, SYSTEM, paper)] * 2
        came = meet([*words, enter(case, f"B-{number}", replaces=paper)])
        assert not isinstance(came[2], Exception), came
        codes = sorted(each.code for each in came[:2] if isinstance(each, Conflict))
        assert codes in (["wrong_state"], ["replaced_already", "replaced_already"], ["replaced_already"]), came
        with db.transaction() as session:
            said = session.scalars(select(EvidenceCheck).where(col(EvidenceCheck.evidence_id) == paper)).all()
        assert len(said) == 2 - len(codes)


def test_of_two_that_book_a_certificate_at_once_the_second_sees_the_first(
    world: World, rounds: Callable[[int, int], int]
) -> None:
    """Each alone is within the certificate, both together are not: one flag, never none."""
    case = Case(world)
    for number in range(rounds(5, 50)):

        def book(batch_id: str, number: int = number) -> Callable[[Session], object]:
            return lambda session: service.register_evidence(
                session, SYSTEM, kind="nucleic_acid", number=f"C-{number}", issuer="示例",
                issued_on=date(2021, 1, 17), quantity_units=150, batch_id=UUID(batch_id),
            )  # fmt: skip

        came = meet([book(case.first), book(case.second)])
        assert not any(isinstance(each, Exception) for each in came), came
        with db.transaction() as session:
            kinds = session.scalars(select(Flag.kind).where(col(Flag.kind) == "certificate_overbooked")).all()
        assert len(kinds) == number + 1
