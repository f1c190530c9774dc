"""Writing events: whoever writes them counts them in the roll-ups too, in the same transaction."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from mcm_shared.contracts.events import SourceEvent
from mcm_shared.db.bulk import BulkInsert
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.tables import EVENT_ROLLUPS, SOURCE_EVENTS

_INSERT_EVENTS: Final = BulkInsert(
    SOURCE_EVENTS,
    (
        "event_uid",
        "source",
        "source_event_id",
        "event_type",
        "user",
        "timestamp",
        "raw_data",
        "attributes",
        "detected",
        "processed",
    ),
    conflict="(event_uid) DO NOTHING",
    returning=("event_uid", "id"),
)

_ADD_TO_ROLLUPS: Final = BulkInsert(
    EVENT_ROLLUPS,
    ("hour", "source", "shard", "count"),
    conflict='(hour, source, shard) DO UPDATE SET "count" = event_rollups."count" + excluded."count"',
)


async def insert_events(
    connection: AsyncConnection, events: Sequence[SourceEvent], *, processed: bool
) -> dict[UUID, int]:
    """Inserts the events that are not there yet; returns the row id by uid of those really inserted.

    ``processed`` says that their rules run as part of the same work: the stream's offsets see to it after a crash.
    """
    # one order for all workers, so that two with the same events wait for each other instead of deadlocking
    rows = [
        (e.uid, e.source, e.id, e.event_type, e.user, e.timestamp, e.raw_data, e.attributes, processed, processed)
        for e in sorted(events, key=lambda event: event.uid.int)
    ]
    return dict(map(tuple, await _INSERT_EVENTS.execute(connection, rows)))


async def add_to_rollups(connection: AsyncConnection, events: Iterable[SourceEvent], shard: int) -> None:
    """Adds really inserted events to the hourly counts."""
    # counted by day and hour: to make and hash a time for each event costs ten times as much
    counts = Counter((event.timestamp.toordinal(), event.timestamp.hour, event.source) for event in events)
    rows = [
        (datetime.fromordinal(day).replace(hour=hour, tzinfo=UTC), source, shard, count)
        for (day, hour, source), count in sorted(counts.items())
    ]
    await _ADD_TO_ROLLUPS.execute(connection, rows)
