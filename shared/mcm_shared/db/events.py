"""Event writer: inserts events and increments the roll-ups in the same transaction."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import RowMapping, Table

from mcm_shared.contracts.events import SourceEvent
from mcm_shared.contracts.source_polled import completeness_of
from mcm_shared.contracts.sources import INGESTOR_SOURCE
from mcm_shared.db.bulk import BulkInsert, BulkInserts
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.tables import ROLLUPS, SOURCE_EVENTS, SOURCE_PROGRESS

_INSERT_EVENTS: Final = {
    processed: BulkInsert(
        SOURCE_EVENTS,
        ("event_uid", "source", "source_event_id", "event_type", "user", "timestamp", "raw_data", "attributes"),
        conflict="(event_uid) DO NOTHING",
        returning=("event_uid", "id"),
        # not in every row: the driver takes a third of a microsecond for each value
        literals=dict.fromkeys(("detected", "processed"), str(processed).lower()),
    )
    for processed in (False, True)
}

# how a stored value and an added one become one; least and greatest are written so that SQLite has them too
_JOINS: Final = {
    "count": '{0}."count" + excluded."count"',
    "first_at": "CASE WHEN excluded.first_at < {0}.first_at THEN excluded.first_at ELSE {0}.first_at END",
    "last_at": "CASE WHEN excluded.last_at > {0}.last_at THEN excluded.last_at ELSE {0}.last_at END",
    "complete_until": "CASE WHEN excluded.complete_until > {0}.complete_until "
    "THEN excluded.complete_until ELSE {0}.complete_until END",
}


def source_event_of(row: RowMapping) -> SourceEvent:
    """Makes the source event of a row of ``source_events``."""
    return SourceEvent(
        uid=row["event_uid"],
        id=row["source_event_id"],
        source=row["source"],
        event_type=row["event_type"],
        user=row["user"],
        timestamp=row["timestamp"],
        raw_data=row["raw_data"],
        attributes=row["attributes"],
    )


def _add_to(table: Table) -> BulkInsert:
    key = [column.name for column in table.primary_key.columns]
    conflict = ", ".join(f'"{name}"' for name in key)
    values = [column.name for column in table.columns if not column.primary_key]
    joins = ", ".join(f'"{name}" = {_JOINS[name].format(table.name)}' for name in values)
    return BulkInsert(table, (*key, *values), conflict=f"({conflict}) DO UPDATE SET {joins}")


# in this order, so that two workers of one shard wait for each other instead of deadlocking
_ADD_TO_ROLLUPS: Final = BulkInserts(*map(_add_to, ROLLUPS))
_ADD_TO_PROGRESS: Final = _add_to(SOURCE_PROGRESS)


async def insert_events(
    connection: AsyncConnection, events: Sequence[SourceEvent], *, processed: bool
) -> dict[UUID, int]:
    """Inserts new events; returns the row id of each inserted one by uid.

    ``processed``: their rules run in the same batch, which the stream repeats after a crash.
    """
    # one order for all workers, so that two with the same events wait for each other instead of deadlocking
    rows = [
        (e.uid, e.source, e.id, e.event_type, e.user, e.timestamp, e.raw_data, e.attributes)
        for e in sorted(events, key=lambda event: event.uid.bytes)
    ]
    return dict(map(tuple, await _INSERT_EVENTS[processed].execute(connection, rows)))


async def add_to_rollups(connection: AsyncConnection, events: Iterable[SourceEvent], shard: int) -> None:
    """Adds inserted events to the roll-ups: by hour, day and type, user and day, user, and source."""
    hours: Counter[tuple[int, int, str]] = Counter()
    days: Counter[tuple[int, str, str]] = Counter()
    users: Counter[tuple[str, int, str]] = Counter()
    times: defaultdict[str, list[datetime]] = defaultdict(list)
    events = list(events)
    for event in events:
        if event.user is not None:
            times[event.user].append(event.timestamp)
    # counted by the number of the day: to make and hash a time for each event costs ten times as much
    counted = [(e.timestamp.toordinal(), e.timestamp.hour, e.source, e.event_type, e.user) for e in events]
    hours.update((day, hour, source) for day, hour, source, _, _ in counted)
    days.update((day, source, event_type) for day, _, source, event_type, _ in counted)
    users.update((user, day, source) for day, _, source, _, user in counted if user is not None)
    of = date.fromordinal
    rows: tuple[list[tuple[Any, ...]], ...] = (
        [
            (datetime.fromordinal(day).replace(hour=hour, tzinfo=UTC), source, shard, count)
            for (day, hour, source), count in sorted(hours.items())
        ],
        [(of(day), source, event_type, shard, count) for (day, source, event_type), count in sorted(days.items())],
        [(user, of(day), source, shard, count) for (user, day, source), count in sorted(users.items())],
        [(user, shard, len(of_user), min(of_user), max(of_user)) for user, of_user in sorted(times.items())],
        _progress(events, shard),
    )
    await _ADD_TO_ROLLUPS.execute(connection, rows)


async def add_to_progress(connection: AsyncConnection, events: Sequence[SourceEvent], shard: int) -> None:
    """Records how far the sources of these events are complete; a part of ``add_to_rollups``."""
    await _ADD_TO_PROGRESS.execute(connection, _progress(events, shard))


def _progress(events: Sequence[SourceEvent], shard: int) -> list[tuple[Any, ...]]:
    latest: dict[str, datetime] = {}
    for event in events:
        known = latest.get(event.source)
        if known is None or event.timestamp > known:
            latest[event.source] = event.timestamp
    if INGESTOR_SOURCE in latest:
        for sources, until in filter(None, map(completeness_of, events)):
            latest |= {source: max(until, latest.get(source, until)) for source in sources}
    return [(source, shard, until) for source, until in sorted(latest.items())]
