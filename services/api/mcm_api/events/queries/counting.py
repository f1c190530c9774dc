"""Counting events by time, type and source: from roll-ups where they say enough, else from the events' indexes."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.events.queries.counting_facts import count_with_facts
from mcm_api.events.schemas import EventFacets, Histogram, HistogramBucket, HistogramFilter, Interval, PeriodFilter
from mcm_api.http.problems import ProblemItem, invalid
from mcm_api.resources.counts import MAX_VALUES, ValueCount
from mcm_shared.contracts.events import EARLIEST, END_OF_TIME
from mcm_shared.db.tables import EVENT_DAYS, EVENT_ROLLUPS, SOURCE_EVENTS, USER_DAYS

MAX_BUCKETS: Final = 1500

_EVENT: Final = SOURCE_EVENTS.c
_WIDTHS: Final = {
    Interval.MINUTE: timedelta(minutes=1),
    Interval.HOUR: timedelta(hours=1),
    Interval.DAY: timedelta(days=1),
}
_AUTO: Final = (
    (timedelta(hours=3), Interval.MINUTE),
    (timedelta(days=4), Interval.HOUR),
    (timedelta(days=MAX_BUCKETS - 1), Interval.DAY),
    (timedelta(days=28 * (MAX_BUCKETS - 1)), Interval.MONTH),
)


async def count_by_time(reader: DatabaseReader, filters: HistogramFilter) -> Histogram:
    """Counts events in steps of their own time.

    Raises ProblemError 422 when the steps would be too many.
    """
    async with reader.transaction() as connection:
        counted = await count_with_facts(connection, filters) if filters.fact else None
        span = _bounded(filters, counted.span()) if counted else await _span(connection, filters)
        if span is None:
            chosen = Interval.DAY if filters.interval is Interval.AUTO else filters.interval
            return Histogram(interval=chosen, from_=None, to=None, buckets=[])
        interval = _interval(filters.interval, *span)
        number = _steps(_floor(span[0], interval), span[1], interval)
        if number > MAX_BUCKETS:
            reason = f"{number:,} steps are more than {MAX_BUCKETS:,}; ask for a shorter time or longer steps"
            raise invalid(f"interval: {reason}.", [ProblemItem(parameter="interval", reason=reason)])
        *starts, end = _starts(_floor(span[0], interval), number + 1, interval)
        if counted:
            counted = await counted.within(connection, starts[0], end)
            counts = counted.by_step(lambda at: _floor(at, interval))
        else:
            counts = await _counts(connection, filters, interval, starts[0], end)
    return Histogram(
        counted_from=counted.counted_from if counted else None,
        interval=interval,
        from_=starts[0],
        to=end,
        buckets=[HistogramBucket(start=start, count=counts.get(start, 0)) for start in starts],
    )


async def count_facets(reader: DatabaseReader, filters: PeriodFilter) -> EventFacets:
    """Counts events by type and by source: in whole days, or exactly in the period where facts are asked for."""
    async with reader.transaction() as connection:
        if filters.fact:
            counted = await count_with_facts(connection, HistogramFilter(**filters.model_dump()))
            return EventFacets(
                counted_from=counted.counted_from,
                event_type=counted.by_value("event_type"),
                source=counted.by_value("source"),
            )
        return EventFacets(
            event_type=await _values(connection, EVENT_DAYS.c.event_type, filters),
            source=await _values(connection, EVENT_DAYS.c.source, filters),
        )


async def _values(connection: AsyncConnection, column: ColumnElement[str], filters: PeriodFilter) -> list[ValueCount]:
    day, number = EVENT_DAYS.c.day, func.sum(EVENT_DAYS.c["count"])
    query = select(column, number).group_by(column).order_by(number.desc(), column).limit(MAX_VALUES)
    if filters.from_timestamp is not None:
        query = query.where(day >= filters.from_timestamp.date())
    if filters.to_timestamp is not None:
        query = query.where(day <= (max(filters.to_timestamp, EARLIEST) - timedelta(microseconds=1)).date())
    return [ValueCount(value=value, count=int(count)) for value, count in await connection.execute(query)]


async def _span(connection: AsyncConnection, filters: HistogramFilter) -> tuple[datetime, datetime] | None:
    """Finds the time that is counted; the ends that are not given are those of the events that match."""
    ends: tuple[datetime | None, datetime | None] = (None, None)
    if filters.from_timestamp is None or filters.to_timestamp is None:
        query = select(func.min(_EVENT.timestamp), func.max(_EVENT.timestamp)).where(*_of(filters, SOURCE_EVENTS))
        earliest, latest = (await connection.execute(query)).one()
        ends = (earliest, latest)
    return _bounded(filters, ends)


def _bounded(
    filters: HistogramFilter, ends: tuple[datetime | None, datetime | None]
) -> tuple[datetime, datetime] | None:
    earliest, latest = ends
    first = filters.from_timestamp or earliest
    end = filters.to_timestamp or (None if latest is None else latest + timedelta(microseconds=1))
    if first is None or end is None:
        return None
    # there are no events beyond, and a calendar ends
    first, end = max(first, EARLIEST), min(end, END_OF_TIME)
    return (first, end) if first < end else None


def _interval(filters: Interval, first: datetime, end: datetime) -> Interval:
    if filters is not Interval.AUTO:
        return filters
    return next((interval for longest, interval in _AUTO if end - first <= longest), Interval.YEAR)


def _floor(instant: datetime, interval: Interval) -> datetime:
    start = instant.replace(second=0, microsecond=0)
    match interval:
        case Interval.MINUTE:
            return start
        case Interval.HOUR:
            return start.replace(minute=0)
        case Interval.MONTH:
            return start.replace(minute=0, hour=0, day=1)
        case Interval.YEAR:
            return start.replace(minute=0, hour=0, day=1, month=1)
        case _:
            return start.replace(minute=0, hour=0)


def _steps(first: datetime, end: datetime, interval: Interval) -> int:
    """Counts the steps from the start of the first one that cover the time before ``end``."""
    if interval in _WIDTHS:
        return -((first - end) // _WIDTHS[interval])
    last = end - timedelta(microseconds=1)
    years = last.year - first.year
    return (years if interval is Interval.YEAR else 12 * years + last.month - first.month) + 1


def _starts(first: datetime, number: int, interval: Interval) -> list[datetime]:
    if interval in _WIDTHS:
        return [first + step * _WIDTHS[interval] for step in range(number)]
    months = [first.month - 1 + step * (12 if interval is Interval.YEAR else 1) for step in range(number)]
    return [first.replace(year=first.year + month // 12, month=month % 12 + 1) for month in months]


async def _counts(
    connection: AsyncConnection, filters: HistogramFilter, interval: Interval, first: datetime, end: datetime
) -> dict[datetime, int]:
    query = _from_rollup(filters, interval, first, end)
    if query is None:
        step = _step(connection, interval)
        query = (
            select(step, func.count())
            .where(_EVENT.timestamp >= first, _EVENT.timestamp < end, *_of(filters, SOURCE_EVENTS))
            .group_by(step)
        )
    counts: Counter[datetime] = Counter()
    for start, count in await connection.execute(query):
        # roll-ups and SQLite count whole days, of which longer steps are the sum
        counts[_floor(_instant(start), interval)] += int(count)
    return counts


def _from_rollup(
    filters: HistogramFilter, interval: Interval, first: datetime, end: datetime
) -> Select[*tuple[Any, ...]] | None:
    """Makes the query over the roll-up that knows enough; None where none does."""
    in_days = interval in (Interval.DAY, Interval.MONTH, Interval.YEAR)
    if in_days and filters.user is None:
        return _days(EVENT_DAYS, filters, first, end)
    if in_days and not filters.event_type:
        return _days(USER_DAYS, filters, first, end)
    if interval is Interval.HOUR and filters.user is None and not filters.event_type:
        hour, number = EVENT_ROLLUPS.c.hour, func.sum(EVENT_ROLLUPS.c["count"])
        matching = _of(filters, EVENT_ROLLUPS)
        return select(hour, number).where(hour >= first, hour < end, *matching).group_by(hour)
    return None


def _days(table: Table, filters: HistogramFilter, first: datetime, end: datetime) -> Select[*tuple[Any, ...]]:
    day = table.c.day
    return (
        select(day, func.sum(table.c["count"]))
        .where(day >= first.date(), day < end.date(), *_of(filters, table))
        .group_by(day)
    )


def _of(filters: HistogramFilter, table: Table) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.user is not None:
        conditions.append(table.c.user == filters.user)
    for name, values in (("event_type", filters.event_type), ("source", filters.source)):
        if values:
            conditions.append(table.c[name].in_(sorted(set(values))))
    return conditions


def _step(connection: AsyncConnection, interval: Interval) -> ColumnElement[Any]:
    if connection.dialect.name == "postgresql":
        return func.date_trunc(interval.value, _EVENT.timestamp, "UTC")
    retained = {Interval.MINUTE: 16, Interval.HOUR: 13}.get(interval, 10)
    return func.substr(cast(_EVENT.timestamp, Text), 1, retained)


def _instant(start: Any) -> datetime:
    if isinstance(start, datetime):
        return start.astimezone(UTC)
    if isinstance(start, str):
        padded = start if len(start) > len("2026-11-20T12") or len(start) <= len("2026-11-20") else f"{start}:00"
        return datetime.fromisoformat(padded).replace(tzinfo=UTC)
    return datetime.combine(start, time.min, UTC)
