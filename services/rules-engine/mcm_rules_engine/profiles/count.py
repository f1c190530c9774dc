"""Counting of a batch for behaviour profiles: each user's day, and the values that the database may lack."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from mcm_rules_engine.correlation.protocol import Position
from mcm_rules_engine.profiles.features import YEARS, Value, add_features, canonical_user, is_failure_type
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.event_time import to_micros

_MAX_DAYS: Final = 20_000
"""User-days whose stored values are cached; about 2 KiB each."""

UserDayKey = tuple[str, int]
"""A user in canonical form, and the ordinal of a day."""


@dataclass(slots=True)
class DayTally:
    """What a batch adds to a user's day: counts, its earliest and latest event, and values not known to be stored."""

    events: int
    failures: int
    earliest: SourceEvent
    latest: SourceEvent
    values: set[Value] = field(default_factory=set)

    @property
    def first(self) -> Position:
        """Where the earliest event stands in time."""
        return to_micros(self.earliest.timestamp), self.earliest.uid

    @property
    def last(self) -> Position:
        """Where the latest event stands in time."""
        return to_micros(self.latest.timestamp), self.latest.uid


class ProfileCounter:
    """Counts batches, and caches what is stored: most events repeat what their user has done before on the day."""

    def __init__(self) -> None:
        self._stored: OrderedDict[UserDayKey, set[Value]] = OrderedDict()

    def count(self, events: Iterable[SourceEvent]) -> dict[UserDayKey, DayTally]:
        """Counts new events by user and day, in order of users and days."""
        tallies: dict[UserDayKey, DayTally] = {}
        for event in events:
            user = event.user
            if user is None:
                continue
            at = event.timestamp
            key = (canonical_user(user), at.toordinal())
            tally = tallies.get(key)
            if tally is None:
                # as profile_user says, which looks at each event
                if at.year not in YEARS:
                    continue
                tally = tallies[key] = DayTally(0, 0, event, event)
            elif at <= tally.earliest.timestamp and (at, event.uid) < (tally.earliest.timestamp, tally.earliest.uid):
                tally.earliest = event
            elif at >= tally.latest.timestamp and (at, event.uid) > (tally.latest.timestamp, tally.latest.uid):
                tally.latest = event
            tally.events += 1
            tally.failures += is_failure_type(event.event_type)
            add_features(event, tally.values)
        for key, tally in tallies.items():
            tally.values -= self._stored.get(key, set())
        return dict(sorted(tallies.items()))

    def committed(self, tallies: dict[UserDayKey, DayTally]) -> None:
        """Notes that what was counted is stored."""
        for key, tally in tallies.items():
            self._stored.setdefault(key, set()).update(tally.values)
            self._stored.move_to_end(key)
        while len(self._stored) > _MAX_DAYS:
            self._stored.popitem(last=False)


def day_of(key: UserDayKey) -> date:
    """Returns the day of a key."""
    return date.fromordinal(key[1])
