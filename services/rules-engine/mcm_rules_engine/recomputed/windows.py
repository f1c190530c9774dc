"""Comparisons of complete tumbling windows: fewer than, exactly, a sum or an average of values.

A window is compared once its sources are complete beyond its end; until then it is pending. A group's windows begin
with its first event. Those without events count as windows of nothing, for MAX_EMPTY after the last with events: a
group that is gone for good is reported for a while and not for ever. Nothing has no average.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from mcm_rules_engine.correlation.protocol import Position
from mcm_rules_engine.model.detection import output_series
from mcm_rules_engine.recomputed.completeness import Completeness, read_completeness
from mcm_rules_engine.recomputed.protocol import (
    Affected,
    Evaluation,
    ResultScope,
    ScopeAnswer,
    State,
    StoredScopes,
    Window,
    WindowsBetween,
)
from mcm_rules_engine.sigma.model.correlation import Comparison, Correlation, Kind
from mcm_shared.contracts.findings import FINDING_UUIDS

MAX_EMPTY: Final = 30
"""Windows without events that are compared after one with events."""

MILLIONTHS: Final = 10**6
"""Values are added up as whole millionths, so that the order of additions cannot matter."""

MAX_VALUE: Final = 10**15
"""The largest value that is added up, either way."""

_NUMERIC: Final = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")


def compare_windows(rule: Correlation, group_key: str, affected: Affected) -> Evaluation:
    """Answers for the affected windows, for what is stored of those after them, and for the windows that follow."""
    reach = _reach(rule) * rule.window
    starts = sorted(affected.windows | {scope.position[0] for scope in affected.scopes})
    found = yield [
        # as far as the windows that follow the last stored one
        *(WindowsBetween(rule.inputs[0].id, group_key, start - reach, start + 2 * reach) for start in starts),
        *(StoredScopes(output_series(rule), group_key, start, start + reach) for start in starts if reach),
    ]
    windows: dict[int, Window] = {window.start: window for around in found[: len(starts)] for window in around}
    stored: set[ResultScope] = set().union(*found[len(starts) :])
    completeness = yield from read_completeness(rule, (window.last[1] for window in windows.values()))
    answers: dict[int, ScopeAnswer] = {}
    # the last event of a window decides which source must be complete: a later one of another source takes back
    for start in (*starts, *sorted(scope.position[0] for scope in stored)):
        _answer_from(start, rule, group_key, windows, completeness, answers)
    return list(answers.values())


def window_position(group_key: str, start: int) -> Position:
    """Names a window: its name stands in for an event that is about the whole of it."""
    return start, FINDING_UUIDS.uuid5(f"bucket|{start}|{group_key}")


def measured(rule: Correlation, window: Window | None) -> Fraction | None:
    """Returns what a window is compared by; None for the average of nothing."""
    if rule.kind is Kind.EVENT_COUNT:
        return Fraction(window.events if window else 0)
    if rule.kind is Kind.VALUE_SUM:
        return Fraction(window.total if window else 0, MILLIONTHS)
    return Fraction(window.total, MILLIONTHS * window.events) if window else None


def millionths(value: str | None) -> int | None:
    """Reads the value of an event in whole millionths; None for one that is no number, or beyond MAX_VALUE."""
    if value is None or _NUMERIC.fullmatch(value) is None:
        return None
    number = Decimal(value)
    if abs(number) > MAX_VALUE:
        return None
    return round(Fraction(number) * MILLIONTHS)


def amount_text(amount: Fraction) -> str:
    """Writes an amount as a decimal number of at most six places."""
    whole, rest = divmod(abs(round(amount * MILLIONTHS)), MILLIONTHS)
    digits = f"{rest:06}".rstrip("0")
    return f"{'-' if amount < 0 and (whole or rest) else ''}{whole}{'.' if digits else ''}{digits}"


def _answer_from(
    start: int,
    rule: Correlation,
    group_key: str,
    windows: Mapping[int, Window],
    completeness: Completeness,
    answers: dict[int, ScopeAnswer],
) -> None:
    """Adds the answer for a window, and those for the windows without events after it up to the first pending one."""
    for number in range(_reach(rule) + 1):
        at = start + number * rule.window
        if at in answers or (number and at in windows):
            return
        answers[at] = _answer(rule, group_key, at, windows, completeness)
        if answers[at].state is State.PENDING:
            # the windows after it follow when it is due
            return


def _answer(
    rule: Correlation, group_key: str, start: int, windows: Mapping[int, Window], completeness: Completeness
) -> ScopeAnswer:
    scope = ResultScope(window_position(group_key, start))
    window = windows.get(start)
    latest = window or _latest_before(start, rule.window, _reach(rule), windows)
    if latest is None:
        # too long after the group's last event
        return ScopeAnswer(scope, None, scope.position, scope.position, scope.position)
    first, last = (window.first, window.last) if window else (latest.last, latest.last)
    end = start + rule.window
    if window is None and completeness.incomplete_source(latest.last[1], start) is not None:
        # the window before is not over: nothing waits for this one yet
        return ScopeAnswer(scope, None, last, first, last)
    incomplete = completeness.incomplete_source(latest.last[1], end)
    if incomplete is not None:
        return ScopeAnswer(scope, State.PENDING, last, first, last, waits_for=incomplete, due_at=end)
    amount = measured(rule, window)
    holds = amount is not None and _comparison(rule).holds(amount)
    text = None if amount is None else amount_text(amount)
    return ScopeAnswer(scope, State.STANDING if holds else None, last, first, last, amount=text)


def _reach(rule: Correlation) -> int:
    """Counts the windows without events that matter after one with events: none where the rule cannot hold there."""
    nothing = measured(rule, None)
    return MAX_EMPTY if nothing is not None and _comparison(rule).holds(nothing) else 0


def _latest_before(start: int, width: int, reach: int, windows: Mapping[int, Window]) -> Window | None:
    before: Iterator[Window | None] = (windows.get(start - number * width) for number in range(1, reach + 1))
    return next((window for window in before if window is not None), None)


def _comparison(rule: Correlation) -> Comparison:
    if rule.comparison is None:
        raise ValueError(f"{rule.name} compares nothing")
    return rule.comparison
