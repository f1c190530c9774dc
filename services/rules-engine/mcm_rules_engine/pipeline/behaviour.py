"""Scoring of behaviour: the results and the findings of rules for unusual behaviour, for the days that events touched.

A change touches days in the transaction that stores it; scoring comes later, whenever there is time, since a day's
score is the same however often and however late it is computed. One worker scores at a time, under a lock, so that the
last one reads all that was committed.
"""

from bisect import bisect_right
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import lru_cache
from typing import Final
from uuid import UUID

from mcm_rules_engine.findings.build import deciding_event
from mcm_rules_engine.findings.build_recomputed import build_recomputed, detection_of
from mcm_rules_engine.model.detection import KnownEvent, output_series
from mcm_rules_engine.model.finding import FindingState
from mcm_rules_engine.profiles.explain import explain
from mcm_rules_engine.profiles.history import HISTORY, History, Totals, week_of
from mcm_rules_engine.profiles.likelihood import MILLIBITS
from mcm_rules_engine.profiles.score import DayScore, Scores
from mcm_rules_engine.recomputed.protocol import ResultScope, ScopeAnswer, State, StoredResult
from mcm_rules_engine.recomputed.windows import amount_text, window_position
from mcm_rules_engine.sigma.compile.group_keys import group_key
from mcm_rules_engine.sigma.model.correlation import Correlation, Measure
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.events import read_known_events
from mcm_rules_engine.store.findings import replace_findings
from mcm_rules_engine.store.profile_scores import (
    StoredDay,
    Touch,
    WeeklyTotals,
    clear_touched,
    count_values,
    read_days,
    read_touched,
    replace_scores,
)
from mcm_rules_engine.store.profile_weeks import clear_touched_weeks, read_touched_weeks, spans_after, touch_days
from mcm_rules_engine.store.results import ResultKey, lock_groups, read_results_of_groups, replace_results
from mcm_shared.contracts.findings import finding_uid
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction
from mcm_shared.event_time import from_micros, to_micros

_LOCK: Final = (UUID(int=0), "behaviour")
_USERS: Final = 200
_MAX_USERS: Final = 2_000
"""Users that one transaction scores: the fewest, and the most."""

_DAYS: Final = 8_000
"""Days that one transaction reads where users have few; of the fewest users it reads all."""


Work = Callable[[AsyncConnection, Sequence[Touch]], Awaitable[int]]
"""Works on touched days; returns how many days it has read."""


@dataclass(slots=True)
class _Day:
    """A scored day of a user; the evidence is counted for the days alone that a finding is about."""

    user: str
    day: date
    stored: StoredDay
    scores: Scores
    evidence: DayScore | None = None


