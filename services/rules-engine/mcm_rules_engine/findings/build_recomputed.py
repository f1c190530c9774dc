"""Builds findings from the standing results of recomputed rules: pure functions, no I/O."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from mcm_rules_engine.correlation.protocol import CorrelationHit
from mcm_rules_engine.findings.build import FindingDelta, build_finding, spelling
from mcm_rules_engine.findings.describe import describe_count
from mcm_rules_engine.model.detection import Detection, KnownEvent
from mcm_rules_engine.model.finding import FindingState
from mcm_rules_engine.recomputed.protocol import ScopeAnswer
from mcm_rules_engine.sigma.compile.fields import EventView, text_of
from mcm_rules_engine.sigma.model.correlation import Correlation, Kind


def detection_of(rule: Correlation, group_key: str, answer: ScopeAnswer, blind: int = 0) -> Detection:
    """Makes the detection that a standing result is; ``blind`` is the number of rules that no longer see a source."""
    position = answer.scope.position
    completed_by = (answer.first,) if answer.first == answer.last else (answer.first, answer.last)
    value = answer.amount if answer.amount is not None else answer.scope.value or None
    if rule.kind is Kind.SILENCE:
        severity, count = rule.severity_at(blind), blind
    else:
        severity, count = rule.level, 1
    hit = CorrelationHit(position, severity, count, completed_by, value)
    return Detection(rule, position, severity, group_key, answer.first, answer.last, hit=hit)


def build_recomputed(
    earliest: Detection, latest: Detection, standing: int, events: Mapping[UUID, KnownEvent]
) -> FindingState:
    """Builds the finding of ``standing`` results, of which the earliest and the latest are given."""
    rule = earliest.rule
    earliest, latest = (_spelled(end, events) for end in (earliest, latest))
    is_silence = isinstance(rule, Correlation) and rule.kind is Kind.SILENCE
    counted = earliest.hit.count if is_silence and earliest.hit is not None else standing
    state = build_finding(FindingDelta(earliest, latest, earliest.severity, counted, standing, set()), events)
    value = earliest.hit.value if earliest.hit is not None else None
    if isinstance(rule, Correlation):
        state = replace(state, description=describe_count(rule, state.group, counted, value))
    return replace(state, describe=None)


def _spelled(detection: Detection, events: Mapping[UUID, KnownEvent]) -> Detection:
    """Shows a new value as its event spells it."""
    rule, hit = detection.rule, detection.hit
    if not isinstance(rule, Correlation) or hit is None or hit.value is None or not rule.value_readings:
        return detection
    if rule.kind is not Kind.NEW_VALUE:
        return detection
    view = EventView(events[detection.first[1]].event)
    value = spelling(rule.value_readings, hit.value, view, cased=rule.value_cased)
    return replace(detection, hit=replace(hit, value=text_of(value) or hit.value))
