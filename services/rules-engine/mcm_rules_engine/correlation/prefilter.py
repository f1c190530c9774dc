"""Prefilter of temporal correlations: one cheap query a group leaves out affected rows that nothing else comes near.

Most rows of such a correlation are its common rule's (a login) and wait for its rare one (many failures before it).
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from mcm_rules_engine.correlation.protocol import AffectedRow, CorrelationGroup, RangeQuery, RangeReader
from mcm_rules_engine.sigma.model.correlation import Kind

_TEMPORAL: Final = (Kind.TEMPORAL, Kind.TEMPORAL_ORDERED)
_ROWS: Final = 16
_FIRST_UID: Final = UUID(int=0)


async def prefilter(
    affected: Mapping[CorrelationGroup, Sequence[AffectedRow]], range_query: RangeReader
) -> dict[CorrelationGroup, Sequence[AffectedRow]]:
    """Leaves out the rows that cannot cause a hit: some other input has no row within the window around them."""
    left = dict(affected)
    probes: dict[tuple[CorrelationGroup, int], RangeQuery] = {}
    for group, rows in affected.items():
        correlation, group_key = group
        if correlation.kind in _TEMPORAL and correlation.needs_every_input:
            inputs = {row.input for row in rows}
            start = min(row.position[0] for row in rows) - correlation.window + 1
            for number, series in enumerate(correlation.inputs):
                if inputs != {number}:
                    probes[group, number] = RangeQuery(series.id, group_key, (start, _FIRST_UID), 0, _ROWS)
    if not probes:
        return left
    for (group, number), result in zip(probes, await range_query(list(probes.values())), strict=True):
        times = [row.position[0] for row in result.after]
        window = group[0].window
        left[group] = [row for row in left[group] if row.input == number or _may_be_near(times, row, window)]
    return left


def _may_be_near(times: Sequence[int], row: AffectedRow, window: int) -> bool:
    at = row.position[0]
    place = bisect_right(times, at - window)
    # nothing is known beyond the rows that were read
    return times[place] < at + window if place < len(times) else len(times) == _ROWS
