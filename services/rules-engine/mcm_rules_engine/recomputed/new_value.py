"""new_value: holds at a detection whose value its group has not had within the history before it.

A group learns first: the rule holds only where the group has a detection in the history that is at least the learning
period older. An earlier event that arrives late can take a result back (the value was not new), and can also make one
hold (the group had learned by then).
"""

from collections.abc import Generator, Iterable
from typing import Any, Final
from uuid import UUID

from mcm_rules_engine.correlation.protocol import AffectedRow, Position, RangeQuery
from mcm_rules_engine.recomputed.protocol import (
    FIRST_UID,
    Affected,
    Evaluation,
    Query,
    ResultScope,
    ScopeAnswer,
    State,
    ValueNeighbours,
    just_after,
)
from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_shared.event_time import duration_micros

_FIRST_ROWS: Final = 16
_GROWTH: Final = 4

Span = tuple[int, int]
"""Times from the first up to, but without, the second."""


def new_value(rule: Correlation, group_key: str, affected: Affected) -> Evaluation:
    """Answers for the affected detections, the next ones of their values, and those that have learned by them."""
    series = rule.inputs[0].id
    rows = sorted(affected.rows, key=lambda row: (row.position, row.value or ""))
    scopes = affected.scopes | {ResultScope(row.position, row.value or "") for row in rows}
    found = yield [
        *(ValueNeighbours(series, group_key, row.value or "", row.position) for row in rows),
        *(RangeQuery(series, group_key, just_after(row.position), 0, 1) for row in rows),
    ]
    for row, near, result in zip(rows, found[: len(rows)], found[len(rows) :], strict=True):
        scopes |= {ResultScope(near.after, row.value or "")} if near.after else set()
        scopes |= yield from _read_span(series, group_key, _learn_by(rule, row, result.after))
    return (yield from _answers(rule, series, group_key, sorted(scopes)))


def _learn_by(rule: Correlation, row: AffectedRow, following: Iterable[Any]) -> Span:
    """Finds where detections lie that can have learned by a row: those of which it is the latest that is old enough."""
    at, learning = row.position[0], duration_micros(rule.learning)
    ends = [at + rule.window, *(after.position[0] + learning for after in following)]
    return at + learning, min(ends)


def _read_span(series: UUID, group_key: str, span: Span) -> Generator[list[Query], list[Any], set[ResultScope]]:
    scopes: set[ResultScope] = set()
    start, limit = (span[0], FIRST_UID), _FIRST_ROWS
    while start[0] < span[1]:
        (result,) = yield [RangeQuery(series, group_key, start, 0, limit)]
        scopes |= {ResultScope(row.position, row.value or "") for row in result.after if row.position[0] < span[1]}
        if len(result.after) < limit:
            break
        # an event that has several values has several rows: the last one is read again with its others
        start, limit = result.after[-1].position, limit * _GROWTH
    return scopes


def _answers(rule: Correlation, series: UUID, group_key: str, scopes: list[ResultScope]) -> Evaluation:
    learning = duration_micros(rule.learning)
    found = yield [
        *(ValueNeighbours(series, group_key, scope.value, scope.position) for scope in scopes),
        *(RangeQuery(series, group_key, (scope.position[0] - learning + 1, FIRST_UID), 1, 0) for scope in scopes),
    ]
    return [
        _answer(rule, scope, near.before, result.before[0].position if result.before else None)
        for scope, near, result in zip(scopes, found[: len(scopes)], found[len(scopes) :], strict=True)
    ]


def _answer(rule: Correlation, scope: ResultScope, same: Position | None, old_enough: Position | None) -> ScopeAnswer:
    here = scope.position
    oldest = here[0] - rule.window
    if same is not None and same[0] > oldest:
        return ScopeAnswer(scope, None, same, here, here)
    has_learned = old_enough is not None and old_enough[0] > oldest
    return ScopeAnswer(scope, State.STANDING if has_learned else None, here, here, here)
