"""Builds findings from detections: pure functions, no I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from mcm_rules_engine.findings.describe import describe, describe_count
from mcm_rules_engine.model.detection import Detection, DetectionRow, KnownEvent, output_series
from mcm_rules_engine.model.finding import Evidence, FindingState
from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import Severity
from mcm_shared.event_time import from_micros

_MAX_FACT_BYTES: Final = 500
_MAX_FACTS: Final = 40


@dataclass(slots=True)
class FindingDelta:
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


def aggregate(detections: Iterable[Detection], new: set[DetectionRow]) -> dict[UUID, FindingDelta]:
    """Gathers detections by finding; ``new`` holds the rows that were really inserted."""
    raised: dict[UUID, FindingDelta] = {}
    for detection in detections:
        uid = detection.finding_uid
        is_new = detection.row in new
        count = 0 if detection.hit is None else detection.hit.count
        known = raised.get(uid)
        if known is None:
            raised[uid] = FindingDelta(detection, detection, detection.severity, count, int(is_new))
            continue
        known.new += is_new
        known.most = max(known.most, count)
        known.severity = max(known.severity, detection.severity, key=lambda severity: severity.rank)
        known.earliest = min(known.earliest, detection, key=lambda found: found.first)
        known.latest = max(known.latest, detection, key=lambda found: found.last)
    return raised


def build_finding(raised: FindingDelta, events: Mapping[UUID, KnownEvent]) -> FindingState:
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
        first_seen=from_micros(first.first[0]),
        last_seen=from_micros(raised.latest.last[0]),
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
    if detection.hit is not None and isinstance(detection.rule, Correlation):
        evidence["count"] = detection.hit.count
        evidence["window"] = _window(detection.rule, detection.position[0])
        evidence["completed_by"] = [
            {"at": _iso(from_micros(when)), "event_uid": str(uid)} for when, uid in detection.hit.completed_by
        ]
    return evidence


def _window(rule: Correlation, when: int) -> dict[str, str]:
    start = when if rule.tumbling else when - rule.window
    return {"from": _iso(from_micros(start)), "to": _iso(from_micros(start + rule.window))}


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
