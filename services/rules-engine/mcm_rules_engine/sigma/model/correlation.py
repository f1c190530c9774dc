"""A correlation as the engine knows it: which series it counts, over which time, and when it fires."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from mcm_rules_engine.sigma.model.rule import Definition
from mcm_shared.contracts.findings import Severity


class Kind(StrEnum):
    """The types of correlation, as Sigma names them."""

    EVENT_COUNT = "event_count"
    VALUE_COUNT = "value_count"
    TEMPORAL = "temporal"
    TEMPORAL_ORDERED = "temporal_ordered"


@dataclass(frozen=True, slots=True)
class Member:
    """A rule whose detections enter a series.

    ``fields`` are the member's own names of the fields the correlation groups by (aliases resolved), in that order;
    ``value_field`` is the field whose values are counted, for value_count.
    """

    rule_id: str
    fields: tuple[str, ...]
    value_field: str | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """What a correlation counts: the detections of its members by group; ``id`` is the hash of that definition."""

    id: UUID
    group_by: tuple[str, ...]
    members: tuple[Member, ...]


class SeriesEntry(NamedTuple):
    """One detection as it enters a series: its group, and its value for value_count."""

    series_id: UUID
    group_key: str
    value: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Correlation(Definition):
    """One Sigma correlation, compiled.

    ``inputs`` are its series: one for the counts, one for each rule, in order, for the temporal types. ``steps`` are
    thresholds with their severities, both rising; the first is the condition's. ``depth`` is 1 for a correlation over
    single-event rules and one more than its deepest member for one over correlations.
    """

    kind: Kind
    inputs: tuple[Series, ...]
    timespan: timedelta
    steps: tuple[tuple[int, Severity], ...]
    tumbling: bool
    depth: int

    @property
    def window(self) -> int:
        """The timespan in microseconds."""
        return self.timespan // timedelta(microseconds=1)

    def severity_at(self, count: int) -> Severity:
        """Finds the severity of a count that reaches the first threshold."""
        return max((severity for least, severity in self.steps if count >= least), key=lambda severity: severity.rank)
