"""Rate of stored events, from the totals of the last half minute."""

import time
from collections import deque
from typing import Annotated, Final

from fastapi import Depends

from mcm_api.http.state import provided

_PERIOD_S: Final = 30.0


class EventRate:
    """Moving average of events stored a second, over the last half minute."""

    def __init__(self) -> None:
        self._totals: deque[tuple[float, int]] = deque()

    def update(self, total: int) -> float:
        """Adds the current total of events and returns the events stored a second since up to 30 s ago."""
        now = time.monotonic()
        self._totals.append((now, total))
        while now - self._totals[0][0] > _PERIOD_S:
            self._totals.popleft()
        since, before = self._totals[0]
        return round(max(0, total - before) / (now - since), 1) if now > since else 0.0


EventRateDep = Annotated[EventRate, Depends(provided(EventRate))]
"""Gives a route the rate of stored events."""
