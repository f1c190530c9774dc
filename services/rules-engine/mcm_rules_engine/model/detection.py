"""A detection: a rule that matched an event, or a correlation that holds at a position."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from mcm_rules_engine.correlation.protocol import CorrelationHit, Position
from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_rules_engine.sigma.model.rule import Rule
from mcm_rules_engine.sigma.model.ruleset import Match
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.findings import Severity, finding_uid, rule_series
from mcm_shared.event_time import duration_micros, from_micros, to_micros


class DetectionRow(NamedTuple):
    """A row of the detections table."""

    series_id: UUID
    group_key: str
    at: int
    event_uid: UUID
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """A rule that holds for an event, or a correlation that holds at one.

    ``first`` and ``last`` are its earliest and latest event: the same one, except for a tumbling window. ``group`` is
    that of a single-event rule, as its event spells it, and ``user`` is that event's.
    """

    rule: Rule | Correlation
    position: Position
    severity: Severity
    group_key: str
    first: Position
    last: Position
    group: dict[str, Any] = field(default_factory=dict)
    user: str | None = None
    hit: CorrelationHit | None = None

    @property
    def row(self) -> DetectionRow:
        """Its row in the series of its rule."""
        return DetectionRow(output_series(self.rule), self.group_key, *self.position)

    @property
    def bucket(self) -> tuple[datetime, datetime]:
        """The start and the end of the time bucket of its finding."""
        width = duration_micros(self.rule.group_for)
        start = self.position[0] // width * width
        return from_micros(start), from_micros(start + width)

    @property
    def finding_uid(self) -> UUID:
        """The uid of the finding it belongs to."""
        return finding_uid(self.rule.id, self.group_key, self.bucket[0])


def detections_of(match: Match, position: Position) -> Iterator[Detection]:
    """Lists the detections of a rule at an event: one for each group that the event is in."""
    for group in match.groups:
        user = match.view.event.user
        yield Detection(match.rule, position, match.severity, group.key, position, position, group.values, user)


class KnownEvent(NamedTuple):
    """An event with the id of its row."""

    event: SourceEvent
    row_id: int


def output_series(rule: Rule | Correlation) -> UUID:
    """Names the series of a rule's own detections by its definition, so that a changed rule counts afresh."""
    return _output_series(rule.id, rule.version)


_output_series: Final = lru_cache(maxsize=4096)(rule_series)


def position_of(event: SourceEvent) -> Position:
    """Says where an event stands in time."""
    return to_micros(event.timestamp), event.uid
