"""Scoring of behaviour: the results and the findings of rules for unusual behaviour, for the days that events touched.

A change touches days in the transaction that stores it; scoring comes later, whenever there is time, since a day's
score is the same however often and however late it is computed. One worker scores at a time, under a lock, so that the
last one reads all that was committed.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Final
from uuid import UUID

from mcm_rules_engine.findings.build import deciding_event
from mcm_rules_engine.findings.build_recomputed import build_recomputed, detection_of
from mcm_rules_engine.model.detection import KnownEvent, output_series, position_of
from mcm_rules_engine.model.finding import Evidence, FindingState
from mcm_rules_engine.profiles.explain import explain
from mcm_rules_engine.profiles.history import HISTORY, History, week_of
from mcm_rules_engine.profiles.likelihood import MILLIBITS
from mcm_rules_engine.profiles.score import DayScore
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
    clear_touched_week,
    count_values,
    read_days,
    read_touched,
    read_touched_week,
    replace_scores,
    touch_days_after,
)
from mcm_rules_engine.store.results import ResultKey, lock_groups, read_results_of_groups, replace_results
from mcm_shared.contracts.findings import finding_uid
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction
from mcm_shared.event_time import from_micros, to_micros

_LOCK: Final = (UUID(int=0), "behaviour")
_USERS: Final = 50
"""Users that one transaction scores."""


Work = Callable[[AsyncConnection, Sequence[Touch]], Awaitable[None]]


@dataclass(slots=True)
class _Day:
    """A scored day of a user, and an event of what touched it."""

    user: str
    day: date
    stored: StoredDay
    score: DayScore
    touched_by: UUID


@dataclass(slots=True)
class _Results:
    """The results of a part of the days: what is stored instead, and the findings that they concern."""

    replaced: dict[ResultKey, StoredResult] = field(default_factory=dict)
    concerned: dict[ResultKey, tuple[_Day, StoredResult]] = field(default_factory=dict)


class BehaviourScorer:
    """Scores the days of users that changes have touched, by the rules of a ruleset that are about behaviour."""

    def __init__(self, ruleset: Ruleset, shard: int) -> None:
        self._shard = shard
        self._rules: dict[UUID, Correlation] = {}
        self._measures: dict[UUID, Measure] = {}
        for rule in ruleset.correlations:
            if rule.score is not None:
                self._rules[output_series(rule)], self._measures[output_series(rule)] = rule, rule.score
        self._totals = WeeklyTotals()

    async def score(self, engine: AsyncEngine, *, weeks: bool = True) -> set[UUID]:
        """Scores everything that is touched at the start, a part at a time; returns the findings that it concerns.

        Their changes are published from the outbox. Without ``weeks``, changes of everyone's counts wait.
        """
        found: set[UUID] = set()
        if not self._rules:
            return found
        # everyone's counts first, so that most days are scored once
        await self._in_parts(engine, count_values)
        if weeks:
            await _touch_days_after_weeks(engine)

        async def score(connection: AsyncConnection, touched: Sequence[Touch]) -> None:
            await count_values(connection, touched)
            found.update(await self._score(connection, touched))
            await clear_touched(connection, touched)

        await self._in_parts(engine, score)
        return found

    async def _in_parts(self, engine: AsyncEngine, work: Work) -> None:
        """Works through the touched days of all users, some users in each transaction."""
        after: str | None = ""
        while after is not None:
            async with transaction(engine) as connection:
                await lock_groups(connection, [_LOCK])
                touched = await read_touched(connection, after, _USERS)
                after = max((one.user for one in touched), default=None)
                if touched:
                    await work(connection, touched)

    async def _score(self, connection: AsyncConnection, touched: Sequence[Touch]) -> set[UUID]:
        by_user: dict[str, dict[date, UUID]] = {}
        for touch in sorted(touched):
            by_user.setdefault(touch.user, {})[touch.day] = touch.touched_by
        spans = {user: (min(days), max(days) + HISTORY) for user, days in by_user.items()}
        stored = await read_days(connection, spans)
        due = {user: _due(by_user[user], days) for user, days in stored.items()}
        everyone = await self._totals.read(connection, {week_of(day) for days in due.values() for day in days})
        scored: list[_Day] = []
        for user, days in stored.items():
            history = History()
            for day, one in days.items():
                touched_by = due[user].get(day)
                if touched_by is not None:
                    score = history.score(day, one.profile, everyone[week_of(day)])
                    scored += [] if score is None else [_Day(user, day, one, score, touched_by)]
                history.add(day, one.profile)
        await replace_scores(connection, {(one.user, one.day): one.score for one in scored})
        results = await self._results(connection, scored)
        await replace_results(connection, results.replaced)
        return await self._replace_findings(connection, results)

    async def _results(self, connection: AsyncConnection, scored: Sequence[_Day]) -> _Results:
        days = {
            (series, key, ResultScope(window_position(key, _start(one.day)))): one
            for one in scored
            for key in (group_key({"user": one.user}),)
            for series in self._rules
        }
        if not days:
            return _Results()
        times = [scope.position[0] for _, _, scope in days]
        groups = {key[:2] for key in days}
        before = await read_results_of_groups(connection, groups, min(times), max(times))
        deciding = {
            one.touched_by for key, one in days.items() if key in before and before[key].state is State.STANDING
        }
        events = await read_known_events(connection, deciding)
        results = _Results()
        for key, one in days.items():
            known = before.get(key)
            rule = self._rules[key[0]]
            bits = Fraction(one.score.of(self._measures[key[0]]), MILLIBITS)
            if rule.comparison is not None and rule.comparison.holds(bits):
                first, last = one.stored.first, one.stored.last
                answer = ScopeAnswer(key[2], State.STANDING, last, first, last, amount=amount_text(bits))
                result = StoredResult(answer, State.STANDING)
            elif known is None:
                continue
            elif known.state is State.STANDING:
                decided = position_of(events[one.touched_by].event)
                result = StoredResult(replace(known.answer, state=None, decided_by=decided), State.WITHDRAWN)
            else:
                result = known
            if result != known:
                results.replaced[key] = result
            results.concerned[key] = (one, result)
        return results

    async def _replace_findings(self, connection: AsyncConnection, results: _Results) -> set[UUID]:
        raising = {key: found for key, found in results.concerned.items() if self._rules[key[0]].raises_finding}
        needed = {uid for _, result in raising.values() for uid in _events_of(result)}
        events = await read_known_events(connection, needed)
        states: dict[UUID, FindingState] = {}
        withdrawn: dict[UUID, Evidence] = {}
        for (series, key, scope), (one, result) in raising.items():
            rule = self._rules[series]
            uid = finding_uid(rule.id, key, from_micros(scope.position[0]))
            if result.state is State.STANDING:
                states[uid] = _state(rule, self._measures[series], key, result.answer, one, events)
            else:
                withdrawn[uid] = deciding_event(events[result.answer.decided_by[1]].event)
        await replace_findings(connection, states, withdrawn, self._shard)
        return states.keys() | withdrawn.keys()


async def _touch_days_after_weeks(engine: AsyncEngine) -> None:
    """Touches the days whose scores depend on weeks that changed, the earliest week first."""
    while True:
        async with transaction(engine, read_only=True) as connection:
            week = await read_touched_week(connection)
        if week is None:
            return
        async with transaction(engine) as connection:
            after = await touch_days_after(connection, week)
        while after is not None:
            async with transaction(engine) as connection:
                after = await touch_days_after(connection, week, after)
        async with transaction(engine) as connection:
            await clear_touched_week(connection, week)


def _due(touched: Mapping[date, UUID], days: Mapping[date, StoredDay]) -> dict[date, UUID]:
    """Lists the days to score: those touched, and those that have a touched day in their history."""
    due: dict[date, UUID] = {}
    for day in days:
        by = [uid for at, uid in sorted(touched.items()) if at <= day <= at + HISTORY]
        if by:
            due[day] = touched.get(day, by[0])
    return due


def _start(day: date) -> int:
    return to_micros(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _events_of(result: StoredResult) -> tuple[UUID, ...]:
    answer = result.answer
    return (answer.first[1], answer.last[1]) if result.state is State.STANDING else (answer.decided_by[1],)


def _state(
    rule: Correlation,
    measure: Measure,
    key: str,
    answer: ScopeAnswer,
    one: _Day,
    events: Mapping[UUID, KnownEvent],
) -> FindingState:
    detection = detection_of(rule, key, answer)
    state = build_recomputed(detection, detection, 1, events)
    why = explain(state.user or one.user, one.day, one.score, measure)
    return replace(state, description=f"{state.description} {why}")
