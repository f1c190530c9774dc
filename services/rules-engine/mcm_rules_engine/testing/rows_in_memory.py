"""Series in memory for the tests of correlations: runs range queries as the database does, and counts them."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from mcm_rules_engine.correlation.evaluate import evaluate
from mcm_rules_engine.correlation.protocol import (
    AffectedRow,
    CorrelationHit,
    LatestByValue,
    Position,
    RangeQuery,
    RangeResult,
    Row,
)
from mcm_rules_engine.sigma.load import parse_rules
from mcm_rules_engine.sigma.model.correlation import Correlation

SECOND = 1_000_000
GROUP = '{"user":"mona@example.com"}'

_RULE = """
title: Rule {name}
id: 00000000-0000-4000-8000-{number:012}
name: {name}
level: low
logsource: {{category: activity}}
detection: {{one: {{event_type: {name}}}, condition: one}}
---
"""


def a_correlation(correlation: str, *, rules: Sequence[str] = ("a",), escalate: str = "{}") -> Correlation:
    """Builds a correlation over some rules; ``correlation`` are its further keys, as YAML in one line."""
    names = ", ".join(rules)
    text = "".join(_RULE.format(name=name, number=number) for number, name in enumerate(rules, start=1)) + (
        f"title: Correlation\nid: 00000000-0000-4000-8000-000000000099\nname: correlation\nlevel: low\n"
        f"correlation: {{rules: [{names}], group-by: [user], {correlation}}}\nescalate: {escalate}\n"
    )
    return parse_rules(text).correlations[0]


def position(seconds: float, number: int = 0) -> Position:
    """Builds a position; ``number`` tells apart those of the same time."""
    return round(seconds * SECOND), UUID(int=number)


class GroupInMemory:
    """The rows of one group, by input of its correlation: times in seconds, or times with their values."""

    def __init__(self, correlation: Correlation, *inputs: Iterable[float | tuple[float, str] | Row]) -> None:
        self._correlation = correlation
        self.rows = [sorted(map(_row, rows), key=lambda row: row.position) for rows in inputs]
        self._by_series = {series.id: rows for series, rows in zip(correlation.inputs, self.rows, strict=True)}
        self.rounds = 0
        self.range_queries = 0
        self.rows_read = 0
        self.asked_by_value = 0

    async def hits(self, *affected: tuple[int, float | Row]) -> list[CorrelationHit]:
        """Evaluates the correlation for affected rows: the input, and the time or the row itself."""
        rows = {(number, _find(self.rows[number], row)) for number, row in affected}
        places = [AffectedRow(number, row.position, row.value) for number, row in rows]
        found = await evaluate({(self._correlation, GROUP): places}, self._range_query)
        return sorted((hit for found_hits in found.values() for hit in found_hits), key=lambda hit: hit.position)

    async def times(self, *affected: tuple[int, float | Row]) -> list[float]:
        """Evaluates the correlation for affected rows and returns the times, in seconds, of its hits."""
        return [hit.position[0] / SECOND for hit in await self.hits(*affected)]

    async def _range_query(self, queries: Sequence[RangeQuery | LatestByValue]) -> list[RangeResult]:
        self.rounds += 1
        self.range_queries += len(queries)
        result = [self._around(one) if isinstance(one, RangeQuery) else self._by_value(one) for one in queries]
        self.rows_read += sum(len(one.before) + len(one.after) for one in result)
        return result

    def _around(self, asked: RangeQuery) -> RangeResult:
        rows = self._by_series[asked.series_id]
        before = [row for row in rows if row.position < asked.position]
        after = [row for row in rows if row.position >= asked.position]
        return RangeResult(before[max(0, len(before) - asked.before) :], after[: asked.after])

    def _by_value(self, asked: LatestByValue) -> RangeResult:
        self.asked_by_value += 1
        rows = self._by_series[asked.series_id]
        latest = {row.value: row for row in rows if row.position < asked.position and row.position[0] > asked.since}
        return RangeResult(sorted(latest.values(), key=lambda row: row.position), [])


def _row(written: float | tuple[float, str] | Row) -> Row:
    if isinstance(written, Row):
        return written
    time, value = written if isinstance(written, tuple) else (written, None)
    return Row(position(time), value)


def _find(rows: Iterable[Row], row: float | Row) -> Row:
    return row if isinstance(row, Row) else next(each for each in rows if each.position == position(row))
