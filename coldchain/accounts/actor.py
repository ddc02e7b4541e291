"""Who asks: the person, their role, the business they act for, the regions they are assigned to."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Actor:
    """A signed-in person, or the system itself while it replays a demonstration or runs a command."""

    user_id: UUID | None
    username: str
    display_name: str
    role: str
    business_id: UUID | None = None
    regions: tuple[str, ...] = ()
    office_ids: tuple[UUID, ...] = ()

    @property
    def is_officer(self) -> bool:
        """Say whether the actor acts for an authority."""
        return self.role in {"regulator", "inspector"}


SYSTEM = Actor(None, "system", "system", "system", regions=("000000",))
