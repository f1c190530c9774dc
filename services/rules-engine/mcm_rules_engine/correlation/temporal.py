"""temporal: holds at a detection with which enough of the rules have one in the time before it, in any order."""

from collections.abc import Sequence

from mcm_rules_engine.correlation.forward_scan import Segment, read_forward
from mcm_rules_engine.correlation.protocol import AffectedRow, CorrelationHit, Hits, HitSearch, Position
from mcm_rules_engine.sigma.model.correlation import Correlation


def temporal(correlation: Correlation, group_key: str, affected: Sequence[AffectedRow]) -> HitSearch:
    """Finds the hits that affected rows can have changed: at rows before the affected rule has another detection."""
    window = correlation.window
    inputs = [series.id for series in correlation.inputs]

    def incomplete_input(row: AffectedRow, segment: Segment) -> int | None:
        end = segment.next_after(row.input, row.position)
        # its own rule first: where the next detection takes its place, the others need not be known any further
        own_first = (row.input, *range(len(inputs)))
        return next((n for n in own_first if not segment.is_known(n, end, row.position[0] + window)), None)

    segment = yield from read_forward(inputs, group_key, affected, 1, incomplete_input)
    latest: dict[int, Position] = {number: found[-1].position for number, found in enumerate(segment.before) if found}
    hits: list[CorrelationHit] = []
    for position, entries in segment.in_order():
        for number, row in entries:
            latest[number] = row.position
        inside = {number: at for number, at in latest.items() if at[0] > position[0] - window}
        if correlation.holds_with(inside):
            # one for each rule, the same event twice if need be: so no later event can lower what the list says
            completed_by = tuple(sorted(inside.values()))
            hits.append(CorrelationHit(position, correlation.severity_at(len(inside)), len(inside), completed_by))
    return Hits(hits, segment.outside_segment)
