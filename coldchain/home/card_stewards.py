"""Who looks after a card's sites (库长), as the card shows them: one place to ask, whatever keeps the rows."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from coldchain.core.i18n import LazyText


class Steward(NamedTuple):
    role: LazyText | str
    name: str


def card_stewards(_session: Session, _site_ids: Iterable[UUID]) -> dict[UUID, list[Steward]]:
    """Return the stewards of each site in the order of the sign: territorial, industry's, enterprise's.

    Names only, no phones (R16): a card hangs where customers read it. Sites without any are left out.
    """
    return {}
