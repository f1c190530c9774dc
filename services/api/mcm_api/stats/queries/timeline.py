"""Events and findings over time, counted exactly within the bounds of a period."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.http.problems import ProblemItem, invalid
from mcm_api.stats.schemas import Timeline, TimelineFilter, TimelineInterval, TimelineStep
from mcm_shared.db.suppression import ActiveExceptions
from mcm_shared.db.tables import EVENT_DAYS, EVENT_ROLLUPS, FINDINGS, SOURCE_EVENTS
from mcm_shared.event_time import EPOCH

MAX_STEPS: Final = 3660

_WIDTHS: Final = {
    TimelineInterval.MINUTE: timedelta(minutes=1),
    TimelineInterval.HOUR: timedelta(hours=1),
    TimelineInterval.DAY: timedelta(days=1),
}
_AUTO: Final = ((timedelta(hours=3), TimelineInterval.MINUTE), (timedelta(days=4), TimelineInterval.HOUR))
# the leading characters of a time that SQLite stores as text
_PREFIXES: Final = {TimelineInterval.MINUTE: 16, TimelineInterval.HOUR: 13, TimelineInterval.DAY: 10}
_EVENT_TIME: Final = SOURCE_EVENTS.c.timestamp
_FIRST_SEEN: Final = FINDINGS.c.first_seen


async def read_timeline(reader: DatabaseReader, query: TimelineFilter) -> Timeline:
    """Counts events and findings in steps of their own time; the first and the last step end at the period's bounds.

    Raises ProblemError 422 when the steps would be too many.
    """
    async with reader.transaction() as connection:
        bounds = await _bounds(connection, query)
        if bounds is None:
            return Timeline(interval=_interval(query.interval, timedelta.max), from_=None, to=None, steps=[])
        first, end = bounds
        interval = _interval(query.interval, end - first)
        width = _WIDTHS[interval]
        start = _floor(first, interval)
        number = -((start - end) // width)
        if number > MAX_STEPS and interval is not TimelineInterval.DAY:
            reason = f"{number:,} steps are more than {MAX_STEPS:,}; ask for a shorter time or longer steps"
            raise invalid(f"interval: {reason}.", [ProblemItem(parameter="interval", reason=reason)])
        events = await _count_events(connection, interval, first, end)
        read = partial(_count_findings, interval=interval, first=first, end=end)
        findings = await reader.cache.read(connection, ("timeline", interval, first, end), read)
    # of a longer time than can be shown, the latest days
    starts = [start + step * width for step in range(max(0, number - MAX_STEPS), number)]
    return Timeline(
        interval=interval,
        from_=first,
        to=end,
        steps=[TimelineStep(start=each, events=events[each], findings=findings[each]) for each in starts],
    )


async def _bounds(connection: AsyncConnection, query: TimelineFilter) -> tuple[datetime, datetime] | None:
    """The period that is counted; bounds that are not given are those of the data, in whole days."""
    first, end = query.from_, query.to
    if first is None or end is None:
        days = select(func.min(EVENT_DAYS.c.day), func.max(EVENT_DAYS.c.day))
        times = select(func.min(_FIRST_SEEN), func.max(_FIRST_SEEN))
        earliest_day, latest_day = (await connection.execute(days)).one()
        earliest, latest = (await connection.execute(times)).one()
        known = [_midnight(day) for day in (earliest_day, latest_day) if day is not None]
        known += [_floor(instant, TimelineInterval.DAY) for instant in (earliest, latest) if instant is not None]
        if not known:
            return None
        first = first or min(known)
        end = end or _after(max(known))
    return (first, end) if first < end else None


def _interval(interval: TimelineInterval, length: timedelta) -> TimelineInterval:
    if interval is not TimelineInterval.AUTO:
        return interval
    return next((each for longest, each in _AUTO if length <= longest), TimelineInterval.DAY)


async def _count_events(
    connection: AsyncConnection, interval: TimelineInterval, first: datetime, end: datetime
) -> Counter[datetime]:
    """Counts whole steps from the roll-up of that width, and what is left at both ends from finer ones."""
    if interval is TimelineInterval.MINUTE:
        return await _count(connection, _EVENT_TIME, interval, first, end)
    width = _WIDTHS[interval]
    whole_end = _floor(end, interval)
    whole_first = _floor(first, interval)
    if whole_first < first:
        whole_first += width
    if whole_first > whole_end:
        return Counter({whole_end: await _count_between(connection, interval, first, end)})
    counts = await _rollup(connection, interval, whole_first, whole_end)
    if first < whole_first:
        counts[_floor(first, interval)] += await _count_between(connection, interval, first, whole_first)
    if whole_end < end:
        counts[whole_end] += await _count_between(connection, interval, whole_end, end)
    return counts


async def _count_between(
    connection: AsyncConnection, interval: TimelineInterval, first: datetime, end: datetime
) -> int:
    """Counts the events of a part of a step, with the next finer step."""
    finer = TimelineInterval.HOUR if interval is TimelineInterval.DAY else TimelineInterval.MINUTE
    return (await _count_events(connection, finer, first, end)).total()


async def _rollup(
    connection: AsyncConnection, interval: TimelineInterval, first: datetime, end: datetime
) -> Counter[datetime]:
    if interval is TimelineInterval.HOUR:
        hour, count = EVENT_ROLLUPS.c.hour, func.sum(EVENT_ROLLUPS.c["count"])
        hours = await connection.execute(select(hour, count).where(hour >= first, hour < end).group_by(hour))
        return Counter({start: int(number) for start, number in hours})
    day, count = EVENT_DAYS.c.day, func.sum(EVENT_DAYS.c["count"])
    days = select(day, count).where(day >= first.date(), day < end.date()).group_by(day)
    return Counter({_midnight(start): int(number) for start, number in await connection.execute(days)})


async def _count_findings(
    connection: AsyncConnection,
    active: ActiveExceptions,
    interval: TimelineInterval,
    first: datetime,
    end: datetime,
) -> Counter[datetime]:
    return await _count(connection, _FIRST_SEEN, interval, first, end, active.visible)


async def _count(
    connection: AsyncConnection,
    column: ColumnElement[datetime],
    interval: TimelineInterval,
    first: datetime,
    end: datetime,
    *conditions: ColumnElement[bool],
) -> Counter[datetime]:
    step: ColumnElement[Any] = (
        func.date_trunc(interval.value, column, "UTC")
        if connection.dialect.name == "postgresql"
        else func.substr(cast(column, Text), 1, _PREFIXES[interval])
    )
    query = select(step, func.count()).where(column >= first, column < end, *conditions).group_by(step)
    return Counter({_instant(start): int(number) for start, number in await connection.execute(query)})


def _floor(instant: datetime, interval: TimelineInterval) -> datetime:
    width = _WIDTHS[interval]
    return EPOCH + ((instant - EPOCH) // width) * width


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _after(day: datetime) -> datetime:
    try:
        return day + timedelta(days=1)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _instant(start: Any) -> datetime:
    if isinstance(start, datetime):
        return start.astimezone(UTC)
    text = str(start)
    return datetime.fromisoformat(f"{text}:00" if len(text) == len("2026-11-20 12") else text).replace(tzinfo=UTC)
