"""Histories of behaviour: counts of values by day, summed over what lies before the day that is scored.

The user's are those of the 60 days before; everyone's those of the eight whole weeks before the week of the day. So a
late event of one user changes the scores of others only from the next week on.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Self
from uuid import UUID

from mcm_rules_engine.profiles.features import HOURS, Feature, Value, features_of, is_failure, profile_user
from mcm_rules_engine.profiles.score import (
    HISTORY_DAYS,
    LEARNING_DAYS,
    LEARNING_EVENTS,
    DayScore,
    ValueEvidence,
    VolumeEvidence,
    score_of,
)
from mcm_shared.contracts.events import SourceEvent

HISTORY: Final = timedelta(days=HISTORY_DAYS)
WEEKS: Final = 8
"""Whole weeks that everyone's counts are summed over."""

_WEEK: Final = timedelta(weeks=1)

Days = Mapping[date, Mapping[str, "ProfileDay"]]
"""What each user did, by day (UTC)."""


@dataclass(slots=True)
class ProfileDay:
    """What a user did on a day: the values of features, once each, and counts of events and of failures.

    A value counts once a day, so that one day with very many events does not hide the habits of all others.
    """

    values: set[Value] = field(default_factory=set)
    events: int = 0
    failures: int = 0

    def add(self, event: SourceEvent) -> None:
        """Counts an event."""
        self.values.update(features_of(event))
        self.events += 1
        self.failures += is_failure(event)


@dataclass(slots=True)
class Totals:
    """Sums over days: the days with each value, and of each feature those of all its values and the distinct ones."""

    values: Counter[Value] = field(default_factory=Counter)
    totals: Counter[Feature] = field(default_factory=Counter)
    distinct: Counter[Feature] = field(default_factory=Counter)

    def add(self, values: Iterable[Value], sign: int = 1) -> None:
        """Adds the values of a day, or takes them away again."""
        for value in values:
            before = self.values[value]
            after = before + sign
            self.totals[value[0]] += sign
            self.distinct[value[0]] += bool(after) - bool(before)
            self.values[value] = after
            if not after:
                del self.values[value]

    def count(self, feature: Feature, value: str) -> int:
        """Counts a value; an hour is as usual as it and those beside it are."""
        if feature is not Feature.HOUR:
            return self.values[feature, value]
        return sum(self.values[feature, f"{(int(value) + beside) % HOURS:02}"] for beside in (-1, 0, 1))

    def copy(self) -> Self:
        """Copies the sums as they are."""
        return deepcopy(self)


class History:
    """The last 60 days of a user, before a day that is scored; days are added in order."""

    def __init__(self) -> None:
        self._days: deque[tuple[date, ProfileDay]] = deque()
        self._totals = Totals()

    def score(self, day: date, profile: ProfileDay, everyone: Totals) -> DayScore | None:
        """Scores a day by the days before it; None while the user is learning."""
        self._leave(day)
        before = [one for _, one in self._days]
        if len(before) < LEARNING_DAYS or sum(one.events for one in before) < LEARNING_EVENTS:
            return None
        mine = self._totals
        values = (
            ValueEvidence(
                feature,
                value,
                mine.count(feature, value),
                mine.totals[feature],
                everyone.count(feature, value),
                everyone.totals[feature],
                everyone.distinct[feature],
            )
            for feature, value in profile.values
            if mine.totals[feature]
        )
        events = _volume("events", profile.events, [one.events for one in before])
        failures = _volume("failures", profile.failures, [one.failures for one in before])
        return score_of(values, (events, failures))

    def add(self, day: date, profile: ProfileDay) -> None:
        """Adds a day after all others."""
        self._leave(day)
        self._days.append((day, profile))
        self._totals.add(profile.values)

    def _leave(self, day: date) -> None:
        while self._days and self._days[0][0] < day - HISTORY:
            self._totals.add(self._days.popleft()[1].values, -1)


@dataclass(frozen=True, slots=True)
class UserDay:
    """A user's day with its scores; without them while the user is learning."""

    user: str
    day: date
    score: DayScore | None


def profile_days(events: Iterable[SourceEvent]) -> Days:
    """Counts events by day and user; one that comes again counts once, and of two contents the same in any order."""
    once: dict[UUID, SourceEvent] = {}
    for event in events:
        known = once.setdefault(event.uid, event)
        if known is not event and _content(event) < _content(known):
            once[event.uid] = event
    days: dict[date, dict[str, ProfileDay]] = defaultdict(dict)
    for event in once.values():
        user = profile_user(event)
        if user is not None:
            days[event.timestamp.date()].setdefault(user, ProfileDay()).add(event)
    return days


def week_of(day: date) -> date:
    """Returns the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def weeks_before(week: date) -> list[date]:
    """Lists the weeks that everyone's counts come from for the days of a week."""
    return [week - number * _WEEK for number in range(WEEKS, 0, -1)]


def totals_before(days: Days) -> Iterator[tuple[date, Totals]]:
    """Yields each day, in order, with everyone's sums over the weeks before its own, which change with the next one."""
    by_week: dict[date, list[ProfileDay]] = defaultdict(list)
    for day, profiles in days.items():
        by_week[week_of(day)] += profiles.values()
    everyone, added = Totals(), set[date]()
    for day in sorted(days):
        needed = set(weeks_before(week_of(day))) & by_week.keys()
        for weeks, sign in ((needed - added, 1), (added - needed, -1)):
            for profile in (one for week in weeks for one in by_week[week]):
                everyone.add(profile.values, sign)
        added = needed
        yield day, everyone


def score_days(days: Days) -> Iterator[UserDay]:
    """Scores each user's days by the 60 days before, the user's and everyone's, in order of days and users."""
    histories: dict[str, History] = defaultdict(History)
    for day, everyone in totals_before(days):
        for user, profile in sorted(days[day].items()):
            yield UserDay(user, day, histories[user].score(day, profile, everyone))
            histories[user].add(day, profile)


def _volume(name: str, count: int, before: list[int]) -> VolumeEvidence:
    return VolumeEvidence(name, count, sum(one >= count for one in before), len(before), max(before))


def _content(event: SourceEvent) -> str:
    return repr((event.timestamp, event.user, event.event_type, sorted(event.facts.items(), key=str)))
