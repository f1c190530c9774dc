"""Protocol of evaluations: range queries, their results, and hits."""

from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from mcm_rules_engine.sigma.model.correlation import Correlation
from mcm_shared.contracts.findings import Severity

CorrelationGroup = tuple[Correlation, str]
"""A correlation and the key of one of its groups."""

Position = tuple[int, UUID]
"""Where a detection stands in a group: event time in microseconds since 1970, ties by event uid."""

MAX_COMPLETED_BY = 100
"""Maximum number of events in ``completed_by``."""


class Row(NamedTuple):
    """A detection as it stands in a series."""

    position: Position
    value: str | None = None


class RangeQuery(NamedTuple):
    """Query for up to ``before`` rows just before a position and up to ``after`` rows from it on."""

    series_id: UUID
    group_key: str
    position: Position
    before: int
    after: int


class LatestByValue(NamedTuple):
    """Query for the latest row of each value before a position, of those younger than ``since``."""

    series_id: UUID
    group_key: str
    position: Position
    since: int


@dataclass(frozen=True, slots=True)
class RangeResult:
    """Rows that a query found, each part in order; ``after`` is empty for LatestByValue."""

    before: Sequence[Row]
    after: Sequence[Row]


class AffectedRow(NamedTuple):
    """A row that a batch wrote, or wrote again: its input of the correlation, and its position."""

    input: int
    position: Position
    value: str | None = None


@dataclass(frozen=True, slots=True)
class CorrelationHit:
    """A correlation holds at a position; ``count`` is what was counted, up to the highest threshold.

    ``completed_by`` are the positions that made it hold, in order, its own last; at most MAX_COMPLETED_BY. More
    events can only raise ``severity``, ``count`` and ``completed_by``, never lower them. ``value`` is what a recomputed
    result is about: a new value, or what was measured in a window.
    """

    position: Position
    severity: Severity
    count: int
    completed_by: tuple[Position, ...]
    value: str | None = None


RangeReader = Callable[[Sequence[RangeQuery | LatestByValue]], Awaitable[Sequence[RangeResult]]]
"""Runs queries; returns their results in the same order."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Result of an evaluation; ``outside_segment`` are affected rows it did not reach, behind many others."""

    hits: list[CorrelationHit]
    outside_segment: Sequence[AffectedRow] = ()


HitSearch = Generator[list[RangeQuery | LatestByValue], list[RangeResult], Hits]
"""Evaluation of a group: yields queries, is sent their results, and returns the hits."""


def clusters(affected: Iterable[AffectedRow], gap: int) -> list[list[AffectedRow]]:
    """Groups affected rows at most ``gap`` microseconds apart, which one query can serve together."""
    grouped: list[list[AffectedRow]] = []
    for row in sorted(affected, key=lambda row: row.position):
        if grouped and row.position[0] - grouped[-1][-1].position[0] <= gap:
            grouped[-1].append(row)
        else:
            grouped.append([row])
    return grouped
