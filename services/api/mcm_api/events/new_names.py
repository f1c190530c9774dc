"""Limit of new names: sources and event types that pushes bring up for the first time, in an hour."""

import time
from collections import deque
from collections.abc import Callable, Collection
from typing import Final

MAX_NEW_PER_HOUR: Final = 500
"""New sources, and new event types, that pushed events may bring in an hour."""

_HOUR_S: Final = 3600.0
_MAX_KNOWN: Final = 50_000


class NewNames:
    """Remembers names, and how many of them were new in the last hour; pages count and list by these names."""

    def __init__(self, max_per_hour: int = MAX_NEW_PER_HOUR, now: Callable[[], float] = time.monotonic) -> None:
        self._max = max_per_hour
        self._now = now
        self._known: dict[str, None] = {}
        self._added: deque[float] = deque()

    def admit(self, names: Collection[str]) -> bool:
        """Takes in names; False, and takes in none, when more of them are new than an hour allows."""
        new = {name for name in names if name not in self._known}
        if not new:
            return True
        now = self._now()
        while self._added and self._added[0] <= now - _HOUR_S:
            self._added.popleft()
        if len(self._added) + len(new) > self._max:
            return False
        self._added.extend([now] * len(new))
        self._known.update(dict.fromkeys(new))
        while len(self._known) > _MAX_KNOWN:
            del self._known[next(iter(self._known))]
        return True
