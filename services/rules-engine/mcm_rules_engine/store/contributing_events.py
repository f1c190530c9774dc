"""Contributing events of findings, in a database in memory."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, select, text

from mcm_shared.db.bulk import among
from mcm_shared.db.engine import AsyncConnection
from mcm_shared.db.tables import DETECTIONS, FINDINGS, SOURCE_EVENTS


class ContributingEvent(NamedTuple):
    """An event of a finding; sorts by where it stands in time. ``id`` is that of its source."""

    timestamp: datetime
    uid: UUID
    id: str


# A bucket of a finding begins at a whole second.
_IN_BUCKET: Final = """r.series_id = f.series_id AND r.group_key = f.group_key
     AND r.at >= strftime('%s', f.bucket_start) * 1000000 AND r.at < strftime('%s', f.bucket_end) * 1000000"""
_DETECTED: Final = f"FROM findings f JOIN detections r ON {_IN_BUCKET}"
_STANDING: Final = f"FROM findings f JOIN rule_results r ON {_IN_BUCKET} AND r.state = 'standing'"
_EVENTS: Final = text(f"""
SELECT finding, timestamp, event_uid, source_event_id FROM (
    SELECT n.finding, e.timestamp, e.event_uid, e.source_event_id,
           row_number() OVER (PARTITION BY n.finding ORDER BY e.timestamp, e.event_uid) AS place
    FROM (SELECT f.id AS finding, r.event_uid {_DETECTED}
          UNION SELECT f.id, r.first_uid {_STANDING}
          UNION SELECT f.id, r.last_uid {_STANDING}) n
    JOIN source_events e ON e.event_uid = n.event_uid)
WHERE place <= :limit
""").columns(  # noqa: S608 (our own text)
    finding=Integer(),
    timestamp=SOURCE_EVENTS.c.timestamp.type,
    event_uid=SOURCE_EVENTS.c.event_uid.type,
    source_event_id=SOURCE_EVENTS.c.source_event_id.type,
)
_WINDOWS: Final = text(f"SELECT f.id, r.series_id, r.group_key, r.at {_DETECTED}").columns(
    id=Integer(), series_id=DETECTIONS.c.series_id.type, group_key=DETECTIONS.c.group_key.type, at=DETECTIONS.c.at.type
)


async def read_events(connection: AsyncConnection, limit: int) -> dict[int, set[ContributingEvent]]:
    """Reads the contributing events of each finding, by its id: the earliest ``limit``, or a few more.

    They are the events that a rule matched or a correlation holds at, and those that completed its earliest and its
    latest detection. Of a tumbling window and of a recomputed result they are the first and the last.
    """
    found: dict[int, set[ContributingEvent]] = defaultdict(set)
    for row in (await connection.execute(_EVENTS, {"limit": limit})).all():
        found[row.finding].add(ContributingEvent(*row[1:]))
    completed_by = await _completed_by(connection)
    uids = {uid for named in completed_by.values() for uid in named}
    columns = SOURCE_EVENTS.c
    query = select(columns.timestamp, columns.event_uid, columns.source_event_id).where(
        among(columns.event_uid, uids, connection)
    )
    events = {row.event_uid: ContributingEvent(*row) for row in (await connection.execute(query)).all()}
    for finding, named in completed_by.items():
        found[finding] |= {events[uid] for uid in named if uid in events}
    return found


async def read_windows(connection: AsyncConnection, series_ids: Collection[UUID]) -> list[tuple[int, UUID, str, int]]:
    """Reads the detections of these series: finding id, series, group key, and time in microseconds since 1970."""
    rows = (await connection.execute(_WINDOWS)).all()
    return [tuple(row) for row in rows if row.series_id in series_ids]


async def _completed_by(connection: AsyncConnection) -> dict[int, set[UUID]]:
    rows = (await connection.execute(select(FINDINGS.c.id, FINDINGS.c.extra_data))).all()
    return {
        row.id: {
            UUID(entry["event_uid"])
            for end in ("earliest", "latest")
            for entry in row.extra_data[end].get("completed_by", ())
        }
        for row in rows
    }
