"""What a temporal correlation finds where most of its rows have nothing near them: all there is, whatever the order."""

import asyncio
from collections.abc import Sequence
from itertools import product
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from mcm_rules_engine.correlation.evaluate import evaluate
from mcm_rules_engine.correlation.protocol import AffectedRow, LatestByValue, Position, RangeQuery, RangeResult, Row
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sigma.model.correlation import Correlation, Kind

WINDOW = 1_000_000
GROUP = '{"user":"mona@example.com"}'

_RULES = """\
{{title: Failure, id: 00000000-0000-4000-8000-000000000001, name: failure, level: informational,
  logsource: {{category: activity}}, detection: {{one: {{event_type: failure}}, condition: one}}}}
---
{{title: Success, id: 00000000-0000-4000-8000-000000000002, name: success, level: informational,
  logsource: {{category: activity}}, detection: {{one: {{event_type: success}}, condition: one}}}}
---
{{title: Both, id: 00000000-0000-4000-8000-000000000003, name: both, level: high,
  correlation: {{type: {kind}, rules: [failure, success], group-by: [user], timespan: 1s}}}}
"""

_kinds = st.sampled_from((Kind.TEMPORAL, Kind.TEMPORAL_ORDERED))
# up to three rows of a rare rule, dozens of a common one, and windows apart
_places = st.tuples(st.integers(0, 60).map(lambda half: half * WINDOW // 2), st.sampled_from((-1, 0, 0, 1)))
_rows = st.builds(
    lambda rare, common, is_rare_first: [
        (number if is_rare_first else 1 - number, (at + beside, UUID(int=place)))
        for place, (number, (at, beside)) in enumerate([(0, one) for one in rare] + [(1, one) for one in common])
    ],
    st.lists(_places, max_size=3),
    st.lists(_places, max_size=40),
    st.booleans(),
)


@settings(deadline=None)
@given(rows=_rows, size=st.integers(1, 12), shuffled=st.randoms(), kind=_kinds)
def test_every_fire_is_found_whatever_arrives_first(
    rows: list[tuple[int, Position]], size: int, shuffled: Random, kind: Kind
) -> None:
    correlation = _correlation(kind)
    shuffled.shuffle(rows)
    stored: list[tuple[int, Position]] = []
    found: set[Position] = set()
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        stored += batch
        found |= _fires(correlation, stored, batch)
    assert found == _by_definition(kind, rows)


def test_rows_with_nothing_near_them_cost_one_look_a_group() -> None:
    correlation = _correlation(Kind.TEMPORAL_ORDERED)
    logins = [(1, (number * 10 * WINDOW, UUID(int=number))) for number in range(500)]
    asked: list[RangeQuery | LatestByValue] = []
    _fires(correlation, logins, logins, asked)
    assert len(asked) == 1


def test_a_login_is_found_behind_many_failures_of_long_before() -> None:
    failures = [(0, (number * 10 * WINDOW, UUID(int=number))) for number in range(100)]
    logins = [(1, (number * 10 * WINDOW + 1, UUID(int=1000 + number))) for number in (0, 99)]
    fires = _fires(_correlation(Kind.TEMPORAL_ORDERED), failures + logins, logins)
    assert fires == {position for _, position in logins}


def _correlation(kind: Kind) -> Correlation:
    (correlation,) = parse_rules(_RULES.format(kind=kind.value)).correlations
    return correlation


def _fires(
    correlation: Correlation,
    stored: Sequence[tuple[int, Position]],
    batch: Sequence[tuple[int, Position]],
    asked: list[RangeQuery | LatestByValue] | None = None,
) -> set[Position]:
    async def range_query(requested: Sequence[RangeQuery | LatestByValue]) -> list[RangeResult]:
        if asked is not None:
            asked.extend(requested)
        return [_seen(correlation, stored, one) for one in requested]

    touched = {(correlation, GROUP): [AffectedRow(number, position) for number, position in batch]}
    fires = asyncio.run(evaluate(touched, range_query))
    return {hit.position for found in fires.values() for hit in found}


def _seen(
    correlation: Correlation, stored: Sequence[tuple[int, Position]], one: RangeQuery | LatestByValue
) -> RangeResult:
    assert isinstance(one, RangeQuery)
    rows = sorted(position for number, position in stored if correlation.inputs[number].id == one.series_id)
    before = [Row(position) for position in rows if position < one.position]
    after = [Row(position) for position in rows if position >= one.position]
    return RangeResult(before[len(before) - min(one.before, len(before)) :], after[: one.after])


def _by_definition(kind: Kind, rows: Sequence[tuple[int, Position]]) -> set[Position]:
    """Tries every pair of a failure and a success."""
    failures = [position for number, position in rows if number == 0]
    successes = [position for number, position in rows if number == 1]
    near = [pair for pair in product(failures, successes) if abs(pair[0][0] - pair[1][0]) < WINDOW]
    if kind is Kind.TEMPORAL:
        return {max(pair) for pair in near}
    # equal times are in order
    return {success for failure, success in near if failure[0] <= success[0]}
