"""Rate of stored events, from the totals of the last half minute."""

import time
from collections import OrderedDict, deque
from typing import Annotated, Final

from fastapi import Depends

from mcm_api.http.state import provided
from mcm_api.identity.restriction import Restriction, current_restriction

_PERIOD_S: Final = 30.0
_MAX_RESTRICTIONS: Final = 1000


class EventRate:
    """Moving average of events stored a second, over the last half minute."""

    def __init__(self) -> None:
        # identities with different restrictions count different totals
        self._by_restriction: OrderedDict[Restriction, deque[tuple[float, int]]] = OrderedDict()

    def update(self, total: int) -> float:
        """Adds the current total of events and returns the events stored a second since up to 30 s ago."""
        now = time.monotonic()
        totals = self._by_restriction.setdefault(current_restriction(), deque())
        self._by_restriction.move_to_end(current_restriction())
        if len(self._by_restriction) > _MAX_RESTRICTIONS:
            self._by_restriction.popitem(last=False)
        totals.append((now, total))
        while now - totals[0][0] > _PERIOD_S:
            totals.popleft()
        since, before = totals[0]
        return round(max(0, total - before) / (now - since), 1) if now > since else 0.0


EventRateDep = Annotated[EventRate, Depends(provided(EventRate))]
"""Gives a route the rate of stored events."""
