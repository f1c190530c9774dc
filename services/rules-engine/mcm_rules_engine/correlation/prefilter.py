"""Leaving out, by one cheap look a group, the touched rows of a temporal correlation that nothing else comes near.

Most rows of such a correlation are its common rule's (a login) and wait for its rare one (many failures before it).
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from mcm_rules_engine.correlation.protocol import Group, Look, Looking, Touched
from mcm_rules_engine.sigma.model.correlation import Kind

_TEMPORAL: Final = (Kind.TEMPORAL, Kind.TEMPORAL_ORDERED)
_ROWS: Final = 16
_FIRST_UID: Final = UUID(int=0)


async def sift(touched: Mapping[Group, Sequence[Touched]], look: Looking) -> dict[Group, Sequence[Touched]]:
    """Leaves out the rows that cannot make a fire: some other input has no row within the window around them."""
    left = dict(touched)
    probes: dict[tuple[Group, int], Look] = {}
    for group, rows in touched.items():
        correlation, group_key = group
        if correlation.kind in _TEMPORAL:
            inputs = {row.input for row in rows}
            start = min(row.position[0] for row in rows) - correlation.window + 1
            for number, series in enumerate(correlation.inputs):
                if inputs != {number}:
                    probes[group, number] = Look(series.id, group_key, (start, _FIRST_UID), 0, _ROWS)
    if not probes:
        return left
    for (group, number), seen in zip(probes, await look(list(probes.values())), strict=True):
        times = [row.position[0] for row in seen.after]
        window = group[0].window
        left[group] = [row for row in left[group] if row.input == number or _may_be_near(times, row, window)]
    return left


def _may_be_near(times: Sequence[int], row: Touched, window: int) -> bool:
    at = row.position[0]
    place = bisect_right(times, at - window)
    # what lies beyond the rows that were read is not known
    return times[place] < at + window if place < len(times) else len(times) == _ROWS
