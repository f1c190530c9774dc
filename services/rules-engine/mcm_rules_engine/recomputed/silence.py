"""silence: holds at the last window with events of a group that has had none for twice its longest pause.

The pauses are learned from the windows with events in the history before that window, and never count for less than
MIN_SILENCE. An optional second rule is the record that the group was read: when that record stays away for too long,
the group is silent too, whatever its own cadence. The time that has passed is known from the events of all sources,
for no clock is asked. A later event of the group takes the result back.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from mcm_rules_engine.model.detection import output_series
from mcm_rules_engine.recomputed.protocol import (
    ANY_SOURCE,
    Affected,
    CompleteUntil,
    Evaluation,
    LatestWindow,
    MinSilence,
    Occupied,
    OccupiedBetween,
    Query,
    ResultScope,
    ScopeAnswer,
    State,
    StoredResult,
    StoredResults,
)
from mcm_rules_engine.recomputed.windows import amount_text, window_position
from mcm_rules_engine.sigma.model.correlation import Correlation, Kind
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_shared.event_time import duration_micros

MIN_SILENCE: Final = timedelta(hours=1)
"""A group is never silent before that."""

READ: Final = "read"
"""Value of the scope of a result about the records that the group was read."""

_TENTH_OF_AN_HOUR: Final = duration_micros(timedelta(minutes=6))


@dataclass(frozen=True, slots=True)
class _Series:
    """One input of the rule in a group: its results by time, and the scopes and the windows that a batch touches."""

    id: UUID
    value: str
    learning: int
    stored: tuple[StoredResult, ...]
    scopes: frozenset[ResultScope]
    touched: tuple[Occupied, ...]

    @property
    def open(self) -> list[StoredResult]:
        """The results that later events can take back without coming late."""
        return [one for one in self.stored if one.state is not State.WITHDRAWN]

    def changed_by(self, start: int) -> list[StoredResult]:
        """The results that the events of a window can change: that of the window, and the one that it took back."""
        here = [one for one in self.stored if one.answer.scope.position[0] == start]
        return here + [one for one in self.stored if one.answer.scope.position[0] < start][-1:]


def silence(rule: Correlation, group_key: str, affected: Affected) -> Evaluation:
    """Answers for the last window with events of the group, and for those before it that are not decided."""
    learning = (duration_micros(rule.learning), 0)
    inputs = list(zip((series.id for series in rule.inputs), ("", READ), learning, strict=False))
    found, *near = yield [
        StoredResults(output_series(rule), group_key),
        *(OccupiedBetween(series, group_key, start, start) for series, _, _ in inputs for start in affected.windows),
    ]
    count = len(affected.windows)
    several = [
        _Series(
            series,
            value,
            least,
            tuple(sorted((one for one in found if one.answer.scope.value == value), key=lambda one: one.answer.scope)),
            frozenset(scope for scope in affected.scopes if scope.value == value),
            tuple(window for windows in near[number * count : (number + 1) * count] for window in windows),
        )
        for number, (series, value, least) in enumerate(inputs)
    ]
    if not any(one.scopes or any(_matters(rule, one, window) for window in one.touched) for one in several):
        return []
    now, minimum = yield [CompleteUntil(ANY_SOURCE), MinSilence(group_key)]
    answers: list[ScopeAnswer] = []
    unread: ScopeAnswer | None = None
    # the records first: of a group that is not read nothing is known
    for one in reversed(several):
        windows = yield from _read_windows(rule, group_key, one)
        least = duration_micros(MIN_SILENCE) if one.value else max(duration_micros(MIN_SILENCE), minimum or 0)
        found_answers = list(_answers(rule, group_key, one, windows, (now, least), unread))
        unread = next((answer for answer in found_answers if one.value and answer.state is State.STANDING), None)
        answers.extend(found_answers)
    return answers


def silence_series(ruleset: Ruleset) -> list[UUID]:
    """Lists the series of the rules about the silence of sources."""
    return [output_series(rule) for rule in ruleset.correlations if is_about_sources(rule)]


def is_about_sources(rule: Correlation) -> bool:
    """Whether a rule is about the silence of sources, not of other groups."""
    return rule.kind is Kind.SILENCE and rule.group_by == ("source",)


def silent_after(windows: Sequence[Occupied], learning: int, least: int) -> int | None:
    """Learns from windows with events, ascending, how long a group may pause; None before it has learned.

    Twice the longest pause, in whole tenths of an hour, but ``least`` at least. In microseconds.
    """
    if not windows or windows[-1].first[0] - windows[0].first[0] < learning:
        return None
    longest = max((after.first[0] - before.last[0] for before, after in pairwise(windows)), default=0)
    return max(2 * longest // _TENTH_OF_AN_HOUR * _TENTH_OF_AN_HOUR, least)


def _matters(rule: Correlation, one: _Series, window: Occupied) -> bool:
    """Whether a window that a batch touches may change an answer: most only add to the last window."""
    if len(one.open) != 1 or one.open[0].state is not State.PENDING:
        return True
    last = one.open[0].answer
    if window.start == last.scope.position[0]:
        return window.first != last.first
    is_history = window.start > last.scope.position[0] - duration_micros(rule.history)
    return is_history or bool(one.changed_by(window.start))


def _scopes_of(one: _Series) -> set[ResultScope]:
    changed = [result for window in one.touched for result in one.changed_by(window.start)]
    return {*one.scopes, *(result.answer.scope for result in (*one.open, *changed))}


def _read_windows(rule: Correlation, group_key: str, one: _Series) -> Generator[list[Query], list[Any], list[Occupied]]:
    (latest,) = yield [LatestWindow(one.id, group_key)]
    if latest is None:
        return []
    since = min([latest - duration_micros(rule.history) + 1, *(scope.position[0] for scope in _scopes_of(one))])
    (windows,) = yield [OccupiedBetween(one.id, group_key, since, latest)]
    return sorted(windows, key=lambda window: window.start)


def _answers(
    rule: Correlation,
    group_key: str,
    one: _Series,
    windows: Sequence[Occupied],
    known: tuple[int | None, int],
    unread: ScopeAnswer | None,
) -> Iterator[ScopeAnswer]:
    if not windows:
        return
    last = windows[-1]
    scope = ResultScope(window_position(group_key, last.start), one.value)
    for other in _scopes_of(one) - {scope}:
        at = other.position[0]
        here = next((window for window in windows if window.start == at), last)
        resumed = next((window for window in windows if window.start > at), last)
        yield ScopeAnswer(other, None, resumed.first, here.last, here.last)
    now, least = known
    recent = [window for window in windows if window.start > last.start - duration_micros(rule.history)]
    after = silent_after(recent, one.learning, least)
    if after is None or unread is not None:
        decided_by = last.last if unread is None else unread.last
        yield ScopeAnswer(scope, None, decided_by, last.last, last.last)
        return
    hours = amount_text(Fraction(after, duration_micros(timedelta(hours=1))))
    due_at = last.last[0] + after
    if now is None or now < due_at:
        # of the events in the window only the first matters here: that more of them came is no change
        yield ScopeAnswer(scope, State.PENDING, last.first, last.first, last.first, ANY_SOURCE, due_at, hours)
    else:
        yield ScopeAnswer(scope, State.STANDING, last.last, last.last, last.last, amount=hours)
