"""Who asks: the person, their role, the business they act for, the areas they are assigned to."""

from dataclasses import dataclass
from uuid import UUID

from coldchain.accounts.models import OFFICER_ROLES
from coldchain.regions.tree import within


@dataclass(frozen=True)
class Area:
    """A region, or one supervision office of it; as a place: where something lies, the office None if it has none."""

    region_code: str
    office_id: UUID | None = None

    def covers(self, place: "Area") -> bool:
        """Say whether `place` lies in this area: an office covers its own places only."""
        if self.office_id is not None:
            return self.office_id == place.office_id
        return within(place.region_code, self.region_code)


@dataclass(frozen=True)
class Actor:
    """A signed-in person, or the system itself while it replays a demonstration or runs a command.

    `site_ids`: the sites that a clerk is limited to, None when there is no limit. `is_waiting`: registered by itself
    and not approved yet. `scopes`: the actions that an API key is limited to, None when there is no limit.
    `session_id`: the page session, None for an API key. `is_fresh`: proven lately who it is, or no need to.
    `former_ids`: the provisional identities that were merged into the business: what was theirs is its own.
    """

    user_id: UUID | None
    username: str
    display_name: str
    role: str
    business_id: UUID | None = None
    areas: tuple[Area, ...] = ()
    position: str | None = None
    site_ids: frozenset[UUID] | None = None
    is_waiting: bool = False
    scopes: frozenset[str] | None = None
    session_id: UUID | None = None
    is_fresh: bool = True
    former_ids: frozenset[UUID] = frozenset()

    @property
    def business_ids(self) -> frozenset[UUID]:
        """Return every id that records of the actor's business may bear, its own one among them."""
        return self.former_ids if self.business_id is None else self.former_ids | {self.business_id}

    @property
    def is_officer(self) -> bool:
        """Say whether the actor acts for an authority."""
        return self.role in OFFICER_ROLES

    @property
    def regions(self) -> tuple[str, ...]:
        """Return the codes of the regions that the actor is assigned to, or to an office of, sorted."""
        return tuple(sorted({area.region_code for area in self.areas}))

    @property
    def office_ids(self) -> tuple[UUID, ...]:
        """Return the offices that the actor is assigned to."""
        return tuple(area.office_id for area in self.areas if area.office_id is not None)


SYSTEM = Actor(None, "system", "system", "system", areas=(Area("000000"),))
