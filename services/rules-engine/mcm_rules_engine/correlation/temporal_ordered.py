"""temporal_ordered: a detection of the last rule fires when the others came before it, in order, within the time."""

from collections.abc import Generator, Sequence

from mcm_rules_engine.correlation.forward_scan import Segment, read_forward
from mcm_rules_engine.correlation.protocol import (
    AffectedRow,
    CorrelationHit,
    Evaluation,
    Hits,
    LatestByValue,
    Position,
    RangeQuery,
    RangeResult,
)
from mcm_rules_engine.sigma.model.correlation import Correlation

Chain = tuple[Position, ...]
"""Positions of the first rules of the order, each after the one before."""


def temporal_ordered(correlation: Correlation, group_key: str, affected: Sequence[AffectedRow]) -> Evaluation:
    """Finds the fires that touched rows can have changed: at detections of the last rule that one leads to."""
    window = correlation.window
    inputs = [series.id for series in correlation.inputs]
    last = len(inputs) - 1

    def incomplete_input(row: AffectedRow, segment: Segment) -> int | None:
        # a chain through it goes on from any detection of the next rule before the next one of its own, and so forth
        end: Position | None = row.position
        for number in range(row.input, last):
            end = None if end is None else segment.next_after(number, end)
            if not segment.is_known(number, end, row.position[0] + window):
                return number
        return None if segment.is_known(last, end, row.position[0] + window) else last

    segment = yield from read_forward(inputs, group_key, affected, 1, incomplete_input)
    chains = yield from _chains_before(correlation, group_key, segment)
    return Hits(_walk(correlation, window, segment, chains), segment.outside_segment)


def _chains_before(
    correlation: Correlation, group_key: str, segment: Segment
) -> Generator[list[RangeQuery | LatestByValue], list[RangeResult], dict[int, Chain]]:
    """Finds, for each rule but the last, the chain up to it that starts latest, among the rows before the stretch."""
    last = len(correlation.inputs) - 1
    growing: dict[int, Chain] = {
        number: (segment.before[number][-1].position,) for number in range(last) if segment.before[number]
    }
    chains: dict[int, Chain] = {}
    while True:
        chains |= {number: chain for number, chain in growing.items() if len(chain) == number + 1}
        growing = {number: chain for number, chain in growing.items() if len(chain) <= number}
        if not growing:
            return chains
        numbers = list(growing)
        # going back from the latest of each rule to the latest of the rule before it gives the latest start
        found = yield [
            RangeQuery(correlation.inputs[number - len(growing[number])].id, group_key, growing[number][0], 1, 0)
            for number in numbers
        ]
        growing = {
            number: (result.before[-1].position, *growing[number])
            for number, result in zip(numbers, found, strict=True)
            if result.before
        }


def _walk(correlation: Correlation, window: int, segment: Segment, chains: dict[int, Chain]) -> list[CorrelationHit]:
    count = len(correlation.inputs)
    hits = []
    for position, entries in segment.in_order():
        # from the last rule to the first, so that one event cannot take two places in a chain
        for number, _ in sorted(entries, key=lambda entry: -entry[0]):
            led_by = chains.get(number - 1, ()) if number else ()
            if number and not led_by:
                continue
            chain = (*led_by, position)
            if number < count - 1:
                chains[number] = chain
            elif chain[0][0] > position[0] - window:
                hits.append(CorrelationHit(position, correlation.severity_at(count), count, chain))
    return hits
