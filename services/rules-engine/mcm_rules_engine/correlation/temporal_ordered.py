"""temporal_ordered: holds at a detection of the last rule when the others came before it, in order, within the time.

Equal times count as in order, both ways: sources write whole seconds, and the order of ids says nothing. So positions
are compared by time, and each step of a chain is only required to be another event than the step before it.

Of the chains up to a rule, only the greatest two that end in different events can matter later: whatever event comes
next, one of them ends in another. And the greatest two end in the latest three rows: the prefix of the fourth is open
to at least two of those. This bounds what is read, whatever the window holds.
"""

from collections.abc import Generator, Iterable, Sequence
from typing import Final
from uuid import UUID

from mcm_rules_engine.correlation.forward_scan import Segment, read_forward
from mcm_rules_engine.correlation.protocol import (
    AffectedRow,
    CorrelationHit,
    Hits,
    HitSearch,
    LatestByValue,
    Position,
    RangeQuery,
    RangeResult,
    Row,
)
from mcm_rules_engine.sigma.model.correlation import Correlation

Chain = tuple[Position, ...]
"""Positions of detections of the first rules of the order, none earlier than the one before."""

_LATEST: Final = 3
_GREATEST: Final = 2
_FIRST_UID: Final = UUID(int=0)


def temporal_ordered(correlation: Correlation, group_key: str, affected: Sequence[AffectedRow]) -> HitSearch:
    """Finds the hits that affected rows can have changed: where a chain through one reaches the last rule."""
    inputs = [series.id for series in correlation.inputs]

    def incomplete_input(row: AffectedRow, segment: Segment) -> int | None:
        return _incomplete_input(correlation.window, len(inputs) - 1, row, segment)

    segment = yield from read_forward(inputs, group_key, affected, _LATEST, incomplete_input, whole_times=True)
    chains = yield from _chains_before(correlation, group_key, segment, affected[0].position[0] - 1)
    return Hits(_walk(correlation, segment, chains), segment.outside_segment)


def _incomplete_input(window: int, last: int, row: AffectedRow, segment: Segment) -> int | None:
    """Finds the input that must be known further for the chains through a row."""
    at = row.position[0]
    horizon = at + window
    # the steps up to it come at its own time at the latest
    for number in range(row.input):
        if not segment.is_known_through(number, at, horizon):
            return number
    # each next step comes before two other rows could take its place: one of them is another event, and later
    through: int | None = at
    for number in range(row.input, last):
        taken_over = None if through is None else segment.second_time_after(number, through)
        if not segment.is_known_through(number, taken_over, horizon):
            return number
        through = None if taken_over is None else taken_over - 1
    return None if segment.is_known_through(last, through, horizon) else last


def _chains_before(
    correlation: Correlation, group_key: str, segment: Segment, until: int
) -> Generator[list[RangeQuery | LatestByValue], list[RangeResult], dict[int, list[Chain]]]:
    """Finds, for each rule but the last, the greatest chains up to it that end at a time or before."""
    last = len(correlation.inputs) - 1
    latest: dict[tuple[int, int], Sequence[Row]] = {(number, until): segment.before[number] for number in range(last)}
    while True:
        needed = {(number - 1, row.position[0]) for (number, _), rows in latest.items() if number for row in rows}
        missing = sorted(needed - latest.keys())
        if not missing:
            return {number: _greatest(latest, number, until) for number in range(last)}
        found = yield [
            RangeQuery(correlation.inputs[number].id, group_key, (at + 1, _FIRST_UID), _LATEST, 0)
            for number, at in missing
        ]
        latest |= {key: result.before for key, result in zip(missing, found, strict=True)}


def _greatest(latest: dict[tuple[int, int], Sequence[Row]], number: int, until: int) -> list[Chain]:
    chains = []
    for row in latest[number, until]:
        before = _greatest(latest, number - 1, row.position[0]) if number else []
        chain = _extended(before, row.position) if number else (row.position,)
        chains.extend([chain] if chain else [])
    return _top(chains)


def _walk(correlation: Correlation, segment: Segment, chains: dict[int, list[Chain]]) -> list[CorrelationHit]:
    count = len(correlation.inputs)
    hits = []
    for at, by_input in segment.by_time():
        # from the first rule to the last, since equal times are in order
        for number in range(count):
            for position in by_input.get(number, ()):
                chain = _extended(chains.get(number - 1, ()), position) if number else (position,)
                if chain is None:
                    continue
                if number < count - 1:
                    chains[number] = _top([*chains.get(number, ()), chain])
                elif chain[0][0] > at - correlation.window:
                    hits.append(CorrelationHit(position, correlation.severity_at(count), count, chain))
    return hits


def _extended(chains: Iterable[Chain], position: Position) -> Chain | None:
    """Extends the greatest chain that ends in another event."""
    return next(((*chain, position) for chain in chains if chain[-1] != position), None)


def _top(chains: Iterable[Chain]) -> list[Chain]:
    return sorted(chains, reverse=True)[:_GREATEST]
