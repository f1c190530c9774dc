"""Evaluating the correlations that a batch touches: all groups side by side, one round of looks at a time."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mcm_rules_engine.correlation.event_count import event_count
from mcm_rules_engine.correlation.protocol import (
    Evaluation,
    Fire,
    Found,
    Group,
    LatestByValue,
    Look,
    Looking,
    Position,
    Touched,
    clusters,
)
from mcm_rules_engine.correlation.prefilter import sift
from mcm_rules_engine.correlation.temporal import temporal
from mcm_rules_engine.correlation.temporal_ordered import temporal_ordered
from mcm_rules_engine.correlation.value_count import value_count
from mcm_rules_engine.sigma.model.correlation import Correlation, Kind

_EVALUATIONS: Final[Mapping[Kind, Callable[[Correlation, str, Sequence[Touched]], Evaluation]]] = {
    Kind.EVENT_COUNT: event_count,
    Kind.VALUE_COUNT: value_count,
    Kind.TEMPORAL: temporal,
    Kind.TEMPORAL_ORDERED: temporal_ordered,
}


_CLUSTER_SHARE: Final = 16


@dataclass(slots=True)
class _Running:
    group: Group
    evaluation: Evaluation
    asks: list[Look | LatestByValue]


async def evaluate(touched: Mapping[Group, Sequence[Touched]], look: Looking) -> dict[Group, list[Fire]]:
    """Finds the fires that touched rows can have changed, by correlation and group key.

    ``look`` answers a round of looks, all groups' at once; an evaluation needs a few rounds at most.
    """
    fires: dict[Group, dict[Position, Fire]] = defaultdict(dict)
    sifted = await sift(touched, look)
    running = [_start(group, near) for group, rows in sifted.items() for near in clusters(rows, _gap(group[0]))]
    while running:
        answers = iter(await look([ask for one in running for ask in one.asks]))
        going_on = []
        for one in running:
            try:
                one.asks = one.evaluation.send([next(answers) for _ in one.asks])
                going_on.append(one)
            except StopIteration as ended:
                found: Found = ended.value
                _add(fires[one.group], found.fires)
                going_on += [_start(one.group, [row]) for row in found.missed]
        running = going_on
    return {group: list(by_position.values()) for group, by_position in fires.items()}


def _start(group: Group, near: Sequence[Touched]) -> _Running:
    correlation, group_key = group
    evaluation = _EVALUATIONS[correlation.kind](correlation, group_key, near)
    return _Running(group, evaluation, next(evaluation))


def _gap(correlation: Correlation) -> int:
    # touched rows this close share a look: what lies between them would mostly be read for either
    share = correlation.steps[-1][0] if correlation.kind is Kind.EVENT_COUNT else _CLUSTER_SHARE
    return max(1, correlation.window // share)


def _add(fires: dict[Position, Fire], found: Iterable[Fire]) -> None:
    for fire in found:
        known = fires.setdefault(fire.position, fire)
        # looks that overlap find the same fire, perhaps with less in sight
        if (known.count, known.completed_by) < (fire.count, fire.completed_by):
            fires[fire.position] = fire
