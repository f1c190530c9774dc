"""Evaluation of the correlations that a batch affects: all groups side by side, one round of queries at a time."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mcm_rules_engine.correlation.event_count import event_count
from mcm_rules_engine.correlation.prefilter import prefilter
from mcm_rules_engine.correlation.protocol import (
    AffectedRow,
    CorrelationGroup,
    CorrelationHit,
    Hits,
    HitSearch,
    LatestByValue,
    Position,
    RangeQuery,
    RangeReader,
    clusters,
)
from mcm_rules_engine.correlation.temporal import temporal
from mcm_rules_engine.correlation.temporal_ordered import temporal_ordered
from mcm_rules_engine.correlation.value_count import value_count
from mcm_rules_engine.sigma.model.correlation import Correlation, Kind

_EVALUATIONS: Final[Mapping[Kind, Callable[[Correlation, str, Sequence[AffectedRow]], HitSearch]]] = {
    Kind.EVENT_COUNT: event_count,
    Kind.VALUE_COUNT: value_count,
    Kind.TEMPORAL: temporal,
    Kind.TEMPORAL_ORDERED: temporal_ordered,
}


_CLUSTER_SHARE: Final = 16


@dataclass(slots=True)
class _Running:
    group: CorrelationGroup
    evaluation: HitSearch
    queries: list[RangeQuery | LatestByValue]


async def evaluate(
    affected: Mapping[CorrelationGroup, Sequence[AffectedRow]], range_query: RangeReader
) -> dict[CorrelationGroup, list[CorrelationHit]]:
    """Finds the hits that affected rows can have changed, by correlation and group key.

    ``range_query`` runs a round of queries, all groups' at once; an evaluation needs a few rounds at most.
    """
    hits: dict[CorrelationGroup, dict[Position, CorrelationHit]] = defaultdict(dict)
    prefiltered = await prefilter(affected, range_query)
    running = [_start(group, near) for group, rows in prefiltered.items() for near in clusters(rows, _gap(group[0]))]
    while running:
        results = iter(await range_query([query for one in running for query in one.queries]))
        going_on = []
        for one in running:
            try:
                one.queries = one.evaluation.send([next(results) for _ in one.queries])
                going_on.append(one)
            except StopIteration as ended:
                found: Hits = ended.value
                _add(hits[one.group], found.hits)
                going_on += [_start(one.group, [row]) for row in found.outside_segment]
        running = going_on
    return {group: list(by_position.values()) for group, by_position in hits.items()}


def _start(group: CorrelationGroup, near: Sequence[AffectedRow]) -> _Running:
    correlation, group_key = group
    evaluation = _EVALUATIONS[correlation.kind](correlation, group_key, near)
    return _Running(group, evaluation, next(evaluation))


def _gap(correlation: Correlation) -> int:
    # affected rows this close share a query: what lies between them would mostly be read for either
    share = correlation.steps[-1][0] if correlation.kind is Kind.EVENT_COUNT else _CLUSTER_SHARE
    return max(1, correlation.window // share)


def _add(hits: dict[Position, CorrelationHit], found: Iterable[CorrelationHit]) -> None:
    for hit in found:
        known = hits.setdefault(hit.position, hit)
        # queries that overlap find the same hit, perhaps from fewer rows
        if (known.count, known.completed_by) < (hit.count, hit.completed_by):
            hits[hit.position] = hit
