"""What the rules mean, computed the slow and obvious way: all events in memory, every pair of them compared.

It reads the compiled rules and shares nothing else with the engine, so both must be wrong in the same way to agree on
a mistake. ``evaluate`` says of a set of events which detections and findings there must be, in any order of them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from mcm_rules_engine.findings.describe import describe, describe_count
from mcm_rules_engine.model.detection import output_series
from mcm_rules_engine.pipeline.reused_ids import reused_id_events
from mcm_rules_engine.sigma.compile.group_keys import group_key
from mcm_rules_engine.sigma.model.correlation import Correlation, Kind
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.model.ruleset import Ruleset
from mcm_rules_engine.store.events import content_of
from mcm_rules_engine.testing.oracle_behaviour import scored_days, unusual_days
from mcm_rules_engine.testing.oracle_groups import (
    Hit,
    OracleEntry,
    Position,
    counted_groups,
    groups_of,
    shown_value,
    spelled,
    user_of,
    user_totals,
)
from mcm_rules_engine.testing.oracle_recomputed import OracleResult, ResultName, answers, blind_rules, progress_of
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import Severity, finding_uid

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAX_NAMED = 100


@dataclass(frozen=True)
class ExpectedFinding:
    """A finding as it must be; ``earliest`` and ``latest`` are its evidence without the facts."""

    uid: UUID
    rule_id: str
    rule_name: str
    rule_version: str
    title: str
    description: str
    severity: Severity
    user: str | None
    group: dict[str, Any]
    first_seen: datetime
    last_seen: datetime
    detection_count: int
    event_uid: UUID
    source: str | None
    earliest: dict[str, Any]
    latest: dict[str, Any]
    withdrawn: bool = False


@dataclass(frozen=True)
class Expected:
    """All that must be there: standing findings by uid, hits of the rules that raise findings, and the roll-ups.

    Events are counted by hour and source, by day, source and type, those of users by user, day and
    source, and by user with the earliest and the latest time. ``results`` are those of the recomputed rules, for every
    scope.
    """

    findings: dict[UUID, ExpectedFinding]
    hits: Counter[tuple[str, str, int]]
    rollups: Counter[tuple[datetime, str]]
    event_days: Counter[tuple[date, str, str]]
    user_days: Counter[tuple[str, date, str]]
    user_totals: dict[str, tuple[int, datetime, datetime]]
    results: dict[ResultName, OracleResult]


def evaluate(ruleset: Ruleset, events: Iterable[SourceEvent]) -> Expected:
    """Says what must come of a set of events; of two with the same id the first counts, and both are evidence."""
    known: dict[UUID, SourceEvent] = {}
    contents: dict[UUID, list[SourceEvent]] = {}
    for event in events:
        known.setdefault(event.uid, event)
        others = contents.setdefault(event.uid, [])
        if all(content_of(event) != content_of(other) for other in others):
            others.append(event)
    for several in contents.values():
        if len(several) > 1:
            known |= {evidence.uid: evidence for evidence in reused_id_events(*several)}
    rules: tuple[Rule | Correlation, ...] = (*ruleset.rules, *ruleset.correlations)
    hits: dict[str, list[Hit]] = {rule.id: [] for rule in rules}
    for event in known.values():
        for match in ruleset.match(event):
            here = _position(event)
            hits[match.rule.id] += [
                Hit(match.rule, here[0], group, match.severity, here, here) for group in groups_of(match.rule, event)
            ]
    joined = [one for one in ruleset.correlations if not one.is_recomputed]
    for correlation in sorted(joined, key=lambda one: one.depth):
        for group, entries in counted_groups(correlation, hits, known, ruleset).values():
            hits[correlation.id] += _FIRES[correlation.kind, correlation.tumbling](correlation, group, entries)
    raising = [rule for rule in rules if rule.raises_finding]
    results: dict[ResultName, OracleResult] = {}
    until = progress_of(known.values())
    scored = list(scored_days(known.values())) if any(one.score for one in ruleset.correlations) else []
    for correlation in (recomputed := [one for one in ruleset.correlations if one.is_recomputed]):
        for one, hit in unusual_days(correlation, scored):
            results[output_series(correlation), group_key(hit.group), one.at, one.uid, one.value] = one
            hits[correlation.id] += [hit] * (one.state == "standing")
        for key, (group, entries) in counted_groups(correlation, hits, known, ruleset).items():
            for one in answers(correlation, key, entries, known, until):
                results[output_series(correlation), key, one.at, one.uid, one.value] = one
                if one.state == "standing":
                    blind = blind_rules(correlation, group, one.last[0], ruleset, hits, known)
                    hits[correlation.id].append(one.hit(correlation, group, blind))
    return Expected(
        findings={f.uid: f for rule in raising for f in _findings(rule, hits[rule.id], known)},
        hits=Counter(
            (one.id, group_key(hit.group), hit.at) for one in raising if one not in recomputed for hit in hits[one.id]
        ),
        results=results,
        rollups=Counter(
            (event.timestamp.replace(minute=0, second=0, microsecond=0), event.source) for event in known.values()
        ),
        event_days=Counter((event.timestamp.date(), event.source, event.event_type) for event in known.values()),
        user_days=Counter(
            (event.user, event.timestamp.date(), event.source) for event in known.values() if event.user is not None
        ),
        user_totals=user_totals(known.values()),
    )


def _position(event: SourceEvent) -> Position:
    return (event.timestamp - EPOCH) // timedelta(microseconds=1), event.uid


def _within(entries: Sequence[OracleEntry], end: Position, timespan: int) -> list[OracleEntry]:
    """Lists the entries up to ``end`` and not older than ``timespan``, in order."""
    found = [one for one in entries if one.position <= end and end[0] - timespan < one.position[0]]
    return sorted(found, key=lambda one: one.position)


def _fire(
    correlation: Correlation, group: dict[str, str | None], end: Position, count: int, completed_by: Iterable[Position]
) -> list[Hit]:
    reached = [severity for threshold, severity in correlation.steps if count >= threshold]
    if not reached:
        return []
    named = tuple(completed_by)[-MAX_NAMED:]
    return [Hit(correlation, end[0], group, reached[-1], end, end, count, named)]


def _event_count(correlation: Correlation, group: dict[str, str | None], entries: list[OracleEntry]) -> list[Hit]:
    hits = []
    for end in sorted({one.position for one in entries}):
        positions = sorted({one.position for one in _within(entries, end, correlation.window)})
        count = min(len(positions), correlation.steps[-1][0])
        hits += _fire(correlation, group, end, count, positions[-count:])
    return hits


def _value_count(correlation: Correlation, group: dict[str, str | None], entries: list[OracleEntry]) -> list[Hit]:
    hits = []
    for end in sorted({one.position for one in entries}):
        latest = {one.value: one.position for one in _within(entries, end, correlation.window)}
        count = min(len(latest), correlation.steps[-1][0])
        hits += _fire(correlation, group, end, count, sorted(latest.values())[-count:])
    return hits


def _temporal(correlation: Correlation, group: dict[str, str | None], entries: list[OracleEntry]) -> list[Hit]:
    hits = []
    for end in sorted({one.position for one in entries}):
        latest = {one.input: one.position for one in _within(entries, end, correlation.window)}
        alternatives = correlation.alternatives
        if alternatives is None or any(all(number in latest for number in needed) for needed in alternatives):
            hits += _fire(correlation, group, end, len(latest), sorted(latest.values()))
    return hits


def _temporal_ordered(correlation: Correlation, group: dict[str, str | None], entries: list[OracleEntry]) -> list[Hit]:
    # the best chain that ends at a detection of each rule: the one whose events are latest; equal times are in order
    chains: dict[tuple[int, Position], tuple[Position, ...]] = {}
    for number in range(len(correlation.inputs)):
        for position in {one.position for one in entries if one.input == number}:
            before = [
                chain
                for (of, end), chain in chains.items()
                if of == number - 1 and end[0] <= position[0] and end != position
            ]
            if number == 0:
                chains[number, position] = (position,)
            elif before:
                chains[number, position] = (*max(before), position)
    last = len(correlation.inputs) - 1
    return [
        hit
        for (number, end), chain in chains.items()
        if number == last and chain[0][0] > end[0] - correlation.window
        for hit in _fire(correlation, group, end, len(chain), chain)
    ]


def _tumbling(correlation: Correlation, group: dict[str, str | None], entries: list[OracleEntry]) -> list[Hit]:
    hits = []
    for start in {one.position[0] // correlation.window * correlation.window for one in entries}:
        inside = sorted({one.position for one in entries if start <= one.position[0] < start + correlation.window})
        reached = [severity for threshold, severity in correlation.steps if len(inside) >= threshold]
        if reached:
            ends = (inside[0], inside[-1])
            hits.append(Hit(correlation, start, group, reached[-1], *ends, len(inside), ends))
    return hits


_FIRES: dict[tuple[Kind, bool], Callable[[Correlation, dict[str, str | None], list[OracleEntry]], list[Hit]]] = {
    (Kind.EVENT_COUNT, False): _event_count,
    (Kind.EVENT_COUNT, True): _tumbling,
    (Kind.VALUE_COUNT, False): _value_count,
    (Kind.TEMPORAL, False): _temporal,
    (Kind.TEMPORAL_ORDERED, False): _temporal_ordered,
}


def _findings(
    rule: Rule | Correlation, hits: Iterable[Hit], events: Mapping[UUID, SourceEvent]
) -> Iterable[ExpectedFinding]:
    by_finding: dict[tuple[str, datetime], list[Hit]] = {}
    for hit in hits:
        width = rule.group_for // timedelta(microseconds=1)
        by_finding.setdefault((group_key(hit.group), _time(hit.at // width * width)), []).append(hit)
    for (key, bucket_start), together in by_finding.items():
        earliest = min(together, key=lambda hit: (hit.first, hit.at, hit.value or ""))
        latest = max(together, key=lambda hit: (hit.last, hit.at, hit.value or ""))
        event = events[earliest.first[1]]
        group = spelled(rule, earliest.group, event)
        yield ExpectedFinding(
            uid=finding_uid(rule.id, key, bucket_start),
            rule_id=rule.id,
            rule_name=rule.name,
            rule_version=rule.version,
            title=rule.title,
            description=_description(rule, event, group, together, earliest),
            severity=max((hit.severity for hit in together), key=lambda severity: severity.rank),
            user=user_of(rule, group, [events[uid] for _, uid in sorted(hit.first for hit in together)]),
            group=group,
            first_seen=event.timestamp,
            last_seen=events[latest.last[1]].timestamp,
            detection_count=len(together),
            event_uid=event.uid,
            source=None if isinstance(rule, Correlation) and rule.score is not None else event.source,
            earliest=_evidence(earliest, event),
            latest=_evidence(latest, events[latest.last[1]]),
        )


def _description(
    rule: Rule | Correlation, event: SourceEvent, group: dict[str, Any], together: list[Hit], earliest: Hit
) -> str:
    if isinstance(rule, Rule):
        return describe(rule, event, group)
    if rule.is_recomputed:
        shown = shown_value(rule, earliest.value, event)
        said = describe_count(rule, group, sum(hit.count or 0 for hit in together), shown)
        return " ".join(filter(None, (said, earliest.why)))
    return describe_count(rule, group, max(hit.count or 0 for hit in together))


def _evidence(hit: Hit, event: SourceEvent) -> dict[str, Any]:
    evidence: dict[str, Any] = {
        "event_uid": str(event.uid),
        "at": _iso(_position(event)[0]),
        "source": event.source,
        "event_type": event.event_type,
        "user": event.user,
    }
    if isinstance(hit.rule, Correlation):
        forward = hit.rule.tumbling or hit.rule.kind is Kind.NOT_FOLLOWED_BY
        start = hit.at if forward else hit.at - hit.rule.window
        if not hit.rule.is_recomputed:
            evidence["count"] = hit.count
        evidence["window"] = {"from": _iso(start), "to": _iso(start + hit.rule.window)}
        evidence["completed_by"] = [{"at": _iso(at), "event_uid": str(uid)} for at, uid in hit.completed_by]
        if hit.value is not None:
            evidence["value"] = shown_value(hit.rule, hit.value, event)
    return evidence


def _iso(at: int) -> str:
    return f"{_time(at).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _time(at: int) -> datetime:
    """Turns microseconds since 1970 into a time; what lies beyond the ends of time into the nearer one."""
    first, last = (end.replace(tzinfo=UTC) - EPOCH for end in (datetime.min, datetime.max))  # noqa: DTZ901
    return EPOCH + min(max(timedelta(microseconds=at), first), last)
