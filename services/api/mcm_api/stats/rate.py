"""How many events are stored a second, from how many there were a moment ago."""

import time
from collections import deque
from typing import Final

_OVER_S: Final = 30.0


class EventRate:
    """Remembers how many events there were, for half a minute."""

    def __init__(self) -> None:
        self._counted: deque[tuple[float, int]] = deque()

    def count(self, total: int) -> float:
        """Notes how many events there are now, and returns how many were stored a second since up to 30 s ago."""
        now = time.monotonic()
        self._counted.append((now, total))
        while now - self._counted[0][0] > _OVER_S:
            self._counted.popleft()
        since, before = self._counted[0]
        return round(max(0, total - before) / (now - since), 1) if now > since else 0.0
