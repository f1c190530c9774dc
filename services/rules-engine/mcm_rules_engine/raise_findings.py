"""From detections to findings: what each finding is made of, as pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

import orjson

from mcm_rules_engine.correlation.protocol import Fire, Position
from mcm_rules_engine.model.finding import Evidence, FindingState
from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_rules_engine.findings.describe import describe, describe_count
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.store.detections import DetectionRow
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import FINDING_NAMESPACE, Severity, finding_uid

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FIRST_MOMENT: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST_MOMENT: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_MAX_FACT_BYTES: Final = 500
_MAX_FACTS: Final = 40


@dataclass(frozen=True, slots=True)
class Detection:
    """A rule holds at an event, or a correlation fires there.

    ``first`` and ``last`` are the earliest and latest event it speaks of: the same one, but for a tumbling window.
    """

    rule: Rule | Correlation
    position: Position
    severity: Severity
    group: dict[str, Any]
    group_key: str
    first: Position
    last: Position
    fire: Fire | None = None

    @property
    def row(self) -> DetectionRow:
        """Its row in the series of its rule."""
        return DetectionRow(output_series(self.rule), self.group_key, *self.position)

    @property
    def bucket(self) -> tuple[datetime, datetime]:
        """The start and the end of the time bucket of its finding."""
        width = self.rule.group_for // _MICROSECOND
        start = self.position[0] // width * width
        return moment(start), moment(start + width)

    @property
    def finding_uid(self) -> UUID:
        """The uid of the finding it belongs to."""
        return finding_uid(self.rule.id, self.group_key, self.bucket[0])


class KnownEvent(NamedTuple):
    """An event with the id of its row."""

    event: SourceEvent
    row_id: int


@dataclass(slots=True)
class Raised:
    """What the detections of one finding in a batch come to.

    ``most`` is the most that one of them counted; ``new`` counts the detections that were not there before.
    """

    earliest: Detection
    latest: Detection
    severity: Severity
    most: int
    new: int

    def needed(self) -> set[UUID]:
        """Uids of the events that say what the finding is about."""
        return {self.earliest.first[1], self.latest.last[1]}


def output_series(rule: Rule | Correlation) -> UUID:
    """Names the series of a rule's own detections by its definition, so that a changed rule counts afresh."""
    return _output_series(rule.id, rule.version)


@lru_cache(maxsize=4096)
def _output_series(rule_id: str, version: str) -> UUID:
    return uuid5(FINDING_NAMESPACE, f"series|{rule_id}|{version}")


def position_of(event: SourceEvent) -> Position:
    """Says where an event stands in time."""
    return (event.timestamp - _EPOCH) // _MICROSECOND, event.uid


def moment(microseconds: int) -> datetime:
    """Turns microseconds since 1970 into a time: what lies outside the years 1 to 9999 into their first or last."""
    return _EPOCH + min(max(microseconds, _FIRST_MOMENT), _LAST_MOMENT) * _MICROSECOND


def fold(detections: Iterable[Detection], new: set[DetectionRow]) -> dict[UUID, Raised]:
    """Gathers detections by finding; ``new`` holds the rows that were really inserted."""
    raised: dict[UUID, Raised] = {}
    for detection in detections:
        uid = detection.finding_uid
        is_new = detection.row in new
        count = 0 if detection.fire is None else detection.fire.count
        known = raised.get(uid)
        if known is None:
            raised[uid] = Raised(detection, detection, detection.severity, count, int(is_new))
            continue
        known.new += is_new
        known.most = max(known.most, count)
        known.severity = max(known.severity, detection.severity, key=lambda severity: severity.rank)
        known.earliest = min(known.earliest, detection, key=lambda found: found.first)
        known.latest = max(known.latest, detection, key=lambda found: found.last)
    return raised


def state_of(raised: Raised, events: Mapping[UUID, KnownEvent]) -> FindingState:
    """Makes the finding that these detections alone would raise; ``events`` holds those that ``needed`` names."""
    first, rule = raised.earliest, raised.earliest.rule
    known = events[first.first[1]]
    bucket_start, bucket_end = first.bucket
    user = first.group.get("user", known.event.user)
    return FindingState(
        uid=first.finding_uid,
        rule_id=UUID(rule.id),
        rule_version=rule.version,
        rule_name=rule.name,
        title=rule.title,
        tags=rule.tags,
        series_id=output_series(rule),
        group=first.group,
        group_key=first.group_key,
        bucket_start=bucket_start,
        bucket_end=bucket_end,
        severity=raised.severity,
        user=user if user is None or isinstance(user, str) else str(user),
        description=describe(rule, known.event, first.group) if isinstance(rule, Rule) else "",
        first_seen=moment(first.first[0]),
        last_seen=moment(raised.latest.last[0]),
        detection_count=raised.new,
        counted=raised.most,
        event_uid=known.event.uid,
        event_id=known.row_id,
        source=known.event.source,
        earliest=_evidence(first, known.event),
        latest=_evidence(raised.latest, events[raised.latest.last[1]].event),
        describe=(lambda count: describe_count(rule, first.group, count)) if isinstance(rule, Correlation) else None,
    )


def _evidence(detection: Detection, event: SourceEvent) -> Evidence:
    evidence: Evidence = {
        "event_uid": str(event.uid),
        "at": _iso(event.timestamp),
        "source": event.source,
        "event_type": event.event_type,
        "user": event.user,
        "facts": _bounded(event.facts),
    }
    if detection.fire is not None and isinstance(detection.rule, Correlation):
        evidence["count"] = detection.fire.count
        evidence["window"] = _window(detection.rule, detection.position[0])
        evidence["completed_by"] = [
            {"at": _iso(moment(when)), "event_uid": str(uid)} for when, uid in detection.fire.completed_by
        ]
    return evidence


def _window(rule: Correlation, when: int) -> dict[str, str]:
    start = when if rule.tumbling else when - rule.window
    return {"from": _iso(moment(start)), "to": _iso(moment(start + rule.window))}


def _iso(time: datetime) -> str:
    # always with microseconds, so that texts sort as times do
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _bounded(facts: dict[str, Any]) -> dict[str, Any]:
    # enough to show a person why; the whole event is a click away
    kept = {}
    for name, value in list(facts.items())[:_MAX_FACTS]:
        text = orjson.dumps(value)
        short = len(text) <= _MAX_FACT_BYTES
        kept[name[:100]] = value if short else text[:_MAX_FACT_BYTES].decode("utf-8", "ignore") + "…"
    return kept
