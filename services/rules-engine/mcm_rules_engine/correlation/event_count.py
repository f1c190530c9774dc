"""event_count over a sliding window: holds at a detection with enough of its group in the time before it."""

from collections.abc import Sequence
from itertools import chain

from mcm_rules_engine.correlation.protocol import (
    MAX_COMPLETED_BY,
    AffectedRow,
    CorrelationHit,
    Hits,
    HitSearch,
    RangeQuery,
    Row,
)
from mcm_rules_engine.sigma.model.correlation import Correlation


def event_count(correlation: Correlation, group_key: str, affected: Sequence[AffectedRow]) -> HitSearch:
    """Finds the hits that affected rows can have changed: at themselves and the ``threshold - 1`` rows after each."""
    window = correlation.window
    series = correlation.inputs[0].id
    reach = correlation.steps[-1][0] - 1
    limit = len(affected) + reach
    (found,) = yield [RangeQuery(series, group_key, affected[0].position, reach, limit)]
    outside_segment: list[AffectedRow] = []
    if len(found.after) == limit:
        # other rows lie between the affected ones: those that follow an affected row must all be read
        covered = found.after[len(affected) - 1].position
        outside_segment = [row for row in affected if row.position > covered]
    return Hits(_scan(correlation, window, found.before, found.after), outside_segment)


def _scan(correlation: Correlation, window: int, before: Sequence[Row], after: Sequence[Row]) -> list[CorrelationHit]:
    positions = [row.position for row in chain(before, after)]
    lowest, highest = correlation.steps[0][0], correlation.steps[-1][0]
    oldest = 0
    hits = []
    for index in range(len(positions)):
        at = positions[index][0]
        while positions[oldest][0] <= at - window:
            oldest += 1
        if index < len(before):
            continue
        count = min(index - oldest + 1, highest)
        if count >= lowest:
            completed_by = tuple(positions[index - min(count, MAX_COMPLETED_BY) + 1 : index + 1])
            hits.append(CorrelationHit(positions[index], correlation.severity_at(count), count, completed_by))
    return hits
