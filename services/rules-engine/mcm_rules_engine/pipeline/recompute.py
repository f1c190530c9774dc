"""Recomputing: what the recomputed rules make of a batch, after its commit and under a lock on each group.

The last worker to lock a group reads everything that was committed before, so its answers are those of all events.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Final
from uuid import UUID

from mcm_rules_engine.correlation.protocol import AffectedRow, CorrelationGroup
from mcm_rules_engine.findings.build import deciding_event
from mcm_rules_engine.findings.build_recomputed import build_recomputed, detection_of
from mcm_rules_engine.model.detection import KnownEvent, output_series
from mcm_rules_engine.model.finding import Evidence, FindingState
from mcm_rules_engine.pipeline.affected import AffectedRows
from mcm_rules_engine.recomputed.evaluate import evaluate_recomputed
from mcm_rules_engine.recomputed.protocol import ANY_SOURCE, Affected, ScopeAnswer, State, StoredResult
from mcm_rules_engine.recomputed.silence import is_about_sources
from mcm_rules_engine.sigma.model.correlation import Correlation, Kind
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.blind_rules import BlindRules
from mcm_rules_engine.store.events import read_known_events
from mcm_rules_engine.store.findings import replace_findings
from mcm_rules_engine.store.result_queries import run_queries
from mcm_rules_engine.store.results import (
    FindingPeriod,
    FindingSummary,
    ResultKey,
    delete_results,
    lock_groups,
    read_due,
    read_results,
    replace_results,
    summarise,
)
from mcm_shared.contracts.findings import finding_uid
from mcm_shared.db.engine import AsyncConnection, AsyncEngine, transaction
from mcm_shared.event_time import duration_micros, from_micros

_GROUPS: Final = 1000
"""Groups that one transaction answers for: a batch of many users holds no lock for long."""


class Recomputer:
    """Replaces the results of a ruleset's recomputed rules, and their findings."""

    def __init__(self, ruleset: Ruleset, shard: int) -> None:
        self._shard = shard
        self._rules = {output_series(rule): rule for rule in ruleset.correlations if rule.is_recomputed}
        self._waiting = {series: _sources_of(rule) for series, rule in self._rules.items() if _waits(rule)}
        self._blind = BlindRules(ruleset)
        self._readers: dict[UUID, list[tuple[Correlation, int]]] = defaultdict(list)
        for rule in self._rules.values():
            for number, series in enumerate(rule.inputs):
                self._readers[series.id].append((rule, number))

    async def recompute(self, engine: AsyncEngine, affected: AffectedRows) -> None:
        """Answers for every scope that a batch touches, and for those that its sources have completed."""
        if not self._rules:
            return
        touched = self._touched(affected)
        await self._answer(engine, touched, affected)
        # once the own results are committed: another worker may have completed a source meanwhile
        while self._waiting:
            async with transaction(engine, read_only=True) as connection:
                due = await read_due(connection, self._waiting)
            if not due:
                return
            touched = {}
            for series, group_key, scope in due:
                touched.setdefault((self._rules[series], group_key), Affected()).scopes.add(scope)
            await self._answer(engine, touched, affected)

    def _touched(self, affected: AffectedRows) -> dict[CorrelationGroup, Affected]:
        touched: dict[CorrelationGroup, Affected] = {}
        for row in affected.rows:
            for rule, number in self._readers.get(row.series_id, ()):
                place = AffectedRow(number, (row.at, row.event_uid), row.value)
                touched.setdefault((rule, row.group_key), Affected()).rows.add(place)
        for bucket in affected.buckets:
            for rule, _ in self._readers.get(bucket.series_id, ()):
                touched.setdefault((rule, bucket.group_key), Affected()).windows.add(bucket.start)
        return touched

    async def _answer(
        self, engine: AsyncEngine, touched: Mapping[CorrelationGroup, Affected], affected: AffectedRows
    ) -> None:
        ordered = sorted(touched.items(), key=lambda entry: (output_series(entry[0][0]).int, entry[0][1]))
        for part in (ordered[start : start + _GROUPS] for start in range(0, len(ordered), _GROUPS)):
            async with transaction(engine) as connection:
                await lock_groups(connection, [(output_series(rule), group_key) for (rule, group_key), _ in part])
                answers = await evaluate_recomputed(dict(part), partial(run_queries, connection))
                by_key = {
                    (output_series(rule), group_key, answer.scope): answer
                    for (rule, group_key), found in answers.items()
                    for answer in found
                }
                before = await read_results(connection, sorted(by_key))
                changed = await _store(connection, by_key, before)
                await self._replace_findings(connection, by_key, before, changed, affected)

    async def _replace_findings(
        self,
        connection: AsyncConnection,
        answers: Mapping[ResultKey, ScopeAnswer],
        before: Mapping[ResultKey, StoredResult],
        changed: Collection[ResultKey],
        affected: AffectedRows,
    ) -> None:
        periods: dict[FindingPeriod, ScopeAnswer] = {}
        for key in sorted(answers):
            rule = self._rules[key[0]]
            if not rule.raises_finding or not _has_stood(answers[key], before.get(key)):
                continue
            width = duration_micros(rule.group_for)
            start = key[2].position[0] // width * width
            affected.recomputed.add(finding_uid(rule.id, key[1], from_micros(start)))
            # how many rules are blind changes with the history of a source, and the result does not
            if key in changed or is_about_sources(rule):
                periods[FindingPeriod(*key[:2], start, start + width)] = answers[key]
        if not periods:
            return
        summaries = await summarise(connection, list(periods))
        needed = {uid for period, one in summaries.items() for uid in _events_of(one, periods[period])}
        events = {uid: affected.events[uid] for uid in needed if uid in affected.events}
        events |= await read_known_events(connection, needed - events.keys())
        states: dict[UUID, FindingState] = {}
        withdrawn: dict[UUID, Evidence] = {}
        for period, summary in summaries.items():
            rule = self._rules[period.series_id]
            uid = finding_uid(rule.id, period.group_key, from_micros(period.start))
            blind = await self._blind.count(connection, rule, period.group_key, summary.latest)
            state = _state(rule, period, summary, events, blind)
            if state is not None:
                states[uid] = state
            else:
                decided = summary.withdrawn or periods[period]
                withdrawn[uid] = deciding_event(events[decided.decided_by[1]].event)
        await replace_findings(connection, states, withdrawn, self._shard)


