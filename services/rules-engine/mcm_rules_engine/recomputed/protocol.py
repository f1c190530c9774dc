"""Protocol of recomputed results: scopes, answers, and the queries of evaluations."""

from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

from mcm_rules_engine.correlation.protocol import AffectedRow, Position, RangeQuery

FIRST_UID: Final = UUID(int=0)

ANY_SOURCE: Final = "*"
"""Stands for whichever source is complete farthest: its time is the latest that is known."""


class State(StrEnum):
    """State of a stored result: waiting for a source to be complete, holding, or taken back by later evidence."""

    PENDING = "pending"
    STANDING = "standing"
    WITHDRAWN = "withdrawn"


class ResultScope(NamedTuple):
    """What a result is about within a group: an event (and one of its values), or a window by its start and name."""

    position: Position
    value: str = ""


@dataclass(frozen=True, slots=True)
class ScopeAnswer:
    """ScopeAnswer of a rule for a scope; ``state`` is PENDING or STANDING, None where the rule does not hold.

    ``decided_by`` is the event that decided. ``first`` and ``last`` are the earliest and the latest event of the
    result. A pending result waits for the source ``waits_for`` to be complete until ``due_at``. ``amount`` is what was
    measured in a window.
    """

    scope: ResultScope
    state: State | None
    decided_by: Position
    first: Position
    last: Position
    waits_for: str | None = None
    due_at: int | None = None
    amount: str | None = None


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result as it is stored: the answer of the time it was computed, or WITHDRAWN."""

    answer: ScopeAnswer
    state: State


@dataclass(slots=True)
class Affected:
    """What a batch touches in a group: rows of the rule's series, starts of windows, or scopes as they are stored."""

    rows: set[AffectedRow] = field(default_factory=set)
    windows: set[int] = field(default_factory=set)
    scopes: set[ResultScope] = field(default_factory=set)


class ValueNeighbours(NamedTuple):
    """Query for the rows of the same value next to a position: the latest before it and the earliest after it."""

    series_id: UUID
    group_key: str
    value: str
    position: Position


class Neighbours(NamedTuple):
    """Result of ValueNeighbours."""

    before: Position | None
    after: Position | None


class StoredScopes(NamedTuple):
    """Query for the scopes of the stored results of a rule with times from ``since`` through ``until``."""

    series_id: UUID
    group_key: str
    since: int
    until: int


class CompleteUntil(NamedTuple):
    """Query for the time until which a source, or ANY_SOURCE, is known to be complete; None: nothing is known."""

    source: str


class StoredResults(NamedTuple):
    """Query for all results of a group that are stored; for a rule that has few."""

    series_id: UUID
    group_key: str


class LatestWindow(NamedTuple):
    """Query for the start of the latest window of a group that holds events; None: there is none."""

    series_id: UUID
    group_key: str


class MinSilence(NamedTuple):
    """Query for the minimum, in microseconds, that the settings give the source a group is about; None: none."""

    group_key: str


class SourceOf(NamedTuple):
    """Query for the source of an event."""

    event_uid: UUID


class WindowsBetween(NamedTuple):
    """Query for the windows of a group that hold events, by start, from ``since`` through ``until``."""

    series_id: UUID
    group_key: str
    since: int
    until: int


class OccupiedBetween(NamedTuple):
    """Query for when the windows of a group hold events, from ``since`` through ``until``; lighter than WindowsBetween.

    A rule about pauses reads hundreds of windows, and needs nothing that is counted in them.
    """

    series_id: UUID
    group_key: str
    since: int
    until: int


class Occupied(NamedTuple):
    """A window that holds events: its start, and its earliest and latest event."""

    start: int
    first: Position
    last: Position


class Window(NamedTuple):
    """What is counted in a window: its events, and the sum of their values in millionths."""

    start: int
    events: int
    total: int
    first: Position
    last: Position


Query = (
    RangeQuery
    | ValueNeighbours
    | StoredScopes
    | CompleteUntil
    | SourceOf
    | WindowsBetween
    | OccupiedBetween
    | StoredResults
    | LatestWindow
    | MinSilence
)
QueryReader = Callable[[Sequence[Query]], Awaitable[Sequence[Any]]]
"""Runs queries; returns their results in the same order."""

Evaluation = Generator[list[Query], list[Any], list[ScopeAnswer]]
"""Evaluation of a group: yields queries, is sent their results, and returns the answers."""


def just_after(position: Position) -> Position:
    """Returns the position that follows directly."""
    return position[0], UUID(int=position[1].int + 1)
