"""value_count over a sliding window: holds at a detection with enough distinct values in the time before it."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import islice
from operator import attrgetter
from typing import Final

from mcm_rules_engine.correlation.forward_scan import Segment, read_forward
from mcm_rules_engine.correlation.protocol import (
    MAX_COMPLETED_BY,
    AffectedRow,
    CorrelationHit,
    Hits,
    HitSearch,
    LatestByValue,
    Position,
    RangeQuery,
    Row,
)
from mcm_rules_engine.sigma.model.correlation import Correlation

_POSITION: Final = attrgetter("position")


def value_count(correlation: Correlation, group_key: str, affected: Sequence[AffectedRow]) -> HitSearch:
    """Finds the hits that affected rows can have changed: at rows whose window has the value by one of them alone."""
    window = correlation.window
    highest = correlation.steps[-1][0]
    series = correlation.inputs[0].id
    start = affected[0].position
    enough = 4 * highest + 32

    def incomplete_input(row: AffectedRow, segment: Segment) -> int | None:
        return None if segment.is_known(0, _end(row, segment.after[0], highest), row.position[0] + window) else 0

    segment = yield from read_forward([series], group_key, affected, enough, incomplete_input)
    recent = _latest(segment.before[0], start[0] - window)
    reaches_back = len(segment.before[0]) < enough or segment.before[0][0].position[0] <= start[0] - window
    if len(recent) < highest and not reaches_back:
        # few values many times over: the rest of the window is asked for by value
        older: list[RangeQuery | LatestByValue] = [LatestByValue(series, group_key, start, start[0] - window)]
        recent = _latest((yield older)[0].before, start[0] - window)
    return Hits(_walk(correlation, window, segment, recent), segment.outside_segment)


def _end(row: AffectedRow, rows: Sequence[Row], highest: int) -> Position | None:
    """Finds where a row ceases to matter: its value comes again, or as many others as are counted have come since."""
    others: set[str | None] = set()
    for later in islice(rows, bisect_right(rows, row.position, key=_POSITION), None):
        others.add(later.value)
        if later.value == row.value or len(others) == highest:
            return later.position
    return None


def _latest(rows: Sequence[Row], since: int) -> dict[str | None, Position]:
    latest: dict[str | None, Position] = {}
    for row in rows:
        if row.position[0] > since:
            _renew(latest, row)
    return latest


def _renew(latest: dict[str | None, Position], row: Row) -> None:
    # dicts keep the order of insertion: the first key is always the value not seen for longest
    latest.pop(row.value, None)
    latest[row.value] = row.position


def _walk(
    correlation: Correlation, window: int, segment: Segment, recent: dict[str | None, Position]
) -> list[CorrelationHit]:
    lowest, highest = correlation.steps[0][0], correlation.steps[-1][0]
    hits = []
    for position, entries in segment.in_order():
        for _, row in entries:
            _renew(recent, row)
        while recent:
            oldest = next(iter(recent))
            if len(recent) <= highest and recent[oldest][0] > position[0] - window:
                break
            del recent[oldest]
        if len(recent) >= lowest:
            count = len(recent)
            completed_by = tuple(recent.values())[-MAX_COMPLETED_BY:]
            hits.append(CorrelationHit(position, correlation.severity_at(count), count, completed_by))
    return hits
