"""not_followed_by: holds at a detection of the first rule when none of the second comes within the timespan.

Equal times are in order, as in ``temporal_ordered``: what comes at the same time has followed, if it is another event.
So the rule holds at a detection exactly where ``temporal_ordered`` over the same rules does not pair it.
"""

from mcm_rules_engine.correlation.protocol import Position, RangeQuery, Row
from mcm_rules_engine.model.detection import output_series
from mcm_rules_engine.recomputed.completeness import Completeness, read_completeness
from mcm_rules_engine.recomputed.protocol import (
    FIRST_UID,
    Affected,
    Evaluation,
    ResultScope,
    ScopeAnswer,
    State,
    StoredScopes,
)
from mcm_rules_engine.sigma.model.correlation import Correlation


def not_followed_by(rule: Correlation, group_key: str, affected: Affected) -> Evaluation:
    """Answers for the affected detections, and for those before the affected followers."""
    follower = rule.inputs[1].id
    scopes = affected.scopes | {ResultScope(row.position) for row in affected.rows if row.input == 0}
    followers = sorted({row.position for row in affected.rows if row.input == 1})
    if followers:
        found = yield [RangeQuery(follower, group_key, position, 1, 0) for position in followers]
        # what lies before an earlier follower was decided by that one
        earlier = [result.before[0].position[0] if result.before else None for result in found]
        stored = yield [
            StoredScopes(output_series(rule), group_key, _since(rule, at, before), at)
            for (at, _), before in zip(followers, earlier, strict=True)
        ]
        scopes = scopes.union(*stored)
    if not scopes:
        return []
    ordered = sorted(scopes)
    following = yield [
        # of two, one is another event
        RangeQuery(follower, group_key, (scope.position[0], FIRST_UID), 0, 2)
        for scope in ordered
    ]
    completeness = yield from read_completeness(rule, (scope.position[1] for scope in ordered))
    return [
        _answer(rule, scope, _first_other(scope, result.after), completeness)
        for scope, result in zip(ordered, following, strict=True)
    ]


def _since(rule: Correlation, at: int, before: int | None) -> int:
    oldest = at - rule.window + 1
    return oldest if before is None else max(oldest, before)


def _first_other(scope: ResultScope, rows: list[Row]) -> Position | None:
    return next((row.position for row in rows if row.position[1] != scope.position[1]), None)


def _answer(
    rule: Correlation, scope: ResultScope, followed_by: Position | None, completeness: Completeness
) -> ScopeAnswer:
    here = scope.position
    end = here[0] + rule.window
    if followed_by is not None and followed_by[0] < end:
        return ScopeAnswer(scope, None, followed_by, here, here)
    incomplete = completeness.incomplete_source(here[1], end)
    if incomplete is not None:
        return ScopeAnswer(scope, State.PENDING, here, here, here, waits_for=incomplete, due_at=end)
    return ScopeAnswer(scope, State.STANDING, here, here, here)
