"""Changes of the table of rights that must not go unseen: each entry taken away, loosened, given to one more role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from coldchain.accounts import rights
from coldchain.accounts.models import ROLES
from tests.rights.matrix import ALLOW, DENY, HIDE, REFUSE, Cell, Matrix

LOOSER = {rights.SITE: (rights.OWN, rights.ANY), rights.OWNER: (rights.OWN, rights.ANY), rights.OWN: (rights.ANY,),
          rights.REGION: (rights.ANY,), rights.DUTY: (rights.ANY,)}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One entry, and what it becomes (None: it is gone)."""

    action: str
    role: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        return f"{self.action}: {self.role} {self.before or 'nothing'} → {self.after or 'nothing'}"

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Change the table."""
        row = dict(rights.TABLE[self.action])
        changed = {role: needed for role, needed in row.items() if role != self.role}
        rights.TABLE[self.action] = changed | ({self.role: self.after} if self.after else {})
        try:
            yield
        finally:
            rights.TABLE[self.action] = row


def mutants() -> list[Mutant]:
    """Return all of them; the program's own `system` asks over no route and is left out."""
    found = []
    for action, row in rights.TABLE.items():
        for role in ROLES:
            needed = row.get(role)
            if needed is None:
                found.append(Mutant(action, role, None, rights.ANY))
                continue
            found.append(Mutant(action, role, needed, None))
            found += [Mutant(action, role, needed, looser) for looser in LOOSER.get(needed, ())]
    return found


def distinguishing(mutant: Mutant, asked: Matrix, answers: dict[Cell, str]) -> Iterator[Cell]:
    """Yield the requests that asked for this entry, those first whose answer is likely to change."""
    likely = (ALLOW, REFUSE) if mutant.after is None else (HIDE, DENY)
    wanted = mutant.action, mutant.role
    cells = [cell for cell, consulted in asked.consulted.items() if wanted in consulted and cell in answers]
    yield from sorted(cells, key=lambda cell: answers[cell] not in likely)


def seen(mutant: Mutant, asked: Matrix, answers: dict[Cell, str]) -> bool:
    """Say whether some answer is another one with this change."""
    consulted = dict(asked.consulted)
    try:
        with mutant.alive():
            return any(_differs(asked, cell, answers) for cell in distinguishing(mutant, asked, answers))
    finally:
        asked.consulted = consulted


def _differs(asked: Matrix, cell: Cell, answers: dict[Cell, str]) -> bool:
    try:
        return asked.answer(cell) != answers[cell]
    except AssertionError:
        return True  # an answer that no right leads to


def seen_behind(mutant: Mutant, before: str, asked: Matrix, answers: dict[Cell, str]) -> bool:
    """Say whether an answer changes once the right that is asked for `before` this one is everybody's."""
    opened = Mutant(before, mutant.role, None, rights.ANY)
    cells = [
        cell
        for cell in answers
        if cell.route.permission == mutant.action and asked.realm.askers[cell.asker].role == mutant.role
    ]
    consulted = dict(asked.consulted)
    try:
        with opened.alive():
            found = {cell: asked.answer(cell) for cell in cells}
            with mutant.alive():
                return any(_differs(asked, cell, found) for cell in cells)
    finally:
        asked.consulted = consulted
