"""State of a finding, and the join of two states: least, greatest, and counts of inserted rows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from mcm_rules_engine.sigma.compile.group_keys import canonical_value
from mcm_shared.contracts.findings import Severity

Evidence = dict[str, Any]
"""Why a detection was made: its event (uid, time, source, type, user, facts), and for a correlation what it counted:
``count``, ``window`` and ``completed_by``."""


@dataclass(frozen=True, slots=True)
class FindingState:
    """The part of a finding that the engine owns.

    ``event_uid``, ``event_id``, ``source``, ``group`` and ``first_seen`` are those of the earliest detection, and so is
    the spelling of ``user``: the one user that all detections are about, None where they are about several or none.
    ``counted`` is the highest count of a correlation's detections, 0 for a single-event rule. ``describe`` writes a
    correlation's description from the group and that count; None where the description is that of the earliest event.
    ``source`` is None for a finding that counts events of all sources.
    ``withdrawn_by`` is the later event that took back the last result of a recomputed rule.
    """

    uid: UUID
    rule_id: UUID
    rule_version: str
    rule_name: str
    title: str
    tags: tuple[str, ...]
    series_id: UUID
    group: dict[str, Any]
    group_key: str
    bucket_start: datetime
    bucket_end: datetime
    severity: Severity
    user: str | None
    description: str
    first_seen: datetime
    last_seen: datetime
    detection_count: int
    event_uid: UUID
    event_id: int
    source: str | None
    earliest: Evidence
    latest: Evidence
    counted: int
    describe: Callable[[dict[str, Any], int], str] | None = None
    withdrawn_by: Evidence | None = None


def join(one: FindingState, other: FindingState) -> FindingState:
    """Joins two states of a finding that count different detections: the same whichever comes first."""
    first = min(one, other, key=lambda state: (state.first_seen, state.earliest["event_uid"]))
    describe = one.describe or other.describe
    joined = replace(
        first,
        # a correlation's user is that of its group; the detections of another rule may be about several
        user=first.user if describe is not None or same_user(one.user, other.user) else None,
        severity=max(one.severity, other.severity, key=lambda severity: severity.rank),
        last_seen=max(one.last_seen, other.last_seen),
        earliest=_join_evidence(one.earliest, other.earliest, earliest=True),
        latest=_join_evidence(one.latest, other.latest, earliest=False),
        detection_count=one.detection_count + other.detection_count,
        counted=max(one.counted, other.counted),
    )
    if describe is None:
        return joined
    return replace(joined, description=describe(joined.group, joined.counted), describe=None)


def same_user(one: str | None, other: str | None) -> bool:
    """Whether two users are the same, as groups compare them."""
    return one is not None and other is not None and canonical_value(one) == canonical_value(other)


def _join_evidence(one: Evidence, other: Evidence, *, earliest: bool) -> Evidence:
    here, there = (one["at"], one["event_uid"]), (other["at"], other["event_uid"])
    if here != there:
        return one if (here < there) == earliest else other
    # the same detection, seen when fewer and when more events were in: more can only raise what completed it
    return max(one, other, key=_weight)


def _weight(evidence: Evidence) -> tuple[int, list[tuple[str, str]]]:
    completed_by = [(entry["at"], entry["event_uid"]) for entry in evidence.get("completed_by", ())]
    return int(evidence.get("count", 0)), completed_by
