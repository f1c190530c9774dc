"""Histories of behaviour: counts of values by day, summed over what lies before the day that is scored.

The user's are those of the 60 days before; everyone's those of the eight whole weeks before the week of the day. So a
late event of one user changes the scores of others only from the next week on.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Self
from uuid import UUID

from mcm_rules_engine.profiles.features import (
    BESIDE,
    HOURS,
    LOGIN_FEATURES,
    Feature,
    Value,
    features_of,
    is_failure,
    profile_user,
)
from mcm_rules_engine.profiles.score import (
    HISTORY_DAYS,
    LEARNING_DAYS,
    LEARNING_EVENTS,
    DayScore,
    Scores,
    ValueEvidence,
    VolumeEvidence,
    feature_score,
    score_of,
    value_score,
    volume_score,
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

    def count(self, value: Value) -> int:
        """Counts a value; an hour is as usual as it and those beside it are."""
        return _count(self.values, value)

    def copy(self) -> Self:
        """Copies the sums as they are."""
        return deepcopy(self)


class History:
    """The last 60 days of a user, before a day that is scored; days are added in order, and sums are kept of them."""

    def __init__(self) -> None:
        self._days: deque[tuple[date, ProfileDay]] = deque()
        self._values: Counter[Value] = Counter()
        self._totals: Counter[Feature] = Counter()
        self._events: list[int] = []
        self._failures: list[int] = []
        self._sum = 0

    def scores(self, day: date, profile: ProfileDay, everyone: Totals) -> Scores | None:
        """Scores a day by the days before it, without the evidence; None while the user is learning."""
        if self._is_learning(day):
            return None
        by_feature: dict[Feature, list[int]] = {}
        mine, totals = self._values, self._totals
        for value in profile.values:
            feature = value[0]
            total = totals.get(feature)
            if total:
                if feature is Feature.HOUR:
                    user_count, everyone_count = _count(mine, value), _count(everyone.values, value)
                else:
                    user_count, everyone_count = mine.get(value, 0), everyone.values.get(value, 0)
                of_everyone = everyone.totals[feature] + everyone.distinct[feature] + 1
                score = value_score(user_count, total, everyone_count, of_everyone)
                if feature in by_feature:
                    by_feature[feature].append(score)
                else:
                    by_feature[feature] = [score]
        login = activity = 0
        for feature, scores in by_feature.items():
            score = feature_score(scores)
            activity += score
            if feature in LOGIN_FEATURES:
                login += score
        events = volume_score(profile.events, *_tail(self._events, profile.events))
        failures = volume_score(profile.failures, *_tail(self._failures, profile.failures))
        return Scores(login, activity, max(events, failures))

    def score(self, day: date, profile: ProfileDay, everyone: Totals) -> DayScore | None:
        """Scores a day by the days before it, with the evidence; None while the user is learning."""
        if self._is_learning(day):
            return None
        values = (
            ValueEvidence(
                *value,
                _count(self._values, value),
                self._totals[value[0]],
                everyone.count(value),
                everyone.totals[value[0]],
                everyone.distinct[value[0]],
            )
            for value in profile.values
            if self._totals[value[0]]
        )
        events = VolumeEvidence("events", profile.events, *_tail(self._events, profile.events))
        failures = VolumeEvidence("failures", profile.failures, *_tail(self._failures, profile.failures))
        return score_of(values, (events, failures))

    def add(self, day: date, profile: ProfileDay) -> None:
        """Adds a day after all others."""
        self._leave(day)
        self._days.append((day, profile))
        self._values.update(profile.values)
        self._totals.update([feature for feature, _ in profile.values])
        insort(self._events, profile.events)
        insort(self._failures, profile.failures)
        self._sum += profile.events

    def _is_learning(self, day: date) -> bool:
        self._leave(day)
        return len(self._days) < LEARNING_DAYS or self._sum < LEARNING_EVENTS

    def _leave(self, day: date) -> None:
        while self._days and self._days[0][0] < day - HISTORY:
            profile = self._days.popleft()[1]
            self._values.subtract(profile.values)
            self._totals.subtract([feature for feature, _ in profile.values])
            del self._events[bisect_left(self._events, profile.events)]
            del self._failures[bisect_left(self._failures, profile.failures)]
            self._sum -= profile.events


@dataclass(frozen=True, slots=True)
class UserDay:
    """A user's day with its scores; without them while the user is learning."""

    user: str
    day: date
    score: DayScore | None


@lru_cache
def alike(value: Value) -> tuple[Value, ...]:
    """Lists an hour and those beside it; any other value alone."""
    if value[0] is not Feature.HOUR:
        return (value,)
    return tuple((Feature.HOUR, f"{(int(value[1]) + beside) % HOURS:02}") for beside in BESIDE)


def _count(values: Mapping[Value, int], value: Value) -> int:
    if value[0] is not Feature.HOUR:
        return values.get(value, 0)
    before, itself, after = alike(value)
    return values.get(before, 0) + values.get(itself, 0) + values.get(after, 0)


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


def weeks_of_everyone(day: date) -> tuple[date, date]:
    """Returns the first day of the weeks that everyone's counts come from for a day, and the day after them."""
    return week_of(day) - WEEKS * _WEEK, week_of(day)


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


def _tail(ordered: list[int], count: int) -> tuple[int, int, int]:
    """Counts the days with as many and all days, and returns the most of any."""
    return len(ordered) - bisect_left(ordered, count), len(ordered), ordered[-1]


def _content(event: SourceEvent) -> str:
    return repr((event.timestamp, event.user, event.event_type, sorted(event.facts.items(), key=str)))
