"""Reading the positions of sources, and the roll-ups of their events."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mcm_api.database import DatabaseReader
from mcm_api.resources.queries.page_bytes import within_bytes
from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.sources import INGESTOR_SOURCE
from mcm_shared.db.bulk import among
from mcm_shared.db.events import source_event_of
from mcm_shared.db.tables import EVENT_DAYS, EVENT_ROLLUPS, RULE_RESULTS, SOURCE_EVENTS, SOURCE_POSITIONS

DAYS: Final = 14

SEEN_DAYS: Final = 30
"""A type of event that a source has not sent for so long is no longer expected of it."""

MAX_LISTED: Final = 200
"""Sources of pushed events that are listed, those with the most events."""

_HOUR: Final = timedelta(hours=1)
_LAG_EVENTS: Final = 1000
_SAMPLES: Final = 200


@dataclass(slots=True)
class SourceActivity:
    """Hours and days with events of one source."""

    hours: list[datetime] = field(default_factory=list)
    days: dict[date, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Silence:
    """How long a source may pause, as the engine has learned, and whether it is silent."""

    after: timedelta
    is_standing: bool


@dataclass(frozen=True, slots=True)
class StoredSources:
    """What the database holds about sources: their lanes by name, and the activity of the sources of events."""

    lanes: dict[str, dict[str, Any]]
    activity: dict[str, SourceActivity]
    silences: dict[str, Silence]
    newest: datetime | None
    """The newest hour with an event of any source, the product's own records included."""


async def read_stored_sources(
    reader: DatabaseReader, silence_series: Sequence[UUID], only: str | None = None
) -> StoredSources:
    """Reads all lanes, and the hours and days with events of the sources that are shown.

    Shown are the sources that connectors feed, those with the most events, and ``only``.
    """
    lanes: dict[str, dict[str, Any]] = defaultdict(dict)
    activity: dict[str, SourceActivity] = defaultdict(SourceActivity)
    async with reader.transaction() as connection:
        for row in await connection.execute(select(SOURCE_POSITIONS)):
            lanes[row.source][row.lane] = row
        newest = (await connection.execute(select(func.max(EVENT_ROLLUPS.c.hour)))).scalar_one()
        if newest is not None:
            shown = {feed for by_lane in lanes.values() for lane in by_lane.values() for feed in lane.feeds}
            shown |= {only} if only is not None else set(await _most_active(connection))
            await _read_activity(connection, newest, sorted(shown - {INGESTOR_SOURCE}), activity)
        silences = await _read_silences(connection, silence_series)
    return StoredSources(dict(lanes), dict(activity), silences, newest)


async def _read_silences(connection: AsyncConnection, series: Sequence[UUID]) -> dict[str, Silence]:
    result = RULE_RESULTS.c
    about_events = (result.series_id.in_(series), result.value == "", result.state != "withdrawn")
    silences: dict[str, Silence] = {}
    for row in await connection.execute(select(result.group_key, result.state, result.amount).where(*about_events)):
        source = orjson.loads(row.group_key)["source"]
        silences[source] = Silence(timedelta(hours=float(row.amount)), row.state == "standing")
    return silences


async def _most_active(connection: AsyncConnection) -> Sequence[str]:
    day = EVENT_DAYS.c
    count = func.sum(day["count"])
    query = select(day.source).where(day.source != INGESTOR_SOURCE).group_by(day.source)
    return (await connection.execute(query.order_by(count.desc(), day.source).limit(MAX_LISTED))).scalars().all()


async def _read_activity(
    connection: AsyncConnection, newest: datetime, sources: Sequence[str], activity: dict[str, SourceActivity]
) -> None:
    rollup, day = EVENT_ROLLUPS.c, EVENT_DAYS.c
    since = newest - timedelta(days=DAYS)
    is_shown = among(rollup.source, sources, connection)
    hours = select(rollup.source, rollup.hour).where(is_shown, rollup.hour >= since).distinct().order_by(rollup.hour)
    for source, hour in await connection.execute(hours):
        activity[source].hours.append(hour)
    days = select(day.source, day.day, func.sum(day["count"])).group_by(day.source, day.day)
    days = days.where(among(day.source, sources, connection), day.day > since.date())
    for source, at, count in await connection.execute(days):
        activity[source].days[at] = int(count)
    # a source that was quiet for longer has its last hour only
    last = select(rollup.source, func.max(rollup.hour)).where(is_shown).group_by(rollup.source)
    for source, hour in await connection.execute(last):
        if not activity[source].hours:
            activity[source].hours.append(hour)


async def read_last_events(reader: DatabaseReader, last_hours: Mapping[str, datetime]) -> dict[str, datetime]:
    """Reads the time of the newest event of each source, given its last hour with events; one query for each hour."""
    event = SOURCE_EVENTS.c
    by_hour: dict[datetime, list[str]] = defaultdict(list)
    for source, hour in last_hours.items():
        by_hour[hour].append(source)
    found: dict[str, datetime] = {}
    async with reader.transaction() as connection:
        for hour, sources in by_hour.items():
            query = (
                select(event.source, func.max(event.timestamp))
                .where(among(event.source, sources, connection))
                .where(event.timestamp >= hour, event.timestamp < hour + _HOUR)
                .group_by(event.source)
            )
            found |= {row[0]: row[1] for row in await connection.execute(query)}
    return found


async def read_seen_types(reader: DatabaseReader) -> dict[str, set[str]]:
    """Reads which types of events each source has sent in the SEEN_DAYS up to the newest event."""
    day = EVENT_DAYS.c
    seen: dict[str, set[str]] = defaultdict(set)
    async with reader.transaction() as connection:
        newest = (await connection.execute(select(func.max(day.day)))).scalar_one()
        if newest is not None:
            query = select(day.source, day.event_type).distinct()
            for source, kind in await connection.execute(query.where(day.day > newest - timedelta(days=SEEN_DAYS))):
                seen[source].add(kind)
    return seen


async def read_samples(
    reader: DatabaseReader, source: str, hour: datetime, types: Set[str] | None
) -> list[SourceEvent]:
    """Reads some of the newest events of a source, of some types where they are given; ``hour`` is its last one."""
    event = SOURCE_EVENTS.c
    query = select(SOURCE_EVENTS).where(event.source == source)
    if types is None:
        query = query.where(event.timestamp >= hour, event.timestamp < hour + _HOUR)
    else:
        query = query.where(event.event_type.in_(types))
    newest = query.order_by(event.timestamp.desc(), event.id.desc()).limit(_SAMPLES)
    async with reader.transaction() as connection:
        bounded = within_bytes(newest, "timestamp", "id", newest_first=True)
        rows = (await connection.execute(bounded)).mappings()
        return [source_event_of(row) for row in rows]


async def read_lags(reader: DatabaseReader, feeds: Sequence[str], hour: datetime) -> list[float]:
    """Reads the seconds between event and arrival of the newest events, ascending."""
    event = SOURCE_EVENTS.c
    query = (
        select(event.timestamp, event.ingested_at)
        .where(event.source.in_(feeds), event.timestamp >= hour - 24 * _HOUR, event.timestamp < hour + _HOUR)
        .order_by(event.timestamp.desc())
        .limit(_LAG_EVENTS)
    )
    async with reader.transaction() as connection:
        rows = (await connection.execute(query)).all()
    return sorted((row.ingested_at.astimezone(UTC) - row.timestamp).total_seconds() for row in rows)