@dataclass(slots=True)
class _Results:
    """The results of a part of the days: what is stored instead, and the days that findings are about."""

    replaced: dict[ResultKey, StoredResult] = field(default_factory=dict)
    concerned: dict[ResultKey, tuple[_Day, StoredResult]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule of unusual behaviour, and the score that it compares."""

    rule: Correlation
    measure: Measure

    def holds(self, scores: Scores) -> bool:
        """Whether a day is unusual."""
        comparison = self.rule.comparison
        return comparison is not None and comparison.holds(_bits(scores.of(self.measure)))

    def amount(self, scores: Scores) -> str:
        """The score in bits, as results hold it."""
        return amount_text(_bits(scores.of(self.measure)))


class BehaviourScorer:
    """Scores the days of users that changes have touched, by the rules of a ruleset that are about behaviour."""

    def __init__(self, ruleset: Ruleset, shard: int) -> None:
        self._shard = shard
        self._rules = {
            output_series(rule): _Rule(rule, rule.score) for rule in ruleset.correlations if rule.score is not None
        }
        self._totals = WeeklyTotals()

    async def score(self, engine: AsyncEngine, *, weeks: bool = True) -> set[UUID]:
        """Scores everything that is touched at the start, a part at a time; returns the findings that it concerns.

        Their changes are published from the outbox. Without ``weeks``, changes of everyone's counts wait.
        """
        found: set[UUID] = set()
        if not self._rules:
            return found
        counted: set[tuple[str, date, str]] = set()

        async def count(connection: AsyncConnection, touched: Sequence[Touch]) -> int:
            # by the values: a day that is touched anew often has no others
            new = await count_values(connection, [one for one in touched if _pending(one) not in counted])
            counted.update(map(_pending, touched))
            return new

        async def score(connection: AsyncConnection, touched: Sequence[Touch]) -> int:
            # what this transaction has added itself may not last, so it is not cached
            totals = WeeklyTotals() if await count(connection, touched) else self._totals
            by_user = _by_user(touched)
            spans = {user: (min(days), max(days) + HISTORY) for user, days in by_user.items()}
            stored = await read_days(connection, spans)
            found.update(await self._score(connection, by_user, stored, totals))
            await clear_touched(connection, touched)
            return sum(map(len, stored.values()))

        # everyone's counts first, so that most days are scored once
        await self._in_parts(engine, count)
        if weeks:
            await _touch_days_after_weeks(engine)
        await self._in_parts(engine, score)
        return found

    async def _in_parts(self, engine: AsyncEngine, work: Work) -> None:
        """Works through the touched days of all users, some users in each transaction."""
        after: str | None = ""
        users = _USERS
        while after is not None:
            async with transaction(engine) as connection:
                await lock_groups(connection, [_LOCK])
                touched = await read_touched(connection, after, users)
                after = max((one.user for one in touched), default=None)
                if touched:
                    days = await work(connection, touched)
                    # more users at once where each has few days
                    users = min(_MAX_USERS, max(_USERS, users * _DAYS // max(days, len(touched))))

    async def _score(
        self,
        connection: AsyncConnection,
        by_user: Mapping[str, set[date]],
        stored: Mapping[str, Mapping[date, StoredDay]],
        totals: WeeklyTotals,
    ) -> set[UUID]:
        due = {user: _due(by_user[user], days) for user, days in stored.items()}
        everyone = await totals.read(connection, {week_of(day) for days in due.values() for day in days})
        scored: list[_Day] = []
        for user, days in stored.items():
            history = History()
            for day, one in days.items():
                if day in due[user]:
                    scores = history.scores(day, one.profile, everyone[week_of(day)])
                    scored += [] if scores is None else [_Day(user, day, one, scores)]
                history.add(day, one.profile)
        await replace_scores(connection, {(one.user, one.day): one.scores for one in scored})
        results = await self._results(connection, scored)
        await replace_results(connection, results.replaced)
        _count_evidence((one for one, _ in results.concerned.values()), stored, everyone)
        return await self._replace_findings(connection, results)

    async def _results(self, connection: AsyncConnection, scored: Sequence[_Day]) -> _Results:
        results = _Results()
        if not scored:
            return results
        starts = [_start(one.day) for one in scored]
        keys = {user: group_key({"user": user}) for user in {one.user for one in scored}}
        groups = {(series, key) for series in self._rules for key in keys.values()}
        before = await read_results_of_groups(connection, groups, min(starts), max(starts))
        known_days = {(series, key, scope.position[0]) for series, key, scope in before}
        for one, start in zip(scored, starts, strict=True):
            for series, rule in self._rules.items():
                holds = rule.holds(one.scores)
                group = keys[one.user]
                if not holds and (series, group, start) not in known_days:
                    continue
                key = (series, group, ResultScope(window_position(group, start)))
                first, last = one.stored.first, one.stored.last
                state = State.STANDING if holds else None
                answer = ScopeAnswer(key[2], state, last, first, last, amount=rule.amount(one.scores))
                result = StoredResult(answer, state or State.WITHDRAWN)
                if result != before.get(key):
                    results.replaced[key] = result
                results.concerned[key] = (one, result)
        return results

    async def _replace_findings(self, connection: AsyncConnection, results: _Results) -> set[UUID]:
        raising = {key: found for key, found in results.concerned.items() if self._rules[key[0]].rule.raises_finding}
        needed = {uid for _, result in raising.values() for uid in (result.answer.first[1], result.answer.last[1])}
        events = await read_known_events(connection, needed)
        states: dict[UUID, FindingState] = {}
        for (series, key, scope), (one, result) in raising.items():
            rule = self._rules[series]
            uid = finding_uid(rule.rule.id, key, from_micros(scope.position[0]))
            states[uid] = _state(rule, key, result, one, events)
        await replace_findings(connection, states, {}, self._shard)
        return set(states)


async def _touch_days_after_weeks(engine: AsyncEngine) -> None:
    """Touches the days whose scores depend on weeks that changed."""
    async with transaction(engine, read_only=True) as connection:
        weeks = await read_touched_weeks(connection)
    for since, until in spans_after(weeks):
        after: tuple[str, date, int] | None = ("", date.min, 0)
        while after is not None:
            async with transaction(engine) as connection:
                await lock_groups(connection, [_LOCK])
                after = await touch_days(connection, since, until, after)
    if weeks:
        async with transaction(engine) as connection:
            await clear_touched_weeks(connection, weeks)


def _due(touched: Collection[date], days: Iterable[date]) -> set[date]:
    """Selects the days to score: those touched, and those that have a touched day in their history."""
    ordered = sorted(touched)
    # the latest touched day that is not after the day decides
    places = ((day, bisect_right(ordered, day)) for day in days)
    return {day for day, place in places if place and day <= ordered[place - 1] + HISTORY}


def _count_evidence(
    concerned: Iterable[_Day], stored: Mapping[str, Mapping[date, StoredDay]], everyone: Mapping[date, Totals]
) -> None:
    """Counts the evidence of days, which the scores of most days do without."""
    for one in concerned:
        if one.evidence is None:
            history = History()
            for day in (day for day in stored[one.user] if one.day - HISTORY <= day < one.day):
                history.add(day, stored[one.user][day].profile)
            one.evidence = history.score(one.day, one.stored.profile, everyone[week_of(one.day)])


def _by_user(touched: Iterable[Touch]) -> dict[str, set[date]]:
    by_user: dict[str, set[date]] = {}
    for touch in touched:
        by_user.setdefault(touch.user, set()).add(touch.day)
    return by_user


def _pending(touch: Touch) -> tuple[str, date, str]:
    return touch.user, touch.day, touch.pending


@lru_cache(1 << 14)
def _bits(score: int) -> Fraction:
    return Fraction(score, MILLIBITS)


@lru_cache(1 << 10)
def _start(day: date) -> int:
    return to_micros(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _state(rule: _Rule, key: str, result: StoredResult, one: _Day, events: Mapping[UUID, KnownEvent]) -> FindingState:
    """Builds a finding, standing or withdrawn, from the set of events alone: any order of arrival shows the same."""
    detection = detection_of(rule.rule, key, result.answer)
    # who may read the events of one source only must not read counts of all
    state = replace(build_recomputed(detection, detection, 1, events), source=None)
    if one.evidence is None:
        raise AssertionError("a day with a result has a score")
    user, holds = state.user or one.user, result.state is State.STANDING
    why = explain(user, one.day, one.evidence, rule.measure, is_unusual=holds)
    if holds:
        return replace(state, description=f"{state.description} {why}")
    last = deciding_event(events[result.answer.last[1]].event)
    return replace(state, description=why, withdrawn_by={**last, "reason": why})
