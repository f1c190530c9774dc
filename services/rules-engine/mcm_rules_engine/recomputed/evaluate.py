"""Evaluation of the recomputed rules that a batch affects: all groups side by side, one round of queries at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from mcm_rules_engine.correlation.protocol import CorrelationGroup
from mcm_rules_engine.recomputed.new_value import new_value
from mcm_rules_engine.recomputed.not_followed_by import not_followed_by
from mcm_rules_engine.recomputed.protocol import Affected, Evaluation, Query, QueryReader, ScopeAnswer
from mcm_rules_engine.recomputed.silence import silence
from mcm_rules_engine.recomputed.windows import compare_windows
from mcm_rules_engine.sigma.model.correlation import Correlation, Kind

_EVALUATIONS: Final[Mapping[Kind, Callable[[Correlation, str, Affected], Evaluation]]] = {
    Kind.NOT_FOLLOWED_BY: not_followed_by,
    Kind.NEW_VALUE: new_value,
    Kind.SILENCE: silence,
    Kind.EVENT_COUNT: compare_windows,
    Kind.VALUE_SUM: compare_windows,
    Kind.VALUE_AVG: compare_windows,
}


@dataclass(slots=True)
class _Running:
    group: CorrelationGroup
    evaluation: Evaluation
    queries: list[Query]


async def evaluate_recomputed(
    affected: Mapping[CorrelationGroup, Affected], run_queries: QueryReader
) -> dict[CorrelationGroup, list[ScopeAnswer]]:
    """Computes the answers for every scope that the affected rows can have changed."""
    answers: dict[CorrelationGroup, list[ScopeAnswer]] = {}
    running: list[_Running] = []
    for (rule, group_key), touched in affected.items():
        one = _Running((rule, group_key), _EVALUATIONS[rule.kind](rule, group_key, touched), [])
        if _proceed(one, None, answers):
            running.append(one)
    while running:
        results = iter(await run_queries([query for one in running for query in one.queries]))
        running = [one for one in running if _proceed(one, [next(results) for _ in one.queries], answers)]
    return answers


def _proceed(one: _Running, results: list[object] | None, answers: dict[CorrelationGroup, list[ScopeAnswer]]) -> bool:
    """Sends results to an evaluation; returns whether it goes on with further queries."""
    try:
        one.queries = next(one.evaluation) if results is None else one.evaluation.send(results)
    except StopIteration as ended:
        answers[one.group] = ended.value
        return False
    return True
