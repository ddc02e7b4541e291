"""How often one address may ask for what anybody may read: counted in memory, by process and minute, bounded.

It keeps one stranger from taking the program's time, nothing else: what it guards is public.
"""

import threading
import time

from coldchain.core import limits
from coldchain.core.errors import DomainError


class Pace:
    """Counts the questions of each address in the present minute; forgets all of them with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = -1
        self._asked: dict[str, int] = {}

    def admit(self, address: str, minute: int | None = None) -> None:
        """Count a question. Raises 429 `too_many_requests` past PUBLIC_QUESTIONS_PER_MIN, until the minute is over."""
        now = int(time.monotonic() // 60) if minute is None else minute
        with self._lock:
            if now != self._minute or len(self._asked) >= limits.PUBLIC_ADDRESSES:
                self._minute, self._asked = now, {}
            asked = self._asked[address] = self._asked.get(address, 0) + 1
        if asked > limits.PUBLIC_QUESTIONS_PER_MIN:
            raise DomainError("Too many requests. Try again in a moment.", code="too_many_requests", status=429)
