"""Cache of the activity of users by day, each day valid while its number of events is the same.

Events are never changed or deleted, so a day of a user with the same number of events has the same events. The numbers
come from the roll-up by user and day, which the storing transaction maintains.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from mcm_api.identity.restriction import Restriction, current_restriction

_MAX_DAYS: Final = 100_000
"""Days cached, over all users; about 1 KiB each."""


@dataclass(frozen=True, slots=True)
class DayActivity:
    """Events of one user on one day in UTC: how many in all, by hour and by type."""

    count: int
    hours: Mapping[int, int]
    types: Mapping[str, int]


class ActivityCache:
    """LRU cache by user of the days counted."""

    def __init__(self, max_days: int = _MAX_DAYS) -> None:
        self._max_days = max_days
        # a restricted identity counts fewer events of a user
        self._users: OrderedDict[tuple[Restriction, str], dict[date, DayActivity]] = OrderedDict()
        self._days = 0

    def changed_days(self, user: str, counts: Mapping[date, int]) -> list[date]:
        """Lists the days of a user that must be counted, because they are not cached or have more events now."""
        cached = self._users.get((current_restriction(), user), {})
        return [day for day, count in counts.items() if day not in cached or cached[day].count != count]

    def update(
        self, user: str, counts: Mapping[date, int], counted: Mapping[date, DayActivity]
    ) -> dict[date, DayActivity]:
        """Adds the days counted, and returns all days of the user."""
        key = current_restriction(), user
        known = self._users.pop(key, {})
        self._days -= len(known)
        days = {day: counted.get(day) or known[day] for day in counts if day in counted or day in known}
        self._users[key] = days
        self._days += len(days)
        while self._days > self._max_days and len(self._users) > 1:
            self._days -= len(self._users.popitem(last=False)[1])
        return days