def _waits(rule: Correlation) -> bool:
    # a value is new whatever comes later
    return rule.kind is not Kind.NEW_VALUE


def _sources_of(rule: Correlation) -> tuple[str, ...] | None:
    # how long a group has been silent is known from the events of others
    return (ANY_SOURCE,) if rule.kind is Kind.SILENCE else rule.sources


def _has_stood(answer: ScopeAnswer, before: StoredResult | None) -> bool:
    """Whether a result stands or has stood: only such results belong to a finding."""
    return answer.state is State.STANDING or (before is not None and before.state is not State.PENDING)


async def _store(
    connection: AsyncConnection, answers: Mapping[ResultKey, ScopeAnswer], before: Mapping[ResultKey, StoredResult]
) -> Collection[ResultKey]:
    """Stores the answers that differ from the stored results; returns the keys of the results that it replaced."""
    replaced: dict[ResultKey, StoredResult] = {}
    deleted: list[ResultKey] = []
    for key, answer in answers.items():
        known = before.get(key)
        if answer.state is None and (known is None or known.state is State.PENDING):
            # what never stood leaves no trace
            deleted.extend([] if known is None else [key])
            continue
        result = StoredResult(answer, answer.state or State.WITHDRAWN)
        if result != known:
            replaced[key] = result
    await replace_results(connection, replaced)
    await delete_results(connection, deleted)
    return replaced.keys()


def _events_of(summary: FindingSummary, answer: ScopeAnswer) -> Iterator[UUID]:
    if summary.earliest is None or summary.latest is None:
        yield (summary.withdrawn or answer).decided_by[1]
    else:
        yield from (summary.earliest.first[1], summary.latest.last[1])


def _state(
    rule: Correlation, period: FindingPeriod, summary: FindingSummary, events: Mapping[UUID, KnownEvent], blind: int
) -> FindingState | None:
    if summary.earliest is None or summary.latest is None:
        return None
    earliest, latest = (detection_of(rule, period.group_key, end, blind) for end in (summary.earliest, summary.latest))
    return build_recomputed(earliest, latest, summary.standing, events)
