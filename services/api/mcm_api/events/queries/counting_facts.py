"""Counting events that have given facts: the newest matches are read and counted, up to a limit."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.events.queries.by_fact import FactSearch, Match, newest_with_facts
from mcm_api.events.schemas import HistogramFilter
from mcm_api.resources.counts import MAX_VALUES, ValueCount
from mcm_shared.db.tables import SOURCE_EVENTS

MAX_COUNTED: Final = 10_000
"""Matching events that are counted at most, from the newest on."""

_EVENT: Final = SOURCE_EVENTS.c
_COLUMNS: Final = (
    _EVENT.id,
    _EVENT.timestamp,
    _EVENT.event_type,
    _EVENT.source,
)


@dataclass(slots=True)
class CountedEvents:
    """The events that are counted; only those after ``counted_from``; None stands for all."""

    search: FactSearch
    rows: list[Match]
    counted_from: datetime | None

    def span(self) -> tuple[datetime | None, datetime | None]:
        """Returns the times of the earliest and the latest event."""
        return (self.rows[-1]["timestamp"], self.rows[0]["timestamp"]) if self.rows else (None, None)

    async def within(self, connection: AsyncConnection, start: datetime, end: datetime) -> "CountedEvents":
        """Returns the events of whole steps, which may begin and end beyond the period."""
        if self.search.not_before in (None, start) and self.search.not_after in (None, end):
            return self
        return await _find(connection, replace(self.search, not_before=start, not_after=end))

    def by_step(self, step_of: Callable[[datetime], datetime]) -> Mapping[datetime, int]:
        """Counts by the step that a time lies in."""
        return Counter(step_of(row["timestamp"]) for row in self.rows)

    def by_value(self, column: str) -> list[ValueCount]:
        """Counts by the value of a column, the most frequent first."""
        counts = Counter(row[column] for row in self.rows)
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return [ValueCount(value=value, count=count) for value, count in ordered[:MAX_VALUES]]


async def count_with_facts(connection: AsyncConnection, filters: HistogramFilter) -> CountedEvents:
    """Reads the newest events that match, at most MAX_COUNTED."""
    conditions: list[ColumnElement[bool]] = []
    if filters.user is not None:
        conditions.append(_EVENT.user == filters.user)
    for column, values in ((_EVENT.event_type, filters.event_type), (_EVENT.source, filters.source)):
        if values:
            conditions.append(column.in_(sorted(set(values))))
    search = FactSearch(
        facts=filters.facts,
        conditions=conditions,
        users=[] if filters.user is None else [filters.user],
        event_types=filters.event_type or [],
        sources=filters.source or [],
        not_before=filters.from_timestamp,
        not_after=filters.to_timestamp,
    )
    return await _find(connection, search)


async def _find(connection: AsyncConnection, search: FactSearch) -> CountedEvents:
    period: list[ColumnElement[bool]] = []
    if search.not_before is not None:
        period.append(_EVENT.timestamp >= search.not_before)
    if search.not_after is not None:
        period.append(_EVENT.timestamp < search.not_after)
    bounded = replace(search, conditions=[*search.conditions, *period])
    matches = await newest_with_facts(connection, _COLUMNS, bounded, MAX_COUNTED + 1)
    if len(matches.rows) > MAX_COUNTED:
        # several events may share the last time: it is counted only where all of them are
        last = matches.rows[MAX_COUNTED]["timestamp"]
        return CountedEvents(search, [row for row in matches.rows if row["timestamp"] > last], last)
    return CountedEvents(search, matches.rows, matches.complete_from)
