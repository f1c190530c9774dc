"""Compiled correlations: which series they count, over which time, and from which count on they hold."""

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, NamedTuple
from uuid import UUID

from mcm_rules_engine.sigma.compile.fields import Space
from mcm_rules_engine.sigma.model.rule import Definition
from mcm_shared.contracts.findings import Severity


class Kind(StrEnum):
    """The types of correlation, as Sigma names them; those from ``not_followed_by`` on are ours."""

    EVENT_COUNT = "event_count"
    VALUE_COUNT = "value_count"
    TEMPORAL = "temporal"
    TEMPORAL_ORDERED = "temporal_ordered"
    VALUE_SUM = "value_sum"
    VALUE_AVG = "value_avg"
    NOT_FOLLOWED_BY = "not_followed_by"
    NEW_VALUE = "new_value"
    SILENCE = "silence"
    UNUSUAL_BEHAVIOUR = "unusual_behaviour"


class Measure(StrEnum):
    """A score of a user's day, which a rule for unusual behaviour compares."""

    LOGIN = "login"
    ACTIVITY = "activity"
    VOLUME = "volume"


SUMMED: Final = (Kind.VALUE_SUM, Kind.VALUE_AVG)

_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "eq": operator.eq,
    "neq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
}
COMPARISONS: Final = tuple(_OPERATORS)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a complete window is compared with, exactly."""

    operator: str
    number: Fraction

    def holds(self, measured: Fraction) -> bool:
        """Whether it holds for what was measured."""
        return _OPERATORS[self.operator](measured, self.number)


@dataclass(frozen=True, slots=True)
class SeriesMember:
    """A rule whose detections enter a series.

    ``fields`` are the member's own names of the fields the correlation groups by (aliases resolved), in that order;
    ``value_fields`` are the fields whose values, together, are counted, for value_count.
    """

    rule_id: str
    fields: tuple[str, ...]
    value_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """What a correlation counts: the detections of its members by group; ``id`` is the hash of that definition.

    The values of the fields in ``cased`` and ``values_cased`` are distinguished by their exact spelling.
    """

    id: UUID
    group_by: tuple[str, ...]
    members: tuple[SeriesMember, ...]
    cased: frozenset[str] = frozenset()
    values_cased: frozenset[str] = frozenset()


class SeriesEntry(NamedTuple):
    """One detection as it enters a series: its group, and its value for value_count."""

    series_id: UUID
    group_key: str
    value: str | None = None


class Reading(NamedTuple):
    """A way to read a field of a group from an event."""

    space: Space
    path: str


@dataclass(frozen=True, slots=True, eq=False)
class Correlation(Definition):
    """One Sigma correlation, compiled.

    ``inputs`` are its series: one for the counts, one for each rule, in order, for the temporal types. ``steps`` are
    thresholds with their severities, both rising; the first is the condition's. ``depth`` is 1 for a correlation over
    single-event rules and one more than its deepest member for one over correlations. ``alternatives`` are the sets of
    inputs of which one must be there whole, where a temporal correlation joins its rules by ``or``. ``readings`` are
    the ways to read each field of ``group_by`` from an event, in the order of its members.

    ``sources`` are those that a recomputed rule needs to be complete before it says that something did not happen; None
    where a rule is about events of any source, so that the source of the event itself counts. ``comparison`` is for
    complete windows. ``learning`` is for new values: their history is the ``timespan``, and ``value_readings`` are the
    ways to read one. ``history`` is what a rule for silence learns from, by windows of the ``timespan``; the counts of
    its ``steps`` are those of rules that matched events of the group. ``score`` is the one that a rule for unusual
    behaviour compares, in bits; it has no inputs, for it is about the days of users.
    """

    kind: Kind
    inputs: tuple[Series, ...]
    timespan: timedelta
    steps: tuple[tuple[int, Severity], ...]
    tumbling: bool
    depth: int
    alternatives: tuple[frozenset[int], ...] | None
    readings: Mapping[str, tuple[Reading, ...]]
    cased: frozenset[str]
    sources: tuple[str, ...] | None = None
    comparison: Comparison | None = None
    learning: timedelta = timedelta(0)
    history: timedelta = timedelta(0)
    value_readings: tuple[Reading, ...] = ()
    value_cased: bool = False
    score: Measure | None = None

    @property
    def is_recomputed(self) -> bool:
        """Whether more events can take a result back: it is computed again, not joined."""
        return self.comparison is not None or self.kind in (Kind.NOT_FOLLOWED_BY, Kind.NEW_VALUE, Kind.SILENCE)

    @property
    def window(self) -> int:
        """The timespan in microseconds."""
        return self.timespan // timedelta(microseconds=1)

    @property
    def needs_every_input(self) -> bool:
        """Whether a temporal correlation holds only where each of its rules has a detection."""
        return self.alternatives is None and self.steps[0][0] == len(self.inputs)

    def holds_with(self, inputs: Collection[int]) -> bool:
        """Whether a temporal correlation holds where these inputs have a detection."""
        if self.alternatives is not None:
            return any(needed.issubset(inputs) for needed in self.alternatives)
        return len(inputs) >= self.steps[0][0]

    def severity_at(self, count: int) -> Severity:
        """Finds the severity of a count that reaches the first threshold."""
        return max((severity for lowest, severity in self.steps if count >= lowest), key=lambda severity: severity.rank)
