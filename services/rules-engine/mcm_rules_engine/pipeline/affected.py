"""What a batch affects: rows of series, counted windows, and findings."""

from dataclasses import dataclass, field
from uuid import UUID

from mcm_rules_engine.model.detection import DetectionRow, KnownEvent
from mcm_rules_engine.profiles.count import DayTally, UserDayKey
from mcm_rules_engine.store.tumbling import Bucket


@dataclass(slots=True)
class AffectedRows:
    """Rows that a batch affects, new or not: a worker may have died between its commit and its correlations.

    ``recomputed`` are the findings of recomputed rules; their changes are published from the outbox.
    ``profile_days`` is what the batch adds to behaviour profiles.
    """

    rows: set[DetectionRow] = field(default_factory=set)
    buckets: set[Bucket] = field(default_factory=set)
    events: dict[UUID, KnownEvent] = field(default_factory=dict)
    findings: set[UUID] = field(default_factory=set)
    recomputed: set[UUID] = field(default_factory=set)
    detected: int = 0
    profile_days: dict[UserDayKey, DayTally] = field(default_factory=dict)
