"""Builds findings from detections: pure functions, no I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

import orjson

from mcm_rules_engine.findings.describe import describe, describe_count
from mcm_rules_engine.model.detection import Detection, DetectionRow, KnownEvent, output_series
from mcm_rules_engine.model.finding import Evidence, FindingState
from mcm_rules_engine.sigma.compile.fields import EventView
from mcm_rules_engine.sigma.compile.group_keys import canonical_value, spellings_reader
from mcm_rules_engine.sigma.model.correlation import Correlation, Kind, Reading
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import Severity
from mcm_shared.event_time import from_micros

_MAX_FACT_BYTES: Final = 500
_MAX_FACTS: Final = 40


@dataclass(slots=True)
class FindingDelta:
    """The change that the detections of a batch make to one finding.

    ``counted`` is the highest count of one of them; ``new`` counts the detections that were not stored before.
    ``users`` are those of a single-event rule's detections, in canonical form.
    """

    earliest: Detection
    latest: Detection
    severity: Severity
    counted: int
    new: int
    users: set[str | None]

    def needed(self) -> set[UUID]:
        """Uids of the events that say what the finding is about."""
        return {self.earliest.first[1], self.latest.last[1]}


def aggregate(detections: Iterable[Detection], new: set[DetectionRow]) -> dict[UUID, FindingDelta]:
    """Gathers detections by finding; ``new`` holds the rows that were really inserted."""
    deltas: dict[UUID, FindingDelta] = {}
    for detection in detections:
        uid = detection.finding_uid
        is_new = detection.row in new
        count = 0 if detection.hit is None else detection.hit.count
        user = None if detection.user is None else canonical_value(detection.user)
        known = deltas.get(uid)
        if known is None:
            deltas[uid] = FindingDelta(detection, detection, detection.severity, count, int(is_new), {user})
            continue
        known.new += is_new
        known.counted = max(known.counted, count)
        known.users.add(user)
        known.severity = max(known.severity, detection.severity, key=lambda severity: severity.rank)
        known.earliest = min(known.earliest, detection, key=lambda found: found.first)
        known.latest = max(known.latest, detection, key=lambda found: found.last)
    return deltas


def build_finding(delta: FindingDelta, events: Mapping[UUID, KnownEvent]) -> FindingState:
    """Builds the finding that these detections alone would raise; ``events`` holds those that ``needed`` names."""
    first, rule = delta.earliest, delta.earliest.rule
    known = events[first.first[1]]
    bucket_start, bucket_end = first.bucket
    group = first.group if isinstance(rule, Rule) else spelled_group(rule, first.group_key, known.event)
    return FindingState(
        uid=first.finding_uid,
        rule_id=UUID(rule.id),
        rule_version=rule.version,
        rule_name=rule.name,
        title=rule.title,
        tags=rule.tags,
        series_id=output_series(rule),
        group=group,
        group_key=first.group_key,
        bucket_start=bucket_start,
        bucket_end=bucket_end,
        severity=delta.severity,
        user=_user(delta, group, known.event.user),
        description=describe(rule, known.event, group) if isinstance(rule, Rule) else "",
        first_seen=from_micros(first.first[0]),
        last_seen=from_micros(delta.latest.last[0]),
        detection_count=delta.new,
        counted=delta.counted,
        event_uid=known.event.uid,
        event_id=known.row_id,
        source=known.event.source,
        earliest=_evidence(first, known.event),
        latest=_evidence(delta.latest, events[delta.latest.last[1]].event),
        describe=partial(describe_count, rule) if isinstance(rule, Correlation) else None,
    )


def spelled_group(correlation: Correlation, group_key: str, event: SourceEvent) -> dict[str, Any]:
    """Returns the group of a correlation's detection as its event spells it; in canonical form where it does not."""
    view = EventView(event)
    canonical: dict[str, str] = orjson.loads(group_key)
    return {
        name: spelling(correlation.readings[name], value, view, cased=name in correlation.cased)
        for name, value in canonical.items()
    }


def spelling(readings: Iterable[Reading], canonical: str, view: EventView, *, cased: bool) -> Any:
    """Returns a value as an event spells it; in canonical form where it does not."""
    for space, path in readings:
        for found in spellings_reader(space, path, cased=cased)(view):
            if found.canonical == canonical:
                return found.value
    return canonical


def _user(delta: FindingDelta, group: Mapping[str, Any], user_of_event: str | None) -> str | None:
    """Finds the one user that a finding is about; an arbitrary one of several would be accused for the others."""
    if "user" in group:
        user = group["user"]
        return user if user is None or isinstance(user, str) else str(user)
    if isinstance(delta.earliest.rule, Rule):
        return delta.earliest.user if len(delta.users) == 1 else None
    # another field of the group may be how the source names the user
    is_of_user = user_of_event is not None and canonical_value(user_of_event) in map(canonical_value, group.values())
    return user_of_event if is_of_user else None


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
        if not detection.rule.is_recomputed:
            evidence["count"] = detection.hit.count
        evidence["window"] = _window(detection.rule, detection.position[0])
        evidence["completed_by"] = [
            {"at": _iso(from_micros(when)), "event_uid": str(uid)} for when, uid in detection.hit.completed_by
        ]
        if detection.hit.value is not None:
            evidence["value"] = detection.hit.value
    return evidence


def deciding_event(event: SourceEvent) -> Evidence:
    """Describes the event that took back the results of a finding."""
    return {
        "event_uid": str(event.uid),
        "at": _iso(event.timestamp),
        "source": event.source,
        "event_type": event.event_type,
        "user": event.user,
    }


def _window(rule: Correlation, when: int) -> dict[str, str]:
    start = when if rule.tumbling or rule.kind is Kind.NOT_FOLLOWED_BY else when - rule.window
    return {"from": _iso(from_micros(start)), "to": _iso(from_micros(start + rule.window))}


def _iso(time: datetime) -> str:
    # always with microseconds, so that texts sort as times do
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _bounded(facts: dict[str, Any]) -> dict[str, Any]:
    # enough to show a person why; the whole event is a click away
    retained = {}
    for name, value in list(facts.items())[:_MAX_FACTS]:
        text = orjson.dumps(value)
        short = len(text) <= _MAX_FACT_BYTES
        retained[name[:100]] = value if short else text[:_MAX_FACT_BYTES].decode("utf-8", "ignore") + "…"
    return retained
